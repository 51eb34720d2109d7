"""PDF by PDFium, in a process of its own: lines in reading order, ruled tables as rows, running headers and footers dropped.

Pages that are pictures go to `ocr`; what cannot be read is named in a warning, or in the error where nothing can be.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from index import limits
from index.load import Raw, writable
from index.readers import ocr
from index.readers.apart import apart
from index.readers.broken import broken
from index.readers.grid import Table, filled, grids, inside, written
from index.readers.layout import Box, Line, Mark, lines
from index.types import LoadError


@dataclass(frozen=True)
class Place:
    """A box around part of a line: page from 1; left, top, right, bottom in points from the top left corner of the page."""

    page: int
    box: Box


@dataclass(frozen=True)
class Printed:
    """A line of a page: its text with the indent before it, and its top and bottom as shares of the page's height."""

    text: str
    top: float
    bottom: float
    full: bool  # reaches the right edge of its column
    boxes: tuple[Box | None, ...] = ()  # of each character of the text, where asked for

    @classmethod
    def of(cls, line: Line, height: float, with_boxes: bool = False) -> Printed:
        """A line of a page of some height; its indent is written out as wide spaces."""
        indent = min(line.indent, 10)
        boxes = (None,) * indent + tuple(line.boxes) if with_boxes else ()
        return cls("\u3000" * indent + writable(line.text), line.box[1] / height, line.box[3] / height, line.full, boxes)


def pdf(path: Path) -> Raw:
    """Text of a PDF, a form feed after each page, so that the n-th page of the text is the n-th of the file."""
    sheets, warnings = _sheets(path)
    return Raw(text(sheets), warnings=warnings)


def text(sheets: Sequence[Sequence[Printed]]) -> str:
    """Pages as one text without their furniture, a form feed after each but the last."""
    return "".join(line.text + after for _, _, line, after in _kept(sheets))


def boxes(path: Path, start: int, end: int) -> tuple[Place, ...]:
    """Where characters `start` to `end` of `load(path).text` stand: a box a line, in order.

    The file is read again, its lines first and then the pages concerned.  Raises LoadError as `load` does.
    """
    sheets, _ = _sheets(path)
    wanted: list[tuple[int, int, int, int]] = []  # page, line, from, to
    position = 0
    for number, at, line, after in _kept(sheets):
        if position < end and start < position + len(line.text):
            wanted.append((number, at, max(0, start - position), min(len(line.text), end - position)))
        position += len(line.text) + len(after)
    numbers = sorted({number for number, *_ in wanted})
    if not numbers:
        return ()
    placed = dict(zip(numbers, _sheets(path, numbers)[0], strict=True))
    found = []
    for number, at, first, last in wanted:
        around = [box for box in placed[number][at].boxes[first:last] if box is not None]
        if around:
            found.append(Place(number + 1, (min(b[0] for b in around), min(b[1] for b in around),
                                            max(b[2] for b in around), max(b[3] for b in around))))
    return tuple(found)


def _kept(sheets: Sequence[Sequence[Printed]]) -> Iterator[tuple[int, int, Printed, str]]:
    """(page, line, the line, what the text has after it) of all lines that are no furniture.

    Where paragraphs are indented, as Chinese ones are, a full line runs on in the next unless that is indented; where none
    is, every line stands for itself and `index.clean` finds out how the text was wrapped.
    """
    furniture = running(sheets)
    lines = [line for number, sheet in enumerate(sheets) for at, line in enumerate(sheet) if (number, at) not in furniture]
    indented = sum(line.text.startswith("\u3000\u3000") and not line.text.startswith("\u3000" * 3) for line in lines)
    joins = indented >= 0.08 * len(lines)
    blank = Printed("", 0, 0, False)
    for number, sheet in enumerate(sheets):
        kept = [(at, line) for at, line in enumerate(sheet) if (number, at) not in furniture]
        for (at, line), (_, after) in zip(kept, [*kept[1:], (0, blank)], strict=False):
            runs_on = joins and line.full and after is not blank and not after.text.startswith("\u3000")
            space = " " if runs_on and _LETTERS.fullmatch(line.text[-1:] + after.text[:1]) else ""
            yield number, at, line, space if runs_on else "\n"
        if number < len(sheets) - 1:
            yield number, len(sheet), blank, "\f"


def running(sheets: Sequence[Sequence[Printed]]) -> frozenset[tuple[int, int]]:
    """(page, line) of running headers, footers and page numbers.

    They stand among the first or last three lines of a page and come again, digits apart, at the same height on at least
    two pages and on a third of all; or are a page's own number alone at its very edge.
    """
    edges: list[tuple[int, int, Printed]] = []
    for number, sheet in enumerate(sheets):
        down = sorted(range(len(sheet)), key=lambda at: sheet[at].top)
        edges += [(number, at, sheet[at]) for at in dict.fromkeys([*down[:3], *down[-3:]])]
    seen: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for number, _, line in edges:
        for height in (round(line.top * 50), round(line.top * 50 + 0.5)):  # two grids, so that no pair falls between
            seen[_alike(line.text), height].add(number)
    often = max(2, len(sheets) / 3)
    found = set()
    for number, at, line in edges:
        edge = line.bottom < 0.15 or line.top > 0.85
        again = max(len(seen[_alike(line.text), round(line.top * 50)]), len(seen[_alike(line.text), round(line.top * 50 + 0.5)]))
        counts = re.fullmatch(r"\W{0,3}(\d{1,4})\W{0,3}", line.text.strip())
        if edge and (again >= often or (counts and int(counts[1]) == number + 1)):
            found.add((number, at))
    return frozenset(found)


