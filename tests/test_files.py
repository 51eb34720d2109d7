"""Files → reports: which there are, in order, by several processes; a bad file, or one that kills its reader, costs itself."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from index.files import find, is_report, read_all, reports_in
from index.read import read
from index.types import LoadError, Report

TEXT = "{}2023年法治政府建设年度报告\n\n一、主要工作\n\n全年办结行政复议案件{}件。\n"


def write(folder: Path, *names: str) -> list[Path]:
    paths = [folder / f"{name}.txt" for name in names]
    for number, path in enumerate(paths):
        path.write_text(TEXT.format("青川市", number), encoding="utf-8")
    return paths


def troubled(path: Path) -> Report:
    """A reader that some files kill, hang or make fail."""
    if path.stem == "死":
        os._exit(3)
    if path.stem == "慢":
        time.sleep(600)
    if path.stem == "错":
        raise ZeroDivisionError("不该除以零")
    return read(path)


def test_reports_come_in_order_from_several_processes(tmp_path: Path) -> None:
    paths = write(tmp_path, *(f"报告{n:02}" for n in range(30)))
    got = list(read_all(paths, workers=2))
    assert [path for path, _ in got] == paths
    assert [report for _, report in got] == [read(path) for path in paths]


def test_a_reader_that_dies_hangs_or_fails_costs_its_file_alone(tmp_path: Path) -> None:
    paths = write(tmp_path, "甲", "死", "乙", "慢", "错", "丙", "丁")
    (tmp_path / "空.txt").write_bytes(b"")
    got = {path.stem: report for path, report in read_all([*paths, tmp_path / "空.txt"], read=troubled, workers=2, seconds=5)}
    assert list(got) == ["甲", "死", "乙", "慢", "错", "丙", "丁", "空"]
    for name, says in {"死": "中途退出", "慢": "读了 5 秒", "错": "ZeroDivisionError", "空": "空的"}.items():
        assert isinstance(got[name], LoadError)
        assert str(got[name]).startswith(f"{name}.txt：")
        assert says in str(got[name])
    assert all(isinstance(got[name], Report) for name in "甲乙丙丁")


def test_stopping_early_leaves_no_process_behind(tmp_path: Path) -> None:
    import multiprocessing

    before = set(multiprocessing.active_children())
    reading = read_all(write(tmp_path, *"甲乙丙丁"), workers=2)
    next(reading)
    assert set(multiprocessing.active_children()) > before
    reading.close()  # type: ignore[attr-defined]
    assert set(multiprocessing.active_children()) <= before


@pytest.mark.parametrize("workers", [0, 1])
def test_one_process_or_none_reads_the_same(tmp_path: Path, workers: int) -> None:
    paths = write(tmp_path, *"甲乙")
    assert [report for _, report in read_all(paths, workers=workers)] == [read(path) for path in paths]


def test_what_stands_beside_reports_is_none(tmp_path: Path) -> None:
    (path,) = write(tmp_path, "甲")
    for name in ("reports.csv", "terms.txt", "README.md", ".隐藏.txt", "~$甲.docx"):
        (tmp_path / name).write_text("x", encoding="utf-8")
        assert not is_report(tmp_path / name)
    found = find([tmp_path])
    assert (found.files, found.bad) == ((path,), ())
    assert [line.partition("：")[0] for line in found.passed] == [str(tmp_path / "README.md")]
    assert find([tmp_path, path, path]).files == (path,), "each once"


def test_a_list_beside_the_files_corrects_them_and_its_bad_rows_are_named_once(tmp_path: Path) -> None:
    paths = write(tmp_path, "甲", "乙")
    rows = "文件,单位,年份\n甲.txt,白石县司法局,\n乙.txt,,两千年\n没有.txt,某局,2020\n"
    (tmp_path / "reports.csv").write_text(rows, encoding="utf-8")
    said: list[str] = []
    done: list[Path] = []
    first, second = reports_in(paths, said.append, done.append)
    assert (first.facts.unit, dict(first.facts.read_from)["unit"]) == ("白石县司法局", "更正")
    assert second == read(paths[1]), "a bad row corrects nothing"
    assert [("第 3 行" in line, "第 4 行" in line) for line in said] == [(True, False), (False, True)]
    assert done == paths
