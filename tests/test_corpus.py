"""The corpus on disk: what is added is found, what is removed is not, and no kill or damage loses what was committed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import filelock
import numpy as np
import pytest

from index import catalog
from index import corpus as corpus_module
from index.corpus import Corpus, recorded_encoder
from index.lexical import Terms
from index.types import EncoderError, Facts, Report, ReportRef, StoreError, embedded
from tests.conftest import REPOSITORY, BigramEncoder, make_report


def everything(corpus: Corpus) -> set[int]:
    """Report rows that either index can still find."""
    vector = corpus.encoder.encode(["办结行政复议案件"], query=True)[0]
    lexical = corpus.lexical("案件 公共 法律 讲座 粮食 小区 泊位 全年 新建", 1000)
    return {row >> 20 for row, _ in corpus.dense(vector, 1000)} | {row >> 20 for row, _ in lexical}


def rows(corpus: Corpus) -> set[int]:
    return {ref.row for ref in corpus.reports()}


def sound(corpus: Corpus) -> bool:
    return corpus.verify() == [] and everything(corpus) == rows(corpus)


def test_a_question_finds_its_passage_both_ways(corpus: Corpus, baishi: Report) -> None:
    question = "粮食总产量达到多少"
    vector = corpus.encoder.encode([question], query=True)[0]
    for found in (corpus.dense(vector, 3), corpus.lexical(question, 3)):
        (passage,) = corpus.passages([found[0][0]])
        assert passage == baishi.passages[0]


def test_reports_come_back_whole(corpus: Corpus, qingchuan: Report, linjiang: Report, baishi: Report) -> None:
    assert [corpus.report(ref.row) for ref in corpus.reports()] == [qingchuan, linjiang, baishi]


def test_passages_keep_the_order_asked_for(corpus: Corpus, qingchuan: Report, baishi: Report) -> None:
    first, _, third = corpus.reports()
    wanted = [third.row << 20 | 1, first.row << 20 | 2, third.row << 20]
    assert corpus.passages(wanted) == [baishi.passages[1], qingchuan.passages[2], baishi.passages[0]]


def test_a_filter_limits_both_indexes_before_the_best_are_taken(corpus: Corpus) -> None:
    _, linjiang, baishi = corpus.reports()
    question = "办结行政复议案件，新建公共法律服务工作站"
    vector = corpus.encoder.encode([question], query=True)[0]
    for allowed in (frozenset({linjiang.row}), frozenset({linjiang.row, baishi.row})):
        for found in (corpus.dense(vector, 2, allowed), corpus.lexical(question, 2, allowed)):
            assert len(found) == 2
            assert {row >> 20 for row, _ in found} <= allowed
    assert corpus.dense(vector, 5, frozenset()) == []
    assert corpus.lexical(question, 5, frozenset()) == []


def test_title_and_heading_path_are_indexed_and_not_shown(corpus: Corpus, qingchuan: Report) -> None:
    passage = qingchuan.passages[1]
    assert embedded(qingchuan.facts, passage) == f"{qingchuan.facts.title} 二、第2部分\n{passage.text}"
    assert isinstance(corpus.encoder, BigramEncoder)
    assert embedded(qingchuan.facts, passage) in corpus.encoder.seen
    ((row, _), *_) = corpus.lexical("青川市公共法律服务工作站", 1)
    assert corpus.passages([row])[0].text == passage.text


def test_the_same_report_again_is_passed_over(corpus: Corpus, encoder: BigramEncoder, qingchuan: Report) -> None:
    before, generation = corpus.reports(), corpus.generation
    encoder.seen.clear()
    assert corpus.add([qingchuan, replace(qingchuan, source="/copies/报告.txt")]) == [before[0], before[0]]
    assert (corpus.reports(), corpus.generation, encoder.seen) == (before, generation, [])


def test_new_content_from_the_same_path_takes_the_place_of_the_old(
    corpus: Corpus, encoder: BigramEncoder, qingchuan: Report, build: Callable[..., Report]
) -> None:
    texts = [passage.text for passage in qingchuan.passages]
    changed = build(qingchuan.name, [texts[0], "新建公共法律服务工作站25个。", texts[2]], facts=qingchuan.facts, pages=True)
    encoder.seen.clear()
    (ref,) = corpus.add([changed])
    assert encoder.seen == [embedded(changed.facts, changed.passages[1])], "only what changed is embedded"
    assert corpus.report(ref.row) == changed
    assert qingchuan.id not in {each.id for each in corpus.reports()}
    assert len(corpus.reports()) == 3
    assert sound(corpus)


def test_a_file_read_better_than_before_takes_the_place_of_the_old(corpus: Corpus, qingchuan: Report) -> None:
    better = replace(qingchuan, facts=replace(qingchuan.facts, unit="青川市司法局办公室"))
    (ref,) = corpus.add([better])
    assert ref.facts.unit == "青川市司法局办公室"
    assert len(corpus.reports()) == 3
    assert sound(corpus)


def test_two_readings_of_one_path_in_one_batch_leave_the_last(
    corpus: Corpus, build: Callable[..., Report]
) -> None:
    first, second = build("望海区.txt", ["新建泊位3个。"]), build("望海区.txt", ["新建泊位4个。"])
    corpus.add([first, second])
    assert [ref.id for ref in corpus.reports() if ref.name == "望海区.txt"] == [second.id]
    assert sound(corpus)


def test_add_then_remove_restores(corpus: Corpus, build: Callable[..., Report]) -> None:
    before = corpus.reports()
    vector = corpus.encoder.encode(["新建泊位"], query=True)[0]
    nearest = corpus.dense(vector, 10)
    report = build("望海区.txt", ["新建泊位3个。", "办结案件9件。"])
    corpus.add([report])
    assert corpus.remove(report.id).name == "望海区.txt"
    assert (corpus.reports(), corpus.dense(vector, 10)) == (before, nearest)
    assert sound(corpus)


def test_a_removed_report_is_gone_everywhere(corpus: Corpus, qingchuan: Report) -> None:
    row = corpus.reports()[0].row
    corpus.remove(qingchuan.id)
    assert row not in everything(corpus)
    with pytest.raises(StoreError, match="不在索引中"):
        corpus.report(row)
    with pytest.raises(StoreError, match="不在索引中"):
        corpus.passages([row << 20])
    assert corpus.add([qingchuan])[0].row != row, "a row is never used again"


def test_removing_what_is_not_there_is_an_error_that_names_it(corpus: Corpus) -> None:
    with pytest.raises(StoreError, match="deadbeef"):
        corpus.remove("deadbeef")


def test_progress_hears_of_every_report(corpus: Corpus, build: Callable[..., Report]) -> None:
    heard: list[tuple[int, int]] = []
    corpus.add([build(f"{n}.txt", [f"第{n}项工作。"] * 700) for n in range(4)], lambda *done: heard.append(done))
    assert heard == [(3, 4), (4, 4)]
    corpus.add((build(f"{n}.txt", [f"第{n}项工作。"]) for n in (5, 6)), lambda *done: heard.append(done))
    assert heard[-1] == (2, 0)


def test_a_report_without_passages_and_an_empty_corpus(tmp_path: Path, encoder: BigramEncoder) -> None:
    with Corpus.open(tmp_path / "data", encoder, create=True) as corpus:
        assert corpus.reports() == ()
        assert corpus.lexical("案件", 5) == []
        assert corpus.dense(encoder.encode(["案件"])[0], 5) == []
        (ref,) = corpus.add([Report("0" * 16, "/reports/短.txt", "短.txt", Facts(), "短")])
        assert ref.passages == 0
        assert corpus.verify() == []


def test_a_report_that_contradicts_itself_is_refused(corpus: Corpus, build: Callable[..., Report]) -> None:
    report = build("坏.txt", ["新建泊位3个。"])
    moved = replace(report, passages=(replace(report.passages[0], start=0),))
    for bad in (moved, build("坏字.txt", ["坏\ud800字"])):
        with pytest.raises(StoreError, match=bad.name):
            corpus.add([bad])
    assert len(corpus.reports()) == 3
    assert sound(corpus)


def test_reports_before_a_failing_one_stay_whole(corpus: Corpus, build: Callable[..., Report]) -> None:
    def failing() -> Iterator[Report]:
        yield build("大.txt", [f"新建第{n}个泊位。" for n in range(corpus_module.BATCH)])
        yield build("小.txt", ["新建泊位。"])
        raise StoreError("读不下去了")

    with pytest.raises(StoreError, match="读不下去了"):
        corpus.add(failing())
    assert [ref.name for ref in corpus.reports()][3:] == ["大.txt"], "the first batch was committed, the second never was"
    assert sound(corpus)


# ---- the same text twice, moves, copies


def on_disk(folder: Path, report: Report, name: str) -> Report:
    """A report as it reads under another name, with a file that is there."""
    (folder / name).write_text(report.text, encoding="utf-8")
    return make_report(name, [passage.text for passage in report.passages], facts=report.facts, source=str(folder / name))


def test_the_same_text_under_another_name_is_passed_over(corpus: Corpus, tmp_path: Path, qingchuan: Report) -> None:
    first = on_disk(tmp_path, qingchuan, "原件.txt")
    corpus.remove(qingchuan.id)
    (ref,) = corpus.add([first])
    assert corpus.add([on_disk(tmp_path, qingchuan, "副本.txt")]) == [ref]
    assert len(corpus.reports()) == 3
    assert sound(corpus)


def test_a_file_that_moved_is_listed_where_it_is_and_not_embedded_again(
    corpus: Corpus, encoder: BigramEncoder, tmp_path: Path, qingchuan: Report, build: Callable[..., Report]
) -> None:
    corpus.remove(qingchuan.id)
    old = on_disk(tmp_path, qingchuan, "旧名.txt")
    corpus.add([old])
    corpus.correct(old.id, {"number": "青司〔2024〕1号"})
    (tmp_path / "旧名.txt").unlink()
    encoder.seen.clear()
    (ref,) = corpus.add([on_disk(tmp_path, qingchuan, "新名.txt")])
    assert (ref.name, ref.facts.number, encoder.seen) == ("新名.txt", "青司〔2024〕1号", [])
    assert "旧名.txt" not in {each.name for each in corpus.reports()}
    assert sound(corpus)


def test_a_text_that_changes_places_with_another_in_one_batch(
    corpus: Corpus, tmp_path: Path, build: Callable[..., Report]
) -> None:
    """甲 gets new content, and 乙 the content that 甲 had."""
    made = build("甲.txt", ["原来的内容，新建泊位3个。"], source=str(tmp_path / "甲.txt"))
    corpus.add([made])
    new = build("甲.txt", ["新的内容，新建泊位4个。"], source=str(tmp_path / "甲.txt"))
    moved = build("乙.txt", ["原来的内容，新建泊位3个。"], source=str(tmp_path / "乙.txt"))
    refs = corpus.add([new, moved])
    assert [ref.name for ref in refs] == ["甲.txt", "乙.txt"]
    assert sound(corpus)


def test_a_path_whose_text_becomes_that_of_another_is_let_go(corpus: Corpus, qingchuan: Report, linjiang: Report) -> None:
    same = replace(linjiang, source=qingchuan.source)
    (ref,) = corpus.add([same])
    assert ref.name == linjiang.name
    assert [each.name for each in corpus.reports()] == [linjiang.name, "白石县2024年政府工作报告.txt"]
    assert sound(corpus)


def test_near_identical_reports_are_added_and_shown_with_what_differs(
    corpus: Corpus, build: Callable[..., Report]
) -> None:
    sentences = [f"第{n}项工作按照年初确定的计划完成了全年任务，群众满意度比上一年继续提高。" for n in range(20)]
    first = build("甲.txt", ["".join(sentences)])
    second = build("乙.txt", ["".join([*sentences[:19], "最后一项工作推迟到来年再做。"])])
    _, two = corpus.add([first, second])
    (pair,) = corpus.alike(two.row)
    assert (pair.first.name, pair.second.name) == ("乙.txt", "甲.txt")
    assert "推迟到来年" in "".join(pair.only_first)
    assert corpus.alike(corpus.reports()[0].row) == []


def test_several_are_removed_at_once_or_none(corpus: Corpus, qingchuan: Report, baishi: Report) -> None:
    generation = corpus.generation
    with pytest.raises(StoreError, match="deadbeef"):
        corpus.remove_all([qingchuan.id, "deadbeef"])
    assert (len(corpus.reports()), corpus.generation) == (3, generation)
    assert [ref.name for ref in corpus.remove_all([qingchuan.id, baishi.id, baishi.id])] == [qingchuan.name, baishi.name]
    assert corpus.generation == generation + 1, "one change, one writing of the indexes"
    assert corpus.remove_all([]) == []
    assert sound(corpus)


def test_a_removed_report_never_appears_again(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, qingchuan: Report
) -> None:
    """Not in this process, nor in another that had it open, nor after opening anew or rebuilding; nor in the catalog's bytes."""
    from index.corpus import rebuild
    from retrieval.question.understand import understand
    from retrieval.search.search import search

    def names(asked: Corpus) -> set[str]:
        asked = asked.snapshot()  # as a question sees it
        text = "青川市司法局全年办结行政复议案件多少件"
        bare = understand("办结行政复议案件，法治讲座，公共法律服务工作站", asked.reports())
        hits = (*search(asked, understand(text, asked.reports()), 50), *search(asked, bare, 50))
        return {hit.report.name for hit in hits}

    with Corpus.open(tmp_path / "data", encoder) as other:
        assert qingchuan.name in names(corpus) & names(other)
        corpus.remove(qingchuan.id)
        assert qingchuan.name not in names(corpus) | names(other), "the other is not told to look again"
    rebuild(tmp_path / "data")
    corpus.refresh()
    assert qingchuan.name not in names(corpus)
    corpus.close()
    with Corpus.open(tmp_path / "data", encoder) as opened:
        assert qingchuan.name not in names(opened) | {ref.name for ref in opened.reports()}
    assert not any("组织法治讲座42场".encode() in path.read_bytes() for path in (tmp_path / "data").glob("catalog*"))


