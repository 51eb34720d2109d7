"""What the check of a wording lets through and what it strikes: true sentences of the samples, and each kind of change to them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.read import read
from index.types import Facts, ReportRef
from retrieval.question import spans
from retrieval.types import Citation
from retrieval.wording.check import apart, check, split
from retrieval.wording.clauses import source
from retrieval.wording.figures import figures, same
from retrieval.wording.functionwords import CAUSING, FUNCTION_WORDS, SAME
from retrieval.wording.plain import line, plain
from retrieval.wording.service import inert

SAMPLES = Path(__file__).parents[1] / "reports"
FACTS = Facts("青川市司法局2023年法治政府建设年度报告", "青川市司法局", "青川市", 2023, "法治政府建设年度报告", "2024-01-19")
MARKS = "，。；：,;:！!"


def cited(quote: str, number: int = 1, facts: Facts = FACTS, path: tuple[str, ...] = ("一、主要工作",), row: int = 1) -> Citation:
    return Citation(number, ReportRef(row, "r", "/r.txt", "r.txt", facts, 100, 1), "p", quote, 0, len(quote), path)


def holds(sentence: str, *quotes: str | Citation) -> bool:
    return not check(sentence, [cited(one, number) if isinstance(one, str) else one for number, one in enumerate(quotes, 1)]).fault


# ---- properties over the samples


@cache
def sample_sentences() -> tuple[tuple[str, Citation], ...]:
    """Every sentence of the sample reports, with the passage that it stands in as its quotation."""
    found: list[tuple[str, Citation]] = []
    for row, path in enumerate(sorted(p for p in SAMPLES.iterdir() if p.suffix in {".txt", ".md", ".html"} and p.name != "README.md")):
        report = read(path)
        for passage in report.passages:
            for start, end in spans.sentences(passage.text):
                sentence = passage.text[start:end]
                if len(line(plain(sentence)).text) >= 6 and "[" not in sentence:
                    found.append((sentence, cited(passage.text, 1, report.facts, passage.path, row)))
    return tuple(found)


def said(text: str) -> str:
    return text.rstrip(MARKS).replace("\n", "") + "[1]。"


true_sentences = st.deferred(lambda: st.sampled_from(sample_sentences()))


@settings(max_examples=300, deadline=None)
@given(true_sentences)
def test_a_sentence_of_a_report_is_never_struck(one: tuple[str, Citation]) -> None:
    sentence, citation = one
    assert check(said(sentence), [citation]).fault == ""


def hung_together(citation: Citation, sentence: str, chosen: list[bool]) -> str:
    """The chosen clauses of a sentence in order, each with all that it stands under: its time, condition, plan and head."""
    text = line(plain(sentence)).text
    one = source(1, citation.report.row, sentence, citation.report.facts, citation.path)
    keep = {at for at, wanted in zip(range(len(one.clauses)), chosen, strict=False) if wanted}
    todo = list(keep)
    while todo:
        at = todo.pop()
        under = {anchor[1] for kind in one.stands[at] for anchor in kind if isinstance(anchor, tuple)}
        under |= {n for n, c in enumerate(one.clauses[:at]) if c.plan and any(isinstance(a, tuple) and a[1] < 0 for a in one.stands[at][2])}
        under |= {at + 1} if at + 1 < len(one.clauses) and one.clauses[at + 1].limits else set()
        new = {n for n in under if n >= 0} - keep
        keep |= new
        todo += new
    assert text
    cuts = [sentence[start:end].strip(MARKS + "\n") for start, end in spans.clauses(sentence)]
    cuts = [cut for cut in cuts if line(plain(cut)).text]
    return "，".join(cuts[at] for at in sorted(keep)) if len(cuts) == len(one.clauses) and keep else sentence


@settings(max_examples=300, deadline=None)
@given(true_sentences, st.lists(st.booleans(), min_size=12, max_size=12))
def test_whole_clauses_in_order_are_never_struck_with_what_they_stand_under(one: tuple[str, Citation], chosen: list[bool]) -> None:
    sentence, citation = one
    written = said(hung_together(citation, sentence, chosen))
    assert check(written, [citation]).fault == "", written


@settings(max_examples=300, deadline=None)
@given(true_sentences, st.data())
def test_a_figure_changed_is_always_struck(one: tuple[str, Citation], data: st.DataObject) -> None:
    sentence, citation = one
    digits = [m.start() for m in re.finditer(r"\d", sentence)]
    if not digits:
        return
    at = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from([d for d in "123456789" if d != sentence[at]]))
    changed = sentence[:at] + digit + sentence[at + 1 :]
    if line(plain(changed)).text in line(plain(citation.quote)).text or re.match(r"\s*[（(]?\d{1,2}[.、)）]", changed):
        return  # the number before a heading, or what another sentence says
    assert check(said(changed), [citation]).fault, changed


@settings(max_examples=300, deadline=None)
@given(true_sentences, st.sampled_from(["不", "未", "没有", "并未", "无", "尚未"]), st.data())
def test_a_negation_put_in_is_always_struck(one: tuple[str, Citation], no: str, data: st.DataObject) -> None:
    sentence, citation = one
    at = data.draw(st.integers(0, len(sentence.rstrip(MARKS)) - 1))
    changed = sentence[:at] + no + sentence[at:]
    if line(plain(changed)).text in line(plain(citation.quote)).text:
        return
    assert check(said(changed), [citation]).fault, changed


@settings(max_examples=300, deadline=None)
@given(true_sentences, st.data())
def test_a_negation_bound_direction_or_plan_left_out_is_always_struck(one: tuple[str, Citation], data: st.DataObject) -> None:
    sentence, citation = one
    telling = list(re.finditer(r"不|未|没有|近(?=\d)|约(?=\d)|超过|超(?=\d)|以上|以下|以内|其中(?=[一-鿿])|将(?=[一-鿿])|拟|计划", sentence))
    if not telling:
        return
    cut = data.draw(st.sampled_from(telling))
    changed = sentence[: cut.start()] + sentence[cut.end() :]
    if line(plain(changed)).text in line(plain(citation.quote)).text or not re.search(r"\w", changed):
        return
    assert check(said(changed), [citation]).fault, changed


# ---- the list of function words


def listed(words: str) -> set[str]:
    return set(re.split(r"\s", words))


def test_function_words_are_few_and_none_of_them_claims_anything() -> None:
    assert len(FUNCTION_WORDS | CAUSING) <= 150
    negation = listed("不 没 没有 未 无 非 否 勿 莫 别 禁 免 毫无 并非 从未 尚未 不再 拒绝 停止")
    degree = listed("很 最 更 较 极 太 非常 十分 显著 明显 大幅 基本 全部 全 都 均 所有 部分 仅 只 主要 进一步 普遍 完全 稍 略 特别")
    bound = listed("近 约 超 超过 逾 达 达到 以上 以下 以内 不足 至少 最多 左右 上下 将近 接近 突破 余 多 几 高达 低至")
    direction = listed("增 减 升 降 增长 下降 上升 上涨 下跌 提高 降低 增加 减少 扩大 缩小 回升 回落 高于 低于 多于 少于 扭亏")
    plan = listed("将 拟 要 应 须 计划 预计 力争 可 可以 能 会 打算 准备 如果 若 除非 因为 因此 所以 导致 但 先 后 再 被 把 给")
    assert not FUNCTION_WORDS & (negation | degree | bound | direction | plan)
    assert not any(set(word) & set("不没未无非否勿禁增减升降超逾约最更") for word in FUNCTION_WORDS)


# ---- a kind a row: what the quotation says, what is said, whether it holds

COUNTS = "全市收到行政复议申请405件，受理近380件，审结349件；其中，直接纠错41件，占11.75%。"
KINDS: list[tuple[str, str, bool]] = [
    (COUNTS, "全市收到行政复议申请405件，审结349件[1]。", True),
    (COUNTS, "此外，审结349件[1]。", True),
    (COUNTS, "青川市司法局全市收到行政复议申请405件[1]。", True),
    (COUNTS, "根据报告，全市收到了行政复议申请405件[1]。", True),
    (COUNTS, "《青川市司法局2023年法治政府建设年度报告》显示，审结349件[1]。", True),
    (COUNTS, "2023年，青川市审结349件[1]。", True),
    (COUNTS, "审结３４９件，收到行政复议申请405件[1]。", True),
    (COUNTS, "405件，全市收到行政复议申请405件[1]。", True),
    (COUNTS, "全市共收到405件行政复议申请[1]。", True),
    (COUNTS, "349件，全市收到行政复议申请405件[1]。", False),
    (COUNTS, "全市收到行政复议申请349件，审结405件[1]。", False),
    (COUNTS, "受理380件[1]。", False),
    (COUNTS, "受理超过380件[1]。", False),
    (COUNTS, "审结349宗[1]。", False),
    (COUNTS, "直接纠错41件[1]。", False),
    (COUNTS, "全市收到行政复议申请405件，占11.75%[1]。", False),
    (COUNTS, "临江市审结349件[1]。", False),
    (COUNTS, "2022年审结349件[1]。", False),
    (COUNTS, "因此，审结349件[1]。", False),
    (COUNTS, "审结349件，群众十分满意[1]。", False),
    ("城镇居民收入增长5%。", "居民收入增长5%[1]。", False),
    ("城镇居民收入增长5%。", "城镇居民收入下降5%[1]。", False),
    ("2022年，建成工作站10个。2023年，建成工作站20个。", "2022年，建成工作站20个[1]。", False),
    ("2022年，建成工作站10个。2023年，建成工作站20个。", "2022年，建成工作站10个[1]。", True),
    ("2022年，建成工作站10个。2023年，建成工作站20个。", "建成工作站10个[1]。", False),
    ("下一步，将建设工作站20个，培训调解员100人。", "建设工作站20个[1]。", False),
    ("下一步，将建设工作站20个，培训调解员100人。", "培训调解员100人[1]。", False),
    ("下一步，将建设工作站20个，培训调解员100人。", "下一步，将培训调解员100人[1]。", True),
    ("下一步，将建设工作站20个，培训调解员100人。", "下一步，将建设工作站20个，培训调解员100人[1]。", True),
    ("如果材料齐全，当日办结。", "当日办结[1]。", False),
    ("对符合条件的，给予补贴500元。", "给予补贴500元[1]。", False),
    ("办结案件100件，不含撤回的12件。", "办结案件100件[1]。", False),
    ("工业增加值100亿元，增长5%；农业增加值50亿元，增长6%。", "工业增加值100亿元，增长6%[1]。", False),
    ("工业增加值100亿元，增长5%；农业增加值50亿元，增长6%。", "工业增加值增长5%[1]。", True),
    ("工业增加值100亿元，增长5%；农业增加值50亿元，增长6%。", "工业增加值增长6%[1]。", False),
    ("先由社区初审，再由街道复核。", "由街道复核，再由社区初审[1]。", False),
    ("第一次10、20件，第二次30件。", "第一次1020件[1]。", False),
    ("变动幅度为-3.5%。", "变动幅度为3.5%[1]。", False),
    ("市局帮助企业减税12600元。", "市局帮助企业减税1.26万元[1]。", True),
    ("市局帮助企业减税12600元。", "市局帮助企业减税1.26亿元[1]。", False),
    ("聘请律师3名。", "聘请律师3位[1]。", True),
    ("聘请律师3名。", "聘请律师3批[1]。", False),
    ("省城镇新增就业目标完成。", "省城镇新增就业目标完成[1]。", True),
    ("全市收到申请405件，审结349件。", "青川市收到申请405件[1]。", True),
    ("全市收到申请405件，审结349件。", "青川市司法局收到申请405件[1]。", False),
    ("全市收到申请405件，审结349件。", "青川市司法局审结349件[1]。", False),
    ("各单位要建设工作站20个，培训调解员100人。", "已培训调解员100人[1]。", False),
    ("收到还款10万元。", "收到款10万元[1]。", False),
    ("收到款10万元。", "收到还款10万元[1]。", False),
]


@pytest.mark.parametrize(("quote", "sentence", "true"), KINDS)
def test_a_sentence_holds_where_one_quotation_says_it(quote: str, sentence: str, true: bool) -> None:
    assert holds(sentence, quote) is true


# what a freer wording could hide, each beside the wording that is fair
MOVED: list[tuple[str, str, bool]] = [
    ("市纪委查处干部5人。", "查处干部5人的是市纪委[1]。", True),
    ("市纪委查处干部5人。", "查处市纪委干部5人[1]。", False),
    ("职工投诉公司。", "投诉的公司是职工[1]。", False),
    ("县局约谈企业5家。", "约谈县局的企业有5家[1]。", False),
    ("县局向市局移交线索3条。", "市局向县局移交线索3条[1]。", False),
    ("对市城投、市水投两家集团开展审计。", "对两家集团（市城投、市水投）开展审计[1]。", True),
    ("对市城投、市水投两家集团开展审计。", "两家集团对市城投、市水投开展审计[1]。", False),
    ("有13名校长任职超过10年。", "任职超过10年的校长有13名[1]。", True),
    ("有13名校长被教师举报。", "举报校长的教师有13名[1]。", False),
    ("3个县将资金1420万元用于修建办公楼。", "资金1420万元被3个县用于修建办公楼[1]。", True),
    ("3个县将资金1420万元用于修建办公楼。", "办公楼被3个县用于修建资金1420万元[1]。", False),
    ("县局将起诉企业3家。", "企业3家被县局起诉[1]。", False),
    ("除重点支出外，项目支出一律压减15%。", "项目支出除重点支出外一律压减15%[1]。", True),
    ("除重点支出外，项目支出一律压减15%。", "项目支出一律压减15%[1]。", False),
    ("市人社局追回资金43万元，并对3名责任人作出处理。", "市人社局对3名责任人作出处理[1]。", True),
    ("企业反映融资难，市政府安排贴息300万元。", "企业安排贴息300万元[1]。", False),
]
CAUSES: list[tuple[str, str, bool]] = [
    ("由于信息未共享，重复发放41.7万元。", "重复发放41.7万元，原因是信息未共享[1]。", True),
    ("由于信息未共享，重复发放41.7万元。", "由于重复发放41.7万元，信息未共享[1]。", False),
    ("净利润下降主要系原材料涨价所致。", "原材料涨价，是净利润下降的主要原因[1]。", True),
    ("净利润下降主要系原材料涨价所致。", "净利润下降的原因是原材料涨价[1]。", False),
    ("建成平台3个，由于信息未共享，重复发放41.7万元。", "由于信息未共享，建成平台3个[1]。", False),
    ("建成平台3个，重复发放41.7万元，原因是信息未共享。", "建成平台3个，原因是信息未共享[1]。", False),
    ("因暴雨停工3天，因检修停工2天。", "停工3天的原因是检修[1]。", False),
]
CALLED: list[tuple[str, str, bool]] = [
    ("新增企业58家。", "新增企业的数量为58家[1]。", True),
    ("受理投诉53起，查实19起。", "受理投诉的数量为19起[1]。", False),
    ("群众满意率98%。", "群众满意数量98%[1]。", False),
    ("力争出庭率达到95%。", "出庭率达到95%[1]。", False),
    ("出庭率未达到95%。", "出庭率为95%[1]。", False),
    ("清单未按时更新。", "清单没有按时更新[1]。", True),
    ("未成年人案件审结60件。", "没有成年人案件审结60件[1]。", False),
    ("县财政安排资金18万元。", "青川市财政安排资金18万元[1]。", False),
    ("市财政安排资金18万元。", "青川市财政安排资金18万元[1]。", True),
    ("市场主体新增120户。", "青川市市场主体新增120户[1]。", True),
    ("配合完成《养犬条例》调研，该条例2024年提请审议。", "《养犬条例》2024年提请审议[1]。", True),
    ("配合完成《养犬条例》和《供水条例》调研，该条例2024年提请审议。", "《养犬条例》2024年提请审议[1]。", False),
    ("废止《收费清单》，明确收费项目29种。", "《收费清单》明确收费项目29种[1]。", False),
    ("印发《收费清单》，明确收费项目29种。", "《收费清单》明确收费项目29种[1]。", True),
    ("办结案件300件，其中涉企30件，占比10%。", "办结案件300件，占比10%[1]。", False),
    ("对连续干满3年的，一次性奖励6000元。", "一次性奖励6000元[1]。", False),
    ("一旦发现线索即恢复执行，全年恢复执行5218件。", "全年恢复执行5218件[1]。", True),
    ("一旦发现线索，恢复执行并通报债权人。", "恢复执行并通报债权人[1]。", False),
    ("职工医保和居民医保报销比例分别达到85%和68%。", "职工医保报销比例达到85%[1]。", True),
    ("职工医保和居民医保报销比例分别达到85%和68%。", "职工医保报销比例达到68%[1]。", False),
]


@pytest.mark.parametrize(("quote", "sentence", "true"), MOVED + CAUSES + CALLED)
def test_who_what_and_why_stay_what_they_were_however_it_is_said(quote: str, sentence: str, true: bool) -> None:
    assert holds(sentence, quote) is true


def test_the_year_is_that_of_the_heading_and_a_plan_may_be_told_as_one() -> None:
    now, then, plan = (cited("新建学校12所。", path=(heading,)) for heading in ("一、主要工作", "一、2022年工作回顾", "三、2024年工作安排"))
    assert holds("2023年新建学校12所[1]。", now) and not holds("2022年新建学校12所[1]。", now)
    assert holds("2022年新建学校12所[1]。", then) and not holds("2023年新建学校12所[1]。", then)
    assert holds("2024年将新建学校12所[1]。", plan) and not holds("2023年将新建学校12所[1]。", plan)
    assert not holds("将新建学校12所[1]。", now) and not holds("计划新建学校12所[1]。", then) and not holds("新建了学校12所[1]。", plan)
    assert not holds("2023年9月将新建学校12所[1]。", "2023年9月新建学校12所。") and not holds("全年拟受理9件[1]。", "全年受理9件。")
    assert not holds("将新建学校12所[1]。", cited("已新建学校12所。", path=("三、2024年工作安排",)))


def test_words_that_say_the_same_never_deny_or_turn_one_another() -> None:
    up, down = set("增升涨高"), set("减降跌低")
    for group in SAME:
        assert len({bool(set(word) & set("不没未无")) for word in group}) == 1, group
        assert not any(set(one) & up and set(other) & down for one in group for other in group), group


def test_a_plan_stays_one_where_only_its_heading_says_so() -> None:
    plan = cited("建设社区食堂40家。", path=("三、2024年工作安排",))
    assert holds("建设社区食堂40家[1]。", plan) and not holds("已建设社区食堂40家[1]。", plan) and not holds("建设了社区食堂40家[1]。", plan)
    assert holds("建设了社区食堂40家[1]。", "建设社区食堂40家。")
    assert not holds("2023年建设社区食堂40家[1]。", plan), "the year of the report is not the year of its plans"


def test_each_clause_rests_on_one_quotation_and_what_is_said_of_one_report_is_not_said_of_another() -> None:
    other = cited("办结案件567件，纠错率为8.1%。", 2, Facts("临江市司法局2023年年度报告", "临江市司法局", "临江市", 2023), row=2)
    one = cited("办结案件1,234件，纠错率为12.5%。")
    assert holds("青川市司法局办结案件1234件[1]，临江市司法局办结案件567件[2]。", one, other)
    assert not holds("临江市司法局办结案件567件[2]，纠错率为12.5%[1]。", one, other)
    assert not holds("办结案件1234件，纠错率为8.1%[1][2]。", one, other)
    assert not holds("临江市司法局办结案件1234件[1][2]。", one, other)


def test_a_sentence_after_another_reports_name_says_whose_it_is() -> None:
    other = cited("办结案件567件，纠错率为8.1%。", 2, Facts("临江市司法局2023年年度报告", "临江市司法局", "临江市", 2023), row=2)
    both = [cited("办结案件1,234件，纠错率为12.5%。"), other]

    def faults(*sentences: str) -> list[bool]:
        return [bool(one.fault) for one in apart([check(sentence, both) for sentence in sentences], both)]

    assert faults("临江市司法局办结案件567件[2]。", "纠错率为12.5%[1]。") == [False, True]
    assert faults("临江市司法局办结案件567件[2]。", "纠错率为8.1%[2]。", "青川市司法局纠错率为12.5%[1]。") == [False, False, False]
    assert faults("办结案件567件[2]。", "纠错率为12.5%[1]。") == [False, False]


def test_words_that_claim_nothing_are_let_through_and_are_no_answer() -> None:
    greeting = check("您好。", [cited(COUNTS)])
    assert not greeting.fault and not greeting.says
    assert check("这件事办得很好。", [cited(COUNTS)]).fault == "没有注明出处"


def test_a_sentence_made_to_be_looked_at_for_ever_is_struck() -> None:
    quote = "，".join(["办结1件"] * 60) + "。"
    assert not holds("，".join(["办结1件"] * 80) + "，办结2件[1]。", quote)


def test_marks_of_markdown_are_no_part_of_a_sentence() -> None:
    assert split("## 答\n- **审结349件**[1]。\n2. `受理`[1]。") == ["答", "审结349件[1]。", "受理[1]。"]


@pytest.mark.parametrize(
    ("text", "left"),
    [("见 https://a.example/x", "见 https：//a．example/x"), ("a@b.example", "a＠b．example"), ("甲\n乙\u202e", "甲 乙")],
)
def test_what_is_struck_holds_no_address(text: str, left: str) -> None:
    assert inert(text) == left


def test_figures_are_the_same_where_value_unit_and_bound_are() -> None:
    assert [span.of(text) for text in ["2023年办结近3.5万人次"] for span in figures(text)] == ["2023年", "近3.5万人次"]
    assert same("98%", "百分之九十八") and same("1.26万人", "12600人") and same("15件", "十五件")
    assert same("超3000人", "超过3000人") and same("约5%", "大约5%")
    different = [
        ("50元至300元", "50元至100元"), ("近3万件", "3万件"), ("3万件", "3万元"), ("10件", "10余件"), ("10件以上", "10件"), ("3%", "3‰"), ("0元", "0万元"),
    ]
    for one, other in different:
        assert not same(one, other)


# ---- what a clause goes on about, the parts of a sum, the words around a list

AND_BESIDE: list[tuple[str, str, bool]] = [
    ("共移送线索23件，其中移送纪检14件，移送公安3件，移送部门6件。", "共移送线索23件，其中移送公安3件，移送纪检14件[1]。", True),
    ("共移送线索23件，其中移送纪检14件，移送公安3件，移送部门6件。", "共移送线索23件，其中移送公安14件[1]。", False),
    ("受理争议案件418件，审结306件。", "审结争议案件306件[1]。", True),
    ("受理争议案件418件，审结306件。", "审结争议案件418件[1]。", False),
    ("受理争议案件418件，未审结306件。", "审结争议案件306件[1]。", False),
    ("行政机关败诉率12.7%，负责人出庭率98.2%。", "行政机关负责人出庭率98.2%[1]。", True),
    ("行政机关败诉率12.7%，负责人出庭率98.2%。", "行政机关败诉率98.2%[1]。", False),
    ("企业反映问题5个，督促整改3个。", "企业督促整改3个[1]。", False),
    ("存在的主要问题：一是答复不规范；二是更新不及时。", "存在的主要问题包括：（一）更新不及时；（二）答复不规范[1]。", True),
    ("整改了3个问题。二是更新不及时。", "整改了3个问题，包括：更新不及时[1]。", False),
    ("计划2025年9月前通水。", "计划于2025年9月前通水[1]。", True),
    ("工程早于2025年9月通水。", "工程2025年9月通水[1]。", False),
    ("本机关未收取费用。", "青川市司法局并未收取费用[1]。", True),
    ("本机关未收取费用。", "临江市司法局并未收取费用[1]。", False),
    ("抽查了外县和全县3个乡。", "抽查了外县和青川市3个乡[1]。", False),
    ("两个部门因超期立案被通报。", "两个部门被通报，原因是超期立案[1]。", True),
    ("两个部门因超期立案被通报。", "超期立案因两个部门被通报[1]。", False),
    ("审结案件5件，主要是侵权案件。", "审结案件5件，主要是因为侵权案件[1]。", False),
    ("任职超过10年的有4名。", "有4名任职超过10年[1]。", True),
    ("任职超过10年的有4名。", "有4名任职10年[1]。", False),
    ("发出意见书9份、决定书1份。", "发出9份意见书和1份决定书[1]。", True),
    ("发出意见书9份、决定书1份。", "发出9份决定书和1份意见书[1]。", False),
    ("把17个问题拆解成46项措施。", "将17个问题拆解成46项措施[1]。", True),
    ("审结案件5件。", "青川市司法局将审结案件5件[1]。", False),
    ("一季度收入10亿元，增长5%。", "收入10亿元[1]。", False),
]


@pytest.mark.parametrize(("quote", "said", "holds_there"), AND_BESIDE)
def test_what_goes_on_from_clause_to_clause_takes_nothing_from_another(quote: str, said: str, holds_there: bool) -> None:
    assert holds(said, quote) == holds_there
