"""A stranger's file costs a bounded time and memory, and ends in text or in a LoadError that names it: never anything else."""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

import pytest

from index import limits
from index.load import READERS, load
from index.types import LoadError

DATA = Path(__file__).parent / "data"
SAMPLE = DATA / "青川市司法局2023年法治政府建设年度报告.docx"
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/hostname">]>'
PARTS = {".docx": "word/document.xml", ".xlsx": "xl/worksheets/sheet1.xml", ".ofd": "Doc_0/Document.xml"}
SAMPLES = {path.suffix: path for path in sorted(DATA.iterdir())}


def refused(path: Path, says: str) -> str:
    with pytest.raises(LoadError, match=says) as error:
        load(path)
    assert path.name in str(error.value)
    return str(error.value)


def changed(path: Path, sample: Path, part: str, content: bytes) -> Path:
    """A copy of a zip with one part replaced."""
    with zipfile.ZipFile(sample) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return path


@pytest.mark.parametrize("suffix", sorted(PARTS))
class TestZips:
    def test_a_part_that_unpacks_to_too_much(self, tmp_path: Path, suffix: str) -> None:
        path = changed(tmp_path / f"炸弹{suffix}", SAMPLES[suffix], PARTS[suffix], b" " * (limits.XML_BYTES + 1))
        assert path.stat().st_size < 2**20
        refused(path, f"超过上限 {limits.XML_BYTES // limits.MIB} MiB")

    def test_parts_that_unpack_to_too_much_together(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"炸弹{suffix}"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package, package.open("a.bin", "w") as part:
            for _ in range(limits.ZIP_BYTES // limits.MIB + 1):
                part.write(bytes(limits.MIB))
        refused(path, f"超过上限 {limits.ZIP_BYTES // limits.MIB} MiB")

    def test_too_many_parts(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"碎片{suffix}"
        with zipfile.ZipFile(path, "w") as package:
            for number in range(limits.ZIP_ENTRIES + 1):
                package.writestr(str(number), b"")
        refused(path, f"超过上限 {limits.ZIP_ENTRIES:,} 个")

    def test_a_part_larger_than_its_directory_says(self, tmp_path: Path, suffix: str) -> None:
        path = changed(tmp_path / f"谎言{suffix}", SAMPLES[suffix], PARTS[suffix], b"<a>" + b" " * 5_000_000)
        data = bytearray(path.read_bytes())
        at = data.rfind(PARTS[suffix].encode()) - 46  # its entry in the directory
        assert data[at:at + 4] == b"PK\x01\x02"
        data[at + 24:at + 28] = struct.pack("<I", 10)
        path.write_bytes(data)
        refused(path, "不是完好的")

    @pytest.mark.parametrize("doctype", [LAUGHS, OUTSIDE], ids=["entities in entities", "an entity that is a file"])
    def test_entities_are_not_expanded(self, tmp_path: Path, suffix: str, doctype: str) -> None:
        with zipfile.ZipFile(SAMPLES[suffix]) as package:
            xml = package.read(PARTS[suffix]).decode().partition("?>")[2]
        reference = "&i;"
        for start in ("<w:t>", "<v>", "<ofd:BaseLoc>"):
            xml = xml.replace(start, start + reference, 1)
        path = changed(tmp_path / f"实体{suffix}", SAMPLES[suffix], PARTS[suffix], (doctype + xml).encode())
        try:
            text = load(path).text
        except LoadError as error:
            assert path.name in str(error)
        else:
            assert "哈哈" not in text
            assert Path("/etc/hostname").read_text().strip() not in text

    def test_cut_short(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"半截{suffix}"
        path.write_bytes(SAMPLES[suffix].read_bytes()[:3000])
        refused(path, "不是完好的")

    def test_an_entry_that_climbs_out_of_the_folder_stays_inside(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / "in" / f"爬{suffix}"
        path.parent.mkdir()
        changed(path, SAMPLES[suffix], "", b"")
        with zipfile.ZipFile(path, "a") as package:
            package.writestr("../../escaped.xml", "<a/>")
        assert load(path).text
        assert sorted(p.name for p in tmp_path.rglob("*")) == ["in", path.name]


class TestPdf:
    def pages(self, kids: str, count: int) -> bytes:
        return (f"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count {count}/Kids[{kids}]>>endobj\n"
                "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n").encode()

    def test_too_many_pages(self, tmp_path: Path) -> None:
        path = tmp_path / "多页.pdf"
        path.write_bytes(self.pages("3 0 R " * (limits.PAGES + 1), limits.PAGES + 1))
        refused(path, f"超过上限 {limits.PAGES:,} 页")

    @pytest.mark.parametrize("kids", ["3 0 R", "2 0 R", "9 0 R", ""], ids=["fewer", "itself", "missing", "none"])
    def test_a_count_that_the_pages_do_not_bear_out(self, tmp_path: Path, kids: str) -> None:
        path = tmp_path / "假页数.pdf"
        path.write_bytes(self.pages(kids, 4000))
        refused(path, "没有文字|一页也没有|打不开")

    def test_a_million_objects(self, tmp_path: Path) -> None:
        path = tmp_path / "多对象.pdf"
        path.write_bytes(self.pages("3 0 R", 1).replace(b"trailer", b"".join(b"%d 0 obj 0 endobj\n" % n for n in range(4, 1_000_004))
                                                       + b"trailer"))
        refused(path, "没有文字")

    def test_a_page_of_too_many_characters(self, tmp_path: Path) -> None:
        from reportlab.pdfgen import canvas

        path = tmp_path / "密页.pdf"
        page = canvas.Canvas(str(path))
        page.setFont("Helvetica", 1)
        for row in range(210):
            page.drawString(0, row * 4, "x" * 1000)
        page.save()
        refused(path, f"超过上限 {limits.PAGE_MARKS:,} 个")

    def test_a_password(self, tmp_path: Path) -> None:
        from reportlab.lib.pdfencrypt import StandardEncryption
        from reportlab.pdfgen import canvas

        path = tmp_path / "密码.pdf"
        page = canvas.Canvas(str(path), encrypt=StandardEncryption("secret", canPrint=0))
        page.drawString(100, 100, "text")
        page.save()
        refused(path, "密码")


class TestMarkup:
    @pytest.mark.parametrize(("suffix", "markup"), [
        (".html", "<div>" * 100_000 + "字"),
        (".html", "<table><tr><td>" * 50_000 + "字"),
        (".html", "<table>" + "<tr><td rowspan=9999 colspan=9999>字" * 900 + "</table>尾"),
        (".html", "<p>字" * 200_000),
        (".html", "<p>字<br>" * 200_000),
        (".html", "<!DOCTYPE x [<!ENTITY a '哈哈'>]><p>字&a;"),
        (".md", "|字" * 100_000 + "|\n" + "|-" * 100_000 + "|\n" + "|" * 100_000),
        (".md", "# " * 100_000 + "字"),
        (".txt", "（一字" * 300_000),
        (".txt", "字" * 3_000_000),
    ], ids=range(10))
    def test_absurd_markup_is_read_or_refused(self, tmp_path: Path, suffix: str, markup: str) -> None:
        path = tmp_path / f"怪{suffix}"
        path.write_text(markup, encoding="utf-8")
        try:
            assert "字" in load(path).text
        except LoadError as error:
            assert path.name in str(error)

    def test_a_nested_word_table(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(SAMPLE) as package:
            xml = package.read("word/document.xml").decode()
        nested = "<w:tbl><w:tr><w:tc>" * 60 + "<w:p><w:r><w:t>深处</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * 60
        at = xml.index("<w:p>")
        path = changed(tmp_path / "套表.docx", SAMPLE, "word/document.xml", (xml[:at] + nested + xml[at:]).encode())
        assert "深处" in load(path).text

    def test_a_sheet_that_claims_every_cell_there_is(self, tmp_path: Path) -> None:
        cell = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>最后一格</t></is></c></row>'
        sheet = ('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
                 f"<sheetData>{cell}</sheetData></worksheet>")
        path = changed(tmp_path / "大表.xlsx", SAMPLES[".xlsx"], PARTS[".xlsx"], sheet.encode())
        try:
            assert "最后一格" in load(path).text or "法律援助中心" in load(path).text
        except LoadError as error:
            assert "超过上限" in str(error)


class TestText:
    def test_a_line_of_200_mb_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "一行.txt"
        with path.open("wb") as file:
            file.truncate(200 * limits.MIB)
        refused(path, f"超过上限 {limits.TEXT_BYTES // limits.MIB} MiB")

    def test_too_many_characters(self, tmp_path: Path) -> None:
        path = tmp_path / "长文.txt"
        path.write_text("字" * (limits.CHARACTERS + 1), encoding="utf-8")
        refused(path, f"超过上限 {limits.CHARACTERS:,} 字")

    def test_marks_that_turn_the_direction_of_writing_lose_their_power_and_move_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "倒.txt"
        text = "罚款\u202e元001\u202c，\u2067见附件\u2069。\u200f"
        path.write_text(text, encoding="utf-8")
        assert load(path).text == "罚款\u200b元001\u200b，\u200b见附件\u200b。\u200b"

    def test_lone_surrogates_in_utf_16_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "半字.txt"
        path.write_bytes("青川".encode("utf-16") + b"\x00\xd8" + "市".encode("utf-16-le"))
        refused(path, "编码")


class TestPaths:
    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        path = tmp_path / "管道.txt"
        os.mkfifo(path)
        refused(path, "不是文件")

    def test_a_folder_with_a_suffix(self, tmp_path: Path) -> None:
        path = tmp_path / "文件夹.txt"
        path.mkdir()
        refused(path, "不是文件")

    @pytest.mark.parametrize("name", ["反\u202etxt.txt", "断\n行.txt"], ids=["direction", "line break"])
    def test_a_name_that_cannot_be_shown(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(LoadError, match="文件名") as error:
            load(tmp_path / name)
        assert "\u202e" not in str(error.value)
        assert "\n" not in str(error.value)

    @pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX systems only")
    def test_a_name_that_is_not_text(self, tmp_path: Path) -> None:
        path = tmp_path / os.fsdecode(b"\xff.txt")
        with pytest.raises(LoadError, match="文件名") as error:
            load(path)
        str(error.value).encode("utf-8")

    def test_a_file_that_may_not_be_read(self, tmp_path: Path) -> None:
        path = tmp_path / "锁.pdf"
        path.write_bytes(b"%PDF")
        path.chmod(0)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
        refused(path, "权限")


@pytest.mark.parametrize("suffix", sorted(READERS))
@pytest.mark.parametrize("data", [b"\0" * 100, b"\xff" * 100, b"PK\x03\x04" + b"\0" * 100, b"%PDF-1.7\n", b"\xd0\xcf\x11\xe0" * 20],
                         ids=["NUL", "FF", "zip", "pdf", "ole"])
def test_what_is_not_the_format_of_its_suffix_is_refused(tmp_path: Path, suffix: str, data: bytes) -> None:
    path = tmp_path / f"冒充{suffix}"
    path.write_bytes(data)
    try:
        assert load(path).text.strip()  # %PDF-1.7 is text in a .txt
    except LoadError as error:
        assert path.name in str(error)
    else:
        assert suffix in (".txt", ".md", ".markdown", ".html", ".htm", ".csv")
