"""Named places side by side, and two figures of one unit: each with its sentence, the difference computed and said so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from index.corpus import Corpus
from retrieval.ask import many
from retrieval.question.understand import understand
from retrieval.tables.tabulate import tabulate, whole_corpus
from retrieval.types import Table
from tests.test_compare_table import ANNUAL, open_corpus

JUSTICE = """{name}司法局{year}年度法治政府建设年度报告
一、{year}年工作情况
{year}年，全市收到行政复议申请{received}件，受理{taken}件，办结{closed}件。举办普法讲座{talks}场。
{name}司法局
{next}年1月20日
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    texts = {
        f"{name}政府.txt": ANNUAL.format(name=name, five=5, total=9, past=past, fell=2, aim="5%左右")
        for name, past in (("青川市", 5.5), ("临江市", 4.9), ("白石县", 6.6))
    }
    for year, received, taken, closed, talks in ((2023, 312, 287, 263, 40), (2024, 405, 371, 349, 52)):
        texts[f"青川司法{year}.txt"] = JUSTICE.format(
            name="青川市", year=year, next=year + 1, received=received, taken=taken, closed=closed, talks=talks
        )
    opened = open_corpus(tmp_path_factory.mktemp("pairs"), texts)
    yield opened
    opened.close()


def table_of(corpus: Corpus, text: str) -> Table:
    question = understand(text, corpus.reports())
    assert many(corpus, question), text
    table = tabulate(corpus, question)
    assert table is not None, text
    for row in table.rows:
        cited = row.citation
        assert corpus.report(row.report.row).text[cited.start : cited.end] == cited.quote
        assert cited.mark is not None and cited.quote[slice(*cited.mark)] == row.value
    return table


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("青川市和临江市2025年地区生产总值增速哪个高？", ["5.5%", "4.9%"], "青川市比临江市高 0.6个百分点（5.5% − 4.9%，计算得出）"),
        ("临江市比白石县2025年地区生产总值增速低多少？", ["4.9%", "6.6%"], "白石县比临江市高 1.7个百分点（6.6% − 4.9%，计算得出）"),
        ("白石县、青川市、临江市2025年GDP增速分别是多少？", ["6.6%", "5.5%", "4.9%"], "最高 6.6%（白石县）"),
    ],
)
def test_named_places_stand_in_the_order_of_the_question(corpus: Corpus, text: str, values: list[str], said: str) -> None:
    table = table_of(corpus, text)
    assert [row.value for row in table.rows] == values
    assert said in table.summary


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("青川市司法局2024年收到与办结的行政复议申请相差多少件", ["405件", "349件"], "收到比办结多 56件（405件 − 349件，计算得出）"),
        ("青川市司法局2024年收到行政复议申请比上年增加多少件", ["405件", "312件"], "2024年比2023年多 93件（405件 − 312件，计算得出）"),
        ("青川市司法局2023年和2024年收到行政复议申请相差多少件", ["312件", "405件"], "2024年比2023年多 93件（405件 − 312件，计算得出）"),
        ("临江市2025年城镇居民和农村居民人均可支配收入增速相差多少", ["4.1%", "6.2%"], "农村居民比城镇居民高 2.1个百分点（6.2% − 4.1%，计算得出）"),
        ("白石县2025年GDP增速和2026年目标相差多少", ["6.6%", "5%左右"], "2025年GDP增速比2026年目标高 1.6个百分点"),
    ],
)
def test_two_figures_of_one_unit(corpus: Corpus, text: str, values: list[str], said: str) -> None:
    table = table_of(corpus, text)
    assert [row.value for row in table.rows] == values
    assert said in table.summary


def test_one_of_two_alone_is_no_pair(corpus: Corpus) -> None:
    question = understand("青川市司法局2024年收到与撤回的行政复议申请相差多少件", corpus.reports())
    assert tabulate(corpus, question) is None


@pytest.mark.parametrize("text", ["青川市司法局2024年收到多少件行政复议申请？", "青川市司法局2024年受理和办结多少件行政复议申请？"])
def test_a_question_that_sets_nothing_against_anything_is_none(corpus: Corpus, text: str) -> None:
    assert not whole_corpus(understand(text, corpus.reports()))
