"""The second count of a PDF: PDFium's characters page by page, with what is typed into its forms and written in its notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index import limits
from index.pdfium import told
from index.readers.apart import apart
from index.recount import Part, Recount, counted


def count(path: Path) -> Recount:
    """In a process of its own, as any file of a stranger.  Raises LoadError as it ends."""
    return of(apart("index.recount_pdf:parts", path, seconds=limits.SECONDS, memory=limits.MEMORY))


def of(parts: list[dict[str, Any]]) -> Recount:
    """What came as JSON."""
    return Recount(tuple(Part(**part) for part in parts))


def parts(path: Path) -> list[dict[str, Any]]:
    """In that process: pages whose text, forms or notes hold anything."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    document.init_forms()
    made: list[dict[str, Any]] = []
    for at in range(len(document)):
        try:
            page = document[at]
        except pypdfium2.PdfiumError:  # the reader names it
            continue
        layer = page.get_textpage()
        made += of_page(page, layer, document.formenv, at + 1)
        layer.close()
        page.close()
    return made


def of_page(page: Any, layer: Any, form: Any, number: int) -> list[dict[str, Any]]:
    """The parts of a page, counted from 1, as JSON: `layer` is PDFium's text of it, `form` the document's form."""
    kinds = {"正文": layer.get_text_range(), "表单": "", "批注": ""}
    for kind, text in _notes(page, form):
        kinds[kind] += text
    return [asdict(Part(kind, found, number)) for kind, text in kinds.items() if (found := counted(text))]


def _notes(page: Any, form: Any) -> Iterator[tuple[str, str]]:
    """(kind, text) of each annotation that is not hidden."""
    import pypdfium2.raw as pdfium

    for at in range(pdfium.FPDFPage_GetAnnotCount(page)):
        note = pdfium.FPDFPage_GetAnnot(page, at)
        if not note:
            continue
        if pdfium.FPDFAnnot_GetFlags(note) & (pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW):
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(note)
        if kind == pdfium.FPDF_ANNOT_WIDGET and form is not None:
            if pdfium.FPDFAnnot_GetFormFieldType(form, note) in (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX):
                yield "表单", told(pdfium.FPDFAnnot_GetFormFieldValue, form, note)
        elif kind not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
            yield "批注", told(pdfium.FPDFAnnot_GetStringValue, note, b"Contents")
        pdfium.FPDFPage_CloseAnnot(note)
