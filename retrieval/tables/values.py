"""Figures as written, and as numbers that can be compared: 5.5%左右, 5%—5.5%, 1.2万亿元, 不少于28万人, 三千家."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from language.numerals import words_values

_UNITS = (
    "%|％|‰|个?百分点|微克[/／每]立方米|毫克[/／每]升|微克|立方米|平方公里|平方米|公里|千米|海里|米|公顷|亩|公斤|千克|斤|克|吨标准煤|标准煤|吨|"
    "千瓦时|千瓦|度|美元|欧元|港元|人民币|元|标准箱|架次|班次|场次|件次|家次|人次|户次|辆次|床位|张床|"
    "小时|分钟|岁|天|个月|周|倍|位|名|人|户|家|个|件|宗|起|份|项|次|场|期|所|套|间|条|篇|部|册|张|幅|台|辆|架|艘|列|笔|批|届|座|处|棵|株|"
    "头|只|匹|羽|口|组|组合|支|站|轮|只|匹|届|村|镇|县|年"
)
_SCALE = r"万亿|千亿|百亿|亿|千万|百万|十万|万|千|百"
_ARABIC = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_HAN = r"(?:百分之)?[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?"
_ABOUT = "低于|高于|不足|不到|不少于|不低于|不超过|不高于|不突破|超过|超额|超出|突破|大于|小于|逾|超|至少|最多|大约|约为|约|将近|接近|近"
_AFTER = "及以上|及以下|以上|以下|以内|以外|之内|左右|上下|区间"
_RANGE = r"\s?(?:[-—–~～－]+|至|到)\s?"
FIGURE = (
    rf"(?P<about>{_ABOUT})?\s?(?P<per>每立方米)?(?P<number>(?<![\d.A-Za-z])(?:{_ARABIC})|{_HAN}(?=(?:{_SCALE})?[多余几]?(?:{_UNITS}))|百分之[零〇一二三四五六七八九十点]+)"
    rf"\s?(?P<scale>{_SCALE})?[多余几]?\s?(?P<unit>{_UNITS})?"
    rf"(?:{_RANGE}(?P<upper>{_ARABIC})\s?(?P<scale2>{_SCALE})?[多余]?\s?(?P<unit2>{_UNITS})?)?(?P<after>\s?(?:{_AFTER}))?"
)
_FIGURE = re.compile(FIGURE)
_BASE = {  # unit as written → (unit compared in, factor)
    "％": ("%", 1.0), "‰": ("%", 0.1), "百分点": ("个百分点", 1.0), "斤": ("吨", 0.0005), "公斤": ("吨", 0.001), "千克": ("吨", 0.001),
    "千米": ("公里", 1.0), "度": ("千瓦时", 1.0), "人民币": ("元", 1.0), "名": ("人", 1.0), "位": ("人", 1.0), "微克每立方米": ("微克/立方米", 1.0),
    "微克／立方米": ("微克/立方米", 1.0), "标准煤": ("吨标准煤", 1.0),
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """A figure at `text[start:end]`; `number` and `upper` are in `unit`, with 万 and 亿 multiplied out."""

    start: int
    end: int
    number: float
    unit: str = ""
    upper: float | None = None
    bound: str = ""

    @property
    def middle(self) -> float:
        """What it sorts by: the middle of a range."""
        return self.number if self.upper is None else (self.number + self.upper) / 2


def value(match: re.Match[str], negative: bool = False) -> Value | None:
    """A match of FIGURE as a Value; None when it is a year, an ordinal or no number."""
    number, unit = match["number"], match["unit"] or match["unit2"] or ""
    if unit == "年" and re.fullmatch(r"(?:19|20)\d\d", number):
        return None
    if match.string[match.start("number") - 1 : match.start("number")] == "第":
        return None
    if number.startswith("百分之"):
        number, unit = number.removeprefix("百分之"), "%"
    if match["upper"] and not unit and not match["scale"] and not match["scale2"]:
        return None
    low = _number(number, match["scale"] or ("" if match["unit"] else match["scale2"]) or "")
    high = _number(match["upper"], match["scale2"] or "") if match["upper"] else None
    if low is None or (match["upper"] and high is None):
        return None
    unit = "微克/立方米" if match["per"] and unit == "微克" else unit
    base, factor = _BASE.get(unit, (unit, 1.0))
    sign = -factor if negative else factor
    bound = (match["about"] or "") + (match["after"] or "").strip()
    return Value(
        match.start("about") if match["about"] else match.start("per") if match["per"] else match.start("number"),
        match.end(),
        round(low * sign, 6),
        base,
        None if high is None else round(high * sign, 6),
        bound,
    )


def values(text: str) -> list[Value]:
    """Every figure of a text, in order."""
    return [found for match in _FIGURE.finditer(text) if (found := value(match)) is not None]


def shown(number: float, unit: str) -> str:
    """A number with its unit for reading: 1.25万亿元, 4.8%."""
    if unit not in ("%", "个百分点"):
        for size, word in ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")):
            if abs(number) >= size:
                return f"{number / size:.2f}".rstrip("0").rstrip(".") + word + unit
    return f"{number:.2f}".rstrip("0").rstrip(".") + unit


def _number(text: str, scale: str) -> float | None:
    read = (Decimal(re.sub("[,，]", "", text)),) if text[0].isdigit() else words_values(text)
    if len(read) != 1:
        return None
    scaled = read[0]  # exact: 512.3亿 is 51230000000
    for character in scale:
        scaled *= {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}[character]
    return float(scaled)
