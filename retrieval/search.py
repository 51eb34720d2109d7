"""Filters before top-k; dense and lexical lists; fused; each hit with its ranks and why it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from index.corpus import Corpus
from index.types import Passage, ReportRef
from retrieval.asked import fit
from retrieval.fuse import weighted_scores
from retrieval.question import content, groups, plans, relative_years, words
from retrieval.types import Hit, Question

DEPTH = 100  # passages taken from each list
WEIGHTS: Mapping[str, float] = {"lexical": 1.0, "dense": 0.75}
WEIGHED = 60  # fused passages whose year and kind are looked at
YEAR_BONUS = 0.06  # of the best score there can be, for a passage of the year named; taken off for one of another
KIND_BONUS = 0.08  # for one in which what is asked for stands: a figure with that unit, a date, a title
_NAMES = {"lexical": "字面", "dense": "语义"}


def search(corpus: Corpus, question: Question, k: int = 20) -> tuple[Hit, ...]:
    """The k best passages for a question, best first, none outside `question.allowed`.

    A question that names several units gets the best of each in turn.
    """
    if question.nothing or k < 1:
        return ()
    reports = {ref.row: ref for ref in corpus.reports()}
    named = groups(question, tuple(reports.values()))
    if len(named) == 1:
        return tuple(_ranked(corpus, question, question.allowed, reports, k))
    lists = [_ranked(corpus, question, rows, reports, k) for _, rows in named]
    mixed: dict[str, Hit] = {}
    for rank in range(k):
        for hits in lists:
            if rank < len(hits):
                mixed.setdefault(hits[rank].passage.id, hits[rank])
    return tuple(list(mixed.values())[:k])


def _ranked(
    corpus: Corpus, question: Question, allowed: frozenset[int] | None, reports: Mapping[int, ReportRef], k: int
) -> list[Hit]:
    vector = corpus.encoder.encode([question.rest], query=True)[0]
    lists = {
        "lexical": corpus.lexical(content(question.rest), DEPTH, allowed),
        "dense": [(row, score) for row, score in corpus.dense(vector, DEPTH, allowed) if score > 0],
    }
    fused = weighted_scores(lists, WEIGHTS)[: max(k, WEIGHED)]
    rows = [row for row, _ in fused]
    scale = sum(WEIGHTS.values())
    found = []
    for (row, score), passage in zip(fused, corpus.passages(rows), strict=True):
        ref = reports[row >> 20]
        year, kind = year_fit(question.text, passage, ref), fit(question, passage.text)
        found.append((score + scale * (YEAR_BONUS * year + KIND_BONUS * kind), row, passage, year, kind))
    found.sort(key=lambda entry: (-entry[0], entry[1]))
    ranks = {
        name: {row: (rank, score) for rank, (row, score) in enumerate(ranking, 1)} for name, ranking in lists.items()
    }
    asked = words(question.rest)
    hits = []
    for score, row, passage, year, kind in found[:k]:
        placed = [(name, *rank[row]) for name, rank in ranks.items() if row in rank]
        where = tuple((name, rank) for name, rank, _ in placed)
        matched, why = _why(asked, passage, where, year, kind)
        scores = tuple((name, round(own, 4)) for name, _, own in placed)
        hits.append(Hit(passage, reports[row >> 20], round(score, 6), where, scores, matched, why))
    return hits


def year_fit(text: str, passage: Passage, ref: ReportRef) -> int:
    """1 where a year of the question is the passage's, by its own words or its headings'; -1 where another is.

    A passage that names none is of the year that its report's title names; 0 where neither does.
    """
    asked = relative_years(text, ref.facts.year)
    if not asked:
        return 0
    for source in (passage.text, *reversed(passage.path)):
        stands = relative_years(source, ref.facts.year)
        if stands:
            return 1 if set(stands) & set(asked) else -1
    about = ref.facts.year
    if about is None or ref.facts.kind.endswith("工作报告") or str(about) not in ref.facts.title:
        return 0  # looks back and ahead, or does not say what year it is about
    return 1 if about in asked or (plans(text) and about + 1 in asked) else -1


def _why(
    asked: Sequence[str], passage: Passage, placed: Sequence[tuple[str, int]], year: int, kind: float
) -> tuple[tuple[str, ...], str]:
    """The question's words that stand in a passage, and in one line why it stands where it does."""
    held, heading = passage.text.lower(), " ".join(passage.path).lower()
    matched = tuple(word for word in asked if word in held)
    above = [word for word in asked if word not in held and word in heading]
    parts = ["，".join(f"{_NAMES[name]}第 {rank}" for name, rank in placed)]
    parts.append(f"文中有：{'、'.join(matched)}" if matched else "文中没有问题里的词，按意思相近找到")
    if above:
        parts.append(f"标题有：{'、'.join(above)}")
    if year:
        parts.append("年份相符" if year > 0 else "讲的是别的年份")
    if kind >= 0.7:
        parts.append("有所问的那类内容")
    return matched, "；".join(parts)
