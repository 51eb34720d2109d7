"""Two figures of one unit side by side: 收到与办结相差多少, 2023年和2024年, 目标与实际, 比上年增加多少."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from index.corpus import Corpus
from index.types import Report, ReportRef
from retrieval.question.places import boundaries
from retrieval.question.years import years
from retrieval.tables.indicators import Indicator, understand_indicator
from retrieval.tables.periods import Period, frame
from retrieval.tables.rows import row
from retrieval.tables.statements import Statement, statements
from retrieval.tables.summary import difference, label
from retrieval.types import Row, Table

_DIFFERS = re.compile(
    r"相差|差距|差(?:多少|几|了)|(?:高|低|多|少|大|小|快|慢)(?:了|出)?(?:多少|几)|(?:哪|谁)[一-鿿]{0,3}?(?:更|比较)?[高低多少大小快慢](?![一-鿿])|(?:多|高|大)还是(?:少|低|小)"
)
_ON_LAST = re.compile(r"[比较](?:上一?年|去年|前一年)(?:同期)?(?:增加|增长|减少|下降|多|少|高|低|变化|增减)?(?:了)?")
_CHANGES = re.compile(r"(?:增加|减少|多|少|高|低|变化|增减)了?(?:多少|几)")
_JOINTS = re.compile(r"和|与|跟|同|及|、|比|还是")
_LONGEST = 12  # characters of one of two things named side by side


@dataclass(frozen=True)
class Half:
    """One of the two figures asked for."""

    name: str
    indicator: Indicator
    wanted: Period | None = None  # a time other than the indicator's own


def asks_for_two(text: str) -> bool:
    """Whether a question sets two figures of one unit against each other; its unit and region are cut out already."""
    if _ON_LAST.search(text):
        return _CHANGES.search(text) is not None
    return _DIFFERS.search(text) is not None and next(_halves(text), None) is not None


def pair(corpus: Corpus, text: str, refs: Sequence[ReportRef]) -> Table | None:
    """Both figures, each with its sentence, and their difference; None where the reports do not hold both.

    text: the question less its unit and region; refs: the reports of that unit.
    """
    reports = [(ref, corpus.report(ref.row)) for ref in refs]
    tried = _years(text, reports) if _ON_LAST.search(text) else _halves(text)
    for halves in tried:
        rows = [found for half in halves if (found := _best(half, reports)) is not None]
        if len(rows) == 2 and rows[0].unit == rows[1].unit and rows[0].citation != rows[1].citation:
            rows = [replace(r, citation=replace(r.citation, number=at)) for at, r in enumerate(rows, 1)]
            who = label(rows[0].report)
            title = _title(*halves)
            said = f"{who}：{rows[0].of} {rows[0].value}，{rows[1].of} {rows[1].value}；{difference(rows)}。"
            return Table(title, tuple(rows), (), said, len(rows))
    return None


def _halves(text: str) -> Iterator[tuple[Half, Half]]:
    """The readings of 甲与乙 as two questions, each with one of them; names of like length first, the shortest first."""
    asking = _DIFFERS.search(text)
    cuts = [cut for cut in sorted(boundaries(text)) if not asking or cut <= asking.start()]
    sides = [
        (start, joint, end)
        for joint in _JOINTS.finditer(text)
        for start in cuts
        for end in cuts
        if 2 <= joint.start() - start <= _LONGEST and 2 <= end - joint.end() <= _LONGEST
    ]

    def unlike(side: tuple[int, re.Match[str], int]) -> tuple[bool, int, int]:
        left, right = text[side[0] : side[1].start()], text[side[1].end() : side[2]]
        return bool(years(left)) != bool(years(right)), abs(len(left) - len(right)), len(left)

    sides.sort(key=unlike)
    for start, joint, end in sides:
        left, right, tail = text[start : joint.start()], text[joint.end() : end], text[end:]
        if left == right or not all(re.fullmatch(r"(?![年月])[一-鿿A-Za-z0-9.]+", part) for part in (left, right)):
            continue
        one = understand_indicator(text[: joint.start()] + tail)
        other = understand_indicator(text[:start] + right + tail)
        if one and not other:  # 2025年增速和2026年目标
            other = understand_indicator(one.name + right + tail)
            other = replace(other, sense=one.sense) if other and other.name == one.name else None
        if one and other:
            yield Half(left.removesuffix("的"), one), Half(right.removesuffix("的"), other)


def _years(text: str, reports: Sequence[tuple[ReportRef, Report]]) -> Iterator[tuple[Half, Half]]:
    """The year asked about and the one before it, where no report says how far they lie apart."""
    indicator = understand_indicator(_ON_LAST.sub("", text))
    asked = understand_indicator(text)
    if indicator is None or not reports:
        return
    if asked and any(statements(report, replace(asked, sense=sense)) for _, report in reports for sense in ("gain", "growth")):
        return
    around = frame(max(reports, key=lambda pair: pair[0].facts.year or 0)[1].facts)
    if around is None:
        return
    now = indicator.period(around)
    before = Period(now.first - 1, now.last - 1, False)
    level = replace(indicator, sense="level")
    yield Half(f"{now.last}年", level, now), Half(f"{before.last}年", level, before)


def _title(one: Half, other: Half) -> str:
    """城镇居民与农村居民人均可支配收入, 行政复议案件：收到与办结."""
    name = one.indicator.name
    both = f"{one.name}与{other.name}"
    return f"{both}{name.removeprefix(one.name)}" if name.startswith(one.name) else f"{name}：{both}"


def _best(half: Half, reports: Sequence[tuple[ReportRef, Report]]) -> Row | None:
    """The surest place of all the reports that gives the figure, as a row named for it."""
    found: list[tuple[float, ReportRef, Report, Statement]] = []
    for ref, report in reports:
        for place in statements(report, half.indicator, half.wanted)[:1]:
            if place.said:
                found.append((place.score, ref, report, place))
    if not found:
        return None
    _, ref, report, place = max(found, key=lambda one: (one[0], one[1].facts.year or 0))
    return replace(row(ref, report, place), of=half.name)
