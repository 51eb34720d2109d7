"""A value and its number format → what the sheet shows (ECMA-376, part 1, 18.8.30 and 18.8.31; dates and words as in a Chinese Excel)."""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from index.readers.numbering import chinese

# what the file calls by a number alone, as a Chinese Excel shows it; 27 to 58 depend on the language
BUILTIN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "¥#,##0;¥-#,##0", 6: "¥#,##0;¥-#,##0", 7: "¥#,##0.00;¥-#,##0.00",
    8: "¥#,##0.00;¥-#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 27: 'yyyy"年"m"月"', 28: 'm"月"d"日"',
    29: 'm"月"d"日"', 30: "m/d/yy", 31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: '上午/下午h"时"mm"分"',
    35: '上午/下午h"时"mm"分"ss"秒"', 36: 'yyyy"年"m"月"', 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00", 41: "#,##0;-#,##0;-;@", 42: "¥#,##0;¥-#,##0;¥-;@", 43: "#,##0.00;-#,##0.00;-;@", 44: "¥#,##0.00;¥-#,##0.00;¥-;@",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@", 50: 'yyyy"年"m"月"', 51: 'm"月"d"日"', 52: 'yyyy"年"m"月"',
    53: 'm"月"d"日"', 54: 'm"月"d"日"', 55: '上午/下午h"时"mm"分"', 56: '上午/下午h"时"mm"分"ss"秒"', 57: 'yyyy"年"m"月"', 58: 'm"月"d"日"',
}
_SYSTEM = {"[$-f800]": BUILTIN[31], "[$-x-sysdate]": BUILTIN[31], "[$-f400]": "h:mm:ss", "[$-x-systime]": "h:mm:ss"}  # as the system is set
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|\[(?P<bracket>[^\]]*)\]|(?P<general>general|G/通用格式)'
    r"|(?P<halves>上午/下午|AM/PM|A/P)|(?P<second>s+\.0+)|(?P<power>E[+-])|(?P<date>y+|e+|m+|d+|a{3,4}|h+|s+)|(?P<digit>[0#?])|(?P<mark>[.,%/@])|(?P<other>.)",
    re.I | re.S)
_DAYS = "日一二三四五六"
_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_WEEK = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)")
_WIDE = "".join(chr(0xFF10 + digit) for digit in range(10))
_WORDS = {"1": ("〇一二三四五六七八九", "十百千"), "2": ("零壹贰叁肆伍陆柒捌玖", "拾佰仟"), "3": (_WIDE, "十百千")}  # [DBNum1] to [DBNum3]

Token = tuple[str, str]  # what it is (a group of _TOKEN), its text


def shown(value: float, form: str | None, epoch1904: bool = False) -> str:
    """A figure as a number format shows it; the plain figure where the format is empty or beyond a reader."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    sections = _sections(form or "General")
    tokens, absolute = _section(sections, value)
    if any(kind in ("date", "second", "halves") for kind, _ in tokens) or any(_elapsed(token) for token in tokens):
        moment = _moment(tokens, value, epoch1904)
        return moment if moment is not None else general(value)
    return _number(tokens, abs(value) if absolute else value)


def shown_text(text: str, form: str | None) -> str:
    """A text as a number format shows it: @ in a section for text stands for it."""
    sections = _sections(form or "General")
    tokens = sections[3] if len(sections) > 3 else next((each for each in sections if ("mark", "@") in each), [("mark", "@")])
    return "".join(text if token == ("mark", "@") else _literal(token) for token in tokens).strip()


def is_date(form: str | None) -> bool:
    """Whether a format shows a date or a time."""
    return any(kind in ("date", "second", "halves") or _elapsed((kind, text)) for kind, text in _sections(form or "General")[0])


def general(value: float) -> str:
    """A figure in Excel's General format: at most eleven characters, but every digit of a whole number that is kept whole."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if 1e-5 <= abs(value) < 1e11:
        text = f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-_decimals(value)), ROUND_HALF_UP):f}"
        return text.rstrip("0").rstrip(".")
    digits, _, power = f"{value:.5E}".partition("E")
    return f"{digits.rstrip('0').rstrip('.')}E{power[0]}{power[1:].zfill(2)}"


def _decimals(value: float) -> int:
    whole = len(str(int(abs(value))))
    return max(0, 10 - whole) if abs(value) >= 1 else 9


