"""Headings of the five schemes, at a line's start or inside a line, and the traps that only look like them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.clean import clean
from index.outline import number, outline, path_at


def heads(raw: str, marked: bool = False) -> list[tuple[int, str]]:
    cleaned = clean(raw, marked)
    found = outline(cleaned)
    assert all(cleaned.text[h.start:h.start + len(h.title)] == h.title for h in found)
    return [(h.level, h.title) for h in found]


FIVE = """一、主要工作
（一）推进依法行政
1.规范执法
（1）完善制度
一是修订规程。明确时限。二是加强培训。全年4期。
（2）加强监督
2.优化服务
（二）化解矛盾
二、下一步打算"""
WANT = [(1, "一、主要工作"), (2, "（一）推进依法行政"), (3, "1.规范执法"), (4, "（1）完善制度"), (5, "一是修订规程"),
        (5, "二是加强培训"), (4, "（2）加强监督"), (3, "2.优化服务"), (2, "（二）化解矛盾"), (1, "二、下一步打算")]


def test_five_schemes_a_line_each() -> None:
    assert heads(FIVE) == WANT


def test_five_schemes_inside_one_long_line() -> None:
    body = "全市上下认真贯彻落实各项部署要求，工作取得了新的进展。" * 6
    raw = " ".join(line + ("" if line[-1] == "。" else " " + body) for line in FIVE.split("\n"))
    assert heads(raw) == WANT


def test_heading_run_into_the_next_without_a_space() -> None:
    assert heads("前言部分到此结束。一、组织情况(一)提高站位。党组专题研究。(二)压实责任。明确分工。") == [
        (1, "一、组织情况"), (2, "(一)提高站位"), (2, "(二)压实责任")]


@pytest.mark.parametrize("brackets", ["（）", "()", "（)", "(）"])
def test_brackets_in_any_mix(brackets: str) -> None:
    left, right = brackets[0], brackets[1]
    assert heads(f"{left}一{right}第一项工作\n{left}1{right}具体做法\n正文。") == [
        (2, f"{left}一{right}第一项工作"), (4, f"{left}1{right}具体做法")]


def test_a_bracket_left_open_counts_when_its_number_is_next() -> None:
    assert heads("（一）甲类事项\n（二）乙类事项\n(三推进丙类事项\n正文若干。") == [
        (2, "（一）甲类事项"), (2, "（二）乙类事项"), (2, "(三推进丙类事项")]
    assert heads("(三推进丙类事项\n正文若干。") == []


@pytest.mark.parametrize("trap", [
    "印发《管理办法（试行）》，认真执行。", "规划（2024-2025 年）已经印发。", "第 137 届交易会期间服务企业60家。", "合格率达96.73%，居全省前列。",
    "坚持举一反三、真改实改。", "发展第一、二、三产业。", "一、二、三产业协调发展。", "收入1.5亿元。", "目标一是一、二是二，不含糊。",
    "各单位要坚持举一反\n三、标本兼治，把整改做到位。", "12 项制度已经修订。", "3.5个百分点的增幅。", "（2023）12号文件已经印发。",
])
def test_traps_are_not_headings(trap: str) -> None:
    assert heads("全年工作扎实推进，取得明显成效。\n" + trap) == []


def test_numbering_that_restarts_or_jumps() -> None:
    assert [level for level, _ in heads("一、甲\n正文。\n三、丙\n正文。\n（一）子项\n（三）子项\n一、再来\n（一）子项")] == [1, 1, 2, 2, 1, 2]


def test_markdown_headings_without_numbers_keep_their_order_of_levels() -> None:
    assert heads("# 青川市司法局2023年工作总结\n## 主要成效\n正文。\n### 普法\n正文。", marked=True) == [(1, "主要成效"), (2, "普法")]


def test_a_heading_that_is_a_whole_sentence_ends_with_it_and_a_long_one_at_a_comma() -> None:
    assert heads("（一）宣传形式单一，方法不多。")[0][1] == "（一）宣传形式单一，方法不多"
    long = heads("（一）提高认识，" + "继续做好各项工作" * 12 + "。")[0][1]
    assert long == "（一）提高认识"


def test_path_is_outermost_first() -> None:
    cleaned = clean(FIVE)
    found = outline(cleaned)
    at = cleaned.text.index("明确时限")
    assert [h.level for h in path_at(found, at)] == [1, 2, 3, 4, 5]
    assert path_at(found, 0)[0].title == "一、主要工作"


@given(st.integers(1, 99))
def test_chinese_numerals(value: int) -> None:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(value, 10)
    numeral = (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones else "")
    assert number(numeral) == number(str(value)) == value


def test_chapters_and_their_sections() -> None:
    text = ("第一章 概况\n第一节 基本情况\n公司有员工三百人。\n第二节 组织机构\n下设八个部门。\n"
            "第二章 责任\n第一节 安全供水\n水质合格。\n第一节，略。")
    assert heads(text) == [
        (1, "第一章概况"), (2, "第一节基本情况"), (2, "第二节组织机构"), (1, "第二章责任"), (2, "第一节安全供水")]
