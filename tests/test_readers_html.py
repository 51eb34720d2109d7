"""A web page: paragraphs apart, what is hidden left out and said, ticks, small characters and tables as the browser shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.load import Raw, load
from index.read import read


def page(tmp_path: Path, body: str, head: str = "") -> Raw:
    path = tmp_path / "页.html"
    path.write_text(f"<html><head>{head}</head><body>{body}</body></html>", encoding="utf-8")
    return load(path)


def test_short_paragraphs_stay_apart(tmp_path: Path) -> None:
    counts = {"长滩镇": 128, "柳溪镇": 96, "青陂镇": 103, "松岭乡": 87, "北关镇": 141}
    said = [f"{name}办理法律援助案件{count}件" for name, count in counts.items()]
    page(tmp_path, "".join(f"<p>{line}</p>" for line in said))
    assert read(tmp_path / "页.html").text.split("\n") == said


def test_a_paragraph_wrapped_by_line_breaks_is_one(tmp_path: Path) -> None:
    whole = ("全市各级司法行政机关深入学习宣传贯彻法治建设各项部署要求，扎实推进依法行政，着力化解矛盾纠纷，"
             "全年共办结行政复议案件三百一十二件，调解成功率稳步上升，群众满意度进一步提高。")
    cut = [whole[at:at + 25] for at in range(0, len(whole), 25)]
    page(tmp_path, "<p>" + "<br>".join(cut * 2) + "</p>")
    assert read(tmp_path / "页.html").text == f"{whole}\n{whole}"


@pytest.mark.parametrize("gone", [
    '<p hidden>暗处的话。</p>', '<p style="color:red; display : none">暗处的话。</p>', '<p class="a off">暗处的话。</p>', '<div id="old"><p>暗处的话。</p>'
    '</div>',
    '<p>明处<span style="visibility:hidden">暗处的话</span></p>', '<p>明处<del>暗处的话</del></p>', '<p>明处<s>暗处的话</s></p>', "<dialog>暗处的话</dialog>",
    '<div class="box"><p><b>暗处的话</b></p></div>', '<p style="font-size:0">暗处的话</p>',
    '<table><tr><th>甲</th><th>乙</th></tr><tr><td>丙</td><td>1</td></tr><tr style="display:none"><td>暗处的话</td><td>2</td></tr></table>'])
def test_what_is_hidden_is_left_out_and_said(tmp_path: Path, gone: str) -> None:
    styles = "/* p {display:none} */ .off{display:none} #old { visibility: hidden } div.box > p b {display:none} @media print { p {display:none} }"
    raw = page(tmp_path, f"<p>明处的话。</p>{gone}", f"<style>{styles}</style>")
    assert "明处的话。" in raw.text
    assert "暗处" not in raw.text
    assert len(raw.warnings) == 1
    assert "1 处" in raw.warnings[0]


def test_a_page_that_shows_itself_by_script_and_a_form_around_a_page_are_read(tmp_path: Path) -> None:
    body = "<form><p>全年办结36件。</p></form><form>搜索<input name=q></form><textarea>附言：带身份证。</textarea>"
    raw = page(tmp_path, body, "<style>body{display:none}</style>")
    assert raw.text.split("\n") == ["全年办结36件。", "附言：带身份证。"]
    assert raw.warnings == ()


def test_small_characters_readings_ticks_and_formulas(tmp_path: Path) -> None:
    raw = page(tmp_path, "<p>常住人口<sup>2</sup>31.6万，约10<sup>7</sup>元，H<sub>2</sub>O。</p><p>地名<ruby>亳<rp>(</rp><rt>bó</rt><rp>)</rp></ruby>州市</p>"
               "<p>收费：<input type=checkbox checked>是<input type=checkbox>否</p><p>约<math><mfrac><mn>3</mn><mn>4</mn></mfrac></math>。</p>")
    assert raw.text.split("\n") == ["常住人口²31.6万，约10⁷元，H₂O。", "地名亳州市", "收费：☑是□否", "约3/4。"]


def test_tables_of_data(tmp_path: Path) -> None:
    raw = page(tmp_path, "<table><thead><tr><td rowspan=2>县区</td><td colspan=2>2024年</td></tr><tr><td>收入</td><td>支出</td></tr></thead>"
               "<tr><td>白石县</td><td>12</td><td>345</td></tr></table>"
               "<table><tr><td>项目名称</td><td>城东水厂</td><td>单位</td><td>水务局</td></tr></table>"
               "<table><tr><th>项目名称</th><td>沿河绿道</td><th>负责人</th><td>赵启明</td></tr><tr><th>备注</th><td colspan=3>两期</td></tr></table>")
    assert raw.text.split("\n") == ["县区：白石县，2024年/收入：12，2024年/支出：345。", "项目名称：城东水厂，单位：水务局。",
                                    "项目名称：沿河绿道，负责人：赵启明。", "备注：两期。"]


def test_a_table_inside_a_cell_follows_its_row(tmp_path: Path) -> None:
    inner = "<table><tr><th>年份</th><th>金额</th></tr><tr><td>2023年</td><td>12</td></tr></table>"
    raw = page(tmp_path, f"<table><tr><td>单位</td><td>明细</td></tr><tr><td>水务局</td><td>见内表{inner}</td></tr>"
               "<tr><td>林业局</td><td>3项</td></tr></table>")
    assert raw.text.split("\n") == ["单位：水务局，明细：见内表。", "年份：2023年，金额：12。", "单位：林业局，明细：3项。"]
