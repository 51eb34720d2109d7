"""A table over many reports: a row a report, its figure a citation, the silent reports named."""

from __future__ import annotations

import re

from index.types import Facts, ReportRef
from page.table import AROUND, FEW, table
from retrieval.types import Citation, Row, Table
from tests.test_page_html import Tags


def ref(row: int, region: str, year: int = 2024) -> ReportRef:
    return ReportRef(row, f"id{row}", f"/x/{row}.txt", f"{row}.txt", Facts(f"{region}报告", "", region, year), 100, 1)


def line(row: int, region: str, number: float, year: int = 2024, quote: str = "") -> Row:
    value = f"{number:g}%"
    quote = quote or f"全市生产总值增长{value}。"
    at = quote.index(value)
    return Row(ref(row, region, year), value, Citation(row, ref(row, region, year), "p", quote, 7, 7 + len(quote), mark=(at, at + len(value))), number, "%")


TABLE = Table("生产总值增速", (line(1, "青川市", 5.5), line(2, "临江市", 10.0)), (ref(3, "白石县"),), "3 份报告中有 2 份写明。")


def test_every_figure_opens_its_sentence() -> None:
    cells = [attrs for attrs in Tags(table(TABLE)).acts("cite") if attrs.get("class") == "cell"]
    assert [(cell["data-report"], cell["data-start"]) for cell in cells] == [("1", "7"), ("2", "7")]
    assert cells[0]["data-mark"] == "15,19"


def test_rows_carry_what_they_sort_by() -> None:
    rows = [attrs for tag, attrs in Tags(table(TABLE)).tags if tag == "tr" and "data-at" in attrs]
    assert [float(row["data-number"]) for row in rows] == [5.5, 10.0]
    assert [act["data-by"] for act in Tags(table(TABLE)).acts("sort")] == ["name", "number"]


def test_the_silent_are_named_and_can_be_opened() -> None:
    page = table(TABLE)
    assert "1 份报告没有写明" in page
    assert any(act["data-report"] == "3" for act in Tags(page).acts("cite"))


def test_it_leads_to_its_file_where_there_is_one() -> None:
    assert 'href="page/history/a/0.csv"' in table(TABLE, "page/history/a/0.csv")
    assert "CSV" not in table(TABLE)


def test_a_long_quotation_is_cut_around_its_figure_and_says_so() -> None:
    row = line(1, "青川市", 5.5, quote="前" * 90 + "5.5%" + "后" * 90)
    said = re.search(r'<td class="said">(.*?)</td>', table(Table("增速", (row,), ())))
    assert said is not None
    assert said[1] == f"…{'前' * AROUND}<mark>5.5%</mark>{'后' * AROUND}…"


def test_two_years_of_one_place_are_told_apart() -> None:
    page = table(Table("增速", (line(1, "青川市", 5.0, 2023), line(2, "青川市", 6.0, 2024)), ()))
    assert 'data-name="青川市 2023年"' in page
    assert 'data-name="青川市 2024年"' in page


def test_many_bars_wait_until_asked_for() -> None:
    many = Table("增速", tuple(line(n, f"第{n}区", float(n)) for n in range(1, FEW + 2)), ())
    assert '<details class="bars" open>' in table(TABLE)
    assert '<details class="bars">' in table(many)
