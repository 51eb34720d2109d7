"""The second count of Word, Excel, PowerPoint and web pages: every character of the XML that the format can show, by none of our readers.

Left out here: what stands in a file twice (the older copy beside a newer drawing, moved text where it was), and figures whose
number format shows others than are stored.  A part past APART_BYTES is not counted again: it would fill this process.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index import limits
from index.readers.package import checked
from index.recount import Part, Recount, counted

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_TWICE = {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback", f"{_W}moveFrom", f"{_W}del"}
_BUILTIN = {0, 1, 49}  # number formats that show a whole number's own digits
_PLAIN = re.compile(r"(?:General|G/通用格式|@|0)")


def word(path: Path) -> Recount:
    """All w:t, m:t and a:t of the text and its notes, and the words and plain values of its charts and diagrams."""
    found: list[Part] = []
    with checked(path, "Word") as package:
        main = _main(package, "word/document.xml")
        for kind, part in [("", main), *_related(package, main)]:
            if part not in package.namelist():
                continue
            if kind in ("", "footnotes", "endnotes"):
                found.append(Part("正文" if not kind else "脚注", counted("".join(_texts(_tree(package, part))))))
            elif kind == "chart":
                found.append(Part("图表", counted("".join(_chart(_tree(package, part))))))
            elif kind == "diagramData":
                found.append(Part("SmartArt 图形", counted("".join(_texts(_tree(package, part))))))
    return Recount(tuple(found))


def workbook(path: Path) -> Recount:
    """All strings of the cells, and the values whose format shows their own digits, sheet by sheet."""
    found: list[Part] = []
    with checked(path, "Excel") as package:
        main = _main(package, "xl/workbook.xml")
        related = dict(_related(package, main))
        strings = ["".join(t.text or "" for t in _of(item, "t", besides="rPh")) for item in _of(_tree(package, related["sharedStrings"]), "si")] \
            if related.get("sharedStrings") in package.namelist() else []
        targets = dict(_targets(package, main))
        plain = _plain_styles(package, related.get("styles", ""))
        for sheet in _of(_tree(package, main), "sheet"):
            if sheet.get("state", "visible") != "visible":
                continue
            part = targets.get(_id(sheet), "")
            if part in package.namelist() and "/worksheets/" in f"/{part}":
                text = "".join(_cells(_tree(package, part), strings, plain))
                found.append(Part("单元格", counted(_unescaped(text)), name=f"工作表“{sheet.get('name')}”"))
    return Recount(tuple(found))


def presentation(path: Path) -> Recount:
    """All a:t and m:t of the slides, a page each."""
    found: list[Part] = []
    with checked(path, "PowerPoint") as package:
        main = _main(package, "ppt/presentation.xml")
        targets = dict(_targets(package, main))
        for number, slide in enumerate(_of(_tree(package, main), "sldId"), 1):
            part = targets.get(_id(slide), "")
            if part in package.namelist():
                found.append(Part("文字", counted("".join(_texts(_tree(package, part)))), number))
                charts = "".join(text for kind, other in _related(package, part) if kind == "chart" for text in _chart(_tree(package, other)))
                found.append(Part("图表", counted(charts), number))
    return Recount(tuple(found))


def page(path: Path) -> Recount:
    """All text below the body of a web page but scripts and styles."""
    from html.parser import HTMLParser

    class Text(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.skipped = 0
            self.made: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.skipped += tag in _UNSHOWN

        def handle_endtag(self, tag: str) -> None:
            self.skipped -= tag in _UNSHOWN and self.skipped > 0

        def handle_data(self, data: str) -> None:
            if not self.skipped:
                self.made.append(data)

    reading = Text()
    reading.feed(_decoded(path.read_bytes()))
    reading.close()
    return Recount((Part("正文", counted("".join(reading.made))),))


_UNSHOWN = {"script", "style", "noscript", "template", "title", "iframe", "svg", "object", "head"}


def _decoded(data: bytes) -> str:
    declared = re.search(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", data[:8192], re.I)
    names = [declared[1].decode() if declared else "utf-8", "utf-8", "gb18030"]
    for name in names:
        try:
            return data.decode("gb18030" if name.lower() in ("gb2312", "gbk") else name)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("gb18030", "replace")


def _texts(root: Any) -> Iterator[str]:
    """Texts of a part in order, none of what stands there twice."""
    stack = [root]
    while stack:
        element = stack.pop()
        if element.tag in _TWICE:
            continue
        if element.tag in (f"{_W}t", f"{_M}t", f"{_A}t"):
            yield element.text or ""
        stack.extend(reversed(element))


def _chart(root: Any) -> Iterator[str]:
    yield from (t.text or "" for t in root.iter(f"{_A}t"))
    for cache in root.iter(f"{_C}strCache", f"{_C}strLit", f"{_C}numCache", f"{_C}numLit"):
        words = cache.tag.startswith(f"{_C}str")
        plain = words or (cache.findtext(f"{_C}formatCode") or "General") == "General"
        yield from (v.text or "" for v in cache.iter(f"{_C}v") if plain and (words or (v.text or "").isdigit()))


def _cells(sheet: Any, strings: list[str], plain: set[int]) -> Iterator[str]:
    for cell in _of(sheet, "c"):
        kind = cell.get("t", "n")
        value = next(iter(_of(cell, "v")), None)
        text = (value.text or "") if value is not None else ""
        if kind == "s":
            yield strings[int(text)] if text.isdigit() and int(text) < len(strings) else ""
        elif kind == "inlineStr":
            yield "".join(t.text or "" for t in _of(cell, "t", besides="rPh"))
        elif kind in ("str", "e") or (kind == "n" and int(cell.get("s", "0")) in plain and text.isdigit() and len(text) < 12):
            yield text


def _plain_styles(package: zipfile.ZipFile, part: str) -> set[int]:
    """Numbers of the styles of cells that show a whole number's own digits."""
    if part not in package.namelist():
        return {0}
    root = _tree(package, part)
    own = {int(form.get("numFmtId")): form.get("formatCode", "") for form in _of(root, "numFmt")}
    styles = next(iter(_of(root, "cellXfs")), ())
    ids = [int(style.get("numFmtId", "0")) for style in styles]
    return {at for at, id in enumerate(ids) if (_PLAIN.fullmatch(own[id]) if id in own else id in _BUILTIN)}


