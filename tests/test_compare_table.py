"""Tables over the whole corpus: which questions ask for one, which figure is meant, what the table, CSV and chart say."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.corpus import Corpus
from index.encoder import load_encoder
from index.read import read
from retrieval.question.understand import understand
from retrieval.tables.export import chart, to_csv, to_text
from retrieval.tables.indicators import understand_indicator
from retrieval.tables.tabulate import tabulate, whole_corpus
from retrieval.tables.values import values
from retrieval.types import Table

ROOT = Path(__file__).parents[1]
GOLD = [json.loads(line) for line in (ROOT / "eval/gold/samples.tables.jsonl").read_text(encoding="utf8").splitlines()]


def open_corpus(folder: Path, texts: dict[str, str]) -> Corpus:
    paths = []
    for name, text in texts.items():
        path = folder / name
        path.write_text(text, encoding="utf8")
        paths.append(path)
    corpus = Corpus.open(folder / "data", load_encoder(), create=True)
    corpus.add([read(path) for path in paths])
    return corpus


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    corpus = Corpus.open(tmp_path_factory.mktemp("samples"), load_encoder(), create=True)
    corpus.add([read(p) for p in sorted((ROOT / "reports").iterdir()) if p.name != "README.md"])
    yield corpus
    corpus.close()


def table_of(corpus: Corpus, text: str) -> Table:
    table = tabulate(corpus, understand(text, corpus.reports()))
    assert table is not None, text
    return table


@pytest.mark.parametrize("gold", GOLD, ids=lambda g: g["id"])
def test_sample_tables_have_every_row_and_no_other(samples: Corpus, gold: dict[str, Any]) -> None:
    question = understand(gold["question"], samples.reports())
    assert whole_corpus(question)
    table = tabulate(samples, question)
    assert table is not None
    given_ = {Path(row.report.name).stem: row for row in table.rows}
    assert set(given_) == {row["report"] for row in gold["rows"]}
    for row in gold["rows"]:
        assert any(answer in given_[row["report"]].value for answer in row["answers"])


def test_quotes_are_verbatim_and_marks_are_the_values(samples: Corpus) -> None:
    for gold in GOLD:
        for row in table_of(samples, gold["question"]).rows:
            cited, report = row.citation, samples.report(row.report.row)
            assert report.text[cited.start : cited.end] == cited.quote
            assert cited.mark is not None and cited.quote[slice(*cited.mark)] == row.value
            assert len(row.value) <= 40


def test_reports_without_a_statement_are_named_missing(samples: Corpus) -> None:
    question = understand("各地2025年城镇新增就业目标是多少人", samples.reports())
    table = tabulate(samples, question)
    assert table is not None
    allowed = question.allowed or {ref.row for ref in samples.reports()}
    assert {r.report.row for r in table.rows} | {m.row for m in table.missing} == set(allowed)
    assert not {r.report.row for r in table.rows} & {m.row for m in table.missing}


def test_target_and_result_are_told_apart(samples: Corpus) -> None:
    done = table_of(samples, "各地2024年城镇新增就业实际多少人")
    aims = table_of(samples, "各地2025年城镇新增就业目标是多少人")
    linjiang = "临江2025政府工作报告.md"
    assert [r.value for r in done.rows if r.report.name == linjiang] == ["1.48万人"]
    assert [r.value for r in aims.rows if r.report.name == linjiang] == ["1.5万人以上"]


def test_growth_and_total_are_told_apart(samples: Corpus) -> None:
    growth = table_of(samples, "各地2024年社会消费品零售总额增速是多少")
    total = table_of(samples, "各地2024年社会消费品零售总额是多少亿元")
    assert {r.unit for r in growth.rows} == {"%"} and {r.unit for r in total.rows} == {"元"}


def test_rows_are_sorted_by_value_when_asked(samples: Corpus) -> None:
    numbers = [r.number or 0.0 for r in table_of(samples, "各地2024年社会消费品零售总额多少亿元，从高到低排名").rows]
    assert numbers == sorted(numbers, reverse=True)
    assert [r.number for r in table_of(samples, "哪个地方2024年社会消费品零售总额最低，是多少亿元").rows] == sorted(
        numbers
    )


def test_summary_says_of_how_many(samples: Corpus) -> None:
    table = table_of(samples, "各单位2023年行政复议申请审结了多少件，加起来一共多少")
    assert "合计 488件" in table.summary and "3 份写明" in table.summary


ANNUAL = """2026年{name}政府工作报告
——2026年1月8日在{name}第五届人民代表大会第一次会议上
一、“十四五”时期和2025年都做了什么
“十四五”时期，地区生产总值年均增长{five}%，城镇新增就业累计{total}万人。
2025年，我们稳住了基本盘。全市地区生产总值增长{past}%，城镇居民、农村居民人均可支配收入分别增长4.1%和6.2%，货物进出口下降{fell}%。
二、2026年重点工作
今年的主要预期目标是：地区生产总值增长{aim}，居民收入增长和经济增长同步。
"""


@pytest.fixture(scope="module")
def annual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    texts = {
        f"{name}.txt": ANNUAL.format(name=name, five=five, total=total, past=past, fell=fell, aim=aim)
        for name, five, total, past, fell, aim in (
            ("青川市", 6.1, 12, 5.5, 2.4, "5%—5.5%"),
            ("临江市", 5.2, 9, 4.9, 3.1, "5％左右"),
            ("白石县", 7.3, 3, 6.6, 1.2, "不低于6.5%"),
        )
    }
    corpus = open_corpus(tmp_path_factory.mktemp("annual"), texts)
    yield corpus
    corpus.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("各地2025年地区生产总值增速分别是多少", ["5.5%", "4.9%", "6.6%"]),
        ("“十四五”时期各地GDP年均增长多少", ["6.1%", "5.2%", "7.3%"]),
        ("各地2026年经济增长目标分别是多少", ["5%—5.5%", "5％左右", "不低于6.5%"]),
        ("各地2025年农村居民人均可支配收入增长多少", ["6.2%"] * 3),
        ("各地2025年城镇居民人均可支配收入增长多少", ["4.1%"] * 3),
        ("各地2025年进出口增速是多少", ["下降2.4%", "下降3.1%", "下降1.2%"]),
        ("各地2026年居民收入增长目标分别是什么", ["和经济增长同步"] * 3),
    ],
)
def test_the_right_one_of_several_figures(annual: Corpus, text: str, expected: list[str]) -> None:
    assert [row.value for row in table_of(annual, text).rows] == expected


@pytest.mark.parametrize("text", ["各地2025年城镇新增就业多少万人", "各地2025年工业用电量是多少亿千瓦时"])
def test_nothing_is_said_where_no_report_says_it(annual: Corpus, text: str) -> None:
    assert tabulate(annual, understand(text, annual.reports())) is None


def test_a_fall_counts_below_zero_and_a_range_keeps_both_ends(annual: Corpus) -> None:
    fell = table_of(annual, "各地2025年进出口增速是多少")
    assert [row.number for row in fell.rows] == [-2.4, -3.1, -1.2]
    (ranged, *_) = table_of(annual, "各地2026年经济增长目标分别是多少").rows
    assert (ranged.number, ranged.upper) == (5.0, 5.5)


@pytest.mark.parametrize(
    "text",
    ["青川市2025年地区生产总值是多少？", "各部门怎么落实整改？", "全省有什么新办法？", "谁代表政府作报告？"],
)
def test_other_questions_ask_for_no_table(annual: Corpus, text: str) -> None:
    assert not whole_corpus(understand(text, annual.reports()))


def test_the_indicator_is_read_from_the_question() -> None:
    indicator = understand_indicator("各省2025年数字经济核心产业增加值占GDP比重是多少")
    assert indicator is not None and indicator.name == "数字经济核心产业增加值占GDP比重"
    counted = understand_indicator("各单位2024年收到行政复议申请多少件？")
    assert counted is not None
    assert (counted.name, counted.unit, counted.verbs) == ("行政复议申请", "件", ("收到",))


def test_csv_has_a_line_a_report_and_starts_no_formula(annual: Corpus) -> None:
    table = table_of(annual, "各地2025年进出口增速是多少")
    lines = list(csv.reader(io.StringIO(to_csv(table).removeprefix("\ufeff"))))
    assert len(lines) == 1 + len(table.rows) + len(table.missing)
    assert lines[1][3:6] == ["-2.4", "", "%"]
    assert [line[2] for line in lines[1:]] == [row.value for row in table.rows]
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "@"))]


def test_chart_is_well_formed_and_shows_every_comparable_value(annual: Corpus) -> None:
    table = table_of(annual, "各地2025年地区生产总值增速分别是多少")
    root = ElementTree.fromstring(chart(table))
    bars = [node for node in root if node.tag.endswith("rect")]
    assert len(bars) == 3 and root.get("fill") == "currentColor"


WAYS = (
    """2026年青川市政府工作报告
