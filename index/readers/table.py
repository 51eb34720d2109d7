"""A table → a line a row that repeats its header, so that a cell can be found and cited with what it means:

    指标：调解案件，单位：件，数量：1234。

Commas inside and a full stop at the end make a row one sentence for the rooms that cut sentences.  A table of two columns
without a header reads 姓名：张三。  A row that is one cell across the whole table stands alone.  Empty cells are left out;
names of columns that hold nothing stand in a line of their own, since nothing that is printed may be lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Cells = Sequence[Sequence[str]]  # [rows][columns]; a merged cell stands in each place that it covers
Piece = tuple[int, int] | str  # (row, column) of a cell, or what is put between

_NUMERIC = re.compile(r"[-+−±<>≤≥约]?\s*[\d０-９]|[-—－/]+$|无$|否$|是$")
_YEAR = re.compile(r"(?:19|20)\d\d\s*(?:年.{0,8})?$|\d{1,2}\s*月(?:份)?$|\d+[-—－~至]\d+\s*(?:月|季度|年)?$")
_ENDS = "。！？；!?;"


def rows(cells: Cells, header: int | None = None) -> list[list[Piece]]:
    """What each line of a table is made of.  `header`: how many rows are header, where the format says so."""
    top = _titles(cells)
    count = header_rows(cells) - top if header is None else min(max(0, header - top), len(cells) - top)
    if top + count == len(cells):
        count = 0  # nothing below that a header could name
    width = max((len(row) for row in cells), default=0)
    labels = [_label(cells[top:top + count], top, column) for column in range(width)]
    made: list[list[Piece]] = []
    below = [row for row in cells[top + count:] if _alone(row) is None]
    used = {part for row in below for column, cell in enumerate(row) if cell.strip() for part in labels[column]}
    idle = [part for part in dict.fromkeys(part for label in labels for part in label) if part not in used]
    for at, row in enumerate(cells):
        if top <= at < top + count:
            if at == top and idle:
                made.append([*[piece for part in idle for piece in (part, "，")][:-1], "。"])
            continue
        alone = _alone(row)
        if alone is not None:
            made.append([(at, alone)])
            continue
        line: list[Piece] = []
        last = ""
        for column, cell in enumerate(row):
            if not cell.strip() or (not count and cell == last and not is_value(cell)):
                continue  # empty, or one merged cell
            if line:
                line.append("：" if not count and width == 2 else "，")
            for part in labels[column]:
                line += [part, "/"]
            if labels[column]:
                line[-1] = "："
            line.append((at, column))
            last = cell
        if line:
            made.append(line if last.rstrip()[-1] in _ENDS else [*line, "。"])
    return made


def header_rows(cells: Cells) -> int:
    """How many rows at the top are titles of the table and names of its columns."""
    top = _titles(cells)
    return top + _header(cells[top:])


def lines(cells: Cells, made: list[list[Piece]]) -> list[str]:
    """The lines as text; line breaks inside a cell become spaces."""
    return ["".join(piece if isinstance(piece, str) else " ".join(cells[piece[0]][piece[1]].split()) for piece in line) for line in made]


def _alone(row: Sequence[str]) -> int | None:
    """The column of the only cell of a row: merged across it, or in the first column with nothing beside it."""
    filled = [column for column, cell in enumerate(row) if cell.strip()]
    if filled and (filled == [0] or len({row[column].strip() for column in filled}) == 1) and not is_value(row[filled[0]]):
        return filled[0] if filled == [0] or len(filled) == len(row) else None
    return None


def _titles(cells: Cells) -> int:
    return next((at for at, row in enumerate(cells) if _alone(row) is None), len(cells))


def _header(cells: Cells) -> int:
    """How many rows at the top name the columns."""
    if len(cells) < 2 or len(cells[0]) < 2 or any(is_value(cell) or len(cell) > 60 for cell in cells[0]):
        return 0
    if len({cell.strip() for cell in cells[0]} - {""}) < 2:
        return 0
    merged = len({cell.strip() for cell in cells[0] if cell.strip()}) < len(cells[0])
    if merged and len(cells) > 2 and not any(map(is_value, cells[1])) and any(map(is_value, cells[2])):
        return 2
    return 1 if len(cells[0]) > 2 or any(is_value(cell) for row in cells[1:] for cell in row) else 0


def is_value(cell: str) -> bool:
    """Whether a cell holds a figure or stands for one: 1,204件 12.5% — 无; a year names a column."""
    return bool(_NUMERIC.match(cell.strip())) and not _YEAR.match(cell.strip())


def _label(header: Cells, top: int, column: int) -> list[tuple[int, int]]:
    """The header cells over a column, outermost first, each once."""
    label: dict[str, tuple[int, int]] = {}
    for at, row in enumerate(header):
        if column < len(row) and row[column].strip():
            label.setdefault(row[column].strip(), (top + at, column))
    return list(label.values())
