"""Dates, whole and in part, the spans between them, and the words that stand for them: 2024年9月, 上半年, 近三年, 过去一年.

What a relative word means hangs on the report: a work report of 2025 tells of 2024 (过去一年) and plans 2025 (今年); an annual
report of 2024 tells of 2024, which is its 今年 as well.  The words are in times.csv.
"""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from language.numerals import words_values
from language.tables import table
from language.widths import plain

Grain = Literal["years", "year", "half", "quarter", "month", "day"]


@dataclass(frozen=True)
class Date:
    """A time at `text[start:end]`, from the day `first` to the day `last`; both None where the text does not tell the year."""

    start: int
    end: int
    grain: Grain
    first: date | None = None
    last: date | None = None
    relative: bool = False  # it means what it means only in its report
    planned: bool = False  # it lies ahead of the report

    @property
    def years(self) -> tuple[int, ...]:
        """The years that it lies in or spans."""
        return tuple(range(self.first.year, self.last.year + 1)) if self.first and self.last else ()

    def of(self, text: str) -> str:
        """How the text says it."""
        return text[self.start : self.end]


@dataclass(frozen=True)
class _Frame:
    """The years that a report looks at: its own 今年, the last one it tells of, the one it plans."""

    about: int
    past: int
    ahead: int


_HAN = "[一二三四五六七八九十]"
_TO = r"\s?(?:[-—–~]{1,2}|至|到)\s?"
_YEAR = r"(?P<{0}>(?<![\d.])(?:1[5-9]|20|21)\d\d|[一二][〇○零0一二三四五六七八九]{{3}})\s?"
_PART = r"度?(?:(?P<half>[上下])半年|第?(?P<quarter>[一二三四1-4])(?:个)?季度|前(?P<months>[一二两三四五六七八九十]{1,2}|\d{1,2})个?(?P<of>季度|月)|(?P<edge>[初末底中]|年[初末底中]))"  # noqa: E501
_MONTH = rf"(?P<{{0}}>\d{{{{1,2}}}}|{_HAN}{{{{1,3}}}})\s?月"
_DAY = rf"(?P<{{0}}>\d{{{{1,2}}}}|{_HAN}{{{{1,3}}}})\s?[日号]"
_MONTH_PART = r"(?:份|[初末底]|[上中下]旬)"
_OPEN = r"(?P<open>以来|起至今|至今)?"

_FIRST = r"\d“一二三四五六七八九十两几过近最刚这今未接往下去上本明前当第中早晚凌日号每星周礼"  # what the rules begin with: elsewhere none is tried

