"""Filters before top-k; lexical, dense and synonyms' lists; fused; read again; each hit with its ranks and why it stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from index.corpus import Corpus
from index.rows import report_row
from index.types import Passage
from retrieval.question.asks import content, words
from retrieval.question.lexicon import other_words
from retrieval.question.understand import groups
from retrieval.search import overlap
from retrieval.search.fuse import Ranking, summed_scores, weighted_scores
from retrieval.search.rerank import Candidate, Ranked, Reader, rerank, reread
from retrieval.types import CONTEXT, Hit, Question

DEPTH = 100  # passages taken from each list
WEIGHTS: Mapping[str, float] = {"lexical": 1.0, "dense": 0.75, "expansion": 0.1}  # of the first, fused order
# of the same with contextual vectors: shares of what is asked, cosines as they stand, and of contextual cosines, which are all
# high, what is above the list's last
WEIGHTS_IN_CONTEXT: Mapping[str, float] = {"lexical": 1.0, "dense": 0.5, "expansion": 0.1, "context": 11.0}
READ_AGAIN = 50  # fused passages that the reranker reads
ALIKE = 0.9  # share of two texts' character pairs from which, figures being equal, one is a copy of the other
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
NAMES = {"lexical": "字面", "dense": "语义", "expansion": "扩展", "context": "上下文"}


def search(corpus: Corpus, question: Question, k: int = 20, *, reranker: Reader | None = None, expand: bool = True) -> tuple[Hit, ...]:
    """The k best passages for a question, best first, none outside `question.allowed`; near-copies folded into one hit.

    A question that names several units gets the best of each in turn.  `reranker` reads the first of them once more;
    without `expand`, other words for those of the question are not looked for.
    """
    if question.nothing or k < 1:
        return ()
    named = groups(question, corpus.reports())
    if len(named) == 1:
        return tuple(_ranked(corpus, question, question.allowed, k, reranker, expand))
    lists = [_ranked(corpus, question, rows, k, reranker, expand) for _, rows in named]
    mixed: dict[str, Hit] = {}
    for rank in range(k):
        for hits in lists:
            if rank < len(hits):
                mixed.setdefault(hits[rank].passage.id, hits[rank])
    return tuple(list(mixed.values())[:k])


def candidates(corpus: Corpus, question: Question, allowed: frozenset[int] | None, k: int = READ_AGAIN, *,
               expand: bool = True) -> tuple[np.ndarray, list[Candidate]]:
    """The question's unit vector float32 [d], and the first k passages of the lists fused, under the filter."""
    reports = {ref.row: ref for ref in corpus.reports()}
    vector = corpus.asked(question.rest)
    asked = content(question.rest)
    other = " ".join(word for each in other_words(asked).values() for word in each) if expand else ""
    lists = {
        "lexical": dict(corpus.lexical(asked, DEPTH, allowed)),
        "dense": {row: score for row, score in corpus.dense(vector, DEPTH, allowed) if score > 0},
        "expansion": dict(corpus.lexical(other, DEPTH, allowed)) if other else {},
    }
    asking = corpus.asked_in_context(question.rest) if corpus.filled()[0] else None
    if asking is not None:
        lists[CONTEXT] = {row: score for row, score in corpus.near_in_context(asking, DEPTH, allowed) if score > 0}
        whole = {"lexical": corpus.whole(asked), "expansion": corpus.whole(other)}
        fused = summed_scores({name: _told(name, scores, whole) for name, scores in lists.items()}, WEIGHTS_IN_CONTEXT)[:k]
    else:
        fused = weighted_scores({name: list(scores.items()) for name, scores in lists.items()}, WEIGHTS)[:k]
    best = {name: max(scores.values(), default=1.0) for name, scores in lists.items()}
    near = corpus.in_context([row for row, _ in fused])
    place = {name: {row: rank for rank, row in enumerate(scores, 1)} for name, scores in lists.items()}
    return vector, [
        Candidate(
            row, passage, reports[report_row(row)],
            **{name: lists[name].get(row, 0.0) / best[name] for name in ("lexical", "dense", "expansion")},
            cosine=lists["dense"].get(row, 0.0),
            ranks=tuple((name, ranks[row]) for name, ranks in place.items() if row in ranks),
            scores=tuple((name, scores[row]) for name, scores in lists.items() if row in scores),
            context=float(near[row] @ asking) if asking is not None and row in near else None,
        )
        for (row, _), passage in zip(fused, corpus.passages([row for row, _ in fused]), strict=True)
    ]


def first_order(corpus: Corpus, question: Question) -> dict[str, int]:
    """Passage id → 1-based rank in the fused order, before the first of them are read again."""
    _, found = candidates(corpus, question, question.allowed, len(NAMES) * DEPTH)
    return {candidate.passage.id: rank for rank, candidate in enumerate(found, 1)}


def _told(name: str, scores: Mapping[int, float], whole: Mapping[str, float]) -> Ranking:
    """A list's scores as they mean the same from one question to another."""
    low = min(scores.values(), default=0.0) if name == CONTEXT else 0.0
    unit = whole.get(name, 1.0) or 1.0
    return [(row, (score - low) / unit) for row, score in scores.items()]


