"""Tables kept as text (.csv): commas, tabs, semicolons or bars between the cells, in any encoding of a text file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from index import limits
from index.load import Raw
from index.readers.text import decode
from index.readers.workbook import WIDEST, Sheet, written
from index.types import LoadError

_BETWEEN = ",\t;|，"
_LOOKED_AT = 30  # lines that tell what stands between the cells
_LITERAL = re.compile(r'="(.*)"')  # how a spreadsheet keeps the zeros of 0012


def delimited(path: Path) -> Raw:
    """A line a row, each cell with the name of its column; every cell as it is written."""
    text = decode(path.read_bytes(), path.name)
    told = re.match(r"sep=(.)\r?\n", text, re.I)
    if told:
        text = text[told.end():]
    sheet = Sheet(path.stem)
    count = 0
    try:
        csv.field_size_limit(limits.TEXT_BYTES)
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=told[1] if told else _between(text))):
            count += len(row) + 1
            if count > limits.CELLS:
                raise LoadError(f"{path.name}：超过上限 {limits.CELLS:,} 个单元格。请拆分后再加入。")
            cells = [" ".join(_LITERAL.sub(r"\1", cell.strip()).split()) for cell in row]
            sheet.wide += sum(map(bool, cells[WIDEST:]))
            if any(cells):
                sheet.rows[number] = cells[:WIDEST]
    except csv.Error as error:
        raise LoadError(f"{path.name}：不是完好的 CSV 表格（{error}）。请用 Excel、WPS 打开、另存为 .xlsx 后再加入。") from error
    return written([sheet], headed=False)


def _between(text: str) -> str:
    """What stands between the cells: what cuts most of the first lines into the same number of them."""
    head = "".join(text.splitlines(keepends=True)[:_LOOKED_AT])

    def rated(mark: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head, newline=""), delimiter=mark) if any(row)]
        except csv.Error:
            return 0, 0
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual), usual) if usual > 1 else (0, 0)

    return max(_BETWEEN, key=rated)
