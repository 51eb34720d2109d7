"""A workbook: sheets as tables, figures as the sheet shows them."""

from __future__ import annotations

import datetime
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from index.load import load
from index.read import read
from index.readers.number_format import BUILTIN, shown


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


def test_a_merged_cell_stands_in_each_row_and_column_that_it_covers(tmp_path: Path) -> None:
    path = saved(tmp_path / "合并.xlsx", {"财政": [
        ["白石县2024年分镇收支（单位：万元）"], ["片区", "乡镇", "2023年", None, "2024年", None], [None, None, "收入", "支出", "收入", "支出"],
        ["东片", "长滩镇", 120, 190, 131, 201], [None, "柳溪镇", 98, 150, 102, 162], ["合计", None, 218, 340, 233, 363]]})
    book = load_workbook(path)
    for box in ("A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:F2", "A4:A5", "A6:B6"):
        book["财政"].merge_cells(box)
    book.save(path)
    assert load(path).text.split("\n")[1:] == [
        "白石县2024年分镇收支（单位：万元）",
        "片区：东片，乡镇：长滩镇，2023年/收入：120，2023年/支出：190，2024年/收入：131，2024年/支出：201。",
        "片区：东片，乡镇：柳溪镇，2023年/收入：98，2023年/支出：150，2024年/收入：102，2024年/支出：162。",
        "片区：合计，乡镇：合计，2023年/收入：218，2023年/支出：340，2024年/收入：233，2024年/支出：363。"]


def test_a_line_of_notes_above_the_table_names_no_column(tmp_path: Path) -> None:
    path = saved(tmp_path / "年报.xlsx", {"表": [
        ["附件3"], ["填报单位：白石县司法局", None, "单位：件"],
        ["序号", "类别", "案件数"], [1, "行政许可", 812], [2, "行政处罚", 43], ["注：不含移送的12件。"]]})
    assert load(path).text.split("\n")[1:] == ["附件3", "填报单位：白石县司法局，单位：件。", "序号：1，类别：行政许可，案件数：812。",
                                              "序号：2，类别：行政处罚，案件数：43。", "注：不含移送的12件。"]


def test_hidden_rows_and_columns_are_left_out_and_said(tmp_path: Path) -> None:
    path = saved(tmp_path / "公示.xlsx", {"公示": [["镇", "户数", "证件号"], ["长滩镇", 31, "331"], ["暗镇", 9, "332"]], "暗表": [["甲"]]}, hidden="暗表")
    book = load_workbook(path)
    book["公示"].column_dimensions["C"].hidden = True
    book["公示"].row_dimensions[3].hidden = True
    book.save(path)
    raw = load(path)
    assert raw.text.split("\n")[1:] == ["镇：长滩镇，户数：31。"]
    assert raw.warnings == ("隐藏的工作表“暗表”没有收入", "工作表“公示”隐藏的 1 行、1 列没有收入")


def test_a_formula_without_its_value_is_named(tmp_path: Path) -> None:
    raw = load(saved(tmp_path / "公式.xlsx", {"合计": [["项目", "一季度", "合计"], ["低保", 120, "=B2*2"], ["总计", "=SUM(B2:B2)", None]]}))
    assert "120" in raw.text
    assert len(raw.warnings) == 1
    assert all(word in raw.warnings[0] for word in ("“合计”", "C2、B3", "公式"))


