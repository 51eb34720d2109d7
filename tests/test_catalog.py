"""The truth on disk: a report comes back as it went in, a transaction is all or nothing, a foreign file is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import catalog
from index.types import Facts, Report, StoreError
from tests.conftest import make_report

DIMENSION = 8


def vectors_for(report: Report) -> np.ndarray:
    return np.random.default_rng(len(report.text)).normal(size=(len(report.passages), DIMENSION)).astype(np.float16)


def put(db: sqlite3.Connection, *reports: Report) -> list[int]:
    with catalog.transaction(db) as at:
        return [catalog.insert(db, report, vectors_for(report), at) for report in reports]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    made = catalog.connect(tmp_path / "catalog.sqlite", create=True)
    yield made
    made.close()


def test_a_report_comes_back_as_it_went_in(db: sqlite3.Connection, qingchuan: Report, baishi: Report) -> None:
    rows = put(db, qingchuan, replace(baishi, warnings=("第2页没有文字",)))
    assert catalog.report(db, rows[0]) == qingchuan
    assert catalog.report(db, rows[1]) == replace(baishi, warnings=("第2页没有文字",))
    assert catalog.report(db, 99) is None


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4))
def test_any_text_comes_back_to_the_character(paragraphs: list[str]) -> None:
    db = catalog.connect(Path(":memory:"), create=True)
    report = make_report("任意.txt", paragraphs)
    (row,) = put(db, report)
    assert catalog.report(db, row) == report
    assert catalog.passages(db, [row << 20])[row << 20] == report.passages[0]
    db.close()


def test_passages_are_slices_of_the_text(db: sqlite3.Connection, qingchuan: Report, linjiang: Report) -> None:
    first, second = put(db, qingchuan, linjiang)
    found = catalog.passages(db, [second << 20 | 1, first << 20, 77 << 20])
    assert found == {second << 20 | 1: linjiang.passages[1], first << 20: qingchuan.passages[0]}


def test_refs_say_what_is_there_without_the_text(db: sqlite3.Connection, qingchuan: Report) -> None:
    (row,) = put(db, qingchuan)
    (ref,) = catalog.refs(db)
    assert (ref.row, ref.id, ref.source, ref.name) == (row, qingchuan.id, qingchuan.source, qingchuan.name)
    assert (ref.facts, ref.characters, ref.passages) == (qingchuan.facts, len(qingchuan.text), 3)
    assert catalog.refs(db, row) == [ref]


def test_vectors_come_back_to_the_bit(db: sqlite3.Connection, qingchuan: Report, linjiang: Report) -> None:
    _, second = put(db, qingchuan, linjiang)
    rows, vectors = catalog.vectors(db, DIMENSION)
    assert rows.tolist() == catalog.passage_rows(db).tolist()
    np.testing.assert_array_equal(vectors, np.concatenate([vectors_for(qingchuan), vectors_for(linjiang)]))
    rows, vectors = catalog.vectors(db, DIMENSION, [second])
    assert {row >> 20 for row in rows.tolist()} == {second}
    np.testing.assert_array_equal(vectors, vectors_for(linjiang))
    assert catalog.vectors(db, DIMENSION, [])[1].shape == (0, DIMENSION)


def test_a_removed_report_leaves_nothing_and_its_row_is_not_used_again(
    db: sqlite3.Connection, qingchuan: Report, linjiang: Report, tmp_path: Path
) -> None:
    (row,) = put(db, qingchuan)
    with catalog.transaction(db) as at:
        catalog.delete(db, row, at)
    for table in ("reports", "passages", "vectors"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert put(db, linjiang) != [row]
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert "接待群众咨询3.6万人次".encode() not in (tmp_path / "catalog.sqlite").read_bytes()


def test_a_transaction_is_all_or_nothing(db: sqlite3.Connection, qingchuan: Report, linjiang: Report) -> None:
    put(db, qingchuan)
    with pytest.raises(RuntimeError), catalog.transaction(db) as at:
        catalog.insert(db, linjiang, vectors_for(linjiang), at)
        raise RuntimeError
    assert [ref.id for ref in catalog.refs(db)] == [qingchuan.id]
    assert catalog.generation(db) == 1
    assert catalog.problems(db, DIMENSION) == []


def test_changes_name_what_came_and_went(db: sqlite3.Connection, qingchuan: Report, linjiang: Report) -> None:
    (first,) = put(db, qingchuan)
    (second,) = put(db, linjiang)
    with catalog.transaction(db) as at:
        catalog.delete(db, first, at)
    assert catalog.changes(db, 0) == ({first}, {second})
    assert catalog.changes(db, 1) == ({first}, {second})
    assert catalog.changes(db, 2) == ({first}, set())
    assert catalog.changes(db, 3) == (set(), set())


def test_the_content_hash_follows_everything_but_the_folder(qingchuan: Report) -> None:
    same = catalog.content_hash(replace(qingchuan, source="/elsewhere/报告.txt"))
    assert same == catalog.content_hash(qingchuan)
    for other in (
        replace(qingchuan, facts=Facts("另一个标题")),
        replace(qingchuan, headings=qingchuan.headings[1:]),
        replace(qingchuan, passages=qingchuan.passages[1:]),
        replace(qingchuan, warnings=("注意",)),
    ):
        assert catalog.content_hash(other) != same


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("DELETE FROM vectors WHERE row = (SELECT max(row) FROM vectors)", "1 个段落没有向量"),
        ("UPDATE vectors SET vector = x'00' WHERE row = (SELECT max(row) FROM vectors)", "不是 8 维"),
        ("UPDATE reports SET text = replace(text, '1,234', '4,321')", "校验值不符"),
        ("UPDATE passages SET start = start + 1", "校验值不符"),
        ('UPDATE passages SET "end" = 100000 WHERE ordinal = 2', "超出正文"),
    ],
)
def test_problems_are_named(db: sqlite3.Connection, qingchuan: Report, harm: str, says: str) -> None:
    put(db, qingchuan)
    assert catalog.problems(db, DIMENSION) == []
    db.execute(harm)
    assert any(says in line for line in catalog.problems(db, DIMENSION))


def test_a_missing_catalog_is_not_made_in_passing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="缺少"):
        catalog.connect(tmp_path / "catalog.sqlite")
    assert not (tmp_path / "catalog.sqlite").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    path.write_bytes("这不是数据库".encode() * 100)
    with pytest.raises(StoreError, match="不是有据的索引"):
        catalog.connect(path)


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE accounts (name TEXT)")
    other.close()
    before = path.read_bytes()
    for create in (False, True):
        with pytest.raises(StoreError, match="不是有据的索引"):
            catalog.connect(path, create=create)
    assert path.read_bytes() == before


def test_a_newer_format_is_refused(db: sqlite3.Connection, tmp_path: Path) -> None:
    db.execute("PRAGMA user_version = 999")
    with pytest.raises(StoreError, match="格式 999"):
        catalog.connect(tmp_path / "catalog.sqlite")


def test_a_lone_surrogate_is_named_and_nothing_is_left(
    db: sqlite3.Connection, build: Callable[..., Report], tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="无法保存"), catalog.guard(tmp_path):
        put(db, build("坏字.txt", ["坏\ud800字"]))
    assert catalog.refs(db) == []


# ---- what came later

FIRST = """
ALTER TABLE reports DROP COLUMN number; ALTER TABLE reports DROP COLUMN aliases;
ALTER TABLE reports DROP COLUMN read_from; ALTER TABLE reports DROP COLUMN share;
DROP INDEX reports_by_text; ALTER TABLE reports DROP COLUMN text_hash;
DROP TABLE sketches; DROP TABLE corrections; PRAGMA user_version = 1;
"""


def test_an_older_catalog_is_brought_up_to_date_as_it_is_opened(
    db: sqlite3.Connection, qingchuan: Report, linjiang: Report, tmp_path: Path
) -> None:
    put(db, qingchuan, linjiang)
    fresh = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in ("sketches", "passages", "vectors")}
    db.executescript(FIRST)
    db.close()
    opened = catalog.connect(tmp_path / "catalog.sqlite")
    assert [catalog.report(opened, row) for row in (1, 2)] == [qingchuan, linjiang]
    assert catalog.problems(opened, DIMENSION) == [], "what was recorded of the content still holds"
    assert {table: opened.execute(f"SELECT * FROM {table}").fetchall() for table in fresh} == fresh
    assert [row for row, _, _ in catalog.rows_of_text(opened, linjiang.text)] == [2]
    put(opened, make_report("后来.txt", ["后来加入的报告。"], facts=Facts(number="青司〔2024〕12号")))
    assert catalog.problems(opened, DIMENSION) == []
    opened.close()


def test_everything_that_is_known_of_a_report_is_kept(db: sqlite3.Connection, qingchuan: Report) -> None:
    facts = replace(
        qingchuan.facts,
        number="青司〔2024〕12号",
        aliases=("青川司法局", "市司法局"),
        read_from=(("issued", "落款"), ("unit", "标题")),
    )
    report = replace(qingchuan, facts=facts, share=0.9375)
    (row,) = put(db, report)
    assert catalog.report(db, row) == report
    (ref,) = catalog.refs(db)
    assert (ref.facts, ref.share) == (facts, 0.9375)


def test_texts_that_share_most_sentences_are_candidates(db: sqlite3.Connection) -> None:
    sentences = [f"第{n}项工作按计划完成了全年的任务。" for n in range(40)]
    first, near, far = put(
        db,
        make_report("甲.txt", sentences),
        make_report("乙.txt", [*sentences[:38], "另有两项工作推迟到明年再做。"]),
        make_report("丙.txt", [f"{n}号泊位已经建成并且投入使用。" for n in range(40)]),
    )
    assert catalog.alike(db, first) == [near]
    assert catalog.alike(db, far) == []
    with catalog.transaction(db) as at:
        catalog.delete(db, near, at)
    assert catalog.alike(db, first) == []
