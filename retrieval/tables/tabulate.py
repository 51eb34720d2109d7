"""A question over many reports → a table: a row a report that states the indicator, in the report's own words.

What is asked for is read by tables/indicators.py and tables/selection.py, where a report states it by tables/statements.py;
reports without such a place get no row and are named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from index.corpus import Corpus
from index.types import Report, ReportRef
from retrieval.question.divisions import short_name
from retrieval.question.places import PROVINCES
from retrieval.question.understand import groups
from retrieval.question.years import years
from retrieval.tables.indicators import WHERE, Indicator, understand_indicator
from retrieval.tables.phrases import same_kind
from retrieval.tables.rows import row
from retrieval.tables.selection import select, understand_selection
from retrieval.tables.statements import Statement, statements
from retrieval.tables.summary import comparable, summary
from retrieval.tables.two_figures import asks_for_two, pair
from retrieval.types import Question, Table

_WIDE = re.compile(WHERE)
_FIGURES = re.compile(
    r"分别|各(?:是|为|有|自|定|达|多少)|多少|(?<!哪)几[万亿个家]|最[高低大小多少快慢]|排(?:名|序|行|列)|一共|总共|合计|总计|加起来|平均|对比|比较|汇总|列出|列一?个?表|列举|一览|统计|目标|增速|增长|增幅|涨幅|率|超过|不足|达到|倒数|前[一二三四五六七八九十\d]+[名位个]|高于|低于|以上|以下|以内"
)
_NOT_FIGURES = re.compile(
    r"怎么|如何|为什么|为何|哪些(?:措施|举措|办法|工作|做法|政策|项目)|什么(?:措施|举措|办法|政策)|谁|什么时候|何时"
)


def whole_corpus(question: Question) -> bool:
    """Whether a question asks for figures that a table holds: 各省…分别是多少, 哪个市最高, 哪些超过5%; 收到与办结相差多少."""
    if _of_one(question):
        return asks_for_two(_less_names(question))
    text = re.sub(r"[“《][^”》]*[”》]", lambda m: m[0] if re.match("[“]?十[三四五六]五", m[0]) else "", question.text)
    if any(chip.slot == "unit" for chip in question.chips) or _NOT_FIGURES.search(text):
        return False
    if question.allowed is not None and len(question.allowed) < 2:
        return False
    selection, rest = understand_selection(text)
    return (
        bool(wide(question) or selection.count)
        and _FIGURES.search(text) is not None
        and understand_indicator(rest, selection.unit) is not None
    )


def tabulate(corpus: Corpus, question: Question) -> Table | None:
    """One indicator over every report that the filters leave, or two figures of the one unit named.

    None when the question names no indicator or no report states it.  Rows stand by value where the question asks for an
    order or a bound, those that it names in its own order, else as the corpus lists its reports.
    """
    reports = corpus.reports()
    named = groups(question, reports)
    text = _less_names(question)
    if len(named) < 2 and _of_one(question) and asks_for_two(text):
        return pair(corpus, text, _same_unit(question, reports))
    selection, rest = understand_selection(text)
    indicator = understand_indicator(rest, selection.unit)
    if indicator is None:
        return None
    refs = meant(question, reports)
    if len(named) > 1:
        place = {row: at for at, (_, rows) in reversed(list(enumerate(named))) for row in rows}
        refs = sorted(refs, key=lambda ref: place.get(ref.row, len(named)))
        refs = refs if years(question.text) else _same_year(refs, place)
    found = []
    for ref in refs:
        report = corpus.report(ref.row)
        found.append((ref, report, statements(report, indicator)))
    stated = [row(ref, report, statement) for ref, report, statement in _agree(found)]
    if not stated:
        return None
    held = {one.report.row for one in stated}
    if len(named) > 1:  # of a unit named, another report of its may say it
        held |= {row for _, rows in named if rows & held for row in rows}
    missing = tuple(ref for ref in refs if ref.row not in held)
    rows = select(stated, selection, comparable(stated))
    rows = [replace(one, citation=replace(one.citation, number=number)) for number, one in enumerate(rows, 1)]
    return Table(_title(indicator), tuple(rows), missing, summary(rows, stated, len(refs), selection), len(stated))


def _of_one(question: Question) -> bool:
    """Whether a question names one unit or region, and no range of them."""
    said = {chip.said for chip in question.chips if chip.slot in ("unit", "region")}
    return len(said) == 1 and not wide(question)


def _less_names(question: Question) -> str:
    """A question less the units and regions that it names, and less what only says how to show it: 甲市和乙市哪个…高 → 哪个…高."""
    asked, mark, more = re.match(r"([^?？]*)([?？]?)(.*)", question.text, re.DOTALL).groups()  # type: ignore[union-attr]
    text = question.text if re.search(r"多少|几|哪|谁|什么|最|[高低]于|超过", more) else asked + mark  # ？都列出来
    for chip in sorted(question.chips, key=lambda chip: -len(chip.said)):
        if chip.slot in ("unit", "region") and not chip.inherited:
            text = text.replace(chip.said, "\0")
    joint = r"\s*(?:[、，,]|和|与|跟|同|及|以及|还是|比|较|相比)\s*"
    text = re.sub(rf"\0(?:{joint}\0)*\s*(?:相比|之间|[两三二四五六几](?:个?(?:省|市|县|区|地|家|单位)|者))?", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def _same_unit(question: Question, refs: Sequence[ReportRef]) -> list[ReportRef]:
    """The reports left, and those of the same unit and kind of other years."""
    left = [ref for ref in refs if question.allowed is None or ref.row in question.allowed]
    own = {(ref.facts.unit, ref.facts.region, ref.facts.kind) for ref in left if ref.facts.whose}
    return [ref for ref in refs if ref in left or (ref.facts.unit, ref.facts.region, ref.facts.kind) in own]


def _same_year(refs: Sequence[ReportRef], place: dict[int, int]) -> list[ReportRef]:
    """Of units compared without a year, the reports of the latest year that all of them have; else all."""
    held: dict[int, set[int | None]] = {}
    for ref in refs:
        held.setdefault(place.get(ref.row, -1), set()).add(ref.facts.year)
    common = {year for year in set.intersection(*held.values()) if year is not None} if held else set()
    return [ref for ref in refs if ref.facts.year == max(common)] if common else list(refs)


def _agree(found: Sequence[tuple[ReportRef, Report, list[Statement]]]) -> list[tuple[ReportRef, Report, Statement]]:
    """The surest place of each report; where most reports give one unit, of those in a unit of that kind."""
    units = Counter(places[0].value.unit for _, _, places in found if places and places[0].said)
    unit, count = units.most_common(1)[0] if units else ("", 0)
    agreed = count >= 3 and count * 2 > sum(units.values())
    chosen = []
    for ref, report, places in found:
        own = [p for p in places if not agreed or not p.said or same_kind(unit, p.value.unit)]
        figures = [p for p in own if p.said]
        if own:
            chosen.append((ref, report, (figures or own)[0]))
    return chosen


def wide(question: Question) -> str:
    """The words by which a question asks of many reports: 各省份, 31个省区市; empty where it does not."""
    match = _WIDE.search(_less_names(question))
    return match[0] if match else ""


def meant(question: Question, refs: Sequence[ReportRef]) -> list[ReportRef]:
    """Reports that the filters leave; for 各省 those of provinces, where there are any."""
    left = [ref for ref in refs if question.allowed is None or ref.row in question.allowed]
    if "省" in wide(question):
        provinces = [
            r for r in left if short_name(r.facts.region) in PROVINCES or r.facts.region.endswith(("省", "自治区"))
        ]
        if len(provinces) > 1:
            return provinces
    return left


def _title(indicator: Indicator) -> str:
    time = re.search(r"20\d\d年|[“\"]?十[三四五六]五[”\"]?(?:时期)?|今年|去年", indicator.text)
    said = re.search(r"增速|增幅|涨幅|降幅", indicator.text)
    kind = {"growth": said[0] if said else "降幅" if indicator.falls else "增速", "gain": "增量"}.get(
        indicator.sense, ""
    )
    deed = f"{'、'.join(indicator.verbs)}的" if indicator.verbs else ""
    return f"{time[0] if time else ''}{deed}{indicator.name}{'年均' if indicator.average else ''}{kind}{'目标' if indicator.planned else ''}"
