"""Word files (.docx) by python-docx: headings by style, numbers as Word counts them, tables as rows, notes under their paragraph.

Tracked changes are read as accepted, fields as their results were stored, symbols of symbol fonts as the signs they draw, formulas in
a line, charts as the values they keep.  Field codes, hidden text, readings above characters and the second copy of a text box are
left out; headers and footers of pages too.  Pages end where Word last drew them to end, or at the breaks that a writer put in where those are all; else a
Word file does not say where.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.load import Left, Raw
from index.readers.apart import bounded
from index.readers.breaks import BREAK, DRAWN, PUT, around, begins_page, ends_page, is_on, known, paged
from index.readers.broken import broken
from index.readers.drawn import chart, diagram
from index.readers.numbering import Numbering
from index.readers.omml import linear
from index.readers.package import OLE, size
from index.readers.symbols import LOWERED, RAISED, is_code, is_symbols, sign
from index.readers.table import lines, rows

if TYPE_CHECKING:
    from docx.document import Document

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}chart"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_SKIPPED = {f"{_W}{tag}" for tag in ("del", "moveFrom", "delText", "rPr", "pPr", "fldData", "rt", "rubyPr", "sdtPr", "tblPr")} | {f"{_MC}Fallback"}
_GROUPS = {f"{_W}{tag}" for tag in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "body")}
_SOFT = "\u2028"  # a line that ends inside a paragraph
_UNREAD = {f"{_W}altChunk": "嵌入的另一份文档", f"{_W}object": "嵌入的对象", f"{_W}control": "窗体控件",
           "{http://schemas.microsoft.com/office/drawing/2014/chartex}chart": "新式图表"}
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
        text = paged("\n".join(reader.lines()))
    return Raw(text, marked=True, warnings=reader.warnings(), left=tuple(reader.left), paragraphs=True)


class _Reader:
    """One pass over a document, with the counters that its numbering needs."""

    def __init__(self, document: Document) -> None:
        self.body = document.element.body
        self.part = document.part
        self.fields: list[str] = []  # where reading stands in each field that is open: code, result
        self.codes: list[str] = []  # their codes
        self.unread: Counter[str] = Counter()  # what could not be read → how often
        self.left: list[Left] = []
        self.styles: dict[str | None, Any] = {style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")}
        try:
            numbering = document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # a document without lists
            numbering = None
        self.numbering = Numbering(numbering)
        self.notes = {**_notes(document, "footnotes"), **_notes(document, "endnotes")}
        self.raised = self._raised()
        self.paged = known(document)

    def warnings(self) -> tuple[str, ...]:
        """What of the document is not in its lines."""
        return tuple(f"有 {count} 处{what}没有读出：请在 Word、WPS 里核对" for what, count in self.unread.items())

    def lines(self) -> Iterator[str]:
        if self.body is not None:
            yield from self._blocks(self.body, depth=0)

    def _blocks(self, parent: Any, depth: int) -> Iterator[str]:
        begun: list[Any] = []  # paragraphs whose end was deleted: the next one goes on with their text
        for child in parent:
            if child.tag == f"{_W}p":
                if child.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None and child.getnext() is not None and child.getnext().tag == f"{_W}p":
                    begun.append(child)
                    continue
                yield from self._paragraph(child, depth > 0 or not self.paged, begun)
                begun = []
            elif child.tag == f"{_W}tbl":
                yield from self._table(child, depth)
            elif child.tag in _GROUPS:
                yield from self._blocks(child, depth)
            elif child.tag in _UNREAD:
                self.unread[_UNREAD[child.tag]] += 1

    def _paragraph(self, paragraph: Any, whole: bool, begun: Sequence[Any] = ()) -> Iterator[str]:
        notes: list[str] = []
        boxes: list[Any] = []
        text = "".join(part for each in (*begun, paragraph) for part in self._text(each, notes, boxes))
        while self.fields and self.fields[-1] == "code":  # a code never ends in another paragraph, unless the file is damaged
            self.fields.pop()
            self.codes.pop()
        paragraph = begun[0] if begun else paragraph
        before, text, after = around(text)
        number = self._number(paragraph) if text else ""
        level = self._level(paragraph) if text else None
        if level is not None or whole:  # a heading is not cut
            before, text = before + "".join(BREAK.findall(text)), BREAK.sub("", text)
        if not whole:
            yield from [*[PUT] * begins_page(paragraph), *before]
        hashes = "#" * min(6, level + self.raised) + " " if level is not None else ""
        if text.strip():
            yield hashes + number + text
        yield from notes
        for box in boxes:  # what is drawn stands beside the paragraph that holds it
            yield from [box] if isinstance(box, str) else self._blocks(box, 1)
        if not whole:
            yield from [*after, *[PUT] * ends_page(paragraph)]

    def _text(self, element: Any, notes: list[str], boxes: list[Any]) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag in _SKIPPED or not isinstance(tag, str):
                if tag == f"{_W}rt":
                    self._leave("注音", child)
                continue
            if tag == f"{_W}r":
                yield from self._run(child, notes, boxes)
            elif tag == f"{_W}instrText":
                if self.codes:
                    self.codes[-1] += child.text or ""
            elif tag == f"{_W}fldChar":
                yield from self._field(child)
            elif "code" in self.fields:
                self._leave("域代码", child)
            elif tag == f"{_W}t":
                yield child.text or ""
            elif tag in (f"{_W}tab", f"{_W}ptab"):
                yield " "
            elif tag == f"{_W}lastRenderedPageBreak":
                yield DRAWN
            elif tag == f"{_W}br" and child.get(f"{_W}type") == "page":
                yield PUT
            elif tag == f"{_W}cr" or (tag == f"{_W}br" and child.get(f"{_W}type") in (None, "textWrapping")):
                yield _SOFT
            elif tag == f"{_W}noBreakHyphen":
                yield "-"
            elif tag == f"{_W}sym":
                yield self._symbol(child.get(f"{_W}font"), child.get(f"{_W}char"))
            elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
                yield linear(child)
            elif tag in (f"{_W}footnoteReference", f"{_W}endnoteReference"):
                note = self.notes.get((tag == f"{_W}footnoteReference", child.get(f"{_W}id")))
                told = "".join(self._text(note, [], [])).strip() if note is not None and len(notes) < _MOST_NOTES else ""
                if told:
                    notes.append(f"注：{told}")
            elif tag == f"{_W}txbxContent":
                boxes.append(child)
            elif tag in (_CHART, _DIAGRAM):
                boxes += self._drawn(child)
            elif tag == f"{_A}p":
                boxes.append("".join(t.text or "" for t in child.iter(f"{_A}t")))
            elif tag == f"{_W}sdt" and (box := child.find(f"{_W}sdtPr/{_W14}checkbox")) is not None and not _holds_text(child):
                yield "☑" if is_on_as(box.find(f"{_W14}checked")) else "□"
            else:
                if tag in _UNREAD:
                    self.unread[_UNREAD[tag]] += 1
                yield from self._text(child, notes, boxes)

    def _run(self, run: Any, notes: list[str], boxes: list[Any]) -> Iterator[str]:
        """Text of a run; raised and lowered digits as such, so that no mark of a footnote reads as a figure's digit."""
        look = self._look(run)
        if look.hidden:
            self._leave("隐藏", run)
            return
        for part in self._text(run, notes, boxes):
            if look.symbols is not None:
                codes = [c for c in part if is_code(c)]  # Chinese among them is drawn in another font
                self.left.append(Left(0, "符号的代码", "".join(codes)))
                yield "".join(self._symbol(look.symbols, f"{ord(c):x}") if is_code(c) else c for c in part)
            elif any("\uf020" <= c <= "\uf0ff" for c in part):  # a code of a symbol font, which the run does not name
                yield "".join(self._symbol(None, f"{ord(c):x}") if "\uf020" <= c <= "\uf0ff" else c for c in part)
            else:
                yield part.translate(look.table) if look.table else part

    def _leave(self, kind: str, element: Any) -> None:
        text = "".join(t.text or "" for t in element.iter(f"{_W}t"))
        if text.strip():
            self.left.append(Left(0, kind, text))

    def _look(self, run: Any) -> _Look:
        """How a run is drawn, by its own properties and by its style's."""
        own = run.find(f"{_W}rPr")
        if own is None:
            return _PLAIN
        hidden = raised = None
        fonts = own.find(f"{_W}rFonts")
        font = (fonts.get(f"{_W}ascii") or fonts.get(f"{_W}hAnsi")) if fonts is not None else None
        for properties in (own, *self._character_style(own)):
            if hidden is None and (found := properties.find(f"{_W}vanish")) is not None:
                hidden = is_on(found)
            if raised is None and (found := properties.find(f"{_W}vertAlign")) is not None:
                raised = found.get(f"{_W}val")
        table = {"superscript": RAISED, "subscript": LOWERED}.get(raised or "")
        return _Look(bool(hidden), font if is_symbols(font) else None, table)

    def _character_style(self, own: Any) -> Iterator[Any]:
        style = own.find(f"{_W}rStyle")
        found = self.styles.get(style.get(f"{_W}val")) if style is not None else None
        if found is not None:
            yield from found.findall(f"{_W}rPr")

    def _symbol(self, font: str | None, code: str | None) -> str:
        try:
            drawn = sign(font, int(code or "", 16))
        except ValueError:
            drawn = None
        if drawn is None:
            self.unread[f"符号（{font or '未注明'} 字体）"] += 1
            return ""
        return drawn

    def _field(self, mark: Any) -> Iterator[str]:
        """A field's code is left out and its result read; check boxes, lists and formulas of fields show themselves without one."""
        kind = mark.get(f"{_W}fldCharType")
        if kind == "begin":
            shown = "code" not in self.fields
            self.fields.append("code")
            self.codes.append("")
            data = mark.find(f"{_W}ffData")
            box = data.find(f"{_W}checkBox") if data is not None else None
            if box is not None and shown:
                ticked = box.find(f"{_W}checked")
                yield "☑" if is_on(ticked if ticked is not None else box.find(f"{_W}default")) else "□"
            listed = data.find(f"{_W}ddList") if data is not None else None
            if listed is not None and shown:
                chosen = listed.find(f"{_W}result")
                at = _integer(chosen.get(f"{_W}val")) if chosen is not None else 0
                entries = listed.findall(f"{_W}listEntry")
                yield entries[at].get(f"{_W}val", "") if at is not None and 0 <= at < len(entries) else ""
        elif kind == "separate" and self.fields:
            self.fields[-1] = "result"
        elif kind == "end" and self.fields:
            code = self.codes.pop()
            if self.fields.pop() == "code" and "code" not in self.fields and re.match(r"\s*eq\s", code, re.I):
                yield equation(code)

    def _drawn(self, place: Any) -> list[str]:
        """The words and values of a chart or a diagram."""
        is_chart = place.tag == _CHART
        part = self.part.related_parts.get(place.get(f"{_R}id" if is_chart else f"{_R}dm"))
        found = None
        if part is not None:
            root = getattr(part, "element", None)
            found = (chart if is_chart else diagram)(root if root is not None else parse(part.blob))
        if not found:
            self.unread["图表" if is_chart else "SmartArt 图形"] += 1
        return found or []

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
        nested: dict[int, list[str]] = {}  # row → lines of the tables inside its cells
        header = 0
        prose = False
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue  # of a table inside a cell
            if row.find(f"{_W}trPr/{_W}del") is not None:
                self._leave("删除的行", row)
                continue
            line = [""] * min(_before(row), _MOST_COLUMNS)
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is not row:
                    continue
                properties = cell.find(f"{_W}tcPr")
                span, merge, aside = _attributes(properties)
                column = len(line)
                if merge and cells and column < len(cells[-1]):
                    text = cells[-1][column]
                elif aside and line:
                    text = line[-1]
                else:
                    text, inner = self._cell(cell, depth)
                    nested.setdefault(len(cells), []).extend(inner)
                    prose |= len(text) > 400
                line += [text] * min(span, _MOST_COLUMNS - len(line))
            if self.paged and not depth and next(row.iter(f"{_W}lastRenderedPageBreak"), None) is not None:
                begun.add(len(cells))
            marked = row.find(f"{_W}trPr/{_W}tblHeader")
            header += marked is not None and is_on(marked) and header == len(cells)
            cells.append(line)
        if prose or max(map(len, cells), default=0) < 2:  # a page laid out with a table, or a frame around a text
            for at, line in enumerate(cells):
                yield from [DRAWN] * (at in begun)
                for text in dict.fromkeys(line):
                    yield from (part for part in text.split("\n") if part.strip())
                yield from nested.get(at, [])
            return
        made = rows(cells, header or None)
        for pieces, text in zip(made, lines(cells, made), strict=True):
            row_at = max((piece[0] for piece in pieces if not isinstance(piece, str)), default=0)
            passed = {at for at in begun if at <= row_at}
            begun -= passed
            yield from [DRAWN] * len(passed)
            yield text
            for at in sorted(at for at in nested if at <= row_at):
                yield from nested.pop(at)
        for at in sorted(nested):
            yield from nested[at]

    def _cell(self, cell: Any, depth: int) -> tuple[str, list[str]]:
        """A cell's text, and the lines of the tables inside it."""
        if depth >= 5:
            return "".join(t.text or "" for t in cell.iter(f"{_W}t")), []
        inner: list[str] = []
        own: list[str] = []
        for child in cell:
            if child.tag == f"{_W}tbl":
                inner += self._table(child, depth + 1)
            else:
                own += self._blocks([child], depth + 1)
        return re.sub(r"(?m)^#+ ", "", "\n".join(own)), inner


