"""`python -m eval`: folders and questions in, a run and its scores out, through the same front door as the page."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.dataset import read_gold, read_run
from eval.run import HITS, index_folder, refuse_unknown, reports_in
from index.corpus import Corpus
from index.encoder import Encoder
from index.types import YoujuError
from retrieval.ask import ask
from retrieval.types import Answer

QINGCHUAN = """青川市司法局2024年法治政府建设年度报告

一、行政复议工作

（一）畅通渠道。全年共收到行政复议申请102件，受理95件，办结86件，群众满意率达到九成以上。

（二）规范办案。组织听证31场，邀请法学专家参与疑难案件论证17次。

二、普法宣传

开展“法律进乡村”活动240场，发放宣传资料三万余份，覆盖全市18个乡镇。
"""
BAISHI = """# 白石县2024年政府工作报告

## 一、2024年工作回顾

全县地区生产总值完成187.6亿元，比上年增长6.2%。城镇新增就业4300人。

## 二、2025年主要任务

新建改建农村公路120公里，完成老旧小区改造36个。
"""
QUESTIONS = [
    {
        "id": "s1",
        "type": "number",
        "phrasing": "close",
        "question": "青川市司法局2024年办结了多少件行政复议申请？",
        "evidence": ["共收到行政复议申请102件，受理95件，办结86件"],
        "reports": ["青川市司法局2024"],
        "require": "all",
        "answers": ["86件"],
    },
    {
        "id": "s2",
        "type": "number",
        "phrasing": "paraphrase",
        "question": "白石县2025年要新建改建多少公里农村公路？",
        "evidence": ["新建改建农村公路120公里"],
        "reports": ["白石县2024"],
        "require": "all",
        "answers": ["120公里"],
    },
    {
        "id": "s3",
        "type": "unanswerable",
        "phrasing": "close",
        "question": "青川市司法局2024年采购了几艘潜水艇？",
        "evidence": [],
        "reports": [],
        "require": "all",
        "answers": [],
    },
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two reports in two forms, and a file that is none."""
    folder = tmp_path / "报告"
    (folder / "县").mkdir(parents=True)
    (folder / "青川市司法局2024.txt").write_text(QINGCHUAN, encoding="gb18030")
    (folder / "县" / "白石县2024.md").write_text(BAISHI, encoding="utf-8")
    (folder / "目录.xyz").write_text("不是报告", encoding="utf-8")
    return folder


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    return write(tmp_path / "gold.jsonl", QUESTIONS)


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def arguments(gold: Path, folder: Path, **changes: str) -> list[str]:
    out, cache = folder.parent / "out" / "run.jsonl", folder.parent / "cache"
    options = {"--reports": str(folder), "--out": str(out), "--data": str(cache)} | changes
    return ["run", str(gold), *(part for option in options.items() for part in option)]


def quiet(doing: str, done: int, total: int) -> None:
    assert 0 <= done <= total


def test_a_run_holds_a_line_for_each_question_and_its_scores_are_printed(
    gold: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments(gold, folder), "--json"]) == 0
    run = read_run(folder.parent / "out" / "run.jsonl")
    assert list(run) == ["s1", "s2", "s3"]
    for result in run.values():
        assert result.answer
        assert result.ms
        assert len(result.hits) <= HITS
        assert {hit.report for hit in result.hits} <= {"青川市司法局2024", "白石县2024"}
    scores = json.loads(capsys.readouterr().out)
    assert scores["all"]["n"] == 3
    assert scores["all"]["citation faithful"] == 1
    assert scores["all"]["recall@5"] == 1
    assert {"phrasing:close", "phrasing:paraphrase", "type:number", "type:unanswerable"} < scores.keys()


