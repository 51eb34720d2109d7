"""Files of the formats that offices have besides Word, Excel and PDF, made from code: every text in them is fictional."""

from __future__ import annotations

import email.message
import io
import zipfile
from typing import Any

import xlwt  # type: ignore[import-untyped]
from docx import Document
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches


def docx() -> bytes:
    out = io.BytesIO()
    document = Document()
    document.add_heading("青川市司法局2024年工作总结", 0)
    document.add_paragraph("全年办理法律援助案件36件。")
    document.save(out)
    return out.getvalue()


def xls() -> bytes:
    """Merged cells, number formats, a hidden row and a hidden sheet."""
    book = xlwt.Workbook(encoding="utf8")
    sheet = book.add_sheet("财政")
    money, day = xlwt.easyxf(num_format_str='0.0"亿元"'), xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"')
    sheet.write_merge(0, 0, 0, 3, "白石县2024年收支")
    for column, name in enumerate(["片区", "乡镇", "收入", "日期"]):
        sheet.write(1, column, name)
    sheet.write_merge(2, 3, 0, 0, "东片")
    for row, (town, income, date) in enumerate([("长滩镇", 12.25, 45657), ("柳溪镇", 3.15, 45656)], 2):
        sheet.write(row, 1, town)
        sheet.write(row, 2, income, money)
        sheet.write(row, 3, date, day)
    sheet.row(4).hidden = True
    sheet.write(4, 1, "暗镇")
    book.add_sheet("暗表").visibility = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv() -> bytes:
    return "镇,户数,占比\n长滩镇,\"1,200\",3.5%\n柳溪镇,900,2.1%\n".encode("gb18030")


def rtf() -> bytes:
    """Two dates, as fields whose results were stored long ago."""

    def said(text: str) -> bytes:
        return b"".join(c.encode() if c.isascii() else b"\\u%d?" % (ord(c) if ord(c) < 32768 else ord(c) - 65536) for c in text)

    return (b"{\\rtf1\\ansi\\ansicpg936 {\\fonttbl{\\f0 SimSun;}}\\f0 " + said("临江市司法局工作总结") + b"\\par " + said("全年办结36件。")
            + b"\\par "
            b'{\\field{\\*\\fldinst DATE \\\\@ "yyyy/M/d"}{\\fldrslt 2024/12/20}}\\par '
            b'{\\field{\\*\\fldinst {\\rtlch\\fcs1 TIME }}{\\fldrslt {2024/11/11}}}\\par}')


def pptx() -> bytes:
    """A slide with text, a table, a chart and notes; a hidden one; one more."""
    show = Presentation()
    slide: Any = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "青川市2024年政务服务"
    frame = slide.shapes.add_textbox(Inches(1), Inches(2), Inches(4), Inches(1)).text_frame
    frame.text = "全年办件12万件。"
    run = frame.add_paragraph().add_run()
    run.text = "约10"
    raised = frame.paragraphs[1].add_run()
    raised.text = "7"
    raised.font._element.set("baseline", "30000")
    table = slide.shapes.add_table(3, 3, Inches(1), Inches(3), Inches(4), Inches(1)).table
    for at, row in enumerate([["片区", "镇", "办件"], ["东片", "长滩镇", "36"], ["", "柳溪镇", "18"]]):
        for column, text in enumerate(row):
            table.cell(at, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call]
    data.categories = ["长滩镇", "柳溪镇"]
    data.add_series("办件量", (4312, 3876))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(5), Inches(4), Inches(2), data)
    slide.notes_slide.notes_text_frame.text = "口径为常住人口。"
    hidden: Any = show.slides.add_slide(show.slide_layouts[5])
    hidden.shapes.title.text = "暗页"
    hidden._element.set("show", "0")
    last: Any = show.slides.add_slide(show.slide_layouts[5])
    last.shapes.title.text = "下一步"
    out = io.BytesIO()
    show.save(out)
    return out.getvalue()


def eml() -> bytes:
    message = email.message.EmailMessage()
    message["Subject"], message["From"], message["To"] = "关于报送2024年总结的函", "赵启明 <zhao@example.cn>", "钱程 <qian@example.cn>"
    message["Date"] = "Fri, 20 Dec 2024 09:30:00 +0800"
    message.set_content("现报送总结。\n请查收。")
    for name, data in (("总结.docx", docx()), ("工具.exe", b"MZ")):
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def epub() -> bytes:
    out = io.BytesIO()
    items = "".join(f'<item id="{at}" href="{at}.xhtml" media-type="application/xhtml+xml"{more}/>'
                    for at, more in (("nav", ' properties="nav"'), ("2", ""), ("1", "")))
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", "application/epub+zip")
        package.writestr("META-INF/container.xml", '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
                         '<rootfile full-path="OPS/book.opf"/></rootfiles></container>')
        package.writestr("OPS/book.opf", '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
                         f"<dc:title>青川市年鉴</dc:title></metadata><manifest>{items}</manifest>"
                         '<spine><itemref idref="nav"/><itemref idref="1"/><itemref idref="2"/></spine></package>')
        for at, head in (("nav", "目录"), ("1", "第一章 综述"), ("2", "第二章 农业")):
            package.writestr(f"OPS/{at}.xhtml", '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head>'
                             f"<title>青川市年鉴</title></head><body><h1>{head}</h1><p>正文{at}。</p></body></html>")
    return out.getvalue()


def archive(members: dict[str, bytes] | None = None) -> bytes:
    """An archive whose names are in GBK, as Windows writes them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, data in (members or {"报送/总结.docx": docx(), "报送/收支.xls": xls(), "函.eml": eml(), "__MACOSX/x.txt": b"x"}).items():
            package.writestr(_NamedInGbk(name), data)
    return out.getvalue()


class _NamedInGbk(zipfile.ZipInfo):
    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # zipfile's own hook
        return self.filename.encode("gb18030"), self.flag_bits


MADE = {".xls": xls, ".csv": csv, ".rtf": rtf, ".pptx": pptx, ".eml": eml, ".epub": epub, ".zip": archive}
