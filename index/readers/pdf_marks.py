"""Characters of a PDF page with the boxes that they fill, as PDFium finds them; what is printed twice for bold stands once."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from index import limits
from index.readers.layout import Box, Mark
from index.readers.overprint import THIN, covers
from index.readers.raised import raised
from index.types import LoadError

_TALL, _LOW = 1.5, 0.7  # heights of a line over the size of its font beyond which the font's own measures are not believed
_ASCENT, _DESCENT = 0.88, 0.12  # of an em: what stands for them then
_SPACES = {0x20, 0xA0, 0x3000, 0x2028}

Turn = Callable[[float, float, float, float], Box]


@dataclass
class Written:
    """What is written on a page."""

    marks: list[Mark] = field(default_factory=list)
    unknown: int = 0  # characters more that have no Unicode
    hidden: list[Mark] = field(default_factory=list)  # set to be invisible, as what a program recognised in a scan is
    doubled: str = ""  # characters that were printed a second time
    heights: list[float] = field(default_factory=list)  # of the baseline of each mark, growing upwards as it is read


def written(page: Any, layer: Any, name: str) -> Written:
    """Characters of a page and its text layer in the order of the file.  Raises LoadError where they are too many."""
    import pypdfium2.raw as pdfium

    count = layer.count_chars()
    if count > limits.PAGE_MARKS:
        raise LoadError(f"{name}：一页上有 {count:,} 个字符，超过上限 {limits.PAGE_MARKS:,} 个。请另存后再加入。")
    raw = layer.raw
    rectangle = pdfium.FS_RECTF()
    reference = ctypes.byref(rectangle)
    turned = seen(page)
    made = Written()
    ask = _Ask(raw, page.get_rotation(), turned)
    once = _Once(ask, made)
    last: int | None = None  # the text object of the character before
    font = _Font(0.0, 0.0, False, 0.0)
    hidden = False
    at = -1
    while at + 1 < count:
        at += 1
        code = pdfium.FPDFText_GetUnicode(raw, at)
        if code in _SPACES or (code < 32 and code != 2 and pdfium.FPDFText_IsGenerated(raw, at)):
            if code == 32:
                once.flush()
            if code == 32 and made.marks:
                _, (_, top, right, bottom), turn, size = made.marks[-1]
                made.marks.append(Mark(" ", (right, top, right, bottom), turn, size))
                made.heights.append(made.heights[-1])
            continue
        first = at
        if 0xD800 <= code < 0xDC00 and at + 1 < count and 0xDC00 <= (low := pdfium.FPDFText_GetUnicode(raw, at + 1)) < 0xE000:
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            at += 1
        elif code == 2 and pdfium.FPDFText_IsHyphen(raw, at):
            code = 0x2D  # PDFium takes a hyphen at a line's end for one that parts a word
        if code < 32 and not ask.inked(first):
            continue
        if not pdfium.FPDFText_GetLooseCharBox(raw, first, reference):
            continue
        box = turned(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
        drawn = pdfium.FPDFText_GetTextObject(raw, first)
        item = ctypes.cast(drawn, ctypes.c_void_p).value
        if item != last or last is None:
            once.flush()
            last, font, hidden = item, ask.font(first, drawn, box), bool(item) and ask.invisible(drawn)
        if font.tall:
            box = _fitted(ask.origin(first), box, font)
        if (along := max(box[2] - box[0], box[3] - box[1])) > _TALL * font.size and font.turn % 90 == 0:
            box = _narrowed(turned(*ask.ink(first)), box, font, along)
        if not (-1e5 < box[0] <= box[2] < 1e5 and -1e5 < box[1] <= box[3] < 1e5):
            continue
        if code < 32 or 0xD800 <= code <= 0xDFFF or 0xE000 <= code <= 0xF8FF or code in (0xFFFD, 0xFFFE, 0xFFFF) or code >= 0xF0000:
            made.unknown += 1
            code = 0xFFFD
        mark = Mark(chr(code), box, font.turn, font.size)
        if hidden:
            made.hidden.append(mark)
        else:
            once.add(first, mark, font.height)
    once.flush()
    made.marks = raised(made.marks, made.heights)
    return made


def seen(page: Any) -> Turn:
    """Box in the page's own space (left, bottom, right, top) → as it is looked at, from the top left corner."""
    left, bottom, right, top = page.get_cropbox()
    turns: dict[int, Turn] = {
        0: lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0),
        90: lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left),
        180: lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom),
        270: lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0),
    }
    return turns[page.get_rotation()]


