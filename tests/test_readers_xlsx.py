"""A workbook: sheets as tables, figures as the sheet shows them."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from index.load import load
from index.read import read
from index.readers.xlsx import shown


def saved(path: Path, sheets: dict[str, list[list[Any]]], hidden: str = "") -> Path:
    book = Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden:
            sheet.sheet_state = "hidden"
    del book["Sheet"]
    book.save(path)
    return path


def test_sheets_are_headings_and_rows_repeat_their_header(tmp_path: Path) -> None:
    path = saved(tmp_path / "表.xlsx", {
        "法律服务": [["青川市法律服务指标"], ["指标", "单位", "2024年"], ["调解", "件", 1204], ["援助", "件", 36]],
        "机构": [["名称", "人数"], ["法律援助中心", 12]],
    })
    assert load(path).text.split("\n") == [
        "## 法律服务", "青川市法律服务指标", "指标：调解，单位：件，2024年：1204。", "指标：援助，单位：件，2024年：36。", "## 机构",
        "名称：法律援助中心，人数：12。"]
    assert any("调解，单位：件，2024年：1204" in passage.text for passage in read(path).passages)


def test_an_empty_row_ends_a_table_and_empty_columns_are_nothing(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[None, "县区", "件数"], [None, "白石县", 3], [], [None, "镇", "户数"], [None, "长滩镇", 5]]
    assert load(saved(tmp_path / "两表.xlsx", {"一": rows})).text.split("\n")[1:] == ["县区：白石县，件数：3。", "镇：长滩镇，户数：5。"]


def test_hidden_sheets_are_left_out(tmp_path: Path) -> None:
    path = saved(tmp_path / "藏.xlsx", {"明": [["指标", "数"], ["甲", 1]], "暗": [["指标", "数"], ["乙", 2]]}, hidden="暗")
    assert "乙" not in load(path).text


@pytest.mark.parametrize(("value", "form", "text"), [
    (0.9673, "0.00%", "96.73%"), (0.5, "0%", "50%"), (1234567, "#,##0", "1,234,567"), (1234.5, "#,##0.00", "1,234.50"), (3.0, "General", "3"),
    (2.5, "General", "2.5"), (0.1 + 0.2, "General", "0.3"), (3.14159, "0.00", "3.14"), (12, '0"件"', "12"), (-4.5, "0.0;[红色]-0.0", "-4.5"),
    (datetime.datetime(2024, 1, 18), "yyyy/m/d", "2024年1月18日"), (datetime.date(2024, 1, 1), "yyyy年m月", "2024年1月"), (True, "General", "是"),
    (None, None, ""), ("两 \n 行", "@", "两 行"), (float("nan"), "0", "nan"), (1e300, "General", "1e+300"),
])
def test_values_as_the_sheet_shows_them(value: Any, form: str | None, text: str) -> None:
    assert shown(value, form) == text