@lru_cache(maxsize=1000)
def _sections(form: str) -> list[list[Token]]:
    sections: list[list[Token]] = [[]]
    for mark, own in _SYSTEM.items():
        if mark in form[:20].lower():
            form = own
    for match in _TOKEN.finditer(form[:500]):
        kind, text = match.lastgroup or "other", match[match.lastgroup or 0]
        if kind == "other" and text == ";":
            sections.append([])
        else:
            sections[-1].append((kind, text))
    return sections


def _section(sections: list[list[Token]], value: float) -> tuple[list[Token], bool]:
    """The section for a value, and whether the sign is the section's own affair."""
    conditions = [_CONDITION.search(text) if (text := next((t for k, t in each if k == "bracket" and t[:1] in "<>="), "")) else None
                  for each in sections[:3]]
    if any(conditions):
        for each, condition in zip(sections, conditions, strict=False):
            if condition is None or _holds(value, condition[1], float(condition[2])):
                return each, False
        return sections[min(2, len(sections) - 1)], False
    if value < 0 and len(sections) > 1:
        return sections[1], True
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


def _holds(value: float, sign: str, other: float) -> bool:
    return {"<": value < other, ">": value > other, "=": value == other, "<=": value <= other, ">=": value >= other, "<>": value != other}[sign]


def _literal(token: Token) -> str:
    kind, text = token
    if kind in ("quoted", "escaped", "other", "halves"):
        return text
    if kind == "bracket" and text.startswith("$"):
        return text[1:].partition("-")[0]  # [$¥-804]
    return {"space": " ", "mark": text, "power": text}.get(kind, "")


def _elapsed(token: Token) -> bool:
    return token[0] == "bracket" and re.fullmatch(r"h+|m+|s+", token[1], re.I) is not None


def _words(tokens: list[Token]) -> tuple[str, str] | None:
    return next((_WORDS[text[5]] for kind, text in tokens if kind == "bracket" and re.fullmatch(r"DBNum[123]", text, re.I)), None)


def _number(tokens: list[Token], value: float) -> str:
    words = _words(tokens)
    digits = [at for at, (kind, _) in enumerate(tokens) if kind == "digit"]
    if not digits:
        said = general(value)
        figure = _said(said, words, counted=True)
        return _tidy("".join(figure if kind == "general" or (kind, text) == ("mark", "@") else _literal((kind, text)) for kind, text in tokens)
                     if any(kind != "bracket" for kind, _ in tokens) else (figure if tokens else ""))
    first, last = digits[0], digits[-1]
    point = next((at for at, token in enumerate(tokens) if token == ("mark", ".")), None)
    if any(token == ("mark", "/") for token in tokens[first:last]):
        return _fraction(tokens, value)
    percent = 2 * sum(token == ("mark", "%") for token in tokens)
    end = point if point is not None else last + 1  # where whole digits end
    whole = [at for at in digits if at < end]
    places = [at for at in digits if at > end] if point is not None else []
    power = next((at for at, (kind, _) in enumerate(tokens) if kind == "power"), None)
    if power is not None:
        return _scientific(tokens, value, whole, places, power)
    edge = max(digits) if digits else 0
    scaled = 0
    for at in range(edge + 1, len(tokens)):
        if tokens[at] != ("mark", ","):
            break
        scaled += 3
    if point is not None and whole:  # 0,.0: commas just before the point scale too
        at = end - 1
        while at > max(whole) and tokens[at] == ("mark", ","):
            scaled, at = scaled + 3, at - 1
    grouped = any(tokens[at] == ("mark", ",") for at in range(first, max(whole, default=first)))
    try:
        exact = (Decimal(repr(float(value))) if not float(value).is_integer() else Decimal(int(value))).scaleb(percent - scaled)
        exact = exact.quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
    except InvalidOperation:
        return general(value)
    left, _, right = f"{abs(exact):f}".partition(".")
    return _tidy(("-" if value < 0 else "") + _placed(tokens, left, right, whole, places, point, grouped, words))


