"""The numbers that Word counts itself and keeps in no paragraph: 一、 （一） 1. ① (ECMA-376, part 1, 17.9)."""

from __future__ import annotations

import re
from typing import Any

from index import limits

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS = "零一二三四五六七八九"
_LEGAL = "零壹贰叁肆伍陆柒捌玖"


class Numbering:
    """Counters over a document's lists; `next` is called once for each numbered paragraph, in order."""

    def __init__(self, element: Any) -> None:
        self._abstract: dict[str, dict[int, Any]] = {}  # id of a definition → level → w:lvl
        self._lists: dict[str, tuple[str, dict[int, int], dict[int, Any]]] = {}  # id → definition, restarts, levels of its own
        self._counts: dict[str, dict[int, int]] = {}  # definition → level → the last number
        self._started: set[tuple[str, int]] = set()  # restarts that are done
        if element is not None:
            styled: dict[str, dict[int, Any]] = {}  # style of lists → its levels
            linked: dict[str, str] = {}  # id of a definition without levels of its own → the style that has them
            for definition in element.findall(f"{_W}abstractNum"):
                id = definition.get(f"{_W}abstractNumId")
                self._abstract[id] = _levels(definition)
                if (style := _value(definition, "styleLink")) is not None:
                    styled[style] = self._abstract[id]
                if (style := _value(definition, "numStyleLink")) is not None:
                    linked[id] = style
            self._abstract |= {id: styled[style] for id, style in linked.items() if style in styled}
            for number in element.findall(f"{_W}num"):
                of = number.find(f"{_W}abstractNumId")
                restarts, own = {}, {}
                for override in number.findall(f"{_W}lvlOverride"):
                    level = _integer(override.get(f"{_W}ilvl"), 0)
                    start = override.find(f"{_W}startOverride")
                    if start is not None:
                        restarts[level] = _integer(start.get(f"{_W}val"), 1)
                    if override.find(f"{_W}lvl") is not None:
                        own[level] = override.find(f"{_W}lvl")
                self._lists[number.get(f"{_W}numId")] = (of.get(f"{_W}val") if of is not None else "", restarts, own)

    def next(self, id: str, level: int | None, style: str | None) -> str:
        """The number of the next paragraph of a list; empty for a bullet, and for list 0, which takes the number away.

        Without a level, it is the one that the list ties to the paragraph's style.
        """
        definition, restarts, own = self._lists.get(id, ("", {}, {}))
        levels = {**self._abstract.get(definition, {}), **own}
        if level is None:
            level = next((at for at, shape in levels.items() if _value(shape, "pStyle") == style and style), 0)
        shape = levels.get(level)
        if shape is None or not 0 <= level < limits.NUMBERING_LEVELS:
            return ""
        counts = self._counts.setdefault(definition, {})
        if level in restarts and (id, level) not in self._started:
            self._started.add((id, level))
            counts[level] = restarts[level]
        else:
            counts[level] = counts[level] + 1 if level in counts else _integer(_value(shape, "start"), 1)
        for deeper in [at for at in counts if at > level and _restarts(levels.get(at), level)]:
            del counts[deeper]
        text = _value(shape, "lvlText") or ""
        if _value(shape, "numFmt") in ("bullet", "none"):
            return ""
        legal = shape.find(f"{_W}isLgl") is not None

        def counted(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            form = _value(levels.get(at), "numFmt") or "decimal"
            value = counts.get(at, _integer(_value(levels.get(at), "start"), 1))
            return written(value, "decimal" if legal and at < level else form)

        number = re.sub(r"%([1-9])", counted, text)
        return number + (" " if number and re.fullmatch(r"[A-Za-z0-9]", number[-1]) else "")


def written(value: int, form: str) -> str:
    """A number in one of Word's formats; plain figures for one that Chinese documents do not use."""
    if form in _CHINESE:
        return chinese(value)
    if form == "chineseLegalSimplified":
        return chinese(value, _LEGAL, "拾佰仟")
    if form in ("ideographDigital", "japaneseDigitalTenThousand"):
        return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(abs(value)))
    if form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 1 <= value <= 20:
        return chr(0x2460 + value - 1)
    if form == "decimalEnclosedParen" and 1 <= value <= 20:
        return chr(0x2474 + value - 1)
    if form == "decimalEnclosedFullstop" and 1 <= value <= 20:
        return chr(0x2488 + value - 1)
    if form == "ideographEnclosedCircle" and 1 <= value <= 10:
        return chr(0x3280 + value - 1)
    if form in ("decimalFullWidth", "decimalFullWidth2"):
        return "".join(chr(0xFF10 + int(digit)) for digit in str(abs(value)))
    if form == "decimalZero":
        return f"{value:02}"
    if form in ("upperLetter", "lowerLetter") and 1 <= value <= 780:
        letter = chr(ord("A") + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letter if form == "upperLetter" else letter.lower()
    if form in ("upperRoman", "lowerRoman") and 1 <= value < 4000:
        return _roman(value) if form == "upperRoman" else _roman(value).lower()
    if form == "ideographTraditional" and 1 <= value <= 10:
        return "甲乙丙丁戊己庚辛壬癸"[value - 1]
    if form == "ideographZodiac" and 1 <= value <= 12:
        return "子丑寅卯辰巳午未申酉戌亥"[value - 1]
    return str(value)


_CHINESE = {"chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand"}


def chinese(value: int, digits: str = _DIGITS, units: str = "十百千") -> str:
    """A whole number in words: 12 → 十二, 105 → 一百零五; in figures from ten thousand."""
    if not 0 < value < 10_000:
        return digits[0] if value == 0 else str(value)
    text = ""
    figures = str(value)
    for at, figure in enumerate(figures):
        place = len(figures) - at - 1
        if figure != "0":
            text += digits[int(figure)] + (units[place - 1] if place else "")
        elif text and text[-1] != digits[0] and figures[at:].strip("0"):
            text += digits[0]
    return text[1:] if text.startswith("一十") else text


def _roman(value: int) -> str:
    text = ""
    for worth, letters in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
                           (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        text, value = text + letters * (value // worth), value % worth
    return text


def _levels(definition: Any) -> dict[int, Any]:
    return {_integer(level.get(f"{_W}ilvl"), 0): level for level in definition.findall(f"{_W}lvl")}


def _restarts(level: Any, after: int) -> bool:
    """Whether a level begins again after a number of a higher one: after any, unless it names one (from 1), or none (0)."""
    named = _value(level, "lvlRestart")
    return named is None or after < _integer(named, 9)


def _value(level: Any, name: str) -> str | None:
    found = level.find(f"{_W}{name}") if level is not None else None
    value: str | None = found.get(f"{_W}val") if found is not None else None
    return value


def _integer(value: str | None, otherwise: int) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,6}", value, re.ASCII) else otherwise