def neighbours(corpus: Corpus, hit: Hit) -> tuple[Passage | None, Passage | None]:
    """The passages right before and after a hit under the same heading; None where it is the first or the last there.

    Raises StoreError when its report is not there any more.
    """
    under = [passage for passage in corpus.report(hit.report.row).passages if passage.path == hit.passage.path]
    at = next((at for at, passage in enumerate(under) if passage.start == hit.passage.start), None)
    if at is None:
        return None, None
    return under[at - 1] if at else None, under[at + 1] if at + 1 < len(under) else None


def _ranked(corpus: Corpus, question: Question, allowed: frozenset[int] | None, k: int, reranker: Reader | None, expand: bool) -> list[Hit]:
    vector, found = candidates(corpus, question, allowed, max(k, READ_AGAIN), expand=expand)
    ranked = rerank(corpus, question, vector, found)
    read: dict[int, float] = {}
    if reranker is not None:
        ranked, read = reread(question, ranked, reranker)
    asked = words(question.rest)
    other = other_words(content(question.rest)) if expand else {}
    hits = []
    for (candidate, score, added), *alike in _folded(ranked)[:k]:
        expanded = _expanded(other, candidate.passage)
        copies = tuple((copy.report, copy.passage) for copy, *_ in alike)
        matched, why = _why(asked, expanded, candidate, added)
        why += f"；另有 {len(copies)} 处相同" if copies else ""
        scores = (
            *((name, round(value, 4)) for name, value in candidate.scores if name != CONTEXT),
            *(((CONTEXT, round(candidate.context, 4)),) if candidate.context is not None else ()),
            *((f"rerank:{name}", round(value, 3)) for name, value in added.items()),
            *((("cross-encoder", round(read[candidate.row], 4)),) if candidate.row in read else ()),
        )
        hits.append(Hit(candidate.passage, candidate.report, round(score, 6), candidate.ranks, scores, matched, why, expanded, copies))
    return hits


def _folded(ranked: Sequence[Ranked]) -> list[list[Ranked]]:
    """Each passage followed by its copies among those after it: the same figures, and nearly the same characters."""
    folded: list[list[Ranked]] = []
    by_figures: dict[tuple[str, ...], list[list[Ranked]]] = {}
    for one in ranked:
        same = by_figures.setdefault(tuple(_FIGURE.findall(one[0].passage.text)), [])
        alike = next((held for held in same if _alike(held[0][0].passage.text, one[0].passage.text)), None)
        if alike is None:
            folded.append([one])
            same.append(folded[-1])
        else:
            alike.append(one)
    return folded


def _alike(one: str, other: str) -> bool:
    if not ALIKE * len(one) <= len(other) <= len(one) / ALIKE:
        return False
    mine, theirs = overlap.pairs(one), overlap.pairs(other)
    return len(mine & theirs) >= ALIKE * len(mine | theirs)


def _expanded(other: Mapping[str, Sequence[str]], passage: Passage) -> tuple[tuple[str, str], ...]:
    """What the question says → the first other word for it that stands in a passage or its headings."""
    held = f"{passage.text} {' '.join(passage.path)}"
    return tuple((said, next(word for word in each if word in held)) for said, each in other.items() if any(word in held for word in each))


def _why(
    asked: Sequence[str], expanded: Sequence[tuple[str, str]], candidate: Candidate, added: Mapping[str, float]
) -> tuple[tuple[str, ...], str]:
    """The question's words that stand in a passage, and in one line why it stands where it does."""
    held, heading = candidate.passage.text.lower(), " ".join(candidate.passage.path).lower()
    matched = tuple(word for word in asked if word in held)
    above = [word for word in asked if word not in held and word in heading]
    parts = ["，".join(f"{NAMES[name]}第 {rank}" for name, rank in candidate.ranks)]
    parts.append(f"文中有：{'、'.join(matched)}" if matched else "文中没有问题里的词，按意思相近找到")
    if above:
        parts.append(f"标题有：{'、'.join(above)}")
    if expanded:
        parts.append(f"扩展：{'、'.join(f'{said}→{word}' for said, word in expanded)}")
    best = sorted(((value, name) for name, value in added.items() if name not in _PLACED and value > 0.1), reverse=True)[:3]
    names = [name for _, name in best]
    if added.get("asked", 0.0) > 0 and "asked" not in names:
        names.append("asked")
    if names:
        parts.append("重排看重：" + "、".join(SAID[name] for name in names))
    if added.get("year", 0.0) < -0.1:
        parts.append("讲的是别的年份")
    return matched, "；".join(parts)


SAID = {
    "lexical": "字面得分", "dense": "语义得分", "expansion": "问题里的词的别的说法", "cosine": "整段的意思", "soft": "意思相近的词",
    "words": "问题里的词", "words_path": "正文和标题里的词", "pairs": "相同的字", "order": "词序相同", "sentence_words": "同一句里的词",
    "sentence_cosine": "有一句意思相近", "asked": "有所问的那类内容", "year": "年份相符", "length": "篇幅", "context": "整段放在上下文里的意思",
}  # fmt: skip
"""Features of the reranker as a hit explains them."""
_PLACED = frozenset({"lexical", "dense", "cosine", "length"})  # what the ranks say already, or nobody asks
