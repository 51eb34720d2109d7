"""A table is a line a row, each cell with the name of its column."""

from __future__ import annotations

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
