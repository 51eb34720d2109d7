"""Excel workbooks (.xlsx; ECMA-376, part 1, 18): each visible sheet a heading and its rows, every cell as the sheet shows it.

Read from the XML row by row, since the same pass must see what openpyxl's streaming mode does not tell: merged cells, hidden
rows and columns, formulas without a value, raised characters.
"""

from __future__ import annotations

import datetime
import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index import limits
from index.load import Raw
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.drawn import paragraphs
from index.readers.number_format import BUILTIN, is_date, shown, shown_text
from index.readers.package import OLE, checked, size
from index.readers.symbols import LOWERED, RAISED
from index.readers.workbook import WIDEST, Sheet, written
from index.types import LoadError

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def xlsx(path: Path) -> Raw:
    """Text of a workbook: its visible sheets; formulas by the values they had when it was saved."""
    with path.open("rb") as file:
        if file.read(8) == OLE:  # an .xls with another suffix, or one with a password
            from index.readers.xls import xls

            return xls(path)
    return bounded(_workbook, path, size(path, "Excel"))


def _workbook(path: Path) -> Raw:
    with checked(path, "Excel") as package, broken(path.name, "Excel 文件"):
        book = _Book(package)
        sheets, hidden = [], []
        for name, state, part in book.sheets():
            if state == "visible":
                sheets.append(book.sheet(name, part, path.name))
            else:
                hidden.append(name)
        return written(sheets, hidden)


