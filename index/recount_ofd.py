"""The second count of an OFD: every TextCode of a page, of the templates it names, of its annotations and of the graphic units it uses."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from index import limits
from index.readers.package import checked
from index.recount import Part, Recount, counted

if TYPE_CHECKING:
    from zipfile import ZipFile

_DEPTH = 4  # graphic units within one another


def count(path: Path) -> Recount:
    """Raises LoadError, or what the parser does, for a damaged file."""
    found: list[Part] = []
    number = 0
    with checked(path, "OFD") as package:
        xml = _Xml(package)
        for root in (_at("", _text(place)) for place in _named(xml("OFD.xml"), "DocRoot")):
            document = xml(root)
            templates = {each.get("ID"): _at(root, each.get("BaseLoc", "")) for each in _named(document, "TemplatePage")}
            units = {each.get("ID"): each for each in _units(xml, root, document)}
            notes = dict(_notes(xml, root, document))
            for listed in _named(document, "Page"):
                place = _at(root, listed.get("BaseLoc", ""))
                content = xml(place)
                here = {**units, **{each.get("ID"): each for each in _units(xml, place, content)}}
                drawn = [*(xml(templates[each.get("TemplateID")]) for each in _named(content, "Template") if each.get("TemplateID") in templates), content]
                number += 1
                found.append(Part("正文", counted("".join(code for each in drawn for code in _codes(each, here))), number))
                for note in notes.get(listed.get("ID"), []):
                    found.append(Part("批注", counted("".join(_codes(xml(note), here))), number))
    return Recount(tuple(found))


class _Xml:
    """The XML inside, each parsed whenever it is asked for; what is parsed over and over counts over and over."""

    def __init__(self, package: ZipFile) -> None:
        self._package = package
        self._entries = {entry.filename.lower(): entry for entry in package.infolist()}
        self._left = limits.ZIP_BYTES

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._entries

    def __call__(self, name: str) -> Element:
        from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

        entry = self._entries[name.lower()]
        self._left -= entry.file_size
        if self._left < 0:
            raise ValueError(name)
        root: Element = fromstring(self._package.read(entry), forbid_dtd=True)
        return root


def _units(xml: _Xml, at: str, root: Element) -> Iterator[Element]:
    """Graphic units of the resource lists that a document or a page names."""
    for name in ("PublicRes", "DocumentRes", "PageRes"):
        for listed in _named(root, name):
            place = _at(at, _text(listed))
            if place in xml:
                yield from _named(xml(place), "CompositeGraphicUnit")


def _notes(xml: _Xml, root: str, document: Element) -> Iterator[tuple[str | None, list[str]]]:
    """(ID of a page, entries that hold its annotations)."""
    for listed in _named(document, "Annotations"):
        place = _at(root, _text(listed))
        if place in xml:
            for page in _named(xml(place), "Page"):
                files = [_at(place, _text(file)) for file in _named(page, "FileLoc")]
                yield page.get("PageID"), [file for file in files if file in xml]


def _codes(root: Element, units: dict[str | None, Element], depth: int = 0) -> Iterator[str]:
    for item in root.iter():
        name = _tag(item)
        if name == "TextCode":
            yield item.text or ""
        elif name == "CompositeObject" and depth < _DEPTH and item.get("ResourceID") in units:
            yield from _codes(units[item.get("ResourceID")], units, depth + 1)


def _named(root: Element, name: str) -> Iterator[Element]:
    return (item for item in root.iter() if _tag(item) == name)


def _tag(item: Element) -> str:
    return item.tag.rpartition("}")[2] if isinstance(item.tag, str) else ""


def _text(item: Element) -> str:
    return (item.text or "").strip()


def _at(document: str, place: str) -> str:
    """An entry of the zip: from its root where it begins with /, else beside the file that names it."""
    return posixpath.normpath(place.lstrip("/") if place.startswith("/") else posixpath.join(posixpath.dirname(document), place))
