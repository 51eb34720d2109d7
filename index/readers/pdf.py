"""PDF by PDFium, in a process of its own: lines in reading order, ruled tables as rows, running headers and footers dropped.

Pages that are pictures go to `ocr`; what cannot be read is named in a warning, or in the error where nothing can be.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import limits
from index.load import Raw
from index.readers import ocr
from index.readers.apart import apart
from index.readers.broken import broken
from index.readers.grid import Table
from index.readers.layout import Box, Mark
from index.readers.printed import Printed, kept, numbers, printed, printed_of, text
from index.readers.sheet import sheet
from index.types import LoadError


@dataclass(frozen=True)
class Place:
    """A box around part of a line: page from 1; left, top, right, bottom in points from the top left corner of the page."""

    page: int
    box: Box


def pdf(path: Path) -> Raw:
    """Text of a PDF, a form feed after each page, so that the n-th page of the text is the n-th of the file."""
    sheets, warnings = _sheets(path)
    return Raw(text(sheets), warnings=warnings)


def boxes(path: Path, start: int, end: int) -> tuple[Place, ...]:
    """Where characters `start` to `end` of `load(path).text` stand: a box a line, in order.

    The file is read again, its lines first and then the pages concerned.  Raises LoadError as `load` does.
    """
    sheets, _ = _sheets(path)
    wanted: list[tuple[int, int, int, int]] = []  # page, line, from, to
    position = 0
    for number, at, line, after in kept(sheets):
        if position < end and start < position + len(line.text):
            wanted.append((number, at, max(0, start - position), min(len(line.text), end - position)))
        position += len(line.text) + len(after)
    pages = sorted({number for number, *_ in wanted})
    if not pages:
        return ()
    placed = dict(zip(pages, _sheets(path, pages)[0], strict=True))
    found = []
    for number, at, first, last in wanted:
        around = [box for box in placed[number][at].boxes[first:last] if box is not None]
        if around:
            found.append(Place(number + 1, (min(b[0] for b in around), min(b[1] for b in around),
                                            max(b[2] for b in around), max(b[3] for b in around))))
    return tuple(found)


def _sheets(path: Path, only: Sequence[int] | None = None) -> tuple[list[list[Printed]], tuple[str, ...]]:
    """Lines of each page, or with their boxes of some pages counted from 0; and what could not be read."""
    answer = apart("pdf:extract", path, only, seconds=limits.SECONDS, memory=limits.MEMORY)
    sheets = [printed_of(sheet) for sheet in answer["sheets"]]
    scanned: list[int] = answer["scanned"]
    missing: list[int] = answer["missing"]
    if len(missing) == len(sheets):
        raise LoadError(f"{path.name}：{len(missing)} 页都打不开，文件可能已损坏。请用原来的软件打开、另存后再加入。")
    warnings = [f"{numbers(missing)}打不开，没有读入。"] if missing else []
    if not scanned:
        return sheets, tuple(warnings)
    ocr.allow(path.name, scanned, any(sheets))
    if not ocr.available():
        return sheets, (*warnings, ocr.unread(scanned))
    place = {number: at for at, number in enumerate(only if only is not None else range(len(sheets)))}
    recognised, doubtful = ocr.pages(path, scanned, with_boxes=only is not None)
    for number, lines in zip(scanned, recognised, strict=True):
        sheets[place[number]] = ocr.richer(sheets[place[number]], printed_of(lines))
    return sheets, (*warnings, *ocr.remarks(scanned, doubtful, [number for number in scanned if not sheets[place[number]]]))


def extract(path: Path, only: Sequence[int] | None) -> dict[str, Any]:
    """Lines of every page, or with boxes of `only` some; and the numbers of the pages that are pictures."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise LoadError(f"{path.name}：打开要密码。请去掉密码、另存后再加入。") from error
        raise LoadError(f"{path.name}：不是完好的 PDF 文件。请用原来的软件打开、另存后再加入。") from error
    count = len(document)
    if count > limits.PAGES:
        raise LoadError(f"{path.name}：有 {count:,} 页，超过上限 {limits.PAGES:,} 页。请拆分后再加入。")
    if not count:
        raise LoadError(f"{path.name}：一页也没有。请检查是否保存完整。")
    sheets: list[list[dict[str, Any]]] = []
    scanned: list[int] = []
    missing: list[int] = []
    above: Table | None = None
    characters = 0
    for number in only if only is not None else range(count):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:  # a page that the file counts and does not hold
            sheets.append([])
            missing.append(number)
            continue
        with broken(f"{path.name} 第{number + 1}页", "PDF 文件"):
            height = page.get_height()
            marks, unknown = _marks(page, path.name)
            if unknown > 0.3 * (len(marks) + unknown):
                marks = []  # a font that does not say which characters it draws
            picture = len(marks) <= ocr.STAMP and _picture(page, bool(marks))
        if picture or (unknown and not marks):
            scanned.append(number)
        before = above if only is None or not number else _last_table(document, number - 1, path.name)
        found, above = sheet(marks, list(_strokes(page)) if marks else [], height, before)
        characters += sum(len(line.text) for line in found)
        if characters > limits.CHARACTERS:
            raise LoadError(f"{path.name}：超过上限 {limits.CHARACTERS:,} 字。请拆分后再加入。")
        sheets.append(printed(found, height or 1, only is not None))
        page.close()
    return {"sheets": sheets, "scanned": scanned, "missing": missing}


