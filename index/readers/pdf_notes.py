"""What is typed into a PDF's form and written beside its text: neither is in the text of a page, and both are the report's."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from index.pdfium import told
from index.readers.layout import Box, Line, Mark
from index.readers.pdf_marks import Turn, seen

_MOST = 5_000  # annotations of a page
_TYPED = 12.0  # points: what is typed into a form is no larger
_PASSWORD = 1 << 13  # PDF 32000-1, table 228
_COMMENT = "批注："  # before a remark, which is not printed with the text


@dataclass
class Notes:
    """What a page has besides its text."""

    typed: list[Mark] = field(default_factory=list)  # where it stands
    lines: list[Line] = field(default_factory=list)  # remarks, read after the page
    watermarks: list[str] = field(default_factory=list)


def notes(page: Any, form: Any, text: str) -> Notes:
    """`form`: PDFium's handle of the document's form, None where it has none.  `text`: of the page, which remarks often copy."""
    import pypdfium2.raw as pdfium

    made = Notes()
    turned = seen(page)
    bare = "".join(text.split())
    for at in range(min(_MOST, pdfium.FPDFPage_GetAnnotCount(page))):
        note = pdfium.FPDFPage_GetAnnot(page, at)
        if not note:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(note)
        hidden = pdfium.FPDFAnnot_GetFlags(note) & (pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW)
        if not hidden and kind not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
            box = _box(note, turned)
            if kind == pdfium.FPDF_ANNOT_WIDGET:
                made.typed += _typed(form, note, box) if form is not None else ()
            else:
                _remark(made, kind, told(pdfium.FPDFAnnot_GetStringValue, note, b"Contents"), box, bare)
        pdfium.FPDFPage_CloseAnnot(note)
    return made


def _remark(made: Notes, kind: int, text: str, box: Box, page: str) -> None:
    import pypdfium2.raw as pdfium

    if not text.strip():
        return
    if kind == pdfium.FPDF_ANNOT_WATERMARK:
        made.watermarks.append(text)
        return
    if kind != pdfium.FPDF_ANNOT_FREETEXT and "".join(text.split()) in page:
        return  # a marked place that repeats the words it marks
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    for at, line in enumerate(lines):
        label = "" if kind == pdfium.FPDF_ANNOT_FREETEXT or at else _COMMENT
        made.lines.append(Line(label + line, [None] * len(label) + [box] * len(line), box, indent=8))


def _typed(form: Any, note: Any, box: Box) -> Iterator[Mark]:
    """A field's value as characters in its box, from the left; a box that is ticked or not as the sign for it."""
    import pypdfium2.raw as pdfium

    kind = pdfium.FPDFAnnot_GetFormFieldType(form, note)
    left, top, right, bottom = box
    if kind in (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON):
        yield Mark("☑" if pdfium.FPDFAnnot_IsChecked(form, note) else "□", box, 0.0, bottom - top)
    elif kind in (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX):
        if pdfium.FPDFAnnot_GetFormFieldFlags(form, note) & _PASSWORD:
            return
        rows = [row for row in told(pdfium.FPDFAnnot_GetFormFieldValue, form, note).replace("\r", "\n").split("\n") if row.strip()]
        for at, row in enumerate(rows):
            high = (bottom - top) / len(rows)
            size = min(_TYPED, 0.8 * high)
            middle = top + high * (at + 0.5)
            weights = [0.5 if c.isascii() else 1.0 for c in row]
            step = min(size, (right - left) / sum(weights))
            x = left
            for c, weight in zip(row, weights, strict=True):
                yield Mark(c, (x, middle - size / 2, x + step * weight, middle + size / 2), 0.0, size)
                x += step * weight


def _box(note: Any, turned: Turn) -> Box:
    import pypdfium2.raw as pdfium

    held = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(note, ctypes.byref(held))
    return turned(min(held.left, held.right), min(held.bottom, held.top), max(held.left, held.right), max(held.bottom, held.top))
