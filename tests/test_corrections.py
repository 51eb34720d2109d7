"""Facts corrected by hand: what is filled corrects, what cannot be is named, and all of it says that it was corrected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.corpus import Corpus
from index.corrections import COLUMNS, CorrectionError, checked, correct, read_list
from index.types import Report, StoreError
from tests.conftest import BigramEncoder, make_report

HEADER = "文件,标题,单位,地区,年份,文种,日期,文号"


def listed(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> None:
    for row in rows:
        name = row.partition(",")[0]
        if name.endswith(".txt") and name.startswith("报告"):
            (folder / name).write_text("x", encoding="utf-8")
    (folder / "reports.csv").write_bytes("\n".join([header, *rows]).encode(encoding))


def test_what_is_filled_corrects_and_says_so(qingchuan: Report) -> None:
    given = {"unit": "临江市司法局", "region": "临江市", "year": "2022", "issued": "2023年2月1日", "number": "临司〔2023〕3号"}
    got = correct(qingchuan, given).facts
    assert (got.unit, got.region, got.year, got.issued, got.number) == ("临江市司法局", "临江市", 2022, "2023-02-01", "临司〔2023〕3号")
    assert got.aliases == ("临江司法局", "市司法局"), "what people call the unit follows"
    assert (got.title, got.kind) == (qingchuan.facts.title, qingchuan.facts.kind)
    assert dict(got.read_from) == dict.fromkeys(given, "更正")
    assert correct(qingchuan, {}) is qingchuan


def test_text_passages_and_id_stay(qingchuan: Report) -> None:
    got = correct(qingchuan, {"title": "另一个标题"})
    assert replace(got, facts=qingchuan.facts) == qingchuan


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"year": "二〇二三"}, "年份“二〇二三”不能用"),
        ({"year": "23"}, "年份“23”不能用"),
        ({"issued": "2024-02-30"}, "日期“2024-02-30”不能用"),
        ({"unit": " "}, "单位“”不能用"),
        ({"unit": "局" * 201}, "1 到 200 个字"),
        ({"title": "两\n行"}, "不换行"),
        ({"aliases": "别名"}, "没有“aliases”这一项"),
    ],
)
def test_what_cannot_be_is_named(qingchuan: Report, values: dict[str, str], says: str) -> None:
    with pytest.raises(CorrectionError, match=says):
        correct(qingchuan, values)


@given(st.dictionaries(st.sampled_from([*COLUMNS.values()]), st.text()))
def test_what_is_kept_is_kept_the_same_again(values: dict[str, str]) -> None:
    try:
        kept = checked(values)
    except CorrectionError:
        return
    assert checked(kept) == kept


# ---- reports.csv


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_in_any_of_the_encodings_of_spreadsheets(tmp_path: Path, encoding: str) -> None:
    listed(tmp_path, "报告甲.txt,,青川市司法局,,2023,,,", '报告乙.txt,"关于甲,乙的报告",,,,,2024/1/9,', encoding=encoding)
    got = read_list(tmp_path)
    assert got.bad == ()
    assert got.values == {
        "报告甲.txt": {"unit": "青川市司法局", "year": "2023"},
        "报告乙.txt": {"title": "关于甲,乙的报告", "issued": "2024-01-09"},
    }


def test_bad_rows_are_named_and_the_others_hold(tmp_path: Path) -> None:
    listed(
        tmp_path,
        "报告甲.txt,,青川市司法局,,2023,,,",
        "没有的.txt,,某局,,,,,",
        ",,某局,,,,,",
        "../外面.txt,,某局,,,,,",
        "报告丙.txt,,,,明年,,,",
        ",,,,,,,",
        "报告甲.txt,,另一个局,,,,,",
        "报告丁.txt,,,,,,,,多一格",
    )
    got = read_list(tmp_path)
    assert got.values == {"报告甲.txt": {"unit": "青川市司法局", "year": "2023"}}
    assert [line.partition("reports.csv ")[2][:5] for line in got.bad] == [f"第 {n} 行" for n in (3, 4, 5, 6, 8, 9)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "没有“文件”一列"),
        ("文件,单位名称\n".encode(), "不认识的列“单位名称”"),
        (b"\xff\xfe\x00\x80\xff", "编码"),
        ("文件,单位\n\x00,x\n".encode(), "这个文件夹里没有|不是 CSV"),
    ],
)
def test_a_list_that_is_none_is_named_with_what_it_should_be(tmp_path: Path, content: bytes, says: str) -> None:
    import re

    (tmp_path / "reports.csv").write_bytes(content)
    got = read_list(tmp_path)
    assert got.values == {}
    assert re.search(says, got.bad[0])
    assert "reports.csv" in got.bad[0]


def test_no_list_is_no_fault(tmp_path: Path) -> None:
    assert (read_list(tmp_path).values, read_list(tmp_path).bad) == ({}, ())


# ---- in the corpus


def test_a_report_of_the_corpus_is_corrected(corpus: Corpus, encoder: BigramEncoder, qingchuan: Report) -> None:
    ref = corpus.correct(qingchuan.id, {"unit": "望海区司法局", "region": "望海区", "title": "望海区司法局2023年报告"})
    assert (ref.facts.unit, dict(ref.facts.read_from)["unit"]) == ("望海区司法局", "更正")
    assert corpus.report(ref.row).passages == qingchuan.passages, "a citation holds"
    assert corpus.lexical("望海区", 5)[0][0] >> 20 == ref.row, "its new title is indexed"
    assert "青川市" not in {word for word, _ in [("青川市", 0)] if corpus.lexical(word, 5)}
    assert len(corpus.reports()) == 3
    assert corpus.verify() == []


def test_a_new_reading_does_not_undo_a_correction(corpus: Corpus, encoder: BigramEncoder, qingchuan: Report) -> None:
    ref = corpus.correct(qingchuan.id, {"year": "2022"})
    encoder.seen.clear()
    assert corpus.add([qingchuan]) == [ref], "the same file again is passed over"
    changed = make_report(qingchuan.name, ["改过的正文，办结案件5件。"], facts=qingchuan.facts)
    (new,) = corpus.add([changed])
    assert (new.facts.year, new.id) == (2022, changed.id)
    corpus.remove(new.id)
    (again,) = corpus.add([qingchuan])
    assert again.facts.year == 2023, "taken out and put in, it is as it reads"


def test_a_correction_that_changes_no_title_embeds_nothing(corpus: Corpus, encoder: BigramEncoder, qingchuan: Report) -> None:
    encoder.seen.clear()
    corpus.correct(qingchuan.id, {"number": "青司〔2024〕1号"})
    assert encoder.seen == []


def test_a_correction_that_cannot_be_changes_nothing(corpus: Corpus, qingchuan: Report) -> None:
    generation = corpus.generation
    with pytest.raises(CorrectionError):
        corpus.correct(qingchuan.id, {"unit": "甲局", "year": "不知道"})
    with pytest.raises(StoreError, match="deadbeef"):
        corpus.correct("deadbeef", {"unit": "甲局"})
    assert (corpus.reports()[0].facts, corpus.generation) == (qingchuan.facts, generation)
