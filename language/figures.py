"""Every figure of a text, once: what it counts, how much, within which bounds, and what is said of it.

One pass from left to right: `_pieces` reads a number with its sign, bounds, unit and range; `_together` joins what is one
figure in several pieces (2年6个月, 二百元以上一千元以下); `_told` adds what the words around it say.  Dates, hours, codes, titles
and numbers of sections are no figures; 第三条 and 三级 are, of the kind "ordinal".  Tables: units, bounds, changes, words.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from language.codes import codes
from language.context import clause_before, deed, noun, parts, said_against
from language.dates import times
from language.numerals import Numeral, numeral, past, whole
from language.tables import Words, table
from language.units import Unit, unit, unit_at
from language.widths import plain

Kind = Literal["quantity", "share", "points", "multiple", "ratio", "ordinal"]
Bound = Literal["exact", "about", "at least", "at most", "more than", "less than", "between"]
Run = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """What a figure is to a change: the amount of it (提高了3), what it starts from, or what it comes to (提高到3)."""

    direction: Literal["up", "down", ""]
    role: Literal["by", "from", "to"]


@dataclass(frozen=True)
class Figure:
    """A figure at `text[start:end]`, its sign, bounds and unit included.

    values: in `unit`, multiplied out and signed; two for a range, the parts of a ratio, none where it is vague (几十).  A share
    is in %.  `base`, `factor` and `dimension` are those of units.csv; a unit that is not there has no dimension.
    """

    start: int
    end: int
    kind: Kind
    values: tuple[Decimal, ...]
    bound: Bound = "exact"
    unit: str = ""
    base: str = ""
    factor: Decimal = Decimal(1)
    dimension: str = ""
    per: str = ""  # 吨 of 元/吨, 万人 of 每万人12.3人
    multiplier: str = ""  # 万, 万亿 as written
    change: Change | None = None
    noun: Run | None = None  # offsets of the words for what it measures
    deed: Run | None = None  # offsets of the verb before it: 收到, 办结
    negated: bool = False  # 未办结12件, 没有一起
    part: bool = False  # of what stands before 其中

    def of(self, text: str) -> str:
        """How the text says it."""
        return text[self.start : self.end]

    @property
    def value(self) -> Decimal | None:
        """Its one value; None of a range, a ratio and what is vague."""
        return self.values[0] if len(self.values) == 1 else None

    @property
    def in_base(self) -> tuple[Decimal, ...]:
        """Its values in the base unit, in which figures of a dimension compare."""
        return tuple(value * self.factor for value in self.values)

    @property
    def low(self) -> Decimal | None:
        """The least that it can be, in its unit; None where nothing bounds it below."""
        return None if not self.values or self.kind == "ratio" or self.bound in ("at most", "less than") else min(self.values)

    @property
    def high(self) -> Decimal | None:
        """The most that it can be, in its unit; None where nothing bounds it above."""
        return None if not self.values or self.kind == "ratio" or self.bound in ("at least", "more than") else max(self.values)


_START = re.compile(r"[\d零〇一二两三四五六七八九十百千万亿廿卅几好数半俩仨负过近超翻大减￥¥$+-]")
_RANGE = re.compile(r"\s?(?:[-—–~]{1,2}|至|到)\s?")
_RATIO = re.compile(r"\s?[∶:：比]\s?(?=[\d一二三四五六七八九十])")
_FRACTION = re.compile(r"(?P<base>百|千|万|[零一二三四五六七八九十百千万\d]{1,6})分之(?=[\d零一二两三四五六七八九十百几])")
_SLASH = re.compile(r"(?<![\d./A-Za-z])(?P<part>\d{1,2})/(?P<whole>\d{1,2})(?![\d./]|\s?[万亿A-Za-z年月日])")
_PER = re.compile(r"\s?[/每]\s?")
_EACH_SCALE = re.compile(r"(?:[十百千]?[万亿]|[十百千])?")
_ANY_SCALE = re.compile(r"[\d零〇一二两三四五六七八九十百千万亿廿卅]")
_NUMERIC_NAMES = frozenset("统唯万专单同每某这那哪任逐之第初")  # before one character they make another word: 统一, 专一
_HALVED = frozenset({"年", "个月", "月", "天", "小时", "个小时", "倍", "里", "公里", "斤", "公斤", "亩", "吨", "岁", "周", "个百分点", "成", "学年", "个学期"})
_HALF = re.compile(r"半(?:个)?(?=年|月|天|小时|公里|亩|吨|斤|成|数|个百分点|里)")
_PEOPLE = re.compile(r"[人件总户次倍指基系代位参函分岁卷票家个负奇偶字码函读]$")  # 人数百: 数 belongs to what stands before
_SESSION = re.compile("会议|全会|全体|代表大会")
_CURRENCY = {"￥": "元", "¥": "元", "$": "美元"}
_ORDER = ("more than", "less than", "at least", "at most", "about")


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text in order; none stands over another."""
    read = plain(text)
    return tuple(_told(read, _together(read, list(_pieces(read, _taken(read))))))