def _placed(tokens: list[Token], left: str, right: str, whole: list[int], places: list[int], point: int | None, grouped: bool,
            words: tuple[str, str] | None) -> str:
    """Digits in their places, the whole ones from the right; literals stay between them."""
    left = left if left.strip("0") else ""
    put: dict[int, str] = {}
    rest = left
    for order, at in enumerate(reversed(whole)):
        digit, rest = (rest[-1], rest[:-1]) if rest else ("", "")
        if order == len(whole) - 1:
            digit = rest + digit
        put[at] = digit or ("0" if tokens[at][1] == "0" else "")
    if not whole and left:
        put[point if point is not None else 0] = left + "."
    kept = len(right)
    while kept and right[kept - 1] == "0" and tokens[places[kept - 1]][1] != "0":
        kept -= 1
    put |= {at: right[order] if order < kept else "" for order, at in enumerate(places)}
    if grouped:
        _group(put, whole)
    simple = words is not None and not any(tokens[at][0] in ("quoted", "escaped", "other") for at in range(min(whole, default=0), max(whole, default=0)))
    if simple and words is not None and whole:
        figure = "".join(put[at] for at in whole)
        put |= dict.fromkeys(whole, "")
        put[whole[0]] = _said(figure, words, counted=False)
        put |= {at: words[0][int(put[at])] for at in places if put[at]}
    made: list[str] = []
    for at, token in enumerate(tokens):
        if at in put:
            made.append(put[at])
        elif at == point:
            made.append("." if any(put.get(place) for place in places) or any(tokens[p][1] == "0" for p in places) or not places else "")
        elif token[0] != "mark" or token[1] in "%/@":
            made.append(_literal(token))
    return "".join(made)


def _group(put: dict[int, str], whole: list[int]) -> None:
    count = 0
    for at in reversed(whole):
        made = ""
        for digit in reversed(put[at]):
            made = digit + ("," if count and count % 3 == 0 else "") + made
            count += 1
        put[at] = made


def _scientific(tokens: list[Token], value: float, whole: list[int], places: list[int], power: int) -> str:
    places = [at for at in places if at < power]
    width = max(1, len([at for at in whole if at < power]))
    exponent = 0 if value == 0 else Decimal(repr(abs(value))).adjusted()
    exponent -= exponent % width if width > 1 else 0
    mantissa = Decimal(repr(float(value))).scaleb(-exponent).quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
    if abs(mantissa) >= 10**width:
        mantissa, exponent = (mantissa / 10**width).quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP), exponent + width
    least = sum(kind == "digit" and text == "0" for kind, text in tokens[power:])
    sign = "-" if exponent < 0 else "+" if tokens[power][1].endswith("+") else ""
    after = max((at for at, (kind, _) in enumerate(tokens) if kind == "digit"), default=power)
    return _tidy("".join(map(_literal, tokens[:min(whole + places)])) + f"{mantissa:f}E{sign}{str(abs(exponent)).zfill(least)}"
                 + "".join(map(_literal, tokens[after + 1:])))


def _fraction(tokens: list[Token], value: float) -> str:
    from fractions import Fraction

    bar = next(at for at, token in enumerate(tokens) if token == ("mark", "/"))
    below = "".join(text for kind, text in tokens[bar + 1:] if kind in ("digit", "other") and (kind == "digit" or text.isdigit()))
    fixed = int(below) if below.isdigit() and int(below) else None
    over = [at for at in range(bar) if tokens[at][0] == "digit"]
    mixed = any(tokens[at][0] in ("other", "space") for at in range(min(over), max(over)))
    rest = Fraction(repr(abs(float(value))))
    whole, rest = (int(rest), rest - int(rest)) if mixed else (0, rest)
    made = Fraction(round(rest * fixed), 1) / fixed if fixed else rest.limit_denominator(10 ** min(4, max(1, len(below))) - 1)
    top, bottom = (round(rest * fixed), fixed) if fixed else (made.numerator, made.denominator)
    if mixed and top == bottom:
        whole, top = whole + 1, 0
    told = f"{whole} {top}/{bottom}" if whole and top else str(whole) if mixed and not top else f"{top}/{bottom}"
    return ("-" if value < 0 else "") + told


def _said(figure: str, words: tuple[str, str] | None, counted: bool) -> str:
    """A figure in Chinese words where [DBNum] asks for them; `counted`: with 十百千 (General), else digit by digit."""
    if words is None:
        return figure
    digits, units = words
    sign, figure = ("-", figure[1:]) if figure.startswith("-") else ("", figure)
    left, point, right = figure.partition(".")
    if not left.isdigit():
        return sign + figure
    said = _counted(int(left), digits, units) if counted or len(left) < 5 else "".join(digits[int(d)] for d in left)
    return sign + said + (point and "." + "".join(digits[int(d)] if d.isdigit() else d for d in right))


