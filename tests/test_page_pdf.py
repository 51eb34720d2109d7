"""A PDF's own pages: where a sentence of the cleaned text stands on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.read import read
from index.types import LoadError
from page import pdf

FILE = Path(__file__).parent / "data" / "青川市司法局2023年法治政府建设年度报告.pdf"


def test_boxes_stand_on_what_is_written_there() -> None:
    import pypdfium2

    report = read(FILE)
    passage = next(passage for passage in report.passages if passage.page == 2 and len(passage.text) > 60)
    places = pdf.places(report, passage.start, passage.end)
    sizes = pdf.page_sizes(FILE)
    with pypdfium2.PdfDocument(FILE) as document:
        found = ""
        for page, left, top, right, bottom in places:
            width, height = sizes[page - 1]
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            layer = document[page - 1].get_textpage()
            found += layer.get_text_bounded(left=left - 1, bottom=height - bottom + 2, right=right + 1, top=height - top - 2)
    assert "".join(found.split()) == "".join(passage.text.split())


def test_a_file_that_reads_otherwise_now_has_no_boxes(tmp_path: Path) -> None:
    from dataclasses import replace

    report = read(FILE)
    assert pdf.places(replace(report, id="other", text=report.text + "添"), 0, 5) == ()


def test_pages_are_drawn_and_those_that_are_not_there_are_told() -> None:
    assert pdf.picture(FILE, 1).startswith(b"\x89PNG")
    with pytest.raises(LoadError, match="没有第 99 页"):
        pdf.picture(FILE, 99)


def test_what_is_no_pdf_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "坏.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(LoadError, match=r"坏\.pdf"):
        pdf.page_sizes(broken)
    assert not pdf.is_pdf(tmp_path / "没有.pdf")