def quantities(text: str) -> tuple[Figure, ...]:
    """The figures of a text that count or measure: its ordinals left out."""
    return tuple(figure for figure in figures(text) if figure.kind != "ordinal")


# ---- one figure


def _taken(text: str) -> list[Run]:
    """Runs in which no figure stands: times, codes, titles; sorted, merged."""
    merged: list[Run] = []
    for start, end in sorted((*times(text), *codes(text))):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _pieces(text: str, taken: Sequence[Run]) -> Iterator[Figure]:
    quotes = [match.span() for match in re.finditer(r"“[^“”\n]{1,40}”", text)]
    starts, quoted = [start for start, _ in taken], [start for start, _ in quotes]
    at = left = 0
    while match := _START.search(text, at):
        at = match.start()
        which = bisect_right(starts, at) - 1
        if which >= 0 and at < taken[which][1]:
            at = left = taken[which][1]
            continue
        limit = taken[which + 1][0] if which + 1 < len(taken) else len(text)
        which = bisect_right(quoted, at) - 1
        found = _figure(text, at, left, limit, which >= 0 and at < quotes[which][1])
        if isinstance(found, Figure):
            yield found
            at = left = found.end
        else:
            at = found


def _figure(text: str, at: int, left: int, limit: int, quoted: bool) -> Figure | int:
    """The figure that starts at a place, not before `left` nor behind `limit`; else where to go on."""
    word = _word(text, at, left)
    if word is not None:
        return word
    sign, begin, money = _sign(text, at, left)
    if begin >= limit or (not _ANY_SCALE.match(text, begin) and not re.compile("几|数|好几|半").match(text, begin)):
        return at + 1
    if half := _half(text, begin, left):
        return half
    if fraction := _fraction(text, at, begin, sign, left):
        return fraction
    number = numeral(text, begin)
    if number is None:
        return past(text, begin)
    if number.start > 0 and (text[number.start - 1].isalnum() and text[number.start - 1].isascii()):
        return past(text, begin)  # PM2.5, G20
    ordinal = text[max(left, at - 1) : at] == "第"
    figure = _measured(text, number, sign, at, left, money, ordinal)
    if figure is None or figure.end > limit or not _counts(text, figure, number, left, quoted):
        return max(number.end, past(text, begin)) if number.digits else number.end
    return figure


def _word(text: str, at: int, left: int) -> Figure | None:
    """A word that is a figure by itself: 一半, 翻一番, 过半数."""
    for said in _words().starting(text, at):
        row = _words()[said]
        if row["not_beside"] and text[at - 1 : at] in row["not_beside"].split("|"):
            continue
        if said in ("俩", "仨") and not re.compile(r"[件项个人次家孩老]").match(text, at + 1):
            continue
        held = unit(row["unit"])
        change = Change(row["direction"], row["role"]) if row["role"] else None  # type: ignore[arg-type]
        end, bound = _bound_after(text, at + len(said), held)
        start, before = _bound_before(text, at, left, bare=False)
        return Figure(
            start, end, _kind(held), (Decimal(row["value"]),), _closest(before, bound, row["bound"]),
            "%" if held.dimension == "share" else held.name, held.base, Decimal(1), held.dimension, change=change,
        )  # fmt: skip
    return None


