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


WHOLE = (  # question, sentence, what stands in it
    (
        "山东修复湿地多少亩？", "云岭省修复湿地{}，新增造林12万亩。",
        "90余万亩 90多万亩 近90万亩 约90万亩 90万亩以上 九十余万亩 超过90万亩 90.5万亩 ９０万亩 90万余亩",
    ),
    (
        "净利润是多少？", "本期净利润为{}，营业收入3.1亿元。",
        "-1,234.5万元 －1,234.5万元 −1,234.5万元 -0.3亿元 负1,234.5万元 -5元 -12,345,000元 －３２．５万元 -1.2亿元 1,234.5万元",
    ),
    (
        "罚款多少元？", "对违反规定的，处{}罚款。",
        "二百元以上一千元以下 200元以上1000元以下 500元以下 五百元以下 1000元至3000元 一千元以上五千元以下 2万元以上10万元以下 不超过5000元 3000元 三千元",
    ),
    (
        "占全部案件的比例是多少？", "这类案件占全部案件的{}。",
        "五成 近五成 三分之一 百分之五点五 百分之四十 四成以上 5.5% ５．５％ 三分之二以上 八成多",
    ),
    (
        "每袋大米重多少千克？", "每袋大米重{}，共发放300袋。",
        "2.3千克 12千克 约12千克 2500千克 两千克 0.5千克 十五千克 1,250千克 12.5千克 10余千克",
    ),
    (
        "调处纠纷多少件？", "全年调处纠纷{}。",
        "几十件 数百件 十几件 200多件 二百余件 两三百件 100件左右 上千件 1,024件 近千件",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("text", "sentence", "figure"), [(text, sentence, figure) for text, sentence, figures in WHOLE for figure in figures.split()])
def test_a_figure_is_shown_whole(text: str, sentence: str, figure: str) -> None:
    """With its sign, its bounds, its multiplier and its unit, however it is written."""
    assert answered(text, sentence.format(figure)) == [figure]


def test_two_counts_asked_at_once() -> None:
    assert "".join(answered("今年实事办几类几件？", "今年将办好12类45件实事。")).endswith("12类45件")


@pytest.mark.parametrize(("text", "unit"), [
    ("官员出庭的人次是多少？", "人次"), ("二期要招多少工人？", "人"), ("收费总额是多少？", "元"), ("耕层有多厚？", "米"), ("种了多少棵树？", "棵"),
    ("发放了多少千克大米？", "千克"), ("投资多少万元？", "元"), ("占了几成？", "%"), ("受理多少万件？", "件"), ("每月多少元/户？", "元"),
])  # fmt: skip
def test_the_measure_word_asked_with(text: str, unit: str) -> None:
    assert asked_unit(text) == unit


def test_a_university_is_called_one() -> None:
    """Names of such kinds always end so: a sentence without one answers nothing."""
    assert fit(Question("区长是哪所大学毕业的？", "name", rest="区长是哪所大学毕业的？"), "区长何澜作了报告。") == 0