# ---- a user's words


def test_a_users_words_cut_reports_and_questions_alike(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, build: Callable[..., Report]
) -> None:
    corpus.add([build("望海区.txt", ["推行三调联动机制，化解纠纷9件。"])])
    terms = Terms((("三调联动", None),))
    with Corpus.open(tmp_path / "data", encoder) as other:
        assert corpus.frequency("三调联动") == 0
        encoder.seen.clear()
        corpus.set_terms(terms)
        assert corpus.frequency("三调联动") == 1, "what was indexed is cut anew"
        assert encoder.seen == []
        assert other.refresh()
        assert (other.terms, other.frequency("三调联动")) == (terms, 1)
        assert sound(other)
    meta = json.loads((tmp_path / "data" / "meta.json").read_text(encoding="utf-8"))
    assert meta["segmenter"]["terms"] == terms.digest
    generation = corpus.generation
    corpus.set_terms(terms)
    assert corpus.generation == generation
    corpus.close()
    with Corpus.open(tmp_path / "data", encoder) as opened:
        assert (opened.terms, opened.frequency("三调联动")) == (terms, 1)
        opened.add([build("望海区2.txt", ["继续推行三调联动机制。"])])
        assert opened.frequency("三调联动") == 2
        opened.set_terms(Terms())
        assert opened.frequency("三调联动") == 0
        assert sound(opened)


