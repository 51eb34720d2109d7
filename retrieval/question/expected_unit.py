"""The measure word that a question asks with, and how well a figure's own fits it."""

from __future__ import annotations

import functools
import re

from retrieval.question import spans
from retrieval.question.spans import Span

_MONEY = re.compile(r"钱|金额|资金|投资额?|经费|支出|收入|补贴|款|成交额|产值|税|费用|收费|总额|价格|营收|利润")
_RATE = re.compile(r"率|占比|比例|比重|增速|增幅|涨幅|涨了|增长|几成|百分之|下降|提高")
_FAMILIES = (
    "件宗起桩例案", "人名位个人次员", "家个所户", "次场回场次", "份篇部本册条个", "项个条", "元万元亿元美元块", "天日", "年个", "座个处", "吨斤公斤",
    "亩公顷", "棵株", "台辆", "公里千米里厘米毫米", "列班趟班次",
)  # fmt: skip
_NOUNS = frozenset("路点级代口镇村国省市县区步句站面线金银铜队组对双字页章轮层片块段根")  # 多少路 asks no number of roads
_ASKED_UNIT = re.compile(r"(?:多少|几|哪几)(?P<unit>(?:万|亿)?[一-鿿A-Za-z%℃]{1,6}(?:[/／][一-鿿]{2,3})?)")
_COUNTED = re.compile(
    r"(?P<unit>人次|场次|件次|[人件宗户家场份项起](?=数))数?(?:一共|总共|共|大概|大约|各自?|分别)?(?:是|有|为|达到?|到)?"
    r"(?:多少|几)(?=[？?，,。；;]|$)"
)
_PEOPLE_ASKED = re.compile(r"多少(?:工人|职工|员工|人员|学生|教师|老师|医生|护士|律师|法官|民警|干部|党员|群众|居民|村民|市民|老人|孩子|儿童|志愿者)")
_UNIT = re.compile(r"(?:万|亿|千|百)*")


@functools.lru_cache(maxsize=64)
def asked_unit(text: str) -> str:
    """The measure word a question asks with: 多少宗 → 宗; % where it asks for a rate, 元 for money; else empty."""
    if counted := _COUNTED.search(text):
        return counted["unit"]
    if _PEOPLE_ASKED.search(text):
        return "人"
    match = _ASKED_UNIT.search(text)
    if match:
        said = _UNIT.sub("", match["unit"], count=1)
        if re.match(r"钱|资金|经费|金额", said):
            return "元"
        probe = spans.figures(f"12{said}")
        if said.startswith("成"):
            return "%"
        if probe and probe[0].unit and probe[0].unit not in _NOUNS:
            return _UNIT.sub("", probe[0].unit, count=1)
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
    unit = _UNIT.sub("", span.unit, count=1)
    if not asked:
        return 0.3 if unit else 0.1
    if unit == asked or (unit and "/" in unit and unit.startswith(asked)):
        return 1.0
    if asked == "%":
        return 0.7 if "百分点" in unit or unit in {"成", "倍"} else 0.0
    if not unit and asked in _FAMILIES[1]:  # people are counted without: 46万群众
        return 0.6
    if asked == "个":  # counts anything
        return 0.0 if not unit or unit in {"%", "百分点", "个百分点", "年", "月", "天"} or "元" in unit else 0.7
    if unit and any(asked in family and unit in family for family in _FAMILIES):
        return 0.9
    return 0.7 if asked == "年" and unit.startswith("连") else 0.0
