"""OFD, the format of government documents (GB/T 33190-2016): text objects of each page, in reading order, ruled tables as rows.

Every text code says where each of its characters stands; the template pages that a page names are drawn beneath it.  Pages that
are pictures go to `ocr`.
"""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from index import limits
from index.load import Left, Raw
from index.readers import ocr
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.grid import Stroke, Table
from index.readers.layout import Box, Line, Mark, quarter
from index.readers.overlay import HIDDEN, WATERMARK, Run, parted, said, unseen, watermarks
from index.readers.overprint import once
from index.readers.package import checked, size
from index.readers.printed import Printed, furniture, numbers, printed_of, text
from index.readers.raised import raised
from index.readers.sheet import sheet
from index.types import LoadError

if TYPE_CHECKING:
    from zipfile import ZipFile

_POINT = 72 / 25.4  # to a millimetre
_A4 = (0.0, 0.0, 210.0, 297.0)  # millimetres
_DEPTH = 4  # graphic units within one another
_OUTLINED = 50  # paths of a page without text that more than rules and frames make
_REMARK = "批注："  # before what is noted and not printed with the text


@dataclass
class _Page:
    """What is drawn on a page, in points from its top left corner."""

    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)  # of the baseline of each mark, growing upwards as it is read
    strokes: list[Stroke] = field(default_factory=list)
    pictures: list[tuple[str, Box]] = field(default_factory=list)  # entry of the zip, where it is shown
    paths: int = 0
    hidden: list[Mark] = field(default_factory=list)  # set to be invisible
    watermarks: list[str] = field(default_factory=list)  # annotations that say that they are
    remarks: list[str] = field(default_factory=list)

    @property
    def scanned(self) -> bool:
        """Whether a picture is all there is, but for what a scanner may have written on it."""
        return self.large if self.marks else bool(self.pictures)

    @property
    def large(self) -> bool:
        """Whether a picture takes up most of a page with few characters."""
        large = any((right - left) * (bottom - top) >= 0.5 * self.width * self.height for _, (left, top, right, bottom) in self.pictures)
        return large and len(self.marks) <= ocr.STAMP


def ofd(path: Path) -> Raw:
    """Text of an OFD, a form feed after each page."""
    return bounded(_document, path, size(path, "OFD"))


@dataclass
class _Read:
    """A page of which it is not yet known what of the writing across it is a watermark."""

    lines: list[Line]
    height: float
    across: list[Run]


def _document(path: Path) -> Raw:
    pages: list[_Read] = []
    empty: list[int] = []
    outlined: list[int] = []
    under: list[int] = []
    scanned: dict[int, _Page] = {}
    left: list[Left] = []
    characters = 0
    above: Table | None = None
    with checked(path, "OFD") as package:
        for number, page in enumerate(_pages(_Files(package, path.name))):
            if number >= limits.PAGES:
                raise LoadError(f"{path.name}：超过上限 {limits.PAGES:,} 页。请拆分后再加入。")
            if page.large and len(page.hidden) > ocr.STAMP:  # what a program recognised in a scan, laid under it
                page.marks, page.hidden, page.heights = page.hidden, page.marks, []
                under.append(number)
            elif page.scanned:
                scanned[number] = page
            elif not page.marks:
                (outlined if page.paths >= _OUTLINED else empty).append(number)
            characters += len(page.marks)
            if characters > limits.CHARACTERS:
                raise LoadError(f"{path.name}：超过上限 {limits.CHARACTERS:,} 字。请拆分后再加入。")
            marks, doubled = once(raised(page.marks, page.heights) if page.heights else page.marks)
            marks, across = parted(marks)
            lines, above = sheet(marks, page.strokes, (page.width, page.height), above)
            lines += [Line(_REMARK + text, [None] * (len(_REMARK) + len(text)), (0, 0, 0, page.height), indent=8) for text in page.remarks]
            pages.append(_Read(lines, page.height, across))
            left += [Left(number + 1, kind, text) for kind, text in (("重印", doubled), (HIDDEN, "".join(mark.text for mark in page.hidden))) if text]
            left += [Left(number + 1, WATERMARK, text) for text in page.watermarks]
    if not scanned and len(empty) + len(outlined) == len(pages):
        raise LoadError(f"{path.name}：{len(pages)} 页都没有文字，也没有图片。请用原来的软件打开、另存为 PDF 再加入。")
    marked = watermarks([page.across for page in pages])
    left += [Left(number + 1, WATERMARK, run.text) for number, page in enumerate(pages) for run in page.across if run.text in marked]
    sheets = [[Printed.of(line, page.height) for line in _lines(page, marked)] for page in pages]
    warnings = [f"{numbers(empty)}没有文字，没有读入。"] if empty else []
    warnings += [f"{numbers(outlined)}的字是画成线条的，没有读入。请用原来的软件导出带文字的文件。"] if outlined else []
    warnings += [f"{numbers(under)}是图片，读的是图片下面隐藏的文字层，请核对原件。"] if under else []
    warnings += said([(each.page - 1, each.text) for each in left if each.kind == WATERMARK])
    hidden = sorted({each.page - 1 for each in left if each.kind == HIDDEN and each.page - 1 not in under})
    warnings += [unseen(hidden)] if hidden else []
    warnings += _recognised(path, sheets, scanned)
    left += [Left(number + 1, "页眉页脚", line.text) for number, line in furniture(sheets)]
    return Raw(text(sheets), warnings=tuple(warnings), left=tuple(left))


