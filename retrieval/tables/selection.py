"""Which rows a question wants of a table, and in which order: 超过5%的, 不低于6%, 最高的五个, 前三名, 倒数."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from language.numerals import whole
from retrieval.tables.values import FIGURE, value
from retrieval.types import Row

Relation = Literal["超过", "不低于", "低于", "不超过"]

_NUMBER = r"(?:\d+|[一二两三四五六七八九十]+)"
_PLACES = r"(?:省|市|县|区|州|地|单位|部门|局|院|报告|城市)"
_SAID: tuple[tuple[Relation, str], ...] = (
    ("不低于", r"不低于|不少于|不小于|不慢于|至少(?:为|是)?|大于等于"),
    ("不超过", r"不超过|不高于|不大于|不多于|不快于|至多|最多|小于等于|控制在"),
    ("超过", r"超过|超出|超|高于|大于|多于|高过|快于|突破|达到?了?|到了?|在"),
    ("低于", r"低于|少于|小于|慢于|不足|不到|不满|未达到?|没到|没有达到"),
)
_AFTER: tuple[tuple[Relation, str], ...] = (
    ("不低于", r"\s?(?:及|或)?以上|或更[高多]|之上"),
    ("不超过", r"\s?(?:及|或)?以[下内]|之[内下]|或更[低少]"),
)
_RELATION = "|".join(said for _, said in _SAID)
# A figure before a noun belongs to the noun (超过500亿元的企业), before a place or nothing it filters.
_FILTERS = rf"(?=\s*(?:的|了)*(?:目标|增速|增长|涨幅)?(?:的|都|分别|各)*\s*(?:有?(?:哪|几|多少)|有(?!效)|{_PLACES}|各|是(?:哪|谁)|[,，。？?]|吗|$))"
_BOUND = re.compile(rf"(?P<not>没有?|未)?(?P<relation>{_RELATION})\s?(?P<figure>{FIGURE}){_FILTERS}")
_BARE = re.compile(rf"(?P<figure>{FIGURE}){_FILTERS}")
_BETWEEN = re.compile(r"(?:在|介于)\s?(?P<low>[\d.]+\s?[%％万亿]*[一-鿿]?)\s?(?:到|至|和|与|[-—–~～])\s?(?P<high>[\d.]+\s?[%％万亿]*[一-鿿]{0,2}?)之间")
_MEAN = re.compile(
    r"(?<!全国)(?P<relation>不低于|不高于|超过|高于|大于|低于|小于|在)(?:各[省市地]的?|所有[一-鿿]{0,3}的?)?(?:平均(?:值|数|水平|线|增速)?|均值)(?P<after>以[上下]|之[上下])?"
)
_FIRST = re.compile(
    rf"排?(?:名|在|列)?(?:前|头)(?P<first>{_NUMBER})(?:名|位|个|家|强)?(?!年|个?月|季|[项次类批])|最[高大多快长好](?:的)?(?:前)?(?P<top>{_NUMBER})(?:个|名|家|位)"
)
_LAST = re.compile(
    rf"倒数(?:第|后|前)?(?P<last>{_NUMBER})?(?:名|位|个|家)?|(?:最后|末|排?后)(?P<end>{_NUMBER})(?:名|位|个|家)|最[低小少慢短差](?:的)?(?:前)?(?P<least>{_NUMBER})(?:个|名|家|位)|垫底(?:的)?(?:(?P<foot>{_NUMBER})(?:个|名|家|位))?"
)
_LOWEST = re.compile(r"最[低小少慢短]|从低到高|倒数|垫底|由低到高|从小到大")
_SORTED = re.compile(r"最[高大多快低小少慢长短]|排(?:名|序|行)|从[高低大小]到|由[高低大小]到|领先|第一|垫底|居首")


@dataclass(frozen=True)
class Bound:
    """A value that rows must keep to; no number: the mean of the table's comparable values."""

    relation: Relation
    number: float | None
    said: str  # as the question says it: 超过5%


@dataclass(frozen=True)
class Selection:
    """Rows wanted: all bounds kept, sorted, and no more than `count`."""

    bounds: tuple[Bound, ...] = ()
    count: int | None = None
    lowest: bool = False  # lowest first
    ordered: bool = False  # by value; else as the corpus lists its reports
    unit: str = ""  # of the bounds