# ---- opening


def test_it_opens_as_it_was_left(corpus: Corpus, tmp_path: Path, encoder: BigramEncoder) -> None:
    before = corpus.reports()
    corpus.close()
    with Corpus.open(tmp_path / "data", encoder) as opened:
        assert opened.reports() == before
        assert sound(opened)


def test_the_folder_says_what_it_was_built_with(corpus: Corpus, tmp_path: Path) -> None:
    meta = json.loads((tmp_path / "data" / "meta.json").read_text(encoding="utf-8"))
    encoder = corpus.encoder
    said = {"name": encoder.name, "fingerprint": encoder.fingerprint, "dimension": encoder.dimension}
    assert (meta["format"], meta["encoder"], meta["dense"]) == (1, said, "flat-fp16")
    assert {"name", "version", "dictionary"} <= meta["segmenter"].keys()


def test_another_encoder_is_refused_with_the_remedy(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"编码模型 bigrams-0 建的，当前是 bigrams-1：请加 --encoder bigrams-0"):
        Corpus.open(tmp_path / "data", BigramEncoder(seed=1), create=True)
    retrained = BigramEncoder(seed=1)
    retrained.name = "bigrams-0"
    with pytest.raises(EncoderError, match="模型已更换"):
        Corpus.open(tmp_path / "data", retrained)


