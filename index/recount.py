"""A second count of a file's characters, taken before any filter of ours and by none of our readers: what it has and a text lacks is said.

The readers' own count cannot see what they never read.  Here every character that a format can show is counted page by page, or
part by part where a format has no pages, in a table of suffix → function; `lost` compares it with what was read.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from index.load import Left

LEAST = 1  # characters that a page or part may lack without a word: none


@dataclass(frozen=True)
class Part:
    """Characters of one kind on a page, or in a part of a file without pages; white space and invisible marks count for nothing."""

    kind: str  # 正文 表单 批注 图表…: what a reader of the warning calls it
    characters: str  # as `counted` gives them
    page: int = 0  # from 1; 0: of a format without pages
    name: str = ""  # of a part that has one: 工作表“收入”


@dataclass(frozen=True)
class Recount:
    """A file's characters."""

    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(len(part.characters) for part in self.parts)


@dataclass(frozen=True)
class Lost:
    """What a page or part has and what was read of it lacks, each character as often as it is missing."""

    place: str  # 第3页 正文
    characters: str


# suffix → “module:name” of a function Path → Recount; it may raise, which counts for nothing: the reader has said what is wrong
COUNTERS: dict[str, str] = {
    ".pdf": "index.recount_pdf:count",
    ".ofd": "index.recount_ofd:count",
    ".docx": "index.recount_office:word",
    ".xlsx": "index.recount_office:workbook",
    ".pptx": "index.recount_office:presentation",
    **dict.fromkeys((".html", ".htm"), "index.recount_office:page"),
}


def recount(path: Path) -> Recount | None:
    """The second count of a file, None where its format has none or the file does not let itself be counted."""
    name = COUNTERS.get(path.suffix.lower())
    if name is None:
        return None
    module, _, function = name.partition(":")
    count: Callable[[Path], Recount] = getattr(import_module(module), function)
    try:
        return count(path)
    except Exception:  # damaged: the reader names it
        return None


def counted(text: str) -> str:
    """Characters of a text as they are compared: a raised digit is that digit, a wide one that digit, white space nothing."""
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", "".join(text.translate(_SAME).split())))


def lost(file: Recount, text: str, left: Sequence[Left]) -> tuple[Lost, ...]:
    """What the file has that neither the text read of it nor what was knowingly left out has.

    A page of the file is compared with the page of the text: `text` has a form feed after each.  Parts without a page are
    compared together with the whole.
    """
    sheets = text.split("\f")
    by_page: defaultdict[int, list[Part]] = defaultdict(list)
    for part in file.parts:
        by_page[part.page].append(part)
    said: defaultdict[int, str] = defaultdict(str)
    for each in left:
        said[each.page] += each.text
    found = []
    for page, parts in sorted(by_page.items()):
        there = Counter("".join(part.characters for part in parts))
        read = Counter(counted(sheets[page - 1] if 0 < page <= len(sheets) else text))
        for at in {0, page} if page else said.copy():
            read.update(counted(said[at]))
        missing = there - read
        if missing.total() < LEAST:
            continue
        lacking = [part for part in parts if Counter(part.characters) - read] or parts
        kinds = "、".join(dict.fromkeys((part.name or part.kind) for part in lacking))
        found.append(Lost(f"第{page}页{kinds}" if page else kinds, "".join(missing.elements())))
    return tuple(found)


def remarks(found: Sequence[Lost]) -> list[str]:
    """The warning for what is lost: where, what kind, which characters."""
    if not found:
        return []
    places = "；".join(f"{each.place} {len(each.characters)} 字（{each.characters[:12]}{'…' if len(each.characters) > 12 else ''}）" for each in found[:5])
    more = f"等 {len(found)} 处" if len(found) > 5 else ""
    return [f"另数一遍，原文件里有 {sum(len(each.characters) for each in found)} 字没有读到：{places}{more}。请对照原件"]


_SAME = str.maketrans({"\x02": "-", "\ufffe": "-", "\u00ad": "", "\u2010": "-", "\u2011": "-", "−": "-", "⁻": "-"})  # PDFium's hyphens, and others
_UNSEEN = re.compile("[\\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd-\uffff\ue000-\uf8ff\ud800-\udfff]"
                     "|[\U000e0000-\U0010ffff]")
