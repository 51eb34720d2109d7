"""Word files (.docx) by python-docx: headings by style, numbers as Word counts them, tables as rows, notes under their paragraph.

Deleted text of tracked changes, field codes, hidden text and the second copy of a text box are left out; headers and footers
of pages too.  Pages end where Word last drew them to end, or at the breaks that a writer put in where those are all; else a
Word file does not say where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.load import Raw
from index.readers.apart import bounded
from index.readers.breaks import BREAK, DRAWN, PUT, around, begins_page, ends_page, is_on, known, paged
from index.readers.broken import broken
from index.readers.numbering import Numbering
from index.readers.package import OLE, size
from index.readers.table import lines, rows

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIPPED = {f"{_W}{tag}" for tag in ("del", "moveFrom", "instrText", "delText", "rPr", "pPr", "fldData")} | {f"{_MC}Fallback"}
_GROUPS = {f"{_W}{tag}" for tag in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "body")}
_MOST_COLUMNS = 200


def docx(path: Path) -> Raw:
    """Text of a Word file, a paragraph a line."""
    with path.open("rb") as file:
        if file.read(8) == OLE:  # a .doc with another suffix, or one with a password
            from index.readers.office import doc

            return doc(path)
    return bounded(_document, path, size(path, "Word"))


def _document(path: Path) -> Raw:
    from docx import Document

    with broken(path.name, "Word 文件"):
        reader = _Reader(Document(str(path)))
    return Raw(paged("\n".join(reader.lines())), marked=True)


class _Reader:
    """One pass over a document, with the counters that its numbering needs."""

    def __init__(self, document: Document) -> None:
        self.body = document.element.body
        self.styles: dict[str | None, Any] = {style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")}
        try:
            numbering = document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # a document without lists
            numbering = None
        self.numbering = Numbering(numbering)
        self.notes = {**_notes(document, "footnotes"), **_notes(document, "endnotes")}
        self.raised = self._raised()
        self.paged = known(document)

    def lines(self) -> Iterator[str]:
        if self.body is not None:
            yield from self._blocks(self.body, depth=0)

    def _blocks(self, parent: Any, depth: int) -> Iterator[str]:
        for child in parent:
            if child.tag == f"{_W}p":
                yield from self._paragraph(child, whole=depth > 0 or not self.paged)
            elif child.tag == f"{_W}tbl":
                yield from self._table(child, depth)
            elif child.tag in _GROUPS:
                yield from self._blocks(child, depth)

    def _paragraph(self, paragraph: Any, whole: bool) -> Iterator[str]:
        notes: list[str] = []
        boxes: list[Any] = []
        text = "".join(self._text(paragraph, notes, boxes))
        before, text, after = around(text)
        number = self._number(paragraph) if text else ""
        level = self._level(paragraph) if text else None
        if level is not None or whole:  # a heading is not cut
            before, text = before + "".join(BREAK.findall(text)), BREAK.sub("", text)
        if not whole:
            yield from [*[PUT] * begins_page(paragraph), *before]
        hashes = "#" * min(6, level + self.raised) + " " if level is not None else ""
        for at, line in enumerate((number + text).split("\n")):
            if line.strip():
                yield (hashes if not at else "") + line
        yield from notes
        for box in boxes:  # text boxes stand beside the paragraph that holds them
            yield from self._blocks(box, 1)
        if not whole:
            yield from [*after, *[PUT] * ends_page(paragraph)]

    def _text(self, element: Any, notes: list[str], boxes: list[Any]) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag in _SKIPPED or not isinstance(tag, str):
                continue
            if tag == f"{_W}t":
                yield child.text or ""
            elif tag in (f"{_W}tab", f"{_W}ptab"):
                yield " "
            elif tag == f"{_W}lastRenderedPageBreak":
                yield DRAWN
            elif tag == f"{_W}br" and child.get(f"{_W}type") == "page":
                yield PUT
            elif tag == f"{_W}cr" or (tag == f"{_W}br" and child.get(f"{_W}type") in (None, "textWrapping")):
                yield "\n"
            elif tag == f"{_W}noBreakHyphen":
                yield "-"
            elif tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
                note = self.notes.get((tag == f"{_W}footnoteReference", child.get(f"{_W}id")))
                if note:
                    notes.append(f"注：{note}")
            elif tag == f"{_W}txbxContent":
                boxes.append(child)
            elif tag == f"{_W}r" and _hidden(child):
                continue
            else:
                yield from self._text(child, notes, boxes)

    def _properties(self, paragraph: Any) -> Iterator[Any]:
        """The paragraph's properties, then those of its style and of the styles that this builds on."""
        own = paragraph.find(f"{_W}pPr")
        style = None
        if own is not None:
            yield own
            style = own.find(f"{_W}pStyle")
        name = style.get(f"{_W}val") if style is not None else None
        for _ in range(20):
            found = self.styles.get(name)
            if found is None:
                return
            yield from found.findall(f"{_W}pPr")
            based = found.find(f"{_W}basedOn")
            name = based.get(f"{_W}val") if based is not None else None

    def _number(self, paragraph: Any) -> str:
        """What Word puts before a paragraph: 一、 （一） 1."""
        number: str | None = None
        level: int | None = None
        for properties in self._properties(paragraph):
            found = properties.find(f"{_W}numPr")
            if found is None:
                continue
            id, indent = found.find(f"{_W}numId"), found.find(f"{_W}ilvl")
            if level is None and indent is not None:
                level = _integer(indent.get(f"{_W}val"))
            if id is not None:
                number = id.get(f"{_W}val")
                break
        style = self._style(paragraph)
        return self.numbering.next(number, level, style) if number is not None else ""

    def _style(self, paragraph: Any) -> str | None:
        own = paragraph.find(f"{_W}pPr")
        style = own.find(f"{_W}pStyle") if own is not None else None
        return style.get(f"{_W}val") if style is not None else None

    def _level(self, paragraph: Any) -> int | None:
        """Level of a heading: 0 for the title, 1 to 9; None for a paragraph of the text."""
        name = self._style(paragraph)
        for _ in range(20):
            style = self.styles.get(name)
            if style is None:
                break
            label = style.find(f"{_W}name")
            called = (label.get(f"{_W}val") or "").lower() if label is not None else ""
            if called in ("title", "标题"):
                return 0
            match = re.fullmatch(r"(?:heading|标题)\s*([1-9])", called)
            if match:
                return int(match[1])
            based = style.find(f"{_W}basedOn")
            name = based.get(f"{_W}val") if based is not None else None
        for properties in self._properties(paragraph):
            outline = properties.find(f"{_W}outlineLvl")
            if outline is not None:
                value = _integer(outline.get(f"{_W}val"))
                return value + 1 if value is not None and 0 <= value < 9 else None
        return None

    def _raised(self) -> int:
        """0 where the only first-level heading is the report's title, else 1, so that one # is a title and nothing else."""
        levels = [level for p in self.body.iter(f"{_W}p") if (level := self._level(p)) is not None] if self.body is not None else []
        return 0 if 0 not in levels and levels[:1] == [1] and levels.count(1) == 1 and len(levels) > 1 else 1

    def _table(self, table: Any, depth: int) -> Iterator[str]:
        cells: list[list[str]] = []
        begun: set[int] = set()  # rows at which a page begins
        header = 0
        prose = False
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue  # of a table inside a cell
            line: list[str] = []
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is not row:
                    continue
                properties = cell.find(f"{_W}tcPr")
                span, merge = _attributes(properties)
                column = len(line)
                if merge and cells and column < len(cells[-1]):
                    text = cells[-1][column]
                else:
                    text = "\n".join(self._blocks(cell, depth + 1)) if depth < 5 else "".join(cell.itertext())
                    text = re.sub(r"(?m)^#+ ", "", text)
                    prose |= len(text) > 400
                line += [text] * min(span, _MOST_COLUMNS - len(line))
            if self.paged and not depth and next(row.iter(f"{_W}lastRenderedPageBreak"), None) is not None:
                begun.add(len(cells))
            marked = row.find(f"{_W}trPr/{_W}tblHeader")
            header += marked is not None and header == len(cells)
            cells.append(line)
        if prose or max(map(len, cells), default=0) < 2:  # a page laid out with a table, or a frame around a text
            for at, line in enumerate(cells):
                yield from [DRAWN] * (at in begun)
                for text in dict.fromkeys(line):
                    yield from (part for part in text.split("\n") if part.strip())
        else:
            made = rows(cells, header or None)
            for pieces, text in zip(made, lines(cells, made), strict=True):
                row_at = max((piece[0] for piece in pieces if not isinstance(piece, str)), default=0)
                passed = {at for at in begun if at <= row_at}
                begun -= passed
                yield from [DRAWN] * len(passed)
                yield text