def _sign(text: str, at: int, left: int) -> tuple[int, int, str]:
    """(1 or -1, where the number begins, the currency before it): 负, -, ￥."""
    sign, begin, money = 1, at, ""
    before = text[at - 1 : at]
    if text[at] == "负" or (text[at] in "+-" and not (before.isalnum() and before.isascii()) and before not in ("%", "/", ")") and at >= left):
        sign = 1 if text[at] == "+" else -1
        begin += 1
    if text[begin : begin + 1] in _CURRENCY:
        money = _CURRENCY[text[begin]]
        begin += 1
        if text[begin : begin + 1] == "-" or text[begin : begin + 1] == " ":
            sign = -1 if text[begin] == "-" else sign
            begin += 1
    return sign, begin, money


def _half(text: str, at: int, left: int) -> Figure | None:
    """半年, 半个月: half of a unit; half a word is none (上半年, 半导体)."""
    match = _HALF.match(text, at)
    if match is None or (text[at - 1 : at] in "上下前后一两三四五六七八九十个北南东西年" and at > left):
        return None
    held = unit_at(text, match.end()) or unit_at(text, at + 1)
    if held is None or held.dimension not in ("duration", "length", "area", "mass", "points", "share"):
        return None
    end, after = _bound_after(text, max(match.end(), at + 1) + len(held.name), held)
    start, before = _bound_before(text, at, left, bare=False)
    return _made(start, end, (Decimal("0.5"),), held, _closest(before, after))


def _fraction(text: str, at: int, begin: int, sign: int, left: int) -> Figure | None:
    """百分之五点五, 三分之一, 1/10, 百分之三至百分之五: a share in %."""
    if (slash := _SLASH.match(text, begin)) and 0 < int(slash["part"]) < int(slash["whole"]):
        start, before = _bound_before(text, at, left, bare=False)
        stop, after = _bound_after(text, slash.end(), unit("%"))
        return _made(start, stop, (sign * Decimal(slash["part"]) * 100 / Decimal(slash["whole"]),), unit("%"), _closest(before, after))
    values: list[Decimal] = []
    more, here, bound = False, begin, "exact"
    end = begin
    while match := _FRACTION.match(text, here):
        base = whole(match["base"])
        number = numeral(text, match.end()) if text[match.end()] != "几" else None
        if not base or number is None or (number.multiplier and number.digits):
            break
        values += [value * 100 / base for value in number.values]
        more, end = more or number.more, number.end
        joint = _RANGE.match(text, end)
        if joint is None or len(values) > 1:
            break
        if match["base"] == "百" and joint.end() < len(text) and not _FRACTION.match(text, joint.end()):
            second = numeral(text, joint.end()) if _ANY_SCALE.match(text, joint.end()) else None
            if second and len(second.values) == 1 and not unit_at(text, second.end) and second.digits == number.digits:
                values.append(second.values[0])
                end = second.end
            break
        here = joint.end()
    if not values or text[max(0, begin - 1) : begin] in ("第",) or len(values) > 2:
        return None
    held = unit("%")
    stop, after = _bound_after(text, end, held)
    start, before = _bound_before(text, at, left, bare=False)
    bound = "between" if len(values) > 1 else _closest(before, after, "at least" if more else "")
    return _made(start, stop, tuple(sign * value for value in values), held, bound)


def _measured(text: str, number: Numeral, sign: int, at: int, left: int, money: str, ordinal: bool) -> Figure | None:
    """A number with its unit, the other end of its range, its bounds and what it is per."""
    held, end, values, bound = _with_unit(text, number)
    numbers = [number]
    if not number.vague and (ratio := _ratio(text, number, values)):
        start, before = _bound_before(text, at, left, bare=False)
        return Figure(start, ratio[1], "ratio", ratio[0], _closest(before), dimension="ratio")
    if len(values) < 2 and not number.vague and (other := _other_end(text, number, held, end, at)):
        second, far, end = other
        numbers.append(second)
        low = values[0] if values else number.values[0]
        if not number.multiplier and held is None and second.multiplier and abs(low) < second.values[0]:
            reach = second.values[0] / _without(text, second)
            low = low * reach if low < _without(text, second) else low
        values, held = (low, second.values[0] + (_HALF_MORE if text[end - 1] == "半" and far and far.name in _HALVED else 0)), far or held
        bound = "between"
    elif len(values) == 2:
        bound = "between"
    if held is None and money:
        held = unit(money)
    per, end = _per(text, end, held)
    stop, after = _bound_after(text, end, held)
    if ordinal:
        start, before = at - 1, "exact"
    else:
        start, before = _bound_before(text, at, left, bare=number.bare)
        if held is not None and not per and (each := _each(text, start, left)):
            start, per = each
    more = "at least" if any(n.more for n in numbers) else ""
    if bound != "between":
        bound = "about" if number.vague else _closest(before, after, more)
    made = _made(start, stop, tuple(sign * value for value in values), held, bound, per, next((n.multiplier for n in reversed(numbers) if n.multiplier), ""))
    return replace(made, kind="ordinal") if ordinal or (held is not None and held.names) else made


