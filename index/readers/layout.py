"""Marks placed on a page → lines in reading order.  For formats that say where a character stands and not what follows it.

Boxes are (left, top, right, bottom), growing rightwards and downwards, in any unit: all measures here are in ems, the height
of a line.  Columns are found by the gutter between them, as in the recursive X-Y cut of Nagy and Seth (1984), bounded by
whatever runs across it.  Text that is read down or up the page is laid out as if the page were turned (`turned`); columns of
upright characters one under another are found by `upright`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

Box = tuple[float, float, float, float]

_SPACE = 0.25  # ems between two characters that are two words


class Mark(NamedTuple):
    """A character on a page, or a run of them that has but one box."""

    text: str
    box: Box
    turn: float = 0.0  # clockwise degrees of the direction in which it is read: 90 down the page, 270 up
    size: float = 0.0  # of its font, in the unit of the box; 0: not known


@dataclass
class Line:
    """A line of text; `boxes[i]` is where `text[i]` stands, None for what was put between (a space, a header repeated)."""

    text: str
    boxes: list[Box | None]
    box: Box
    indent: int = 0  # in ems from the left edge of its column
    full: bool = False  # whether it reaches the right edge of its column
    sideways: bool = False  # lies on its side, as figures do in a column that is read downwards


def lines(marks: Iterable[Mark]) -> list[Line]:
    """Lines of a page, or of a part of one, in reading order; what is read in another direction than the rest comes last."""
    level: list[Mark] = []
    others: dict[int, list[Mark]] = {}
    for mark in marks:
        if mark.turn:
            others.setdefault(quarter(mark.turn), []).append(mark)
        else:
            level.append(mark)
    level += others.pop(0, [])
    lying = others.pop(90, [])
    fragments, columns = upright(_fragments(level) + [_laid(line) for line in _fragments(_turned(lying, 90))])
    if lying:
        loose = {box for line in fragments if line.sideways for box in line.boxes}
        fragments = [line for line in fragments if not line.sideways]
        others[90] = [mark for mark in lying if mark.box in loose or not mark.text.strip()]
    found = _ordered(_segments(fragments), depth=0)
    for column in columns:
        at = max((i + 1 for i, line in enumerate(found) if line.box[3] <= column[0].box[1] + 0.5 * _em(line)), default=0)
        found[at:at] = column
    for turn, marks in others.items():
        found += [back(line, turn) for line in lines(_turned(marks, turn))]
    return found


def _turned(marks: Iterable[Mark], turn: int) -> Iterator[Mark]:
    return (Mark(mark.text, turned(mark.box, turn)) for mark in marks)


def _laid(line: Line) -> Line:
    """A stretch that is read down the page, where it stands."""
    made = back(line, 90)
    made.sideways = True
    return made


def quarter(turn: float) -> int:
    """The quarter of a circle that a direction is nearest to: 0, 90, 180 or 270."""
    return round(turn / 90) % 4 * 90


def turned(box: Box, turn: int, size: tuple[float, float] = (0.0, 0.0)) -> Box:
    """A box as it stands once a page of some size is turned so that what was read in direction `turn` is read from left to right."""
    left, top, right, bottom = box
    width, height = size
    match turn:
        case 90:
            return top, width - right, bottom, width - left
        case 180:
            return width - right, height - bottom, width - left, height - top
        case 270:
            return height - bottom, left, height - top, right
        case _:
            return box


def back(line: Line, turn: int, size: tuple[float, float] = (0.0, 0.0)) -> Line:
    """A line of a page that was turned, where it stands on the page; `size` is that of the page before it was turned."""
    if turn in (90, 270):
        size = size[1], size[0]
    away = (360 - turn) % 360
    boxes = [box and turned(box, away, size) for box in line.boxes]
    return Line(line.text, boxes, turned(line.box, away, size), line.indent, line.full)


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
    return _segments(_fragments(marks))


def _segments(fragments: list[Line]) -> list[Line]:
    made: list[Line] = []
    for row in levels(fragments):
        for at, fragment in enumerate(row):
            if at and fragment.box[0] - made[-1].box[2] <= 1.2 * (fragment.box[3] - fragment.box[1]):
                _extend(made[-1], fragment)
            else:
                made.append(fragment)
    return made


def _fragments(marks: Iterable[Mark]) -> list[Line]:
    """Runs that the file draws one after another without a gap; a word in another font may be drawn later."""
    made: list[Line] = []
    spaced = False  # whether the file has a space here
    for text, box, *_ in marks:
        em = box[3] - box[1]
        if not text.strip():
            spaced = True
            continue
        if em <= 0:
            continue
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
    across = [s for s in segments if _crosses(s, gutter)] + _titles(segments, gutter)
    stretches: list[list[Line]] = [[]]
    full: list[list[Line]] = []
    for row in levels(segments):
        if any(s in row for s in across):
            full.append(row)
            stretches.append([])
        else:
            stretches[-1] += row
    edges = _edges(segments)  # what runs across the columns stands between the edges of both
    made: list[Line] = []
    pending: list[Line] = []
    for at, stretch in enumerate(stretches):
        left, right = [s for s in stretch if s.box[0] < gutter], [s for s in stretch if s.box[0] >= gutter]
        if _apart(left, right, depth):
            made += _indented(list(_rows(pending)), edges) + _ordered(left, depth + 1) + _ordered(right, depth + 1)
            pending = []
        else:
            pending += stretch
        pending += full[at] if at < len(full) else []
    return made + _indented(list(_rows(pending)), edges)


def _gutter(segments: list[Line], depth: int = 0) -> float | None:
    """Where two columns of running text part, or one and several: just left of an edge at which many lines begin."""
    em = median(s.box[3] - s.box[1] for s in segments)
    starts = Counter(round(s.box[0] / em) for s in segments)
    for place, count in starts.most_common(6):
        x = (place - 0.8) * em
        free = [s for s in segments if not _crosses(s, x)]
        left, right = [s for s in free if s.box[0] < x], [s for s in free if s.box[0] >= x]
        if count >= 2 and _apart(left, right, depth):
            return x
    return None


def _apart(left: list[Line], right: list[Line], depth: int) -> bool:
    """Whether these are two columns of running text, or one and several."""
    return side_by_side(left, right) or (depth < 2 and any(
        len(one) >= _COLUMN_LINES and _running(one) and len(several) >= 2 * _COLUMN_LINES and _gutter(several, depth + 1) is not None
        for one, several in ((left, right), (right, left))))


_COLUMN_LINES = 4  # of three columns or more, each: cells of a table have fewer that fill their width


def _titles(segments: list[Line], gutter: float) -> list[Line]:
    """Lines alone at the top that begin with neither column: a title may stand to one side of the gutter."""
    starts = [Counter(round(s.box[0]) for s in segments if (s.box[0] < gutter) is side).most_common(1) for side in (True, False)]
    edges = [start[0][0] for start in starts if start]
    found = []
    for row in levels(segments):
        if len(row) > 1 or any(abs(row[0].box[0] - edge) <= 0.3 * _em(row[0]) for edge in edges):
            break
        found += row
    return found


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


def upright(fragments: list[Line]) -> tuple[list[Line], list[list[Line]]]:
    """What is written in lines, and blocks of columns that are read downwards, from the right, each column as a line.

    A column is characters one under another, set closer than the columns are to one another and to whatever stands beside them.
    """
    narrow = sorted((f for f in fragments if f.sideways or (_width(f) <= 1.5 * _em(f) and len(f.text) <= 4)), key=lambda f: (f.box[1], f.box[0]))
    if len(narrow) < _COLUMN:
        return fragments, []
    under: dict[int, Line] = {}
    taken: set[int] = set()
    by_place: dict[int, list[Line]] = {}
    for each in narrow:
        by_place.setdefault(round((each.box[0] + each.box[2]) / 2 / _NEAR), []).append(each)
    for each in narrow:
        place = round((each.box[0] + each.box[2]) / 2 / _NEAR)
        unit = _width(each) if each.sideways else max(_em(each), _width(each))
        reach = max(1, round(0.3 * unit / _NEAR))
        far = (_PITCH_DOWN - 1) * unit + max(_em(each), unit)
        below = [f for x in range(place - reach, place + reach + 1) for f in by_place.get(x, ())
                 if 0.5 * _em(each) < f.box[1] - each.box[1] <= far and id(f) not in taken]
        if below:
            nearest = min(below, key=lambda f: f.box[1])
            under[id(each)] = nearest
            taken.add(id(nearest))
    columns = []
    for each in narrow:
        if id(each) in taken:
            continue
        column = [each]
        while id(column[-1]) in under:
            column.append(under[id(column[-1])])
        columns.append(column)
    down = [column for column in columns if _reads_down(column, fragments)]
    if not down:
        return fragments, []
    rest = [column for column in columns if not any(column is each for each in down)]
    down += [column for column in rest if _belongs(column, down, fragments)]
    inside = {id(f) for column in down for f in column}
    return [f for f in fragments if id(f) not in inside], [_columns(block) for block in _blocks(down)]


_COLUMN = 4  # characters of a column that shows that text is read downwards
_PITCH_DOWN = 1.45  # ems from one character of a column to the next: lines of Chinese text are set further apart
_NEAR = 2.0  # in the unit of the boxes: a grid on which columns are looked for


def _reads_down(column: list[Line], fragments: list[Line]) -> bool:
    """Whether characters one under another are a column of text and not of a table, or the beginnings of lines."""
    if len(column) < _COLUMN or sum(not f.text.isascii() for f in column) * 2 < len(column):
        return False
    standing = [each for each in column if not each.sideways]
    steps = [b.box[1] - a.box[1] for a, b in pairwise(column) if not a.sideways]
    pitch = sum(steps) / len(steps) if steps else _width(column[0])
    beside = level = 0
    for each in standing:
        middle, em = (each.box[1] + each.box[3]) / 2, _em(each)
        for other in fragments:
            if other is each or other.sideways or not _level(other.box, each.box):
                continue
            gap = max(other.box[0] - each.box[2], each.box[0] - other.box[2])
            if gap + min(em, _width(each)) < 1.2 * pitch:
                beside += 1
                break
            if len(other.text) > 2 and abs((other.box[1] + other.box[3]) / 2 - middle) <= 0.15 * em:
                level += 1
                break
    return beside * 3 <= len(column) and level * 2 <= len(column)


def _belongs(column: list[Line], down: list[list[Line]], fragments: list[Line]) -> bool:
    """Whether a column too short to tell stands beside one that is read downwards, as the last of a text does."""
    first = column[0]
    em = min(_em(first), 1.5 * _width(first))
    for other in down:
        away = max(first.box[0] - other[0].box[2], other[0].box[0] - first.box[2])
        if 0 < away <= 3 * em and abs(_width(first) - _width(other[0])) <= 0.3 * em:
            top, bottom = other[0].box[1] - 0.5 * em, other[-1].box[3] + 0.5 * em
            if top <= first.box[1] and column[-1].box[3] <= bottom:
                return not any(len(f.text) > 4 and _level(f.box, each.box) and abs(f.box[0] - each.box[2]) <= em
                               for each in column for f in fragments)
    return False


def _blocks(columns: list[list[Line]]) -> list[list[list[Line]]]:
    """Columns that stand beside one another."""
    blocks: list[list[list[Line]]] = []
    for column in sorted(columns, key=lambda c: c[0].box[1]):
        top, bottom = column[0].box[1], column[-1].box[3]
        for block in blocks:
            if min(bottom, max(c[-1].box[3] for c in block)) - max(top, min(c[0].box[1] for c in block)) > 0.3 * (bottom - top):
                block.append(column)
                break
        else:
            blocks.append([column])
    return blocks


def _columns(block: list[list[Line]]) -> list[Line]:
    """The columns of a block as lines, from the right."""
    top, bottom = min(c[0].box[1] for c in block), max(c[-1].box[3] for c in block)
    made = []
    for column in sorted(block, key=lambda c: -c[0].box[0]):
        line = Line("", [], column[0].box)
        for each in column:
            line.text, line.boxes, line.box = line.text + each.text, line.boxes + each.boxes, around(line.box, each.box)
        em = min(_em(column[0]), 1.5 * _width(column[0]))
        line.indent = max(0, round((line.box[1] - top) / em))
        line.full = line.box[3] >= bottom - 2.2 * em
        made.append(line)
    return made


def _em(line: Line) -> float:
    return line.box[3] - line.box[1]


def _indented(rows: list[Line], edges: tuple[float, float] | None = None) -> list[Line]:
    """Rows with their indents, from the edges of the column that they stand in."""
    if rows:
        left, right = edges or _edges(rows)
        for row in rows:
            em = row.box[3] - row.box[1]
            row.indent = max(0, round((row.box[0] - left) / em))
            row.full = row.box[2] >= right - 2.2 * em  # no line begins with a closing mark: up to two characters give way
    return rows


def _edges(rows: list[Line]) -> tuple[float, float]:
    """Where most lines of a column begin and end."""
    at = len(rows) // 10
    return sorted(row.box[0] for row in rows)[at], sorted(row.box[2] for row in rows)[-1 - at]


def _level(a: Box, b: Box) -> bool:
    """Whether two boxes stand on one line: half the height of the lower is shared."""
    return min(a[3], b[3]) - max(a[1], b[1]) >= 0.5 * min(a[3] - a[1], b[3] - b[1])


def around(a: Box, b: Box) -> Box:
    return (a[0] if a[0] < b[0] else b[0], a[1] if a[1] < b[1] else b[1],  # min and max take three times as long
            a[2] if a[2] > b[2] else b[2], a[3] if a[3] > b[3] else b[3])
