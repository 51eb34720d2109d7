"""Answers in the reports' own words: what is shown, what is marked, what is declined."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.corpus import Corpus
from index.encoder import Encoder
from index.read import read
from index.types import Facts, Report
from retrieval.answer.compose import LONG_LIMIT, SHORT_LIMIT, compose
from retrieval.ask import ask
from retrieval.question import expected_unit
from retrieval.question.understand import understand
from retrieval.search.search import search
from retrieval.types import ABSTAIN, Answer

PARAGRAPHS = [
    "2024年，全市收到行政复议申请318宗，比上年增加27%，办结286宗。",
    "5月9日，印发《青川市司法协理员管理办法》，从现任村干部中选聘协理员146名。",
    "基层立法联系点由原来的6个增加到32个。",
    "社区矫正工作领导小组由党组书记任组长，每半年至少召开一次会议。",
    "存在的不足：一是普法形式单一；二是基层力量薄弱；三是经费保障不足。",
    "为了方便偏远山村群众，开通流动法律服务车。",
    "申请类案件54宗，通知类案件1161宗。",
    "全年没有发生泄密事件。",
    "局长 何澜在会上作了部署。联系电话：0771-5550123。",
    "建成长滩镇双桥村、石盘乡茶坪村和白水镇柳溪村三个法治公园。",
]


def facts(unit: str, region: str, year: int, kind: str = "法治政府建设年度报告") -> Facts:
    return Facts(f"{unit}{year}年{kind}", unit, region, year, kind, f"{year + 1}-01-20")


@pytest.fixture
def bureau(tmp_path: Path, encoder: Encoder, build: Callable[..., Report]) -> Corpus:
    """One bureau's report of 2024, a paragraph a passage."""
    corpus = Corpus.open(tmp_path / "bureau", encoder, create=True)
    corpus.add([build("青川2024.txt", PARAGRAPHS, facts=facts("青川市司法局", "青川市", 2024), pages=True)])
    return corpus


def verbatim(corpus: Corpus, answer: Answer) -> bool:
    return all(
        corpus.report(c.report.row).text[c.start : c.end] == c.quote
        and (c.mark is None or 0 <= c.mark[0] < c.mark[1] <= len(c.quote))
        for c in (*answer.citations, *answer.candidates)
    )


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("青川市司法局2024年收到多少宗行政复议申请？", "318宗"),
        ("青川司法局的行政复议申请比上年增加了多少？", "27%"),
        ("青川司法局选聘了多少名协理员？", "146名"),
        ("青川的基层立法联系点如今增加到多少个？", "32个"),
        ("青川印发的协理员管理文件叫什么？", "《青川市司法协理员管理办法》"),
        ("青川的协理员管理办法是哪一天印发的？", "5月9日"),
        ("青川社区矫正工作领导小组的组长由谁担任？", "党组书记"),
        ("青川社区矫正工作领导小组多久召开一次会议？", "每半年至少召开一次"),
        ("青川司法局局长叫什么名字？", "何澜"),
        ("青川司法局的联系电话是多少？", "0771-5550123"),
    ],
)
def test_the_short_answer_is_marked_in_its_sentence(bureau: Corpus, text: str, short: str) -> None:
    answer = ask(bureau, text)
    first = answer.citations[0]

    assert (answer.status, answer.short) == ("answered", short)
    assert first.mark is not None and first.quote[first.mark[0] : first.mark[1]] == short
    assert verbatim(bureau, answer)


def test_several_figures_each_with_what_it_counts(bureau: Corpus) -> None:
    answer = ask(bureau, "青川的申请类案件和通知类案件各有多少宗？")

    assert answer.short == "申请类案件54宗，通知类案件1161宗"


def test_an_answer_is_its_quotations_in_order_numbered_from_one(bureau: Corpus) -> None:
    answer = ask(bureau, "青川2024年办结多少宗行政复议？")

    assert answer.text == "\n".join(c.quote for c in answer.citations)
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert answer.citations[0].page == 1 and answer.citations[0].path == ("一、第1部分",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("青川司法局还有哪些不足？", ("普法形式单一", "基层力量薄弱", "经费保障不足")),
        ("青川为什么开通流动法律服务车？", ("方便偏远山村群众",)),
        ("青川全年有没有发生泄密事件？", ("没有发生泄密事件",)),
    ],
)
def test_lists_reasons_and_yes_or_no_are_the_passage_that_says_it(
    bureau: Corpus, text: str, told: tuple[str, ...]
) -> None:
    answer = ask(bureau, text)

    assert answer.status == "answered" and all(item in answer.text for item in told)
    assert verbatim(bureau, answer)