def _of(root: Any, name: str, besides: str = "") -> list[Any]:
    """Elements of a name below another, whatever their namespace, none inside one called `besides`."""
    found = root.iter(f"{{*}}{name}")
    return [each for each in found if not besides or all(not up.tag.endswith(f"}}{besides}") for up in each.iterancestors())]


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def _main(package: zipfile.ZipFile, otherwise: str) -> str:
    return next((part for kind, part in _related(package, "") if kind == "officeDocument"), otherwise)


def _id(element: Any) -> str:
    """The relationship by which a workbook's sheet or a presentation's slide names its part."""
    return next((value for name, value in element.attrib.items() if name.endswith("}id")), "")


def _related(package: zipfile.ZipFile, part: str) -> list[tuple[str, str]]:
    """(kind, part) of what a part refers to."""
    return [(kind, target) for kind, _, target in _relations(package, part)]


def _targets(package: zipfile.ZipFile, part: str) -> list[tuple[str, str]]:
    """(id, part) of what a part refers to."""
    return [(id, target) for _, id, target in _relations(package, part)]


def _relations(package: zipfile.ZipFile, part: str) -> Iterator[tuple[str, str, str]]:
    folder, name = posixpath.split(part)
    listed = posixpath.join(folder, "_rels", f"{name}.rels")
    if listed in package.namelist():
        for relation in _of(_tree(package, listed), "Relationship"):
            target = relation.get("Target", "")
            place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            yield relation.get("Type", "").rpartition("/")[2], relation.get("Id", ""), place


def _tree(package: zipfile.ZipFile, part: str) -> Any:
    from lxml import etree  # type: ignore[import-untyped]

    if package.getinfo(part).file_size > limits.APART_BYTES:
        raise ValueError(f"{part} is too large to be held a second time")
    return etree.fromstring(package.read(part), etree.XMLParser(resolve_entities=False, no_network=True))
