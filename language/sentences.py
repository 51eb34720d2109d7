"""Sentences: verbatim pieces of a text, each with its offsets, that put together are the text again.

No sentence ends inside brackets, quotation marks or a title, at a decimal point, or at a line break that only wraps a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from language.widths import plain

_PAIRS = {"《": "》", "〈": "〉", "“": "”", "‘": "’", "（": "）", "(": ")", "【": "】", "「": "」", "『": "』", "〔": "〕", "[": "]"}
_HELD = 200  # characters that a bracket left open may hold together
_STOPS = "。！？!?…"
_CLOSING = "”’」』）)】》"


@dataclass(frozen=True)
class Sentence:
    """A piece `text[start:end]`; its white space and closing marks belong to it."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """How the text says it."""
        return text[self.start : self.end]


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text: every character is in exactly one."""
    return _pieces(text, _STOPS)


def clauses(text: str) -> tuple[Sentence, ...]:
    """The runs of a text up to and with each comma, semicolon, colon or stop; every character is in exactly one."""
    return _pieces(text, _STOPS + "，,；;：:")


def _pieces(text: str, stops: str) -> tuple[Sentence, ...]:
    found: list[Sentence] = []
    left = at = 0
    holding = _holding(text)
    while at < len(text):
        character = text[at]
        at += 1
        ends = character in stops and not _in_number(text, at - 1) and not holding[at - 1]
        # a quotation that closes behind a stop ends the sentence: “……。”
        if character in "”’」』" and at > 1 and text[at - 2] in _STOPS and not holding[at - 1]:
            ends = True
        if character == "\n":
            ends = not holding[at - 1] and not _wrapped(text, left, at - 1)
        if not ends:
            continue
        while at < len(text) and ((text[at] in _STOPS and character in _STOPS) or (text[at] in _CLOSING and not _opens(text, at)) or text[at].isspace()):
            at += 1
        found.append(Sentence(left, at))
        left = at
    if left < len(text):
        found.append(Sentence(left, len(text)))
    return tuple(found)


def _opens(text: str, at: int) -> bool:
    return text[at] in _PAIRS


def _holding(text: str) -> bytearray:
    """For each character, 1 where it stands inside a pair of brackets or quotation marks that closes soon enough."""
    inside = bytearray(len(text))
    open_: list[tuple[str, int]] = []
    depth: list[tuple[int, int]] = []  # pairs that do close
    for at, character in enumerate(text):
        if open_ and at - open_[0][1] > _HELD:
            del open_[0]
        if character in _PAIRS:
            open_.append((_PAIRS[character], at))
        elif open_ and any(close == character for close, _ in open_):
            while open_[-1][0] != character:
                open_.pop()
            depth.append((open_.pop()[1], at))
    for start, end in depth:
        inside[start:end] = b"\x01" * (end - start)
    return inside


def _in_number(text: str, at: int) -> bool:
    """Whether a mark stands between two digits: 1,234; 3:1."""
    return text[at] in ",，：:" and text[at - 1 : at].isdecimal() and text[at + 1 : at + 2].isdecimal() and _one_number(text, at)


def _one_number(text: str, at: int) -> bool:
    if text[at] in "：:":
        return True
    near = plain(text[max(0, at - 1) : at + 5])
    return re.match(r"\d,\d{3}(?!\d)", near) is not None


def _wrapped(text: str, left: int, at: int) -> bool:
    """Whether a line break only wraps a line: no stop before it, and a figure or mark goes on behind it."""
    line = text[max(left, at - 80) : at].rstrip()
    following = text[at : at + 12].lstrip()
    if len(line) < 12 or line[-1] in _STOPS + "；;：:" or "\n" in text[at + 1 : at + 2]:
        return False
    if line[-1] in "，、（《“" or (line[-1].isdecimal() and following[:1] not in "一二三四五六七八九（(") or re.match(r"[%％，。；、）》”]", following):
        return True
    item = re.match(r"\d{1,2}\s?(?:[.．](?!\d)|[、)）])|20\d\d\s?年", following)
    return following[:1].isdecimal() and not item