def understand_selection(text: str) -> tuple[Selection, str]:
    """The rows that a question wants, and the question less the words that say so."""
    bounds, units, cut = _bounds(text)
    last = _LAST.search(text)
    first = _FIRST.search(text)
    lowest = last is not None or _LOWEST.search(text) is not None
    said = last or first
    wanted = next((whole(number) for number in said.groups() if number), None) if said else None
    if said:
        cut.append(said.span())
    ordered = bool(bounds) or said is not None or _SORTED.search(text) is not None
    below = bool(bounds) and all(bound.relation in ("低于", "不超过") for bound in bounds)
    kept = text
    for start, end in sorted(cut, reverse=True):
        kept = f"{kept[:start]} {kept[end:]}"
    return Selection(tuple(bounds), wanted, lowest or below, ordered, units[0] if units else ""), kept


def _bounds(text: str) -> tuple[list[Bound], list[str], list[tuple[int, int]]]:
    """The bounds of a question, their units, and where they stand."""
    between = _BETWEEN.search(text)
    if between:
        low, high = _figure(between["low"]), _figure(between["high"])
        if low and high:
            unit = high[1] or low[1]
            ends = Bound("不低于", low[0], f"{between['low']}以上"), Bound("不超过", high[0], f"{between['high']}以下")
            return list(ends), [unit] if unit else [], [between.span()]
    bounds, units, cut = [], [], []
    for match in _MEAN.finditer(text):
        low_side = match["relation"] in ("低于", "小于", "不高于") or "下" in (match["after"] or "")
        bounds.append(Bound("低于" if low_side else "超过", None, "低于平均" if low_side else "高于平均"))
        cut.append(match.span())
    for pattern in (_BOUND, _BARE):
        for match in pattern.finditer(text):
            found = _figure(match["figure"])
            relation = _relation(match) if found else None
            if found and relation and not any(s < match.end() and match.start() < e for s, e in cut):
                bounds.append(Bound(relation, found[0], match[0].strip().removeprefix("在")))
                units += [found[1]] if found[1] else []
                cut.append(match.span())
    return bounds, units, cut


def _relation(match: re.Match[str]) -> Relation | None:
    figure = match["figure"]
    for relation, said in _AFTER:
        if re.search(rf"(?:{said})$", figure):
            return relation
    before = match.groupdict().get("relation") or ""
    lead = re.match(rf"(?:{_RELATION})", figure)
    before = before or (lead[0] if lead else "")
    if re.fullmatch(r"达到?了?|到了?", before):
        return "低于" if match.groupdict().get("not") else "不低于"
    if before in ("", "在"):
        return None
    relation = next(relation for relation, said in _SAID if re.fullmatch(said, before))
    if match.groupdict().get("not"):
        return "不超过" if relation == "超过" else "不低于" if relation == "低于" else relation
    return relation


def _figure(text: str) -> tuple[float, str] | None:
    match = re.search(FIGURE, text)
    found = value(match) if match else None
    return (found.number, found.unit) if found else None


def middle(row: Row) -> float:
    """What a row sorts by: the middle of a range."""
    number = row.number or 0.0
    return number if row.upper is None else (number + row.upper) / 2


def keeps(row: Row, bound: Bound, number: float) -> bool:
    """Whether what a row says keeps to a bound: a range with both ends, 突破 and 以上 as more than their figure."""
    low = row.number or 0.0
    high = low if row.upper is None else row.upper
    above = re.match(r"超|突破|逾|大于|高于", row.bound) is not None
    below = re.match(r"低于|小于|不足|不到|近|接近|将近", row.bound) is not None
    if bound.relation == "超过":
        return low > number or (low == number and above)
    if bound.relation == "不低于":
        return low >= number and not (low == number and below)
    if bound.relation == "低于":
        return high < number or (high == number and below)
    return high <= number and not (high == number and (above or row.bound.endswith("以上")))


def select(rows: Sequence[Row], selection: Selection, comparable: Sequence[Row]) -> list[Row]:
    """The rows wanted, in the order wanted; ties with the last of `count` stay."""
    chosen = list(rows)
    if selection.bounds or selection.count:
        chosen = [row for row in rows if row in comparable]
    for bound in selection.bounds:
        mean = sum(map(middle, comparable)) / len(comparable) if comparable else 0.0
        number = mean if bound.number is None else bound.number
        chosen = [row for row in chosen if keeps(row, bound, number)]
    if selection.ordered:
        sign = 1 if selection.lowest else -1
        chosen.sort(key=lambda row: (row.number is None, sign * middle(row)))
    if selection.count and len(chosen) > selection.count:
        edge = middle(chosen[selection.count - 1])
        chosen = [row for at, row in enumerate(chosen) if at < selection.count or middle(row) == edge]
    return chosen
