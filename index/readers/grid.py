"""Lines drawn on a page → the tables that they rule: rows and columns of cells, merged ones in every place they cover."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from index.readers.layout import Box, Line, Mark, joined, lines
from index.readers.table import Piece, header_rows, is_value, rows

Stroke = Box  # a straight line, level or upright, as the box around it

_NEAR = 2.5  # points: lines this close are one
_SHORT = 6.0  # points: nothing shorter rules a cell
_MOST = 10_000  # cells of a table
_NAME = 30  # characters of a column's name
_PROSE = 1500  # characters: a box that holds more is a frame around text


@dataclass(frozen=True)
class Grid:
    """A ruled table: the edges of its columns and rows, and for each place the cell it belongs to."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    owner: tuple[tuple[int, ...], ...]  # [row][column] → number of the cell

    @property
    def box(self) -> Box:
        return self.xs[0], self.ys[0], self.xs[-1], self.ys[-1]


@dataclass
class Table:
    """A table with its text."""

    grid: Grid
    cells: list[list[Line]]
    header: int | None = None  # rows of it that are header, where that is known

    def texts(self) -> list[list[str]]:
        return [[cell.text for cell in row] for row in self.cells]


def grids(strokes: Sequence[Stroke]) -> list[Grid]:
    """Tables of at least two columns that strokes rule."""
    level = level_strokes(strokes)
    upright = _merged([(s[0] + s[2], s[1], s[3]) for s in strokes if s[3] - s[1] >= _SHORT and s[2] - s[0] <= _NEAR])
    if len(level) * len(upright) > 4_000_000:
        return []
    found = []
    for hs, vs in _connected(level, upright):
        xs = _edges([v[0] for v in vs] + [h[1] for h in hs] + [h[2] for h in hs])
        ys = _edges([h[0] for h in hs] + [v[1] for v in vs] + [v[2] for v in vs])
        if len(xs) >= 3 and len(ys) >= 2 and len(xs) * len(ys) <= _MOST:
            found.append(Grid(xs, ys, _owners(xs, ys, hs, vs)))
    return sorted(found, key=lambda grid: grid.ys[0])


def level_strokes(strokes: Sequence[Stroke]) -> list[tuple[float, float, float]]:
    """(height, from, to) of the level lines, pieces of one put together."""
    return _merged([(s[1] + s[3], s[0], s[2]) for s in strokes if s[2] - s[0] >= _SHORT and s[3] - s[1] <= _NEAR])


def filled(grid: Grid, marks: Sequence[Mark]) -> Table | None:
    """A grid with the marks inside it; None where it frames prose or nothing."""
    held: dict[int, list[Mark]] = {}
    for mark in marks:
        column = bisect.bisect_right(grid.xs, (mark.box[0] + mark.box[2]) / 2) - 1
        row = bisect.bisect_right(grid.ys, (mark.box[1] + mark.box[3]) / 2) - 1
        if 0 <= row < len(grid.owner) and 0 <= column < len(grid.owner[0]):
            held.setdefault(grid.owner[row][column], []).append(mark)
    text = {cell: joined(lines(inside)) for cell, inside in held.items()}
    if len(text) < 2 or max(len(line.text) for line in text.values()) > _PROSE:
        return None
    empty = Line("", [], (0, 0, 0, 0))
    return Table(grid, [[text.get(cell, empty) for cell in row] for row in grid.owner])


def inside(box: Box, frame: Box) -> bool:
    """Whether the middle of a box lies in a frame."""
    return frame[0] <= (box[0] + box[2]) / 2 <= frame[2] and frame[1] <= (box[1] + box[3]) / 2 <= frame[3]


def written(table: Table, above: Table | None) -> list[Line]:
    """The rows of a table as lines.  `above`: the table at the foot of the page before, which this one may go on."""
    cells = table.cells
    count = table.header
    first = 0
    if above is not None and _same_columns(table.grid, above.grid) and not _headed(table.texts(), above.texts()):
        count = header_rows(above.texts()) or int(_names(above.texts()))
        head = above.cells[:count]
        if [[c.text for c in row] for row in head] != table.texts()[:count]:
            cells, first = [*head, *cells], count
        count = count or None
    texts = [[cell.text for cell in row] for row in cells]
    return [_line(pieces, cells, table.grid, first) for pieces in rows(texts, count)]


