"""Scores of one question, then their means.

Text is compared after NFKC, with every dash as one hyphen and without white space, so that a line wrap in a report's
file or a full-width figure in an answer is no difference.

A hit finds a piece of evidence when it is of one of the question's reports and holds at least half of the evidence in
one run of characters.  recall@k is the share of the evidence found within the first k hits, RR@10 the reciprocal rank
of the first that finds any, nDCG@10 that of ir_measures with each piece of evidence as a document.  A question with no
result counts 0 in the scores where more is better.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from eval.dataset import Case, Cell, Given, Quote, Result, Row
from eval.ranking import per_query
from eval.trec import evidence_ranking

DEPTHS = (1, 3, 5, 10, 20)
SHORT_TYPES = frozenset({"number", "date", "name"})  # a short answer is asked of these
BRIEF_TYPES = SHORT_TYPES | {"yesno"}
BRIEF, LONG, SHORT = 400, 1500, 40  # most characters of an answer of a brief type, of another, and of a short answer

FAITHFUL = "citation faithful"
NDCG = "nDCG@10"
RIGHT = ("answer right", "row precision", "row recall", "abstains when it should", "asks back when it should")
LOWER_IS_BETTER = frozenset({"abstains when it should not", "asks back when it should not", "ms"})

_DASHES = re.compile("[—–―-]+")
_FURNITURE = re.compile(  # what no reader would call the report's text
    r"""^\s*[—–-]\s*\d+\s*[—–-]\s*$  # a page number alone
      | https?://\S+                 # a pasted link
      | ^\#+[ ]                      # the marks of a Markdown heading
    """,
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class Scored:
    """One question's scores.  What a question cannot be scored on is absent, not 0."""

    case: Case
    values: Mapping[str, float]  # in [0, 1]
    faithful: tuple[bool, ...] = ()  # a mark for each citation and each row given
    ms: float | None = None
    confidence: float | None = None  # of an answer that was given

    @property
    def right(self) -> bool:
        """Whether the reader got what was to be had: the answer, all rows of a table, or an honest decline."""
        return all(self.values[name] == 1 for name in RIGHT if name in self.values)


@dataclass(frozen=True)
class Summary:
    """Means over a group of questions: all, phrasing:close, type:number, ..."""

    group: str
    means: Mapping[str, float]  # unrounded; ms p50 and ms p95 are milliseconds
    counts: Mapping[str, int] = field(default_factory=dict)  # values in a mean: questions, or citations for FAITHFUL

    @property
    def n(self) -> int:
        """Questions in the group: the most that any one score is a mean over."""
        return max((count for name, count in self.counts.items() if name != FAITHFUL), default=0)


def fold(text: str) -> str:
    """Text as it is compared: NFKC, one hyphen for every run of dashes, no white space."""
    return "".join(_DASHES.sub("-", unicodedata.normalize("NFKC", text)).split())


def plain(text: str) -> str:
    """A report file's own characters, folded, less page numbers, pasted links and heading marks."""
    return fold(_FURNITURE.sub("", text))


def holds(text: str, wanted: str) -> bool:
    """Whether wanted stands in text, and not within a longer figure: 5% does not stand in 5.5%.  Both folded."""
    before = r"(?<![\d.])" if wanted[:1].isdigit() else ""
    after = r"(?![\d.]*\d)" if wanted[-1:].isdigit() else ""
    return re.search(f"{before}{re.escape(wanted)}{after}", text) is not None