def _lines(page: _Read, marked: frozenset[str]) -> list[Line]:
    slanted = [run.line() for run in page.across if run.slanted and run.text not in marked]
    return [*page.lines, *slanted]


def _recognised(path: Path, sheets: list[list[Printed]], scanned: dict[int, _Page]) -> list[str]:
    """Puts what is read off pictures into the sheets; gives the warnings."""
    if not scanned:
        return []
    ocr.allow(path.name, list(scanned), any(sheets))
    if not ocr.available():
        return [ocr.unread(list(scanned))]
    jobs = [{"width": page.width, "height": page.height, "pictures": page.pictures} for page in scanned.values()]
    found, doubtful = ocr.pictures_of(path, jobs)
    for number, lines in zip(scanned, found, strict=True):
        sheets[number] = ocr.richer(sheets[number], printed_of(lines))
    if not any(sheets):
        raise LoadError(f"{path.name}：{len(sheets)} 页都是图片，没有认出文字。请换更清晰的扫描件，或另存为 PDF 再加入。")
    order = list(scanned)
    return ocr.remarks(order, [order[at] for at in doubtful], [number for number in order if not sheets[number]])


class _Files:
    """The XML inside an OFD; what is parsed over and over counts over and over."""

    def __init__(self, package: ZipFile, name: str) -> None:
        self._package = package
        self.name = name
        self._entries = {entry.filename.lower(): entry for entry in package.infolist()}
        self._left = limits.ZIP_BYTES

    def __contains__(self, entry: str) -> bool:
        return entry.lower() in self._entries

    def xml(self, entry: str) -> Element:
        from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

        found = self._entries.get(entry.lower())
        if found is None:
            raise LoadError(f"{self.name}：OFD 里缺少 {entry}。请用原来的软件打开、另存后再加入。")
        self._left -= found.file_size
        if self._left < 0:
            raise LoadError(f"{self.name}：要解析的内容超过上限 {limits.ZIP_BYTES // limits.MIB} MiB。请拆分后再加入。")
        with broken(self.name, "OFD 文件"):
            root: Element = fromstring(self._package.read(found), forbid_dtd=True)
        return root


