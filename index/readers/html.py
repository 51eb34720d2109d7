"""Web pages by lxml: the main text, a block a line; navigation, scripts, forms and page furniture dropped."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.load import Raw
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.table import lines, rows
from index.types import LoadError

_FURNITURE = {"script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "button", "select", "iframe",
              "svg", "title", "head", "object", "textarea"}
_BLOCKS = {"nav", "header", "footer", "aside", "form", "br", "hr", "p", "div", "li", "tr", "section", "article", "main", "table",
           "ul", "ol", "dl", "dd", "dt", "blockquote", "pre", "caption", "center", "figure", "figcaption", "h1", "h2", "h3", "h4",
           "h5", "h6"}
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_CELL = 200  # characters of a cell of data; more is a page laid out with a table
_CELLS = 100_000  # of a table, merged ones counted in every place
_SPAN = 1000  # columns or rows that a cell covers, as HTML limits it


def html(path: Path) -> Raw:
    """Main text of a page; headings by h1 to h6, its title where it has none; a table of data as a line a row."""
    return bounded(_page, path, path.stat().st_size)


def _page(path: Path) -> Raw:
    from lxml import etree  # type: ignore[import-untyped]

    data = path.read_bytes()
    if b"\0" in data and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise LoadError(f"{path.name}：不是网页文件。请检查后缀是否与内容一致。")
    with broken(path.name, "网页文件"):
        parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
        root = etree.fromstring(_decoded(data).encode("utf-8", "replace"), parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):  # the parser stopped there
        raise LoadError(f"{path.name}：标记嵌套太深，超过上限。请在浏览器里打开、另存为文本后再加入。")
    if root is None or next(root.iter("body", "head"), None) is None:
        raise LoadError(f"{path.name}：不是网页文件。请检查后缀是否与内容一致。")
    body = "\n".join(line for line in (" ".join(line.split()) for line in "".join(_text(root)).split("\n")) if line)
    title = " ".join("".join(found.itertext()).split()) if (found := root.find(".//head/title")) is not None else ""
    headed = re.search(r"(?m)^#{1,6} ", body)
    return Raw(body if headed or not title else f"# {title}\n{body}", marked=True)  # without headings its title is all there is


def _decoded(data: bytes) -> str:
    """A page in the encoding of its mark, of its meta tag, or else in UTF-8 or GB18030, which holds GBK and GB2312."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    declared = re.search(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", data[:8192], re.I)
    name = declared[1].decode().lower() if declared else "utf-8"
    name = "gb18030" if name in ("gb2312", "gbk", "gb_2312-80", "x-gbk") else name
    for encoding in (name, "utf-8-sig", "gb18030"):
        try:
            return data.decode("utf-8-sig" if encoding in ("utf-8", "utf8") else encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    try:
        return data.decode(name, "replace")
    except LookupError:
        return data.decode("gb18030", "replace")


def _text(root: Any) -> Iterator[str]:
    """Text of a tree with line breaks around blocks, in one pass whatever its depth."""
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end"))
    literal = 0  # depth of pre
    skipped: Any = None
    for event, element in walk:
        tag = element.tag
        if event == "start":
            if tag in _FURNITURE:
                skipped = element
                walk.skip_subtree()
                continue
            if tag == "table" and (table := _table(element)) is not None:
                yield "\n" + table
                skipped = element
                walk.skip_subtree()
                continue
            literal += tag == "pre"
            if tag in _BLOCKS:
                yield "\n" + _HEADINGS.get(tag, "")
            if element.text:
                yield element.text if literal else re.sub(r"\s+", " ", element.text)
        else:
            if element is not skipped:
                literal -= tag == "pre"
            if tag in _BLOCKS:
                yield "\n"
            elif tag in ("td", "th"):
                yield " "
            if element.tail and element is not root:
                yield element.tail if literal else re.sub(r"\s+", " ", element.tail)


def _table(table: Any) -> str | None:
    """Lines of a table of data; None for a table that lays out a page."""
    if next(table.iterdescendants("table", *_HEADINGS), None) is not None:
        return None
    cells: list[list[str]] = []
    header = count = 0
    waiting: dict[int, tuple[int, str]] = {}  # column → rows still covered from above, and by what
    for row in table.iter("tr"):
        line: list[str] = []
        tags = [tag for tag in row if tag.tag in ("td", "th")]
        for tag in tags:
            _covered(line, waiting)
            text = _cell(tag)
            if len(text) > _CELL:
                return None
            down = _span(tag, "rowspan")
            for _ in range(_span(tag, "colspan")):
                if down > 1:
                    waiting[len(line)] = (down - 1, text)
                line.append(text)
        _covered(line, waiting)
        count += len(line)
        if count > _CELLS:
            return None
        header += bool(tags) and header == len(cells) and all(tag.tag == "th" for tag in tags)
        cells.append(line)
    if len(cells) < 2 or max(map(len, cells)) < 2:
        return None
    caption = next(table.iter("caption"), None)
    above = [_cell(caption)] if caption is not None else []
    return "\n".join(above + lines(cells, rows(cells, header or None)))


def _cell(cell: Any) -> str:
    parts = [cell.text or ""]
    for element in cell.iterdescendants():
        if element.tag not in _FURNITURE:
            parts += [" " if element.tag in _BLOCKS else "", element.text or ""]
        parts.append(element.tail or "")
    return " ".join("".join(parts).split())


def _covered(line: list[str], waiting: dict[int, tuple[int, str]]) -> None:
    """Puts in the cells that reach down from the rows above."""
    while len(line) in waiting:
        left, text = waiting.pop(len(line))
        if left > 1:
            waiting[len(line)] = (left - 1, text)
        line.append(text)


def _span(tag: Any, name: str) -> int:
    value = tag.get(name, "1").strip()
    return min(max(int(value), 1), _SPAN) if value.isascii() and value.isdigit() and len(value) < 7 else 1
