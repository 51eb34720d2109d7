"""Web pages by lxml: the main text, a block a line; navigation, scripts, forms to fill in, page furniture and what is hidden left out."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.load import Left, Raw
from index.readers.apart import bounded
from index.readers.broken import broken
from index.readers.hidden import Hidden, hidden
from index.readers.symbols import LOWERED, RAISED
from index.readers.table import is_form, lines, rows
from index.types import LoadError

_FURNITURE = {"script", "style", "noscript", "template", "nav", "header", "footer", "aside", "button", "select", "iframe", "svg", "title", "head",
              "object", "rt", "rp", "datalist", "audio", "video", "canvas"}
_BLOCKS = {"nav", "header", "footer", "aside", "form", "hr", "p", "div", "li", "tr", "section", "article", "main", "table", "ul", "ol", "dl", "dd",
           "dt", "blockquote", "pre", "caption", "center", "figure", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "textarea", "fieldset",
           "legend", "details", "summary", "address"}
_UNSEEN = {"script", "style", "noscript", "template", "iframe", "svg", "title", "head", "object"}  # no text of the page
_STRUCK = {"del", "s", "strike"}
# where a printed page ended inside a paragraph: after whole sentences one that does not end
_CUT = re.compile(r"(?m)^([^#\n][^\n]{30,}[。；][^。；！？\n]*[\u4e00-\u9fff\d，、])\n(?=[\u4e00-\u9fff\d，、])")
_HIDDEN, _CROSSED = "隐藏", "划掉"
_SOFT = "\u2028"  # a line that ends inside a paragraph
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_CELL = 200  # characters of a cell of data; more is a page laid out with a table
_CELLS = 100_000  # of a table, merged ones counted in every place
_SPAN = 1000  # columns or rows that a cell covers, as HTML limits it
_LONG = 2000  # characters of a cell where the page marks a header
_NAME = 30  # characters of a name of a column
_FORM = 200  # characters of a form to fill in; one that holds more is wrapped around the page


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
    reading = _Reading(hidden(root))
    body = "\n".join(filter(None, map(_paragraph, re.sub(f"{_SOFT}(?:\\s*{_SOFT})+", "\n", "".join(reading.text(root))).split("\n"))))
    body = _CUT.sub(rf"\1{_SOFT}", body)
    title = " ".join("".join(found.itertext()).split()) if (found := root.find(".//head/title")) is not None else ""
    headed = re.search(r"(?m)^#{1,6} ", body)
    text = body if headed or not title else f"# {title}\n{body}"  # without headings its title is all there is
    return Raw(text, marked=True, warnings=reading.warnings(), left=tuple(reading.left), paragraphs=True)


def _paragraph(text: str) -> str:
    return _SOFT.join(filter(None, (" ".join(line.split()) for line in text.split(_SOFT))))


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


class _Reading:
    """One pass over a page, with what it left out."""

    def __init__(self, hidden: Hidden) -> None:
        self.hidden = hidden
        self.left: list[Left] = []

    def warnings(self) -> tuple[str, ...]:
        kinds = Counter(each.kind for each in self.left)
        return tuple(f"有 {kinds[kind]} 处{what}文字没有收入" for kind, what in ((_HIDDEN, "网页上隐藏的"), (_CROSSED, "划掉的")) if kinds[kind])

    def skips(self, element: Any) -> bool:
        """Whether an element and all in it is left out."""
        tag = element.tag
        if tag in _FURNITURE or (tag == "form" and _to_fill_in(element)):
            kind = "网页框架"
        elif tag in _STRUCK:
            kind = _CROSSED
        elif self.hidden(element):
            kind = _HIDDEN
        else:
            return False
        if tag not in _UNSEEN and (text := " ".join("".join(element.itertext()).split())):
            self.left.append(Left(0, kind, text))
        return True

    def text(self, root: Any) -> Iterator[str]:
        """Text of a tree with line breaks around blocks, in one pass whatever its depth."""
        from lxml import etree

        walk = etree.iterwalk(root, events=("start", "end"))
        literal = 0  # depth of pre
        small: list[tuple[Any, dict[int, int]]] = []  # raised or lowered parts that are open
        skipped: Any = None
        for event, element in walk:
            tag = element.tag
            if event == "start":
                if element is not root and self.skips(element):
                    skipped = element
                    walk.skip_subtree()
                    continue
                if (tag == "table" and (said := self.table(element)) is not None) or (tag == "math" and (said := _formula(element))):
                    yield "\n" * (tag == "table") + said
                    skipped = element
                    walk.skip_subtree()
                    continue
                literal += tag in ("pre", "textarea")
                if tag in ("sup", "sub"):
                    small.append((element, RAISED if tag == "sup" else LOWERED))
                if tag in _BLOCKS:
                    yield "\n" + _HEADINGS.get(tag, "")
                yield _drawn(element)
                if element.text:
                    yield _spaced(element.text, literal, small[-1][1] if small else None)
            else:
                if small and small[-1][0] is element:
                    small.pop()
                if element is not skipped:
                    literal -= tag in ("pre", "textarea")
                if tag in _BLOCKS:
                    yield "\n"
                elif tag in ("td", "th"):
                    yield " "
                if element.tail and element is not root:
                    yield _spaced(element.tail, literal, small[-1][1] if small else None)

    def table(self, table: Any) -> str | None:
        """Lines of a table of data; None for a table that lays out a page."""
        if next(table.iterdescendants(*_HEADINGS), None) is not None:
            return None
        if next(table.iterdescendants("table"), None) is not None and not _is_data(table):
            return None
        before = len(self.left)
        cells: list[list[str]] = []
        inner: dict[int, list[str]] = {}  # row → lines of the tables inside its cells
        header = count = longest = 0
        waiting: dict[int, tuple[int, str]] = {}  # column → rows still covered from above, and by what
        for row in table.iter("tr"):
            if _owner(row) is not table or any(map(self.skips, _inside(row, table))):
                continue
            line: list[str] = []
            tags = [tag for tag in row if tag.tag in ("td", "th") and not self.skips(tag)]
            for tag in tags:
                _covered(line, waiting)
                text = self.cell(tag)
                for nested in tag.iterdescendants("table"):
                    inner.setdefault(len(cells), []).extend((self.table(nested) or self.cell(nested)).split("\n") if _owner(nested) is table else [])
                longest = max(longest, len(text))
                down = _span(tag, "rowspan")
                for _ in range(_span(tag, "colspan")):
                    if down > 1:
                        waiting[len(line)] = (down - 1, text)
                    line.append(text)
            _covered(line, waiting)
            count += len(line)
            if count > _CELLS:
                break
            named = next(row.iterancestors("thead", "table"), table).tag == "thead" or all(tag.tag == "th" for tag in tags)
            header += bool(tags) and header == len(cells) and named
            cells.append(line)
        if count > _CELLS or longest > (_LONG if header else _CELL) or max(map(len, cells), default=0) < 2 or (
                len(cells) < 2 and not is_form(cells)):
            del self.left[before:]  # the page is read on
            return None
        caption = next(table.iter("caption"), None)
        made = [self.cell(caption)] if caption is not None and _owner(caption) is table else []
        pieces = rows(cells, header or None)
        for told, text in zip(pieces, lines(cells, pieces), strict=True):
            made.append(text)
            at = max((piece[0] for piece in told if not isinstance(piece, str)), default=0)
            for number in sorted(number for number in inner if number <= at):
                made += inner.pop(number)
        return "\n".join(made)

    def cell(self, cell: Any) -> str:
        """A cell's text in a line, without the tables inside it."""
        from lxml import etree

        parts: list[str] = []
        walk = etree.iterwalk(cell, events=("start", "end"))
        small: list[tuple[Any, dict[int, int]]] = []
        for event, element in walk:
            tag = element.tag
            if event == "start":
                said = _formula(element) if tag == "math" else None
                if element is not cell and (tag == "table" or said or self.skips(element)):
                    parts.append(said or " ")
                    walk.skip_subtree()
                    continue
                if tag in ("sup", "sub"):
                    small.append((element, RAISED if tag == "sup" else LOWERED))
                parts += [" " if tag in _BLOCKS or tag == "br" else "", _drawn(element), _spaced(element.text or "", 1, small[-1][1] if small else None)]
            elif element is not cell:
                if small and small[-1][0] is element:
                    small.pop()
                parts += [" " if tag in _BLOCKS or tag in ("td", "th") else "", _spaced(element.tail or "", 1, small[-1][1] if small else None)]
        return " ".join("".join(parts).split())