def _pages(files: _Files) -> Iterator[_Page]:
    """Each page of each document: its templates drawn first, its annotations last."""
    for body in _all(files.xml("OFD.xml"), "DocRoot"):
        root = _joined("", (body.text or "").strip())
        document = files.xml(root)
        usual = _box(document, _A4)
        templates = {template.get("ID"): _joined(root, template.get("BaseLoc", "")) for template in _all(document, "TemplatePage")}
        media = _resources(files, root, document)
        notes = _annotations(files, root, document)
        for listed in _all(document, "Page"):
            entry = _joined(root, listed.get("BaseLoc", ""))
            content = files.xml(entry)
            left, top, right, bottom = _box(content, usual)
            page = _Page((right - left) * _POINT, (bottom - top) * _POINT)
            drawing = _Drawing(page, media.with_more(_resources(files, entry, content)), files.name)
            for used in _all(content, "Template"):
                if used.get("TemplateID") in templates:
                    drawing.draw(files.xml(templates[used.get("TemplateID")]))
            drawing.draw(content)
            for place in notes.get(listed.get("ID"), ()):
                _annotate(drawing, files.xml(place))
            yield page


def _annotations(files: _Files, root: str, document: Element) -> dict[str | None, list[str]]:
    """Entries that hold the annotations of each page, by its ID."""
    found: dict[str | None, list[str]] = {}
    for listed in _all(document, "Annotations"):
        place = _joined(root, (listed.text or "").strip())
        for page in _all(files.xml(place), "Page") if place in files else ():
            entries = [_joined(place, (file.text or "").strip()) for file in _all(page, "FileLoc")]
            found.setdefault(page.get("PageID"), []).extend(entry for entry in entries if entry in files)
    return found


def _annotate(drawing: _Drawing, root: Element) -> None:
    """What is stamped and noted on a page; a watermark is named and not read."""
    for note in _all(root, "Annot"):
        shown = note.get("Visible", "true").lower() not in ("false", "0")
        page = drawing.page
        if note.get("Type") == "Watermark":
            page.watermarks += [code.text for code in _all(note, "TextCode") if code.text]
            continue
        for appearance in _all(note, "Appearance"):
            left, top, *_ = [*_numbers(appearance.get("Boundary")), 0.0, 0.0]
            drawing.draw(appearance, (1.0, 0.0, 0.0, 1.0, left, top), shown)
        remark = " ".join(" ".join((item.text or "").split()) for item in _all(note, "Remark")).strip()
        if shown and remark and "".join(remark.split()) not in "".join(mark.text for mark in page.marks):
            page.remarks.append(remark)


@dataclass(frozen=True)
class _Resources:
    """What a document or page names to draw with, by its ID."""

    media: dict[str | None, str] = field(default_factory=dict)  # entry of a picture
    units: dict[str | None, Element] = field(default_factory=dict)  # what a composite object draws

    def with_more(self, more: _Resources) -> _Resources:
        return _Resources({**self.media, **more.media}, {**self.units, **more.units})


def _resources(files: _Files, at: str, root: Element) -> _Resources:
    """From the resource lists that a document or a page names."""
    found = _Resources()
    for name in ("PublicRes", "DocumentRes", "PageRes"):
        for listed in _all(root, name):
            place = _joined(at, (listed.text or "").strip())
            if place not in files:
                continue  # fonts and pictures: the text is there without them
            resources = files.xml(place)
            folder = posixpath.join(resources.get("BaseLoc", ""), "")
            for item in _all(resources, "MultiMedia"):
                file = next((file.text or "" for file in _all(item, "MediaFile")), "").strip()
                found.media[item.get("ID")] = _joined(place, file if file.startswith("/") else folder + file)
            found.units.update({item.get("ID"): item for item in _all(resources, "CompositeGraphicUnit")})
    return found


