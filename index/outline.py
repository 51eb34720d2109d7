"""Cleaned text → headings, by a table of (level, pattern) for the five schemes of official writing (GB/T 9704) and 第…章."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.clean import KIND_END, NUMERAL, TERMINAL, Cleaned
from index.types import Heading

OPEN_BRACKET = re.compile(rf"[（(](?P<n>{NUMERAL})(?![）)、，年月日个项是])(?=[^）)\n]{{4,}})")  # left open: (四推进
SCHEMES: tuple[tuple[int, re.Pattern[str]], ...] = (
    (1, re.compile(rf"第(?P<n>{NUMERAL})(?:章|编|部分)(?![^\n]{{0,4}}[，,])")),
    (2, re.compile(rf"第(?P<n>{NUMERAL})节(?![^\n]{{0,4}}[，,])")),
    (1, re.compile(rf"(?P<n>{NUMERAL})、(?!{NUMERAL}[、是线])")),
    (2, re.compile(rf"[（(](?P<n>{NUMERAL})[）)](?![、，])")),
    (2, OPEN_BRACKET),
    (3, re.compile(r"(?P<n>\d{1,2})(?:[.．](?!\d)|[.．](?=20\d\d年)|、(?!\d))")),
    (4, re.compile(r"[（(]?(?P<n>\d{1,3})[）)](?![、，年])")),
    (5, re.compile(rf"(?P<n>{NUMERAL})是(?!{NUMERAL}是)")),
)
LONGEST = 60  # characters of a title
_BOUNDARY = re.compile(rf"(?:^|(?<=\n)|(?<=[{TERMINAL}：:])[”’」』）)]?)", re.M)
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}


def outline(cleaned: Cleaned) -> tuple[Heading, ...]:
    """Headings of a cleaned text in order; `text[h.start:h.start + len(h.title)] == h.title`."""
    text = cleaned.text
    found = list(_numbered(text))
    starts = {heading.start for heading in found}
    plain = [(at, hashes, text[at:].split("\n", 1)[0]) for at, hashes in cleaned.marked if at not in starts]
    plain = [(at, hashes, title) for at, hashes, title in plain if 0 < len(title) <= LONGEST and not KIND_END.search(title)]
    top = min((hashes for _, hashes, _ in plain), default=1)
    found += [Heading(min(5, hashes - top + 1), title, at) for at, hashes, title in plain]
    return tuple(sorted(found, key=lambda heading: heading.start))


def path_at(headings: tuple[Heading, ...], offset: int) -> tuple[Heading, ...]:
    """Headings over an offset, outermost first."""
    stack: list[Heading] = []
    for heading in headings:
        if heading.start > offset:
            break
        stack = [above for above in stack if above.level < heading.level] + [heading]
    return tuple(stack)


def number(numeral: str) -> int:
    """Value of a Chinese or Arabic numeral up to 999."""
    if numeral.isdigit():
        return int(numeral)
    total, digit = 0, 0
    for c in numeral:
        if c in _DIGITS:
            digit = _DIGITS[c]
        else:
            total += (digit or 1) * {"十": 10, "百": 100}[c]
            digit = 0
    return total + digit


def _numbered(text: str) -> Iterator[Heading]:
    """Headings that carry a number: at a line's start, or in a line after the end of a sentence or another heading."""
    last: dict[int, int] = {}  # level → its latest number
    position = 0
    for boundary in _BOUNDARY.finditer(text):
        start: int | None = boundary.end()
        while start is not None and start >= position:
            heading, after = _heading_at(text, start, last)
            if heading is None:
                break
            yield heading
            position = after
            start = after if _inline_next(text, after, heading) else None


def _heading_at(text: str, start: int, last: dict[int, int]) -> tuple[Heading | None, int]:
    inline = start > 0 and text[start - 1] != "\n"
    for level, pattern in SCHEMES:
        marker = pattern.match(text, start)
        if marker is None:
            continue
        value = number(marker["n"])
        expected = last.get(level, 0) + 1
        if pattern is OPEN_BRACKET and value != expected:
            continue
        if level == 5 and not _enumerates(text, start, value, expected):
            continue
        if inline and level in (1, 3) and value not in (1, expected) and text[start - 1] not in "。！？":
            continue
        end = _title_end(text, marker.end(), level)
        if end <= marker.end():
            continue
        last[level] = value
        for deeper in range(level + 1, 6):
            last.pop(deeper, None)
        return Heading(level, text[start:end], start), end
    return None, start


def _enumerates(text: str, start: int, value: int, expected: int) -> bool:
    """一是 counts as a heading when 二是 follows, N是 when it is next in turn."""
    if value == 1:
        return "二是" in text[start:start + 4000]
    return value == expected or (value > 1 and value == expected + 1)


def _title_end(text: str, start: int, level: int) -> int:
    """A title ends with its sentence or line; a long one at its first comma, where the marker of a list leads a whole sentence."""
    stop = re.compile(rf"[{TERMINAL}：:\n]").search(text, start)
    end = stop.start() if stop else len(text)
    nested = _first_of_next(text, start, end, level)
    end = min(end, nested) if nested is not None else end
    if end - start > LONGEST:
        comma = re.compile("[，,]").search(text, start + 4, start + LONGEST)
        end = comma.start() if comma else start + LONGEST
    return end


def _first_of_next(text: str, start: int, end: int, level: int) -> int | None:
    """Where the first heading of a deeper scheme begins in a heading without an end: 一、…情况（一）提高…"""
    for deeper, first in ((2, "[（(]一[）)]"), (3, r"(?<!\d)1[.．](?!\d)"), (4, r"[（(]1[）)]"), (5, "一是")):
        if deeper > level:
            match = re.compile(first).search(text, start + 2, end)
            if match and not (deeper == 5 and "二是" not in text[match.end():match.end() + 4000]):
                return match.start()
    return None


def _inline_next(text: str, after: int, heading: Heading) -> bool:
    """Whether another heading begins right where this one's title was cut."""
    return heading.level < 5 and _first_of_next(text, max(0, after - 2), after + 8, heading.level) == after
