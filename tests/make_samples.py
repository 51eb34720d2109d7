"""Makes the sample files of every format in tests/data from the fictional reports: `python -m tests.make_samples [FOLDER]`.

The .doc is made by LibreOffice and the scans need a Chinese font; where one is missing, those are left as they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from index.outline import path_at
from index.read import read
from index.types import Report

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "data"
REPORTS = ROOT / "reports"
FONTS = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
]
TABLE = [
    ["指标", "单位", "2023年", "2024年"],
    ["受理行政复议申请", "件", "96", "118"],
    ["办理法律援助案件", "件", "402", "437"],
    ["调解民间纠纷", "件", "3,215", "3,480"],
]

Block = tuple[int, str]  # (level of a heading, 0 for a paragraph), text


def blocks(report: Report) -> list[Block]:
    """A report as headings that stand alone and paragraphs."""
    starts = {heading.start: heading for heading in report.headings}
    made: list[Block] = []
    at = 0
    for line in report.text.split("\n"):
        heading = starts.get(at)
        alone = heading is not None and line.rstrip("。") == heading.title and len(path_at(report.headings, at)) <= 3
        made.append((heading.level if heading is not None and alone else 0, line))
        at += len(line) + 1
    return made


def pdf(path: Path, report: Report, *, columns: int = 1, table: Sequence[Sequence[str]] = (), header: str = "",
        repeat: int = 1) -> None:
    """A PDF as word processors print it: paragraphs indented and justified, running header, page numbers at the foot."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    page = canvas.Canvas(str(path), pagesize=A4, invariant=True)
    width, height = A4
    margin, size, leading, gutter = 72.0, 12.0, 20.0, 24.0
    measure = (width - 2 * margin - gutter * (columns - 1)) / columns
    number, column, y = 1, 0, height - margin

    def furniture() -> None:
        page.setFont("STSong-Light", 9)
        if header:
            page.drawCentredString(width / 2, height - 40, header)
        page.drawCentredString(width / 2, 36, f"- {number} -")
        page.setFont("STSong-Light", size)

    def room(lines: int = 1) -> None:
        nonlocal number, column, y
        if y - leading * lines >= margin:
            return
        column, y = column + 1, height - margin
        if column == columns:
            page.showPage()
            number, column = number + 1, 0
            furniture()

    def put(text: str, indent: float) -> None:
        nonlocal y
        room()
        page.drawString(margin + column * (measure + gutter) + indent, y - leading, text)
        y -= leading

    furniture()
    title, *body = blocks(report) * repeat
    page.setFont("STSong-Light", size + 4)
    for line in wrapped(title[1], int(measure / (size + 4))):
        page.drawCentredString(margin + column * (measure + gutter) + measure / 2, y - leading, line)
        y -= leading * 1.4
    page.setFont("STSong-Light", size)
    for _, text in body:
        first, *rest = wrapped(text, int(measure / size), 2)
        put(first, 2 * size)
        for line in rest:
            put(line, 0)
    if table:
        room(len(table) + 1)
        top, step = y - 8, measure / len(table[0])
        left = margin + column * (measure + gutter)
        for i in range(len(table) + 1):
            page.line(left, top - i * leading, left + measure, top - i * leading)
        for j in range(len(table[0]) + 1):
            page.line(left + j * step, top, left + j * step, top - len(table) * leading)
        for i, row in enumerate(table):
            for j, cell in enumerate(row):
                page.drawString(left + j * step + 4, top - (i + 1) * leading + 5, cell)
    page.save()