def test_the_items_of_a_list_are_a_citation_each_and_counted(bureau: Corpus) -> None:
    answer = ask(bureau, "青川司法局还有哪些不足？")

    assert (answer.short, answer.computed, answer.items) == ("共 3 项", True, 3)
    assert answer.said == "共 3 项（系统清点）"
    assert [c.quote for c in answer.citations[:3]] == ["一是普法形式单一；", "二是基层力量薄弱；", "三是经费保障不足。"]
    assert answer.text.startswith("\n".join(c.quote for c in answer.citations[:3]))
    assert answer.whole and answer.whole.quote == "存在的不足：一是普法形式单一；二是基层力量薄弱；三是经费保障不足。"


def test_a_list_inside_a_sentence_stands_above_the_passage_it_is_marked_in(bureau: Corpus) -> None:
    answer = ask(bureau, "青川有哪些村建了法治公园？")
    below = answer.citations[answer.items]

    assert [c.quote for c in answer.citations[: answer.items]] == ["长滩镇双桥村", "石盘乡茶坪村", "白水镇柳溪村"]
    assert below.mark and below.quote[slice(*below.mark)] == "长滩镇双桥村、石盘乡茶坪村和白水镇柳溪村"
    assert verbatim(bureau, answer)


LACKING = """白石县司法局2024年法治政府建设年度报告
一、2024年法治政府建设主要做法和成效
2024年，白石县司法局围绕法治政府建设年度任务，建立健全工作机制，法治政府建设水平稳步提高。
（一）法治政府建设统筹有力。召开法治政府建设推进会3次。
（二）法治政府建设督察到位。对法治政府建设情况督察6次。
二、存在问题
（一）镇街人手偏少，办案经验欠缺。
（二）宣讲形式单一，年轻人来得少。
三、下一步打算
（一）加强法治政府建设队伍培训。
（二）深化法治政府建设示范创建。
白石县司法局
2025年1月20日
"""


@pytest.mark.parametrize("text", ["白石县司法局2024年法治政府建设存在哪些不足？", "白石县司法局2024年法治政府建设主要有哪些短板？"])
def test_shortcomings_are_those_under_their_heading_and_nothing_done_or_planned(tmp_path: Path, encoder: Encoder, text: str) -> None:
    (tmp_path / "白石2024.txt").write_text(LACKING, encoding="utf-8")
    corpus = Corpus.open(tmp_path / "lacking", encoder, create=True)
    corpus.add([read(tmp_path / "白石2024.txt")])
    answer = ask(corpus, text)

    assert [c.quote for c in answer.citations[: answer.items]] == ["（一）镇街人手偏少，办案经验欠缺。", "（二）宣讲形式单一，年轻人来得少。"]
    assert answer.short == "共 2 项" and len(answer.citations) == 2
    assert verbatim(corpus, answer)


NESTED = """青川市司法局2024年法治政府建设年度报告
一、主要做法
（一）普法宣传。一是进村宣讲；二是开设专栏。
（二）人民调解。一是补齐人手；二是每月培训；三是评比先进。
二、下一步打算
继续努力。
青川市司法局
2025年1月20日
"""


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("青川有哪些主要做法？", ["（一）普法宣传。一是进村宣讲；二是开设专栏。", "（二）人民调解。一是补齐人手；二是每月培训；三是评比先进。"]),
        ("青川的人民调解采取了哪些措施？", ["一是补齐人手；", "二是每月培训；", "三是评比先进。"]),
    ],
)
def test_the_list_meant_is_the_one_under_the_heading_that_the_question_speaks_of(tmp_path: Path, encoder: Encoder, text: str, items: list[str]) -> None:
    (tmp_path / "青川2024.txt").write_text(NESTED, encoding="utf-8")
    corpus = Corpus.open(tmp_path / "nested", encoder, create=True)
    corpus.add([read(tmp_path / "青川2024.txt")])
    answer = ask(corpus, text)

    assert [c.quote for c in answer.citations[: answer.items]] == items
    assert verbatim(corpus, answer)


@pytest.mark.parametrize(
    ("text", "word", "by"),
    [
        ("青川全年有没有发生泄密事件？", "否", "没有发生泄密事件"),
        ("青川选聘的协理员是否超过100名？", "是", "146名"),
        ("青川有没有开通流动法律服务车？", None, None),
    ],
)
def test_yes_or_no_where_the_sentence_states_it(bureau: Corpus, text: str, word: str | None, by: str | None) -> None:
    answer = ask(bureau, text)
    first = answer.citations[0]

    assert (answer.short, answer.computed) == (word, word is not None)
    assert (first.quote[slice(*first.mark)] if first.mark else None) == by
    assert verbatim(bureau, answer)