_RULES: tuple[tuple[str, str], ...] = (
    ("numeric", r"(?<![\d.A-Za-z/-])(?P<y>(?:19|20)\d\d)(?P<mark>[-./])(?P<m>0?[1-9]|1[0-2])(?P=mark)(?P<d>0?[1-9]|[12]\d|3[01])(?![\d.]\d|\d)(?:\s?\d{1,2}:\d\d(?::\d\d)?)?"),  # noqa: E501
    ("years", rf"{_YEAR.format('y1')}年?{_TO}{_YEAR.format('y2')}年度?{_OPEN}"),
    ("years", r"“?(?P<five>十[一二三四五六七八]五)”?(?=时期|期间|以来|末|规划|[，,。、；]|以?后|五年|”|开局|目标|收官|建设|这|头|初|及|和|将|的|主要)"),
    ("days", rf"{_YEAR.format('y')}年\s?{_MONTH.format('m')}\s?{_DAY.format('d')}(?:{_TO}(?:{_YEAR.format('y2')}年\s?)?(?:{_MONTH.format('m2')}\s?)?{_DAY.format('d2')})?{_OPEN}"),  # noqa: E501
    ("months", rf"{_YEAR.format('y')}年\s?(?P<m>\d{{1,2}}|{_HAN}{{1,3}})\s?(?:月(?:份)?)?{_TO}(?:{_YEAR.format('y2')}年\s?)?{_MONTH.format('m2')}份?"),
    ("month", rf"{_YEAR.format('y')}年\s?{_MONTH.format('m')}{_MONTH_PART}?{_OPEN}"),
    ("year", rf"{_YEAR.format('y')}年{_PART}"),
    ("years", rf"{_YEAR.format('y1')}年{_TO}{_YEAR.format('y2')}年?"),
    ("year", rf"{_YEAR.format('y')}(?:财年|年(?:度(?!假))?){_OPEN}"),
    ("year", r"(?<![\d.])(?P<y>(?:19|20)\d\d)\s?(?=上半年|下半年|[一二三四1-4]季度)" + _PART),
    ("days", rf"(?<![\d.月]){_MONTH.format('m')}\s?{_DAY.format('d')}(?:{_TO}(?:{_MONTH.format('m2')}\s?)?{_DAY.format('d2')})?"),
    ("months", rf"(?<![\d.第])(?P<m>\d{{1,2}}|{_HAN}{{1,3}})\s?(?:月(?:份)?)?{_TO}{_MONTH.format('m2')}份?"),
    ("month", rf"(?<![\d.个第])(?P<m>\d{{1,2}}|(?<![一二三四五六七八九十]){_HAN}{{1,2}})\s?月(?!球|饼|亮|光|嫂|台){_MONTH_PART}?"),
    ("day", rf"(?<![\d.月第满逾达过共每])(?P<d>[12]?\d|3[01])(?:[日号](?:{_TO}(?P<d2>[12]?\d|3[01])日|(?=[，。、；前起晚早上下凌至止]))|日(?=[一-鿿])(?![内期均]|以[内上下外]|之内|[本常元]))"),  # noqa: E501
    ("back", r"(?P<lead>过去|过去的|近|最近|近的|刚刚过去的|这)(?P<n>[一二两三四五六七八九十]{1,2}|\d{1,2}|几)(?:个)?年(?:多|来|间|里)?(?![级代龄轻])"),
    ("back", r"(?<![\d.一二两三四五六七八九十百])(?P<n>[一二两三四五六七八九十]{1,2}|\d{1,2}|几)年(?:多)?(?:以?来|间)"),
    ("ahead", r"(?:今后|未来|接下来|往后|下一个)(?P<n>[一二两三四五六七八九十]{1,2}|\d{1,2}|几)(?:个)?年(?:间|里|内)?(?![级代龄轻])"),
    ("part", r"(?P<word>去年|上年|今年|本年|明年|前年|当年)?(?:(?<!\d)(?P<half>[上下])半年|第?(?<![\d十])(?P<quarter>[一二三四1-4])(?:个)?季度(?!末?[节风])|前(?P<months>[一二两三四五六七八九十]{1,2}|\d{1,2})个?(?P<of>季度|月))"),  # noqa: E501
    ("time", r"(?<![\d.:])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?![\d:%])|(?:上午|下午|凌晨|晚上|中午|早上|晚|早|当日|当天|[日号])\s?(?P<h>\d{1,2}|[一二三四五六七八九十]{1,3})(?:时|点)(?:(?:\d{1,2}|[一二三四五六七八九十]{1,3})分|半|许|左右)?|(?<![\d.])(?:[01]?\d|2[0-4])时(?:[0-5]?\d分(?:[0-5]?\d秒)?|许|整)"),  # noqa: E501
    ("often", r"每(?:半|[一两二三四五六])?个?(?:年|月|周|季度|天|日|星期)(?![均份])(?:(?:至少)?(?:召开|开展|组织|进行)?[一两二三四五六\d]+次)?"),
    ("weekday", r"(?:星期|周|礼拜)[一二三四五六日天](?![一-鿿]?岁)"),
)  # fmt: skip


