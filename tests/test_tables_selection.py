"""Rows that a question wants: bounds, the first few, the order; and whether a row keeps to a bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.corpus import Corpus
from index.types import Facts, ReportRef
from retrieval.question.understand import understand
from retrieval.tables.selection import Bound, Selection, keeps, middle, select, understand_selection
from retrieval.tables.summary import comparable, summary
from retrieval.tables.tabulate import tabulate, whole_corpus
from retrieval.types import Citation, Row
from tests.test_compare_table import ANNUAL, open_corpus

PLACES = (("青川市", 5.5), ("临江市", 4.9), ("白石县", 6.6), ("望海区", 5.5))


@pytest.fixture(scope="module")
def growth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    texts = {f"{name}.txt": ANNUAL.format(name=name, five=5, total=9, past=past, fell=2, aim="5%—6%") for name, past in PLACES}
    corpus = open_corpus(tmp_path_factory.mktemp("growth"), texts)
    yield corpus
    corpus.close()


def row(number: float | None, bound: str = "", upper: float | None = None, at: int = 1) -> Row:
    ref = ReportRef(at, f"id{at}", f"/x/{at}.txt", f"{at}.txt", Facts(region=f"第{at}区"), 100, 1)
    return Row(ref, f"{number}%", Citation(at, ref, "p", "", 0, 0), number, "" if number is None else "%", upper, bound)


@pytest.mark.parametrize(
    ("text", "relation", "number"),
    [
        ("哪些省2026年增长目标超过5%？", "超过", 5),
        ("增速高于6.5%的省有哪些", "超过", 6.5),
        ("哪些市不低于百分之六", "不低于", 6),
        ("哪些县收入达到3亿元", "不低于", 3e8),
        ("失业率在5%以下的省有哪些", "不超过", 5),
        ("哪些省没有达到5%", "低于", 5),
        ("低于6%的有哪些", "低于", 6),
        ("哪些省不超过5.5%", "不超过", 5.5),
        ("就业在10万人以上的市有哪些", "不低于", 100_000),
    ],
)
def test_a_bound_is_read(text: str, relation: str, number: float) -> None:
    selection, rest = understand_selection(text)
    assert [(bound.relation, bound.number) for bound in selection.bounds] == [(relation, number)]
    assert not any(digit in rest for digit in "0156") or "2026" in rest


@pytest.mark.parametrize("text", ["各市超过500亿元的企业有多少家", "各地60岁以上老人有多少", "各省规模以上工业增加值增速"])
def test_a_figure_of_the_indicator_is_no_bound(text: str) -> None:
    assert understand_selection(text)[0].bounds == ()


@pytest.mark.parametrize(
    ("text", "count", "lowest"),
    [
        ("各省增速前三名", 3, False),
        ("增速最高的五个省", 5, False),
        ("排名前10的市", 10, False),
        ("倒数三名的省份", 3, True),
        ("最低的2个县", 2, True),
        ("各省前三季度增速", None, False),
        ("哪个省最低", None, True),
    ],
)
def test_how_many_are_wanted_and_from_which_end(text: str, count: int | None, lowest: bool) -> None:
    selection, _ = understand_selection(text)
    assert (selection.count, selection.lowest) == (count, lowest)


def test_rows_are_filtered_and_the_summary_says_of_how_many(growth: Corpus) -> None:
    question = understand("2025年地区生产总值增速超过5%的地方有哪些", growth.reports())
    assert whole_corpus(question)
    table = tabulate(growth, question)
    assert table is not None
    assert [one.value for one in table.rows] == ["6.6%", "5.5%", "5.5%"]
    assert "4 个可比数值中“超过5%”的有 3 个" in table.summary
    assert table.stated == 4 and table.missing == ()


def test_none_that_keeps_to_it_is_an_answer(growth: Corpus) -> None:
    table = tabulate(growth, understand("哪些地方2025年地区生产总值增速超过9%", growth.reports()))
    assert table is not None
    assert table.rows == () and "有 0 个" in table.summary


def test_those_that_tie_with_the_last_are_shown(growth: Corpus) -> None:
    table = tabulate(growth, understand("各地2025年地区生产总值增速前两名", growth.reports()))
    assert table is not None
    assert [one.value for one in table.rows] == ["6.6%", "5.5%", "5.5%"] and "并列" in table.summary


def test_above_the_mean_is_the_tables_mean(growth: Corpus) -> None:
    table = tabulate(growth, understand("哪些地方2025年地区生产总值增速高于平均水平", growth.reports()))
    assert table is not None
    assert [one.value for one in table.rows] == ["6.6%"] and "平均 5.6" in table.summary


def test_words_as_values_take_no_part() -> None:
    rows = [row(5.0, at=1), row(None, at=2), row(6.0, at=3)]
    selection = Selection((Bound("超过", 5.5, "超过5.5%"),), ordered=True)
    chosen = select(rows, selection, comparable(rows))
    assert [one.number for one in chosen] == [6.0]
    assert "另 1 个不是可比的数值" in summary(chosen, rows, 3, selection)


@pytest.mark.parametrize(
    ("one", "relation", "kept"),
    [
        (row(5.0, "突破"), "超过", True),
        (row(5.0), "超过", False),
        (row(5.0, "以上"), "不低于", True),
        (row(5.0, "以上"), "不超过", False),
        (row(5.0, "不到"), "低于", True),
        (row(4.5, upper=5.5), "超过", False),
        (row(4.5, upper=5.5), "低于", False),
    ],
)
def test_a_row_keeps_to_five(one: Row, relation: str, kept: bool) -> None:
    assert keeps(one, Bound(relation, 5.0, ""), 5.0) is kept  # type: ignore[arg-type]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.integers(1, 12), st.booleans())
def test_the_first_are_no_worse_than_any_left_out(numbers: list[float], count: int, lowest: bool) -> None:
    rows = [row(number, at=at) for at, number in enumerate(numbers, 1)]
    chosen = select(rows, Selection(count=count, lowest=lowest, ordered=True), rows)
    assert len(chosen) >= min(count, len(rows))
    left = [one for one in rows if one not in chosen]
    worst = max(map(middle, chosen)) if lowest else min(map(middle, chosen))
    assert all(middle(one) > worst if lowest else middle(one) < worst for one in left)


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_plain_figure_is_on_one_side_of_a_bound(number: float, bound: float) -> None:
    one = row(number)
    assert keeps(one, Bound("超过", bound, ""), bound) is not keeps(one, Bound("不超过", bound, ""), bound)
    assert keeps(one, Bound("低于", bound, ""), bound) is not keeps(one, Bound("不低于", bound, ""), bound)
