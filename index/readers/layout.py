"""Marks placed on a page → lines in reading order.  For formats that say where a character stands and not what follows it.

Boxes are (left, top, right, bottom), growing rightwards and downwards, in any unit: all measures here are in ems, the height
of a line.  Columns are found by the gutter between them, as in the recursive X-Y cut of Nagy and Seth (1984), bounded by
whatever runs across it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

Box = tuple[float, float, float, float]

_SPACE = 0.25  # ems between two characters that are two words


class Mark(NamedTuple):
    """A character on a page, or a run of them that has but one box."""

    text: str
    box: Box


@dataclass
class Line:
    """A line of text; `boxes[i]` is where `text[i]` stands, None for what was put between (a space, a header repeated)."""

    text: str
    boxes: list[Box | None]
    box: Box
    indent: int = 0  # in ems from the left edge of its column
    full: bool = False  # whether it reaches the right edge of its column


def lines(marks: Iterable[Mark]) -> list[Line]:
    """Lines of a page, or of a part of one, in reading order."""
    return _ordered(segmented(marks), depth=0)


def joined(parts: Iterable[Line]) -> Line:
    """Lines one after another as one: what stands in a cell."""
    text = ""
    boxes: list[Box | None] = []
    box: Box | None = None
    for part in parts:
        if text and text[-1].isascii() and part.text[:1].isascii():
            text, boxes = text + " ", [*boxes, None]
        text, boxes = text + part.text, boxes + part.boxes
        box = part.box if box is None else around(box, part.box)
    return Line(text, boxes, box or (0, 0, 0, 0))


def segmented(marks: Iterable[Mark]) -> list[Line]:
    """Stretches of text along a line without a wide gap inside."""
    made: list[Line] = []
    for row in levels(_fragments(marks)):
        for at, fragment in enumerate(row):
            if at and fragment.box[0] - made[-1].box[2] <= 1.2 * (fragment.box[3] - fragment.box[1]):
                _extend(made[-1], fragment)
            else:
                made.append(fragment)
    return made


def _fragments(marks: Iterable[Mark]) -> list[Line]:
    """Runs that the file draws one after another without a gap; a word in another font may be drawn later."""
    made: list[Line] = []
    drawn: set[tuple[str, int, int]] = set()
    spaced = False  # whether the file has a space here
    for text, box in marks:
        em = box[3] - box[1]
        if not text.strip():
            spaced = True
            continue
        if em <= 0:
            continue
        key = (text, round(box[0] / em * 3), round(box[1] / em * 3))
        if key in drawn:  # bold by drawing twice
            continue
        drawn.add(key)
        last = made[-1] if made else None
        if last is not None and abs(box[0] - last.box[2]) <= _SPACE * em and _level(last.box, box):
            space = " " if spaced and last.text[-1].isascii() and text.isascii() else ""
            last.text += space + text
            last.boxes += [None] * len(space) + [box] * len(text)
            last.box = around(last.box, box)
        else:
            made.append(Line(text, [box] * len(text), box))
        spaced = False
    return made


def _extend(line: Line, more: Line) -> None:
    """Puts what stands to the right at the end of a line, after a space where there is a gap."""
    if more.box[0] - line.box[2] > _SPACE * (more.box[3] - more.box[1]):
        line.text += " "
        line.boxes.append(None)
    line.text += more.text
    line.boxes += more.boxes
    line.box = around(line.box, more.box)


def _ordered(segments: list[Line], depth: int) -> list[Line]:
    """Segments as lines: down each column of a stretch that has columns, else row by row."""
    gutter = _gutter(segments) if len(segments) >= 6 and depth < 3 else None
    if gutter is None:
        return _indented(list(_rows(segments)))
    across = [s for s in segments if _crosses(s, gutter)]
    stretches: list[list[Line]] = [[]]
    full: list[list[Line]] = []
    for row in levels(segments):
        if any(s in row for s in across):
            full.append(row)
            stretches.append([])
        else:
            stretches[-1] += row
    made: list[Line] = []
    pending: list[Line] = []
    for at, stretch in enumerate(stretches):
        left, right = [s for s in stretch if s.box[0] < gutter], [s for s in stretch if s.box[0] >= gutter]
        if side_by_side(left, right):
            made += _indented(list(_rows(pending))) + _ordered(left, depth + 1) + _ordered(right, depth + 1)
            pending = []
        else:
            pending += stretch
        pending += full[at] if at < len(full) else []
    return made + _indented(list(_rows(pending)))


def _gutter(segments: list[Line]) -> float | None:
    """Where two columns of running text part: just left of an edge at which many lines begin."""
    em = median(s.box[3] - s.box[1] for s in segments)
    starts = Counter(round(s.box[0] / em) for s in segments)
    for place, count in starts.most_common(6):
        x = (place - 0.8) * em
        free = [s for s in segments if not _crosses(s, x)]
        left, right = [s for s in free if s.box[0] < x], [s for s in free if s.box[0] >= x]
        if count >= 2 and side_by_side(left, right):
            return x
    return None


def _crosses(segment: Line, x: float) -> bool:
    em = segment.box[3] - segment.box[1]
    return segment.box[0] < x and segment.box[2] > x + 0.8 * em


def side_by_side(left: list[Line], right: list[Line]) -> bool:
    """Whether these are two columns of running text; where a text ends, one is long and the other may have few lines."""
    if _running(left) and _running(right):
        return True
    long, short = (left, right) if len(left) > len(right) else (right, left)
    return (len(long) >= 8 and _running(long) and len(short) >= 2
            and max(map(_width, short)) >= 0.7 * max(map(_width, long)))


def _running(segments: list[Line]) -> bool:
    """Whether segments are running text: at least three lines, most of them filling their width.  Cells of a table do not."""
    if len(segments) < 3:
        return False
    width = max(s.box[2] for s in segments) - min(s.box[0] for s in segments)
    full = sum(_width(s) >= 0.7 * width for s in segments)
    return full >= 0.5 * len(segments) and median(len(s.text) for s in segments) >= 8


def _width(segment: Line) -> float:
    return segment.box[2] - segment.box[0]


def levels(segments: list[Line]) -> list[list[Line]]:
    """Segments that stand at one height, from left to right; the rows from top to bottom."""
    rows: list[list[Line]] = []
    for segment in sorted(segments, key=lambda s: s.box[1] + s.box[3]):
        if rows and _level(rows[-1][0].box, segment.box):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [sorted(row, key=lambda s: s.box[0]) for row in rows]


def _rows(segments: list[Line]) -> Iterator[Line]:
    for row in levels(segments):
        line = Line(row[0].text, list(row[0].boxes), row[0].box)
        for segment in row[1:]:
            _extend(line, segment)
        yield line


def _indented(rows: list[Line]) -> list[Line]:
    if rows:
        left = sorted(row.box[0] for row in rows)[len(rows) // 10]
        right = sorted(row.box[2] for row in rows)[-1 - len(rows) // 10]
        for row in rows:
            em = row.box[3] - row.box[1]
            row.indent = max(0, round((row.box[0] - left) / em))
            row.full = row.box[2] >= right - 2.2 * em  # no line begins with a closing mark: up to two characters give way
    return rows


def _level(a: Box, b: Box) -> bool:
    """Whether two boxes stand on one line: half the height of the lower is shared."""
    return min(a[3], b[3]) - max(a[1], b[1]) >= 0.5 * min(a[3] - a[1], b[3] - b[1])


def around(a: Box, b: Box) -> Box:
    return (a[0] if a[0] < b[0] else b[0], a[1] if a[1] < b[1] else b[1],  # min and max take three times as long
            a[2] if a[2] > b[2] else b[2], a[3] if a[3] > b[3] else b[3])
