"""Every character of a file is in a passage or named among what was dropped; what is doubled is found."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.audit import Audit, audit, overlaps
from index.chunk import chunk
from index.clean import clean
from index.outline import outline
from index.read import read_audited
from index.types import Facts, Report

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "reports"


def audited(raw: str) -> Audit:
    cleaned = clean(raw)
    headings = outline(cleaned)
    return audit(raw, cleaned, headings, chunk("r", cleaned.text, headings, cleaned.pages))


def report(name: str, text: str) -> Report:
    return Report(name, f"/tmp/{name}", name, Facts(), text)


@settings(deadline=None)
@given(st.text(alphabet="青川市办结，。（）一二、是 12%\n\u3000—-#*>|aB", max_size=200))
def test_characters_in_passages_and_dropped_ones_are_all_there_are(raw: str) -> None:
    got = audited(raw)
    assert got.indexed + sum(len("".join(run.text.split())) for run in got.dropped) == got.characters
    assert all("".join(raw[run.start:].split()).startswith("".join(run.text.split())) for run in got.dropped)


def test_what_was_dropped_is_named() -> None:
    raw = ("您当前的位置：首页 > 政务公开\n【字号：大 中 小】\n白石县民政局2024年工作总结\n" + "全县新建养老站点14个，服务老人3600人次。" * 3
           + "\n— 1 —\n参见https://example.invalid/a?b=c 的说明\n----\n打印本页")
    got = audited(raw)
    assert [(run.why, run.text) for run in got.dropped] == [
        ("导航", "您当前的位置：首页 > 政务公开"), ("导航", "【字号：大 中 小】"), ("页码", "— 1 —"),
        ("链接", "https://example.invalid/a?b=c"), ("分隔线", "----"), ("导航", "打印本页")]
    assert got.share == 1.0 and got.warnings == ()


def test_text_that_was_lost_lowers_the_share_and_warns() -> None:
    raw = "全县新建养老站点14个，服务老人3600人次。" * 20
    cleaned = clean(raw)
    passages = chunk("r", cleaned.text, (), ())
    got = audit(raw, cleaned, (), passages[1:])
    assert got.share < 0.9 and "只收入了" in got.warnings[0]
    assert got.dropped[0].why == "正文"


def test_garbled_text_and_missing_headings_are_warnings() -> None:
    assert any("乱码" in w for w in audited("全年办结\ufffd\ufffd\ufffd件案件，成效明显。").warnings)
    assert any("标题" in w for w in audited("不断完善工作机制，持续提升服务质量。" * 400).warnings)


def test_near_copies_and_copied_sentences_are_found() -> None:
    shared = "坚持把群众满意作为检验工作的根本标准，健全完善常态化走访联系服务机制。"
    first = report("2023.txt", f"{shared}\n2023年共办结行政复议案件86件，比上年增长两成以上。")
    second = report("2024.txt", f"{shared}\n2024年共办结行政复议案件99件，比上年增长一成以上。")
    other = report("别的.txt", "全市完成造林面积三万二千亩，森林覆盖率继续提高，空气质量保持优良。")
    (found,) = overlaps([first, second, other])
    assert (found.first.name, found.second.name) == ("2023.txt", "2024.txt")
    assert found.copied == (shared.rstrip("。"),) and not found.alike
    assert "86件" in found.only_first[0] and "99件" in found.only_second[0]
    assert overlaps([first, replace(first, id="x", name="副本.txt")])[0].alike


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/reports is not beside this checkout")
def test_the_real_reports_are_read_whole() -> None:
    for path in sorted(SHARED.rglob("*.txt")):
        _, got = read_audited(path)
        assert got.share >= 0.99, (path.name, [run for run in got.dropped if run.why == "正文"])