def plain_pdf(path: Path, lines: Sequence[str], *, ascent: int = 880, descent: int = -120, half: int = 500, step: float = 0.5,
              each: bool = False, size: float = 12.0, turn: int = 0) -> None:
    """A page of lines in a font that is not embedded, whose descriptor says what it is told to say.

    `ascent`, `descent`: of the font, in thousandths.  `half`: the width that it claims for ASCII, `step` the one that they are
    set with, in ems.  `each`: every character on its own, as newspapers are.  `turn`: quarters, anticlockwise.
    """
    a, b, c, d = ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0))[turn]
    drawn = []
    for at, line in enumerate(lines):
        across, down = -300.0, 200.0 - 1.8 * size * at
        for char in line:
            x, y = 450 + a * across + c * down, 450 + b * across + d * down
            drawn.append((x, y, char))
            across += size * (step if char.isascii() else 1.0)
    if each:
        body = "".join(f"BT /F1 {size} Tf {a} {b} {c} {d} {x:.3f} {y:.3f} Tm <{char.encode('utf-16-be').hex()}> Tj ET\n" for x, y, char in drawn)
    else:
        body, at = "", 0
        for line in lines:
            x, y, _ = drawn[at]
            at += len(line)
            moves = "".join(f"<{char.encode('utf-16-be').hex()}> {((half / 1000 - step) * 1000 if char.isascii() else 0):.1f} " for char in line)
            body += f"BT /F1 {size} Tf {a} {b} {c} {d} {x:.3f} {y:.3f} Tm [{moves}] TJ ET\n"
    box = f"-25 {min(descent, -120)} 1000 {max(ascent, 880)}"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900 900] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(body)} >>\nstream\n{body}\nendstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >>"
        f" /DW 1000 /W [1 95 {half} 814 939 {half}] /FontDescriptor 7 0 R >>",
        f"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [{box}] /ItalicAngle 0 /Ascent {ascent} /Descent {descent}"
        " /CapHeight 880 /StemV 93 >>",
    ]
    path.write_bytes(packed(objects))


def packed(objects: Sequence[str]) -> bytes:
    """The objects of a PDF, the first of them its catalog, as a file."""
    made = b"%PDF-1.7\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{each}\nendobj\n".encode("latin-1")
    rows = "".join(f"{place:010d} 00000 n \n" for place in places)
    return made + (f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
                   f"startxref\n{len(made)}\n%%EOF").encode()


def wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Text cut at `width` wide characters, the first line shorter; no line begins with a closing mark."""
    lines, line, room = [], "", (width - indent) * 2
    for c in text:
        took = 1 if c.isascii() else 2
        if room < took and c not in "，。；：、！？）》”":
            lines.append(line)
            line, room = "", width * 2
        line += c
        room -= took
    return [*lines, line]


def docx(path: Path, report: Report, table: Sequence[Sequence[str]] = (), *, repeat: int = 1) -> None:
    """A Word file whose headings are styled and numbered by Word itself, with a table."""
    from docx import Document
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document: Any = Document()
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for i, (form, text) in enumerate([("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3.")]))
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    (_, title), *body = blocks(report) * repeat
    document.add_paragraph(title, style="Title")
    for level, text in body:
        bare = strip_number(text)
        if level and level <= 3 and bare != text:
            paragraph = document.add_paragraph(bare, style=f"Heading {level}")
            paragraph._p.get_or_add_pPr().append(parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level - 1}"/><w:numId w:val="90"/></w:numPr>'))
        else:
            document.add_paragraph(text)
    if table:
        grid = document.add_table(len(table), len(table[0]), style="Table Grid")
        for row, cells in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
        document.add_paragraph("以上数据由本局办公室汇总。")
    document.save(str(path))


def strip_number(text: str) -> str:
    """A heading without the number that Word would count for it."""
    import re

    return re.sub(r"^(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d{1,2}[.．、])\s*", "", text)


def ofd(path: Path, report: Report, *, repeat: int = 1) -> None:
    """An OFD as government offices issue them (GB/T 33190): a text object a line, with the step from character to character."""
    lines: list[tuple[float, str]] = []
    (_, title), *body = blocks(report) * repeat
    lines += [(60.0, line) for line in wrapped(title, 30)]
    for _, text in body:
        first, *rest = wrapped(text, 38, 2)
        lines += [(38.0, first), *((30.0, line) for line in rest)]
    pages = [lines[i:i + 36] for i in range(0, len(lines), 36)]
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:

        def write(name: str, text: str) -> None:
            package.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), head + text, zipfile.ZIP_DEFLATED)

        write("OFD.xml", f'<ofd:OFD {space} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID>'
              "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>")
        write("Doc_0/Document.xml", f"<ofd:Document {space}><ofd:CommonData><ofd:MaxUnitID>9999</ofd:MaxUnitID><ofd:PageArea>"
              "<ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData><ofd:Pages>"
              + "".join(f'<ofd:Page ID="{n + 1}" BaseLoc="Pages/Page_{n}/Content.xml"/>' for n in range(len(pages)))
              + "</ofd:Pages></ofd:Document>")
        for n, page in enumerate(pages):
            objects = [text_object(x, 25 + 7 * i, line) for i, (x, line) in enumerate(page)]
            objects.append(text_object(100, 285, f"— {n + 1} —"))
            write(f"Doc_0/Pages/Page_{n}/Content.xml", f'<ofd:Page {space}><ofd:Content><ofd:Layer ID="1">' + "".join(objects)
                  + "</ofd:Layer></ofd:Content></ofd:Page>")


def text_object(x: float, y: float, text: str, size: float = 4.0) -> str:
    """One line of an OFD page, millimetres from the top left corner."""
    steps = " ".join(str(size / 2 if c.isascii() else size) for c in text[:-1])
    return (f'<ofd:TextObject ID="1" Boundary="{x} {y} {size * len(text)} {size}" Font="1" Size="{size}">'
            f'<ofd:TextCode X="0" Y="{size * 0.85}" DeltaX="{steps}">{escape(text)}</ofd:TextCode></ofd:TextObject>')


def xlsx(path: Path, sheets: Iterable[tuple[str, Sequence[Sequence[object]]]]) -> None:
    """A workbook with a title across the top of each sheet, a header and rows."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for row in cells:
            sheet.append(list(row))
    book.save(path)


def picture(path: Path, lines: Sequence[str], size: int = 32) -> bool:
    """A page scanned: black on white, a little aslant.  False where there is no Chinese font."""
    from PIL import Image, ImageDraw, ImageFont

    font = next((name for name in FONTS if Path(name).is_file()), None)
    if font is None:
        return False
    face = ImageFont.truetype(font, size)
    image = Image.new("L", (size * 42, size * 2 * (len(lines) + 2)), 255)
    draw = ImageDraw.Draw(image)
    for i, line in enumerate(lines):
        draw.text((size * 2, size * 2 * (i + 1)), line, font=face, fill=20)
    image.rotate(0.4, fillcolor=255).save(path)
    return True


def office(path: Path, suffix: str) -> bool:
    """A copy of a Word file in another format beside it, by LibreOffice; False where that is not installed."""
    program = shutil.which("soffice")
    if program is None:
        return False
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run([program, "--headless", f"-env:UserInstallation=file://{profile}", "--convert-to", suffix, "--outdir",
                        str(path.parent), str(path)], check=True, capture_output=True)
    return True


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    report = read(REPORTS / "青川市司法局2023年法治政府建设年度报告.txt")
    name = "青川市司法局2023年法治政府建设年度报告"
    pdf(folder / f"{name}.pdf", report, table=TABLE, header="青川市司法局文件")
    pdf(folder / f"{name}（双栏）.pdf", report, columns=2)
    docx(folder / f"{name}.docx", report, TABLE)
    ofd(folder / f"{name}.ofd", report)
    xlsx(folder / "青川市法律服务统计表.xlsx", [("法律服务", [["青川市法律服务主要指标"], *TABLE]), ("机构", [["单位", "人数"], ["法律援助中心", 12]])])
    office(folder / f"{name}.docx", "doc")
    lines = [line for _, text in blocks(report)[:6] for line in wrapped(text, 36, 2)]
    picture(folder / "扫描件.png", lines[:14])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else DATA)