def test_the_recorded_encoder_opens_but_does_not_encode(corpus: Corpus, tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "data", recorded_encoder(tmp_path / "data")) as opened:
        assert opened.verify() == []
        with pytest.raises(EncoderError, match="bigrams-0"):
            opened.encoder.encode(["案件"])


def test_a_missing_folder_says_how_to_make_one_and_is_not_made(tmp_path: Path, encoder: BigramEncoder) -> None:
    with pytest.raises(StoreError, match="python -m index add"):
        Corpus.open(tmp_path / "none", encoder)
    assert not (tmp_path / "none").exists()


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path, encoder: BigramEncoder) -> None:
    (tmp_path / "照片.txt").write_text("不是索引", encoding="utf-8")
    for create in (False, True):
        with pytest.raises(StoreError, match="不是有据的索引"):
            Corpus.open(tmp_path, encoder, create=create)
    assert [path.name for path in tmp_path.iterdir()] == ["照片.txt"]


def test_a_file_is_no_folder(tmp_path: Path, encoder: BigramEncoder) -> None:
    path = tmp_path / "data"
    path.write_text("", encoding="utf-8")
    for create in (False, True):
        with pytest.raises(StoreError, match="不是文件夹"):
            Corpus.open(path, encoder, create=create)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": 1, "encoder": 3}', '{"format": 99}'])
