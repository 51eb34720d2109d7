"""Yes or no: said where the sentence states it, and in no other case."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.answer.yesno import Verdict, verdict
from retrieval.question import asks

TITLES = "青川市司法局2024年法治政府建设年度报告\n一、2024年工作情况"


def told(question: str, sentence: str, titles: str = TITLES, lead: str = "") -> Verdict | None:
    """What the sentence says, every word of the question weighing the same but the name of the place."""
    words = {word: 1.0 for word in asks.words(question.removeprefix("青川"))}
    return verdict(question, sentence, titles, words, lead)


@pytest.mark.parametrize(
    ("question", "sentence", "word", "by"),
    [
        # its verb, done or denied
        ("青川全年有没有发生泄密事件？", "全年没有发生泄密事件。", "否", "没有发生泄密事件"),
        ("青川全年有没有发生泄密事件？", "全年发生泄密事件2起。", "是", "发生泄密事件2起"),
        ("青川的智慧矫正中心投入使用了没有？", "我市“智慧矫正中心”场所已投入使用，效果很好。", "是", "已投入使用"),
        ("青川的跨江大桥建成了吗？", "跨江大桥已建成通车。", "是", "已建成通车"),
        ("青川的跨江大桥建成了吗？", "跨江大桥尚未建成。", "否", "尚未建成"),
        ("青川的跨江大桥建成了吗？", "跨江大桥已竣工。", "是", "已竣工"),  # a sure equal
        ("青川是否已经公布供水条例？", "《青川市供水条例》于2024年4月11日公布。", "是", "于2024年4月11日公布"),
        ("青川是否发现重大隐患？", "经排查，未发现重大隐患。", "否", "未发现重大隐患"),
        ("青川有没有出台人才办法？", "出台了《青川市人才办法》。", "是", "出台了《青川市人才办法》"),
        ("青川的年度考核有没有完成？", "年度考核已全部完成。", "是", "已全部完成"),
        # whether there is such a thing
        ("青川司法局现在还有在编不在岗的人吗？", "完成10人次的理顺工作，目前无在编不在岗人员。", "否", "无在编不在岗人员"),
        # all of them
        ("青川全部村都签约了法律顾问吗？", "全市173个村全部签约了法律顾问。", "是", "全部签约了法律顾问"),
        # against a figure
        ("青川收到的复议申请是否超过100宗？", "全年收到复议申请109宗，办结86宗。", "是", "109宗"),
        ("青川收到的复议申请是否超过200宗？", "全年收到复议申请109宗，办结86宗。", "否", "109宗"),
        ("青川收到的复议申请不到200宗吗？", "全年收到复议申请109宗，办结86宗。", "是", "109宗"),
        ("青川茶叶产量是否超过3万吨？", "茶叶产量超3万吨。", "是", "超3万吨"),
        ("青川水质优良率是不是达到100%？", "水质优良率达100%。", "是", "100%"),
        # against another's, against the year before
        ("青川生产总值增速高于全省吗？", "生产总值增速高于上年同期、高于全省。", "是", "高于全省"),
        ("青川再犯罪率比全省高吗？", "再犯罪率低于全省平均水平。", "否", "低于全省平均水平"),
        ("青川信访总量是不是下降了？", "刑事案件增加6.6%，信访总量连续3年下降。", "是", "下降"),
        ("青川信访总量是不是增加了？", "刑事案件增加6.6%，信访总量连续3年下降。", "否", "下降"),
    ],
)
def test_the_word_and_the_run_that_states_it(question: str, sentence: str, word: str, by: str) -> None:
    found = told(question, sentence)

    assert found is not None and (found.word, sentence[found.start : found.end]) == (word, by)


@pytest.mark.parametrize(
    ("why", "question", "sentence"),
    [
        ("a plan", "青川的跨江大桥建成了吗？", "加快跨江大桥建设，力争年内建成。"),
        ("an aim", "青川茶叶产量达到3万吨了吗？", "茶叶产量要达到3.2万吨。"),
        ("about to be", "青川是否公布供水条例？", "《青川市供水条例》将于2025年公布。"),
        ("some of them", "青川的病险水库都完工了吗？", "病险水库已完工7座，其余2座明年完工。"),
        ("not all of them", "青川全部村都签约了法律顾问吗？", "全市173个村签约了法律顾问。"),
        ("an exception", "青川各项指标都达到预期了吗？", "除投资外，各项指标都达到预期。"),
        ("as good as", "青川的跨江大桥建成了吗？", "跨江大桥基本建成。"),
        ("another deed", "青川办结的复议申请是否超过100宗？", "全年收到复议申请109宗，办结86宗。"),
        ("another subject", "青川司法局是否设立了公职律师？", "13个单位设立公职律师共24名。"),
        ("another subject", "青川国土总体规划获批了吗？", "都市圈国土规划已获批。"),
        ("another year", "青川2024年有没有出台人才办法？", "2022年出台了《青川市人才办法》。"),
        ("another object", "青川投资达到年初预期了吗？", "投资没有达到规划预期。"),
        ("what was amiss", "青川是否建立裁量基准制度？", "针对“未建立裁量基准制度”问题，"),
        ("of those who", "青川是否建立裁量基准制度？", "对未建立裁量基准制度的单位进行通报。"),
        ("too near to tell", "青川茶叶产量达到3万吨了吗？", "茶叶产量约3.1万吨。"),
        ("no more than that", "青川收到的复议申请是否超过109宗？", "全年收到复议申请109宗。"),
        ("a name with 未", "青川有没有发生未成年人案件？", "开展未成年人保护工作。"),
        ("it may be", "青川今年能通航吗？", "运河建成通航。"),
        ("more is asked", "青川收到多少宗申请，超过100宗了吗？", "全年收到复议申请109宗。"),
        ("asked the other way round", "青川的跨江大桥还没建成吗？", "跨江大桥已建成通车。"),
        ("something else", "青川的跨江大桥建成了吗？", "茶叶产量增长9%。"),
    ],
)
def test_no_word_for(why: str, question: str, sentence: str) -> None:
    assert told(question, sentence) is None


def test_a_heading_over_plans_and_the_aim_before_a_semicolon_make_a_plan() -> None:
    question, sentence = "青川的跨江大桥建成了吗？", "跨江大桥已建成通车。"

    assert told(question, sentence, titles="青川市2025年政府工作报告\n三、2025年重点工作") is None
    assert told(question, sentence, lead="今年的目标是：新建学校10所；") is None


def test_under_a_heading_over_what_was_done_a_bare_verb_is_told_as_done() -> None:
    question, sentence = "青川的养护中心投入使用了吗？", "养护中心投入使用。"

    assert told(question, sentence) is not None
    assert told(question, sentence, titles="青川市通报\n一、总体要求") is None


@given(
    st.sampled_from(["大桥建成了吗？", "有没有发生事故？", "是否超过100宗？", "比全省高吗？", "是不是下降了？"]),
    st.lists(
        st.sampled_from([*"，；。“”未无已将的109宗", "大桥", "建成", "事故", "发生", "没有", "高于", "低于", "全省", "下降", "增长"]), max_size=14
    ).map("".join),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_written_the_run_stands_in_the_sentence(question: str, sentence: str) -> None:
    found = told(question, sentence)

    assert found is None or (found.word in ("是", "否") and 0 <= found.start < found.end <= len(sentence))
