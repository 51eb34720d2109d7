"""A table is a line a row, each cell with the name of its column."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.table import lines, rows

FIGURES = [["指标", "单位", "2024年"], ["调解纠纷", "件", "1,204"], ["法律援助", "件", "36"]]


def written(cells: list[list[str]], header: int | None = None) -> list[str]:
    return lines(cells, rows(cells, header))


def test_a_row_repeats_its_header_and_is_one_sentence() -> None:
    assert written(FIGURES) == ["指标：调解纠纷，单位：件，2024年：1,204。", "指标：法律援助，单位：件，2024年：36。"]


def test_a_title_across_the_table_stands_alone() -> None:
    for title in (["主要指标", "", ""], ["主要指标"] * 3):
        assert written([title, *FIGURES]) == ["主要指标", *written(FIGURES)]


def test_a_header_of_two_rows_names_both() -> None:
    cells = [["单位", "行政复议", "行政复议"], ["单位", "受理", "审结"], ["青川市", "12", "9"]]
    assert written(cells) == ["单位：青川市，行政复议/受理：12，行政复议/审结：9。"]


def test_two_columns_of_names_and_values_have_no_header() -> None:
    assert written([["面积", "1200平方公里"], ["人口", "36万人"]]) == ["面积：1200平方公里。", "人口：36万人。"]
    assert written([["局长", "赵启明"], ["地址", "长滩镇"]]) == ["局长：赵启明。", "地址：长滩镇。"]


def test_two_columns_with_a_header_over_figures_keep_it() -> None:
    assert written([["指标", "数量"], ["调解", "51件"]]) == ["指标：调解，数量：51件。"]


def test_a_header_that_the_format_marks_is_believed() -> None:
    assert written([["姓名", "职务"], ["赵启明", "局长"]], header=1) == ["姓名：赵启明，职务：局长。"]


def test_empty_cells_are_left_out_and_equal_figures_are_not() -> None:
    assert written([["项目", "受理", "办结"], ["甲", "", "3"], ["乙", "0", "0"]]) == ["项目：甲，办结：3。", "项目：乙，受理：0，办结：0。"]


def test_a_sentence_in_the_last_cell_keeps_its_own_end() -> None:
    assert written([["序号", "问题"], ["1", "台账不全。"]]) == ["序号：1，问题：台账不全。"]


@pytest.mark.parametrize("cells", [[], [[]], [["", ""]], [["甲"]], [["甲", "乙"]]])
def test_tables_with_nothing_below_a_header(cells: list[list[str]]) -> None:
    assert all(line for line in written(cells))


cell = st.sampled_from(["", "甲", "乙方", "12", "2024年", "3.5%", "台账不全。", "丙 丁"])


@given(st.lists(st.lists(cell, max_size=5), max_size=6), st.none() | st.integers(0, 3))
def test_every_cell_is_in_a_line(cells: list[list[str]], header: int | None) -> None:
    """What stands there but once can only be a merged cell's other copies."""
    text = "".join(written(cells, header))
    assert [value for row in cells for value in row if value not in text] == []


def test_the_name_of_an_empty_column_stands_in_a_line_of_its_own() -> None:
    assert written([["县区", "受理", "备注"], ["白石县", "36", ""]]) == ["备注。", "县区：白石县，受理：36。"]


def test_a_row_of_notes_above_the_names_of_the_columns() -> None:
    cells = [["填报单位：白石县司法局", "", "单位：件"], ["类别", "受理", "办结"], ["行政复议", "36", "31"], ["填表人：赵启明", "", "审核人：钱程"]]
    assert written(cells) == ["填报单位：白石县司法局，单位：件。", "类别：行政复议，受理：36，办结：31。", "填表人：赵启明，审核人：钱程。"]


def test_a_unit_in_the_corner_names_no_column() -> None:
    assert written([["单位：万元", "2023年", "2024年"], ["白石县", "12", "345"]]) == ["单位：万元。", "白石县，2023年：12，2024年：345。"]


def test_equal_figures_side_by_side_are_two_and_equal_words_under_one_name_are_one() -> None:
    cells = [["科目", "科目", "预算", "预算"], ["208", "05", "36", "36"], ["合计", "合计", "36", "36"]]
    assert written(cells, header=1) == ["科目：208，科目：05，预算：36，预算：36。", "科目：合计，预算：36，预算：36。"]


def test_a_header_of_three_rows() -> None:
    cells = [["项目", "项目", "项目", "预算", "预算"], ["科目编码", "科目编码", "科目名称", "合计", "拨款"], ["类", "款", "科目名称", "合计", "拨款"],
             ["208", "05", "养老支出", "36", "36"]]
    assert written(cells) == ["项目/科目编码/类：208，项目/科目编码/款：05，项目/科目名称：养老支出，预算/合计：36，预算/拨款：36。"]