def test_the_scores_are_a_markdown_table_and_the_same_each_time(
    gold: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = []
    for _ in range(2):
        assert main(arguments(gold, folder)) == 0
        printed = capsys.readouterr().out.splitlines()
        tables.append([line for line in printed if "耗时" not in line])
    assert tables[0] == tables[1]
    assert "| 指标 | 均值 | 样本数 |" in tables[0]
    assert any(line.startswith("| type:number | 2 |") for line in tables[0])


def test_a_run_that_was_cut_short_goes_on_and_ends_as_one_that_was_not(
    gold: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, cut = folder.parent / "whole.jsonl", folder.parent / "cut.jsonl"
    assert main(arguments(gold, folder, **{"--out": str(whole)})) == 0
    asked: list[str] = []

    def until_the_power_goes(corpus: Corpus, text: str, **rest: Any) -> Answer:
        asked.append(text)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return ask(corpus, text, **rest)

    monkeypatch.setattr("eval.run.ask", until_the_power_goes)
    with pytest.raises(KeyboardInterrupt):
        main(arguments(gold, folder, **{"--out": str(cut)}))
    assert not cut.exists()
    assert main(arguments(gold, folder, **{"--out": str(cut)})) == 0
    assert "接着上次做：已有 2 题" in capsys.readouterr().err
    assert asked[2:] == [asked[2]] * 2  # only the one that was not answered is asked again
    timeless = [[replace(result, ms=None) for result in read_run(path).values()] for path in (whole, cut)]
    assert timeless[0] == timeless[1]


def test_a_correction_beside_the_reports_is_heeded_and_makes_another_index(folder: Path, encoder: Encoder) -> None:
    files, cache = reports_in([folder]), folder.parent / "cache"
    home = index_folder(files, encoder, cache, quiet)
    (folder / "reports.csv").write_text("文件,单位\n青川市司法局2024.txt,临江市司法局\n", encoding="utf-8")
    corrected = index_folder(files, encoder, cache, quiet)
    assert corrected != home
    with Corpus.open(corrected, encoder) as corpus:
        assert {ref.facts.unit for ref in corpus.reports()} >= {"临江市司法局"}


def test_an_index_of_the_same_content_is_used_again(folder: Path, encoder: Encoder) -> None:
    cache = folder.parent / "cache"
    files = reports_in([folder])
    home = index_folder(files, encoder, cache, quiet)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    assert index_folder(list(reversed(files)), encoder, cache, quiet) == home
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()} == before

    (folder / "青川市司法局2024.txt").write_text(QINGCHUAN.replace("86件", "87件"), encoding="utf-8")
    assert index_folder(files, encoder, cache, quiet) != home


def test_an_index_that_was_not_finished_is_not_there(folder: Path, encoder: Encoder) -> None:
    cache = folder.parent / "cache"

    def stop(doing: str, done: int, total: int) -> None:
        if doing == "建立索引":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folder(reports_in([folder]), encoder, cache, stop)
    assert list(cache.iterdir()) == []
    assert index_folder(reports_in([folder]), encoder, cache, quiet).is_dir()


def test_files_are_found_at_any_depth_once(folder: Path) -> None:
    names = [path.name for path in reports_in([folder, folder / "县"])]
    assert sorted(names) == ["白石县2024.md", "青川市司法局2024.txt"]


def test_two_files_of_one_stem_cannot_be_told_apart(folder: Path) -> None:
    (folder / "白石县2024.txt").write_text(BAISHI, encoding="utf-8")
    with pytest.raises(YoujuError, match="文件名（不计后缀）相同"):
        reports_in([folder])


def test_gold_that_speaks_of_other_reports_is_refused_with_all_their_names(gold: Path, folder: Path) -> None:
    with pytest.raises(YoujuError, match="金标提到的 2 份报告不在所给的文件夹里：白石县2024、青川市司法局2024"):
        refuse_unknown(read_gold(gold), [folder / "临江市2024.txt"])


def test_evidence_that_stands_in_no_report_is_remarked_on(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = QUESTIONS[1] | {"evidence": ["新建改建农村公路一百二十公里"]}
    assert main(arguments(write(tmp_path / "gold.jsonl", [QUESTIONS[0], wrong]), folder)) == 0
    assert "1 题的依据在报告原文里找不到：s2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gold": "无此文件.jsonl"}, "找不到金标文件"),
        ({"--reports": "无此文件夹"}, "找不到报告文件夹"),
        ({"--reports": "空文件夹"}, "没有可以读取的报告"),
        ({"--reports": "坏文件夹"}, "坏文件.txt"),
        ({"--encoder": "没有这个模型"}, "没有这个模型"),
        ({"--data": "gold.jsonl"}, "无法写入索引缓存"),
        ({"--out": "gold.jsonl/run.jsonl"}, "无法写入运行进度"),
    ],
)
def test_a_mistake_is_one_chinese_line_and_exit_status_2(
    tmp_path: Path, gold: Path, folder: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], said: str
) -> None:
    (tmp_path / "空文件夹").mkdir()
    (tmp_path / "坏文件夹").mkdir()
    (tmp_path / "坏文件夹" / "坏文件.txt").write_bytes(random.Random(0).randbytes(999))
    paths = {name: value if name == "--encoder" else str(tmp_path / value) for name, value in changes.items()}
    if changes.get("--reports") == "坏文件夹":
        gold = write(tmp_path / "gold.jsonl", [QUESTIONS[2]])
    assert main(arguments(Path(paths.pop("gold", gold)), folder, **paths)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("错误：")
    assert said in printed.err
    assert not (tmp_path / "out").exists()


class TestCompare:
    @pytest.fixture
    def runs(self, tmp_path: Path, gold: Path) -> tuple[Path, Path]:
        """B finds what A does not; both decline where they should."""
        declined = {"id": "s3", "hits": [], "answer": {"status": "abstained", "text": ""}}
        good = [
            {
                "id": case.id,
                "hits": [{"report": case.reports[0], "text": case.evidence[0]}],
                "answer": {"status": "answered", "text": case.evidence[0]},
            }
            for case in read_gold(gold)[:2]
        ]
        return write(tmp_path / "a.jsonl", [good[0], declined]), write(tmp_path / "b.jsonl", [*good, declined])

    def test_means_their_difference_and_who_wins(
        self, runs: tuple[Path, Path], gold: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["compare", *map(str, runs), str(gold)]) == 0
        printed = capsys.readouterr().out
        assert "| recall@1 | 0.5000 | 1.0000 | +0.5000 | +0.0000 ~ +1.0000 | 1.0000 | 1.0000 | 1/1/0 |" in printed
        assert "| 应弃答而弃答 | 1.0000 | 1.0000 | +0.0000 | +0.0000 ~ +0.0000 | 1.0000 | 1.0000 | 0/1/0 |" in printed

    def test_the_questions_that_changed(
        self, runs: tuple[Path, Path], gold: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["compare", *map(str, reversed(runs)), str(gold), "--changed", "recall@1"]) == 0
        assert f"B 更差 | s2 | {QUESTIONS[1]['question']}" in capsys.readouterr().out

    def test_an_unknown_score_is_refused_with_those_there_are(
        self, runs: tuple[Path, Path], gold: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["compare", *map(str, runs), str(gold), "--changed", "recall@7"]) == 2
        assert "没有指标 recall@7；可以是 recall@1、" in capsys.readouterr().err
