"""Which report is meant, where several answer: those that say otherwise, and the one that states the figure asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from index.types import ReportRef
from retrieval.answer.sentences import Sentence
from retrieval.question import spans
from retrieval.question.years import years
from retrieval.tables.summary import distinct, label
from retrieval.types import Citation, Question, Table

EQUAL = 0.93  # of the likeness in words of the best sentence to the question: another report's answers it as well
EQUALLY = 4.0  # behind the best sentence's score, which a passage's place among the hits moves
RIVALS = 3  # reports that must answer as well before the reader is asked which is meant

Shorten = Callable[[Sentence], list[tuple[int, int]]]


@dataclass(frozen=True)
class Stated:
    """A sentence that states the figure asked for, as a table would take it."""

    sentence: Sentence
    figure: tuple[int, int]  # offsets into the sentence
    note: str  # a Chinese line where reports of other years say otherwise


def unnamed(question: Question) -> bool:
    """Whether a question names no unit and no region."""
    return not any(chip.slot in ("unit", "region") for chip in question.chips)


def differing(question: Question, lead: Sentence, told: Table) -> tuple[Citation, ...]:
    """What each report says, when several do and differ and what the question says itself singles none of them out."""
    own = {span.of(question.text) for find in (spans.figures, spans.titles, spans.quoted) for span in find(question.text)}
    rows = {row.report.row: row for row in distinct(told.rows)}.values()
    units = {row.report.whose for row in rows}
    if len({row.value for row in rows}) < 2 or len(units) < 2 or any(said in lead.text for said in own):
        return ()
    return tuple(replace(row.citation, number=at) for at, row in enumerate(rows, 1))


def stated(question: Question, every: Sequence[Sentence], lead: Sentence, told: Table) -> Stated | None:
    """The sentence in which the best one's report states the figure asked for, where the figure stands in it, and a note.

    Where no year is asked for, the latest report of the unit.
    """
    if question.asks != "number":
        return None
    unit = lead.hit.report.facts.unit
    rows = [row for row in told.rows if row.report.row == lead.hit.report.row]
    if rows and unit and not years(question.text):
        rows = [row for row in told.rows if row.report.facts.unit == unit]
    for row in sorted(rows, key=lambda row: -(row.report.facts.year or 0)):
        start, end = (row.citation.start + offset for offset in row.citation.mark or (0, 0))
        for sentence in every:
            if start < end and sentence.hit.report.row == row.report.row and sentence.start <= start and end <= sentence.end:
                others = {other.report.facts.year for other in rows if other.value != row.value}
                best = replace(sentence, score=max(sentence.score, lead.score))
                return Stated(best, (start - sentence.start, end - sentence.start), other_years(row.report, others))
    return None


def called(reports: Sequence[ReportRef]) -> list[str]:
    """Names that tell reports apart: their units or regions, or titles where two would read the same."""
    labels = [label(report) for report in reports]
    apart = len(set(labels)) == len(labels)
    return labels if apart else list(dict.fromkeys(report.title for report in reports))


def other_years(taken: ReportRef, others: Collection[int | None]) -> str:
    """What is said beside an answer when reports of other years say otherwise."""
    said = sorted({year for year in others if year} - {taken.facts.year})
    return f"问题没有说年份，这里取最近的一份；{'、'.join(map(str, said))}年的报告另有说法。" if said else ""


def rivals(question: Question, ranked: Sequence[Sentence], short: Shorten) -> list[Sentence]:
    """The best sentence of each report of one kind that answers as well as the best, when what they say differs.

    Of an open question any unit's; else those of the same unit.
    """
    if question.asks not in ("number", "date", "name", "compare"):
        return []
    best: dict[int, Sentence] = {}
    for sentence in ranked:
        best.setdefault(sentence.hit.report.row, sentence)
    lead = ranked[0]
    kind, unit = lead.hit.report.facts.kind, lead.hit.report.facts.unit
    equal = [
        s
        for s in best.values()
        if s.hit.report.facts.kind == kind
        and (unnamed(question) or s.hit.report.facts.unit == unit)
        and s.features["soft"] >= EQUAL * lead.features["soft"]
        and s.features["asked"] >= lead.features["asked"]
        and s.score >= lead.score - EQUALLY
    ]
    values = {tuple(s.text[a:b] for a, b in short(s)) for s in equal}
    return equal if len(equal) >= (RIVALS if unnamed(question) else 2) and len(values) > 1 else []
