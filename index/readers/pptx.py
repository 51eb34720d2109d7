"""Presentations (.pptx, and .ppt and .dps through LibreOffice) by python-pptx: a page a slide; its title, texts, tables, charts, diagrams, notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.load import Left, Raw
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.drawn import chart, diagram
from index.readers.office import converted
from index.readers.omml import linear
from index.readers.package import OLE, size
from index.readers.symbols import LOWERED, RAISED, is_code, is_symbols, sign
from index.readers.table import lines, rows
from index.types import LoadError

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_FURNITURE = {"ftr", "dt", "sldNum", "hdr"}  # kinds of placeholders
_DEEPEST = 20  # groups inside groups
_SOFT = "\u2028"


def pptx(path: Path) -> Raw:
    """Text of a presentation; hidden slides are left out and said."""
    with path.open("rb") as file:
        head = file.read(8)
    if head == OLE:
        return converted(path, "pptx", pptx)
    if not head.startswith(b"PK\x03\x04"):
        raise LoadError(f"{path.name}：不是演示文稿。请检查后缀是否与内容一致。")
    return bounded(_presentation, path, size(path, "PowerPoint"))


def _presentation(path: Path) -> Raw:
    from pptx import Presentation

    warnings: list[str] = []
    left: list[Left] = []
    pages: list[str] = []
    with broken(path.name, "演示文稿"):
        for number, slide in enumerate(Presentation(str(path)).slides, 1):
            if slide._element.get("show") in ("0", "false"):
                warnings.append(f"第 {number} 张幻灯片是隐藏的，没有收入")
                left.append(Left(number, "隐藏", "\n".join(_paragraphs(slide._element))))
                pages.append("")
            else:
                pages.append("\n".join(_slide(slide, number, warnings, left)))
    return Raw("\n\f".join(pages), marked=True, warnings=tuple(warnings), left=tuple(left), paragraphs=True)


def _slide(slide: Any, number: int, warnings: list[str], left: list[Left]) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None and (text := " ".join(" ".join(_paragraphs(title._element)).split())):
        yield f"## {text}"
    for shape in sorted(slide.shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if title is None or shape._element is not title._element:
            yield from _shape(shape, number, warnings, left, 0)
    for newer in slide.shapes._spTree.iter(f"{_MC}Choice"):  # what python-pptx passes over: drawings of later versions
        yield from _paragraphs(newer)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield from (f"备注：{text}" for text in _paragraphs(frame._txBody))


def _shape(shape: Any, number: int, warnings: list[str], left: list[Left], depth: int) -> Iterator[str]:
    element = shape._element
    named = next(element.iter(f"{_P}cNvPr"), None)
    if named is not None and named.get("hidden") in ("1", "true"):
        warnings.append(f"第 {number} 张幻灯片上隐藏的“{named.get('name', '')}”没有收入")
        left.append(Left(number, "隐藏", "\n".join(_paragraphs(element))))
        return
    place = element.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    if place is not None and place.get("type") in _FURNITURE:
        left.append(Left(number, "页眉页脚", "\n".join(t.text or "" for t in element.iter(f"{_A}t"))))
        return
    if element.tag == f"{_P}grpSp":
        if depth < _DEEPEST:
            for inner in sorted(shape.shapes, key=lambda each: (each.top or 0, each.left or 0)):
                yield from _shape(inner, number, warnings, left, depth + 1)
    elif getattr(shape, "has_table", False):
        yield from _table(shape.table)
    elif getattr(shape, "has_chart", False):
        yield from chart(shape.chart._chartSpace) or _unread(number, "图表", warnings)
    elif (drawn := next(element.iter(_DIAGRAM), None)) is not None:
        part = shape.part.related_part(drawn.get(f"{_R}dm"))
        yield from diagram(_tree(part.blob)) or _unread(number, "SmartArt 图形", warnings)
    else:
        yield from _paragraphs(element)


def _unread(number: int, what: str, warnings: list[str]) -> list[str]:
    warnings.append(f"第 {number} 张幻灯片上的{what}没有读出：请在 PowerPoint、WPS 里核对")
    return []


def _table(table: Any) -> list[str]:
    cells = [["\n".join(_paragraphs(cell._tc)) for cell in row.cells] for row in table.rows]
    for at, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            if cell.is_merge_origin:
                for down in range(at, min(len(cells), at + cell.span_height)):
                    cells[down][column:column + cell.span_width] = [cells[at][column]] * len(cells[down][column:column + cell.span_width])
    marked = 1 if table.first_row and len(cells) > 1 else None
    return lines(cells, rows(cells, marked))


def _paragraphs(element: Any) -> Iterator[str]:
    for paragraph in element.iter(f"{_A}p"):
        text = "".join(_text(paragraph)).strip()
        if text:
            yield text


def _text(element: Any) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in (f"{_A}r", f"{_A}fld"):
            if child.get("type", "").startswith(("slidenum", "datetime")):
                continue
            yield _run(child)
        elif tag == f"{_A}br":
            yield _SOFT
        elif tag in (f"{_M}oMath", f"{_M}oMathPara"):
            yield linear(child)
        elif isinstance(tag, str) and not tag.endswith(("Pr", "Fallback")):
            yield from _text(child)


def _run(run: Any) -> str:
    """A run's characters, raised and lowered digits as such, codes of symbol fonts as the signs they draw."""
    text = run.findtext(f"{_A}t") or ""
    look = run.find(f"{_A}rPr")
    if look is None:
        return text
    font = next((each.get("typeface") for each in look if each.tag in (f"{_A}sym", f"{_A}latin") and is_symbols(each.get("typeface"))), None)
    if font:
        return "".join(sign(font, ord(c)) or "" if is_code(c) else c for c in text)
    raised = look.get("baseline", "0")
    return text.translate(LOWERED if raised.startswith("-") else RAISED) if raised.strip("-0%") else text


def _tree(xml: bytes) -> Any:
    from lxml import etree  # type: ignore[import-untyped]

    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