def test_rich_text_escapes_and_readings(tmp_path: Path) -> None:
    path = saved(tmp_path / "串.xlsx", {"一": [["甲", "乙"], ["丙", "丁"]]})
    strings = ('<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>甲</t><rPh sb="0" eb="1"><t>jiǎ</t></rPh></si>'
               '<si><t>人口</t></si>'
               '<si><t>第一行_x000D_\n第二行</t></si><si><r><t>约10</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>7</t></r><r><t>人</t></r></si></sst>')
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["xl/sharedStrings.xml"] = strings.encode()
    parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", b'<Relationship Id="s" Target="sharedStrings.xml" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>')
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>{row * 2 - 2}</v></c><c r="B{row}" t="s"><v>{row * 2 - 1}</v></c></row>' for row in (1, 2))
    parts["xl/worksheets/sheet1.xml"] = (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>').encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    assert load(path).text.split("\n")[1:] == ["甲：第一行 第二行，人口：约10⁷人。"]


CLOCK = 45672.354  # 2025-01-15 08:29:45.6, a Wednesday


@pytest.mark.parametrize(("value", "form", "text"), [
    (0.9673, "0.00%", "96.73%"), (0.5, "0%", "50%"), (1234567, "#,##0", "1,234,567"), (1234.5, "#,##0.00", "1,234.50"), (3.0, "General", "3"),
    (2.5, "General", "2.5"), (0.1 + 0.2, "General", "0.3"), (3.14159, "0.00", "3.14"), (12, '0"件"', "12件"), (-4.5, "0.0;[红色]-0.0", "-4.5"),
    (45309, "yyyy/m/d", "2024/1/18"), (45292, 'yyyy"年"m"月"', "2024年1月"), (float("nan"), "0", "nan"), (1e300, "General", "1E+300"),
    (312.5, '0.0"亿元"', "312.5亿元"), (12345678, "#,##0,", "12,346"), (98765432, '#,##0.00,,"百万元"', "98.77百万元"),
    (123456789, '0!.0000"万元"', "12345.6789万元"),
    (0.0525, "0.0%", "5.3%"), (2.675, "0.00", "2.68"), (1.005, "0.00", "1.01"), (12.5, "0", "13"), (-0.0525, "0.0%", "-5.3%"),
    (1.145833333, "[h]:mm", "27:30"), (1.2708333333, '[h]"小时"mm"分"', "30小时30分"), (CLOCK, BUILTIN[31], "2025年1月15日"), (CLOCK, BUILTIN[57], "2025年1月"),
    (CLOCK, BUILTIN[58], "1月15日"), (CLOCK, BUILTIN[32], "8时29分"), (CLOCK, BUILTIN[34], "上午8时29分"), (CLOCK, "[$-804]aaaa;@", "星期三"),
    (CLOCK, '[DBNum1][$-804]yyyy"年"m"月"d"日"', "二〇二五年一月十五日"), (2025, "[DBNum1][$-804]General", "二千〇二十五"),
    (110, '[DBNum2]General"元整"', "壹佰壹拾元整"),
    (2025, "[DBNum3]General", "２千０２十５"), (0.35, "[DBNum1]0%", "三十五%"), (7, "000", "007"), (12, '"〔2025〕"0"号"', "〔2025〕12号"),
    (1234.5, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ', "¥1,234.50"), (0, '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ', "-"),
    (-0.021, '"上升"0.0%;"下降"0.0%;"持平"', "下降2.1%"), (0, '"上升"0.0%;"下降"0.0%;"持平"', "持平"), (3.2, "+0.0;-0.0", "+3.2"),
    (0.8, '[>=0.6]"合格";"不合格"', "合格"),
    (-1234.5, r"#,##0.00;[Red]\-#,##0.00", "-1,234.50"), (-0.035, "0.0%;(0.0%)", "(3.5%)"), (1.5e13, "0.00E+00", "1.50E+13"), (5.25, "# ??/??", "5 1/4"),
    (5.25, "0.0‰", "5.3‰"), (CLOCK, '[$-804]AM/PMh"时"mm"分"', "上午8时29分"), (0.5, "[$-409]h:mm AM/PM", "12:00 PM"),
    (5, ";;;", ""), (1e17, "General", "1E+17"), (123456789012, "General", "123456789012"), (60, "yyyy/m/d", "1900/2/29"),
])
def test_values_as_the_sheet_shows_them(value: float, form: str, text: str) -> None:
    assert shown(value, form) == text


@given(st.decimals(min_value=-10**9, max_value=10**9, places=4, allow_nan=False), st.integers(0, 4), st.booleans())
def test_a_figure_is_rounded_half_up_and_no_digit_of_it_is_lost(value: Decimal, places: int, grouped: bool) -> None:
    form = ("#,##0" if grouped else "0") + ("." + "0" * places if places else "")
    wanted = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    got = shown(float(value), form)
    assert abs(Decimal(got.replace(",", "")) - wanted) <= Decimal("1e-4") * (abs(value) > 10**11), got
    assert not grouped or all(len(part) == 3 for part in got.lstrip("-").partition(".")[0].split(",")[1:])


@given(st.floats(allow_nan=True), st.text(alphabet='0#?.,%;yYmdhsae[]"@_*!\\EGeneral+-/ 年月日>=DBNum1$-804', max_size=24))
def test_any_format_shows_something(value: float, form: str) -> None:
    assert isinstance(shown(value, form), str)


def test_texts_and_truths(tmp_path: Path) -> None:
    path = saved(tmp_path / "杂.xlsx", {"一": [["名称", "公开", "日期"], ["两 \n 行", True, datetime.date(2024, 1, 18)]]})
    assert load(path).text.split("\n")[1:] == ["名称：两 行，公开：TRUE，日期：2024-01-18。"]
