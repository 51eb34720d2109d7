"""Numbers as written, digits and words: 1,234.5; 三百二十; 十几; 两三; 90余万; 3亿5000万; 1.5×10³."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from language.units import unit_at

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
HAN = "零〇一二两三四五六七八九十百千万亿廿卅"
_LONGEST = 24  # characters of a numeral; what is longer is no figure

_ARABIC = re.compile(r"\d{1,3}(?:,\d{3})+(?:, \d{3}(?=[.,]))*(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?")
_WORDS = re.compile(rf"[{HAN}]+(?:点[零〇一二三四五六七八九]+)?")
_VAGUE = re.compile(r"(?:好几|几|数)(?:[十百千]?万亿|[十百千万]?亿|[十百千]?万|[十百千])")
_SCALE = re.compile(r"[十百千]?万亿|[十百千万]?亿|[十百千]?万|[百千]")
_POWER = re.compile(r"\s?[×xX*]\s?10(?:\^(?P<hat>-?\d{1,2})|(?P<raised>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))")
_RAISED = re.compile(r"⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}")
_PLAIN_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_MORE = re.compile(r"余|多|几|来(?=[十百千万亿]?[个名人家件项万亿年天米里亩吨])")
_THEN = re.compile(r"零?(?P<number>\d{1,4}(?:\.\d+)?|[零一二两三四五六七八九十百千]{1,7})(?P<scale>[百千]?万|[百千])")


@dataclass(frozen=True)
class Numeral:
    """A number at `text[start:end]`: one value, two where it says 两三, none where it says 几十."""

    start: int
    end: int
    values: tuple[Decimal, ...]
    multiplier: str = ""  # 万, 亿, 万亿 … as written behind digits or within words
    more: bool = False  # 余, 多, 几 stand in it: it is at least its value
    digits: bool = True  # written in digits, not in words
    bare: bool = False  # a multiplier without a number: 百, 千万
    vague: bool = False


def numeral(text: str, at: int) -> Numeral | None:
    """The number that starts at a place; None where none does."""
    if text[at].isdecimal():
        return _scaled(text, _in_digits(text, at))
    if vague := _VAGUE.match(text, at):
        return _ended(text, Numeral(at, vague.end(), (), _large(vague[0]), digits=False, vague=True))
    return _scaled(text, _in_words(text, at))


def whole(said: str) -> int | None:
    """The whole number that a text is, in digits or words: 12, 十二; None where it says more, less or several."""
    number = numeral(said, 0) if said else None
    if number is None or number.end != len(said) or len(number.values) != 1 or number.values[0] % 1:
        return None
    return int(number.values[0])


def past(text: str, at: int) -> int:
    """Where the run of numeral characters at a place ends: what reads as no number is passed over whole."""
    run = re.compile(r"[\d.,]+" if text[at].isdecimal() else f"[{HAN}几数]+").match(text, at)
    return run.end() if run else at + 1


def _in_digits(text: str, at: int) -> Numeral | None:
    match = _ARABIC.match(text, at)
    if match is None or match.end() - at > _LONGEST:
        return None
    value = Decimal(match[0].replace(",", "").replace(" ", ""))
    end = match.end()
    if power := _POWER.match(text, end):
        raised = int(power["hat"] or power["raised"].translate(_PLAIN_DIGITS))
        return Numeral(at, power.end(), (tidy(value.scaleb(raised)),))
    if match[0] == "10" and (raised_ := _RAISED.match(text, end)):
        return Numeral(at, raised_.end(), (tidy(Decimal(1).scaleb(int(raised_[0].translate(_PLAIN_DIGITS)))),))
    return Numeral(at, end, (value,))


def _in_words(text: str, at: int) -> Numeral | None:
    match = _WORDS.match(text, at)
    if match is None or match.end() - at > _LONGEST:
        return None
    said, end = match[0], match.end()
    if len(said) > 1 and said[-1] in "百千" and unit_at(text, end - 1):
        said, end = said[:-1], end - 1  # 二千克 weighs in 千克
    values = words_values(said)
    bare = not any(c in DIGITS for c in said) and said != "十" and said[0] not in "十廿卅"
    return Numeral(at, end, values, _large(said), digits=False, bare=bare) if values else None


def _scaled(text: str, number: Numeral | None) -> Numeral | None:
    """A number with 余 or 多 and the multiplier behind it: 90余万, 3万多, 3亿5000万."""
    if number is None:
        return None
    more = _MORE.match(text, number.end)
    at = more.end() if more else number.end
    spaced = at + 1 if number.digits and not more and text[at : at + 1] == " " else at
    scale = _SCALE.match(text, spaced)
    if scale and (unit_at(text, spaced) or (not number.digits and not more and "点" not in text[number.start : number.end])):
        scale = None  # 3千克, 5百分点
    if scale is None:
        return _ended(text, number)
    values = tuple(tidy(value * _product(scale[0])) for value in number.values)
    end, multiplier = scale.end(), number.multiplier + scale[0]
    smallest = _product(scale[0])
    while len(values) == 1 and not more and (then := _THEN.match(text, end)) and _product(then["scale"]) < smallest:
        if unit_at(text, then.start("scale")):
            break
        added = Decimal(then["number"]) if then["number"][0].isdecimal() else next(iter(words_values(then["number"])), None)
        if added is None:
            break
        smallest = _product(then["scale"])
        values = (tidy(values[0] + added * smallest),)
        end = then.end()
    return _ended(text, Numeral(number.start, end, values, multiplier, bool(more), number.digits))


def _ended(text: str, number: Numeral) -> Numeral:
    """A number with a 余, 多 or 几 that ends it: 3000多, 十几."""
    more = _MORE.match(text, number.end)
    if more is None or (more[0] == "几" and text[number.end - 1] not in "十0百千"):
        return number
    if more[0] == "来" and text[number.end - 1] not in "十0":
        return number
    if more[0] in "余多" and not number.multiplier and re.compile(r".(?:额|款|数|样|元化|边|于|功|党|措)").match(text, number.end):
        return number
    return Numeral(number.start, more.end(), number.values, number.multiplier, True, number.digits, number.bare, number.vague)


def _large(said: str) -> str:
    """The 万 or 亿 that ends a number in words."""
    return said[len(said.rstrip("万亿")) :]


def tidy(value: Decimal) -> Decimal:
    """12000.0 → 12000."""
    return value.to_integral_value() if value == value.to_integral_value() else value


def _product(scale: str) -> int:
    product = 1
    for character in scale:
        product *= SCALES[character]
    return product


def words_values(said: str) -> tuple[Decimal, ...]:
    """Values of a number in words: 三百二十 → 320; 两三, 十七八, 三四百 → two; nothing where it is no number."""
    said = said.replace("廿", "二十").replace("卅", "三十")
    whole, _, decimals = said.partition("点")
    pairs = [at for at in range(len(whole) - 1) if whole[at] in DIGITS and whole[at + 1] in DIGITS]
    if not pairs:
        value = _whole(whole)
        return () if value is None else (_with_decimals(value, decimals),)
    if len(pairs) == 1 and not decimals and "〇" not in whole and "零" not in whole:
        at = pairs[0]
        low, high = DIGITS[whole[at]], DIGITS[whole[at + 1]]
        if high - low == 1 or (low, high) == (3, 5):
            ends = (_whole(whole[: at + 1] + whole[at + 2 :]), _whole(whole[:at] + whole[at + 1 :]))
            return tuple(Decimal(end) for end in ends if end is not None) if None not in ends else ()
    if all(c in DIGITS and c != "两" for c in whole) and ("〇" in whole or "零" in whole):
        return (_with_decimals(int("".join(str(DIGITS[c]) for c in whole)), decimals),)
    at = pairs[0]
    if len(pairs) == 1 and whole[at] in "零〇":  # 一百零五
        value = _whole(whole)
        return () if value is None else (_with_decimals(value, decimals),)
    if all(whole[at] in "零〇" for at in pairs):
        value = _whole(whole)
        return () if value is None else (_with_decimals(value, decimals),)
    return ()


def _with_decimals(whole: int, decimals: str) -> Decimal:
    return Decimal(f"{whole}." + ("".join(str(DIGITS[c]) for c in decimals) or "0")) if decimals else Decimal(whole)


def _whole(said: str) -> int | None:
    """A whole number in words; None where its multipliers do not fall as they must."""
    total = section = 0
    digit: int | None = None
    above = last = 10**16  # the section's and the digit's multiplier before this one
    for character in said:
        if character in DIGITS:
            if digit:
                return None
            digit = DIGITS[character]
        elif character in "十百千":
            scale = SCALES[character]
            if scale >= last or (digit == 0 and scale != 10):
                return None
            section += (1 if digit is None else digit or 1) * scale
            digit, last = None, scale
        else:
            scale = SCALES[character]
            if scale > above and above == 10_000:  # 万亿
                if section or digit is not None:
                    return None
                total *= scale
            else:
                if scale >= above:
                    return None
                total += (section + (digit or 0) or 1) * scale
            section, digit, last, above = 0, None, 10**16, scale
    if digit and len(said) > 1 and said[-2] in "百千万亿":  # 三百五, 一万二
        return total + section + digit * SCALES[said[-2]] // 10
    return total + section + (digit or 0)
