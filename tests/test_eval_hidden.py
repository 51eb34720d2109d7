"""Hidden reports beside a corpus without them: nothing differs, and a way of narrowing that leaks is caught."""

from __future__ import annotations

import pytest

from eval.dataset import Case
from eval.hidden import divisions, hidden_table, steered
from index.corpus import Corpus
from index.types import Facts, Report
from tests.conftest import BigramEncoder, make_report


def quiet(*_: object) -> None:
    return


@pytest.fixture
def reports() -> list[Report]:
    found = []
    for n, city in enumerate(("青川市", "临江市", "白石县", "望海区"), 1):
        facts = Facts(f"{city}司法局2023年工作报告", f"{city}司法局", city, 2023, "工作报告")
        paragraphs = [f"全年办结行政复议案件{n}23件。", "行政复议。" * 30 * (n % 2), f"组织法治讲座{n}2场。"]
        found.append(make_report(f"{city}.txt", [text for text in paragraphs if text], facts=facts))
    return found


ASKED = ("青川市办结行政复议案件多少件？", "组织了多少场法治讲座？", "各地办结行政复议案件多少件？")
CASES = [Case(str(n), text, "number") for n, text in enumerate(ASKED)]


def test_nothing_differs(reports: list[Report]) -> None:
    asked, found = steered(reports, CASES, BigramEncoder(), quiet)
    assert asked == len(CASES) * len(list(divisions([report.name for report in reports])))
    assert found == []
    assert "0 次不同" in hidden_table(asked, found, 8)


def test_one_that_leaks_is_caught(reports: list[Report]) -> None:
    def open_to_all(whole: Corpus, rows: frozenset[int]) -> Corpus:
        return whole

    _, found = steered(reports, CASES, BigramEncoder(), quiet, open_to_all)
    assert {"citations", "hits"} & {name for one in found for name in one.what}
