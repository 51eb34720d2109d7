"""A file of any supported suffix and encoding becomes text; anything else is a clear error in Chinese."""

from pathlib import Path

import pytest

from index.load import MAX_BYTES, load
from index.types import LoadError

TEXT = "青川市司法局共受理行政复议申请128件。"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_text_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "报告.txt"
    path.write_bytes(TEXT.encode(encoding))
    assert load(path).text == TEXT


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_saved_without_its_mark(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "报告.txt"
    path.write_bytes((TEXT + "\r\nA4\r\n").encode(encoding))
    assert load(path).text == TEXT + "\r\nA4\r\n"


def test_a_markdown_table_becomes_rows(tmp_path: Path) -> None:
    path = tmp_path / "表.md"
    path.write_text("# 通报\n\n| 县区 | 件数 |\n|:---|---:|\n| 白石县 | 36 |\n| 柳\\|溪 | 18 |\n\n以上。|不是表|\n", encoding="utf8")
    assert [line for line in load(path).text.split("\n") if line] == [
        "# 通报", "县区：白石县，件数：36。", "县区：柳|溪，件数：18。", "以上。|不是表|"]


def test_web_page_gives_its_article_without_navigation_or_script(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<html><head><title>站名</title><script>var 跟踪 = 1</script></head><body><nav>首页 政务公开</nav>"
        "<h1>白石县司法局工作总结</h1><p>全年办结<b>36</b>件。</p><table><tr><th>指标</th><th>数量</th></tr>"
        "<tr><td>调解</td><td>51件</td></tr></table><footer>版权所有</footer></body></html>", encoding="utf8")
    raw = load(path)
    assert raw.marked
    assert [line for line in raw.text.split("\n") if line] == ["# 白石县司法局工作总结", "全年办结36件。", "指标：调解，数量：51件。"]


def test_web_page_in_gbk_names_its_charset(tmp_path: Path) -> None:
    path = tmp_path / "page.htm"
    path.write_bytes(f'<html><head><meta charset="gbk"></head><body><p>{TEXT}</p></body></html>'.encode("gbk"))
    assert TEXT in load(path).text


def test_a_page_that_calls_gbk_gb2312_keeps_its_rare_characters(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes('<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><body>'
                     "<p>局长朱镕、陈喆到会。</p></body></html>".encode("gbk"))
    assert load(path).text == "局长朱镕、陈喆到会。"


@pytest.mark.parametrize(("markup", "lines"), [
    ("<p>全年办结<b>36</b>件，<br>比上年\n多<i>3</i>件。</p>尾", ["全年办结36件，", "比上年 多3件。", "尾"]),
    ("<ul><li>甲<li>乙</ul><pre>第一行\n第二行</pre>", ["甲", "乙", "第一行", "第二行"]),
    ("<!-- 注释 --><p>正文。<script>var a='脚本'</script><nav>导航</nav>尾。</p>", ["正文。", "尾。"]),
    ("<table><tr><td rowspan=2>青川</td><td>受理</td><td>36</td></tr><tr><td>办结</td><td>31</td></tr></table>",
     ["青川，受理，36。", "青川，办结，31。"]),
    ("<table><tr><td><table><tr><td><p>套在表格里的正文，是旧网站的排版。</p></td></tr></table></td><td>右栏</td></tr></table>",
     ["套在表格里的正文，是旧网站的排版。", "右栏"]),
])
def test_blocks_and_tables_of_a_page(tmp_path: Path, markup: str, lines: list[str]) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<html><body>{markup}</body></html>", encoding="utf8")
    assert load(path).text.replace("\u2028", "\n").split("\n") == lines


@pytest.mark.parametrize(("name", "data", "says"), [
    ("表.xyz", b"abc", "后缀"),
    ("空.txt", b"", "空"),
    ("白.txt", b"  \n\t ", "空"),
    ("图.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "不是文本"),
    ("乱.md", bytes(range(128, 256)), "不是文本"),
    ("零.txt", "有字\0有字".encode(), "不是文本"),
])
def test_what_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LoadError, match=says) as error:
        load(path)
    assert name in str(error.value)


def test_missing_and_oversized_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"没有\.txt"):
        load(tmp_path / "没有.txt")
    big = tmp_path / "大.txt"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(LoadError, match="超过上限"):
        load(big)


@pytest.mark.parametrize(("encoding", "broken"), [("utf-8", b"\xe5\xb8"), ("gb18030", b"\xff")])
def test_a_few_damaged_bytes_are_marked_and_the_rest_is_read(tmp_path: Path, encoding: str, broken: bytes) -> None:
    path = tmp_path / "报告.txt"
    lines = [f"第{n}项：{TEXT}\n" for n in range(60)]
    path.write_bytes("".join(lines[:30]).encode(encoding) + broken + "".join(lines[30:]).encode(encoding))
    assert load(path).text.replace("�", "") == "".join(lines)
    from index.read import read

    assert any("乱码" in warning for warning in read(path).warnings)
