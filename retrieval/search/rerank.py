"""The first fused passages read again: cheap features of question and passage, weighed by a learned linear model.

The weights are fitted by `eval/fit.py` with a listwise loss (ListNet: Cao et al., ICML 2007) and stored in
models/rank.json; `shipped("rank")` reads them.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.corpus import Corpus
from index.types import EncoderError, Passage, ReportRef
from retrieval.question import spans
from retrieval.question.expected import fit
from retrieval.question.years import year_fit
from retrieval.search import overlap
from retrieval.search.linear import Linear, shipped
from retrieval.types import CONTEXT, Question, in_context

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

READ_BY_MODEL = 30  # of the reranked passages, those that a cross-encoder reads

FEATURES = ("lexical", "dense", "expansion", "cosine", "soft", "words", "words_path", "pairs", "order", "sentence_words",
            "sentence_cosine", "asked", "year", "length")
IN_CONTEXT = (*FEATURES, CONTEXT)  # where every candidate has its contextual vector


@dataclass(frozen=True)
class Candidate:
    """A passage of the fused list."""

    row: int
    passage: Passage
    report: ReportRef
    lexical: float  # BM25 over the list's best, 0 where the list lacks it
    dense: float  # cosine over the list's best, 0 where the list lacks it
    expansion: float  # BM25 of other words for the question's over the list's best, 0 where the list lacks it
    cosine: float
    ranks: tuple[tuple[str, int], ...] = ()  # ("lexical", 1): 1-based, absent where the list lacks it
    scores: tuple[tuple[str, float], ...] = ()  # each list's own score
    context: float | None = None  # cosine of contextual vectors; None where the passage has none (yet)


Ranked = tuple[Candidate, float, Mapping[str, float]]  # with its score, and what every feature added to it


class Reader(Protocol):
    """A model that reads question and passage together."""

    def read(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """float [len(texts)]: the higher, the better a text answers the question."""


def features(corpus: Corpus, question: Question, vector: np.ndarray, candidates: Sequence[Candidate]) -> np.ndarray:
    """float32 [len(candidates), n] of a question with its unit vector float32 [d]: IN_CONTEXT where every candidate has its
    contextual vector, else FEATURES."""
    if not candidates:
        return np.zeros((0, len(FEATURES)), np.float32)
    rarity = overlap.rarity(corpus, question)
    asked, total = list(rarity), sum(rarity.values()) or 1.0
    said = overlap.pairs(question.rest)
    texts = [c.passage.text for c in candidates]
    sentences = [_sentences(text) for text in texts]
    cosines = np.einsum("sd,d->s", corpus.text_vectors([s for each in sentences for s in each]), vector)
    soft = overlap.soft(corpus, rarity, texts)
    rows = []
    at = 0
    for candidate, text, each, alike in zip(candidates, texts, sentences, soft, strict=True):
        own = cosines[at:at + len(each)]
        at += len(each)
        there = overlap.matched(rarity, text)
        above = overlap.matched(rarity, " ".join(candidate.passage.path))
        there_only = {word: rarity[word] for word in there}  # what stands in no sentence need not be looked for in each
        rows.append((
            candidate.lexical,
            candidate.dense,
            candidate.expansion,
            candidate.cosine,
            alike,
            sum(there.values()) / total,
            sum(max(there.get(word, 0.0), above.get(word, 0.0)) for word in rarity) / total,
            overlap.held(said, text) / max(1, len(said)),
            overlap.in_order(asked, text),
            max(sum(overlap.matched(there_only, sentence).values()) for sentence in each) / total,
            float(own.max()),
            _best_fit(question, each),
            float(year_fit(question.text, candidate.passage, candidate.report)),
            math.log(len(text) + 1),
        ))
    found = np.asarray(rows, np.float32)
    return np.column_stack((found, [c.context for c in candidates])).astype(np.float32) if in_context(candidates) else found


@functools.lru_cache(maxsize=8192)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(text[start:end] for start, end in spans.sentences(text)) or (text,)


def _best_fit(question: Question, sentences: Sequence[str]) -> float:
    best = 0.0
    for sentence in sentences:
        best = max(best, fit(question, sentence))
        if best >= 1:  # nothing fits better
            break
    return best


def rerank(corpus: Corpus, question: Question, vector: np.ndarray, candidates: Sequence[Candidate],
           ranker: Linear | None = None) -> list[Ranked]:
    """Candidates by learned score, best first, each with what every feature added to it."""
    model = ranker or shipped("rank", in_context(candidates))
    rows = features(corpus, question, vector, candidates)
    scores = model.score(rows)
    parts = model.parts(rows)
    order = sorted(range(len(candidates)), key=lambda i: (-float(scores[i]), candidates[i].row))
    return [(candidates[i], float(scores[i]), parts[i]) for i in order]


def reread(question: Question, ranked: Sequence[Ranked], reader: Reader) -> tuple[list[Ranked], dict[int, float]]:
    """The first passages in the order that a reader gives them, the others behind; and the reader's own scores by row.

    The scores of the places stay: they are on the scale that the choice of sentences and the chance are fitted to.
    """
    first = ranked[:READ_BY_MODEL]
    scores = reader.read(question.text, [" ".join((*c.passage.path, c.passage.text)) for c, *_ in first])
    order = sorted(range(len(first)), key=lambda i: (-float(scores[i]), i))
    moved = [(first[i][0], score, first[i][2]) for i, (_, score, _) in zip(order, first, strict=True)]
    return [*moved, *ranked[READ_BY_MODEL:]], {c.row: float(s) for (c, *_), s in zip(first, scores, strict=True)}


class CrossReader:
    """A sentence-transformers cross-encoder on the CPU."""

    def __init__(self, model: CrossEncoder) -> None:
        self._model = model

    def read(self, question: str, texts: Sequence[str]) -> np.ndarray:
        if not texts:
            return np.zeros(0, np.float32)
        scores = np.asarray(self._model.predict([(question, text) for text in texts], show_progress_bar=False), np.float32)
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise EncoderError(f"重排模型给出的分数不合规格：应为 {len(texts)} 个有限数值，实为 {scores.shape}。请换一个只有一个输出的 CrossEncoder")
        return scores


def load_reader(path: str | Path) -> CrossReader:
    """A cross-encoder from a folder.  Raises EncoderError when there is none, or what is there cannot be loaded."""
    folder = Path(path).expanduser()
    if not (folder / "config.json").is_file():
        raise EncoderError(f"重排模型 {path} 不是模型文件夹（没有 config.json）：--reranker 要的是 sentence-transformers CrossEncoder 所在的文件夹")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
    except Exception as error:  # a model's own code may raise anything
        raise EncoderError(f"重排模型 {path} 无法加载（{error}）：请确认这是完整的 CrossEncoder 模型文件夹") from error
    if model.num_labels != 1:
        raise EncoderError(f"重排模型 {path} 有 {model.num_labels} 个输出：请换一个只有一个输出的 CrossEncoder")
    return CrossReader(model)