@dataclass(frozen=True)
class _Look:
    """How a run is drawn."""

    hidden: bool = False
    symbols: str | None = None  # a font of symbols
    table: dict[int, int] | None = None  # raised or lowered: its small characters


_PLAIN = _Look()
_MOST_NOTES = 1000  # of a paragraph


def _before(row: Any) -> int:
    """How many columns later a row begins than the table."""
    found = row.find(f"{_W}trPr/{_W}gridBefore")
    return max(0, _integer(found.get(f"{_W}val")) or 0) if found is not None else 0


def _attributes(properties: Any) -> tuple[int, bool, bool]:
    """How many columns a cell covers, and whether it goes on from the row above, or from the cell on its left."""
    if properties is None:
        return 1, False, False
    span, merge, aside = (properties.find(f"{_W}{tag}") for tag in ("gridSpan", "vMerge", "hMerge"))
    width = _integer(span.get(f"{_W}val")) if span is not None else 1
    down, across = (found is not None and found.get(f"{_W}val", "continue") != "restart" for found in (merge, aside))
    return max(1, min(width or 1, _MOST_COLUMNS)), down, across


def _notes(document: Any, kind: str) -> dict[tuple[bool, str | None], Any]:
    """Each footnote or endnote by (is it a footnote, its id)."""
    found: dict[tuple[bool, str | None], Any] = {}
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/" + kind) and not relation.is_external:
            part = relation.target_part
            element = getattr(part, "element", None)
            for note in element if element is not None else parse(part.blob):
                if note.get(f"{_W}type") in (None, "normal"):
                    found[kind == "footnotes", note.get(f"{_W}id")] = note
    return found