_HALF_MORE = Decimal("0.5")


def _without(text: str, number: Numeral) -> Decimal:
    """A number before its multiplier: of 20万, 20."""
    scale = 1
    for character in number.multiplier:
        scale *= {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}.get(character, 1)
    return number.values[0] / scale


def _with_unit(text: str, number: Numeral) -> tuple[Unit | None, int, tuple[Decimal, ...], Bound]:
    """The unit behind a number, where it ends, and the values with 半 behind the unit added: 一年半, 两个半月."""
    at = number.end
    values = number.values
    if text.startswith("个半", at) and (held := unit_at(text, at + 2)) and len(values) == 1:
        return held, at + 2 + len(held.name), (values[0] + _HALF_MORE,), "exact"
    gap = at + 1 if text[at : at + 1] == " " and (number.digits or number.multiplier) else at
    held = unit_at(text, gap)
    if held is None:
        return None, at, values, "exact"
    if gap > at and held.name.isascii() and not held.dimension:
        return None, at, values, "exact"
    end = gap + len(held.name)
    if text[end : end + 1] == "半" and held.name in _HALVED and len(values) == 1 and not re.compile("半[导径球程数决年月天]").match(text, end):
        return held, end + 1, (values[0] + _HALF_MORE,), "exact"
    return held, end, values, "exact"


def _other_end(text: str, number: Numeral, held: Unit | None, end: int, at: int) -> tuple[Numeral, Unit | None, int] | None:
    """The second number of a range, its unit, and where that ends: 3—5天, 30%-40%, 10至20万元; None where none follows."""
    joint = _RANGE.match(text, end)
    if joint is None or joint.end() >= len(text) or not (text[joint.end()].isdecimal() or text[joint.end()] in "零一二两三四五六七八九十百千半"):
        return None
    if held is not None and joint[0].strip() in ("至", "到") and re.compile(r"[从由自][^，。；]{0,12}$").search(text, max(0, at - 13), at):
        return None  # 从2000元到3500元 tells a change
    second = numeral(text, joint.end())
    if second is None or second.vague or len(second.values) != 1 or (not second.digits and number.digits):
        return None
    far, stop, _, _ = _with_unit(text, second)
    if held is not None and (far is None or far.base != held.base):
        return None
    if held is None and far is None and (joint[0].strip() in ("-", "—", "–", "--", "——", "~") and not number.digits):
        return None
    if second.values[0] < number.values[0] and not second.multiplier and not number.multiplier and joint[0].strip() in "-—–":
        return None if held is None and far is None else (second, far, stop)
    return second, far, stop


def _ratio(text: str, number: Numeral, values: tuple[Decimal, ...]) -> tuple[tuple[Decimal, ...], int] | None:
    """The parts of 2.52∶1, 8:41:51, 三比一, and where they end."""
    parts_, end = list(values), number.end
    while joint := _RATIO.match(text, end):
        if "比" in joint[0] and (number.multiplier or (joint[0] != "比")):
            break
        second = numeral(text, joint.end())
        if second is None or len(second.values) != 1 or second.vague:
            break
        if (unit_at(text, second.end) or second.multiplier) and joint[0].strip() != "∶":
            break
        if joint[0].strip() == "：" and " " in joint[0]:
            break
        parts_ += second.values
        end = second.end
    return (tuple(parts_), end) if len(parts_) > 1 and end > number.end else None


