"""Damages a sample file the way that finds faults: bytes for most formats, the XML inside for those that are a zip of it."""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

TOKENS = [
    b"", b"\0", b"\xff\xfe", b"-1", b"0", b"99999999999999999999", b"1e309", b"nan", b"%1%2%9", b"<", b">", b"&", b"&amp;", b"&x;",
    b'"', b"</", b"<!--", b"]]>", b"<![CDATA[", "\u202e".encode(), b"\xed\xa0\x80", "表".encode(), b"\r", b"\f", b"../../../etc/passwd",
    b"<!DOCTYPE a [<!ENTITY x 'y'>]>", b"<w:tbl><w:tr><w:tc/></w:tr></w:tbl>", b'<w:gridSpan w:val="99999"/>', b"<w:vMerge/>",
    b'<w:numPr><w:ilvl w:val="77"/><w:numId w:val="1"/></w:numPr>', b"<table><tr><td rowspan=9999 colspan=9999>", b"<div>" * 50,
    b"g 99999999 1", b"0 0 0 0", b"/Count 1000000", b"/Kids [1 0 R]", b"endobj", b"stream", b"/Rotate 90", b"BT", b"ET", b"xref",
    b"/MediaBox [0 0 0 0]", b"/MediaBox [-1e9 0 1e9 1]", b't="s"', b't="e"', b't="d"', b'r="XFD1048576"', b"<v>99999</v>", b"<f>A1</f>",
]


class Edit(NamedTuple):
    """At a share of the way through one of the parts: so many bytes give way to a token."""

    part: float
    place: float
    length: int
    token: bytes


def edit(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Bytes with all edits made, parts ignored."""
    for _, place, length, token in edits:
        at = int(place * len(data))
        data = data[:at] + token + data[at + length:]
    return data


def edit_value(xml: bytes, change: Edit) -> bytes:
    """XML with the value of one attribute replaced: it stays well-formed, so that the reader gets to it."""
    values = list(re.finditer(rb'="([^"]*)"', xml))
    if not values:
        return xml
    value = values[int(change.place * len(values))]
    return xml[:value.start(1)] + escape(change.token.decode("utf-8", "ignore"), {'"': "&quot;"}).encode() + xml[value.end(1):]


def edit_package(data: bytes, edits: Sequence[Edit]) -> bytes:
    """A zip with edits made in its XML, so that they are not lost to a checksum."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    names = [name for name in parts if name.endswith((".xml", ".rels", ".opf", ".xhtml"))]
    for change in edits:
        name = names[int(change.part * len(names))]
        parts[name] = edit_value(parts[name], change) if change.length == 1 else edit(parts[name], [change])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, part in parts.items():
            package.writestr(name, part)
    return out.getvalue()


def chance(dice: random.Random) -> list[Edit]:
    """One to eight edits."""
    return [Edit(dice.random(), dice.random(), dice.choice([0, 0, 1, 1, 1, 1, 2, 8, 50, 400]),
                 dice.choice(TOKENS) if dice.random() < 0.7 else dice.randbytes(dice.choice([1, 2, 4, 16])))
            for _ in range(dice.choice([1, 1, 2, 3, 8]))]


def editor(suffix: str) -> Callable[[bytes, Sequence[Edit]], bytes]:
    return edit_package if suffix in (".docx", ".xlsx", ".ofd", ".pptx", ".epub") else edit
