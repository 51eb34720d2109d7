"""Tables without upright rules become rows where that is sure, and stay lines of text where it is not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from index.load import load
from index.readers.grid import Stroke
from index.readers.layout import Mark, lines
from index.readers.sheet import sheet

Cell = tuple[float, float, str]  # left, top, text
FIGURES = [["指标", "单位", "2023年", "2024年"], ["调解纠纷", "件", "1,204", "1,317"], ["法律援助", "件", "402", "437"], ["公证", "件", "86", "91"]]
ROWS = ["指标：调解纠纷，单位：件，2023年：1,204，2024年：1,317。", "指标：法律援助，单位：件，2023年：402，2024年：437。",
        "指标：公证，单位：件，2023年：86，2024年：91。"]


def marks(cells: list[Cell], size: float = 10) -> list[Mark]:
    """Characters of cells, Latin ones half as wide."""
    made = []
    for left, top, text in cells:
        x = left
        for c in text:
            width = size / 2 if c.isascii() else size
            made.append(Mark(c, (x, top, x + width, top + size)))
            x += width
    return made


def cells(table: list[list[str]], left: float = 80, top: float = 100, step: float = 110, pitch: float = 20) -> list[Cell]:
    return [(left + step * column, top + pitch * row, text) for row, line in enumerate(table) for column, text in enumerate(line) if text]


def rules(*ys: float, left: float = 75, right: float = 520) -> list[Stroke]:
    return [(left, y, right, y) for y in ys]


def read(cells: list[Cell], strokes: list[Stroke] | None = None) -> list[str]:
    return [line.text for line in sheet(marks(cells), strokes or [], (595, 842))[0]]


def test_a_three_line_table_between_paragraphs() -> None:
    around = [(80.0, 60.0, "各项指标见下表，均好于上年。"), (80.0, 200.0, "以上数据由办公室汇总。")]
    assert read(around + cells(FIGURES), rules(97, 115, 178)) == [around[0][2], *ROWS, around[1][2]]


def test_two_tables_of_one_width_are_two() -> None:
    below = [["县区", "受理", "办结", "在办"], ["白石县", "36", "31", "5"], ["柳溪县", "18", "18", "0"]]
    page = [*cells(FIGURES), (80.0, 200.0, "各县区情况见下表。"), *cells(below, top=230)]
    assert read(page, rules(97, 115, 178, 227, 245, 290)) == [
        *ROWS, "各县区情况见下表。", "县区：白石县，受理：36，办结：31，在办：5。", "县区：柳溪县，受理：18，办结：18，在办：0。"]


def test_words_under_a_header_between_rules_are_a_table_too() -> None:
    table = [["问题", "责任单位", "整改情况"], ["台账不全", "办公室", "已补齐"], ["公示不及时", "法治科", "已完成"]]
    assert read(cells(table), rules(97, 115, 160)) == ["问题：台账不全，责任单位：办公室，整改情况：已补齐。",
                                                      "问题：公示不及时，责任单位：法治科，整改情况：已完成。"]


def test_a_name_over_two_columns_with_a_short_rule_under_it() -> None:
    page = [(80.0, 110.0, "县区"), (245.0, 100.0, "行政复议"), (190.0, 120.0, "受理"), (300.0, 120.0, "办结"),
            *cells([["白石县", "36", "31"], ["柳溪县", "18", "9"]], top=140)]
    assert read(page, [*rules(97, 135, 180), (185, 115, 330, 115)]) == ["县区：白石县，行政复议/受理：36，行政复议/办结：31。",
                                                                       "县区：柳溪县，行政复议/受理：18，行政复议/办结：9。"]


def test_a_wrapped_cell_between_its_own_rules_is_one_cell() -> None:
    page = [*cells([["问题", "整改情况"]]), (80.0, 130.0, "台账不全"), (190.0, 124.0, "已经补齐全部"), (190.0, 136.0, "纸质台账"),
            (80.0, 165.0, "公示不及时"), (190.0, 165.0, "已经完成")]
    assert read(page, rules(97, 115, 155, 180)) == ["问题：台账不全，整改情况：已经补齐全部纸质台账。", "问题：公示不及时，整改情况：已经完成。"]


def test_a_cell_that_may_belong_to_either_row_leaves_the_lines_as_they_are() -> None:
    page = cells([["问题", "整改情况"], ["台账不全", "已经补齐"], ["", "全部台账"], ["公示不及时", "已经完成"]])
    assert read(page, rules(97, 115, 178)) == [line.text for line in lines(marks(page))]


def test_figures_under_a_header_need_no_rules() -> None:
    around = [(80.0, 60.0, "各项指标见下表，均好于上年。"), (80.0, 200.0, "以上数据由办公室汇总。")]
    assert read(around + cells(FIGURES)) == [around[0][2], *ROWS, around[1][2]]


@pytest.mark.parametrize("rule", [[], rules(40, 95, 800)])
def test_two_columns_of_prose_are_read_down_and_not_across(rule: list[Stroke]) -> None:
    left = [f"左栏第{c}行的文字写满了这一整行" for c in "一二三四五六七八"]
    right = [f"右栏第{c}行的文字写满了这一整行" for c in "一二三四五六七八"]
    page = cells([[a, b] for a, b in zip(left, right, strict=True)], step=200)
    assert read(page, rule) == [*left, *right]


def test_a_list_of_contents_and_a_signature_are_no_tables() -> None:
    contents = [["总体情况", "1"], ["主要做法", "3"], ["存在问题", "7"], ["下步打算", "9"]]
    assert read(cells(contents, step=300)) == ["总体情况 1", "主要做法 3", "存在问题 7", "下步打算 9"]
    signed = [["经办人：甲某某", "审核人：乙某某"], ["电话：0123", "日期：3月5日"]]
    assert read(cells(signed, step=200)) == [" ".join(row) for row in signed]


def test_a_page_between_a_rule_at_its_head_and_one_at_its_foot_is_text() -> None:
    text = [f"第{c}行文字从左边一直写到右边，与别的行没有什么不同。" for c in "一二三四五"]
    assert read([(80.0, 100.0 + 20 * i, line) for i, line in enumerate(text)], rules(50, 90, 790)) == text


WORDS = st.sampled_from(["县区", "受理", "白石县", "36", "1,204", "2024年", "调解纠纷", "办结率（%）", "—", "12.5%", "台账不全，正在整改。", "甲 乙"])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12), WORDS), max_size=40, unique_by=lambda cell: cell[:2]),
       st.lists(st.integers(0, 14), max_size=6), st.integers(40, 130), st.integers(0, 6))
def test_no_character_is_lost_or_made_up(placed: list[tuple[int, int, str]], ruled: list[int], step: int, lean: int) -> None:
    """Names of columns come again in each row; nothing else does, and nothing goes."""
    page = [(60.0 + step * column, 100.0 + 20 * row + (lean if column % 2 else 0), text) for column, row, text in placed]
    strokes = rules(*(97.0 + 20 * at for at in ruled), right=60 + 5 * step)
    got, plain = sheet(marks(page), strokes, (595, 842))[0], lines(marks(page))
    found = Counter(c for line in got for c in line.text if c not in " ：，。/")
    there = Counter(c for line in plain for c in line.text if c not in " ：，。/")
    assert set(found) == set(there)
    assert not there - found
    own = Counter(box for line in got for box in line.boxes if box is not None)
    assert set(own) == {box for line in plain for box in line.boxes if box is not None}
    for line in got:
        assert len(line.text) == len(line.boxes)


def test_a_printed_three_line_table_is_cited_cell_by_cell(tmp_path: Path) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(tmp_path / "三线表.pdf"), pagesize=A4)
    canvas.setFont("STSong-Light", 12)
    for i, row in enumerate(FIGURES):
        for j, text in enumerate(row):
            canvas.drawString(80 + 110 * j, 700 - 20 * i, text)
    for y in (716, 695, 632):
        canvas.line(76, y, 520, y)
    canvas.save()
    assert [line.strip() for line in load(tmp_path / "三线表.pdf").text.strip().split("\n")] == ROWS
