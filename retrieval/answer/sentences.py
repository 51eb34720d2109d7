"""Sentences of the first hits, weighed: which one says what is asked?

The weights are fitted by `eval/fit.py` as those of the reranker are, and stored in models/sentence.json.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from index.clean import ends_sentence
from index.corpus import Corpus
from retrieval.question import expected, spans
from retrieval.question.years import year_fit
from retrieval.search import overlap
from retrieval.search.linear import Linear, shipped
from retrieval.types import Hit, Question, in_context

READ = 12  # hits whose sentences are weighed
_PUBLISHED = re.compile(r"发布|公布|印发|公开|刊发|落款|成文|署|作的")  # in another year than the one that it is about
LABEL = 12  # characters of a line that only names what follows: 整改情况：
FAR = 3.0  # behind the best sentence's score: the best one in which what is asked for stands must not be
FEATURES = ("words", "around", "cosine", "soft", "pairs", "order", "hit", "asked", "year", "length")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a hit, with what speaks for it; offsets are the report's."""

    hit: Hit
    start: int
    end: int
    text: str
    score: float  # log of its chance to be the one, up to a constant of the question
    features: Mapping[str, float]


def rank_sentences(corpus: Corpus, question: Question, hits: Sequence[Hit], rarity: Mapping[str, float],
                   model: Linear | None = None) -> list[Sentence]:
    """Sentences of the first hits, best first.  `rarity`: the question's words as `overlap.rarity` weighs them."""
    read = hits[:READ]
    places = [
        (hit, hit.passage.start + start, hit.passage.start + end, hit.passage.text[start:end])
        for hit in read
        for start, end in spans.sentences(hit.passage.text)
    ]
    places = [place for place in places if not _is_heading(place[0], place[3])] or places
    if not places:
        return []
    rows = _features(corpus, question, places, rarity)
    scores = (model or shipped("sentence", in_context(read))).score(rows)
    found = [
        Sentence(hit, start, end, text, float(score), dict(zip(FEATURES, row.tolist(), strict=True)))
        for (hit, start, end, text), row, score in zip(places, rows, scores, strict=True)
    ]
    return sorted(found, key=lambda s: (-s.score, s.hit.report.row, s.start))


def able(question: Question, ranked: Sequence[Sentence]) -> list[Sentence]:
    """Sentences that can answer: for a figure, date or name those in which one stands, of no other year than named."""
    if not ranked or question.asks not in ("number", "date", "name"):
        return list(ranked)
    dated = not _PUBLISHED.search(question.text)
    found = [s for s in ranked if s.features["asked"] > 0 and not (dated and s.features["year"] < 0)]
    return found if found and found[0].score >= ranked[0].score - FAR else []


def _features(corpus: Corpus, question: Question, places: Sequence[tuple[Hit, int, int, str]],
              rarity: Mapping[str, float]) -> np.ndarray:
    """float32 [sentences, len(FEATURES)]"""
    words = list(rarity)
    total = sum(rarity.values()) or 1.0
    soft = overlap.soft(corpus, rarity, [text for *_, text in places])
    said = overlap.pairs(question.rest)
    vectors = corpus.text_vectors([" ".join((*hit.passage.path[-1:], text)) for hit, _, _, text in places])
    cosines = np.einsum("sd,d->s", vectors, corpus.asked(question.rest))  # as in `overlap.soft`: too small a product to share
    top = max(hit.score for hit, *_ in places)
    rows = []
    for (hit, _, _, text), cosine, alike in zip(places, cosines, soft, strict=True):
        stands = overlap.matched(rarity, text)
        missing = {word: weight for word, weight in rarity.items() if word not in stands}
        around = overlap.matched(missing, " ".join((hit.passage.text, *hit.passage.path)))
        rows.append((
            sum(stands.values()) / total,
            sum(around.values()) / total,
            float(cosine),
            alike,
            overlap.held(said, text) / max(1, len(said)),
            overlap.in_order(words, text),
            1 / (1 + top - hit.score),
            expected.fit(question, text),
            float(year_fit(question.text, replace(hit.passage, text=text), hit.report)),
            math.log(len(text) + 1),
        ))
    return np.asarray(rows, np.float32)


def _is_heading(hit: Hit, text: str) -> bool:
    """Whether a sentence is a bare title; a heading that is a whole sentence says something and may answer."""
    bare = re.sub(r"\s", "", text)
    if ends_sentence(bare):
        return False
    if bare.endswith(("：", ":")) and len(bare) <= LABEL:
        return True
    return any(bare.rstrip("：:") in re.sub(r"\s", "", title) for title in (hit.report.facts.title, *hit.passage.path))
