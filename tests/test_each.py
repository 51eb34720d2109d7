"""Who and when across reports: each answers for itself, those that do not say are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.corpus import Corpus
from index.encoder import load_encoder
from index.types import Facts, Report
from retrieval.answer.per_report import MOST
from retrieval.ask import ask

MAYORS = {"青川市": "何澜", "临江市": "赵启明", "白石县": "钱沐阳"}


@pytest.fixture
def governments(tmp_path: Path, build: Callable[..., Report]) -> Corpus:
    """Three governments that say who gave the report and when a plan was adopted, and one that says neither."""
    corpus = Corpus.open(tmp_path / "governments", load_encoder(), create=True)
    reports = []
    for at, (region, mayor) in enumerate(MAYORS.items(), 1):
        office = "县长" if region.endswith("县") else "市长"
        said = [f"{region}{office} {mayor}", f"{region}的水网规划于2024年{at}月18日通过。", "全年新建水库2座。"]
        reports.append(build(f"{region}.txt", said, facts=Facts(title=f"{region}政府工作报告", unit=f"{region}人民政府", region=region, year=2025)))
    silent = Facts(title="望海区政府工作报告", unit="望海区人民政府", region="望海区", year=2025)
    reports.append(build("望海区.txt", ["全年新建公园5座。", "绿化面积扩大。"], facts=silent))
    corpus.add(reports)
    return corpus


def test_who_it_is_in_each_report(governments: Corpus) -> None:
    table = ask(governments, "各地的市长、县长分别是谁？").table

    assert table is not None
    assert {row.report.facts.region: row.value for row in table.rows} == MAYORS
    assert [ref.facts.region for ref in table.missing] == ["望海区"]


def test_when_it_was_in_each_report(governments: Corpus) -> None:
    table = ask(governments, "各地的水网规划分别是哪一天通过的？").table

    assert table is not None
    assert {row.report.facts.region: row.value for row in table.rows} == {
        "青川市": "2024年1月18日", "临江市": "2024年2月18日", "白石县": "2024年3月18日",
    }  # fmt: skip
    for row in table.rows:
        text = governments.report(row.report.row).text
        assert text[row.citation.start : row.citation.end] == row.citation.quote


def test_one_report_is_asked_as_ever(governments: Corpus) -> None:
    answer = ask(governments, "青川市的水网规划是哪一天通过的？")

    assert answer.table is None and answer.short == "2024年1月18日"


def test_so_many_reports_are_not_asked_one_by_one(tmp_path: Path, build: Callable[..., Report]) -> None:
    corpus = Corpus.open(tmp_path / "many", load_encoder(), create=True)
    corpus.add(
        build(f"{at}.txt", [f"{at}号镇镇长 何澜", "全年新建水库2座。"], facts=Facts(title=f"{at}号镇工作报告", unit=f"第{at}镇政府", year=2025))
        for at in range(MOST + 1)
    )

    assert ask(corpus, "各地的镇长分别是谁？").table is None
