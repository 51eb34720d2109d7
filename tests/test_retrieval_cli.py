"""python -m retrieval: the answer and its sources in the terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from index.corpus import Corpus
from retrieval.__main__ import as_json, as_text, main
from retrieval.ask import ask
from tests.conftest import REPOSITORY


def test_the_text_holds_the_answer_its_sources_and_on_request_the_hits(corpus: Corpus) -> None:
    answer = ask(corpus, "青川市司法局接待群众咨询多少人次？")

    plain, explained = as_text(answer), as_text(answer, explain=True)

    assert "答：3.6万人次" in plain and "限定：[青川市司法局]" in plain
    assert "[1] 青川市司法局2023年法治政府建设年度报告.txt · 第 2 页 · 二、第2部分 · 第 " in plain
    assert "命中" not in plain and "字面第 1" in explained
    assert "名次与得分：字面第 1（" in explained and "重排各项相加：" in explained and "有所问的那类内容 +" in explained


def test_what_is_asked_back_lists_the_candidates(corpus: Corpus) -> None:
    answer = ask(corpus, "平川市司法局的纠错率？")

    assert "说明：没有“平川市司法局”的报告" in as_text(answer)


def test_the_json_is_the_answer_whole(corpus: Corpus) -> None:
    answer = ask(corpus, "白石县粮食总产量达到多少？")
    read = json.loads(as_json(answer))

    assert read["short"] == "21.4万吨" and read["status"] == "answered"
    assert read["citations"][0]["quote"] == answer.citations[0].quote
    assert read["question"]["allowed"] == [answer.citations[0].report.row]


def test_a_missing_index_is_an_error_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not (REPOSITORY / "models" / "fast").is_dir():
        pytest.skip("随附的向量模型不在 models/fast")

    assert main(["收到多少件？", "--data", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_missing_reranker_is_an_error_with_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["收到多少件？", "--data", str(tmp_path), "--reranker", str(tmp_path / "none")]) == 2
    assert "重排模型" in capsys.readouterr().err


def test_from_files_to_an_answer_as_a_user_types_it(tmp_path: Path) -> None:
    if not (REPOSITORY / "models" / "fast").is_dir():
        pytest.skip("随附的向量模型不在 models/fast")
    report = tmp_path / "青川市司法局2024年法治政府建设年度报告.txt"
    report.write_text(
        "青川市司法局2024年法治政府建设年度报告\n\n一、行政复议\n\n2024年，全市收到行政复议申请318宗，办结286宗。\n\n"
        "二、普法宣传\n\n举办法治讲座42场，覆盖乡镇干部2100人。\n\n青川市司法局\n2025年1月20日\n",
        encoding="utf-8",
    )
    data = tmp_path / "data"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, encoding="utf-8", check=False)

    added = run("index", "add", str(report), "--data", str(data))
    assert added.returncode == 0, added.stderr
    asked = run("retrieval", "青川市司法局办了几场法治讲座？", "--data", str(data))
    assert asked.returncode == 0, asked.stderr
    assert "答：42场" in asked.stdout and report.name in asked.stdout
    empty = run("retrieval", "  ", "--data", str(data))
    assert empty.returncode == 2 and "问题是空的" in empty.stderr
