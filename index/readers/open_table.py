"""Tables without upright rules: three-line tables between level rules, and cells that stand under one another without any.

Only what can be nothing else becomes a table.  Where a cell could belong to either of two rows, where columns of running text
stand side by side, or where no figures stand under a header, the page keeps its lines as they are: no word is lost either way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from index.readers.grid import Grid, Stroke, Table, inside, level_strokes
from index.readers.layout import Line, Mark, joined, levels, segmented, side_by_side
from index.readers.table import is_value

_WIDE = 100.0  # points: no shorter rule bounds a table
_SAME = 6.0  # points by which the rules of a table may differ at their ends
_DOUBLE = 4.0  # points between the two strokes of a double rule
_NAME = 30  # characters of a column's name
_CELL = 40  # characters of a cell where there are no rules
_RIVER = 0.3  # ems between two columns
_PITCH = 3.0  # ems from one row to the next where there are no rules
_MOST_ROWS = 200  # of a table without rules, and rules of one with them: a page has no more
_FIGURES = 0.8  # of the cells of one column at least, where there are no rules

_Span = tuple[float, float]
_Row = dict[int, Line]  # column → what stands there


def ruled(strokes: Sequence[Stroke], marks: Sequence[Mark]) -> list[Table]:
    """Three-line tables, from top to bottom: at least three level rules of one length, a header between the first two."""
    found = []
    for left, right, ys in _stacks(strokes):
        at = 0
        while at + 2 < len(ys):
            within = [m for m in marks if left - _SAME <= (m.box[0] + m.box[2]) / 2 <= right + _SAME
                      and ys[at] <= (m.box[1] + m.box[3]) / 2 <= ys[-1]]
            made = _between(ys[at:], right - left, within, strokes)
            if made is None:
                at += 1
            else:
                table, rules = made
                found.append(table)
                at += rules
    return sorted(found, key=lambda table: table.grid.ys[0])


def aligned(marks: Sequence[Mark]) -> list[Table]:
    """Tables of a header and figures under it, column under column, with nothing drawn around them."""
    rows = levels(segmented(marks))
    found, at = [], 0
    while at + 2 < len(rows):
        best: Table | None = None
        end = at + 1
        if _names(rows[at]):
            for end in range(at + 1, min(len(rows), at + _MOST_ROWS)):
                if not _next(rows[end - 1], rows[end]):
                    break
                if end - at >= 2:
                    grown = _stacked(rows[at:end + 1])
                    if grown is None and best is not None:
                        break
                    best = grown or best
        if best is not None and _whole(best, marks):
            found.append(best)
            at += len(best.cells)
        else:
            at += 1
    return found


def _stacks(strokes: Sequence[Stroke]) -> Iterator[tuple[float, float, list[float]]]:
    """(left, right, heights) of level rules that begin and end alike."""
    groups: list[tuple[float, float, list[float]]] = []
    for y, left, right in sorted(level_strokes(strokes)):
        if right - left < _WIDE:
            continue
        for group in groups:
            if abs(group[0] - left) <= _SAME and abs(group[1] - right) <= _SAME:
                if y - group[2][-1] > _DOUBLE:
                    group[2].append(y)
                break
        else:
            groups.append((left, right, [y]))
    return (group for group in groups if 3 <= len(group[2]) <= _MOST_ROWS)


def _between(ys: Sequence[float], width: float, marks: Sequence[Mark], strokes: Sequence[Stroke]) -> tuple[Table, int] | None:
    """A table that begins at the first of some rules, and how many of them it takes."""
    bands: list[list[list[Line]]] = [[] for _ in ys[1:]]
    for row in levels(segmented(marks)):
        middle = (row[0].box[1] + row[0].box[3]) / 2
        bands[next((at for at in range(len(bands)) if middle <= ys[at + 1]), len(bands) - 1)].append(row)
    header, *rest = bands
    if not 1 <= len(header) <= 3 or max(map(len, header)) < 2 or not all(_name(cell) for row in header for cell in row):
        return None
    spanning = [cell for row in header for cell in row if _rule_under(cell, strokes, width) is not None]
    cells = [cell for row in header for cell in row if cell not in spanning]
    body: list[list[list[Line]]] = []
    for band in rest:
        level = [cell for row in band if len(row) >= 2 for cell in row]
        columns = _columns([*cells, *level])
        places = [_under(cell, columns) for row in band for cell in row]
        tabular = {len(place) for place in places} == {1} and len({place[0] for place in places}) >= 2
        if not tabular and sum(len(row) >= 2 for row in band) * 2 <= len(band):
            break
        cells += level
        body.append(band)
    columns = _columns(cells)
    if not body:
        return None
    if len(columns) < 2 or any(side_by_side(*_parted(cells, span[0])) for span in columns[1:]):
        return None
    top = _header(header, columns, strokes, width)
    under = [row for band in body if (made := _body(band, columns)) is not None for row in made]
    if top is None or not under or any(_body(band, columns) is None for band in body):
        return None
    rows = [*top, *under]
    table = _table(rows, columns, ys[0], ys[len(body) + 1], len(top))
    return (table, len(body) + 2) if _whole(table, marks) else None


def _rule_under(cell: Line, strokes: Sequence[Stroke], width: float) -> Stroke | None:
    """The rule under a name that says over which columns of a table it stands."""
    return next((s for s in strokes if s[3] - s[1] <= 2 and -0.3 * _em(cell) <= s[1] - cell.box[3] <= 1.2 * _em(cell)
                 and s[0] <= _middle(cell) <= s[2] and s[2] - s[0] < 0.9 * width), None)


def _header(rows: list[list[Line]], columns: Sequence[_Span], strokes: Sequence[Stroke], width: float) -> list[_Row] | None:
    """Names over columns: wrapped ones joined; a name over several columns has a short rule under it."""
    made: list[_Row] = []
    spans = False
    for row in rows:
        line: _Row = {}
        for cell in row:
            over = _under(cell, columns)
            rule = _rule_under(cell, strokes, width)
            if rule is not None:
                over = [n for n, (left, right) in enumerate(columns) if rule[0] <= (left + right) / 2 <= rule[2]]
                spans = True
            elif len(over) > 1:
                return None
            if not over or any(column in line for column in over):
                return None
            line.update(dict.fromkeys(over, cell))
        made.append(line)
    named = {column for line in made for column in line}
    if not named >= set(range(1, len(columns))):
        return None
    if spans:
        return made
    return [{column: joined(line[column] for line in made if column in line) for column in sorted(named)}]


def _body(band: list[list[Line]], columns: Sequence[_Span]) -> list[_Row] | None:
    """Rows between two rules: a row a line; or one row, where but one line has a name in front.  None: it might be either."""
    lines = [_placed(row, columns) for row in band]
    if any(line is None for line in lines):
        return None
    rows = [line for line in lines if line is not None]
    if all(0 in row for row in rows):
        return rows
    if sum(0 in row for row in rows) == 1:
        return [{column: joined(row[column] for row in rows if column in row) for column in range(len(columns)) if any(column in r for r in rows)}]
    return None


def _stacked(rows: list[list[Line]]) -> Table | None:
    """A header and rows of figures as a table, where every cell stands under one name."""
    columns = _columns([cell for row in rows for cell in row])
    placed = [line for row in rows if (line := _placed(row, columns)) is not None and 0 in line]
    if len(columns) != len(rows[0]) or len(placed) != len(rows):
        return None
    body = placed[1:]
    if len(body) < (2 if len(columns) > 2 else 3):
        return None
    held = [[row[column].text for row in body if column in row] for column in range(1, len(columns))]
    if not any(len(cells) * 2 >= len(body) and sum(map(is_value, cells)) >= _FIGURES * len(cells) for cells in held):
        return None
    return _table(placed, columns, min(c.box[1] for c in rows[0]), max(c.box[3] for c in rows[-1]), 1)


def _next(above: list[Line], row: list[Line]) -> bool:
    """Whether a row may follow another in a table without rules."""
    return (len(row) >= 2 and row[0].box[1] - above[0].box[1] <= _PITCH * _em(above[0])
            and all(len(cell.text) <= _CELL and cell.text[-1] not in "。；，、：" for cell in row))


def _names(row: list[Line]) -> bool:
    return len(row) >= 2 and all(_name(cell) and cell.text[-1] not in "。；，、" for cell in row)


def _name(cell: Line) -> bool:
    return len(cell.text) <= _NAME and not is_value(cell.text)


def _columns(cells: Sequence[Line]) -> list[_Span]:
    """Where columns stand: stretches that cells cover, with a river free of all of them between."""
    spans: list[_Span] = []
    for cell in sorted(cells, key=lambda cell: cell.box[0]):
        if spans and cell.box[0] - spans[-1][1] <= _RIVER * _em(cell):
            spans[-1] = spans[-1][0], max(spans[-1][1], cell.box[2])
        else:
            spans.append((cell.box[0], cell.box[2]))
    return spans


def _under(cell: Line, columns: Sequence[_Span]) -> list[int]:
    return [at for at, (left, right) in enumerate(columns) if min(right, cell.box[2]) - max(left, cell.box[0]) > 0]


def _placed(row: list[Line], columns: Sequence[_Span]) -> _Row | None:
    """A row's cells by column; a line alone belongs to the first.  None where two stand in one column."""
    line: _Row = {}
    for cell in row:
        column = (_under(cell, columns) or [-1])[0]
        if column < 0 or column in line or (len(row) > 1 and len(_under(cell, columns)) > 1):
            return None
        line[column] = cell
    return line