def _counted(value: int, digits: str, units: str) -> str:
    """110 → 一百一十, 20250 → 二万〇二百五十."""
    if value == 0:
        return digits[0]
    groups: list[int] = []
    scale, made = ("", "万", "亿", "万亿"), ""
    while value and len(groups) < 4:
        value, low = divmod(value, 10_000)
        groups.append(low)
    for at in range(len(groups) - 1, -1, -1):
        if groups[at]:
            said = chinese(groups[at], digits, units)
            said = (digits[1] if said[0] == units[0] else "") + said
            made += (digits[0] if made and groups[at] < 1000 else "") + said + scale[at]
    return made


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _moment(tokens: list[Token], value: float, epoch1904: bool) -> str | None:
    """A date or time; None for a figure that is none."""
    if value < 0 or value > 2_958_465.999999:
        return None
    tokens = [token for token in tokens if token[0] != "bracket" or _elapsed(token) or token[1][:1] in "$D"]
    finest = max((len(text.partition(".")[2]) for kind, text in tokens if kind == "second"), default=0)
    units = 86_400 * 10**finest
    ticks = int((Decimal(repr(float(value))) * units).quantize(Decimal(1), ROUND_HALF_UP))
    shows_second = any(kind == "second" or (kind == "date" and text[0] in "sS") for kind, text in tokens) or any(
        _elapsed(token) and token[1][0] in "sS" for token in tokens)
    days, rest = divmod(ticks, units)
    seconds, part = divmod(rest, 10**finest)
    if not shows_second:
        seconds -= seconds % 60
    hour, minute, second = seconds // 3600, seconds // 60 % 60, seconds % 60
    year, month, day, week = _day(days, epoch1904)
    words = _words(tokens)
    half = any(kind == "halves" for kind, _ in tokens)
    ours = any(kind == "bracket" and text.upper().endswith("-804") for kind, text in tokens)  # in Chinese
    total = days * 86_400 + rest // 10**finest

    def number(figure: int, width: int) -> str:
        if words is None:
            return str(figure).zfill(width)
        return chinese(figure, *words) if figure else words[0][0]

    made: list[str] = []
    before = ""  # the last of y m d h s: m after h, or before s, is minutes
    for at, (kind, text) in enumerate(tokens):
        low = text.lower()
        if kind == "halves":
            made.append(("上午", "下午")[hour >= 12] if ours or text == "上午/下午" else ("AM", "PM")[hour >= 12] if len(text) > 3 else ("A", "P")[hour >= 12])
        elif kind == "second":
            made.append(f"{number(second, len(low.partition('.')[0]))}.{str(part).zfill(finest)}")
        elif kind == "bracket":
            if not _elapsed((kind, text)):
                made.append(_literal((kind, text)))
                continue
            made.append(number(total // {"h": 3600, "m": 60, "s": 1}[low[0]], len(low)))
            before = low[0]
        elif kind != "date":
            made.append(_literal((kind, text)) if kind != "digit" else "")
        elif low[0] in "ye":
            full = str(year) if len(low) > 2 or low[0] == "e" else f"{year % 100:02}"
            made.append("".join(words[0][int(d)] for d in full) if words else full)
            before = "y"
        elif low[0] == "m":
            after = next((t.lower()[0] for k, t in tokens[at + 1:] if k in ("date", "second")), "")
            if before == "h" or (after == "s" and before != "m"):
                made.append(number(minute, len(low)))
            else:
                made.append(number(month, len(low)) if len(low) < 3 else _MONTHS[month - 1][:3 if len(low) == 3 else 1 if len(low) == 5 else 9])
            before = "m"
        elif low[0] == "d":
            named = f"{'星期' if len(low) == 4 else '周'}{_DAYS[week]}" if ours else _WEEK[week][:3 if len(low) == 3 else 9]
            made.append(number(day, len(low)) if len(low) < 3 else named)
            before = "d"
        elif low[0] == "a":
            made.append(("星期" if len(low) == 4 else "") + _DAYS[week])
        elif low[0] == "h":
            made.append(number((hour - 1) % 12 + 1 if half else hour, min(len(low), 2)))
            before = "h"
        else:
            made.append(number(second, min(len(low), 2)))
            before = "s"
    return _tidy("".join(made))


def _day(days: int, epoch1904: bool) -> tuple[int, int, int, int]:
    """(year, month, day, day of the week from Sunday) of a day number; Excel counts a 29 February 1900 that never was."""
    if epoch1904:
        date = datetime.date(1904, 1, 1) + datetime.timedelta(days)
    elif days == 60:
        return 1900, 2, 29, 3
    elif days == 0:
        return 1900, 1, 0, 6
    else:
        date = datetime.date(1899, 12, 30 if days > 60 else 31) + datetime.timedelta(days)
    return date.year, date.month, date.day, (date.isoweekday() if epoch1904 or days > 60 else date.isoweekday() - 1) % 7

