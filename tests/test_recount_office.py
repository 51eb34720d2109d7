"""The second count of Word, Excel, PowerPoint and web pages agrees with what is read, and tells of a line that a reader drops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook

from index.load import Raw, load
from index.recount import lost, recount
from tests import office_samples
from tests.test_readers_docx import p, t, tr, word

SAMPLES = Path(__file__).parent / "data"
PAGE = ("<html><head><title>标题</title><style>.a{display:none}</style></head><body><h1>青川市通报</h1><nav>首页</nav><p>办结36件<sup>2</sup>。</p>"
        "<p class=a>暗处。</p><table><tr><th>镇</th><th>数</th></tr><tr><td>长滩镇</td><td>1,200</td></tr></table><script>var a=1</script></body></html>")


def document(path: Path) -> Path:
    ruby = "<w:r><w:ruby><w:rt><w:r><w:t>bó</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>亳</w:t></w:r></w:rubyBase></w:ruby></w:r>"
    vanish = t("暗字", "<w:vanish/>")
    table = f"<w:tbl>{tr('镇', '数')}{tr('长滩镇', '36')}{tr('旧镇', '9', properties='<w:del/>')}</w:tbl>"
    return word(path, f"<w:p>{t('地名')}{ruby}{t('州市')}{vanish}</w:p>{table}{p('完。')}")


def workbook(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["镇", "户数", "证件"], ["长滩镇", 1200, "331"], ["暗镇", 9, "332"]):
        sheet.append(row)
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("暗表").sheet_state = "hidden"
    book["暗表"]["A1"] = "不给看"
    book.save(path)
    return path


def kinds(folder: Path) -> list[Path]:
    (folder / "页.html").write_text(PAGE, encoding="utf-8")
    (folder / "服务.pptx").write_bytes(office_samples.pptx())
    return [document(folder / "文.docx"), workbook(folder / "表.xlsx"), folder / "页.html", folder / "服务.pptx",
            *(path for path in sorted(SAMPLES.iterdir()) if path.suffix in (".docx", ".xlsx"))]


def missing(path: Path, raw: Raw) -> str:
    counted = recount(path)
    assert counted is not None
    assert counted.total
    return "".join(each.characters for each in lost(counted, raw.text, raw.left))


def test_nothing_is_missing_of_what_is_read_whole(tmp_path: Path) -> None:
    for path in kinds(tmp_path):
        assert missing(path, load(path)) == "", path.name


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html", ".pptx"])
def test_a_line_that_a_reader_drops_is_told(tmp_path: Path, suffix: str) -> None:
    path = next(path for path in kinds(tmp_path) if path.suffix == suffix)
    raw = load(path)
    gone = next(line for line in raw.text.replace("\f", "").split("\n") if "长滩镇" in line)
    told = missing(path, replace(raw, text=raw.text.replace(gone, "")))
    assert set("长滩") <= set(told)
