"""A spreadsheet, of whichever format, → its text: each sheet a heading, each table in it a line a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from index.load import Left, Raw
from index.readers.table import lines, rows

WIDEST = 500  # columns of a table
_TOLD = 8  # cells that a warning names


@dataclass
class Sheet:
    """A sheet as it is shown, and what it does not show."""

    name: str
    rows: dict[int, list[str]] = field(default_factory=dict)  # number of the row → its cells, from column 0
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)  # first row, first column, last row, last column
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    unvalued: list[str] = field(default_factory=list)  # formulas that were saved without their value: D3
    beside: list[str] = field(default_factory=list)  # words in shapes that lie on the sheet
    wide: int = 0  # cells beyond WIDEST
    left: list[str] = field(default_factory=list)  # what is in cells that are not shown


def written(sheets: Sequence[Sheet], hidden: Sequence[str] = (), headed: bool = True) -> Raw:
    """The text of a workbook's visible sheets.  `hidden`: names of the others."""
    made: list[str] = []
    warnings = [f"隐藏的工作表“{name}”没有收入" for name in hidden]
    for sheet in sheets:
        cells = _shown(sheet)
        if any(map(any, cells)) or sheet.beside:
            made += [f"## {' '.join(sheet.name.split())}"] if headed else []
            for table in _tables(cells):
                made += lines(table, rows(table))
            made += sheet.beside
        warnings += _said(sheet)
    left = tuple(Left(0, "隐藏", text) for sheet in sheets for text in sheet.left)
    return Raw("\n".join(made), marked=headed, warnings=tuple(warnings), left=left, paragraphs=True)


def _shown(sheet: Sheet) -> list[list[str]]:
    """The cells that are shown, a merged one in each place it covers; an empty row where rows are missing."""
    for top, left, bottom, right in sheet.merged:
        text = sheet.rows.get(top, [])[left:left + 1] or [""]
        numbers = range(top, bottom + 1) if bottom - top < len(sheet.rows) else [number for number in sheet.rows if top <= number <= bottom]
        for number in numbers:
            row = sheet.rows.get(number)
            if row is None:
                continue
            right = min(right, WIDEST - 1)
            row += [""] * (right + 1 - len(row))
            sheet.left += [row[column] for column in range(left, right + 1) if row[column] and (number, column) != (top, left)]
            row[left:right + 1] = text * (right + 1 - left)
    cells: list[list[str]] = []
    last = None
    for number, row in sorted(sheet.rows.items()):
        sheet.left += [cell for column, cell in enumerate(row) if cell and (number in sheet.hidden_rows or column in sheet.hidden_columns)]
        if number in sheet.hidden_rows:
            last = number if last is None or number == last + 1 else last
            continue
        if last is not None and number > last + 1:
            cells.append([])
        last = number
        cells.append([cell for column, cell in enumerate(row) if column not in sheet.hidden_columns])
    return cells


def _tables(cells: list[list[str]]) -> Iterator[list[list[str]]]:
    """Runs of rows between empty ones, without the columns that are empty in all of them."""
    table: list[list[str]] = []
    for row in [*cells, []]:
        if any(row):
            table.append(row)
        elif table:
            width = max(map(len, table))
            used = [c for c in range(width) if any(c < len(line) and line[c] for line in table)]
            yield [[line[c] if c < len(line) else "" for c in used] for line in table]
            table = []


def _said(sheet: Sheet) -> Iterator[str]:
    """What of a sheet is not in its text."""
    name = f"工作表“{sheet.name}”"
    rows = sum(any(sheet.rows.get(number, ())) for number in sheet.hidden_rows)
    columns = sum(any(column < len(row) and row[column] for row in sheet.rows.values()) for column in sheet.hidden_columns)
    if rows or columns:
        told = "、".join([*([f"{rows} 行"] if rows else []), *([f"{columns} 列"] if columns else [])])
        yield f"{name}隐藏的 {told}没有收入"
    if sheet.unvalued:
        told = "、".join(sheet.unvalued[:_TOLD]) + (f" 等 {len(sheet.unvalued)} 个单元格" if len(sheet.unvalued) > _TOLD else "")
        yield f"{name}的 {told} 是公式，文件里没有存下算出的值，没有读出：请用 Excel 或 WPS 打开、保存后重新加入"
    if sheet.wide:
        yield f"{name}第 {WIDEST} 列以后的 {sheet.wide:,} 个单元格没有收入：请拆分后重新加入"
