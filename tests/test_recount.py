"""The second count of a file's characters sees what a reader never read, and knows no reader."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import findings
from index.load import Left, load
from index.read import read, read_audited
from index.readers import ofd, pdf, printed
from index.recount import COUNTERS, Part, Recount, counted, lost, recount, remarks
from tests import make_samples
from tests.make_samples import TABLE

ROOT = Path(__file__).resolve().parent.parent
REPORT = read(ROOT / "reports" / "青川市司法局2023年法治政府建设年度报告.txt")


def made(folder: Path, suffix: str) -> Path:
    path = folder / f"报告{suffix}"
    if suffix == ".pdf":
        make_samples.pdf(path, REPORT, table=TABLE, header="青川市司法局文件")
    else:
        make_samples.ofd(path, REPORT)
    return path


@pytest.mark.parametrize("suffix", [".pdf", ".ofd"])
def test_what_is_read_is_what_is_counted(tmp_path: Path, suffix: str) -> None:
    path = made(tmp_path, suffix)
    report, audit = read_audited(path)
    assert audit.read_share == 1.0 and audit.lost == ()
    assert audit.recounted is not None and audit.recounted > audit.indexed * 0.9
    assert {each.kind for each in audit.left} == {"页眉页脚"}
    assert not any("另数一遍" in warning for warning in report.warnings)
    shown = "\n".join(findings.lines([findings.Finding(path.name, "", report.share, report.warnings, audit)], []))
    assert "读到或说明略去的占 100.00%" in shown and "读时略去页眉页脚" in shown


@pytest.mark.parametrize(("suffix", "module"), [(".pdf", pdf), (".ofd", ofd)])
def test_a_reader_made_to_drop_a_line_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, module: object) -> None:
    path = made(tmp_path, suffix)
    whole: Callable[..., str] = printed.text
    line = max((line for line in load(path).text.split("\f")[0].split("\n") if "：" not in line), key=len)
    monkeypatch.setattr(module, "text", lambda sheets: whole(sheets).replace(line, "", 1))
    report, audit = read_audited(path)
    (found,) = audit.lost
    assert found.place == "第1页正文"
    assert sorted(found.characters) == sorted(counted(line))
    assert audit.read_share is not None and audit.read_share < 1 and report.share < 1
    assert any("另数一遍" in warning and "第1页正文" in warning for warning in report.warnings)


def test_a_reader_made_to_miss_a_form_is_told_what_kind_it_misses() -> None:
    file = Recount((Part("正文", counted("申请单位："), 2), Part("表单", counted("石桥镇人民政府"), 2)))
    assert [each.place for each in lost(file, "第一页\f申请单位：", ())] == ["第2页表单"]
    assert "第2页表单 7 字" in remarks(lost(file, "第一页\f申请单位：", ()))[0]
    assert lost(file, "第一页\f申请单位：石桥镇人民政府", ()) == ()
    assert lost(file, "第一页\f申请单位：", [Left(2, "隐藏", "石桥镇人民政府")]) == ()
    assert lost(file, "第一页\f申请单位：", [Left(1, "隐藏", "石桥镇人民政府")]) != ()


def test_parts_without_a_page_are_compared_with_the_whole() -> None:
    file = Recount((Part("正文", counted("全年受理31件")), Part("图表", counted("柳溪县18"), name="图表1")))
    assert [(each.place, each.characters) for each in lost(file, "全年受理31件", ())] == [("图表1", "1柳溪县8")]


@given(st.text(alphabet="青川31²₂３-−。\u3000 \n\u200b", max_size=30), st.text(alphabet="青川31件。 \n", max_size=30))
def test_white_space_and_the_height_of_a_digit_are_no_difference_and_all_else_is(text: str, more: str) -> None:
    file = Recount((Part("正文", counted(text + more), 1),))
    assert lost(file, more + "\n" + text, ()) == ()
    missing = "".join(each.characters for each in lost(file, text, ()))
    assert sorted(missing) == sorted(counted(more))


def test_a_file_that_cannot_be_counted_is_left_to_its_reader(tmp_path: Path) -> None:
    for suffix in COUNTERS.keys() - {".html", ".htm"}:  # of a web page there is always something to count
        path = tmp_path / f"坏{suffix}"
        path.write_bytes(b"%PDF-1.7 nothing")
        assert recount(path) is None
    assert recount(tmp_path / "没有.txt") is None


def test_it_imports_no_reader() -> None:
    code = ("import sys, index.recount, index.recount_pdf, index.recount_ofd\n"
            "print([name for name in sys.modules if name.startswith('index.readers.') and name.rsplit('.')[-1] not in ('apart', 'broken', 'package')])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
