"""Which time a place in a report speaks of: the year under report, the year planned, five years back, five years ahead.

A report's own words decide, the nearest first: those before the figure in its sentence, those that open its sentence or
an earlier one of the same section, its headings.  今年 and 去年 count from the year of the report.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, replace

from index.types import Facts, Report

_FIVE_YEARS = {
    name: 2021 + 5 * at for at, name in enumerate(("十二五", "十三五", "十四五", "十五五", "十六五"), start=-2)
}
_CUE = re.compile(
    r"[“\"]?(?P<five>十[二三四五六]五)[”\"]?(?=时期|期间|以来|末|五年|累计|年均|[，,]|主要(?:预期)?目标[是为：]|GDP)"
    r"|(?<!\d)(?P<year>(?:19|20)\d\d)年(?!代|以来)"
    r"|(?P<back>(?:过去|这|近|刚刚过去的|过去的)五年|五年[来间]|五年累计)"
    r"|(?P<ahead>(?:今后|未来|下一个)五年)"
    r"|(?P<now>今年|本年度?)|(?P<last>去年|过去(?:的)?一年|一年来|(?<![比较])上一?年度?(?!末)|这一年)|(?P<next>明年)"
)
_AGAINST = re.compile(r"(?:同?比|较|相比|自|对比|高于|低于|从|由|快于)\s*$")
_FIVE = re.compile(r"十[二三四五六]五(?![”\"]?(?:规划|的?(?:良好|精彩)?开[好局]|的?起[好步]))")
_LEAD = re.compile(
    r"[\s—“]*(?:各位代表[，,！]?|回顾|回首|总结|刚刚|过去的?|在|展望|即将|做好|预计|截至|到|对于|我们|首先|同时|对|根据|按照|综合考虑|进入|面向|站在|这?是|[（(][一二三四五六七八九十][)）]|[一二三四五六]是)*"
)
_PLANNED = re.compile(
    r"目标|安排|(?:重点|主要)(?:工作|任务)(?!.*(?:完成|情况|回顾|成效|总结|落实))|下一步|打算|思路|计划"
)
_SENTENCE = re.compile(r"[^。！？\n]+[。！？]?[”》）]*")
_SECTION = re.compile(r"[一二三四五六七八九]、")


@dataclass(frozen=True)
class Period:
    """Years from first to last; planned or past; how sure: 3 said in the sentence, 2 in what stands above, 1 supposed."""

    first: int
    last: int
    planned: bool
    sure: int = 2

    @property
    def single(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True)
class Frame:
    """The years that a report looks at."""

    about: int  # the year that 今年 is
    past: int  # the last year that it tells of
    ahead: int  # the year that it plans

    def year(self, year: int) -> Period:
        return Period(year, year, year > self.past)


def frame(facts: Facts) -> Frame | None:
    """A work report tells of the year before its own and plans its own; others tell of theirs.  None without a year."""
    if facts.year is None:
        return None
    if facts.kind.endswith("工作报告"):
        return Frame(facts.year, facts.year - 1, facts.year)
    return Frame(facts.year, facts.year, facts.year + 1)


def named(text: str, around: Frame) -> list[tuple[int, Period]]:
    """Offsets and periods of the times that a text names, less those it only measures against (比2020年)."""
    found = []
    for match in _CUE.finditer(text):
        if _AGAINST.search(text, max(0, match.start() - 6), match.start()):
            continue
        if match["five"]:
            period = _five_years(match["five"], around)
        elif match["year"]:
            period = around.year(int(match["year"]))
        elif match["back"]:
            period = Period(around.past - 4, around.past, False)
        elif match["ahead"]:
            period = Period(around.ahead, around.ahead + 4, True)
        else:
            period = around.year(around.about + (1 if match["next"] else -1 if match["last"] else 0))
        found.append((match.start(), period))
    return found


def _five_years(name: str, around: Frame) -> Period:
    first = _FIVE_YEARS[name]
    return Period(first, first + 4, first > around.past)


class Timeline:
    """The times that a report speaks of, from its start to its end."""

    def __init__(self, report: Report, around: Frame) -> None:
        self._text, self._around = report.text, around
        headings = {heading.start: heading for heading in report.headings}
        self._starts: list[int] = [0]
        self._periods: list[Period] = [Period(around.past, around.past, False, 1)]
        self._sentences: list[int] = []
        for match in _SENTENCE.finditer(report.text):
            start, sentence = match.start(), match[0]
            self._sentences.append(start)
            heading = headings.get(start + len(sentence) - len(sentence.lstrip()))
            lines = len(sentence) < 50 and report.text[start - 1 : start] in ("\n", "")
            section = (heading is not None and heading.level <= 2) or (
                lines and _SECTION.match(sentence.lstrip()) is not None
            )
            period = self._of_heading(sentence[:60]) if section else self._of_opening(sentence[:60])
            if period is not None:
                self._starts.append(start)
                self._periods.append(period)

    def _of_heading(self, heading: str) -> Period | None:
        around = self._around
        found = [period for _, period in named(heading, around)]
        found += [_five_years(match[0], around) for match in _FIVE.finditer(heading)]
        periods = {(p.first, p.last, p.planned): p for p in found}
        if len(periods) == 1:
            return found[0]
        if periods and not any(p.planned for p in found):  # 2025年和“十四五”: either
            return Period(around.past, around.past, False, 1)
        planned = periods or _PLANNED.search(heading)
        return Period(around.ahead, around.ahead, True, 1) if planned else None

    def _of_opening(self, sentence: str) -> Period | None:
        """The time that a sentence opens with; it holds for the sentences after it."""
        if not re.search(r"[。！？：，；]", sentence):  # a title or a date line
            return None
        lead = _LEAD.match(sentence)
        opening = lead.end() if lead else 0
        found = named(sentence, self._around)
        for at, period in found:
            if at > opening or not (period.planned or period.last == self._around.past):
                return None
            beside = {(p.first, p.last) for a, p in found if at < a <= at + 14} - {(period.first, period.last)}
            return replace(period, sure=1) if beside else period
        return None

    def sentence(self, offset: int) -> int:
        """Where the sentence at an offset starts."""
        return self._sentences[max(0, bisect.bisect_right(self._sentences, offset) - 1)] if self._sentences else 0

    def at(self, offset: int) -> Period:
        """The period spoken of at an offset of the report's text."""
        start = self.sentence(offset)
        said = named(self._text[start:offset], self._around)
        if said:
            return replace(said[-1][1], sure=3)
        return self._periods[bisect.bisect_right(self._starts, start) - 1]
