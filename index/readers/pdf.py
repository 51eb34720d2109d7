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

from index import limits, recount_pdf
from index.load import Left, Raw
from index.readers import ocr
from index.readers.apart import apart
from index.readers.broken import broken
from index.readers.grid import Table
from index.readers.layout import Box
from index.readers.overlay import HIDDEN, WATERMARK, Run, parted, said, unseen
from index.readers.overlay import watermarks as marks_across
from index.readers.pdf_marks import seen, written
from index.readers.pdf_notes import notes
from index.readers.printed import Printed, furniture, kept, numbers, printed, printed_of, text
from index.readers.sheet import sheet
from index.recount import Recount
from index.types import LoadError


@dataclass(frozen=True)
class Place:
    """A box around part of a line: page from 1; left, top, right, bottom in points from the top left corner of the page."""

    page: int
    box: Box


def pdf(path: Path) -> Raw:
    """Text of a PDF, a form feed after each page, so that the n-th page of the text is the n-th of the file."""
    found = _sheets(path)
    running = [Left(number + 1, "页眉页脚", line.text) for number, line in furniture(found.sheets)]
    return Raw(text(found.sheets), warnings=tuple(found.warnings), left=(*found.left, *running), counted=found.counted)


def boxes(path: Path, start: int, end: int) -> tuple[Place, ...]:
    """Where characters `start` to `end` of `load(path).text` stand: a box a line, in order.

    The file is read again, its lines first and then the pages concerned.  Raises LoadError as `load` does.
    """
    whole = _sheets(path)
    wanted: list[tuple[int, int, int, int]] = []  # page, line, from, to
    position = 0
    for number, at, line, after in kept(whole.sheets):
        if position < end and start < position + len(line.text):
            wanted.append((number, at, max(0, start - position), min(len(line.text), end - position)))
        position += len(line.text) + len(after)
    pages = sorted({number for number, *_ in wanted})
    if not pages:
        return ()
    placed = dict(zip(pages, _sheets(path, pages, whole.watermarks).sheets, strict=True))
    found = []
    for number, at, first, last in wanted:
        around = [box for box in placed[number][at].boxes[first:last] if box is not None]
        if around:
            found.append(Place(number + 1, (min(b[0] for b in around), min(b[1] for b in around),
                                            max(b[2] for b in around), max(b[3] for b in around))))
    return tuple(found)


@dataclass
class _Found:
    """What a file holds: lines of each page asked for; what could not be read and what was left out."""

    sheets: list[list[Printed]]
    warnings: list[str]
    left: list[Left]
    watermarks: list[str]
    counted: Recount


def _sheets(path: Path, only: Sequence[int] | None = None, watermarks: Sequence[str] | None = None) -> _Found:
    """Lines of each page, or with their boxes of some pages counted from 0, whose watermarks are known."""
    answer = apart("pdf:extract", path, only, watermarks, seconds=limits.SECONDS, memory=limits.MEMORY)
    sheets = [printed_of(sheet) for sheet in answer["sheets"]]
    scanned: list[int] = answer["scanned"]
    missing: list[int] = answer["missing"]
    if len(missing) == len(sheets):
        raise LoadError(f"{path.name}：{len(missing)} 页都打不开，文件可能已损坏。请用原来的软件打开、另存后再加入。")
    left = [Left(number + 1, kind, said) for number, kind, said in answer["left"]]
    found = _Found(sheets, [f"{numbers(missing)}打不开，没有读入。"] if missing else [], left, answer["watermarks"], recount_pdf.of(answer["counted"]))
    found.warnings += said([(each.page - 1, each.text) for each in left if each.kind == WATERMARK])
    hidden = sorted({each.page - 1 for each in left if each.kind == HIDDEN})
    found.warnings += [unseen(hidden)] if hidden else []
    if not scanned:
        return found
    ocr.allow(path.name, scanned, any(sheets))
    if not ocr.available():
        found.warnings.append(ocr.unread(scanned))
        return found
    place = {number: at for at, number in enumerate(only if only is not None else range(len(sheets)))}
    recognised, doubtful = ocr.pages(path, scanned, with_boxes=only is not None)
    for number, lines in zip(scanned, recognised, strict=True):
        before = sheets[place[number]]
        sheets[place[number]] = ocr.richer(before, printed_of(lines))
        if sheets[place[number]] is not before:
            found.left += [Left(number + 1, "扫描页上另写的字", line.text) for line in before]
    found.warnings += ocr.remarks(scanned, doubtful, [number for number in scanned if not sheets[place[number]]])
    return found


@dataclass
class _Page:
    """A page in the other process, before it is known which of what is written across it is a watermark."""

    number: int
    lines: list[dict[str, Any]]  # as JSON
    height: float
    across: list[Run]
    left: list[tuple[str, str]]  # kind, text
    counted: list[dict[str, Any]]  # the second count's parts of it, as JSON