class _Book:
    """A workbook's parts, with what its sheets refer to."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self.package = package
        self.names = set(package.namelist())
        main = next((target for kind, target, _ in self._relations("") if kind == "officeDocument"), "xl/workbook.xml")
        self.main = main
        self.root = self._tree(main)
        self.relations = {id: (kind, target) for kind, target, id in self._relations(main)}
        targets = {kind: target for kind, target in self.relations.values()}
        self.strings = self._strings(targets["sharedStrings"]) if targets.get("sharedStrings") in self.names else []
        self.forms = self._forms(targets["styles"]) if targets.get("styles") in self.names else []
        properties = self.root.find("{*}workbookPr")
        self.epoch1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.count = 0  # cells and rows so far

    def sheets(self) -> Iterator[tuple[str, str, str]]:
        """(name, state, part) of each worksheet."""
        for sheet in self.root.iterfind("{*}sheets/{*}sheet"):
            kind, part = self.relations.get(sheet.get(_RELATION) or sheet.get(_STRICT_RELATION) or "", ("", ""))
            if kind == "worksheet":
                yield sheet.get("name", ""), sheet.get("state", "visible"), part

    def sheet(self, name: str, part: str, file: str) -> Sheet:
        """A sheet with its cells as they are shown."""
        sheet = Sheet(name)
        number = 0
        for element in self._walk(part, ("row", "col", "mergeCell", "sheetFormatPr")):
            tag = element.tag.rpartition("}")[2]
            if tag == "col" and (_on(element, "hidden") or element.get("width") == "0"):
                sheet.hidden_columns.update(range(max(1, _whole(element, "min", 1)) - 1, min(WIDEST, _whole(element, "max", 1))))
            elif tag == "mergeCell" and (box := _box(element.get("ref", ""))):
                sheet.merged.append(box)
            elif tag == "row":
                number = _whole(element, "r", number + 1)
                cells = self._row(element, number, sheet)
                self.count += len(element) + 1
                if self.count > limits.CELLS:
                    raise LoadError(f"{file}：超过上限 {limits.CELLS:,} 个单元格。请拆分后再加入。")
                if _on(element, "hidden") or element.get("ht") == "0":
                    sheet.hidden_rows.add(number)
                if any(cells):
                    sheet.rows[number] = cells
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        sheet.merged = sheet.merged[:limits.CELLS // 10]
        sheet.beside = [text for kind, target, _ in self._relations(part) if kind == "drawing" and target in self.names
                        for shape in self._tree(target).iter("{*}sp") for text in paragraphs(shape)]
        return sheet

    def _row(self, row: Any, number: int, sheet: Sheet) -> list[str]:
        cells: list[str] = []
        at = -1
        for cell in row:
            place = _REFERENCE.fullmatch(cell.get("r", ""))
            at = _column(place[1]) if place else at + 1
            text = self._cell(cell)
            if text is None:
                sheet.unvalued.append(f"{_letters(at)}{number}")
            elif text and at >= WIDEST:
                sheet.wide += 1
            elif text:
                cells += [""] * (at + 1 - len(cells))
                cells[at] = text
        return cells

    def _cell(self, cell: Any) -> str | None:
        """What a cell shows; None for a formula whose value was not saved."""
        kind = cell.get("t", "n")
        form = self.forms[style] if 0 <= (style := _whole(cell, "s", 0)) < len(self.forms) else "General"
        value = inline = None
        formula = False
        for child in cell:
            tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
            value = child.text if tag == "v" else value
            inline = child if tag == "is" else inline
            formula = formula or tag == "f"
        if kind == "inlineStr" or (inline is not None and value is None):
            return _tidy(shown_text(_string(inline), form)) if inline is not None else ""
        if not value:
            return None if formula and kind not in ("str", "inlineStr") else ""
        if kind == "s":
            at = int(value) if value.strip().isdigit() else -1
            return _tidy(shown_text(self.strings[at], form)) if 0 <= at < len(self.strings) else ""
        if kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if kind == "n":
            try:
                return shown(float(value), form, self.epoch1904)
            except ValueError:
                return _tidy(value)
        if kind == "d":
            return _tidy(_iso(value, form))
        return _tidy(shown_text(_unescaped(value), form) if kind == "str" else value)

    def _strings(self, part: str) -> list[str]:
        made = []
        for element in self._walk(part, ("si",)):
            made.append(_string(element))
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        return made

    def _forms(self, part: str) -> list[str]:
        """The number format of each style of cells."""
        root = self._tree(part)
        own = {_whole(form, "numFmtId", -1): form.get("formatCode", "General") for form in root.iterfind("{*}numFmts/{*}numFmt")}
        return [own.get(id) or BUILTIN.get(id, "General") for style in root.iterfind("{*}cellXfs/{*}xf") for id in [_whole(style, "numFmtId", 0)]]

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """(kind, part, id) of what a part refers to inside the file."""
        folder, name = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{name}.rels")
        if listed in self.names:
            for relation in self._tree(listed):
                if isinstance(relation.tag, str) and relation.get("TargetMode") != "External":
                    target = relation.get("Target", "")
                    target = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                    yield relation.get("Type", "").rpartition("/")[2], target, relation.get("Id", "")

    def _tree(self, part: str) -> Any:
        from lxml import etree  # type: ignore[import-untyped]

        return etree.fromstring(self.package.read(part), etree.XMLParser(resolve_entities=False, no_network=True))

    def _walk(self, part: str, tags: tuple[str, ...]) -> Iterator[Any]:
        from lxml import etree

        with self.package.open(part) as file:
            for _, element in etree.iterparse(file, tag=tuple(f"{{*}}{tag}" for tag in tags), resolve_entities=False, no_network=True):
                yield element


def _string(element: Any) -> str:
    """A text with its runs; raised and lowered digits as such, readings above the characters left out."""
    made: list[str] = []
    for child in element:
        tag = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        if tag == "t":
            made.append(child.text or "")
        elif tag == "r":
            raised = child.find("{*}rPr/{*}vertAlign")
            table = {"superscript": RAISED, "subscript": LOWERED}.get(raised.get("val", "") if raised is not None else "")
            text = "".join(t.text or "" for t in child.iterfind("{*}t"))
            made.append(text.translate(table) if table else text)
    return _unescaped("".join(made))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _iso(value: str, form: str) -> str:
    """A date that is kept as text (t="d"), as its format shows it."""
    try:
        moment = datetime.datetime.fromisoformat(value.strip().replace("Z", "+00:00")).replace(tzinfo=None)
    except ValueError:
        return value
    days = (moment - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)
    return shown(days, form if is_date(form) else BUILTIN[14])


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _box(reference: str) -> tuple[int, int, int, int] | None:
    first, _, last = reference.partition(":")
    a, b = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
    return (int(a[2]), _column(a[1]), int(b[2]), _column(b[1])) if a and b else None


def _column(letters: str) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1


def _letters(column: int) -> str:
    made, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        made = chr(65 + rest) + made
    return made


def _on(element: Any, name: str) -> bool:
    return element.get(name) in ("1", "true")


def _whole(element: Any, name: str, otherwise: int) -> int:
    value = element.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else otherwise