@pytest.mark.parametrize("title", ["2024年收支情况表（单位：万元）", "12345热线办理情况统计表", "2024年度"])
def test_a_title_that_begins_with_a_figure_is_a_title(title: str) -> None:
    assert written([[title] * 3, *FIGURES]) == [title, *written(FIGURES)]


def test_a_second_header_names_the_rows_below_it() -> None:
    cells = [["指标", "本期", "上年同期"], ["收入", "47.6", "56.9"], ["", "本期末", "上年末"], ["资产", "298.6", "306.2"],
             ["指标", "2023年", "2024年"], ["负债", "9", "8"]]
    assert written(cells) == ["指标：收入，本期：47.6，上年同期：56.9。", "指标：资产，本期末：298.6，上年末：306.2。", "指标：负债，2023年：9，2024年：8。"]


@pytest.mark.parametrize("cells", [("见附件", "未开工"), ("2024年3月", "2025年1月"), ("—", "详见说明"), ("持平", "持平")])
def test_a_row_of_words_among_figures_is_no_header(cells: tuple[str, str]) -> None:
    assert written([["项目", "计划", "完成"], ["城东水厂", "12", "9"], ["沿河绿道", *cells],
                    ["城西泵站", "6", "6"]])[-1] == "项目：城西泵站，计划：6，完成：6。"


def test_names_without_merged_cells_reach_over_the_columns_on_their_right() -> None:
    cells = [["镇", "2023年", "", "2024年", ""], ["", "收入", "支出", "收入", "支出"], ["长滩镇", "1", "2", "3", "4"]]
    assert written(cells) == ["镇：长滩镇，2023年/收入：1，2023年/支出：2，2024年/收入：3，2024年/支出：4。"]


def test_units_and_numbers_of_columns_below_their_names() -> None:
    cells = [["指标", "案件", "金额", "人数"], ["", "（件）", "（万元）", "（人）"], ["甲", "1", "2", "3"], ["复议", "36", "5.2", "80"]]
    assert written(cells) == ["甲，1，2，3。", "指标：复议，案件/（件）：36，金额/（万元）：5.2，人数/（人）：80。"]


def test_forms_of_names_and_values() -> None:
    form = [["项目名称", "城东水厂", "建设单位", "白石县水务局"], ["负责人", "赵启明", "总投资金额", "1.2亿元"], ["备注", "两期", "两期", "两期"]]
    table = [["序号", "部门", "时间", "金额"], ["1", "财政局", "3月", "500"]]
    pairs = ["项目名称：城东水厂，建设单位：白石县水务局。", "负责人：赵启明，总投资金额：1.2亿元。", "备注：两期。"]
    assert written(form) == pairs
    assert written(form[:1]) == pairs[:1]
    assert written([*form, *table]) == [*pairs, "序号：1，部门：财政局，时间：3月，金额：500。"]
    assert written([["项目名称", "城东水厂"], ["建设单位", "水务局"], ["总投资金额", "12"]]) == [
        "项目名称：城东水厂。", "建设单位：水务局。", "总投资金额：12。"]
    assert written([["户主", "赵启明", "人口", "4人"], ["耕地", "3亩", "林地", "5亩"]]) == ["户主：赵启明，人口：4人。", "耕地：3亩，林地：5亩。"]
    assert written([["联系电话：", "0571", ""], ["地址：", "邮编：", "310000"]]) == ["联系电话：0571。", "地址：邮编：310000。"]
    assert written([["姓名", "科室", "电话", "楼层"], ["赵启明", "办公室", "0571", "3"]]) == ["姓名：赵启明，科室：办公室，电话：0571，楼层：3。"]


@given(st.lists(st.sampled_from(["12", "345", "1,204", "0.5", "860人", "2024年", "3.5%", "-7", ".5"]), min_size=2, max_size=4),
       st.lists(st.sampled_from(["3", "甲", "2023", "1季度"]), min_size=4, max_size=4, unique=True), st.booleans())
def test_no_mark_between_cells_makes_a_figure_of_them(row: list[str], names: list[str], headed: bool) -> None:
    """Neither 12，345 nor 3：15 nor 3/4: what stands there before and after a comma, colon or stroke can be told apart."""
    cells = [names[:len(row)], row] if headed else [row]
    text = "".join(written(cells, header=1 if headed else None))
    assert re.search(r"\d，\d{3}(?!\d)|(?<!\d)\d{1,3}[：:/]\d", text) is None, text
