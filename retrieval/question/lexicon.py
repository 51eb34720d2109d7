"""Official terms and the everyday words for them, both ways: 打官司 → 应诉.

`lexicon.tsv` is written by hand for this project: a line a term, then the ways people say it, between tabs.
"""

from __future__ import annotations

import functools
from pathlib import Path

from index.lexical import segment

_FILE = Path(__file__).with_name("lexicon.tsv")
_LONGEST = 10  # characters of what is looked up in a question
_VAGUE = 3  # a word of more terms than this stands for none of them: 安排, 一把手


def other_words(text: str) -> dict[str, tuple[str, ...]]:
    """What a text says in words of the lexicon → the other words for it; the longest wins, none overlaps another.

    A word of two characters counts only where it is cut as a word: 出勤 is not in 付出勤劳.
    """
    known, cut = _known(), set(segment(text))
    found: dict[str, tuple[str, ...]] = {}
    at = 0
    while at < len(text):
        for end in range(min(len(text), at + _LONGEST), at + 1, -1):
            said = text[at:end]
            if said in known and (end - at > 2 or said in cut):
                found[said] = known[said]
                at = end
                break
        else:
            at += 1
    return found


@functools.cache
def _known() -> dict[str, tuple[str, ...]]:
    """Each word → the others on its lines, in the order of the file."""
    lines: dict[str, list[list[str]]] = {}
    for line in _FILE.read_text(encoding="utf8").splitlines():
        alike = line.split("\t")
        for word in alike:
            lines.setdefault(word, []).append(alike)
    return {
        word: tuple(dict.fromkeys(other for alike in held for other in alike if other != word))
        for word, held in lines.items()
        if len(held) <= _VAGUE
    }
