"""A place that states an indicator → a table's row, with the sentence it stands in as its citation."""

from __future__ import annotations

import re
from dataclasses import replace

from index.types import Report, ReportRef
from retrieval.tables.statements import Statement
from retrieval.types import Citation, Row

QUOTE_LIMIT = 240  # characters of a row's quotation
NEAR_START = 24  # characters: an indicator so near its sentence's start is quoted with the sentence before


def row(ref: ReportRef, report: Report, place: Statement) -> Row:
    """The row of a report: the value as written, its number, its sentence."""
    figure = place.value
    fell = (
        re.search(r"(?:下降|降低|减少|负增长|(?:[微略]|小幅)?[降跌])(?:了|约)?\s*$", report.text[figure.start - 6 : figure.start])
        if figure.number < 0
        else None
    )
    if fell:  # 下降5.4%: the figure alone would read as a rise
        figure = replace(figure, start=figure.start - len(fell[0]))
    start, end = _quote(report.text, place.at, figure.end)
    passage = next((p for p in report.passages if p.start <= figure.start < p.end), None)
    citation = Citation(
        number=1,
        report=ref,
        passage_id=passage.id if passage else "",
        quote=report.text[start:end],
        start=start,
        end=end,
        path=passage.path if passage else (),
        page=report.page_at(figure.start),
        mark=(figure.start - start, figure.end - start),
    )
    written = report.text[figure.start : figure.end].strip()
    if not place.said:
        return Row(ref, written, citation)
    return Row(ref, written, citation, figure.number, figure.unit, figure.upper, figure.bound)


def _quote(text: str, at: int, end: int) -> tuple[int, int]:
    """The sentence from the indicator to its figure, cut at ； where long, with the one before where the indicator opens it."""
    left, right = _edge(text, at, "。！？\n"), _right(text, end, "。！？\n")
    if right - left > QUOTE_LIMIT:
        left, right = _edge(text, at, "。！？\n；;"), _right(text, end, "。！？\n；;")
    if right - left > QUOTE_LIMIT:
        left = max(left, _edge(text, max(left, at - QUOTE_LIMIT // 3), "。！？\n；;，,"))
        right = min(right, _right(text, min(right, end + QUOTE_LIMIT // 3), "。！？\n；;，,"))
    if at - left < NEAR_START and left and text[left - 1] != "\n":
        before = _edge(text, left - 1, "。！？\n；;")
        if right - before > QUOTE_LIMIT:
            before = _edge(text, max(before, left - 60), "。！？\n；;，,") if right - left < QUOTE_LIMIT else left
        left = min(left, before) if right - before <= QUOTE_LIMIT + 60 else left
    while left < at and text[left].isspace():
        left += 1
    while right > end and text[right - 1].isspace():
        right -= 1
    return left, right


def _edge(text: str, at: int, marks: str) -> int:
    return max(text.rfind(mark, 0, at) for mark in marks) + 1


def _right(text: str, at: int, marks: str) -> int:
    if at and text[at - 1] in marks:
        return at
    found = [i for mark in marks if (i := text.find(mark, at)) >= 0]
    right = min(found, default=len(text))
    return right if right >= len(text) or text[right] == "\n" else right + 1