def _names(cells: list[list[str]]) -> bool:
    """Whether a row alone at the foot of a page names the columns of what follows on the next."""
    return len(cells) == 1 and all(cell.strip() and not is_value(cell) and len(cell) <= _NAME for cell in cells[0]) and len(set(cells[0])) > 1


def _headed(cells: list[list[str]], above: list[list[str]]) -> bool:
    """Whether a table begins with names of its own, over figures, and not with those of the table before."""
    first, *rest = cells
    if not rest or not _names([first]) or first == above[min(len(above) - 1, max(0, header_rows(above) - 1))]:
        return False
    return any(2 * sum(is_value(row[column]) for row in rest) > len(rest) for column in range(1, len(first)))


def _line(pieces: list[Piece], cells: list[list[Line]], grid: Grid, first: int) -> Line:
    text, boxes = "", list[Box | None]()
    row = 0
    for at, piece in enumerate(pieces):
        if isinstance(piece, str):
            text, boxes = text + piece, [*boxes, None]
        else:
            cell = cells[piece[0]][piece[1]]
            label = at + 1 < len(pieces) and pieces[at + 1] in ("：", "/")
            text, boxes = text + cell.text, boxes + ([None] * len(cell.text) if piece[0] < first else cell.boxes)
            row = row if label else max(row, piece[0] - first)
    return Line(text, boxes, (grid.xs[0], grid.ys[row], grid.xs[-1], grid.ys[row + 1]), indent=8)  # each row its own paragraph


def _same_columns(a: Grid, b: Grid) -> bool:
    return len(a.xs) == len(b.xs) and all(abs(x - y) <= 2 * _NEAR for x, y in zip(a.xs, b.xs, strict=True))


def _merged(strokes: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """(twice the place, from, to) → (place, from, to), pieces of one line put together."""
    made: list[tuple[float, float, float]] = []
    groups: list[list[tuple[float, float, float]]] = []
    for place, start, end in sorted(strokes):
        if groups and place / 2 - groups[-1][0][0] <= _NEAR:
            groups[-1].append((place / 2, start, end))
        else:
            groups.append([(place / 2, start, end)])
    for group in groups:
        spans = sorted((start, end) for _, start, end in group)
        start, end = spans[0]
        for left, right in spans[1:]:
            if left <= end + _NEAR:
                end = max(end, right)
            else:
                made.append((group[0][0], start, end))
                start, end = left, right
        made.append((group[0][0], start, end))
    return made


_Strokes = list[tuple[float, float, float]]


def _connected(level: _Strokes, upright: _Strokes) -> list[tuple[_Strokes, _Strokes]]:
    """Lines that touch, as groups."""
    parent = list(range(len(level) + len(upright)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, (y, left, right) in enumerate(level):
        for j, (x, top, bottom) in enumerate(upright, len(level)):
            if left - _NEAR <= x <= right + _NEAR and top - _NEAR <= y <= bottom + _NEAR:
                parent[root(i)] = root(j)
    groups: dict[int, tuple[_Strokes, _Strokes]] = {}
    for i, stroke in enumerate([*level, *upright]):
        groups.setdefault(root(i), ([], []))[i >= len(level)].append(stroke)
    return [group for group in groups.values() if group[0] and group[1]]


def _edges(places: list[float]) -> tuple[float, ...]:
    edges: list[float] = []
    for place in sorted(places):
        if not edges or place - edges[-1] > 2 * _NEAR:
            edges.append(place)
    return tuple(edges)


def _owners(xs: tuple[float, ...], ys: tuple[float, ...], hs: _Strokes, vs: _Strokes) -> tuple[tuple[int, ...], ...]:
    """Places between which no line is drawn belong to one cell, numbered by its first place."""
    columns, height = len(xs) - 1, len(ys) - 1
    owner = [[row * columns + column for column in range(columns)] for row in range(height)]
    for row in range(height):
        middle = (ys[row] + ys[row + 1]) / 2
        walls = [x for x, top, bottom in vs if top <= middle <= bottom]
        for column in range(1, columns):
            if not any(abs(x - xs[column]) <= 2 * _NEAR for x in walls):
                owner[row][column] = owner[row][column - 1]
    for column in range(columns):
        middle = (xs[column] + xs[column + 1]) / 2
        floors = [y for y, left, right in hs if left <= middle <= right]
        for row in range(1, height):
            if not any(abs(y - ys[row]) <= 2 * _NEAR for y in floors):
                owner[row][column] = owner[row - 1][column]
    return tuple(map(tuple, owner))
