"""Times read from text: whole and in part, and what the relative words mean in a report of a kind."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.dates import dates, times


def told(text: str, year: int | None = None, kind: str = "") -> list[tuple[str, str, str]]:
    return [(one.of(text), str(one.first), str(one.last)) for one in dates(text, year, kind)]


@pytest.mark.parametrize(
    ("text", "said", "first", "last"),
    [
        ("于2024年3月5日印发", "2024年3月5日", "2024-03-05", "2024-03-05"),
        ("2024-03-05", "2024-03-05", "2024-03-05", "2024-03-05"),
        ("二〇二三年五月六日", "二〇二三年五月六日", "2023-05-06", "2023-05-06"),
        ("2024年9月24日至12月20日", "2024年9月24日至12月20日", "2024-09-24", "2024-12-20"),
        ("2024年2月", "2024年2月", "2024-02-01", "2024-02-29"),
        ("2024年上半年", "2024年上半年", "2024-01-01", "2024-06-30"),
        ("2024年一季度", "2024年一季度", "2024-01-01", "2024-03-31"),
        ("2024年前三季度", "2024年前三季度", "2024-01-01", "2024-09-30"),
        ("2024年1—9月", "2024年1—9月", "2024-01-01", "2024-09-30"),
        ("2024年底", "2024年底", "2024-12-01", "2024-12-31"),
        ("2015—2019年", "2015—2019年", "2015-01-01", "2019-12-31"),
        ("2015年至2019年", "2015年至2019年", "2015-01-01", "2019-12-31"),
        ("“十四五”时期", "“十四五”", "2021-01-01", "2025-12-31"),
        ("2024年度", "2024年度", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_date_that_says_its_year(text: str, said: str, first: str, last: str) -> None:
    assert told(text) == [(said, first, last)]


@pytest.mark.parametrize(
    ("text", "work", "annual"),
    [
        ("过去一年", "2024", "2025"), ("一年来", "2024", "2025"), ("这一年", "2024", "2025"), ("今年", "2025", "2025"), ("去年", "2024", "2024"),
        ("上年", "2024", "2024"), ("本年", "2025", "2025"), ("大前年", "2022", "2022"), ("前年", "2023", "2023"), ("明年", "2026", "2026"),
        ("近三年", "2022–2024", "2023–2025"), ("五年来", "2020–2024", "2021–2025"), ("过去五年", "2020–2024", "2021–2025"),
        ("今后五年", "2025–2029", "2026–2030"), ("上半年", "2024", "2025"), ("一季度", "2024", "2025"), ("1—9月", "2024", "2025"),
        ("3月5日", "2024", "2025"),
    ],
)  # fmt: skip
def test_a_relative_word_by_the_kind_of_its_report(text: str, work: str, annual: str) -> None:
    for kind, expected in (("政府工作报告", work), ("法治政府建设年度报告", annual)):
        (one,) = dates(text, 2025, kind)
        years = one.years
        assert "–".join(dict.fromkeys((str(years[0]), str(years[-1])))) == expected
        assert one.relative


def test_what_follows_a_named_year() -> None:
    text = "2021年立项，翌年建成"
    assert [one.years for one in dates(text, 2024)] == [(2021,), (2022,)]


def test_without_a_year_a_relative_word_is_found_and_not_told() -> None:
    (one,) = dates("去年办结")
    assert one.first is None and one.years == ()


@pytest.mark.parametrize("text", ["12件", "3天", "15个工作日", "10日内", "三年级", "30日均值", "1.2万元", "十分", "2:1"])
def test_what_is_no_date(text: str) -> None:
    assert dates(text) == ()


@pytest.mark.parametrize("text", ["12:30", "上午9时", "每半年", "每季度", "星期三"])
def test_hours_and_how_often_are_times_without_a_day(text: str) -> None:
    assert times(text) == ((0, len(text)),)
    assert dates(text) == ()


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
@settings(max_examples=200, deadline=None)
def test_a_day_in_any_spelling_reads_back(day: date) -> None:
    for said in (f"{day.year}年{day.month}月{day.day}日", day.isoformat() if day.year < 2100 else f"{day.year}年{day.month}月{day.day}日"):
        assert told(f"自{said}。") == [(said, str(day), str(day))]


@given(st.text(st.sampled_from("0123456789年月日至-—.上下半季度前近三一十五去今同期，。“”"), max_size=50), st.one_of(st.none(), st.just(2024)))
@settings(max_examples=300, deadline=None)
def test_dates_never_overlap(text: str, year: int | None) -> None:
    last = 0
    for one in dates(text, year):
        assert last <= one.start < one.end <= len(text)
        last = one.end