——2026年1月9日在青川市第五届人民代表大会第二次会议上
一、过去五年工作回顾
五年来，全市常住人口城镇化率从2020年的55.1%提升到2025年的61.2%，一般公共预算收入从61.7亿元增长到86.4亿元。
2025年，粮食播种面积46万亩、年度产量31.5万吨。居民消费价格微降0.2%。新建和改造高标准农田3.2万亩，改造棚户区1900户、城镇老旧小区42个。民间项目投资增长4%。
二、“十五五”时期主要目标
综合各方面因素，提出地区生产总值年均增长5.5%以上。
三、2026年重点工作
今年的主要预期目标是：城镇调查失业率5%以内。
""",
    """2026年临江市政府工作报告
——2026年1月12日在临江市第六届人民代表大会第一次会议上
一、2025年工作回顾
2025年，全市城镇化率创历史新高，达到58.4%。粮食总产量52.8万吨。一般公共预算收入突破50亿元、达到51.9亿元。居民消费价格与上年持平。建成5万亩高标准农田，开工改造老旧小区18个。
二、“十五五”时期主要目标
经济年均增长5%左右。
三、2026年重点工作
今年的主要预期目标是：城镇调查失业率控制在5.5%左右。
""",
    """2026年白石县政府工作报告
——2026年1月15日在白石县第四届人民代表大会第三次会议上
一、2025年工作回顾
2025年，常住人口城镇化率增至47.5%。粮食产量低于20万吨。一般公共预算收入12.5亿元。居民消费价格上涨0.3%。新（改）建高标准农田1.1万亩。老旧小区改造7个。
二、“十五五”时期主要目标
地区生产总值年均增长6%。
三、2026年重点工作
今年的主要预期目标是：城镇调查失业率控制在5.2%以内。
""",
)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    corpus = open_corpus(tmp_path_factory.mktemp("ways"), {f"{text[5:8]}.txt": text for text in WAYS})
    yield corpus
    corpus.close()


@pytest.mark.parametrize(
    ("text", "number", "upper", "unit"),
    [
        ("5.5%左右", 5.5, None, "%"),
        ("5%—5.5%", 5.0, 5.5, "%"),
        ("4.5-5%", 4.5, 5.0, "%"),
        ("1.2万亿元", 1.2e12, None, "元"),
        ("512.3亿元", 51_230_000_000, None, "元"),
        ("不少于28万人", 280_000, None, "人"),
        ("1640亿斤以上", 82_000_000, None, "吨"),
        ("三千家", 3000, None, "家"),
        ("百分之五", 5, None, "%"),
        ("低于每立方米19微克", 19, None, "微克/立方米"),
    ],
)
def test_values_are_comparable(text: str, number: float, upper: float | None, unit: str) -> None:
    (found,) = values(text)
    assert (found.number, found.upper, found.unit) == (number, upper, unit)
    assert text[found.start : found.end] == text


@given(st.integers(1, 9999), st.sampled_from(["", "万", "亿", "万亿"]), st.sampled_from(["元", "人", "公里", "件"]))
def test_a_figure_is_worth_its_scale(number: int, scale: str, unit: str) -> None:
    (found,) = values(f"达到{number}{scale}{unit}。")
    assert found.number == number * {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}[scale]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("各地2025年常住人口城镇化率是多少", ["61.2%", "58.4%", "47.5%"]),
        ("各地2025年粮食产量是多少", ["31.5万吨", "52.8万吨", "低于20万吨"]),
        ("各地2025年一般公共预算收入是多少亿元", ["86.4亿元", "51.9亿元", "12.5亿元"]),
        ("各地2025年居民消费价格涨幅是多少", ["微降0.2%", "与上年持平", "0.3%"]),
        ("各地2025年新建高标准农田多少亩", ["3.2万亩", "5万亩", "1.1万亩"]),
        ("各地2025年老旧小区改造多少个", ["42个", "18个", "7个"]),
        ("各地“十五五”时期地区生产总值年均增长目标是多少", ["5.5%以上", "5%左右", "6%"]),
        ("各地2026年城镇调查失业率控制目标是多少", ["5%以内", "5.5%左右", "5.2%以内"]),
    ],
)
def test_reports_say_it_in_many_ways(ways: Corpus, text: str, expected: list[str]) -> None:
    assert [row.value for row in table_of(ways, text).rows] == expected


@pytest.mark.parametrize("text", ["各地2025年海洋生产总值是多少亿元", "各地2025年民间投资增速是多少"])
def test_another_noun_makes_it_another_indicator(ways: Corpus, text: str) -> None:
    assert tabulate(ways, understand(text, ways.reports())) is None


def test_what_did_not_change_has_no_number(ways: Corpus) -> None:
    (fell, flat, rose) = table_of(ways, "各地2025年居民消费价格涨幅是多少").rows
    assert (fell.number, flat.number, rose.number) == (-0.2, None, 0.3)


def test_a_table_is_text_with_a_value_a_row(annual: Corpus) -> None:
    table = table_of(annual, "各地2025年进出口增速是多少")
    lines = to_text(table).splitlines()
    assert lines[0] == table.indicator
    for row, line in zip(table.rows, lines[1:], strict=False):
        assert line.startswith(f"[{row.citation.number}] ") and line.endswith(row.value)
    assert table.summary in lines


def test_years_are_no_values() -> None:
    assert values("2025年") == []
