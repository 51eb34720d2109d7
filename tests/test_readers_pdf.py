"""A PDF's text layer in reading order, with its pages, its tables as rows and a way back to the place on the page."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from index.load import load
from index.read import read
from index.readers.layout import Mark, lines
from index.readers.pdf import boxes
from index.readers.printed import Printed, running, text
from tests import make_samples
from tests.make_samples import TABLE, blocks

ROOT = Path(__file__).resolve().parent.parent
REPORT = read(ROOT / "reports" / "青川市司法局2023年法治政府建设年度报告.txt")
SENTENCE = "全年审核市政府及市政府办公室规范性文件46件，提出修改建议173条，有5件因缺少上位法依据被退回起草单位重做。"


def drawn(path: Path, *pages: Callable[[Canvas], object]) -> Path:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=A4)
    for draw in pages:
        canvas.setFont("STSong-Light", 12)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("columns", [1, 2])
def test_a_report_printed_to_pdf_reads_as_it_was(tmp_path: Path, columns: int) -> None:
    path = tmp_path / "报告.pdf"
    make_samples.pdf(path, REPORT, columns=columns, header="青川市司法局文件")
    got = read(path)
    assert bare(got.text) == bare(REPORT.text)
    paragraphs = set(got.text.split("\n"))
    whole = [line for _, line in blocks(REPORT) if line in paragraphs]
    assert len(whole) >= 0.9 * len(blocks(REPORT)), "paragraphs are joined again, not merged"
    assert [page.number for page in got.pages] == [1, 2] if columns == 2 else len(got.pages) >= 2
    assert got.facts == REPORT.facts
    assert "青川市司法局文件" not in got.text


def test_a_ruled_table_becomes_rows(tmp_path: Path) -> None:
    path = tmp_path / "表.pdf"
    make_samples.pdf(path, REPORT, table=TABLE)
    assert "指标：办理法律援助案件，单位：件，2023年：402，2024年：437。" in read(path).text.split("\n")


def test_a_table_that_goes_on_over_the_page_keeps_its_header(tmp_path: Path) -> None:
    def table(top: float, rows: list[list[str]]) -> Callable[[Canvas], object]:
        def draw(canvas: Canvas) -> None:
            for i in range(len(rows) + 1):
                canvas.line(72, top - 20 * i, 372, top - 20 * i)
            for j in range(4):
                canvas.line(72 + 100 * j, top, 72 + 100 * j, top - 20 * len(rows))
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    canvas.drawString(76 + 100 * j, top - 15 - 20 * i, cell)
        return draw

    path = drawn(tmp_path / "长表.pdf", table(200, [["县区", "受理", "办结"], ["白石县", "36", "31"], ["柳溪县", "18", "18"]]),
                 table(780, [["望海区", "27", "20"], ["长滩镇", "4", "4"]]))
    raw = load(path).text
    assert "县区：柳溪县，受理：18，办结：18。" in raw
    assert "县区：望海区，受理：27，办结：20。" in raw.partition("\f")[2]


def test_merged_cells_stand_in_every_place_they_cover(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for y in (700, 640, 620):
            canvas.line(72, y, 372, y)
        canvas.line(172, 680, 372, 680)  # under 行政复议
        canvas.line(172, 660, 372, 660)
        canvas.line(72, 660, 172, 660)
        for x, top in ((72, 700), (172, 700), (272, 680), (372, 700)):
            canvas.line(x, top, x, 620)
        for x, y, cell in ((76, 675, "县区"), (230, 685, "行政复议"), (176, 665, "受理"), (276, 665, "办结"),
                           (76, 645, "白石县"), (176, 645, "36"), (276, 645, "31"), (76, 625, "柳溪县"), (176, 625, "18"), (276, 625, "9")):
            canvas.drawString(x, y, cell)

    assert "县区：白石县，行政复议/受理：36，行政复议/办结：31。" in load(drawn(tmp_path / "合并.pdf", draw)).text


def test_boxes_lead_from_the_text_to_the_place_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "报告.pdf"
    make_samples.pdf(path, REPORT, table=TABLE, header="青川市司法局文件")
    raw = load(path).text
    start = raw.index(SENTENCE)
    places = boxes(path, start, start + len(SENTENCE))
    assert {place.page for place in places} == {1}
    assert len(places) == 2 + (len(SENTENCE) > 76), "a box a line"
    tops = [place.box[1] for place in places]
    assert tops == sorted(tops)
    for place in places:
        left, top, right, bottom = place.box
        assert 72 <= left < right <= A4[0] - 72 + 12
        assert 72 <= top < bottom <= A4[1] - 72
        assert 8 <= bottom - top <= 24
    cell = raw.index("437")
    (place,) = boxes(path, cell, cell + 3)
    assert place.page == raw[:cell].count("\f") + 1
    header = raw.index("指标：调解")
    assert boxes(path, header, header + 2) == () or boxes(path, header, header + 2)[0].page == place.page


def test_boxes_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "报告.pdf"
    make_samples.pdf(path, REPORT)
    assert boxes(path, 5, 5) == ()
    assert boxes(path, 10**9, 10**9 + 5) == ()


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_is_shown_turned_reads_as_it_is_shown(tmp_path: Path, turn: int) -> None:
    def draw(canvas: Canvas) -> None:
        width, height = A4
        canvas.setPageRotation(turn)
        canvas.translate(*{90: (width, 0), 180: (width, height), 270: (0, height)}[turn])
        canvas.rotate(turn)
        for i, line in enumerate(["青川市全年调解纠纷一千二百件，", "比上年减少三十件。"]):
            canvas.drawString(72, 500 - 20 * i, line)

    assert bare(load(drawn(tmp_path / "横.pdf", draw)).text) == "青川市全年调解纠纷一千二百件，比上年减少三十件。"


def test_text_drawn_twice_to_look_bold_is_read_once(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "青川市人民政府公报")
        canvas.drawString(72.3, 700, "青川市人民政府公报")

    assert load(drawn(tmp_path / "粗.pdf", draw)).text.strip() == "青川市人民政府公报"


def test_an_empty_page_is_counted_and_is_no_scan(tmp_path: Path) -> None:
    path = drawn(tmp_path / "空页.pdf", lambda c: c.drawString(72, 700, "第一页有字。"), lambda c: None, lambda c: c.drawString(72, 700, "第三页有字。"))
    raw = load(path)
    assert raw.text.count("\f") == 2
    assert raw.warnings == ()
    assert [page.number for page in read(path).pages][-1] == 3


class TestRunning:
    def sheets(self, *pages: list[tuple[str, float]]) -> list[list[Printed]]:
        return [[Printed(text, top, top + 0.02, False) for text, top in page] for page in pages]

    def test_what_comes_again_at_the_edge_is_furniture_and_the_rest_is_not(self) -> None:
        sheets = self.sheets(*([("青川市司法局文件", 0.05), (f"本页第{n}条，受理{n * 7}件。", 0.3), (f"第 {n} 页 共 5 页", 0.95)]
                               for n in range(1, 6)))
        assert running(sheets) == {(n, at) for n in range(5) for at in (0, 2)}

    def test_headers_of_odd_and_even_pages_differ(self) -> None:
        sheets = self.sheets(*([(["青川年鉴", "司法行政"][n % 2], 0.05), (f"正文{'甲乙丙丁戊己'[n]}。", 0.4)] for n in range(6)))
        assert running(sheets) == {(n, 0) for n in range(6)}

    def test_the_same_line_in_the_middle_of_pages_is_text(self) -> None:
        assert running(self.sheets(*([("小计", 0.5)] for _ in range(6)))) == frozenset()

    def test_one_page_loses_its_number_alone(self) -> None:
        assert running(self.sheets([("2024", 0.05), ("正文。", 0.4), ("- 1 -", 0.95)])) == {(0, 2)}

    @given(st.lists(st.lists(st.text("甲乙丙12 \u3000", min_size=1, max_size=6), max_size=5), max_size=5))
    def test_what_is_dropped_is_all_that_is_dropped(self, pages: list[list[str]]) -> None:
        sheets = self.sheets(*([(line, 0.2 * at) for at, line in enumerate(page)] for page in pages))
        kept = [line.text for n, sheet in enumerate(sheets) for at, line in enumerate(sheet) if (n, at) not in running(sheets)]
        assert bare(text(sheets)) == bare("".join(kept))
        assert text(sheets).count("\f") == max(0, len(sheets) - 1)


class TestLines:
    """Marks → lines, without any file."""

    def row(self, text: str, x: float, y: float, size: float = 10) -> list[Mark]:
        return [Mark(c, (x + i * size, y, x + (i + 1) * size, y + size)) for i, c in enumerate(text)]

    def test_the_order_of_drawing_does_not_matter(self) -> None:
        marks = self.row("青川市法治报告", 0, 0) + self.row("全年受理行政复议申请一百二十件", 0, 20)
        expected = [line.text for line in lines(marks)]
        assert expected == ["青川市法治报告", "全年受理行政复议申请一百二十件"]
        assert [line.text for line in lines(marks[::-1])] == expected
        assert [line.text for line in lines(sorted(marks))] == expected

    def test_columns_that_do_not_stand_level_are_read_one_after_the_other(self) -> None:
        left = [f"左栏第{c}行文字写满了一整行" for c in "一二三四五六"]
        right = [f"右栏第{c}行文字写满了一整行" for c in "一二三四五六"]
        for shift in (0, 3, 7):
            marks = [m for i, t in enumerate(left) for m in self.row(t, 0, 20 * i + 30)]
            marks += [m for i, t in enumerate(right) for m in self.row(t, 160, 20 * i + 30 + shift)]
            marks += self.row("横跨两栏的大标题写在最上面中间位置", 60, 0)
            assert [line.text for line in lines(marks)] == ["横跨两栏的大标题写在最上面中间位置", *left, *right]

    def test_cells_of_a_table_without_rules_stay_in_their_rows(self) -> None:
        marks = [m for i in range(6) for x, t in ((0, "指标"), (100, f"{i}件"), (200, f"{i * 3}件")) for m in self.row(t, x, 20 * i)]
        assert next(line.text for line in lines(marks)) == "指标 0件 0件"

    @given(st.lists(st.tuples(st.text("甲乙丙丁a1", min_size=1, max_size=12), st.integers(0, 400), st.integers(0, 400)), max_size=12))
    def test_no_character_is_lost_or_added(self, texts: list[tuple[str, int, int]]) -> None:
        marks = [m for text, x, y in texts for m in self.row(text, x, y)]
        found = "".join(line.text for line in lines(marks)).replace(" ", "")
        assert sorted(found) == sorted(m.text for m in marks)
        for line in lines(marks):
            assert len(line.text) == len(line.boxes)


def test_the_committed_samples_say_the_same() -> None:
    for path in sorted((ROOT / "tests" / "data").glob("青川市司法局*")):
        if path.suffix == ".doc":
            continue  # needs LibreOffice: test_readers_office.py
        ratio = SequenceMatcher(None, bare(REPORT.text), bare(read(path).text), autojunk=False).ratio()
        assert ratio > 0.96, path.name
