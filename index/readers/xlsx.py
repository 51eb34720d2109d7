"""Excel workbooks by openpyxl: each sheet a heading and its rows, every figure as the sheet shows it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index import limits
from index.load import Raw
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.package import size
from index.readers.table import lines, rows
from index.types import LoadError

_WIDEST = 500  # columns of a table


def xlsx(path: Path) -> Raw:
    """Text of a workbook: its visible sheets; formulas by the values they had when it was saved."""
    return bounded(_workbook, path, size(path, "Excel"))


def _workbook(path: Path) -> Raw:
    from openpyxl import load_workbook

    made: list[str] = []
    count = 0
    with broken(path.name, "Excel 文件"):
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            with broken(f"{path.name} “{sheet.title}”", "Excel 文件"):
                cells: list[list[str]] = []
                sheet.reset_dimensions()  # what the file says of its size may be absurd
                for row in sheet.iter_rows():
                    count += len(row) + 1
                    if count > limits.CELLS:
                        raise LoadError(f"{path.name}：超过上限 {limits.CELLS:,} 个单元格。请拆分后再加入。")
                    cells.append([shown(cell.value, cell.number_format) for cell in row[:_WIDEST]])
            if any(cell for row in cells for cell in row):
                made.append(f"## {' '.join(sheet.title.split())}")
                for table in _tables(cells):
                    made += lines(table, rows(table))
    finally:
        book.close()
    return Raw("\n".join(made), marked=True)


def _tables(cells: list[list[str]]) -> Iterator[list[list[str]]]:
    """Runs of rows between empty ones, without the columns that are empty in all of them."""
    table: list[list[str]] = []
    for row in [*cells, []]:
        if any(row):
            table.append(row)
        elif table:
            used = [c for c in range(max(map(len, table))) if any(c < len(line) and line[c] for line in table)]
            yield [[line[c] if c < len(line) else "" for c in used] for line in table]
            table = []


def shown(value: Any, form: str | None) -> str:
    """A value as its number format shows it: percentages, decimals, separators of thousands, dates; others as they are."""
    form = (form or "General").split(";")[0]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return f"{value.year}年{value.month}月" + (f"{value.day}日" if "d" in form.lower() else "")
    if isinstance(value, int | float):
        return _figure(value, form)
    return " ".join(str(value).split())


def _figure(value: float, form: str) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|_.', "", form)
    percent = "%" in bare
    value = value * 100 if percent else value
    places = re.search(r"[0#]\.([0#?]+)", bare)
    if places or percent or "0" in bare:
        decimals = min(len(places[1]) if places else 0, 15)
        return f"{value:{',' if '#,##' in bare else ''}.{decimals}f}" + ("%" if percent else "")
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15g}"