def shares_half(text: str, evidence: str) -> bool:
    """Whether text holds half of the evidence (at least 8 characters) in one run.  Both folded."""
    run = min(len(evidence), max(8, (len(evidence) + 1) // 2))
    return any(evidence[start : start + run] in text for start in range(len(evidence) - run + 1))


def score(case: Case, result: Result | None, sources: Mapping[str, str]) -> Scored:
    """Scores of one question.

    result: None where the run has no line for it.  sources: file stem → the report's text as `plain` gives it.
    """
    result = result or Result(case.id)
    answer = result.answer
    status = answer.status if answer else None
    values: dict[str, float]
    if case.type == "table":
        values = _rows(case, answer)
    elif case.type == "unanswerable":
        values = {"abstains when it should": float(status == "abstained")}
    elif case.type == "ambiguous":
        values = {"asks back when it should": float(status == "ambiguous")}
    else:
        values = _retrieval(case, result) | {"answer right": float(_answer_right(case, answer))}
        if case.type in SHORT_TYPES:
            values["short answer right"] = float(_short_right(case, answer))
        values["abstains when it should not"] = float(status == "abstained")
        values["asks back when it should not"] = float(status == "ambiguous")
    quoted: tuple[Quote | Cell, ...] = (*answer.citations, *answer.rows) if answer else ()
    faithful = tuple(fold(one.quote) in sources.get(one.report, "") for one in quoted)
    confidence = answer.confidence if answer and status == "answered" else None
    return Scored(case, values, faithful, result.ms, confidence)


def score_all(cases: Iterable[Case], results: Mapping[str, Result], sources: Mapping[str, str]) -> list[Scored]:
    """Scores of every case, in the order of the cases; a case without a result is scored as one that found nothing."""
    return [score(case, results.get(case.id), sources) for case in cases]


def summarise(scored: Sequence[Scored]) -> list[Summary]:
    """Means of all questions, then by phrasing and by type, in order of first appearance.

    Citations are counted singly, so that a question with many weighs as many.  Faithfulness and latency are of all.
    """
    groups: dict[str, list[Scored]] = {"all": list(scored)}
    for prefix in ("phrasing", "type"):
        for one in scored:
            value = getattr(one.case, prefix)
            if value and one.case.type != "table":
                groups.setdefault(f"{prefix}:{value}", []).append(one)
    return [_summary(group, members) for group, members in groups.items()]


def _summary(group: str, members: Sequence[Scored]) -> Summary:
    columns: dict[str, list[float]] = {}
    for one in members:
        for name, value in one.values.items():
            columns.setdefault(name, []).append(value)
    if group == "all" and (marks := [float(mark) for one in members for mark in one.faithful]):
        columns[FAITHFUL] = marks
    means = {name: sum(values) / len(values) for name, values in columns.items()}
    counts = {name: len(values) for name, values in columns.items()}
    times = sorted(one.ms for one in members if one.ms is not None)
    if group == "all" and times:
        means |= {"ms p50": times[len(times) // 2], "ms p95": times[int(len(times) * 0.95)]}
        counts |= {"ms p50": len(times), "ms p95": len(times)}
    return Summary(group, means, counts)


def _retrieval(case: Case, result: Result) -> dict[str, float]:
    """Scores over the hits."""
    hits = [(hit.report, fold(hit.text)) for hit in result.hits[: max(DEPTHS)]]
    ranks = [_rank(case.reports, fold(evidence), hits) for evidence in case.evidence]
    qrels, ranking = evidence_ranking(case, ranks, len(hits))
    values = {f"recall@{k}": sum(rank is not None and rank <= k for rank in ranks) / len(ranks) for k in DEPTHS}
    best = min((rank for rank in ranks if rank is not None), default=None)
    values["RR@10"] = 1 / best if best is not None and best <= 10 else 0.0
    values[NDCG] = per_query({case.id: qrels}, {case.id: ranking}, [NDCG])[NDCG][case.id]
    values["right report first"] = float(bool(hits) and hits[0][0] in case.reports)
    return values


def _rank(reports: Sequence[str], evidence: str, hits: Sequence[tuple[str, str]]) -> int | None:
    """1-based rank of the first hit that finds the evidence."""
    for rank, (report, text) in enumerate(hits, 1):
        if report in reports and shares_half(text, evidence):
            return rank
    return None


def _answer_right(case: Case, answer: Given | None) -> bool:
    """Answered, not too long, the required strings in it, and a citation that overlaps the evidence."""
    if answer is None or answer.status != "answered":
        return False
    text = fold(answer.text)
    if len(text) > (BRIEF if case.type in BRIEF_TYPES else LONG) or not _satisfies(case, text):
        return False
    quotes = (fold(citation.quote) for citation in answer.citations if citation.report in case.reports)
    return any(_overlaps(quote, case.evidence) for quote in quotes)


def _short_right(case: Case, answer: Given | None) -> bool:
    """The required strings in at most 40 characters."""
    if answer is None or answer.status != "answered":
        return False
    short = fold(answer.short or "")
    return 0 < len(short) <= SHORT and _satisfies(case, short)


def _satisfies(case: Case, text: str) -> bool:
    found = (holds(text, fold(wanted)) for wanted in case.answers)
    return all(found) if case.require == "all" else any(found)


def _overlaps(quote: str, evidence: Iterable[str]) -> bool:
    """Whether either holds half of the other."""
    return any(shares_half(quote, piece) or shares_half(piece, quote) for piece in map(fold, evidence))


def _rows(case: Case, answer: Given | None) -> dict[str, float]:
    """Right rows over rows given, and over the rows there are; a report counts once."""
    right = set(_right_rows(case.rows, answer)) if answer else set()
    given = len(answer.rows) if answer else 0
    return {"row precision": len(right) / given if given else 0.0, "row recall": len(right) / len(case.rows)}


def _right_rows(wanted: Sequence[Row], answer: Given) -> Iterator[str]:
    rows = {row.report: row for row in wanted}
    for cell in answer.rows:
        row, value = rows.get(cell.report), fold(cell.value)
        if row is None or len(value) > SHORT:
            continue
        if any(holds(value, fold(one)) for one in row.answers) and _overlaps(fold(cell.quote), row.evidence):
            yield cell.report