@dataclass(frozen=True)
class _Font:
    """How a text object is set."""

    turn: float  # clockwise degrees of the direction in which it is read, as the page is looked at
    size: float  # points
    tall: bool  # whether its line is out of all proportion to its size
    height: float  # of its baseline, growing upwards as it is read


class _Ask:
    """What PDFium says of single characters and text objects of a page; it writes its answers into places made once."""

    def __init__(self, raw: Any, rotation: int, turned: Turn) -> None:
        import pypdfium2.raw as pdfium

        self._raw, self._rotation, self._turned, self._pdfium = raw, rotation, turned, pdfium
        self._matrix = pdfium.FS_MATRIX()
        self._box = [ctypes.c_double() for _ in range(4)]
        self._place = ctypes.c_double(), ctypes.c_double()
        self._measure = ctypes.c_float()
        self._colour = [ctypes.c_uint() for _ in range(4)]
        self._to_matrix, self._to_measure = ctypes.byref(self._matrix), ctypes.byref(self._measure)
        self._to_box, self._to_place = [ctypes.byref(each) for each in self._box], [ctypes.byref(each) for each in self._place]
        self._to_colour = [ctypes.byref(each) for each in self._colour]
        self._sound: dict[int | None, bool] = {}  # by font

    def font(self, at: int, item: Any, box: Box) -> _Font:
        """How a text object is set, from its first character and that one's box."""
        matrix = self._matrix
        self._pdfium.FPDFText_GetMatrix(self._raw, at, self._to_matrix)
        size = abs(self._pdfium.FPDFText_GetFontSize(self._raw, at)) * math.hypot(matrix.c, matrix.d)
        turn = (self._rotation - math.degrees(math.atan2(matrix.b, matrix.a))) % 360 if (matrix.a or matrix.b) else 0.0
        x, y = self.origin(at)
        base = (-y, x, y, -x)[round(turn / 90) % 4]
        across = round(turn) % 180 == 90
        height = box[2] - box[0] if across else box[3] - box[1]
        if round(turn) % 90:
            return _Font(turn, size or height, False, base)
        tall = height > _TALL * size or height < _LOW * size or not self._believed(item)
        if tall:
            ink = self.ink(at)
            if size <= 0 or (ink[2] - ink[0] if across else ink[3] - ink[1]) > 1.3 * size:
                return _Font(turn, height, False, base)  # a font that draws larger than its size says
        return _Font(turn, size, tall, base)

    def _believed(self, item: Any) -> bool:
        """Whether a font says of its lines what lines are like; one that says nothing is believed."""
        font = self._pdfium.FPDFTextObj_GetFont(item) if item else None
        key = ctypes.cast(font, ctypes.c_void_p).value if font else None
        if key not in self._sound:
            measures = []
            for ask in (self._pdfium.FPDFFont_GetAscent, self._pdfium.FPDFFont_GetDescent) if font else ():
                if ask(font, 1.0, self._to_measure):
                    measures.append(self._measure.value)
            above, below = measures if len(measures) == 2 else (0.0, 0.0)
            self._sound[key] = not (above or below) or (0.6 <= above <= 1.25 and -0.5 <= below <= 0.05 and above - below <= _TALL)
        return self._sound[key]

    def invisible(self, item: Any) -> bool:
        """Whether a text object is drawn without ink, or with wholly transparent ink."""
        mode = self._pdfium.FPDFTextObj_GetTextRenderMode(item)
        if mode == self._pdfium.FPDF_TEXTRENDERMODE_FILL:
            return bool(self._pdfium.FPDFPageObj_GetFillColor(item, *self._to_colour)) and self._colour[3].value == 0
        return bool(mode == self._pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)

    def origin(self, at: int) -> tuple[float, float]:
        """Where a character is set, as the page is looked at."""
        x, y = self._place
        self._pdfium.FPDFText_GetCharOrigin(self._raw, at, *self._to_place)
        left, top, *_ = self._turned(x.value, y.value, x.value, y.value)
        return left, top

    def ink(self, at: int) -> Box:
        """The box of what is drawn, in the page's own space: left, bottom, right, top."""
        self._pdfium.FPDFText_GetCharBox(self._raw, at, *self._to_box)
        left, right, bottom, top = self._box
        return left.value, bottom.value, right.value, top.value

    def inked(self, at: int) -> bool:
        left, bottom, right, top = self.ink(at)
        return right - left > 0.01 and top - bottom > 0.01


