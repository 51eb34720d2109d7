"""Slips of a pinyin keyboard and traditional characters, against a report's own words; all places are fictional."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.lexical import segment
from index.types import Facts, ReportRef
from retrieval.question.followup import carry, followed
from retrieval.question.places import boundaries
from retrieval.question.spelling import simplified, slips
from retrieval.question.understand import understand
from retrieval.types import Question

PASSAGES = (
    "青川市共有公证处六家，办理公证八千件。公证处还上门服务。",
    "全年收到行政复议申请三百件，行政复议纠错率百分之九。行政复议听证四十次。",
    "法律援助中心受理法律援助案件，法律援助律师二十名。",
    "人民调解委员会调解纠纷，人民调解员一百人。",
    "政务服务中心设窗口，政务服务事项全程网办，服务中心延时开放。",
    "粮食产量稳定，司法局抽查规范性文件，文件备案，文件清理，文件公开。",
    "文件评估后印发。",
    "文件按时报备，清理结果公布。",
    "税务局入驻大厅。社会公正得到维护，正处于转型时期。",
)
COUNTED = Counter(word for passage in PASSAGES for word in set(segment(passage)))
REPORT = ReportRef(
    1, "id1", "/r/1.txt", "1.txt", Facts("青川市司法局2024年工作总结", "青川市司法局", "青川市", 2024, "工作总结"), 900, len(PASSAGES)
)
REPORTS = (REPORT,)


def frequency(word: str) -> int:
    return COUNTED[word]


def holders(name: str) -> frozenset[int]:
    return frozenset({1}) if any(name in passage for passage in PASSAGES) else frozenset()


def asked(text: str, *without: str) -> Question:
    return understand(text, REPORTS, without, holders=holders, frequency=frequency)


def said(question: Question) -> list[str]:
    return [chip.value for chip in question.chips if chip.slot == "spelling"]


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("青川有几家公正处", "公正处 → 公证处"),
        ("青川的公证出在哪", "公证出 → 公证处"),
        ("行政付议收到多少件", "行政付议 → 行政复议"),
        ("收到多少件行政复义申请", "行政复义 → 行政复议"),
        ("法律原助案件有多少", "法律原助 → 法律援助"),
        ("人民条解员有几名", "人民条解 → 人民调解"),
        ("粮实产量是多少", "粮实产量 → 粮食产量"),
        ("规范性文见怎么清理", "文见 → 文件"),
    ],
)
def test_a_run_that_no_report_has_is_taken_for_the_word_that_sounds_like_it(text: str, slip: str) -> None:
    wrong, _, right = slip.partition(" → ")
    question = asked(text)

    assert said(question) == [slip]
    assert question.text == text.replace(wrong, right)


@pytest.mark.parametrize(
    "text",
    [
        "青川有几家公证处",
        "社会公正怎么维护",
        "水务局有几个科室",  # another organ than the tax bureau
        "工时制度是什么",  # a word of the dictionary
        "法援案件有多少件",  # short for 法律援助, and not 法院
        "入住率有几成",
        "打官司的人多不多",
        "下班以后管不管",
        "“公正处”这三个字写错了几次",
        "《公正处管理办法》什么时候施行",
        "清川市收到多少件",  # perhaps another place: refused with the nearest, never taken for it
        "2024年GDP增长多少",
    ],
)
def test_what_may_be_meant_as_it_stands_is_left_alone(text: str) -> None:
    question = asked(text)

    assert said(question) == []
    assert question.text == understand(text, REPORTS).text


def test_a_run_that_stands_in_a_report_is_left_alone() -> None:
    found = slips("公正处", boundaries("公正处"), frequency, lambda name: {1})

    assert list(found) == []


def test_what_is_put_right_is_shown_and_can_be_taken_off() -> None:
    question = asked("青川有几家公正处")

    assert [(chip.slot, chip.value, chip.said) for chip in question.chips if chip.slot == "spelling"] == [
        ("spelling", "公正处 → 公证处", "公正处")
    ]
    assert "公证处" in question.rest
    again = asked("青川有几家公正处", "spelling:公正处 → 公证处")
    assert said(again) == [] and "公正处" in again.rest


def test_a_slip_put_right_restricts_no_report() -> None:
    assert asked("有几家公正处").allowed is None


def test_a_follow_up_is_put_right_too() -> None:
    first = asked("青川市司法局2024年收到多少件行政复议申请？")
    turn = followed("那公正处呢？", first, REPORTS, holders=holders, frequency=frequency)
    question = carry(understand(turn.text, REPORTS, holders=holders, frequency=frequency), turn)

    assert "公证处" in turn.text and turn.said == "那公正处呢?"
    assert [(chip.value, chip.inherited) for chip in question.chips if chip.slot == "spelling"] == [("公正处 → 公证处", False)]
    kept = followed("那公正处呢？", first, REPORTS, without=["spelling:公正处 → 公证处"], holders=holders, frequency=frequency)
    assert "公正处" in kept.text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("行政複議申請有幾件", "行政复议申请有几件"),
        ("青川市司法局辦理公證多少件", "青川市司法局办理公证多少件"),
        ("乾隆年间修的桥", "乾隆年间修的桥"),
        ("行政复议有几件", "行政复议有几件"),
    ],
)
def test_traditional_characters_become_simplified(text: str, plain: str) -> None:
    assert simplified(text, frequency) == plain


def test_traditional_characters_that_the_reports_write_stay() -> None:
    assert simplified("複議", lambda word: 1) == "複議"


def test_a_question_in_traditional_characters_names_its_unit() -> None:
    question = asked("請問青川市司法局２０２４年收到多少件行政複議申請？")

    assert question.allowed == frozenset({1})
    assert "行政复议申请" in question.rest


@given(st.text("公正证处行政复付议法律援原助人民调条解青川市司法局的几件收到，。《》“” ", min_size=1, max_size=40))
def test_slips_lie_apart_and_each_right_word_stands_in_the_reports(text: str) -> None:
    found = list(slips(text, boundaries(text), frequency, holders))

    assert all(a.end <= b.start for a, b in pairwise(found))
    for slip in found:
        written = text[slip.start : slip.end]
        assert len(slip.right) == len(written) and sum(a != b for a, b in zip(slip.right, written, strict=True)) == 1
        assert frequency(slip.right) and not frequency(written) and not holders(written)