def _last_table(document: Any, number: int, name: str) -> Table | None:
    page = document[number]
    return sheet(_marks(page, name)[0], list(_strokes(page)), page.get_height())[1]


def _marks(page: Any, name: str) -> tuple[list[Mark], int]:
    """Characters of a page in the order of the file, and how many more have no Unicode."""
    import pypdfium2.raw as pdfium

    layer = page.get_textpage()
    count = layer.count_chars()
    if count > limits.PAGE_MARKS:
        raise LoadError(f"{name}：一页上有 {count:,} 个字符，超过上限 {limits.PAGE_MARKS:,} 个。请另存后再加入。")
    rectangle = pdfium.FS_RECTF()
    reference = ctypes.byref(rectangle)
    turned = _turn(page)
    marks: list[Mark] = []
    unknown = 0
    for at in range(count):
        code = pdfium.FPDFText_GetUnicode(layer, at)
        if code <= 32 or code in (0xA0, 0x3000, 0x2028):
            if code == 32 and marks:
                _, (_, top, right, bottom) = marks[-1]
                marks.append(Mark(" ", (right, top, right, bottom)))
            continue
        if 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF or code in (0xFFFD, 0xFFFE, 0xFFFF) or code > 0x10FFFF:
            unknown += 1
            code = 0xFFFD
        if pdfium.FPDFText_GetLooseCharBox(layer, at, reference):
            box = turned(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
            if -1e5 < box[0] <= box[2] < 1e5 and -1e5 < box[1] <= box[3] < 1e5:
                marks.append(Mark(chr(code), box))
    layer.close()
    return marks if unknown < len(marks) else [], unknown


def _turn(page: Any) -> Any:
    """Box in the page's own space (left, bottom, right, top) → as it is looked at, from the top left corner."""
    left, bottom, right, top = page.get_cropbox()
    turns = {
        0: lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0),
        90: lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
        180: lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom),
        270: lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0),
    }
    return turns[page.get_rotation()]


def _picture(page: Any, written: bool) -> bool:
    """Whether a page without text shows something: an image, or as many paths as outlined characters take.

    Where a few characters are written on it, as scanners do, the image takes up most of it.
    """
    import pypdfium2.raw as pdfium

    width, height = page.get_size()
    kinds = Counter[int]()
    for item in page.get_objects(max_depth=3):
        kinds[item.type] += 1
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            if not written or (right - left) * (top - bottom) >= 0.5 * width * height:
                return True
        elif kinds[pdfium.FPDF_PAGEOBJ_PATH] > 50 and not written:
            return True
    return bool(kinds[pdfium.FPDF_PAGEOBJ_TEXT]) and not written


def _strokes(page: Any) -> Iterator[Box]:
    """Level and upright straight lines on a page: drawn ones, and rectangles too thin to be anything else."""
    import pypdfium2.raw as pdfium

    turned = _turn(page)
    x, y = ctypes.c_float(), ctypes.c_float()
    left = limits.PAGE_MARKS
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1):
        matrix = item.get_matrix()
        count = pdfium.FPDFPath_CountSegments(item)
        left -= max(count, 1)
        if left < 0:
            return  # a drawing, not a table
        if count > 2_000:
            continue
        start = last = None
        for at in range(count):
            segment = pdfium.FPDFPath_GetPathSegment(item, at)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            if not pdfium.FPDFPathSegment_GetPoint(segment, ctypes.byref(x), ctypes.byref(y)):
                continue
            point = matrix.on_point(x.value, y.value)
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = point
            elif kind == pdfium.FPDF_SEGMENT_LINETO and last is not None:
                yield from _straight(last, point, turned)
            last = point
            if pdfium.FPDFPathSegment_GetClose(segment) and start is not None:
                yield from _straight(last, start, turned)


def _straight(a: tuple[float, float], b: tuple[float, float], turned: Any) -> Iterator[Box]:
    if abs(a[0] - b[0]) <= 1 or abs(a[1] - b[1]) <= 1:
        yield turned(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
