"""Kinds of PDF pages that figures were once lost on: each file is made here, and each test says what must hold and what must not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from index.load import Raw, load
from index.read import read
from tests.make_samples import office, packed
from tests.test_readers_pdf import bare, drawn

BODY = ["青川市全年受理行政复议申请一百二十件，", "办结一百一十八件，办结率为98.3%，比上年", "提高2.1个百分点，全市调解组织三百二十六个。"]
Draw = Callable[[Canvas], object]


def put(canvas: Canvas, lines: Sequence[str], x: float = 72, y: float = 700, size: float = 12, pitch: float = 20) -> None:
    canvas.setFont("STSong-Light", size)
    for at, line in enumerate(lines):
        canvas.drawString(x, y - pitch * at, line)


def one(folder: Path, *pages: Draw) -> Raw:
    return load(drawn(folder / "一页.pdf", *pages))


def table(canvas: Canvas, x: float, top: float, rows: Sequence[Sequence[str]], wide: float = 90, high: float = 20) -> None:
    canvas.setFont("STSong-Light", 12)
    for at in range(len(rows) + 1):
        canvas.line(x, top - high * at, x + wide * len(rows[0]), top - high * at)
    for at in range(len(rows[0]) + 1):
        canvas.line(x + wide * at, top, x + wide * at, top - high * len(rows))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            canvas.drawString(x + wide * column + 4, top - 15 - high * row, cell)


def composed(path: Path, text: Sequence[str], codes: dict[int, str], extra: Sequence[str] = (), page: str = "", catalog: str = "") -> Path:
    """A page in a font of our own that says which characters its codes are; `extra` objects are numbered from 9."""
    mapping = "\n".join(f"<{code:04x}> <{char.encode('utf-16-be').hex()}>" for code, char in codes.items())
    table = (f"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> "
             f"endcodespacerange\n{len(codes)} beginbfchar\n{mapping}\nendbfchar\nendcmap end end")
    known = {char: code for code, char in codes.items()}
    body = "\n".join(f"BT /F1 14 Tf 1 0 0 1 72 {700 - 24 * at} Tm <{''.join(f'{known[c]:04x}' for c in line)}> Tj ET" for at, line in enumerate(text))
    path.write_bytes(packed([
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> {page} >>",
        f"<< /Length {len(body)} >>\nstream\n{body}\nendstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 8 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >>"
        " /DW 1000 /FontDescriptor 7 0 R >>",
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120"
        " /CapHeight 880 /StemV 93 >>",
        f"<< /Length {len(table)} >>\nstream\n{table}\nendstream", *extra]))
    return path


def hexed(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"


class TestCharacters:
    def test_beyond_the_basic_plane(self, tmp_path: Path) -> None:
        """Names and rivers are written with them; a page of them is no scan."""
        text = ["𬇙𬭎𫖯", "𬱖𫖯"]
        got = load(composed(tmp_path / "生僻字.pdf", text, {at: char for at, char in enumerate(dict.fromkeys("".join(text)), 600)}))
        assert got.text.split() == text
        assert got.warnings == ()

    def test_a_sign_at_the_end_of_a_line_stays(self, tmp_path: Path) -> None:
        lines = ["全市平稳推进各项工作，最低气温降到-", "12℃，2024年1月-", "9月受理复议128件，净利润−", "28,189,310.80元，同比－", "3.5个百分点。"]
        got = bare(one(tmp_path, lambda c: put(c, lines)).text)
        assert got == "".join(lines)
        for kept in ("到-12℃", "1月-9月", "−28,189,310.80元", "－3.5个"):
            assert kept in got

    def test_a_word_parted_at_the_end_of_a_line_keeps_its_hyphen(self, tmp_path: Path) -> None:
        assert "做好与COVID-19有关的法律服务。" in read(drawn(tmp_path / "词.pdf", lambda c: put(c, ["做好与COVID-", "19有关的法律服务。"]))).text

    def test_a_notes_mark_beside_a_figure_is_none_of_its_digits(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            put(canvas, BODY)
            line = canvas.beginText(72, 560)
            for text, rise in (("常住人口", 0.0), ("2", 0.4), ("31.6万人，户籍人口28.4", 0), ("3", 0.4), ("万人，总投资10", 0), ("7", 0.4), ("元，PM", 0),
                               ("2.5", -0.15), ("浓度28微克，CO", 0), ("2", -0.15), ("排放下降3%。", 0)):
                line.setFont("STSong-Light", 12 if not rise else 7)
                line.setRise(12 * rise)
                line.textOut(text)
            canvas.drawText(line)

        got = bare(one(tmp_path, draw).text)
        assert "常住人口²31.6万人，户籍人口28.4³万人，总投资10⁷元，PM2.5浓度28微克，CO2排放下降3%。" in got
        assert "231.6" not in got and "28.43" not in got and "107" not in got

    def test_small_print_on_the_line_is_not_raised(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            put(canvas, ["受理"], 72, 700, 16)
            put(canvas, ["128件"], 72 + 32, 700, 9)

        assert "受理128件" in bare(one(tmp_path, draw).text)

    def test_characters_without_ink_are_left_out_and_said(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            put(canvas, BODY)
            line = canvas.beginText(72, 500)
            line.setFont("STSong-Light", 12)
            line.setTextRenderMode(3)
            line.textLine("旧稿：安排经费210万元。")
            canvas.drawText(line)

        got = one(tmp_path, draw)
        assert "210" not in got.text and bare("".join(BODY)) == bare(got.text)
        assert got.warnings == ("第1页有设为不可见的文字，没有读入。",)
        assert [(each.page, each.kind, each.text) for each in got.left] == [(1, "隐藏", "旧稿：安排经费210万元。")]


class TestOrder:
    @pytest.mark.parametrize("turn", [90, 180, 270])
    def test_text_turned_on_the_page_with_its_table(self, tmp_path: Path, turn: int) -> None:
        def draw(canvas: Canvas) -> None:
            canvas.translate(297, 421)
            canvas.rotate(turn)
            put(canvas, ["附件：青川市2024年案件统计"], -250, 200)
            table(canvas, -250, 150, [["县区", "受理", "办结"], ["白石县", "36", "31"], ["柳溪县", "118", "118"]])
            put(canvas, BODY, -250, 50)

        got = one(tmp_path, draw).text
        assert bare(got) == bare("附件：青川市2024年案件统计县区：白石县，受理：36，办结：31。县区：柳溪县，受理：118，办结：118。" + "".join(BODY))

    def test_a_label_turned_in_its_cell(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            table(canvas, 112, 700, [["物资", "数量"], ["棉被", "1200床"], ["帐篷", "85顶"]])
            for y in (700, 680, 640):
                canvas.line(82, y, 112, y)
            canvas.line(82, 700, 82, 640)
            canvas.drawString(86, 685, "类别")
            canvas.saveState()
            canvas.translate(102, 644)
            canvas.rotate(90)
            canvas.drawString(0, 0, "生活类")
            canvas.restoreState()

        got = one(tmp_path, draw).text
        assert "类别：生活类，物资：棉被，数量：1200床。" in got and "类别：生活类，物资：帐篷，数量：85顶。" in got

    @pytest.mark.parametrize(("pitch", "apart"), [(1.0, 1.5), (1.2, 1.8), (1.35, 2.2)])
    def test_columns_are_read_downwards_from_the_right(self, tmp_path: Path, pitch: float, apart: float) -> None:
        columns = ["全年召开专题会议二十二次研究事项四十七项", "其中民生事项二十一项全部落实到位", "青川市2024年办结118件"]

        def draw(canvas: Canvas) -> None:
            put(canvas, ["青川市二〇二四年工作纪要"], 200, 780, 16)
            for column, text in enumerate(columns):
                for row, char in enumerate(text):
                    put(canvas, [char], 480 - 12 * apart * column, 730 - 12 * pitch * row)

        assert bare(one(tmp_path, draw).text) == "青川市二〇二四年工作纪要" + "".join(columns)

    def test_figures_that_lie_on_their_side_in_a_column(self, tmp_path: Path) -> None:
        """As word processors set them: characters upright, figures turned."""
        def draw(canvas: Canvas) -> None:
            columns = [["县长周文彦主持会议，", "2024", "年办结", "1188", "件，办结率", "92.2%", "。"], ["比上年提高", "2.1", "个百分点。"]]
            for column, parts in enumerate(columns):
                x, y = 480 - 22 * column, 730.0
                for part in parts:
                    if part.isascii():
                        canvas.saveState()
                        canvas.translate(x + 2, y + 11)
                        canvas.rotate(-90)
                        put(canvas, [part], 0, 0)
                        canvas.restoreState()
                        y -= 6 * len(part)
                    else:
                        for char in part:
                            put(canvas, [char], x, y)
                            y -= 12

        assert bare(one(tmp_path, draw).text) == "县长周文彦主持会议，2024年办结1188件，办结率92.2%。比上年提高2.1个百分点。"

    def test_a_list_in_two_characters_is_no_column(self, tmp_path: Path) -> None:
        names = ["王　芳", "李　明", "张　伟", "赵　静", "陈　杰"]
        assert bare(one(tmp_path, lambda c: put(c, names, pitch=20)).text) == bare("".join(names))

    @pytest.mark.parametrize("title", [12, 18])
    def test_two_columns_of_unequal_width_under_a_title(self, tmp_path: Path, title: float) -> None:
        left = ["一、幼儿托管", "托管点每日八点开放，周末", "休息，每班不超过十五人，", "家长须提前一天预约。"]
        right = ["二、宠物管理", "养犬须办理登记证，外出时应当束好犬链，县", "城禁养烈性犬名录共三十二种，违者处二百元",
                 "以上一千元以下罚款，并由主管单位予以登记", "公示，公示期为三十日。"]

        def draw(canvas: Canvas) -> None:
            put(canvas, ["青川市2024年社区服务手册"], 200, 760, title)
            put(canvas, left, 72, 720)
            put(canvas, right, 270, 720)

        got = read(drawn(tmp_path / "手册.pdf", draw)).text.split("\n")
        assert got[:2] == ["青川市2024年社区服务手册", "一、幼儿托管"]
        assert "".join(got[2:]).startswith("托管点每日八点开放，周末休息，每班不超过十五人，家长须提前一天预约。二、宠物管理养犬须")

    def test_three_columns(self, tmp_path: Path) -> None:
        columns = [[f"{name}栏第{row}行文字写满一整行" for row in "一二三四五六"] for name in "甲乙丙"]

        def draw(canvas: Canvas) -> None:
            for at, lines in enumerate(columns):
                put(canvas, lines, 60 + 170 * at)

        got = one(tmp_path, draw)
        assert bare(got.text) == "".join("".join(lines) for lines in columns)

    def test_headers_that_name_the_chapter_of_their_page(self, tmp_path: Path) -> None:
        def page(number: int, chapter: str) -> Draw:
            def draw(canvas: Canvas) -> None:
                put(canvas, [chapter], 72, 800, 9)
                put(canvas, [f"{'甲乙丙丁戊'[number]}处{line}" for line in BODY[number % 3:]] + [f"第{number}项另有{number + 7}件。"], 72, 740)
                put(canvas, [str(number + 1)], 297, 30, 9)
            return draw

        chapters = ["总体情况", "总体情况", "复议应诉", "人民调解", "法律援助"]
        got = one(tmp_path, *(page(number, chapter) for number, chapter in enumerate(chapters)))
        assert not any(chapter in got.text for chapter in chapters)
        assert {each.text for each in got.left if each.kind == "页眉页脚"} >= set(chapters)
        assert all(f"第{number}项另有{number + 7}件。" in got.text for number in range(5))


class TestAcross:
    """Watermarks and stamps are left out and said; slanted writing that is none is read."""

    def held(self, got: Raw, mark: str, pages: int = 1) -> None:
        assert bare(got.text) == bare("".join(BODY)) * pages
        assert any(mark in warning and "水印或印章" in warning for warning in got.warnings)

    @pytest.mark.parametrize("angle", [45, -30, 60, 20])
    @pytest.mark.parametrize("first", [True, False])
    @pytest.mark.parametrize("each", [True, False])
    def test_a_slanted_watermark(self, tmp_path: Path, angle: int, first: bool, each: bool) -> None:
        def mark(canvas: Canvas) -> None:
            canvas.saveState()
            canvas.translate(120, 640)
            canvas.rotate(angle)
            canvas.setFillGray(0.8)
            canvas.setFont("STSong-Light", 32)
            for at, text in enumerate("内部资料注意保存" if each else ["内部资料注意保存"]):
                canvas.drawString(32 * at, 0, text)
            canvas.restoreState()

        def draw(canvas: Canvas) -> None:
            if first:
                mark(canvas)
            put(canvas, BODY)
            if not first:
                mark(canvas)

        self.held(one(tmp_path, draw), "内部资料注意保存")

    def test_a_small_watermark_all_over_the_page(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            put(canvas, BODY)
            for at in range(8):
                canvas.saveState()
                canvas.translate(80 + 110 * (at % 4), 690 - 100 * (at // 4))
                canvas.rotate(30)
                canvas.setFont("STSong-Light", 10)
                canvas.drawString(0, 0, "周某2024-05-06")
                canvas.restoreState()

        self.held(one(tmp_path, draw), "周某2024-05-06")

    def test_a_level_watermark_under_the_text_of_one_page_is_one_on_all(self, tmp_path: Path) -> None:
        def page(y: float) -> Draw:
            def draw(canvas: Canvas) -> None:
                canvas.setFillGray(0.85)
                put(canvas, ["青川市司法局办公室打印"], 90, 672, 30)
                canvas.setFillGray(0)
                put(canvas, BODY, y=y)
            return draw

        self.held(one(tmp_path, page(500), page(700)), "青川市司法局办公室打印", pages=2)

    def test_a_large_title_is_text(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            put(canvas, ["青川市司法局工作报告"], 90, 750, 30)
            put(canvas, BODY)

        got = one(tmp_path, draw, lambda c: put(c, ["青川市司法局工作报告", *BODY], y=600))
        assert bare(got.text) == ("青川市司法局工作报告" + bare("".join(BODY))) * 2
        assert got.warnings == ()

    def test_a_round_seal(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            put(canvas, BODY)
            for at, char in enumerate("青川市司法局办公室专用章"):
                angle = math.radians(210 - 240 * at / 11)
                canvas.saveState()
                canvas.translate(250 + 60 * math.cos(angle), 650 + 60 * math.sin(angle))
                canvas.rotate(math.degrees(angle) - 90)
                canvas.setFont("STSong-Light", 14)
                canvas.drawCentredString(0, 0, char)
                canvas.restoreState()

        self.held(one(tmp_path, draw), "青川市司法局办公室专用章")

    def test_the_slanted_names_along_a_chart_are_read(self, tmp_path: Path) -> None:
        def draw(canvas: Canvas) -> None:
            put(canvas, BODY)
            for at, name in enumerate(["青川区", "白石县", "柳溪县", "望海区"]):
                canvas.saveState()
                canvas.translate(100 + 60 * at, 300)
                canvas.rotate(45)
                canvas.setFont("STSong-Light", 9)
                canvas.drawString(0, 0, name)
                canvas.restoreState()

        got = one(tmp_path, draw)
        assert bare(got.text) == bare("".join(BODY)) + "青川区白石县柳溪县望海区"
        assert got.warnings == ()


class TestTables:
    def test_names_alone_at_a_pages_foot_name_the_columns_of_the_next(self, tmp_path: Path) -> None:
        def first(canvas: Canvas) -> None:
            put(canvas, BODY)
            table(canvas, 72, 90, [["园区名称", "建设状态", "入驻企业", "用工（人）"]])

        got = one(tmp_path, first, lambda c: table(c, 72, 790, [["河东园区", "已建成", "41", "3120"], ["河西园区", "在建", "17", "860"]])).text
        assert "园区名称，建设状态，入驻企业，用工（人）。" in got
        assert "园区名称：河西园区，建设状态：在建，入驻企业：17，用工（人）：860。" in got
        assert "17，860" not in got

    def test_a_table_with_names_of_its_own_keeps_them(self, tmp_path: Path) -> None:
        def first(canvas: Canvas) -> None:
            put(canvas, BODY)
            table(canvas, 72, 160, [["县区", "受理", "办结"], ["白石县", "36", "31"], ["柳溪县", "18", "9"]])

        got = one(tmp_path, first, lambda c: table(c, 72, 790, [["机构", "人数", "经费"], ["司法局", "45", "1200"], ["公证处", "12", "300"]])).text
        assert "机构：公证处，人数：12，经费：300。" in got
        assert "县区：公证处" not in got and "县区：机构" not in got


class TestFormsAndNotes:
    text = ("青川市补助资金申请表", "申请单位：", "申请金额：", "是否公示：")

    def path(self, folder: Path) -> Path:
        fields = [f"<< /Type /Annot /Subtype /Widget /FT /Tx /T (f{at}) /F 4 /V {hexed(value)} /Rect [160 {696 - 24 * at} 400 {714 - 24 * at}] >>"
                  for at, value in ((1, "石桥镇人民政府"), (2, "86.5万元"))]
        ticked = ("<< /Type /Annot /Subtype /Widget /FT /Btn /T (f3) /F 4 /V /Yes /AS /Yes /Rect [160 624 174 638] "
                  "/AP << /N << /Yes 4 0 R /Off 4 0 R >> >> >>")
        note = f"<< /Type /Annot /Subtype /FreeText /F 4 /DA (/F1 12 Tf) /Contents {hexed('审核意见：同意补助80万元')} /Rect [72 500 400 530] >>"
        remark = f"<< /Type /Annot /Subtype /Text /F 4 /Contents {hexed('请附2023年决算')} /Rect [500 500 520 520] >>"
        away = f"<< /Type /Annot /Subtype /Text /F 2 /Contents {hexed('作废999万元')} /Rect [500 400 520 420] >>"
        mark = f"<< /Type /Annot /Subtype /Watermark /F 4 /Contents {hexed('样张')} /Rect [100 100 400 300] >>"
        extra = [*fields, ticked, note, remark, away, mark]
        numbers = " ".join(f"{9 + at} 0 R" for at in range(len(extra)))
        codes = {at: char for at, char in enumerate(dict.fromkeys("".join(self.text)), 600)}
        return composed(folder / "申请表.pdf", self.text, codes, extra, f"/Annots [{numbers}]", "/AcroForm << /Fields [9 0 R 10 0 R 11 0 R] >>")

    def test_what_is_typed_stands_where_it_is_typed_and_remarks_come_last(self, tmp_path: Path) -> None:
        got = load(self.path(tmp_path))
        assert [bare(line) for line in got.text.splitlines() if line.strip()] == [
            "青川市补助资金申请表", "申请单位：石桥镇人民政府", "申请金额：86.5万元", "是否公示：☑", "审核意见：同意补助80万元", "批注：请附2023年决算"]
        assert "999" not in got.text
        assert got.warnings == ("第1页的水印或印章“样张”不是正文，没有读入。",)


def test_what_a_word_processor_prints(tmp_path: Path) -> None:
    """Raised and lowered figures, and a section that is read downwards, through LibreOffice."""
    from docx import Document
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    document = Document()
    document.add_paragraph("青川市全年受理行政复议申请128件，调解纠纷33000件，涉及金额1,100.00万元。")
    paragraph = document.add_paragraph()
    for text, raised in (("常住人口", None), ("2", True), ("31.6万人，总投资10", None), ("7", True), ("元，CO", None), ("2", False), ("排放下降3.2%。", None)):
        run = paragraph.add_run(text)
        if raised is not None:
            setattr(run.font, "superscript" if raised else "subscript", True)
    document.add_section()
    direction = OxmlElement("w:textDirection")
    direction.set(qn("w:val"), "tbRl")
    document.sections[1]._sectPr.append(direction)
    document.add_paragraph("县长周文彦主持会议并作了总结讲话，2024年办结1188件，办结率92.2%。")
    document.save(str(tmp_path / "报告.docx"))
    if not office(tmp_path / "报告.docx", "pdf"):
        pytest.skip("没有安装 LibreOffice")
    got = load(tmp_path / "报告.pdf")
    assert bare(got.text) == ("青川市全年受理行政复议申请128件，调解纠纷33000件，涉及金额1,100.00万元。常住人口²31.6万人，总投资10⁷元，CO2排放下降3.2%。"
                              "县长周文彦主持会议并作了总结讲话，2024年办结1188件，办结率92.2%。")
    assert got.warnings == ()
