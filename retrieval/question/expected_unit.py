"""The measure word that a question asks with, and how well a figure's own fits it."""

from __future__ import annotations

import functools
import re

from language.units import unit, unit_at
from retrieval.question.spans import Span

_MONEY = re.compile(r"钱|金额|资金|投资额?|经费|支出|收入|补贴|款|成交额|产值|税|费用|收费|总额|价格|营收|利润")
_RATE = re.compile(r"率|占比|比例|比重|增速|增幅|涨幅|涨了|增长|几成|百分之|下降|提高")
_ALIKE = (  # dimensions of which one may be asked for by a unit of another
    {"people", "visits"}, {"organisations", "households", "institutions", "items"}, {"times", "events"}, {"documents", "works", "items"},
    {"buildings", "places", "items"}, {"machines", "vehicles"}, {"trains", "trips"},
)  # fmt: skip
_NOUNS = frozenset("路点级代口镇村国省市县区步句站面线金银铜队组对双字页章轮层片块段根")  # 多少路 asks no number of roads
_ASKED_UNIT = re.compile(r"(?:多少|几|哪几)(?P<unit>(?:万|亿)?[一-鿿A-Za-z%℃]{1,6}(?:[/／][一-鿿]{2,3})?)")
_COUNTED = re.compile(
    r"(?P<unit>人次|场次|件次|[人件宗户家场份项起](?=数))数?(?:一共|总共|共|大概|大约|各自?|分别)?(?:是|有|为|达到?|到)?"
    r"(?:多少|几)(?=[？?，,。；;]|$)"
)
_PEOPLE_ASKED = re.compile(r"多少(?:工人|职工|员工|人员|学生|教师|老师|医生|护士|律师|法官|民警|干部|党员|群众|居民|村民|市民|老人|孩子|儿童|志愿者)")
_SCALE = re.compile(r"[百千万亿]*")


@functools.lru_cache(maxsize=64)
def asked_unit(text: str) -> str:
    """The measure word a question asks with: 多少宗 → 宗; % where it asks for a rate, 元 for money; else empty."""
    if counted := _COUNTED.search(text):
        return counted["unit"]
    if _PEOPLE_ASKED.search(text):
        return "人"
    match = _ASKED_UNIT.search(text)
    if match:
        if re.match(r"[万亿]*(?:钱|资金|经费|金额)", match["unit"]):
            return "元"
        held = unit_at(match["unit"], 0) or unit_at(_SCALE.sub("", match["unit"], count=1), 0)  # 千克 before 千
        if held is not None and held.name not in _NOUNS:
            return "%" if held.dimension == "share" else held.name
    if _RATE.search(text):
        return "%"
    if re.search("多[厚宽深]", text):
        return "米"
    return "元" if _MONEY.search(text) else ""


def asked_units(text: str) -> tuple[str, ...]:
    """The measure words of a question that asks for several figures at once: 多少人、占比多少 → 人, %."""
    parts = [part for each in re.split(r"[,，、;；?？]", text) for part in _apart(each)]
    units = [asked_unit(part) for part in parts if re.search(r"多少|几", part)]
    return tuple(dict.fromkeys(unit for unit in units if unit))


def _apart(part: str) -> list[str]:
    """A part that asks for two figures at once, cut before the second: 几类几件."""
    return re.split(r"(?<=.)(?=多少|几)", part) if len(re.findall("多少|几", part)) > 1 else [part]


def unit_fit(asked: str, span: Span) -> float:
    """1 the unit asked for, 0.9 one of its kind, 0.7 one that 个 may stand for, 0.3 nothing asked, 0 another."""
    figure = span.figure
    if figure is None:
        return 0.0
    if not asked:
        return 0.3 if figure.unit else 0.1
    if asked in (figure.unit, span.unit):
        return 1.0
    if asked == "%":
        return 0.7 if figure.kind in ("points", "multiple") else 0.0
    wanted = unit(asked)
    if not figure.unit:
        return 0.6 if wanted.dimension == "people" and figure.kind == "quantity" else 0.0  # people are counted without: 46万群众
    if asked == "个":  # counts anything
        return 0.0 if figure.dimension in ("share", "points", "duration", "money") else 0.7
    if wanted.base == figure.base or (wanted.dimension == figure.dimension != "duration" and wanted.dimension):
        return 0.9
    if any({wanted.dimension, figure.dimension} <= alike for alike in _ALIKE):
        return 0.9
    return 0.7 if asked == "年" and figure.unit.startswith("连") else 0.0
