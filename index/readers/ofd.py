"""OFD, the format of government documents (GB/T 33190-2016): text objects of each page, in reading order, ruled tables as rows.

Every text code says where each of its characters stands; the template pages that a page names are drawn beneath it.  Pages that
are pictures go to `ocr`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from index import limits
from index.load import Raw
from index.readers import ocr
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.grid import Stroke, Table
from index.readers.layout import Box, Mark
from index.readers.package import checked, size
from index.readers.printed import Printed, numbers, printed_of, text
from index.readers.sheet import sheet
from index.types import LoadError

if TYPE_CHECKING:
    from zipfile import ZipFile

_POINT = 72 / 25.4  # to a millimetre
_A4 = (0.0, 0.0, 210.0, 297.0)  # millimetres


@dataclass
class _Page:
    """What is drawn on a page, in points from its top left corner."""

    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    pictures: list[tuple[str, Box]] = field(default_factory=list)  # entry of the zip, where it is shown

    @property
    def scanned(self) -> bool:
        """Whether a picture is all there is, but for what a scanner may have written on it."""
        large = any((right - left) * (bottom - top) >= 0.5 * self.width * self.height for _, (left, top, right, bottom) in self.pictures)
        return large and len(self.marks) <= ocr.STAMP if self.marks else bool(self.pictures)


def ofd(path: Path) -> Raw:
    """Text of an OFD, a form feed after each page."""
    return bounded(_document, path, size(path, "OFD"))


def _document(path: Path) -> Raw:
    sheets: list[list[Printed]] = []
    empty: list[int] = []
    scanned: dict[int, _Page] = {}
    characters = 0
    above: Table | None = None
    with checked(path, "OFD") as package:
        for number, page in enumerate(_pages(_Files(package, path.name))):
            if number >= limits.PAGES:
                raise LoadError(f"{path.name}：超过上限 {limits.PAGES:,} 页。请拆分后再加入。")
            lines, above = sheet(page.marks, page.strokes, (page.width, page.height), above)
            sheets.append([Printed.of(line, page.height) for line in lines])
            characters += len(page.marks)
            if page.scanned:
                scanned[number] = page
            elif not page.marks:
                empty.append(number)
            if characters > limits.CHARACTERS:
                raise LoadError(f"{path.name}：超过上限 {limits.CHARACTERS:,} 字。请拆分后再加入。")
    if not scanned and len(empty) == len(sheets):
        raise LoadError(f"{path.name}：{len(sheets)} 页都没有文字，也没有图片。请用原来的软件打开、另存为 PDF 再加入。")
    warnings = [f"{numbers(empty)}没有文字，没有读入。"] if empty else []
    warnings += _recognised(path, sheets, scanned)
    return Raw(text(sheets), warnings=tuple(warnings))


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
    """Each page of each document, its templates drawn first."""
    for body in _all(files.xml("OFD.xml"), "DocRoot"):
        root = _joined("", (body.text or "").strip())
        document = files.xml(root)
        usual = _box(document, _A4)
        templates = {template.get("ID"): _joined(root, template.get("BaseLoc", "")) for template in _all(document, "TemplatePage")}
        media = _media(files, root, document)
        for listed in _all(document, "Page"):
            entry = _joined(root, listed.get("BaseLoc", ""))
            content = files.xml(entry)
            left, top, right, bottom = _box(content, usual)
            page = _Page((right - left) * _POINT, (bottom - top) * _POINT)
            shown = {**media, **_media(files, entry, content)}
            for used in _all(content, "Template"):
                if used.get("TemplateID") in templates:
                    _draw(page, files.xml(templates[used.get("TemplateID")]), shown, files.name)
            _draw(page, content, shown, files.name)
            yield page


def _media(files: _Files, at: str, root: Element) -> dict[str | None, str]:
    """Entry of each picture by its ID, from the resource lists that a document or a page names."""
    found: dict[str | None, str] = {}
    for name in ("PublicRes", "DocumentRes", "PageRes"):
        for listed in _all(root, name):
            place = _joined(at, (listed.text or "").strip())
            if place not in files:
                continue  # fonts and pictures: the text is there without them
            resources = files.xml(place)
            folder = posixpath.join(resources.get("BaseLoc", ""), "")
            for item in _all(resources, "MultiMedia"):
                file = next((file.text or "" for file in _all(item, "MediaFile")), "").strip()
                found[item.get("ID")] = _joined(place, file if file.startswith("/") else folder + file)
    return found


def _draw(page: _Page, root: Element, media: dict[str | None, str], name: str) -> None:
    for item in root.iter():
        tag = item.tag.rpartition("}")[2] if isinstance(item.tag, str) else ""
        if tag == "TextObject":
            page.marks += _marks(item)
        elif tag == "PathObject":
            page.strokes += _strokes(item)
        elif tag == "ImageObject" and item.get("ResourceID") in media:
            left, top, width, height = [*_numbers(item.get("Boundary")), 0.0, 0.0, 0.0, 0.0][:4]
            page.pictures.append((media[item.get("ResourceID")], (left * _POINT, top * _POINT, (left + width) * _POINT, (top + height) * _POINT)))
        if len(page.marks) > limits.PAGE_MARKS or len(page.strokes) > limits.PAGE_MARKS:
            raise LoadError(f"{name}：一页上的字符或线条超过上限 {limits.PAGE_MARKS:,} 个。请另存后再加入。")


def _strokes(item: Element) -> Iterator[Stroke]:
    """Level and upright straight lines of a path object: M begins, L goes on, C closes."""
    left, top, *_ = [*_numbers(item.get("Boundary")), 0.0, 0.0]
    a, b, c, d, e, f = _matrix(item)
    for path in _all(item, "AbbreviatedData"):
        start = last = None
        for command, given in re.findall(r"([A-Za-z])([^A-Za-z]*)", (path.text or "")[:100_000]):
            values = _numbers(given)
            point = (left + a * values[-2] + c * values[-1] + e, top + b * values[-2] + d * values[-1] + f) if len(values) >= 2 else start
            if command in "MS":
                start = point
            elif command in "LC" and last is not None and point is not None:
                box = min(last[0], point[0]), min(last[1], point[1]), max(last[0], point[0]), max(last[1], point[1])
                if box[2] - box[0] <= 0.4 or box[3] - box[1] <= 0.4:
                    yield tuple(value * _POINT for value in box)  # type: ignore[misc]
            last = point


def _matrix(item: Element) -> tuple[float, ...]:
    return tuple(matrix) if len(matrix := _numbers(item.get("CTM"))) == 6 else (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def _marks(item: Element) -> Iterator[Mark]:
    """Characters of a text object; `Boundary` is its box on the page, X and Y the baseline inside it, after the matrix CTM."""
    left, top, *_ = [*_numbers(item.get("Boundary")), 0.0, 0.0]
    a, b, c, d, e, f = _matrix(item)
    size = next(iter(_numbers(item.get("Size"))), 4.0) or 4.0
    wide = size * (next(iter(_numbers(item.get("HScale"))), 1.0) or 1.0)
    x = y = 0.0
    for code in _all(item, "TextCode"):
        x = next(iter(_numbers(code.get("X"))), x)
        y = next(iter(_numbers(code.get("Y"))), y)
        across, down = _steps(code.get("DeltaX")), _steps(code.get("DeltaY"))
        place_x, place_y = x, y
        for char in code.text or "":
            baseline = top + b * place_x + d * place_y + f
            start = left + a * place_x + c * place_y + e
            tall = size * (abs(d) or abs(b) or 1.0)
            took = (wide if not char.isascii() else wide / 2) * (abs(a) or 1.0)
            if all(-1e5 < value < 1e5 for value in (start, baseline, tall, took)):
                yield Mark(char, (start * _POINT, (baseline - 0.85 * tall) * _POINT, (start + took) * _POINT, (baseline + 0.15 * tall) * _POINT))
            step = next(across, None)
            place_x += step if step is not None else (0.0 if code.get("DeltaY") else wide if not char.isascii() else wide / 2)
            place_y += next(down, 0.0)


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