def test_a_damaged_or_foreign_meta_is_refused(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, content: str
) -> None:
    (tmp_path / "data" / "meta.json").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match=r"meta\.json"):
        Corpus.open(tmp_path / "data", encoder)


def test_a_newer_format_is_refused(corpus: Corpus, tmp_path: Path, encoder: BigramEncoder) -> None:
    path = tmp_path / "data" / "meta.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "format": 9}), encoding="utf-8")
    with pytest.raises(StoreError, match="格式是 9"):
        Corpus.open(tmp_path / "data", encoder)


def test_a_lost_catalog_is_not_replaced_by_an_empty_one(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder
) -> None:
    corpus.close()
    for path in (tmp_path / "data").glob("catalog.sqlite*"):
        path.unlink()
    for create in (False, True):
        with pytest.raises(StoreError, match=r"catalog\.sqlite"):
            Corpus.open(tmp_path / "data", encoder, create=create)


def test_a_half_made_folder_is_finished(tmp_path: Path, encoder: BigramEncoder) -> None:
    Corpus.open(tmp_path / "data", encoder, create=True).close()
    for path in (tmp_path / "data").iterdir():
        if path.name != "meta.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    with Corpus.open(tmp_path / "data", encoder, create=True) as opened:
        assert opened.verify() == []


# ---- damage, lag, kills


def harm_dense(data: Path) -> None:
    (data / "dense.faiss").write_bytes((data / "dense.faiss").read_bytes()[:-40])


def harm_terms(data: Path) -> None:
    path = next((data / "lexical").glob("*.term"))
    path.write_bytes(bytes(len(path.read_bytes())))


def lose_dense(data: Path) -> None:
    (data / "dense.faiss").unlink()


def lose_lexical(data: Path) -> None:
    shutil.rmtree(data / "lexical")


def other_segmenter(data: Path) -> None:
    meta = json.loads((data / "meta.json").read_text(encoding="utf-8"))
    meta["segmenter"]["dictionary"] = "another"
    (data / "meta.json").write_text(json.dumps(meta), encoding="utf-8")


@pytest.mark.parametrize("harm", [harm_dense, harm_terms, lose_dense, lose_lexical, other_segmenter])
def test_a_damaged_index_is_rebuilt_from_the_catalog(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, harm: Callable[[Path], None]
) -> None:
    question = "新建公共法律服务工作站"
    dense, lexical = corpus.dense(encoder.encode([question])[0], 9), corpus.lexical(question, 9)
    corpus.close()
    harm(tmp_path / "data")
    encoder.seen.clear()
    with Corpus.open(tmp_path / "data", encoder) as opened:
        assert encoder.seen == [], "nothing is embedded again"
        assert sound(opened)
        assert opened.dense(encoder.encode([question])[0], 9) == dense
        assert [row for row, _ in opened.lexical(question, 9)] == [row for row, _ in lexical]


