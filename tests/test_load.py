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


def test_web_page_gives_its_article_without_navigation_or_script(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<html><head><title>站名</title><script>var 跟踪 = 1</script></head><body><nav>首页 政务公开</nav>"
        "<h1>白石县司法局工作总结</h1><p>全年办结<b>36</b>件。</p><table><tr><th>指标</th><th>数量</th></tr>"
        "<tr><td>调解</td><td>51件</td></tr></table><footer>版权所有</footer></body></html>", encoding="utf8")
    raw = load(path)
    assert raw.marked
    assert [line for line in raw.text.split("\n") if line] == ["# 白石县司法局工作总结", "全年办结36件。", "指标 数量", "调解 51件"]


def test_web_page_in_gbk_names_its_charset(tmp_path: Path) -> None:
    path = tmp_path / "page.htm"
    path.write_bytes(f'<html><head><meta charset="gbk"></head><body><p>{TEXT}</p></body></html>'.encode("gbk"))
    assert TEXT in load(path).text


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
