"""Lines of pages → one text: running headers and footers found by repetition and dropped, wrapped lines joined."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from index.clean import PARAGRAPH
from index.load import writable
from index.readers.layout import Box, Line


@dataclass(frozen=True)
class Printed:
    """A line of a page: its text with the indent before it, and its top and bottom as shares of the page's height."""

    text: str
    top: float
    bottom: float
    full: bool  # reaches the right edge of its column
    boxes: tuple[Box | None, ...] = ()  # of each character of the text, where asked for

    @classmethod
    def of(cls, line: Line, height: float, with_boxes: bool = False) -> Printed:
        """A line of a page of some height; its indent is written out as wide spaces."""
        indent = min(line.indent, 10)
        boxes = (None,) * indent + tuple(line.boxes) if with_boxes else ()
        return cls("\u3000" * indent + writable(line.text), line.box[1] / height, line.box[3] / height, line.full, boxes)


def text(sheets: Sequence[Sequence[Printed]]) -> str:
    """Pages as one text without their furniture, a form feed after each but the last."""
    return "".join(line.text + after for _, _, line, after in kept(sheets))


def kept(sheets: Sequence[Sequence[Printed]]) -> Iterator[tuple[int, int, Printed, str]]:
    """(page, line, the line, what the text has after it) of all lines that are no furniture.

    Where paragraphs are indented, as Chinese ones are, a full line runs on in the next unless that is indented; where none
    is, every line stands for itself and `index.clean` finds out how the text was wrapped, but for lines after which a
    paragraph is seen to end.
    """
    apart = running(sheets)
    lines = [line for number, sheet in enumerate(sheets) for at, line in enumerate(sheet) if (number, at) not in apart]
    indented = sum(line.text.startswith("\u3000\u3000") and not line.text.startswith("\u3000" * 3) for line in lines)
    joins = indented >= 0.08 * len(lines)
    blank = Printed("", 0, 0, False)
    for number, sheet in enumerate(sheets):
        left = [(at, line) for at, line in enumerate(sheet) if (number, at) not in apart]
        for (at, line), (_, after) in zip(left, [*left[1:], (0, blank)], strict=False):
            runs_on = joins and line.full and after is not blank and not after.text.startswith("\u3000")
            space = " " if runs_on and _LETTERS.fullmatch(line.text[-1:] + after.text[:1]) else ""
            yield number, at, line, space if runs_on else f"{PARAGRAPH}\n" if _ends(line, after) else "\n"
        if number < len(sheets) - 1:
            yield number, len(sheet), blank, "\f"


def furniture(sheets: Sequence[Sequence[Printed]]) -> Iterator[tuple[int, Printed]]:
    """(page, line) of running headers, footers and page numbers."""
    return ((number, sheets[number][at]) for number, at in sorted(running(sheets)))


def running(sheets: Sequence[Sequence[Printed]]) -> frozenset[tuple[int, int]]:
    """(page, line) of running headers, footers and page numbers.

    They stand among the first or last three lines of a page and come again, digits apart, at the same height on at least
    two pages and on a third of all; or are a page's own number alone at its very edge; or are small lines above the text that
    stand at one height on most pages, whatever they say (`_names`).
    """
    edges: list[tuple[int, int, Printed]] = []
    for number, sheet in enumerate(sheets):
        down = sorted(range(len(sheet)), key=lambda at: sheet[at].top)
        edges += [(number, at, sheet[at]) for at in dict.fromkeys([*down[:3], *down[-3:]])]
    seen: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for number, _, line in edges:
        for height in (round(line.top * 50), round(line.top * 50 + 0.5)):  # two grids, so that no pair falls between
            seen[_alike(line.text), height].add(number)
    often = max(2, len(sheets) / 3)
    found = set()
    for number, at, line in edges:
        edge = line.bottom < 0.15 or line.top > 0.85
        again = max(len(seen[_alike(line.text), round(line.top * 50)]), len(seen[_alike(line.text), round(line.top * 50 + 0.5)]))
        counts = re.fullmatch(r"\W{0,3}(\d{1,4})\W{0,3}", line.text.strip())
        if edge and (again >= often or (counts and int(counts[1]) == number + 1)):
            found.add((number, at))
    return frozenset(found | _names(sheets))


def _names(sheets: Sequence[Sequence[Printed]]) -> set[tuple[int, int]]:
    """(page, line) of headers that name the chapter of their page: the first line, smaller than the text and apart from it."""
    first: list[tuple[int, int, Printed]] = []
    for number, sheet in enumerate(sheets):
        down = sorted(range(len(sheet)), key=lambda at: sheet[at].top)
        if len(down) < 3:
            continue
        top, below = sheet[down[0]], sheet[down[1]]
        usual = median(line.bottom - line.top for line in sheet)
        if (top.bottom < 0.12 and top.bottom - top.top <= 0.9 * usual and below.top - top.bottom >= usual
                and len(top.text.strip()) <= 40 and top.text.strip()[-1:] not in "。；："):
            first.append((number, down[0], top))
    heights = Counter(round(line.top * 200) for *_, line in first)
    found = {(number, at) for number, at, line in first if heights[round(line.top * 200)] >= max(3, 2 * len(sheets) / 3)}
    return found


def _ends(line: Printed, after: Printed) -> bool:
    """Whether a paragraph surely ends: the next line of the page is set clearly larger or smaller, or a centred line ends."""
    high, low = sorted((line.bottom - line.top, after.bottom - after.top), reverse=True)
    centred = line.text.startswith(_FAR) and not line.full and not after.text.startswith(_FAR)
    return bool(after.text) and (centred or _SIZES * low <= high <= _LARGEST)


_FAR = "\u3000" * 3
_SIZES = 1.2
_LARGEST = 0.06  # of a page's height that a line of writing takes; rows of tables and columns that are read downwards take more
_LETTERS = re.compile("[A-Za-z]{2}|[,;][A-Za-z]")


def _alike(text: str) -> str:
    return re.sub(r"\d+|[ivxIVX]+$", "#", "".join(text.split()))


def printed(found: Sequence[Line], height: float, with_boxes: bool) -> list[dict[str, Any]]:
    """Lines as JSON, for the process that asked."""
    return [asdict(Printed.of(line, height, with_boxes)) for line in found if line.text.strip()]


def printed_of(sheet: list[dict[str, Any]]) -> list[Printed]:
    """Lines of a page that came as JSON."""
    return [Printed(line["text"], line["top"], line["bottom"], line["full"], tuple(tuple(b) if b else None for b in line["boxes"]))
            for line in sheet]


def numbers(pages: Sequence[int]) -> str:
    """Pages counted from 0, as a reader counts them: 第1、3页."""
    shown = "、".join(str(number + 1) for number in pages[:10])
    return f"第{shown}{'等 ' + str(len(pages)) + ' ' if len(pages) > 10 else ''}页"