def dates(text: str, year: int | None = None, kind: str = "") -> tuple[Date, ...]:
    """The times of a text, in order, none over another.

    year, kind: those of the report that the text stands in, as its facts have them; without a year relative words are found but
    not told.  A bare 3月 or 上半年 is of the year named before it in its sentence, else of the last year that the report tells of.
    """
    if year is None:
        frame = None
    elif kind.endswith("工作报告"):
        frame = _Frame(year, year - 1, year)
    else:
        frame = _Frame(year, year, year + 1)
    found: list[Date] = []
    named: int | None = None  # the year last named in this sentence
    read = plain(text)
    stop = 0
    for rule, match in _matches(read):
        while (mark := read.find("。", stop, match.start())) >= 0:
            stop, named = mark + 1, None
        told = _read(rule, match, frame, named)
        if told is None:
            continue
        if told.first is not None and told.last is not None and told.grain != "years":
            named = told.last.year
        found.append(told)
    return tuple(found)


def times(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets of what tells a time in a text, hours and how often among them: no quantity stands in any."""
    return tuple(match.span() for _, match in _matches(plain(text)))


def _matches(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for match in _pattern().finditer(text):
        which = match.lastgroup or ""
        rule, pattern = _compiled()[int(which[1:])]
        again = pattern.match(text, match.start())
        if again is not None:
            yield rule, again


@functools.cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    words = "|".join(sorted((row["words"] for row in table("times")), key=len, reverse=True))
    relative = ("word", rf"(?P<word>{words})(?!轻|[代龄级])(?P<edge>[底末初])?")
    return tuple((rule, re.compile(pattern)) for rule, pattern in (*_RULES, relative))


@functools.cache
def _pattern() -> re.Pattern[str]:
    """All rules as one pattern, the first that fits at a place; group rN stands for the Nth."""
    bare = [re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern) for _, pattern in _compiled()]
    bare = [part.replace("(?P=mark)", "[-./]") for part in bare]
    first = _FIRST + "".join({word[0] for row in table("times") for word in row["words"].split("|")})
    return re.compile(f"(?=[{first}])(?:{'|'.join(f'(?P<r{at}>{part})' for at, part in enumerate(bare))})")


def _read(rule: str, match: re.Match[str], frame: _Frame | None, named: int | None) -> Date | None:
    got = match.groupdict()
    start, end = match.span()
    here = Date(start, end, "year")
    if rule in ("time", "often", "weekday"):
        return None
    if rule == "years" and got.get("five"):
        nth = words_values(got["five"][:-1])
        first = 2021 + 5 * (int(nth[0]) - 14)
        return replace(here, grain="years", first=date(first, 1, 1), last=date(first + 4, 12, 31), planned=frame is not None and first > frame.past)
    if rule == "years":
        return _spanned(here, _number(got["y1"]), _number(got["y2"]), frame)
    if rule in ("back", "ahead"):
        count = None if got["n"] == "几" else _number(got["n"])
        here = replace(here, grain="years", relative=True, planned=rule == "ahead")
        if frame is None or count is None or count < 1:
            return here
        last = frame.past if rule == "back" else frame.ahead + count - 1
        return _spanned(here, last - count + 1, last, frame)
    if rule == "word":
        return _word(here, got, frame, named)
    own = _number(got["y"]) if got.get("y") else None
    shift = _shift(got.get("word"), frame) if got.get("word") else None
    year = own if own is not None else shift if shift is not None else named if named is not None else frame.past if frame else None
    here = replace(here, relative=own is None)
    return _in_year(here, rule, got, year, frame)


def _in_year(here: Date, rule: str, got: dict[str, str | None], year: int | None, frame: _Frame | None) -> Date | None:
    """A date with its months and days, in a year that may be unknown."""
    if rule in ("year", "part"):
        said, months = _part(got)
        here = replace(here, grain=said)
        return here if year is None else _between(here, year, months[0], year, months[1], frame)
    if rule == "day":
        return replace(here, grain="day")
    month, last_month = _number(got.get("m")), _number(got.get("m2")) or _number(got.get("m"))
    if not 1 <= month <= 12 or not 1 <= last_month <= 12:
        return None
    last_year = _number(got.get("y2")) or year
    grain: Grain = "month" if rule in ("month", "months") else "day"
    here = replace(here, grain=grain)
    if grain == "month":
        return here if year is None or last_year is None else _between(here, year, month, last_year, last_month, frame)
    day, last_day = _number(got.get("d")), _number(got.get("d2")) or _number(got.get("d"))
    if year is None or last_year is None:
        return here if 1 <= day <= 31 else None
    try:
        first, last = date(year, month, day), date(last_year, last_month, last_day)
    except ValueError:
        return None
    return replace(here, first=first, last=max(first, last), planned=frame is not None and first.year > frame.past)


def _part(got: dict[str, str | None]) -> tuple[Grain, tuple[int, int]]:
    """The grain and the months, first and last, of 上半年, 三季度, 前三季度, 前5个月, 年底; all where none is said."""
    if half := got.get("half"):
        return "half", (1, 6) if half == "上" else (7, 12)
    if quarter := got.get("quarter"):
        return "quarter", (3 * _number(quarter) - 2, 3 * _number(quarter))
    if count := got.get("months"):
        months = min(12, _number(count) * (3 if got.get("of") == "季度" else 1)) or 12
        return ("quarter" if got.get("of") == "季度" else "month"), (1, months)
    edge = (got.get("edge") or "")[-1:]
    if edge in ("末", "底"):
        return "month", (12, 12)
    return ("month", (1, 1)) if edge == "初" else ("year", (1, 12))


def _spanned(here: Date, first: int, last: int, frame: _Frame | None) -> Date:
    if first > last:
        return replace(here, grain="years")
    return _between(replace(here, grain="years"), first, 1, last, 12, frame)


def _between(here: Date, first: int, month: int, last: int, last_month: int, frame: _Frame | None) -> Date:
    """From the first day of a month to the last day of another."""
    begins, ends = date(first, month, 1), date(last, last_month, calendar.monthrange(last, last_month)[1])
    return replace(here, first=begins, last=max(begins, ends), planned=here.planned or (frame is not None and first > frame.past))


def _word(here: Date, got: dict[str, str | None], frame: _Frame | None, named: int | None) -> Date:
    row = _words()[got["word"] or ""]
    here = replace(here, relative=True, planned=row["planned"] == "yes")
    part = row["part"] or {"底": "end", "末": "end", "初": "begin"}.get(got.get("edge") or "", "")
    months = {"end": (12, 12), "begin": (1, 1)}.get(part, (1, 12))
    here = replace(here, grain="month" if part else "year")
    if row["counts_from"] == "named":
        base = named if named is not None else frame.about if frame else None
    elif row["counts_from"] == "same":
        base = named if named is not None else frame.past if frame else None
    else:
        base = None if frame is None else {"about": frame.about, "past": frame.past, "ahead": frame.ahead}[row["counts_from"]]
    if base is None:
        return here
    return _between(here, base + int(row["first"]), months[0], base + int(row["last"]), months[1], frame)


def _shift(word: str | None, frame: _Frame | None) -> int | None:
    row = _words().get(word or "")
    return frame.about + int(row["first"]) if row is not None and frame is not None else None


@functools.cache
def _words() -> dict[str, dict[str, str]]:
    return {row["words"]: dict(row) for row in table("times")}


def _number(said: str | None) -> int:
    """A year, month, day or count in digits or words; 0 where there is none."""
    if not said:
        return 0
    if said.isdecimal():
        return int(said)
    values = words_values(said.replace("○", "〇"))
    if len(said) == 4 and not values:  # 一九九八: digit by digit
        digits = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0", "0": "0"}
        return int("".join(digits[c] for c in said))
    return int(values[0]) if len(values) == 1 else 0