def _fitted(origin: tuple[float, float], box: Box, font: _Font) -> Box:
    """A character's box with an em's height around its baseline."""
    left, top = origin
    up, down = _ASCENT * font.size, _DESCENT * font.size
    match round(font.turn / 90) % 4:
        case 0:
            return box[0], top - up, box[2], top + down
        case 1:
            return left - down, box[1], left + up, box[3]
        case 2:
            return box[0], top - down, box[2], top + up
        case _:
            return left - up, box[1], left + down, box[3]


def _narrowed(drawn: Box, box: Box, font: _Font, long: float) -> Box:
    """A character's box an em long around what is drawn, where its font says that it takes far more: some fonts for columns do."""
    low, high = (1, 3) if box[3] - box[1] == long else (0, 2)
    if drawn[high] - drawn[low] > 0.75 * long or drawn[high] <= drawn[low]:
        return box
    middle = (drawn[low] + drawn[high]) / 2
    start, end = middle - font.size / 2, middle + font.size / 2
    return (box[0], start, box[2], end) if low else (start, box[1], end, box[3])


_Spot = tuple[float, float, int]  # the middle of a character, its place in the text layer
_Held = tuple[Mark, tuple[str, int, int], _Spot, tuple[float, float] | None, bool]  # shift from an equal one before it, whether it covers that


class _Once:
    """Takes characters one by one and leaves out those that are printed over an equal one.

    It is the glyphs' own boxes that must cover one another, since lines may be many times as high as what is drawn in them.
    Where most of a text object is printed over another one, thin strokes that were shifted as far go with the rest.
    """

    def __init__(self, ask: _Ask, made: Written) -> None:
        self._ask = ask
        self._made = made
        self._placed: dict[tuple[str, int, int], list[_Spot]] = {}
        self._held: list[_Held] = []  # of this object
        self._height = 0.0  # of its baseline

    def add(self, at: int, mark: Mark, height: float) -> None:
        self._height = height
        left, top, right, bottom = mark.box
        x, y, size = (left + right) / 2, (top + bottom) / 2, mark.size
        whole = round(size) or 1
        row = int(2 * y // whole)
        shift, covered = None, False
        for near in (row - 1, row, row + 1):
            for there_x, there_y, there in self._placed.get((mark.text, whole, near), ()):
                if abs(x - there_x) < 0.5 * size and abs(y - there_y) < 0.5 * size and not covered:
                    shift = x - there_x, y - there_y
                    covered = covers(self._ask.ink(at), self._ask.ink(there), THIN * size)
        self._held.append((mark, (mark.text, whole, row), (x, y, at), shift, covered))

    def flush(self) -> None:
        """At the end of a text object."""
        made, placed = self._made, self._placed
        over = [shift for *_, shift, covered in self._held if covered and shift]
        whole = over and len(over) * 2 >= len(self._held)
        usual = (median(s[0] for s in over), median(s[1] for s in over)) if over else (0.0, 0.0)
        for mark, key, spot, shift, covered in self._held:
            if covered or (whole and shift and max(abs(shift[0] - usual[0]), abs(shift[1] - usual[1])) <= 0.1 * mark.size):
                made.doubled += mark.text
                continue
            made.marks.append(mark)
            made.heights.append(self._height)
            placed.setdefault(key, []).append(spot)
        self._held.clear()