def _per(text: str, end: int, held: Unit | None) -> tuple[str, int]:
    """What a figure is per: 元/吨, 万元/平方米, 微克每立方米."""
    joint = _PER.match(text, end)
    if joint is None or held is None or held.dimension in ("share", "points"):
        return "", end
    scale = re.compile(r"[十百千]?[万亿]?|千").match(text, joint.end())
    at = scale.end() if scale else joint.end()
    if (per := unit_at(text, joint.end())) is not None:
        at = joint.end()
    else:
        per = unit_at(text, at)
    if per is None or (joint[0].strip() == "每" and per.dimension not in ("volume", "area", "mass", "length", "duration", "people")):
        return "", end
    stop = at + len(per.name)
    return text[joint.end() : stop], stop


def _each(text: str, start: int, left: int) -> tuple[int, str] | None:
    """Where 每万人 begins that stands before a figure, and what follows its 每."""
    at = text.rfind("每", max(left, start - 8), start)
    if at < 0:
        return None
    scale = _EACH_SCALE.match(text, at + 1)
    for begin in dict.fromkeys((at + 1, scale.end() if scale else at + 1)):
        held = unit_at(text, begin)
        if held is not None and re.compile(r"[有为约达到是]{0,2}").fullmatch(text, begin + len(held.name), start):
            return at, text[at + 1 : begin + len(held.name)]
    return None


def _bound_before(text: str, at: int, left: int, *, bare: bool) -> tuple[int, Bound]:
    """Where the words before a figure that bound it begin, and how: 不超过, 近, 至少有."""
    for skip in (0, 1):
        end = at - skip
        if skip and text[end : at] not in "有为达到了在是 于":
            break
        for word in _bounds("before").ending(text, end):
            row = _bounds("before")[word]
            start = end - len(word)
            if start < left or (row["not_beside"] and text[start - 1 : start] and text[start - 1] in row["not_beside"].split("|")):
                continue
            if word in ("上", "成", "过") and not (bare and not skip):
                continue
            if word == "仅":
                return at, "exact"
            return start, row["bound"]  # type: ignore[return-value]
    return at, "exact"


def _bound_after(text: str, at: int, held: Unit | None) -> tuple[int, Bound]:
    """Where the words behind a figure that bound it end, and how: 以上, 左右, 多."""
    gap = at + 1 if text[at : at + 1] == " " else at
    for word in _bounds("after").starting(text, gap):
        row = _bounds("after")[word]
        end = gap + len(word)
        if row["not_beside"] and text.startswith(tuple(row["not_beside"].split("|")), end):
            continue
        if word == "内" and (held is None or held.dimension not in ("duration", "working days")):
            continue
        if word in ("余", "多", "许") and gap != at:
            continue
        if word in ("以上", "以下") and re.compile(r"[几各是这这些所]").match(text, end):
            continue
        further, bound = _bound_after(text, end, held) if word in ("多", "余") else (end, row["bound"])
        return further, row["bound"] if bound == "exact" else bound  # type: ignore[return-value]
    return at, "exact"


def _closest(*bounds: str) -> Bound:
    """The one bound of a figure with several words for it: the strictest said."""
    for bound in _ORDER:
        if bound in bounds:
            return bound  # type: ignore[return-value]
    return "exact"


def _made(start: int, end: int, values: tuple[Decimal, ...], held: Unit | None, bound: str, per: str = "", multiplier: str = "") -> Figure:
    if held is None:
        return Figure(start, end, "quantity", values, bound, per=per, multiplier=multiplier)  # type: ignore[arg-type]
    if held.dimension == "share":
        shares = tuple(value * held.factor for value in values)
        return Figure(start, end, "share", shares, bound, "%", "%", Decimal(1), "share", per, multiplier)  # type: ignore[arg-type]
    dimension = held.dimension
    base, factor = held.base, held.factor
    if per:
        below = _per_unit(per)
        dimension, base, factor = f"{dimension}/{below.dimension}", f"{base}/{below.base}", factor / below.factor
    return Figure(start, end, _kind(held), values, bound, held.name, base, factor, dimension, per, multiplier)  # type: ignore[arg-type]


def _per_unit(per: str) -> Unit:
    """万人 of 每万人: ten thousand of 人."""
    scale = re.match(r"[十百千]?[万亿]|千|百", per)
    if scale is None or unit(per).dimension:
        return unit(per)
    held, size = unit(per[scale.end() :]), 1
    for character in scale[0]:
        size *= {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}[character]
    return replace(held, factor=held.factor * size)


