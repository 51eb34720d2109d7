"""Figures read from text: one value in every spelling, what is no figure, and what the clause says of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.figures import Figure, figures, quantities
from language.numerals import words_values

DATA = Path(__file__).parent / "data" / "figures.tsv"
REPORTS = Path(__file__).parents[1] / "reports"


def spellings() -> Iterator[tuple[str, str, str, str, str]]:
    """(values, bound, unit, dimension, spelling), a row each."""
    for line in DATA.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        *told, said = line.split("\t")
        for spelling in said.split("|"):
            yield told[0], told[1], told[2], told[3], spelling


def values(said: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in re.split("[–:]", said) if value)


ROWS = list(spellings())


@pytest.mark.parametrize(("said", "bound", "unit", "dimension", "spelling"), ROWS, ids=[row[-1] for row in ROWS])
@pytest.mark.parametrize("frame", ["{}", "共计{}，见下文。", "有关数据为{}；"])
def test_a_value_in_each_of_its_spellings(said: str, bound: str, unit: str, dimension: str, spelling: str, frame: str) -> None:
    text = frame.format(spelling)
    (figure,) = figures(text)
    assert figure.of(text) == spelling
    assert tuple(round(value, 2) for value in figure.values) == values(said)
    assert figure.bound == bound
    assert figure.dimension == dimension


@pytest.mark.parametrize(
    "text",
    [
        "2024年3月5日", "2015—2019年", "一季度", "上半年", "1—9月", "二〇二三年", "12:30", "8:00-17:30", "近三年", "五年来",
        "青司〔2023〕12号", "电话0771-5550123", "13800001111", "ISBN 978-7-02-000220-7", "3.2.1 系统设计", "表1 收支情况", "附件3",
        "PM2.5", "G20峰会", "5G基站", "4A级景区", "GB/T 9704", "12345热线", "《三年行动计划（2023—2025年）》", "“十四五”规划", "“一站式”平台",
        "统一", "一些", "一个", "一定", "三农", "两岸", "四川", "万一", "百姓", "千方百计", "一起参加", "十分重要", "九三学社", "专一",
        "一、总体情况", "（一）主要工作", "1. 主要工作", "一是抓学习", "科目：02", "见注［10］", "科目编码：2080505", "三次会议",
        "半导体", "上半年", "人数百分", "万元", "2024年度", "每年", "星期三",
        "会议室", "", "。", "——", "-", "第", "百分之", "分之一",
    ],
)  # fmt: skip
def test_what_is_no_figure(text: str) -> None:
    assert [figure.of(text) for figure in quantities(text)] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("收到：12，202，313", ["12", "202", "313"]),
        ("合计12，202", ["12", "202"]),
        ("共1,234件", ["1,234件"]),
        ("见1, 234", ["1", "234"]),
        ("12,3456", ["12", "3456"]),
        ("2024年收到102件，办结86件", ["102件", "86件"]),
        ("推动600个以上亿元级项目", ["600个以上"]),
        ("补贴从2000元提高到3500元", ["2000元", "3500元"]),
    ],
)
def test_each_figure_once(text: str, said: list[str]) -> None:
    assert [figure.of(text) for figure in figures(text)] == said


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [("第3条", 3, "条"), ("第十四届", 14, "届"), ("三级医院", 3, "级"), ("第二十二条", 22, "条")],
)
def test_an_ordinal_is_read_as_one(text: str, value: int, unit: str) -> None:
    (figure,) = figures(text)
    assert figure.kind == "ordinal" and figure.value == value and figure.unit == unit
    assert quantities(text) == ()


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("增长7.1%", [("up", "by")]), ("同比下降1.3%", [("down", "by")]), ("增速为5.2%", [("up", "by")]), ("负增长1.2%", [("down", "by")]),
        ("提高到3500元", [("up", "to")]), ("提高了3个百分点", [("up", "by")]), ("增长-1.3%", [("down", "by")]), ("降幅达3%", [("down", "by")]),
        ("从2000元提高到3500元", [("up", "from"), ("up", "to")]), ("由19个增至25个", [("up", "from"), ("up", "to")]),
        ("由25天压缩到7天", [("down", "from"), ("down", "to")]), ("从5%到8%", [("up", "from"), ("up", "to")]),
        ("比上年多12件", [("up", "by")]), ("比上年少12件", [("down", "by")]), ("降至3%", [("down", "to")]), ("翻一番", [("up", "to")]),
    ],
)  # fmt: skip
def test_a_change_and_which_end_of_it(text: str, changes: list[tuple[str, str]]) -> None:
    assert [(figure.change.direction, figure.change.role) for figure in figures(text) if figure.change] == changes


def test_a_part_written_with_a_stroke() -> None:
    (figure,) = figures("占全国1/10")
    assert figure.of("占全国1/10") == "1/10" and figure.value == 10 and figure.unit == "%"


@pytest.mark.parametrize("text", ["共收到102件", "比例达98%", "共有多个部门办理12件"])
def test_no_change_where_none_is_told(text: str) -> None:
    assert [figure.change for figure in figures(text)] == [None]


@pytest.mark.parametrize("text", ["未办结12件", "没有一起事故", "12件尚未办结", "不批准36件", "不合格产品5批", "未出庭3人"])
def test_a_figure_that_is_denied(text: str) -> None:
    assert [figure.negated for figure in figures(text)] == [True]


@pytest.mark.parametrize("text", ["办结12件", "不少于12件", "未来投入12亿元", "不断完善制度12项", "未成年人12名", "不动产登记12件"])
def test_a_figure_that_is_not_denied(text: str) -> None:
    assert [figure.negated for figure in figures(text)] == [False]


def test_a_part_of_a_whole() -> None:
    text = "收到102件，其中批准50件、不批准36件；其他3件"
    assert [figure.part for figure in figures(text)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "noun"),
    [("收到行政复议申请102件", "行政复议申请"), ("有10名退休法官参加", "退休法官"), ("修复湿地90余万亩", "湿地"), ("净利润为12万元", "净利润")],
)
def test_what_it_measures(text: str, noun: str) -> None:
    (figure,) = figures(text)
    assert figure.noun is not None and text[slice(*figure.noun)] == noun


@pytest.mark.parametrize(
    ("text", "unit", "per"),
    [
        ("300元/吨", "元", "吨"), ("1.2万元/平方米", "元", "平方米"), ("每万人12.3人", "人", "万人"), ("25微克/立方米", "微克", "立方米"),
        ("25微克每立方米", "微克", "立方米"), ("每立方米25微克", "微克", "立方米"),
    ],
)  # fmt: skip
def test_what_it_is_per(text: str, unit: str, per: str) -> None:
    (figure,) = figures(text)
    assert (figure.of(text), figure.unit, figure.per) == (text, unit, per)


# ---- every spelling of any value reads back


def in_words(number: int) -> str:
    """A whole number below 100,000,000 in words."""
    if number == 0:
        return "零"
    said, gap = "", False
    for size, mark in ((10_000, "万"), (1, "")):
        part = number // size % 10_000
        if part:
            small, inner = "", False
            for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
                digit = part // unit % 10
                if digit:
                    small += ("零" if inner or (not small and (said and (gap or part < 1000))) else "") + "零一二三四五六七八九"[digit] + word
                    inner = False
                else:
                    inner = bool(small)
            said += small + mark
        gap = False
    return said


@given(st.integers(1, 99_999_999))
@settings(max_examples=200, deadline=None)
def test_a_number_in_words_reads_back(number: int) -> None:
    assert words_values(in_words(number)) == (Decimal(number),)


UNITS = ["元", "吨", "亩", "人次", "公里", "%", "个百分点"]


@given(st.decimals("0.1", "99999", places=1), st.sampled_from(["", "万", "亿", "万亿"]), st.sampled_from(UNITS), st.sampled_from(["", "-", "−", "负"]))
@settings(max_examples=300, deadline=None)
def test_a_value_in_any_spelling_reads_back(number: Decimal, scale: str, unit: str, sign: str) -> None:
    size = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}[scale]
    scale = "" if unit in ("%", "个百分点") else scale
    expected = (-number if sign else number) * (size if scale else 1)
    wide = str(number).translate({ord(c): chr(ord(c) + 0xFEE0) for c in "0123456789."})
    for said in (str(number), f"{number:,}", wide):
        text = f"数值为{sign}{said}{scale}{unit}。"
        (figure,) = figures(text)
        assert figure.value == expected
        assert figure.of(text) == f"{sign}{said}{scale}{unit}"


ALPHABET = (  # what figures are made of, and what stands beside them
    "0123456789０１，,.．%％∶:：-−—至到一二三十百千万亿零两几余多数第约近超以上下件元年月日吨人次个百分点"
    "之成半倍其中未从增长。；、\n “”《》（）()〔〕kmG每/"
)


@given(st.text(st.sampled_from(ALPHABET), max_size=60))
@settings(max_examples=500, deadline=None)
def test_figures_never_overlap_and_stand_in_the_text(text: str) -> None:
    last = 0
    for figure in figures(text):
        assert last <= figure.start < figure.end <= len(text)
        assert figure.noun is None or 0 <= figure.noun[0] < figure.noun[1] <= len(text)
        last = figure.end


PIECES = ("1", "一", "万", "1,", "1-", "3:", "百分之", "从1个增加到", "其中", "《", "“一", "2024年", "（1）", "未", "1.1", "约近超", "A1-", "几十", "每")


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    """Ten times the text takes some ten times the calls, not a hundred times."""
    import sys

    def steps(length: int) -> int:
        text, count = (piece * length)[:length], 0

        def count_call(*_: object) -> None:
            nonlocal count
            count += 1

        sys.setprofile(count_call)
        try:
            figures(text)
        finally:
            sys.setprofile(None)
        return count

    assert steps(10_000) <= 15 * steps(1_000) + 1_000


def test_every_figure_of_the_sample_reports() -> None:
    """None overlaps another, and none whose unit is known is without a dimension."""
    from index.read import read

    found: list[Figure] = []
    for path in sorted(REPORTS.iterdir()):
        if path.name == "README.md":
            continue
        last = 0
        for figure in figures(read(path).text):
            assert last <= figure.start < figure.end
            last = figure.end
            assert bool(figure.dimension) == bool(figure.unit or figure.kind == "ratio"), figure
            found.append(figure)
    assert len(found) > 500
