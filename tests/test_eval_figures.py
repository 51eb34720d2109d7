"""Rank metrics, intervals, calibration and the files they are read from, against figures worked out by hand or by brute force."""

from __future__ import annotations

import gzip
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.beir import read_collection
from eval.calibration import bins, expected_calibration_error, risk_coverage
from eval.dataset import Case, GoldError
from eval.intervals import bootstrap_interval, holm, standard_error
from eval.ranking import means, measures, per_query
from eval.trec import evidence_ranking, read_qrels, read_trec_run, write_trec_run

QRELS = {"q1": {"a": 1, "b": 1}, "q2": {"c": 1}, "q3": {"d": 0}}
RUN = {"q1": ["x", "a", "y", "b"]}


class TestRanking:
    def test_values_are_those_of_the_definitions(self) -> None:
        values = per_query(QRELS, RUN)
        ideal = 1 + 1 / math.log2(3)
        assert values["nDCG@10"]["q1"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
        assert values["RR@10"]["q1"] == 0.5
        assert values["AP@100"]["q1"] == pytest.approx((1 / 2 + 2 / 4) / 2)
        assert per_query(QRELS, RUN, ["R@3"])["R@3"]["q1"] == 0.5

    def test_a_query_that_the_run_lacks_scores_0_and_stays_in_the_mean(self) -> None:
        values = per_query(QRELS, RUN, ["RR@10"])
        assert values["RR@10"] == {"q1": 0.5, "q2": 0.0}
        assert means(values) == {"RR@10": 0.25}

    def test_an_empty_run_scores_0(self) -> None:
        assert means(per_query(QRELS, {}))["nDCG@10"] == 0

    def test_all_bad_names_are_said_at_once(self) -> None:
        with pytest.raises(GoldError, match="不认识的指标：XYZ@3、R@甲；写法如 nDCG@10"):
            measures(["XYZ@3", "nDCG@10", "R@甲"])

    @given(st.lists(st.one_of(st.none(), st.integers(1, 12)), min_size=1, max_size=4))
    def test_evidence_as_documents_keeps_the_rank_of_the_first_piece(self, firsts: list[int | None]) -> None:
        case = Case("q", "问", "list")
        qrels, ranking = evidence_ranking(case, firsts, 12)
        best = min((rank for rank in firsts if rank), default=None)
        found = per_query({"q": qrels}, {"q": ranking}, ["RR@10"])["RR@10"]["q"]
        assert found == pytest.approx(1 / best if best and best <= 10 else 0.0)


class TestTrec:
    def test_a_run_written_is_the_run_read(self, tmp_path: Path) -> None:
        run = {"q1": ["b", "a", "c"], "q2": ["z"]}
        write_trec_run(tmp_path / "run.trec", run)
        assert read_trec_run(tmp_path / "run.trec") == run
        assert (tmp_path / "run.trec").read_text().splitlines()[0] == "q1 Q0 b 1 3 youju"

    def test_qrels_keep_what_was_judged_not_relevant(self, tmp_path: Path) -> None:
        path = tmp_path / "qrels"
        path.write_text("q1 0 a 2\nq1 0 b 0\n\nq2 0 c 1\n")
        assert read_qrels(path) == {"q1": {"a": 2, "b": 0}, "q2": {"c": 1}}

    @pytest.mark.parametrize(
        ("text", "said"), [("q1 0 a\n", "第 1 行应当有 4 列，现在是 3 列"), ("q1 0 a 高\n", "相关度应当是整数，现在是 '高'")]
    )
    def test_a_wrong_line_is_named(self, tmp_path: Path, text: str, said: str) -> None:
        (tmp_path / "qrels").write_text(text)
        with pytest.raises(GoldError, match=said):
            read_qrels(tmp_path / "qrels")


class TestIntervals:
    @given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=60))
    def test_an_interval_holds_its_mean_and_stays_within_the_values(self, values: list[float]) -> None:
        low, high = bootstrap_interval(values, resamples=500)
        assert min(values) <= low <= float(np.mean(values)) + 1e-9
        assert float(np.mean(values)) - 1e-9 <= high <= max(values)

    def test_it_is_the_normal_interval_where_there_are_many(self) -> None:
        values = [1.0] * 800 + [0.0] * 200
        low, high = bootstrap_interval(values)
        spread = 1.96 * standard_error(values)
        assert [low, high] == pytest.approx([0.8 - spread, 0.8 + spread], abs=0.002)

    def test_holm_by_hand(self) -> None:
        assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
        assert holm([0.5, 0.9]) == [1.0, 1.0]

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
    def test_holm_never_makes_p_smaller_nor_changes_the_order(self, ps: list[float]) -> None:
        adjusted = holm(ps)
        assert all(a >= p for a, p in zip(adjusted, ps, strict=True))
        order = sorted(range(len(ps)), key=lambda at: ps[at])
        assert [adjusted[at] for at in order] == sorted(adjusted)


class TestCalibration:
    def test_risk_at_each_coverage_by_hand(self) -> None:
        found = risk_coverage([0.9, 0.8, 0.8, 0.1], [True, True, False, False])
        assert found.coverage.tolist() == [0.25, 0.75, 1.0]
        assert found.risk.tolist() == pytest.approx([0, 1 / 3, 1 / 2])
        assert found.area == pytest.approx((0 + 2 / 3 + 1 / 2) / 4)

    @given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
    def test_the_order_of_the_questions_is_no_matter(self, rows: list[tuple[float, bool]]) -> None:
        one, other = risk_coverage(*zip(*rows, strict=True)), risk_coverage(*zip(*reversed(rows), strict=True))
        assert one.area == pytest.approx(other.area)
        assert one.risk[-1] == pytest.approx(1 - sum(right for _, right in rows) / len(rows))

    def test_confidence_that_is_accuracy_has_no_error(self) -> None:
        found = bins([0.75] * 4, [True, True, True, False])
        assert (found[0].accuracy, found[0].n) == (0.75, 4)
        assert expected_calibration_error(found) == 0
        assert expected_calibration_error(bins([1.0, 1.0], [False, False])) == 1