_Matrix = tuple[float, float, float, float, float, float]  # as CTM: x' = ax + cy + e, y' = bx + dy + f
_AS_IS: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass
class _Drawing:
    """A page as it is drawn, from what a document and a page name to draw with."""

    page: _Page
    resources: _Resources
    name: str  # of the file

    def draw(self, root: Element, within: _Matrix = _AS_IS, shown: bool = True, depth: int = 0) -> None:
        """All objects below an element, where `within` puts them; what is not `shown` is kept apart."""
        page = self.page
        for item in root:
            tag = item.tag.rpartition("}")[2] if isinstance(item.tag, str) else ""
            seen = shown and _shown(item)
            if tag == "TextObject":
                for mark, height in _marks(item, within):
                    (page.marks if seen else page.hidden).append(mark)
                    if seen:
                        page.heights.append(height)
            elif tag == "PathObject" and seen:
                page.paths += 1
                page.strokes += _strokes(item, within)
            elif tag == "ImageObject" and seen and item.get("ResourceID") in self.resources.media:
                left, top, width, height = [*_numbers(item.get("Boundary")), 0.0, 0.0, 0.0, 0.0][:4]
                corners = [_put(within, left, top), _put(within, left + width, top + height)]
                page.pictures.append((self.resources.media[item.get("ResourceID")], _around(corners)))
            elif tag == "CompositeObject" and depth < _DEPTH:
                unit = self.resources.units.get(item.get("ResourceID"))
                if unit is not None:
                    self.draw(unit, _placed(within, item), seen, depth + 1)
            else:
                self.draw(item, within, seen, depth)
            if max(len(page.marks), len(page.hidden), len(page.strokes)) > limits.PAGE_MARKS:
                raise LoadError(f"{self.name}：一页上的字符或线条超过上限 {limits.PAGE_MARKS:,} 个。请另存后再加入。")


def _shown(item: Element) -> bool:
    """Whether an object can be seen: not switched off, nor wholly transparent, nor set without ink."""
    if item.get("Visible", "true").lower() in ("false", "0") or _numbers(item.get("Alpha")) == [0.0]:
        return False
    fill = next((child for child in item if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == "FillColor"), None)
    if fill is not None and _numbers(fill.get("Alpha")) == [0.0]:
        return False
    filled, stroked = (item.get(name, usual).lower() in ("true", "1") for name, usual in (("Fill", "true"), ("Stroke", "false")))
    return filled or stroked or not item.get("Size")  # only text is filled unless it says otherwise


def _placed(within: _Matrix, item: Element) -> _Matrix:
    """Where the inside of an object stands: its own matrix, in its `Boundary`, in what holds it."""
    left, top, *_ = [*_numbers(item.get("Boundary")), 0.0, 0.0]
    a, b, c, d, e, f = _matrix(item)
    x, y = _put(within, left + e, top + f)
    return (within[0] * a + within[2] * b, within[1] * a + within[3] * b, within[0] * c + within[2] * d, within[1] * c + within[3] * d, x, y)


def _put(matrix: _Matrix, x: float, y: float) -> tuple[float, float]:
    return matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]


