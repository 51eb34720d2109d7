"""What stands inside a sentence, by offsets into it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.question import spans

officialese = st.text(
    st.sampled_from("全市共办结行政复议案件12,3.5万件%约亿元二十个年月日。！？；，、：\n《》“”（）()一是和由组织 ("), max_size=120
)


def said(found: list[spans.Span], text: str) -> list[str]:
    return [span.of(text) for span in found]


@pytest.mark.parametrize(
    ("text", "figure", "unit", "value"),
    [
        ("全年收到申请318件", "318件", "件", 318),
        ("办理 12 项", "12 项", "项", 12),
        ("涉及金额1,024.5万元", "1,024.5万元", "元", 10_245_000),
        ("总投资约3.2亿元", "约3.2亿元", "元", 320_000_000),
        ("服务群众7万余人次", "7万余人次", "人次", 70_000),
        ("到场率在90%以上", "90%以上", "%", 90),
        ("增长4.5%—5%", "4.5%—5%", "%", None),
        ("提高0.8个百分点", "0.8个百分点", "个百分点", 0.8),
        ("须有三分之二以上成员出席", "三分之二以上", "%", 66.666667),
        ("惠及二十三个村", "二十三个", "个", 23),
        ("占到近三成", "近三成", "%", 30),
        ("低保标准提高到715元/月", "715元/月", "元/月", 715),
        ("超过120家企业", "超过120家", "家", 120),
        ("修复湿地90余万亩", "90余万亩", "亩", 900_000),
        ("净利润为-1,234.5万元", "-1,234.5万元", "元", -12_345_000),
        ("常住人口３１．６万人", "３１．６万人", "人", 316_000),
        ("常住⼈⼝３１．６万⼈", "３１．６万⼈", "人", 316_000),
        ("处二百元以上一千元以下罚款", "二百元以上一千元以下", "元", None),
        ("城乡收入比为2.52∶1", "2.52∶1", "", None),
        ("占全部案件的五成", "五成", "%", 50),
        ("下降百分之五点五", "百分之五点五", "%", 5.5),
        ("每份重2.3千克", "2.3千克", "千克", 2.3),
        ("道路全长100公里", "100公里", "公里", 100_000),
        ("调处纠纷几十件", "几十件", "件", None),
    ],
)
def test_a_figure_with_its_unit_and_its_hedges(text: str, figure: str, unit: str, value: float | None) -> None:
    found = spans.figures(text)

    assert said(found, text) == [figure]
    assert found[0].unit == unit
    assert found[0].value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "统一部署，坚持三审三校",
        "印发《2024年8项任务清单》",
        "践行“四个意识”",
        "电话：0771-5550123",
        "第3届会议",
        "2024年5月8日",
        "十四五时期",
    ],
)
def test_what_only_looks_like_a_figure(text: str) -> None:
    assert spans.figures(text) == []


def test_every_figure_of_a_sentence() -> None:
    text = "2024年，收到申请109宗，比上年增加77%，办结86宗。"

    assert said(spans.figures(text), text) == ["109宗", "77%", "86宗"]


def test_the_figures_of_two_cells_stay_two() -> None:
    assert said(spans.figures("收案12，202"), "收案12，202") == ["12", "202"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024年9月24日至12月20日开展巡察", ["2024年9月24日至12月20日"]),
        ("《规划》管2023—2025年", ["2023—2025年"]),
        ("今年8月组织考试", ["8月"]),
        ("2025 年 2 月底前完成", ["2025 年 2 月底前"]),
        ("每半年至少召开一次会议", ["每半年至少召开一次"]),
        ("时间：2025-01-09", ["2025-01-09"]),
        ("二〇二四年三月八日", ["二〇二四年三月八日"]),
        ("共有12个", []),
    ],
)
def test_dates_whole_in_part_and_how_often(text: str, expected: list[str]) -> None:
    assert said(spans.dates(text), text) == expected


def test_titles_names_contacts() -> None:
    text = "印发《关于贯彻〈办法〉的通知》（试行），推出“青易办”品牌，云岭省省长 何澜作报告，电话：0771-5550123，a.b@qc.example.cn"

    assert said(spans.titles(text), text) == ["《关于贯彻〈办法〉的通知》（试行）"]
    assert said(spans.quoted(text), text) == ["“青易办”"]
    assert said(spans.persons(text), text) == ["何澜"]
    assert said(spans.contacts(text), text) == ["0771-5550123", "a.b@qc.example.cn"]


def test_who_is_charged_and_what_a_name_ends_in() -> None:
    text = "领导小组由党组书记任组长，其中石桥镇柳湾村被评为示范村。"

    assert said(spans.charged(text), text) == ["党组书记"]
    assert "石桥镇柳湾村" in said(spans.ending(text, "村"), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一件事。两件事！", ["一件事。", "两件事！"]),
        ("他说：“要快。要好。”随后散会。", ["他说：“要快。要好。”", "随后散会。"]),
        ("学习《甲。乙》（试行。）精神。完。", ["学习《甲。乙》（试行。）精神。", "完。"]),
        ("一、总体情况\n全年平稳。", ["一、总体情况", "全年平稳。"]),
        ("全市行政机关负责人出庭应诉率达到\n96.5%，比上年提高。", ["全市行政机关负责人出庭应诉率达到\n96.5%，比上年提高。"]),
        ("（四推进依法行政\n完善机制。然后继续。", ["（四推进依法行政", "完善机制。", "然后继续。"]),
        ("印发《望海区\n收费清单》。完。", ["印发《望海区\n收费清单》。", "完。"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in spans.sentences(text)] == expected


def test_a_long_sentence_is_cut_at_its_semicolons() -> None:
    text = "；".join(f"第{name}项工作按照计划完成并接受检查" * 3 for name in "甲乙丙丁") + "。"

    pieces = [text[start:end] for start, end in spans.sentences(text)]

    assert len(pieces) == 4 and pieces[0].endswith("；") and "".join(pieces) == text


def test_enumerations_and_lists() -> None:
    steps = "做法如下：一是抓学习。二是抓落实；三是抓问效。"
    ways = "推行上门办、清单制、容缺受理和帮代办。"

    assert [steps[a:b] for a, b in spans.enumeration(steps)] == ["一是抓学习。", "二是抓落实；", "三是抓问效。"]
    assert [ways[a:b] for a, b in spans.listed(ways)][1:] == ["清单制", "容缺受理", "帮代办"]
    assert spans.enumeration("只有一是。") == [] and spans.listed("没有并列") == []


@given(officialese)
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    found = spans.sentences(text)

    assert all(left[1] <= right[0] for left, right in pairwise(found))
    assert "".join("".join(text[a:b] for a, b in found).split()) == "".join(text.split())
    assert all(text[a:b] == text[a:b].strip() != "" for a, b in found)


@given(officialese)
def test_every_span_lies_in_the_text_and_none_overlaps_its_like(text: str) -> None:
    for find in (spans.figures, spans.dates, spans.titles, spans.quoted, spans.persons, spans.contacts):
        found = find(text)
        assert all(0 <= span.start < span.end <= len(text) for span in found)
        assert all(left.end <= right.start for left, right in pairwise(found))
