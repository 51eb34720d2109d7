"""A conversation as Markdown, as a Word file, or as plain text to paste; every quotation with a footnote that says where it stands."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from index.types import ReportRef
from page.history import Turn
from retrieval.types import Answer, Citation

if TYPE_CHECKING:
    from docx.text.paragraph import Paragraph

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")
_UNXML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def reference(report: ReportRef, path: Sequence[str] = (), page: int | None = None) -> str:
    """Where something stands: 《…》，单位，日期，标题，第 n 页（文件名）."""
    facts = report.facts
    when = facts.issued or (f"{facts.year}年" if facts.year else "")
    parts = [f"《{facts.title}》" if facts.title else "", facts.unit, when, " › ".join(path), f"第 {page} 页" if page is not None else ""]
    return "，".join(part for part in parts if part) + f"（{report.name}）"


def cited(citation: Citation) -> str:
    """The reference of a citation."""
    return reference(citation.report, citation.path, citation.page)


def _answer_parts(answer: Answer) -> tuple[str, list[Citation]]:
    """What is said first, and the quotations below it."""
    if answer.status == "ambiguous":
        return answer.text, list(answer.candidates)
    if answer.status == "abstained":
        return answer.text, []
    return answer.said, list(answer.citations)


def _phrased(answer: Answer) -> list[str]:
    """A language model's wording, and what it was not let say."""
    struck = [f"已删去：{'；'.join(answer.struck)}"] if answer.struck else []
    return [*([answer.text] if answer.phrased else []), *struck]


def plain(answer: Answer) -> str:
    """An answer to paste anywhere: quotations numbered, their references below."""
    said, citations = _answer_parts(answer)
    if answer.table:
        said, citations = answer.table.summary, [row.citation for row in answer.table.rows]
    quotes = [f"“{citation.quote}”[{at}]" for at, citation in enumerate(citations, 1)]
    return "\n".join([*filter(None, [said, *_phrased(answer)]), *quotes, *(f"[{at}] {cited(citation)}" for at, citation in enumerate(citations, 1))])


def markdown(turns: Sequence[Turn]) -> str:
    """A conversation with Markdown footnotes; characters that Markdown would take for marks are escaped."""
    lines, notes = ["# 有据：问答记录", ""], list[str]()

    def noted(citation: Citation) -> str:
        notes.append(_escaped(cited(citation)))
        return f"[^{len(notes)}]"

    for turn in turns:
        lines += [f"## {_escaped(turn.text)}", ""]
        if turn.answer is None:
            lines += [_escaped(turn.error), ""]
            continue
        said, citations = _answer_parts(turn.answer)
        lines += [f"**{_escaped(said)}**", ""] if said else []
        lines += [line for text in _phrased(turn.answer) for line in (_escaped(text), "")]
        if table := turn.answer.table:
            lines += [_escaped(table.summary), "", f"| 报告 | {_escaped(table.indicator)} | 原文 |", "| --- | --- | --- |"]
            for row in table.rows:
                cells = (row.report.title, row.value, row.citation.quote)
                lines.append(f"| {' | '.join(map(_escaped, cells))}{noted(row.citation)} |")
            lines += ["", *(f"- 没有写明：{_escaped(ref.title)}" for ref in table.missing), ""]
        else:
            lines += [line for citation in citations for line in (f"> {_escaped(citation.quote)}{noted(citation)}", "")]
        lines += [f"{_escaped(turn.answer.note)}", ""] if turn.answer.note and not turn.answer.table else []
    return "\n".join([*lines, *(f"[^{at}]: {note}" for at, note in enumerate(notes, 1))]).rstrip() + "\n"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split("\n")))


def docx(turns: Sequence[Turn]) -> bytes:
    """A conversation as a Word file with Word's own footnotes."""
    import docx as word
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = word.Document()
    for name in ("Normal", "Title", "Heading 1", "Quote"):
        style = document.styles[name]
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), "宋体" if name in ("Normal", "Quote") else "黑体")
    document.styles["Normal"].font.size = Pt(11)
    document.styles["Quote"].font.italic = False  # Chinese is not set in italics
    notes: list[str] = []

    def noted(paragraph: Paragraph, citation: Citation) -> None:
        notes.append(cited(citation))
        run = paragraph.add_run()
        run.font.superscript = True
        mark = run._r.makeelement(qn("w:footnoteReference"), {qn("w:id"): str(len(notes) + 1)})
        run._r.append(mark)

    document.add_heading("有据：问答记录", 0)
    for turn in turns:
        document.add_heading(_clean(turn.text), 1)
        if turn.answer is None:
            document.add_paragraph(_clean(turn.error))
            continue
        said, citations = _answer_parts(turn.answer)
        if said:
            document.add_paragraph().add_run(_clean(said)).bold = True
        for text in _phrased(turn.answer):
            document.add_paragraph(_clean(text))
        if turn.answer.table:
            _docx_table(document, turn.answer, noted)
        else:
            for citation in citations:
                noted(document.add_paragraph(_clean(citation.quote), style="Quote"), citation)
        if turn.answer.note and not turn.answer.table:
            document.add_paragraph(_clean(turn.answer.note))
    if notes:
        _put_footnotes(document, notes)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _docx_table(document: Any, answer: Answer, noted: Any) -> None:
    from docx.shared import Cm

    table = answer.table
    assert table is not None
    document.add_paragraph(_clean(table.summary))
    grid = document.add_table(rows=1, cols=3, style="Table Grid")
    for cell, text in zip(grid.rows[0].cells, ("报告", table.indicator, "原文"), strict=True):
        cell.paragraphs[0].add_run(_clean(text)).bold = True
    for row in table.rows:
        cells = grid.add_row().cells
        for cell, text in zip(cells, (row.report.title, row.value, row.citation.quote), strict=True):
            cell.text = _clean(text)
        noted(cells[2].paragraphs[0], row.citation)
    for column, width in zip(grid.columns, (Cm(4), Cm(3), Cm(9)), strict=True):
        for cell in column.cells:
            cell.width = width
    if table.missing:
        document.add_paragraph(_clean("没有写明：" + "、".join(ref.title for ref in table.missing)))


def _put_footnotes(document: Any, notes: Sequence[str]) -> None:
    """The part of the package that python-docx has no words for; numbers 0 and 1 are the rules above the notes."""
    from html import escape

    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    rules = "".join(
        f'<w:footnote w:type="{kind}" w:id="{at}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for at, kind in enumerate(("separator", "continuationSeparator"))
    )
    body = "".join(
        f'<w:footnote w:id="{at}"><w:p><w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteRef/></w:r>'
        f'<w:r><w:rPr><w:sz w:val="18"/></w:rPr><w:t xml:space="preserve"> {escape(_clean(note))}</w:t></w:r></w:p></w:footnote>'
        for at, note in enumerate(notes, 2)
    )
    xml = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:footnotes xmlns:w="{W}">{rules}{body}</w:footnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, xml.encode(), document.part.package)
    document.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes")


def _clean(text: str) -> str:
    return _UNXML.sub("�", text)