def _kind(held: Unit) -> Kind:
    if held.dimension in ("share", "points", "multiple"):
        return held.dimension  # type: ignore[return-value]
    return "ordinal" if held.names else "quantity"


def _counts(text: str, figure: Figure, number: Numeral, left: int, quoted: bool) -> bool:
    """Whether a number is a figure and not a part of a word, a name or a heading."""
    start = number.start
    before, after = text[max(left, start - 1) : start], text[figure.end : figure.end + 1]
    bounded = figure.bound not in ("exact",)
    if number.digits:
        if figure.unit or number.multiplier or figure.kind in ("ratio", "share", "ordinal") or figure.multiplier:
            return True
        if "一" <= after <= "鿿" or (after.isalpha() and after.isascii()):
            return after in "和与及或的且并" or (figure.bound != "exact") or (before != "" and before in "为是达有到至共：:" and after in "增减同比较占")
        if text[start] == "0" and text[start : start + 2].isdecimal():
            return False  # a code: 02
        if number.end - start == 4 and re.fullmatch(r"(?:19|20)\d\d", text[start : number.end]) and not figure.values[1:]:
            return False  # a year
        return not quoted
    if number.vague:
        return _PEOPLE.search(text, max(0, start - 1), start) is None or text[start] != "数"
    if figure.kind == "ratio":
        return True
    if figure.kind == "ordinal" and text[figure.start] == "第":
        return True
    if quoted or (number.bare and not bounded):
        return False
    if not figure.unit:
        said = text[start : number.end]
        return (bounded and len(said) > 1 and number.multiplier != "" and not number.bare) or (len(said) > 3 and number.multiplier != "")
    held = unit(figure.unit)
    if figure.unit == "次" and _SESSION.match(text, figure.end) and text[start - 1 : start] not in tuple("开了过共行"):
        return False  # 市五届人大三次会议
    if (len(number.values) == 1 and number.end - start == 1 and not number.multiplier) or text[start : number.end] in ("一", "两"):
        return _single(text, figure, number, before, bounded, held)
    return not (held.names and number.end - start == 1 and before in _NUMERIC_NAMES)


def _single(text: str, figure: Figure, number: Numeral, before: str, bounded: bool, held: Unit) -> bool:
    """Whether a numeral in words of one character counts: 三件 does, 一些, 统一 and 三线 do not."""
    if before in _NUMERIC_NAMES and before:
        return False
    if figure.per or figure.dimension in ("share", "points", "multiple", "money", "mass", "length", "area", "volume", "working days", "age"):
        return text[number.start] != "一" or figure.dimension not in ("length",)
    if "半" in text[number.end : figure.end] and bounded is False:
        return True
    if held.single == "no":
        return False
    if text[number.start] != "一":
        return not re.compile(r"[县区市州镇乡村河山桥湾沟岭庄坪寨坝]").match(text, figure.end) or figure.unit == "个"
    if bounded or said_against(text, number.start, max(0, number.start - 6)):
        return True
    if held.single == "one":
        return not re.compile(r"起[^，。；、]").match(text, number.end)
    if held.dimension == "duration":
        return re.compile(r"[徒役期刑制缓限满为]$").search(text, max(0, number.start - 1), number.start) is not None
    return False


# ---- several pieces of one figure


def _together(text: str, found: list[Figure]) -> list[Figure]:
    """2年6个月 as one figure in months, 二百元以上一千元以下 as one between both."""
    joined: list[Figure] = []
    for figure in found:
        last = joined[-1] if joined else None
        if last is not None and last.end == figure.start and last.base == figure.base and last.base:
            if last.bound == "at least" and figure.bound in ("at most", "less than") and last.value is not None and figure.value is not None:
                low = last.value * last.factor / figure.factor
                joined[-1] = replace(figure, start=last.start, values=(low, figure.value), bound="between")
                continue
            whole = last.bound in ("exact", "about", "more than", "less than", "at least") and not last.per and not figure.per
            whole = whole and last.factor > figure.factor and last.dimension in ("duration", "money")
            if whole and last.value is not None and figure.value is not None:
                total = last.value * last.factor / figure.factor + figure.value
                joined[-1] = replace(figure, start=last.start, values=(total,), bound=_closest(last.bound, figure.bound), multiplier="")
                continue
        joined.append(figure)
    return joined