def _parted(cells: Sequence[Line], x: float) -> tuple[list[Line], list[Line]]:
    return [cell for cell in cells if cell.box[0] < x], [cell for cell in cells if cell.box[0] >= x]


def _table(rows: list[_Row], columns: Sequence[_Span], top: float, bottom: float, header: int) -> Table:
    empty = Line("", [], (0, 0, 0, 0))
    width = len(columns)
    cells = [cell for row in rows for cell in row.values()]
    left, right = min(cell.box[0] for cell in cells), max(cell.box[2] for cell in cells)
    xs = (left, *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), right)
    ys = (top, *(min(cell.box[1] for cell in row.values()) for row in rows[1:]), bottom)
    owner = tuple(tuple(row * width + column for column in range(width)) for row in range(len(rows)))
    return Table(Grid(xs, ys, owner), [[row.get(column, empty) for column in range(width)] for row in rows], header)


def _whole(table: Table, marks: Sequence[Mark]) -> bool:
    """Whether the cells hold all that stands within the table's edges, and nothing else."""
    there = Counter("".join(part.text for part in segmented(m for m in marks if inside(m.box, table.grid.box))))
    held = Counter("".join(cell.text for cell in {id(cell): cell for row in table.cells for cell in row}.values()))
    return {c: n for c, n in there.items() if c != " "} == {c: n for c, n in held.items() if c != " "}


def _em(cell: Line) -> float:
    return cell.box[3] - cell.box[1]


def _middle(cell: Line) -> float:
    return (cell.box[0] + cell.box[2]) / 2
