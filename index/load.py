"""Path → raw text.  A table of suffix → reader; each reader imports what it needs when it is met."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from index.types import LoadError

MAX_BYTES = 64 * 2**20  # a report of 64 MiB of text would be some 20,000 pages


@dataclass(frozen=True)
class Raw:
    """The text of a file as its format gives it; headings that the format marks are lines that begin with #."""

    text: str
    marked: bool = False  # True: # and ** are markup of this format, not the report's characters


def load(path: Path) -> Raw:
    """Text of a file, by its suffix.

    Raises LoadError for a missing, empty, too large or unreadable file and for a suffix without a reader.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = " ".join(sorted(READERS))
        raise LoadError(f"{path.name}：不认识的后缀“{path.suffix or '（无）'}”。可以读的有：{known}；请另存为其中一种再加入。")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise LoadError(f"{path.name}：文件有 {size / 2**20:.0f} MiB，超过上限 {MAX_BYTES // 2**20} MiB。请拆分后再加入。")
        data = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path}：无法读取（{error.strerror or error}）。请检查路径和权限。") from error
    if not data.strip():
        raise LoadError(f"{path.name}：文件是空的。请检查是否保存完整。")
    raw = reader(data, path.name)
    if not raw.text.strip():
        raise LoadError(f"{path.name}：文件里没有文字。请检查是否保存完整。")
    return raw


def decode(data: bytes, name: str) -> str:
    """Text of bytes in UTF-8, UTF-16 with its mark, or GB18030 (GB 18030-2022, which holds GBK and GB2312).

    Raises LoadError when the bytes are none of them or hold control characters that no text has.
    """
    encodings = ["utf-16"] if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(c < " " and c not in "\t\n\r\f\v\x1a" for c in text[:100_000]) and "\0" not in text:
            return text
    raise LoadError(f"{name}：不是文本文件，或编码无法识别（支持 UTF-8、UTF-16、GB18030）。请另存为 UTF-8 文本再加入。")


def _plain(data: bytes, name: str) -> Raw:
    return Raw(decode(data, name))


def _markdown(data: bytes, name: str) -> Raw:
    return Raw(decode(data, name), marked=True)


def _html(data: bytes, name: str) -> Raw:
    """Main text of a web page, a block a line; navigation, scripts, forms and page furniture dropped."""
    from bs4 import BeautifulSoup  # lxml's parser: broken markup is usual

    soup = BeautifulSoup(data, "lxml")
    if soup.find() is None or b"\0" in data:
        raise LoadError(f"{name}：不是网页文件。请检查后缀是否与内容一致。")
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    furniture = ["script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "button", "select",
                 "iframe", "svg", "title"]
    for tag in soup(furniture):
        tag.decompose()
    for tag in soup(["td", "th"]):
        tag.append(" ")
    for tag in soup(["br", "p", "div", "li", "tr", "section", "article", "table", "ul", "ol", "dd", "dt", "blockquote", "pre"]):
        tag.insert_before("\n")
        tag.insert_after("\n")
    for level in range(1, 7):
        for tag in soup(f"h{level}"):
            tag.insert_before("\n" + "#" * level + " ")
            tag.insert_after("\n")
    body = "\n".join(" ".join(line.split()) for line in soup.get_text().split("\n"))
    heading = "" if "# " in body else f"# {title}\n"  # a page without headings: its title is all there is
    return Raw(heading + body, marked=True)


READERS: dict[str, Callable[[bytes, str], Raw]] = {
    ".txt": _plain,
    ".md": _markdown,
    ".markdown": _markdown,
    ".html": _html,
    ".htm": _html,
}
SUFFIXES = frozenset(READERS)
