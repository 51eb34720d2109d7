"""Characters and strokes of a page → its lines, with its tables as rows among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from index.readers import open_table
from index.readers.grid import Stroke, Table, filled, grids, inside, written
from index.readers.layout import Line, Mark, back, lines, quarter, turned


def sheet(marks: Sequence[Mark], strokes: Sequence[Stroke], size: tuple[float, float], above: Table | None = None) -> tuple[list[Line], Table | None]:
    """Lines of a page in reading order, and the table that ends it.  Places are in points from the top left corner.

    `size`: of the page.  `above`: the table that ends the page before, which the first one here may go on.  A page whose text is
    read in another direction than from left to right is laid out as if it were turned: the boxes of its characters are those of
    the page as it is, the box of a line as if it were turned.
    """
    if not marks:
        return [], None
    turns = Counter(quarter(mark.turn) for mark in marks if mark.turn and mark.text.strip())
    turn, count = turns.most_common(1)[0] if turns else (0, 0)
    if not turn or count * 2 <= sum(bool(mark.text.strip()) for mark in marks):
        return _level(marks, strokes, size[1], above)
    shown = [Mark(mark.text, turned(mark.box, turn, size), (quarter(mark.turn) - turn) % 360, mark.size) for mark in marks]
    drawn = [turned(stroke, turn, size) for stroke in strokes]
    found, last = _level(shown, drawn, size[0] if turn in (90, 270) else size[1], above)
    return [Line(line.text, back(line, turn, size).boxes, line.box, line.indent, line.full) for line in found], last


def _level(marks: Sequence[Mark], strokes: Sequence[Stroke], height: float, above: Table | None) -> tuple[list[Line], Table | None]:
    tables = [table for grid in grids(strokes) if (table := filled(grid, marks)) is not None]
    free = _outside(marks, tables)
    aside = [mark for mark in free if quarter(mark.turn)]
    free = [mark for mark in free if not quarter(mark.turn)]
    open_tables = open_table.ruled([s for s in strokes if not any(inside(s, table.grid.box) for table in tables)], free)
    free = _outside(free, open_tables)
    bare = open_table.aligned(free)
    free = _outside(free, bare)
    found = lines([*free, *aside])
    tables = sorted([*tables, *open_tables, *bare], key=lambda table: table.grid.ys[0])
    for table in tables:
        before = [line for line in found if line.box[3] <= table.grid.box[1] + 2]
        first = all(_edge(line, height) for line in before) and table is tables[0]
        at = max((i + 1 for i, line in enumerate(found) if line.box[3] <= table.grid.box[1] + 2), default=0)
        found[at:at] = written(table, above if first else None)
    if not tables:
        return found, None
    last = tables[-1]
    below = [line for line in found if line.box[1] >= last.grid.box[3] - 2]
    return found, last if all(_edge(line, height) for line in below) else None


def _outside(marks: Sequence[Mark], tables: Sequence[Table]) -> list[Mark]:
    return [mark for mark in marks if not any(inside(mark.box, table.grid.box) for table in tables)]


def _edge(line: Line, height: float) -> bool:
    return line.box[3] < 0.12 * (height or 1) or line.box[1] > 0.88 * (height or 1)
