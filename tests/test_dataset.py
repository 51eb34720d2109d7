"""Gold questions and runs on disk: what is read is what was meant, and every mistake is said with its file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.dataset import Case, Cell, Found, Given, GoldError, Quote, Result, Row, read_gold, read_run, write_run

QUESTION = {
    "id": "q1",
    "type": "number",
    "phrasing": "close",
    "question": "青川市司法局2024年办结行政复议案件多少件？",
    "reports": ["青川市司法局2024年度报告"],
    "answers": ["86件", "86"],
    "require": "any",
    "evidence": ["全年收到行政复议申请102件，办结86件"],
}
ROW = {"report": "白石县", "answers": ["1.2万人"], "evidence": ["城镇新增就业1.2万人"]}
TABLE = {
    "id": "t1",
    "question": "各县区2024年新增就业分别是多少？",
    "rows": [ROW],
    "missing": ["望海区"],
}


def lines(path: Path, *records: dict[str, Any] | str) -> Path:
    text = "\n".join(
        record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records
    )
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_a_question_is_read_field_by_field(tmp_path: Path) -> None:
    (case,) = read_gold(lines(tmp_path / "gold.jsonl", QUESTION))
    assert case == Case(
        id="q1",
        question="青川市司法局2024年办结行政复议案件多少件？",
        type="number",
        phrasing="close",
        reports=("青川市司法局2024年度报告",),
        answers=("86件", "86"),
        require="any",
        evidence=("全年收到行政复议申请102件，办结86件",),
    )


def test_a_whole_corpus_question_is_a_table_of_rows(tmp_path: Path) -> None:
    (case,) = read_gold(lines(tmp_path / "gold.jsonl", TABLE))
    assert case.type == "table"
    assert case.rows == (Row("白石县", ("1.2万人",), ("城镇新增就业1.2万人",)),)
    assert case.missing == ("望海区",)
    assert case.named == ("白石县", "望海区")


def test_questions_that_nothing_answers_need_no_evidence(tmp_path: Path) -> None:
    bare = {"question": "临江市有多少名外星居民？", "phrasing": "close", "reports": [], "answers": [], "evidence": []}
    gold = lines(
        tmp_path / "gold.jsonl",
        bare | {"id": "u", "type": "unanswerable", "require": "all"},
        bare | {"id": "a", "type": "ambiguous"},
    )
    assert [case.type for case in read_gold(gold)] == ["unanswerable", "ambiguous"]


def test_blank_lines_a_byte_order_mark_and_line_separators_within_strings_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    record = json.dumps(QUESTION | {"question": "一\u2028二？"}, ensure_ascii=False)
    path.write_text(f"\ufeff\n{record}\r\n\n", encoding="utf-8")
    assert [case.question for case in read_gold(path)] == ["一\u2028二？"]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("{", ["第 2 行", "不是合法的 JSON"]),
        ("[1]", ["第 2 行", "应当是一个 JSON 对象"]),
        ({"id": "q2"}, ["第 2 行", "缺少字段 question"]),
        (QUESTION | {"id": "  "}, ["第 2 行", "字段 id"]),
        (QUESTION | {"id": "q2", "type": "数字"}, ["第 2 行", "字段 type", "'数字'", "number"]),
        (QUESTION | {"id": "q2", "require": "some"}, ["第 2 行", "字段 require", "'some'", "any、all"]),
        (QUESTION | {"id": "q2", "evidence": []}, ["第 2 行", "字段 evidence 是空的"]),
        (QUESTION | {"id": "q2", "answers": "86件"}, ["第 2 行", "字段 answers 应当是", "列表"]),
        (QUESTION | {"id": "q2", "answers": [86]}, ["第 2 行", "字段 answers"]),
        ({key: QUESTION[key] for key in QUESTION if key != "reports"}, ["第 2 行", "缺少字段 reports"]),
        (TABLE | {"rows": []}, ["第 2 行", "字段 rows 是空的"]),
        (TABLE | {"rows": [{"report": "白石县"}]}, ["第 2 行 的 rows 第 1 项", "缺少字段 answers"]),
        (TABLE | {"rows": [ROW, ROW]}, ["第 2 行", "同一份报告出现了两次"]),
    ],
)
def test_a_wrong_line_is_named_with_what_is_wrong(
    tmp_path: Path, record: dict[str, Any] | str, said: list[str]
) -> None:
    path = lines(tmp_path / "我的问题.jsonl", QUESTION, record)
    with pytest.raises(GoldError) as error:
        read_gold(path)
    for words in [str(path), *said]:
        assert words in str(error.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="重复的 id：q1"):
        read_gold(lines(tmp_path / "gold.jsonl", QUESTION, QUESTION))


def test_files_that_are_no_gold_are_named(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"找不到金标文件 .*无此文件\.jsonl"):
        read_gold(tmp_path / "无此文件.jsonl")
    with pytest.raises(GoldError, match="是文件夹"):
        read_gold(tmp_path)
    (tmp_path / "空.jsonl").write_text("\n\n", encoding="utf-8")
    with pytest.raises(GoldError, match=r"空\.jsonl 是空的"):
        read_gold(tmp_path / "空.jsonl")
    (tmp_path / "旧编码.jsonl").write_bytes("{'id': '青川'}".encode("gb18030"))
    with pytest.raises(GoldError, match=r"旧编码\.jsonl 不是 UTF-8"):
        read_gold(tmp_path / "旧编码.jsonl")


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
answers = st.builds(
    Given,
    status=st.sampled_from(["answered", "abstained", "ambiguous"]),
    text=st.text(st.characters(exclude_categories=["Cs"])),
    short=st.none() | texts,
    citations=st.lists(st.builds(Quote, texts, texts), max_size=3).map(tuple),
    rows=st.lists(st.builds(Cell, texts, texts, texts), max_size=2).map(tuple),
)
results = st.builds(
    Result,
    id=texts,
    hits=st.lists(st.builds(Found, texts, texts), max_size=3).map(tuple),
    answer=st.none() | answers,
    ms=st.none() | st.floats(0, 1e6),
)


@given(run=st.lists(results, min_size=1, max_size=4, unique_by=lambda result: result.id))
def test_a_run_written_and_read_again_is_the_same(tmp_path_factory: pytest.TempPathFactory, run: list[Result]) -> None:
    path = tmp_path_factory.mktemp("run") / "run.jsonl"
    write_run(path, run)
    assert list(read_run(path).values()) == run


def test_a_run_replaces_the_old_one_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "新文件夹" / "run.jsonl"
    write_run(path, [Result("q1", ms=1.0)])

    def broken() -> Any:
        yield Result("q2")
        raise RuntimeError("killed half-way")

    with pytest.raises(RuntimeError):
        write_run(path, broken())
    assert list(read_run(path)) == ["q1"]
    assert [file.name for file in path.parent.iterdir()] == ["run.jsonl"]


def test_a_run_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "文件").write_text("不是文件夹", encoding="utf-8")
    with pytest.raises(GoldError, match=r"无法写入 .*run\.jsonl"):
        write_run(tmp_path / "文件" / "run.jsonl", [Result("q1")])


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"id": "q1", "ms": "快"}, "字段 ms 应当是毫秒数"),
        ({"id": "q1", "hits": [{"report": "白石县"}]}, "hits 第 1 项：缺少字段 text"),
        ({"id": "q1", "answer": {"status": "maybe"}}, "字段 status 的值 'maybe' 不认识"),
        (
            {"id": "q1", "answer": {"status": "answered", "citations": [{"report": "白石县", "quote": ""}]}},
            "字段 quote",
        ),
    ],
)
def test_a_wrong_line_of_a_run_is_named(tmp_path: Path, record: dict[str, Any], said: str) -> None:
    with pytest.raises(GoldError, match=said) as error:
        read_run(lines(tmp_path / "run.jsonl", record))
    assert "第 1 行" in str(error.value)