def _around(points: Sequence[tuple[float, float]]) -> Box:
    """The box around some points, from millimetres."""
    xs, ys = [x * _POINT for x, _ in points], [y * _POINT for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _strokes(item: Element, within: _Matrix) -> Iterator[Stroke]:
    """Level and upright straight lines of a path object: M begins, L goes on, C closes."""
    matrix = _placed(within, item)
    for path in _all(item, "AbbreviatedData"):
        start = last = None
        for command, given in re.findall(r"([A-Za-z])([^A-Za-z]*)", (path.text or "")[:100_000]):
            values = _numbers(given)
            point = _put(matrix, values[-2], values[-1]) if len(values) >= 2 else start
            if command in "MS":
                start = point
            elif command in "LC" and last is not None and point is not None:
                box = min(last[0], point[0]), min(last[1], point[1]), max(last[0], point[0]), max(last[1], point[1])
                if box[2] - box[0] <= 0.4 or box[3] - box[1] <= 0.4:
                    yield tuple(value * _POINT for value in box)  # type: ignore[misc]
            last = point


def _matrix(item: Element) -> _Matrix:
    matrix = _numbers(item.get("CTM"))
    return tuple(matrix) if len(matrix) == 6 else _AS_IS  # type: ignore[return-value]


def _marks(item: Element, within: _Matrix) -> Iterator[tuple[Mark, float]]:
    """Characters of a text object, with the height of their baseline, growing upwards as they are read.

    `Boundary` is its box on the page, X and Y the baseline inside it, after the matrix CTM; `CharDirection` turns each character,
    `ReadDirection` says in which direction they follow one another where no steps do.
    """
    matrix = _placed(within, item)
    size = next(iter(_numbers(item.get("Size"))), 4.0) or 4.0
    wide = size * (next(iter(_numbers(item.get("HScale"))), 1.0) or 1.0)
    turn = math.radians(next(iter(_numbers(item.get("CharDirection"))), 0.0))
    onward = math.radians(next(iter(_numbers(item.get("ReadDirection"))), 0.0))
    # the directions along and down a character, on the page
    along = _put((*matrix[:4], 0.0, 0.0), math.cos(turn), math.sin(turn))
    down = _put((*matrix[:4], 0.0, 0.0), -math.sin(turn), math.cos(turn))
    turned = math.degrees(math.atan2(along[1], along[0])) % 360
    tall = size * (math.hypot(*down) or 1.0) * _POINT
    x = y = 0.0
    for code in _all(item, "TextCode"):
        x = next(iter(_numbers(code.get("X"))), x)
        y = next(iter(_numbers(code.get("Y"))), y)
        across, below = _steps(code.get("DeltaX")), _steps(code.get("DeltaY"))
        stepped = code.get("DeltaX") or code.get("DeltaY")
        place_x, place_y, fall = x, y, 0.0
        for char in code.text or "":
            start, base = _put(matrix, place_x, place_y)
            took = wide if not char.isascii() else wide / 2
            corners = [(start + along[0] * forth + down[0] * deep, base + along[1] * forth + down[1] * deep)
                       for forth in (0.0, took) for deep in (-0.85 * size, 0.15 * size)]
            box = _around(corners)
            if all(-1e5 < value < 1e5 for value in box) and tall < 1e5:
                height = (-base, start, base, -start)[quarter(turned) // 90] * _POINT
                yield Mark(char, box, 0.0 if turned in (0.0, 360.0) else turned, tall), height
            step = next(across, None)
            if step is None:
                step = 0.0 if code.get("DeltaY") else took if stepped else took * math.cos(onward)
            place_x += step
            fall = next(below, fall if stepped else took * math.sin(onward))  # steps that are missing are as the last
            place_y += fall


def _steps(value: str | None) -> Iterator[float]:
    """DeltaX: steps from character to character; “g 10 4.2” is ten times 4.2."""
    parts = iter((value or "").split())
    for part in parts:
        if part == "g":
            count, step = next(parts, "0"), next(parts, "0")
            yield from repeat(_number(step), min(max(0, int(_number(count))), limits.PAGE_MARKS))
        else:
            yield _number(part)


def _all(root: Element, name: str) -> Iterator[Element]:
    """Elements of a name, whatever the version of the namespace."""
    return (element for element in root.iter() if isinstance(element.tag, str) and element.tag.rpartition("}")[2] == name)


def _joined(document: str, place: str) -> str:
    """An entry of the zip: from its root where it begins with /, else beside the document that names it."""
    return posixpath.normpath(place.lstrip("/") if place.startswith("/") else posixpath.join(posixpath.dirname(document), place))


def _box(root: Element, otherwise: Box) -> Box:
    """Left, top, width and height of the paper, as a box in millimetres."""
    for box in _all(root, "PhysicalBox"):
        numbers = _numbers(box.text)
        if len(numbers) == 4 and numbers[2] > 0 and numbers[3] > 0:
            return 0.0, 0.0, numbers[2], numbers[3]
    return otherwise


def _numbers(value: str | None) -> list[float]:
    return [_number(part) for part in (value or "").split()]


def _number(value: str) -> float:
    """A number; 0 for what is none, or is out of all measure."""
    try:
        number = float(value)
    except ValueError:
        return 0.0
    return number if -1e6 < number < 1e6 else 0.0
