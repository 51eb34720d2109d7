"""Old spreadsheets, tables as text, presentations, mails, books and archives; text in Big5; Markdown's front matter and images."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import limits
from index.load import Raw, load
from index.readers.text import decode
from index.types import LoadError
from tests import office_samples

needs_office = pytest.mark.skipif(not shutil.which("soffice"), reason="没有安装 LibreOffice")
SHEET = ["## 财政", "白石县2024年收支", "片区：东片，乡镇：长滩镇，收入：12.3亿元，日期：2024年12月31日。",
         "片区：东片，乡镇：柳溪镇，收入：3.2亿元，日期：2024年12月30日。"]


def made(tmp_path: Path, name: str, data: bytes) -> Raw:
    path = tmp_path / name
    path.write_bytes(data)
    return load(path)


@pytest.mark.parametrize("name", ["收支.xls", "收支.et", "收支.xlsx"])
def test_an_old_workbook_under_any_of_its_names(tmp_path: Path, name: str) -> None:
    raw = made(tmp_path, name, office_samples.xls())
    assert raw.text.split("\n") == SHEET
    assert raw.warnings == ("隐藏的工作表“暗表”没有收入", "工作表“财政”隐藏的 1 行没有收入")


def test_what_web_systems_export_as_xls(tmp_path: Path) -> None:
    page = "<html><meta charset=gbk><table><tr><th>镇</th><th>户数</th></tr><tr><td>长滩镇</td><td>1,200</td></tr></table></html>"
    assert made(tmp_path, "页.xls", page.encode("gbk")).text == "镇：长滩镇，户数：1,200。"
    assert made(tmp_path, "文.xls", "镇\t户数\n长滩镇\t36\n".encode("gbk")).text == "镇：长滩镇，户数：36。"
    with pytest.raises(LoadError, match=r"假\.xls.*另存为 \.xlsx"):
        made(tmp_path, "假.xls", b"\x00\x01" * 600)


@pytest.mark.parametrize(("mark", "encoding"), [(",", "gb18030"), (",", "utf-8-sig"), ("\t", "utf-16"), (";", "utf-8"), ("|", "big5")])
def test_a_table_kept_as_text(tmp_path: Path, mark: str, encoding: str) -> None:
    rows = [["鄉鎮", "户數" if encoding == "gb18030" else "戶數", "編號"], ["長灘鎮", '"1,200"', '="0012"'], ["柳溪鎮", "900", "7"]]
    raw = made(tmp_path, "表.csv", "\r\n".join(mark.join(row) for row in rows).encode(encoding))
    assert raw.text.split("\n") == [f"鄉鎮：長灘鎮，{rows[0][1]}：1,200，編號：0012。", f"鄉鎮：柳溪鎮，{rows[0][1]}：900，編號：7。"]


def test_a_csv_in_gb18030(tmp_path: Path) -> None:
    assert made(tmp_path, "户.csv", office_samples.csv()).text.split("\n") == [
        "镇：长滩镇，户数：1,200，占比：3.5%。", "镇：柳溪镇，户数：900，占比：2.1%。"]


@pytest.mark.parametrize("name", ["服务.pptx", "服务.dps"])
def test_a_presentation_is_a_page_a_slide(tmp_path: Path, name: str) -> None:
    raw = made(tmp_path, name, office_samples.pptx())
    assert [page.strip("\n").split("\n") for page in raw.text.split("\f")] == [
        ["## 青川市2024年政务服务", "全年办件12万件。", "约10⁷", "片区：东片，镇：长滩镇，办件：36。", "片区：东片，镇：柳溪镇，办件：18。",
         "长滩镇，办件量：4312。", "柳溪镇，办件量：3876。", "备注：口径为常住人口。"], [""], ["## 下一步"]]
    assert raw.warnings == ("第 2 张幻灯片是隐藏的，没有收入",)


@needs_office
def test_rtf_keeps_the_dates_that_were_stored(tmp_path: Path) -> None:
    assert made(tmp_path, "总结.rtf", office_samples.rtf()).text.split("\n") == ["临江市司法局工作总结", "全年办结36件。", "2024/12/20", "2024/11/11"]


def test_a_mail_with_what_is_attached(tmp_path: Path) -> None:
    raw = made(tmp_path, "函.eml", office_samples.eml())
    assert [line for line in raw.text.replace("\u2028", "\n").split("\n") if line] == [
        "# 关于报送2024年总结的函", "发件人：赵启明 <zhao@example.cn>", "收件人：钱程 <qian@example.cn>", "发送时间：2024年12月20日 9:30",
        "现报送总结。", "请查收。", "## 总结.docx", "### 青川市司法局2024年工作总结", "全年办理法律援助案件36件。"]
    assert raw.warnings == ("里面没有读的：工具.exe（不认识的后缀）",)


def test_a_book_in_the_order_of_its_chapters(tmp_path: Path) -> None:
    assert made(tmp_path, "书.epub", office_samples.epub()).text.split("\n") == [
        "# 青川市年鉴", "## 第一章 综述", "正文1。", "## 第二章 农业", "正文2。"]


class TestArchives:
    def test_every_report_below_its_name(self, tmp_path: Path) -> None:
        raw = made(tmp_path, "报送.zip", office_samples.archive())
        heads = [line for line in raw.text.split("\n") if line.startswith("## ")]
        assert heads == ["## 总结.docx", "## 收支.xls", "## 函.eml"]
        assert "片区：东片，乡镇：长滩镇，收入：12.3亿元" in raw.text
        assert raw.text.count("全年办理法律援助案件36件。") == 2, "the mail holds it too"
        assert raw.warnings == ("收支.xls：隐藏的工作表“暗表”没有收入",
                                "收支.xls：工作表“财政”隐藏的 1 行没有收入", "函.eml：里面没有读的：工具.exe（不认识的后缀）")

    def test_one_report_alone_is_itself(self, tmp_path: Path) -> None:
        raw = made(tmp_path, "单.zip", office_samples.archive({"总结.docx": office_samples.docx()}))
        assert raw.text.split("\n") == ["# 青川市司法局2024年工作总结", "全年办理法律援助案件36件。"]

    def test_no_member_is_written_outside(self, tmp_path: Path) -> None:
        members = {"../../逃.txt": "甲。".encode(), "/abs/绝.txt": "乙。".encode(), "c:\\x\\盘.txt": "丙。".encode()}
        raw = made(tmp_path, "路.zip", office_samples.archive(members))
        assert all(word in raw.text for word in ("## 逃.txt", "甲。", "## 绝.txt", "## 盘.txt"))
        assert os.listdir(tmp_path) == ["路.zip"]
        assert not any(path.name == "逃.txt" for path in tmp_path.parent.rglob("*"))

    def test_archives_inside_archives_end_somewhere(self, tmp_path: Path) -> None:
        data = office_samples.archive({"底.txt": "最里面的话。".encode()})
        for depth in range(5):
            data = office_samples.archive({f"{depth}.zip": data, f"{depth}.txt": f"第{depth}层的话。".encode()})
        raw = made(tmp_path, "套.zip", data)
        assert "第4层的话。" in raw.text
        assert "最里面的话。" not in raw.text
        assert any("套得太深" in warning for warning in raw.warnings)

    def test_too_many_members_are_left_out_and_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MEMBERS", 3)
        raw = made(tmp_path, "多.zip", office_samples.archive({f"{at}.txt": f"第{at}份。".encode() for at in range(5)}))
        assert raw.text.count("## ") == 3
        assert "3.txt（超过上限）；4.txt（超过上限）" in raw.warnings[0]

    def test_nothing_to_read_names_why(self, tmp_path: Path) -> None:
        for members, why in (({"a.exe": b"MZ"}, r"a\.exe（不认识的后缀）"), ({"坏.docx": b"PK\x03\x04"}, r"坏\.docx"),
                             ({"__MACOSX/a.txt": b"a"}, "没有文件")):
            with pytest.raises(LoadError, match=rf"空\.zip：.*{why}"):
                made(tmp_path, "空.zip", office_samples.archive(members))
        with pytest.raises(LoadError, match=r"假\.zip：不是完好的"):
            made(tmp_path, "假.zip", b"PK\x03\x04nothing")

    def test_a_member_that_unpacks_to_too_much(self, tmp_path: Path) -> None:
        path = tmp_path / "弹.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package, package.open("a.txt", "w") as part:
            for _ in range(limits.ZIP_BYTES // limits.MIB + 1):
                part.write(bytes(limits.MIB))
        with pytest.raises(LoadError, match=r"弹\.zip：.*上限 512 MiB"):
            load(path)


TRADITIONAL = "全縣發放敬老津貼一萬二千三百人次，金額四百五十萬元，完成道路養護三十八公里。"


@pytest.mark.parametrize("text", [TRADITIONAL, "臨溪縣2024年度施政報告\n一、社會福利\n全年發放老人津貼300人次。"])
def test_big5_is_read_as_big5(text: str) -> None:
    assert decode(text.encode("big5"), "甲.txt") == text


@given(st.text("全市办结案件收到调解成功率同比增长下降亿元万人次的了在是有和，。1234567890\n邵𫖯张𬭎", min_size=2))
def test_gb18030_is_never_taken_for_big5(text: str) -> None:
    data = text.encode("gb18030")
    if text.strip() and "\ufffd" in data.decode("utf-8", "replace"):  # a few bytes may be right in both
        assert decode(data, "甲.txt") == text


def test_front_matter_and_images_of_markdown(tmp_path: Path) -> None:
    text = ("---\ntitle: 青川市年报\ntags: [甲, 乙]\n---\n\n全年办结36件。\n\n![各镇办件量](a(1).png \"图\") ![](b.png) ![img](c.png) ![[d.png]]\n"
            "<img src='e.png' alt='x'>\n完。\n\n---\n\n尾。")
    got = made(tmp_path, "文.md", text.encode()).text
    assert [line.strip() for line in got.split("\n") if line.strip()] == ["# 青川市年报", "全年办结36件。", "各镇办件量", "完。", "---", "尾。"]
    assert made(tmp_path, "线.md", "---\n\n甲。\n\n---\n乙。".encode()).text.count("甲。") == 1
