"""OFD, the format of government documents (GB/T 33190-2016): text objects of each page, in reading order.

Every text code says where each of its characters stands; the template pages that a page names are drawn beneath it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from index import limits
from index.load import Raw
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.layout import Mark, lines
from index.readers.package import checked, size
from index.readers.pdf import Printed, text
from index.types import LoadError

if TYPE_CHECKING:
    from zipfile import ZipFile

_A4_HEIGHT = 297.0  # millimetres


def ofd(path: Path) -> Raw:
    """Text of an OFD, a form feed after each page."""
    return bounded(_document, path, size(path, "OFD"))


def _document(path: Path) -> Raw:
    sheets: list[list[Printed]] = []
    empty: list[int] = []
    characters = 0
    with checked(path, "OFD") as package:
        files = _Files(package, path.name)
        for number, (name, templates, height) in enumerate(_pages(files), 1):
            if number > limits.PAGES:
                raise LoadError(f"{path.name}：超过上限 {limits.PAGES:,} 页。请拆分后再加入。")
            marks = _page(files, [*templates, name])
            sheets.append([Printed.of(line, height) for line in lines(marks)])
            characters += len(marks)
            if not marks:
                empty.append(number)
            if characters > limits.CHARACTERS:
                raise LoadError(f"{path.name}：超过上限 {limits.CHARACTERS:,} 字。请拆分后再加入。")
    if len(empty) == len(sheets):
        raise LoadError(f"{path.name}：{len(sheets)} 页都没有文字，可能是扫描件。请另存为 PDF 再加入。")
    shown = "、".join(map(str, empty[:10]))
    warnings = (f"第{shown}{f'等 {len(empty)} ' if len(empty) > 10 else ''}页没有文字，没有读入。",) if empty else ()
    return Raw(text(sheets), warnings=warnings)


class _Files:
    """The XML inside an OFD; what is parsed over and over counts over and over."""

    def __init__(self, package: ZipFile, name: str) -> None:
        self._package = package
        self.name = name
        self._entries = {entry.filename.lower(): entry for entry in package.infolist()}
        self._left = limits.ZIP_BYTES

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


def _pages(files: _Files) -> Iterator[tuple[str, list[str], float]]:
    """(entry of a page, entries of its templates, its height) for each page of each document."""
    for body in _all(files.xml("OFD.xml"), "DocRoot"):
        root = _joined("", (body.text or "").strip())
        document = files.xml(root)
        height = _height(document, _A4_HEIGHT)
        templates = {template.get("ID"): _joined(root, template.get("BaseLoc", "")) for template in _all(document, "TemplatePage")}
        for page in _all(document, "Page"):
            entry = _joined(root, page.get("BaseLoc", ""))
            content = files.xml(entry)
            used = [templates[used.get("TemplateID")] for used in _all(content, "Template") if used.get("TemplateID") in templates]
            yield entry, used, _height(content, height)


def _page(files: _Files, entries: Sequence[str]) -> list[Mark]:
    marks: list[Mark] = []
    for entry in entries:
        for item in _all(files.xml(entry), "TextObject"):
            marks += _marks(item)
            if len(marks) > limits.PAGE_MARKS:
                raise LoadError(f"{files.name}：一页上的字符超过上限 {limits.PAGE_MARKS:,} 个。请另存后再加入。")
    return marks


def _marks(item: Element) -> Iterator[Mark]:
    """Characters of a text object; `Boundary` is its box on the page, X and Y the baseline inside it, after the matrix CTM."""
    left, top, *_ = [*_numbers(item.get("Boundary")), 0.0, 0.0]
    a, b, c, d, e, f = matrix if len(matrix := _numbers(item.get("CTM"))) == 6 else (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
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
                yield Mark(char, (start, baseline - 0.85 * tall, start + took, baseline + 0.15 * tall))
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


def _height(root: Element, otherwise: float) -> float:
    for box in _all(root, "PhysicalBox"):
        numbers = _numbers(box.text)
        if len(numbers) == 4 and numbers[3] > 0:
            return numbers[3]
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