def extract(path: Path, only: Sequence[int] | None, watermarks: Sequence[str] | None = None) -> dict[str, Any]:
    """Lines of every page, or with boxes of `only` some; the numbers of the pages that are pictures; what was left out."""
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
    with broken(path.name, "PDF 文件"):
        document.init_forms()
    pages: list[_Page] = []
    scanned: list[int] = []
    missing: list[int] = []
    above: Table | None = None
    characters = 0
    for number in only if only is not None else range(count):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:  # a page that the file counts and does not hold
            pages.append(_Page(number, [], 1, [], [], []))
            missing.append(number)
            continue
        before = above if only is None or not number else _last_table(document, number - 1, path.name, watermarks or ())
        with broken(f"{path.name} 第{number + 1}页", "PDF 文件"):
            found, above, picture = _page(page, number, path.name, document.formenv, before, watermarks or (), only is not None)
        if picture:
            scanned.append(number)
        characters += sum(len(line["text"]) for line in found.lines)
        if characters > limits.CHARACTERS:
            raise LoadError(f"{path.name}：超过上限 {limits.CHARACTERS:,} 字。请拆分后再加入。")
        pages.append(found)
        page.close()
    marked = frozenset(watermarks) if watermarks is not None else marks_across([page.across for page in pages])
    for at, page in enumerate(pages):
        if any(not run.slanted and not run.over and run.text in marked for run in page.across):  # read as text before it was known for none
            before = _last_table(document, page.number - 1, path.name, list(marked)) if page.number else None
            pages[at], *_ = _page(document[page.number], page.number, path.name, document.formenv, before, list(marked), only is not None)
    document.close()
    return {
        "sheets": [page.lines + printed([run.line() for run in page.across if run.slanted and run.text not in marked], page.height, only is not None)
                   for page in pages],
        "scanned": scanned, "missing": missing, "watermarks": sorted(marked),
        "left": [(page.number, kind, text) for page in pages
                 for kind, text in [*page.left, *((WATERMARK, run.text) for run in page.across if run.text in marked)]],
        "counted": [part for page in pages for part in page.counted] if only is None else [],
    }


def _page(page: Any, number: int, name: str, form: Any, above: Table | None, watermarks: Sequence[str],
          with_boxes: bool = False) -> tuple[_Page, Table | None, bool]:
    """A page, the table that ends it, and whether it is a picture."""
    size = page.get_size()
    layer = page.get_textpage()
    found = written(page, layer, name)
    counted = recount_pdf.of_page(page, layer, form, number + 1)
    layer.close()
    marks, left = found.marks, [("重印", found.doubled)] if found.doubled else []
    if found.hidden and _picture(page, True):  # what a program recognised in a scan
        marks = [*marks, *found.hidden]
    elif found.hidden:
        left.append((HIDDEN, "".join(mark.text for mark in found.hidden)))
    if found.unknown > 0.3 * len(marks):
        marks = []  # a font that does not say which characters it draws
    picture = len(marks) <= ocr.STAMP and _picture(page, bool(marks))
    marks, across = parted(marks)
    known = {id(mark) for run in across if not run.slanted and run.text in watermarks for mark in run.marks}
    aside = notes(page, form, "".join(mark.text for mark in marks))
    marks = [*(mark for mark in marks if id(mark) not in known), *aside.typed]
    lines, last = sheet(marks, list(_strokes(page)) if marks else [], size, above)
    left += [(WATERMARK, text) for text in aside.watermarks]
    height = size[1] or 1
    return _Page(number, printed([*lines, *aside.lines], height, with_boxes), height, across, left, counted), last, picture or bool(found.unknown and not marks)


def _last_table(document: Any, number: int, name: str, watermarks: Sequence[str]) -> Table | None:
    return _page(document[number], number, name, document.formenv, None, watermarks)[1]


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

    turned = seen(page)
    count_of, segment_of, kind_of = pdfium.FPDFPath_CountSegments, pdfium.FPDFPath_GetPathSegment, pdfium.FPDFPathSegment_GetType
    point_of, closes = pdfium.FPDFPathSegment_GetPoint, pdfium.FPDFPathSegment_GetClose
    x, y, matrix = ctypes.c_float(), ctypes.c_float(), pdfium.FS_MATRIX()
    to_x, to_y, to_matrix = ctypes.byref(x), ctypes.byref(y), ctypes.byref(matrix)
    left = limits.PAGE_MARKS
    for number in range(pdfium.FPDFPage_CountObjects(page)):
        item = pdfium.FPDFPage_GetObject(page, number)
        if pdfium.FPDFPageObj_GetType(item) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        count = count_of(item)
        left -= max(count, 1)
        if left < 0:
            return  # a drawing, not a table
        if count > 2_000 or not pdfium.FPDFPageObj_GetMatrix(item, to_matrix):
            continue
        a, b, c, d, e, f = matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f
        start = last = None
        if count == 5:  # most are rectangles, whose fourth corner tells
            corners = []
            for at in range(4):
                if point_of(segment_of(item, at), to_x, to_y):
                    corners.append((a * x.value + c * y.value + e, b * x.value + d * y.value + f))
            if len(corners) == 4 and _rectangle(corners):
                for at in range(4):
                    yield from _straight(corners[at - 1], corners[at], turned)
                continue
        for at in range(count):
            segment = segment_of(item, at)
            kind = kind_of(segment)
            if not point_of(segment, to_x, to_y):
                continue
            across, up = x.value, y.value
            point = a * across + c * up + e, b * across + d * up + f
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                start = point
            elif kind == pdfium.FPDF_SEGMENT_LINETO and last is not None:
                yield from _straight(last, point, turned)
            last = point
            if start is not None and closes(segment):
                yield from _straight(last, start, turned)


def _rectangle(corners: Sequence[tuple[float, float]]) -> bool:
    """Whether four points are the corners of an upright rectangle, one after another."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    return (ax == bx and by == cy and cx == dx and dy == ay) or (ay == by and bx == cx and cy == dy and dx == ax)


def _straight(a: tuple[float, float], b: tuple[float, float], turned: Any) -> tuple[Box, ...]:
    if abs(a[0] - b[0]) <= 1 or abs(a[1] - b[1]) <= 1:
        return (turned(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])),)
    return ()
