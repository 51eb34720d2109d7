"""Which run of a sentence a question means: by what it asks with, by the words beside it, by the side it stands on."""

from __future__ import annotations

import pytest

from retrieval.answer.short import focus, short_answers
from retrieval.question.asks import asks, asks_for_several, words
from retrieval.question.expected import fit
from retrieval.question.expected_unit import asked_unit
from retrieval.types import Question


def answered(text: str, sentence: str) -> list[str]:
    question = Question(text, asks(text), rest=text)
    weights = focus(question, dict.fromkeys(words(text), 1.0))
    return [sentence[a:b] for a, b in short_answers(question, sentence, weights, asks_for_several(text))]


@pytest.mark.parametrize(
    ("text", "sentence", "short"),
    [
        ("哪家药企建成了行业首座“灯塔车间”？", "云岭白药建成全省中药领域首座“灯塔车间”。", "云岭白药"),
        ("司法局跟哪所大学签了人才培养的协议？", "与云岭大学签署《人才培养合作协议》，构建“政府+高校”机制。", "云岭大学"),
        ("新设了哪个行政区？", "新设立两河新区行政区，优化调整望海区行政区域。", "两河新区"),
        ("哪支球队拿了女子冠军？", "临江大众卓越女足勇夺云岭杯（女子）冠军。", "临江大众卓越女足"),
        ("平台统一用的是哪一套文书范本？", "落实“三项制度”，统一适用《云岭省执法流程和文书范本》。", "《云岭省执法流程和文书范本》"),
    ],
)
def test_a_name_without_a_shape_of_its_own(text: str, sentence: str, short: str) -> None:
    assert answered(text, sentence) == [short]


@pytest.mark.parametrize(
    ("text", "sentence", "short"),
    [
        ("要建多少个“驿站之家”？", "建设工会服务点150个、“驿站之家”37个。", "37个"),
        ("办结了多少件行政复议申请？", "收到行政复议申请102件，受理95件，办结86件。", "86件"),
        ("搬迁让多少人离开了危险地带？", "搬迁工程让13.07万户46万群众离开了危险地带。", "46万"),
        ("三次产业结构调整为多少？", "三次产业结构调整为8.3∶41.4∶50.3。", "8.3∶41.4∶50.3"),
        ("黑土的耕层现在有多厚？", "耕层厚度提升3.5%、达到20.6厘米。", "20.6厘米"),
        ("储能电芯的产能有多大？", "储能电芯产能达55GWh，整车下线量突破25万辆。", "55GWh"),
    ],
)
def test_the_right_one_of_several_figures(text: str, sentence: str, short: str) -> None:
    assert answered(text, sentence) == [short]


def test_two_counts_asked_at_once() -> None:
    assert "".join(answered("今年实事办几类几件？", "今年将办好12类45件实事。")).endswith("12类45件")


@pytest.mark.parametrize(("text", "unit"), [
    ("官员出庭的人次是多少？", "人次"), ("二期要招多少工人？", "人"), ("收费总额是多少？", "元"), ("耕层有多厚？", "米"), ("种了多少棵树？", "棵"),
])  # fmt: skip
def test_the_measure_word_asked_with(text: str, unit: str) -> None:
    assert asked_unit(text) == unit


def test_a_university_is_called_one() -> None:
    """Names of such kinds always end so: a sentence without one answers nothing."""
    assert fit(Question("区长是哪所大学毕业的？", "name", rest="区长是哪所大学毕业的？"), "区长何澜作了报告。") == 0