# ---- what stands around it


def _told(text: str, found: list[Figure]) -> Iterator[Figure]:
    """Figures with what their clause says of them: the change, the noun, whether it is denied, whether it is a part."""
    within = parts(text)
    changes = [_change(text, figure, found[at - 1].end if at else 0) for at, figure in enumerate(found)]
    for at, (figure, change) in enumerate(zip(found, changes, strict=True)):
        left = found[at - 1].end if at else 0
        right = found[at + 1].start if at + 1 < len(found) else len(text)
        if change is None and at + 1 < len(found):
            change = _from(text, figure, found[at + 1], changes[at + 1])
        if change is None and at and (lead := _from(text, found[at - 1], figure, None)):
            change = Change(lead.direction, "to")
        yield replace(
            figure,
            change=change or figure.change,
            noun=noun(text, figure.start, figure.end, left, right),
            deed=deed(text, figure.start, left),
            negated=said_against(text, figure.start, left) or (figure.dimension != "duration" and _against_after(text, figure.end, right)),
            part=within(figure.start),
        )


def _against_after(text: str, end: int, right: int) -> bool:
    """Whether what follows a figure in its clause denies it: 12件尚未办结."""
    match = re.compile(r"[一-鿿]{0,8}?(?:尚未|还未|仍未|未(?!来|成年|必|婚)|没有|没能|不予|不符合|不合格|不达标)").match(text, end, min(right, end + 14))
    return match is not None


def _change(text: str, figure: Figure, left: int) -> Change | None:
    """增长7.1% → up, by; 提高到3500元 → up, to; 增速为5% → up, by; 比上年多12件 → up, by."""
    if figure.kind == "ordinal":
        return None
    clause = clause_before(text, figure.start, left)
    bare = re.sub(r"(?:(?:均|各|分别|约|近|超|又|再|大幅|继续|同比|环比|逐年|年均)|[\s:：了率度其]|幅度|速度)+$", "", clause)
    to = re.search(r"(?:到|至|为|达到?|成|突破)了?$", bare)
    stem = bare[: to.start()] if to else bare
    for word in _changes().ending(stem, len(stem)):
        row = _changes()[word]
        if row["form"] == "compared" and not re.search(r"比|较|相差", clause):
            continue
        if row["form"] == "noun" or (to and to[0].startswith(("为", "达")) and word.endswith(("幅", "速", "率"))):
            return _by(row["direction"], figure)
        if len(word) == 1 and row["form"] == "verb" and stem[: -1][-1:] in tuple("不所内前激倍渐日陡骤") and stem[:-1]:
            continue
        if to:
            return Change(row["direction"], "to")  # type: ignore[arg-type]
        return _by(row["direction"], figure)
    return None


def _by(direction: str, figure: Figure) -> Change:
    """The amount of a change; a negative one goes the other way: 增长-1.3%."""
    if figure.values and all(value < 0 for value in figure.values):
        direction = "down" if direction == "up" else "up"
    return Change(direction, "by")  # type: ignore[arg-type]


def _from(text: str, figure: Figure, following: Figure, change: Change | None) -> Change | None:
    """从19个增加到25个: what a change starts from, by the figure that it comes to."""
    between = text[figure.end : following.start]
    if len(between) > 24 or re.search(r"[。；;\n]", between) or figure.kind != following.kind:
        return None
    if not re.search(r"[从由自][^，。；]{0,14}$", text[max(0, figure.start - 15) : figure.start]):
        return None
    if change is not None:
        return Change(change.direction, "from") if change.role == "to" else None
    if not re.search(r"[到至]$", between) or figure.base != following.base or figure.value is None or following.value is None:
        return None
    up = following.value * following.factor > figure.value * figure.factor
    return Change("up" if up else "down", "from")


@functools.cache
def _bounds(side: str) -> Words:
    return Words({row["word"]: row for row in table("bounds") if row["side"] == side})


@functools.cache
def _changes() -> Words:
    return Words({row["word"]: row for row in table("changes")})


@functools.cache
def _words() -> Words:
    return Words({row["word"]: row for row in table("words")})
