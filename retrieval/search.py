"""Filters before top-k; dense and lexical lists; fused; read again; each hit with its ranks and why it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from index.corpus import Corpus
from index.types import Passage
from retrieval.asks import content, words
from retrieval.fuse import weighted_scores
from retrieval.question import groups
from retrieval.rerank import Candidate, rerank
from retrieval.types import Hit, Question

DEPTH = 100  # passages taken from each list
WEIGHTS: Mapping[str, float] = {"lexical": 1.0, "dense": 0.75}  # of the first, fused order
READ_AGAIN = 50  # fused passages that the reranker reads
_NAMES = {"lexical": "字面", "dense": "语义"}


def search(corpus: Corpus, question: Question, k: int = 20) -> tuple[Hit, ...]:
    """The k best passages for a question, best first, none outside `question.allowed`.

    A question that names several units gets the best of each in turn.
    """
    if question.nothing or k < 1:
        return ()
    named = groups(question, corpus.reports())
    if len(named) == 1:
        return tuple(_ranked(corpus, question, question.allowed, k))
    lists = [_ranked(corpus, question, rows, k) for _, rows in named]
    mixed: dict[str, Hit] = {}
    for rank in range(k):
        for hits in lists:
            if rank < len(hits):
                mixed.setdefault(hits[rank].passage.id, hits[rank])
    return tuple(list(mixed.values())[:k])


def candidates(corpus: Corpus, question: Question, allowed: frozenset[int] | None,
               k: int = READ_AGAIN) -> tuple[np.ndarray, list[Candidate]]:
    """The question's unit vector float32 [d], and the first k passages of the two lists fused, under the filter."""
    reports = {ref.row: ref for ref in corpus.reports()}
    vector = corpus.encoder.encode([question.rest], query=True)[0]
    lexical = dict(corpus.lexical(content(question.rest), DEPTH, allowed))
    dense = {row: score for row, score in corpus.dense(vector, DEPTH, allowed) if score > 0}
    fused = weighted_scores({"lexical": list(lexical.items()), "dense": list(dense.items())}, WEIGHTS)[:k]
    most, nearest = max(lexical.values(), default=1.0), max(dense.values(), default=1.0)
    place = {name: {row: rank for rank, row in enumerate(ranking, 1)} for name, ranking in (("lexical", lexical), ("dense", dense))}
    found = [
        Candidate(row, passage, reports[row >> 20], lexical.get(row, 0.0) / most, dense.get(row, 0.0) / nearest, dense.get(row, 0.0),
                  tuple((name, ranks[row]) for name, ranks in place.items() if row in ranks), lexical.get(row, 0.0))
        for (row, _), passage in zip(fused, corpus.passages([row for row, _ in fused]), strict=True)
    ]
    return vector, found


def _ranked(corpus: Corpus, question: Question, allowed: frozenset[int] | None, k: int) -> list[Hit]:
    vector, found = candidates(corpus, question, allowed, max(k, READ_AGAIN))
    asked = words(question.rest)
    hits = []
    for candidate, score, added in rerank(corpus, question, vector, found)[:k]:
        matched, why = _why(asked, candidate.passage, candidate.ranks, added)
        own = {"lexical": candidate.bm25, "dense": candidate.cosine}
        scores = (*((name, round(own[name], 4)) for name, _ in candidate.ranks), *((f"rerank:{n}", round(v, 3)) for n, v in added.items()))
        hits.append(Hit(candidate.passage, candidate.report, round(score, 6), candidate.ranks, scores, matched, why))
    return hits


def _why(
    asked: Sequence[str], passage: Passage, placed: Sequence[tuple[str, int]], added: Mapping[str, float]
) -> tuple[tuple[str, ...], str]:
    """The question's words that stand in a passage, and in one line why it stands where it does."""
    held, heading = passage.text.lower(), " ".join(passage.path).lower()
    matched = tuple(word for word in asked if word in held)
    above = [word for word in asked if word not in held and word in heading]
    parts = ["，".join(f"{_NAMES[name]}第 {rank}" for name, rank in placed)]
    parts.append(f"文中有：{'、'.join(matched)}" if matched else "文中没有问题里的词，按意思相近找到")
    if above:
        parts.append(f"标题有：{'、'.join(above)}")
    best = sorted(((value, name) for name, value in added.items() if name in SAID and value > 0.1), reverse=True)[:3]
    names = [name for _, name in best]
    if added.get("asked", 0.0) > 0 and "asked" not in names:
        names.append("asked")
    if names:
        parts.append("重排看重：" + "、".join(SAID[name] for name in names))
    if added.get("year", 0.0) < -0.1:
        parts.append("讲的是别的年份")
    return matched, "；".join(parts)


SAID = {
    "soft": "意思相近的词", "words": "问题里的词", "words_path": "正文和标题里的词", "pairs": "相同的字", "order": "词序相同",
    "sentence_words": "同一句里的词", "sentence_cosine": "有一句意思相近", "asked": "有所问的那类内容", "year": "年份相符",
}  # fmt: skip
"""Features of the reranker as a hit explains them."""