@pytest.mark.parametrize(
    "text",
    ["彩票销售额多少亿元？", "青川司法局的党组书记叫什么名字？", "青川司法局局长毕业于哪所大学？", "青川市司法局2025年收到多少宗行政复议申请？"],
)
def test_it_declines_what_the_reports_do_not_say(bureau: Corpus, text: str) -> None:
    answer = ask(bureau, text)

    if "书记" in text:
        assert answer.short != "党组书记"  # an office is not a name
    else:
        assert (answer.status, answer.text, answer.citations, answer.short) == ("abstained", ABSTAIN, (), None)


def test_a_unit_that_is_not_there_is_declined_with_that_reason(bureau: Corpus) -> None:
    answer = ask(bureau, "平川市司法局收到多少宗行政复议申请？")

    assert (answer.status, answer.hits) == ("abstained", ())
    assert "没有“平川市司法局”的报告" in answer.note and "青川市司法局" in answer.note


@pytest.fixture
def several(bureau: Corpus, build: Callable[..., Report]) -> Corpus:
    """Three bureaus that say the same of 2024 with other figures, and one of them of 2023 too."""
    for unit, region, year, count in (("临江市司法局", "临江市", 2024, 97), ("白石县司法局", "白石县", 2024, 88),
                                      ("青川市司法局", "青川市", 2023, 255)):  # fmt: skip
        told = f"{year}年，全市收到行政复议申请{count}宗，比上年增加{count % 9}%，办结{count - 9}宗。"
        bureau.add([build(f"{unit}{year}.txt", [told, f"{region}还有别的工作。"], facts=facts(unit, region, year))])
    return bureau


def test_it_asks_which_report_is_meant_when_they_differ(several: Corpus) -> None:
    answer = ask(several, "2024年收到多少宗行政复议申请？")

    assert (answer.status, answer.citations) == ("ambiguous", ())
    assert {c.report.facts.unit for c in answer.candidates} == {"青川市司法局", "临江市司法局", "白石县司法局"}
    assert "请指明" in answer.text and verbatim(several, answer)


def test_it_does_not_ask_back_when_one_is_named(several: Corpus) -> None:
    assert ask(several, "临江2024年收到多少宗行政复议申请？").short == "97宗"


def test_without_a_year_the_latest_is_taken_and_the_others_are_said(several: Corpus) -> None:
    answer = ask(several, "青川司法局收到多少宗行政复议申请？")

    assert answer.short == "318宗"
    assert "2023年的报告另有说法" in answer.note


def test_a_comparison_has_a_sentence_from_each(several: Corpus) -> None:
    answer = ask(several, "临江司法局和白石司法局2024年各收到多少宗行政复议申请？")

    assert [c.report.facts.unit for c in answer.citations] == ["临江市司法局", "白石县司法局"]
    assert answer.short == "97宗；88宗"


def test_a_quotation_that_is_not_the_catalog_s_text_is_dropped(bureau: Corpus) -> None:
    question = understand("青川市司法局收到多少宗行政复议申请？", bureau.reports())
    hits = search(bureau, question)
    moved = tuple(
        dataclasses.replace(hit, passage=dataclasses.replace(hit.passage, start=hit.passage.start + 1)) for hit in hits
    )

    assert compose(bureau, question, hits).status == "answered"
    assert compose(bureau, question, moved).status == "abstained"


def test_no_hits_no_answer(bureau: Corpus) -> None:
    question = understand("收到多少宗？", bureau.reports())

    assert compose(bureau, question, ()).text == ABSTAIN


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("收到多少宗申请", "宗"),
        ("花了多少钱", "元"),
        ("投资多少亿元", "元"),
        ("出庭率是多少", "%"),
        ("入住几成", "%"),
        ("跑了多少路", ""),
        ("共多少人次", "人次"),
    ],
)
def test_the_unit_a_question_asks_with(text: str, unit: str) -> None:
    assert expected_unit.asked_unit(text) == unit


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.text("青川司法局2024年收到多少宗件行政复议申请哪些怎么谁不足协理员办法是吗？", min_size=2, max_size=30))
def test_whatever_is_asked_every_quotation_is_verbatim_and_short_enough(bureau: Corpus, text: str) -> None:
    if not any(character.isalnum() for character in text):
        return
    answer = ask(bureau, text)

    assert verbatim(bureau, answer)
    assert len(answer.text) <= (SHORT_LIMIT if answer.question.asks in ("number", "date", "name") else LONG_LIMIT)
    assert (answer.status == "answered") == bool(answer.citations)
    if answer.short is not None and answer.citations[0].mark is not None:
        assert answer.short[:1] in answer.citations[0].quote