class TestCollections:
    """One dataset in the shapes that datasets come in."""

    CORPUS = ({"_id": "p0", "title": "青川", "text": "复议86件"}, {"_id": "p1", "text": "就业4300人"})
    QUERIES = ({"_id": "q0", "text": "复议多少件？"}, {"_id": "q1", "text": "没有人判断过的问题"})

    def jsonl(self, path: Path, records: tuple[dict[str, str], ...]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())

    def beir(self, folder: Path, qrels: str = "qrels.tsv", rows: str = "query-id\tcorpus-id\tscore\nq0\tp0\t1\nq0\tp1\t0\n") -> Path:
        self.jsonl(folder / "corpus.jsonl", self.CORPUS)
        self.jsonl(folder / "queries.jsonl", self.QUERIES)
        (folder / qrels).parent.mkdir(exist_ok=True)
        (folder / qrels).write_text(rows, encoding="utf-8")
        return folder

    def check(self, folder: Path) -> None:
        found = read_collection(folder)
        assert found.corpus == {"p0": "青川\n复议86件", "p1": "就业4300人"}
        assert found.queries == {"q0": "复议多少件？"}
        assert found.qrels == {"q0": {"p0": 1}}

    @pytest.mark.parametrize("qrels", ["qrels.tsv", "qrels/test.tsv"])
    def test_a_beir_folder(self, tmp_path: Path, qrels: str) -> None:
        self.check(self.beir(tmp_path, qrels))

    def test_a_beir_zip_with_its_folder_inside(self, tmp_path: Path) -> None:
        self.beir(tmp_path / "青川集", "qrels/test.tsv")
        packed = shutil.make_archive(str(tmp_path / "青川集"), "zip", tmp_path, "青川集")
        found = read_collection(Path(packed))
        assert found == read_collection(tmp_path / "青川集")

    def test_a_zip_that_is_broken_or_holds_no_dataset_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "坏.zip").write_bytes(b"PK\x03\x04")
        with pytest.raises(GoldError, match=r"坏\.zip 解不开"):
            read_collection(tmp_path / "坏.zip")
        (tmp_path / "空").mkdir()
        (tmp_path / "空" / "说明.txt").write_text("没有数据", encoding="utf-8")
        packed = shutil.make_archive(str(tmp_path / "空"), "zip", tmp_path, "空")
        with pytest.raises(GoldError, match=r"空\.zip 里没有 corpus"):
            read_collection(Path(packed))

    def test_qrels_without_a_head(self, tmp_path: Path) -> None:
        self.check(self.beir(tmp_path, rows="q0\tp0\t1\n"))

    def test_an_mteb_folder_in_jsonl(self, tmp_path: Path) -> None:
        self.jsonl(tmp_path / "corpus" / "part-0.jsonl.gz", self.CORPUS)
        self.jsonl(tmp_path / "queries" / "part-0.jsonl", self.QUERIES)
        self.jsonl(tmp_path / "qrels" / "dev.jsonl", ({"qid": "q0", "pid": "p0", "score": "1"},))
        self.check(tmp_path)

    def test_a_c_mteb_pair_of_folders_in_parquet(self, tmp_path: Path) -> None:
        pyarrow = pytest.importorskip("pyarrow", reason="没有装 pyarrow（requirements-peers.txt）")
        parquet = pytest.importorskip("pyarrow.parquet")
        for name, records in (
            ("青川/data/corpus-00000-of-00001.parquet", [{"id": r["_id"], "title": r.get("title"), "text": r["text"]} for r in self.CORPUS]),
            ("青川/data/queries-00000-of-00001.parquet", [{"id": r["_id"], "text": r["text"]} for r in self.QUERIES]),
            ("青川-qrels/data/dev-00000-of-00001.parquet", [{"qid": "q0", "pid": "p0", "score": 1}]),
        ):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(pyarrow.Table.from_pylist(records), tmp_path / name)
        self.check(tmp_path / "青川")

    def test_test_is_taken_before_train_unless_another_is_asked_for(self, tmp_path: Path) -> None:
        self.beir(tmp_path, "qrels/train.tsv", "query-id\tcorpus-id\tscore\nq1\tp1\t1\n")
        (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq0\tp0\t1\n")
        assert list(read_collection(tmp_path).qrels) == ["q0"]
        assert list(read_collection(tmp_path, "train").qrels) == ["q1"]
        with pytest.raises(GoldError, match="没有 dev 这一部分；有的是 test、train"):
            read_collection(tmp_path, "dev")

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda folder: (folder / "corpus.jsonl").unlink(), "没有 corpus"),
            (lambda folder: (folder / "qrels.tsv").unlink(), "没有 qrels"),
            (lambda folder: (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq9\tp0\t1\n"), "1 个问题不在 queries 里，例如 q9"),
            (lambda folder: (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq0\tp0\t高\n"), "相关度应当是数，现在是 '高'"),
            (lambda folder: (folder / "queries.jsonl").write_text("{"), "queries.jsonl 读不出来"),
        ],
    )
    def test_what_is_wrong_with_a_folder_is_said(self, tmp_path: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
        spoil(self.beir(tmp_path))
        with pytest.raises(GoldError, match=said):
            read_collection(tmp_path)