_LETTERS = re.compile("[A-Za-z]{2}|[,;][A-Za-z]")


def _alike(text: str) -> str:
    return re.sub(r"\d+|[ivxIVX]+$", "#", "".join(text.split()))


def _sheets(path: Path, only: Sequence[int] | None = None) -> tuple[list[list[Printed]], tuple[str, ...]]:
    """Lines of each page, or with their boxes of some pages counted from 0; and what could not be read."""
    answer = apart("pdf:extract", path, only, seconds=limits.SECONDS, memory=limits.MEMORY)
    sheets = [printed_of(sheet) for sheet in answer["sheets"]]
    scanned: list[int] = answer["scanned"]
    missing: list[int] = answer["missing"]
    if len(missing) == len(sheets):
        raise LoadError(f"{path.name}：{len(missing)} 页都打不开，文件可能已损坏。请用原来的软件打开、另存后再加入。")
    warnings = [f"{_pages(missing)}打不开，没有读入。"] if missing else []
    if not scanned:
        return sheets, tuple(warnings)
    place = {number: at for at, number in enumerate(only if only is not None else range(len(sheets)))}
    if not ocr.available():
        if not any(sheets):
            raise LoadError(f"{path.name}：{len(scanned)} 页都没有文字层，是扫描件。{ocr.REMEDY}")
        return sheets, (*warnings, f"{_pages(scanned)}没有文字层，没有读入。{ocr.REMEDY}")
    if len(scanned) > limits.OCR_PAGES:
        raise LoadError(f"{path.name}：有 {len(scanned)} 页扫描页，超过上限 {limits.OCR_PAGES} 页。请拆分后再加入。")
    recognised, doubtful = ocr.pages(path, scanned, with_boxes=only is not None)
    for number, sheet in zip(scanned, recognised, strict=True):
        sheets[place[number]] = printed_of(sheet)
    empty = [number for number in scanned if not sheets[place[number]]]
    warnings += [f"{_pages(scanned)}是扫描页，文字由识别得来，可能有误。"]
    warnings += [f"{_pages(doubtful)}识别得不清楚，请核对原件。"] if doubtful else []
    warnings += [f"{_pages(empty)}没有认出文字。"] if empty else []
    return sheets, tuple(warnings)


def printed_of(sheet: list[dict[str, Any]]) -> list[Printed]:
    """Lines of a page that came as JSON."""
    return [Printed(line["text"], line["top"], line["bottom"], line["full"], tuple(tuple(b) if b else None for b in line["boxes"]))
            for line in sheet]


def _pages(numbers: Sequence[int]) -> str:
    shown = "、".join(str(number + 1) for number in numbers[:10])
    return f"第{shown}{'等 ' + str(len(numbers)) + ' ' if len(numbers) > 10 else ''}页"


def printed(found: Sequence[Line], height: float, with_boxes: bool) -> list[dict[str, Any]]:
    """Lines as JSON, for the process that asked."""
    return [asdict(Printed.of(line, height, with_boxes)) for line in found if line.text.strip()]


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
            picture = not marks and _picture(page)
        if picture or (unknown and not marks):
            scanned.append(number)
        before = above if only is None or not number else _last_table(document, number - 1, path.name)
        found, above = _lines(page, marks, before)
        characters += sum(len(line.text) for line in found)
        if characters > limits.CHARACTERS:
            raise LoadError(f"{path.name}：超过上限 {limits.CHARACTERS:,} 字。请拆分后再加入。")
        sheets.append(printed(found, height or 1, only is not None))
        page.close()
    return {"sheets": sheets, "scanned": scanned, "missing": missing}


def _last_table(document: Any, number: int, name: str) -> Table | None:
    page = document[number]
    return _lines(page, _marks(page, name)[0], None)[1]


def _lines(page: Any, marks: list[Mark], above: Table | None) -> tuple[list[Line], Table | None]:
    """Lines of a page, its tables among them; and the table that ends it."""
    tables = [table for grid in grids(list(_strokes(page))) if (table := filled(grid, marks)) is not None] if marks else []
    free = [mark for mark in marks if not any(inside(mark.box, table.grid.box) for table in tables)]
    found = lines(free)
    for table in tables:
        before = [line for line in found if line.box[3] <= table.grid.box[1] + 2]
        first = all(_edge(line, page) for line in before) and table is tables[0]
        at = max((i + 1 for i, line in enumerate(found) if line.box[3] <= table.grid.box[1] + 2), default=0)
        found[at:at] = written(table, above if first else None)
    if not tables:
        return found, None
    last = tables[-1]
    below = [line for line in found if line.box[1] >= last.grid.box[3] - 2]
    return found, last if all(_edge(line, page) for line in below) else None


def _edge(line: Line, page: Any) -> bool:
    height = page.get_height() or 1
    return bool(line.box[3] < 0.12 * height or line.box[1] > 0.88 * height)


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


def _picture(page: Any) -> bool:
    """Whether a page without text shows something: an image, or as many paths as outlined characters take."""
    import pypdfium2.raw as pdfium

    kinds = Counter[int]()
    for item in page.get_objects(max_depth=3):
        kinds[item.type] += 1
        if kinds[pdfium.FPDF_PAGEOBJ_IMAGE] or kinds[pdfium.FPDF_PAGEOBJ_PATH] > 50:
            return True
    return bool(kinds[pdfium.FPDF_PAGEOBJ_TEXT])


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
