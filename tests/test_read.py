"""A file read whole, and what the real reports become."""

import subprocess
import sys
from pathlib import Path

import pytest

from index.clean import ends_sentence
from index.read import read
from index.types import LoadError, context

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "reports"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/reports is not beside this checkout")


def test_offsets_hold_for_every_sample() -> None:
    files = [p for p in sorted((ROOT / "reports").iterdir()) if p.name != "README.md"]
    assert len(files) >= 12
    for path in files:
        report = read(path)
        assert report.passages and report.facts.unit and report.facts.region and report.facts.kind, path.name
        assert all(report.text[p.start:p.end] == p.text for p in report.passages)
        assert all(report.text[h.start:h.start + len(h.title)] == h.title for h in report.headings)


def test_context_names_the_issuer_where_the_title_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("政府工作报告\n——2025年1月14日在青川市第七届人民代表大会第五次会议上\n一、回顾\n办结36件。", encoding="utf8")
    report = read(path)
    assert context(report.facts, report.passages[-1]) == "青川市人民政府 政府工作报告 一、回顾"


def test_a_file_of_furniture_alone_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "壳.txt"
    path.write_text("— 1 —\n\n— 2 —\n", encoding="utf8")
    with pytest.raises(LoadError, match=r"壳\.txt"):
        read(path)


def test_reading_imports_no_model() -> None:
    code = "import sys, index.read; sys.exit(bool({'torch', 'sentence_transformers', 'faiss', 'gradio'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@shared
def test_no_sentence_of_the_real_reports_is_cut() -> None:
    """Each paragraph ends a sentence, is a heading, or is a line of header or signature."""
    for path in sorted(SHARED.glob("seeds/*.txt")):
        report = read(path)
        starts = {h.start for h in report.headings}
        at, cut = 0, []
        for line in report.text.split("\n"):
            if at not in starts and not ends_sentence(line) and len(line) > 60 and not line.endswith(("：", ":")):
                cut.append(line[-30:])
            at += len(line) + 1
        assert not cut, (path.name, cut)


@shared
def test_facts_of_the_real_reports_are_whole() -> None:
    for path in sorted(path for folder in ("seeds", "provinces-2026") for path in (SHARED / folder).rglob("*.txt")):
        got = read(path).facts
        assert got.unit and got.region and got.year and got.kind, (path.name, got)
        if path.name.startswith("2026_"):
            year, region, kind = path.stem.split("_")
            assert (got.region, got.year, got.kind) == (region, int(year), kind)


@shared
def test_five_schemes_in_one_long_line() -> None:
    (path,) = SHARED.glob("seeds/004_*.txt")
    levels = {h.level for h in read(path).headings}
    assert levels == {1, 2, 3, 4, 5}