def test_indexes_that_lag_are_caught_up(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, qingchuan: Report, build: Callable[..., Report]
) -> None:
    """A kill after the catalog's commit and before the indexes': they are as they were."""
    data = tmp_path / "data"
    for name in ("dense.faiss", "lexical"):
        source = data / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    corpus.add([build("望海区.txt", ["新建泊位3个。"])])
    corpus.remove(qingchuan.id)
    corpus.close()
    shutil.rmtree(data / "lexical")
    shutil.copytree(tmp_path / "lexical", data / "lexical")
    shutil.copy(tmp_path / "dense.faiss", data / "dense.faiss")
    with Corpus.open(data, encoder) as opened:
        assert [ref.name for ref in opened.reports()][-1] == "望海区.txt"
        assert sound(opened)


def test_indexes_ahead_of_a_catalog_from_a_backup_are_rebuilt(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, build: Callable[..., Report]
) -> None:
    data = tmp_path / "data"
    with sqlite3.connect(data / "catalog.sqlite") as db, sqlite3.connect(tmp_path / "backup") as backup:
        db.backup(backup)
    db.close()
    backup.close()
    corpus.add([build("望海区.txt", ["新建泊位3个。"])])
    corpus.close()
    for path in data.glob("catalog.sqlite-*"):
        path.unlink()
    shutil.copy(tmp_path / "backup", data / "catalog.sqlite")
    with Corpus.open(data, encoder) as opened:
        assert len(opened.reports()) == 3
        assert sound(opened)


WRITER = """
import sys
from pathlib import Path
from index.corpus import Corpus
from tests.conftest import BigramEncoder, make_report
corpus = Corpus.open(Path(sys.argv[1]), BigramEncoder())
print("open", flush=True)
for n in range(10_000):
    source = f"/reports/{n % 7}.txt"
    report = make_report(f"{n}.txt", [f"新建泊位{n}个。", f"全年办结案件{n}件。"], source=source)
    corpus.add([report])
    print(report.id, flush=True)
    if n % 3 == 0:
        corpus.remove(report.id)
        print("-" + report.id, flush=True)
"""


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.05, 0.11, 0.23, 0.4])
def test_a_killed_writer_loses_nothing_committed(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, moment: float
) -> None:
    data = tmp_path / "data"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(data)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "open\n"
    time.sleep(moment)
    corpus.refresh()
    assert everything(corpus) <= catalog_rows(data), "a reader meanwhile shows nothing that the catalog does not have"
    writer.kill()
    done = writer.stdout.read().split()
    writer.wait()
    kept: dict[int, str] = {}
    for n, line in enumerate(line for line in done if not line.startswith("-")):
        kept[n % 7] = line
        if "-" + line in done:
            del kept[n % 7]
    with Corpus.open(data, encoder) as opened:
        ids = {ref.id for ref in opened.reports()[3:]}
        assert sound(opened)
    # the step under way when the kill came may have been committed without having been reported
    assert len(set(kept.values()) ^ ids) <= 2
    corpus.refresh()
    assert sound(corpus)


def catalog_rows(data: Path) -> frozenset[int]:
    db = catalog.connect(data / "catalog.sqlite")
    try:
        removed = {row for (row,) in db.execute("SELECT row FROM removed")}
        return catalog.rows(db) | frozenset(removed)
    finally:
        db.close()


# ---- several at once


def test_another_process_is_seen_after_refresh(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, build: Callable[..., Report]
) -> None:
    with Corpus.open(tmp_path / "data", encoder) as other:
        assert not other.refresh()
        corpus.add([build("望海区.txt", ["新建泊位3个。"])])
        assert other.refresh()
        assert not other.refresh()
        assert (other.reports(), other.generation) == (corpus.reports(), corpus.generation)
        assert sound(other)


def test_what_another_process_removed_no_question_finds(
    corpus: Corpus, tmp_path: Path, encoder: BigramEncoder, qingchuan: Report
) -> None:
    with Corpus.open(tmp_path / "data", encoder) as other:
        row = corpus.remove(qingchuan.id).row
        assert row not in everything(other.snapshot())
        assert len(everything(other)) == 2


