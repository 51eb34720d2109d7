"""Excel 97 to 2003 workbooks (.xls, and .et of WPS) by xlrd: every cell as the sheet shows it, as in an .xlsx."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from index import limits
from index.load import Raw
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.number_format import BUILTIN, shown, shown_text
from index.readers.package import OLE
from index.readers.workbook import WIDEST, Sheet, written
from index.types import LoadError


def xls(path: Path) -> Raw:
    """Text of a workbook.  One that is an .xlsx, a web page or a text under this name, as web systems export them, is read as that."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PK\x03\x04"):
        from index.readers.xlsx import xlsx

        return xlsx(path)
    if head.startswith((OLE, b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")):
        return bounded(binary, path, limits.APART_BYTES + 1)  # whatever its size: its parser was not made for strangers
    if b"<html" in head.lower() or b"<table" in head.lower():
        from index.readers.html import html

        return html(path)
    if b"\0" in head or b"\t" not in head:
        raise LoadError(f"{path.name}：不是 Excel 或 WPS 表格文件。请用 Excel、WPS 打开、另存为 .xlsx 后再加入。")
    from index.readers.delimited import delimited

    return delimited(path)


def binary(path: Path) -> Raw:
    """In a process of its own: a workbook in the binary format."""
    import xlrd  # type: ignore[import-untyped]

    try:
        book = xlrd.open_workbook(str(path), logfile=io.StringIO(), formatting_info=True, on_demand=True, ragged_rows=True)
    except MemoryError:
        raise
    except Exception as error:  # RecursionError too: folders of a damaged file lead back to themselves
        if "encrypted" in str(error).lower():
            raise LoadError(f"{path.name}：打开要密码。请去掉密码、另存后再加入。") from error
        raise LoadError(f"{path.name}：不是完好的 Excel 97 文件（{type(error).__name__}）。请用 Excel、WPS 打开、另存为 .xlsx 后再加入。") from error
    sheets, hidden, count = [], [], 0
    for at, name in enumerate(book.sheet_names()):
        with broken(f"{path.name} “{name}”", "Excel 文件"):
            sheet = book.sheet_by_index(at)
            if sheet.visibility:
                hidden.append(name)
                continue
            count += sum(map(sheet.row_len, range(sheet.nrows))) + sheet.nrows
            if count > limits.CELLS:
                raise LoadError(f"{path.name}：超过上限 {limits.CELLS:,} 个单元格。请拆分后再加入。")
            sheets.append(_sheet(book, sheet, name))
            book.unload_sheet(at)
    return written(sheets, hidden)


def _sheet(book: Any, sheet: Any, name: str) -> Sheet:
    made = Sheet(name)
    for number in range(sheet.nrows):
        cells = [_cell(book, sheet, number, column) for column in range(min(WIDEST, sheet.row_len(number)))]
        made.wide += sum(bool(kind) for kind in sheet.row_types(number)[WIDEST:])
        if any(cells):
            made.rows[number] = cells
    made.merged = [(top, left, bottom - 1, right - 1) for top, bottom, left, right in sheet.merged_cells]
    made.hidden_rows = {number for number, row in sheet.rowinfo_map.items() if row.hidden or row.height == 0}
    made.hidden_columns = {column for column, info in sheet.colinfo_map.items() if info.hidden or info.width == 0}
    return made


def _cell(book: Any, sheet: Any, number: int, column: int) -> str:
    import xlrd

    kind, value = sheet.cell_type(number, column), sheet.cell_value(number, column)
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return ""
    if kind == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#N/A"))
    style = book.xf_list[sheet.cell_xf_index(number, column)]
    form = book.format_map.get(style.format_key)
    code = BUILTIN.get(style.format_key) or (form.format_str if form is not None else "General")
    if kind == xlrd.XL_CELL_TEXT:
        return " ".join(shown_text(_raised(sheet, book, number, column, str(value)), code).split())
    return shown(float(value), code, bool(book.datemode))


def _raised(sheet: Any, book: Any, number: int, column: int, text: str) -> str:
    """A text with its raised and lowered digits as such."""
    from index.readers.symbols import LOWERED, RAISED

    runs = sheet.rich_text_runlist_map.get((number, column))
    if not runs:
        return text
    made = text[:runs[0][0]]
    for (start, font), (end, _) in zip(runs, [*runs[1:], (len(text), 0)], strict=True):
        place = book.font_list[font].escapement if font < len(book.font_list) else 0
        made += text[start:end].translate({1: RAISED, 2: LOWERED}.get(place, {}))
    return made
