"""A conversation as Markdown and as a Word file: quotations whole, a footnote for each."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

from page.export import W, cited, docx, markdown, plain, reference
from page.history import Turn
from retrieval.types import Answer, Question
from tests.test_page_html import QUOTE, ref, said
from tests.test_page_html import cited as citation
from tests.test_page_table import TABLE

ANSWER = said(short="349件", citations=(citation(1), citation(2, "第二处引文。", None)))
TURNS = (
    Turn("办结多少件？", (), ANSWER),
    Turn("各市增速？", (), Answer(Question("？", "compare"), "answered", "", table=TABLE)),
    Turn("问<b>*坏*</b>", error="已停止。"),
)


def notes(file: bytes) -> list[str]:
    """Texts of a Word file's footnotes, the two rules left out."""
    with zipfile.ZipFile(io.BytesIO(file)) as package:
        root = ElementTree.fromstring(package.read("word/footnotes.xml"))
    return ["".join(text.text or "" for text in note.iter(f"{{{W}}}t")).strip() for note in root if f"{{{W}}}type" not in note.attrib]


def test_a_reference_names_report_unit_date_heading_page_and_file() -> None:
    assert cited(citation()) == "《青川市司法局2024年报告》，青川市司法局，2024年，一、主要工作 › （一）复议，第 2 页（青川2024.txt）"
    assert reference(ref()) == "《青川市司法局2024年报告》，青川市司法局，2024年（青川2024.txt）"


def test_markdown_has_a_footnote_for_every_quotation() -> None:
    text = markdown(TURNS)
    assert f"> {QUOTE}[^1]" in text
    used, given = set(re.findall(r"[^\n]\[\^(\d+)\]", text)), set(re.findall(r"^\[\^(\d+)\]: ", text, re.M))
    assert used == given == {"1", "2", "3", "4"}
    assert "没有写明：白石县报告" in text


def test_markdown_of_a_stranger_is_text() -> None:
    assert r"问\<b\>\*坏\*\</b\>" in markdown(TURNS)


def test_word_has_its_own_footnotes_in_order() -> None:
    from docx import Document

    file = docx(TURNS)
    assert notes(file)[:2] == [cited(citation(1)), cited(citation(2))]
    assert len(notes(file)) == 4
    document = Document(io.BytesIO(file))
    marks = [mark.get(f"{{{W}}}id") for mark in document.element.body.iter(f"{{{W}}}footnoteReference")]
    assert marks == ["2", "3", "4", "5"], "numbers 0 and 1 are the rules above the notes"
    assert QUOTE in [paragraph.text for paragraph in document.paragraphs]
    assert [cell.text for cell in document.tables[0].columns[1].cells] == ["生产总值增速", "5.5%", "10%"]


def test_word_bears_characters_that_xml_does_not() -> None:
    from docx import Document

    Document(io.BytesIO(docx((Turn("坏\x00\x0b字", error="\ufffe"),))))


def test_an_answer_to_paste_numbers_its_quotations() -> None:
    assert plain(ANSWER).splitlines() == ["349件", f"“{QUOTE}”[1]", "“第二处引文。”[2]", f"[1] {cited(citation(1))}", f"[2] {cited(citation(2))}"]


def test_what_is_ours_is_said_to_be_ours() -> None:
    counted = said(short="共 2 项", computed=True, items=2, citations=(citation(1, "甲", None), citation(2, "乙", None)))
    assert plain(counted).splitlines()[:3] == ["共 2 项（系统清点）", "“甲”[1]", "“乙”[2]"]
    assert "**是（系统判断，依据是标出的原话）**" in markdown((Turn("办结了吗？", (), said(short="是", computed=True, citations=(citation(),))),))
