"""A text as it is compared: its letters, figures and the signs that mean something; other marks are kept as places only."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from retrieval.wording.functionwords import SAME

# plans said in other ways than by one word
PLANS = re.compile(r"下一步|下步|下一年|力争|拟于|计划(?=[于到在再将新用投建]|\d{4}年|\d+月)|(?:^|[年司局])计划(?=\d)|^目标")
_NUMBER = re.compile(  # of an item in a list, at the head of a clause
    r"(?:^|(?<=[,;:。!?\n]))\s*(?:[一二三四五六七八九十]{1,2}是|第[一二三四五六七八九十]{1,2}(?=[,、:])|[((【]?[一二三四五六七八九十\d]{1,2}[))】]"
    r"|[一二三四五六七八九十\d]{1,2}[.、](?!\d)|[①-⑳])"
)
_HAN_DIGITS = "零〇一二两三四五六七八九十百千万亿"
_SIGNS = "%‰°¥$€£≥≤×±&@+="
_QUOTES = "“”‘’\"'《》〈〉「」『』"  # no break: “双随机”抽查
_DASHES = frozenset("-—–―~−")


@dataclass(frozen=True)
class Line:
    """A text less its marks."""

    text: str
    marks: frozenset[int] = frozenset()  # offsets before which a mark stood; the ends are not among them

    def whole(self, start: int, end: int) -> bool:
        """Whether no mark stands inside a run: 10、20件 is no figure."""
        return not any(start < mark < end for mark in self.marks)

    def stops(self, at: int) -> bool:
        """Whether a clause can begin or end at an offset."""
        return at in (0, len(self.text)) or at in self.marks


def plain(text: str) -> str:
    """Widths, thousands and white space as one; a space between two digits stays, for they are two numbers."""
    text = unicodedata.normalize("NFKC", text).replace("∶", ":").lower()
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    return re.sub(r"[ \t\r\u3000\u200b-\u200f\u2060\ufeff]+", lambda m: " " if _between_digits(text, m.start(), m.end()) else "", text)


def unnumbered(text: str) -> str:
    """A plain text without the numbers of the items of its lists: they arrange it, and say nothing."""
    return _NUMBER.sub("", text)


def _between_digits(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start].isdigit() and text[end : end + 1].isdigit()


def line(text: str) -> Line:
    """A plain text without its marks."""
    kept: list[str] = []
    marks: set[int] = set()
    for at, character in enumerate(text):
        if _means(text, at):
            kept.append("-" if character in _DASHES else character)
        elif character not in _QUOTES:
            marks.add(len(kept))
    return Line("".join(kept), frozenset(marks - {0, len(kept)}))


def _means(text: str, at: int) -> bool:
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character.isalnum() or character in _SIGNS:
        return True
    if character in ".:":
        return before.isdigit() and after.isdigit()
    if character == "/":
        return before.isalnum() and after.isalnum()
    if character in _DASHES:
        return after.isdigit() and before not in _DASHES
    return character in "<>" and after.isdigit()


def numeral(character: str) -> bool:
    """Whether a character is a digit, Arabic or Chinese."""
    return character.isdigit() or character in _HAN_DIGITS


def cuts(said: Line) -> frozenset[int]:
    """Where words of a text begin or end; a mark ends one."""
    found, start = {0}, 0
    for end in (*sorted(said.marks), len(said.text)):
        for word in words(said.text[start:end]):
            found.add(start := start + len(word))
    return frozenset(found)


def same_at(said: Line, at: frozenset[int]) -> dict[int, list[tuple[int, int]]]:
    """For each place where a word of SAME begins: (its group, where it ends)."""
    found: dict[int, list[tuple[int, int]]] = {}
    for group, known in enumerate(SAME):
        for word in known:
            begins = said.text.find(word)
            while begins >= 0:
                if len(word) > 1 or {begins, begins + 1} <= at:
                    found.setdefault(begins, []).append((group, begins + len(word)))
                begins = said.text.find(word, begins + 1)
    return found


def words(text: str) -> list[str]:
    """Words of a text in order, none left out."""
    import rjieba

    return list(rjieba.cut(text))


def tagged(text: str) -> list[tuple[str, str]]:
    """Words of a text with their parts of speech, as jieba names them."""
    import rjieba

    return list(rjieba.tag(text))