def _attributes(properties: Any) -> tuple[int, bool]:
    """How many columns a cell covers, and whether it goes on from the row above."""
    if properties is None:
        return 1, False
    span, merge = properties.find(f"{_W}gridSpan"), properties.find(f"{_W}vMerge")
    width = _integer(span.get(f"{_W}val")) if span is not None else 1
    return max(1, min(width or 1, _MOST_COLUMNS)), merge is not None and merge.get(f"{_W}val", "continue") != "restart"


def _notes(document: Any, kind: str) -> dict[tuple[bool, str | None], str]:
    """Text of each footnote or endnote by (is it a footnote, its id)."""
    from docx.oxml import parse_xml

    found: dict[tuple[bool, str | None], str] = {}
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/" + kind) and not relation.is_external:
            part = relation.target_part
            element = getattr(part, "element", None)
            for note in element if element is not None else parse_xml(part.blob):
                if note.get(f"{_W}type") in (None, "normal"):
                    text = "".join(t.text or "" for t in note.iter(f"{_W}t")).strip()
                    found[kind == "footnotes", note.get(f"{_W}id")] = text
    return found


def _hidden(run: Any) -> bool:
    return is_on(run.find(f"{_W}rPr/{_W}vanish"))


def _integer(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"-?\d{1,9}", value, re.ASCII) else None