def _spaced(text: str, literal: int, small: dict[int, int] | None) -> str:
    text = text.replace("\n", _SOFT) if literal else re.sub(r"\s+", " ", text)
    return text.translate(small) if small else text


def _drawn(element: Any) -> str:
    """What a page draws for an element that holds no text: the end of a line, a box that is ticked or not."""
    if element.tag == "br":
        return _SOFT
    if element.tag == "input" and (element.get("type") or "").lower() in ("checkbox", "radio"):
        return "☑" if element.get("checked") is not None else "□"
    return ""


def _to_fill_in(form: Any) -> bool:
    """Whether a form is one to fill in, not one that is wrapped around the page."""
    if next(form.iterdescendants("p", "table", *_HEADINGS), None) is not None:
        return False
    return len("".join("".join(form.itertext()).split())) <= _FORM


def _formula(math: Any) -> str:
    """A MathML formula in a line: 3/4, m²."""
    tag = math.tag
    parts = [_formula(child) for child in math if isinstance(child.tag, str) and not child.tag.startswith("annotation")]
    if tag == "mfrac" and len(parts) == 2:
        return "/".join(part if len(part) == 1 or part.isalnum() else f"({part})" for part in parts)
    if tag in ("msup", "msub", "msubsup") and len(parts) > 1:
        tables = {"msup": [RAISED], "msub": [LOWERED], "msubsup": [LOWERED, RAISED]}[tag]
        return parts[0] + "".join(part.translate(table) for part, table in zip(parts[1:], tables, strict=False))
    if tag == "msqrt":
        return f"√({''.join(parts)})"
    return " ".join((math.text or "").split()) + "".join(parts) + ("" if tag == "math" else " ".join((math.tail or "").split()))


def _owner(element: Any) -> Any:
    """The table that an element is directly in."""
    return next(element.iterancestors("table"), None)


def _inside(row: Any, table: Any) -> Iterator[Any]:
    """A row and the groups of rows it is in."""
    while row is not None and row is not table:
        yield row
        row = row.getparent()


def _is_data(table: Any) -> bool:
    """Whether a table with tables inside is one of data: names of columns on top, tables in few of its cells."""
    own = [row for row in table.iter("tr") if _owner(row) is table]
    if len(own) < 2:
        return False
    names = [cell for cell in own[0] if cell.tag in ("td", "th")]
    held = [" ".join("".join(cell.itertext()).split()) for cell in names]
    plain = all(next(cell.iterdescendants("table"), None) is None for cell in names)
    nested = sum(_owner(each) is table for each in table.iterdescendants("table"))
    return plain and len(names) > 1 and all(0 < len(text) <= _NAME for text in held) and nested < len(own)


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