def parse(xml: bytes) -> Any:
    """A part of a package that python-docx does not parse itself."""
    from docx.oxml import parse_xml

    return parse_xml(xml)


def _holds_text(control: Any) -> bool:
    content = control.find(f"{_W}sdtContent")
    return content is not None and next(content.iter(f"{_W}t", f"{_W}sym"), None) is not None


def is_on_as(flag: Any) -> bool:
    """Whether a property of Word 2010 is there and not switched off."""
    return flag is not None and flag.get(f"{_W14}val", "true") not in ("0", "false", "off")


def equation(code: str) -> str:
    """What an EQ field draws, in a line: \\f(1,2) → 1/2, \\o\\ac(○,1) → 1 in a circle."""
    body = re.sub(r"^\s*eq\s+", "", code, flags=re.I)
    body = re.sub(r"\\f\s*\(([^(),，;；]*)[,，;；]([^()]*)\)", r"\1/\2", body, flags=re.I)
    circled = re.compile(r"\\o(?:\\a[clr])?\s*\([○〇◯]?\s*[,，;；]\s*(\d{1,2})\)", re.I)
    body = circled.sub(lambda match: chr(0x2460 + int(match[1]) - 1) if 1 <= int(match[1]) <= 20 else f"({match[1]})", body)
    body = re.sub(r"\\s\\up\d*\s*\(([^()]*)\)", lambda match: match[1].translate(RAISED), body, flags=re.I)
    body = re.sub(r"\\s\\do\d*\s*\(([^()]*)\)", lambda match: match[1].translate(LOWERED), body, flags=re.I)
    return re.sub(r"\\(?:[a-z]{1,4}\d*|\*[^\\]*)", "", body, flags=re.I).strip()


def _integer(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"-?\d{1,9}", value, re.ASCII) else None