def test_a_second_writer_waits_and_then_says_who_holds_the_lock(
    corpus: Corpus, tmp_path: Path, qingchuan: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    (data / "writer.pid").write_text(str(os.getpid()), encoding="utf-8")
    monkeypatch.setattr(corpus_module, "WAIT", 0.1)
    with (
        filelock.FileLock(data / "writer.lock"),
        pytest.raises(StoreError, match=rf"正由进程 {os.getpid()} 写入"),
    ):
        corpus.remove(qingchuan.id)
    assert corpus.remove(qingchuan.id).id == qingchuan.id, "and goes in once it is let go"


def test_readers_need_no_lock(corpus: Corpus, tmp_path: Path, encoder: BigramEncoder) -> None:
    with filelock.FileLock(tmp_path / "data" / "writer.lock"), Corpus.open(tmp_path / "data", encoder) as reader:
        assert everything(reader) == rows(corpus)


def test_threads_read_while_one_writes(corpus: Corpus, build: Callable[..., Report]) -> None:
    faults: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        vector = corpus.encoder.encode(["粮食总产量"], query=True)[0]
        kept = frozenset(ref.row for ref in corpus.reports())
        try:
            while not stop.is_set():
                found = [*corpus.dense(vector, 5, kept), *corpus.lexical("粮食总产量 案件", 5, kept)]
                assert len(corpus.passages([row for row, _ in found])) == len(found) > 0
                corpus.refresh()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(12):
        (ref,) = corpus.add([build("望海区.txt", [f"新建泊位{n}个。", f"全年办结案件{n}件。"])])
    corpus.remove(ref.id)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sound(corpus)


def test_closed_is_closed(corpus: Corpus) -> None:
    refs: tuple[ReportRef, ...] = corpus.reports()
    corpus.close()
    with pytest.raises(StoreError):
        corpus.report(refs[0].row)


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("DELETE FROM passages WHERE ordinal = 1 AND report = 1", "向量索引多出 1 个段落"),
        ("UPDATE vectors SET vector = zeroblob(128) WHERE row = 1048576", "段落 1048576 的向量与数据库不同"),
        ("UPDATE reports SET text = replace(text, '567', '765')", "校验值不符"),
    ],
)
def test_verify_names_each_contradiction(corpus: Corpus, tmp_path: Path, harm: str, says: str) -> None:
    assert corpus.verify() == []
    db = catalog.connect(tmp_path / "data" / "catalog.sqlite")
    db.execute(harm)
    db.close()
    assert any(says in line for line in corpus.verify())


def test_a_file_is_known_by_its_bytes_under_any_path_that_is_there(tmp_path: Path, encoder: BigramEncoder) -> None:
    from index.read import read

    first, second = tmp_path / "甲.txt", tmp_path / "乙.txt"
    text = "青川市司法局2023年法治政府建设年度报告\n\n一、主要工作\n\n全年办结行政复议案件1,234件，纠错率为12.5%。\n"
    first.write_text(text, encoding="utf-8")
    with Corpus.open(tmp_path / "data", encoder, create=True) as corpus:
        assert corpus.known(first) is None
        (ref,) = corpus.add([read(first)])
        assert corpus.known(first) == ref
        second.write_text(text, encoding="utf-8")
        assert corpus.known(second) == ref, "already there as 甲.txt"
        second.write_text(text + "补充。\n", encoding="utf-8")
        assert corpus.known(second) is None
        second.write_text(text, encoding="utf-8")
        first.unlink()
        assert corpus.known(second) is None, "it has moved: it is listed under its new path once it is read"
        corpus.add([read(second)])
        assert corpus.known(second) == corpus.reports()[0]
        corpus.correct(corpus.reports()[0].id, {"unit": "临江市司法局"})
        assert corpus.known(second) == corpus.reports()[0], "a correction does not make it another file"
        corpus.remove(corpus.reports()[0].id)
        assert corpus.known(second) is None


def test_vectors_of_words_met_last_are_remembered_and_no_more(corpus: Corpus, encoder: BigramEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.corpus.MOST_TEXTS", 3)
    words = ["行政复议", "法律援助", "粮食", "老旧小区"]
    plain = BigramEncoder()
    for asked in (["行政复议", "粮食", "行政复议"], [], words, words[1:], words[2::-1]):
        np.testing.assert_array_equal(corpus.text_vectors(asked), plain.encode(asked))
    encoder.seen = []
    corpus.text_vectors(words[:3])  # met last
    assert encoder.seen == []
    corpus.text_vectors(["老旧小区", "行政复议"])  # in the place of what was met longest ago
    corpus.text_vectors(["行政复议", "粮食", "老旧小区"])
    assert encoder.seen == ["老旧小区"]
