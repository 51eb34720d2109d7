"""The first fused passages read again: cheap features of question and passage, weighed by a learned linear model.

The weights are fitted by `eval/fit.py` with a listwise loss (ListNet: Cao et al., ICML 2007) and stored in
models/rank.json; `shipped("rank")` reads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.corpus import Corpus
from index.types import Passage, ReportRef
from retrieval import overlap, spans
from retrieval.asked import fit
from retrieval.linear import Linear, shipped
from retrieval.types import Question
from retrieval.years import year_fit

FEATURES = ("lexical", "dense", "cosine", "soft", "words", "words_path", "pairs", "order", "sentence_words",
            "sentence_cosine", "asked", "year", "length")


@dataclass(frozen=True)
class Candidate:
    """A passage of the fused list."""

    row: int
    passage: Passage
    report: ReportRef
    lexical: float  # BM25 over the list's best, 0 where the list lacks it
    dense: float  # cosine over the list's best, 0 where the list lacks it
    cosine: float
    ranks: tuple[tuple[str, int], ...] = ()  # ("lexical", 1): 1-based, absent where the list lacks it
    bm25: float = 0.0


def features(corpus: Corpus, question: Question, vector: np.ndarray, candidates: Sequence[Candidate]) -> np.ndarray:
    """float32 [len(candidates), len(FEATURES)] of a question with its unit vector float32 [d]."""
    if not candidates:
        return np.zeros((0, len(FEATURES)), np.float32)
    rarity = overlap.rarity(corpus, question)
    asked = list(rarity)
    said = overlap.pairs(question.rest)
    texts = [c.passage.text for c in candidates]
    sentences = [[text[a:b] for a, b in spans.sentences(text)] or [text] for text in texts]
    cosines = corpus.text_vectors([s for each in sentences for s in each]) @ vector
    soft = overlap.soft(corpus, rarity, texts)
    rows = []
    at = 0
    for candidate, text, each, alike in zip(candidates, texts, sentences, soft, strict=True):
        path = " ".join(candidate.passage.path)
        own = cosines[at:at + len(each)]
        at += len(each)
        rows.append((
            candidate.lexical,
            candidate.dense,
            candidate.cosine,
            alike,
            overlap.share(rarity, text),
            overlap.share(rarity, f"{path}\n{text}"),
            len(said & overlap.pairs(text)) / max(1, len(said)),
            overlap.in_order(asked, text),
            max(overlap.share(rarity, sentence) for sentence in each),
            float(own.max()),
            max(fit(question, sentence) for sentence in each),
            float(year_fit(question.text, candidate.passage, candidate.report)),
            math.log(len(text) + 1),
        ))
    return np.asarray(rows, np.float32)


def rerank(corpus: Corpus, question: Question, vector: np.ndarray, candidates: Sequence[Candidate],
           ranker: Linear | None = None) -> list[tuple[Candidate, float, Mapping[str, float]]]:
    """Candidates by learned score, best first, each with what every feature added to it."""
    model = ranker or shipped("rank")
    rows = features(corpus, question, vector, candidates)
    scores = model.score(rows)
    order = sorted(range(len(candidates)), key=lambda i: (-float(scores[i]), candidates[i].row))
    return [(candidates[i], float(scores[i]), model.parts(rows[i])) for i in order]
