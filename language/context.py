"""What the words of its own clause say of a figure: what it measures, whether that is denied, whether it is a part of another."""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Callable

from language.tables import Words, table

_REACH = 40  # characters of a clause that are looked at
_BREAK = re.compile(r"[，,；;。！？!?：:、\n|]")
_PART = re.compile(r"其中|[。；;！？\n]")
_NOUN = re.compile(r"(?:[一-鿿A-Za-z（）()“”《》·]|\d(?=[A-Za-z])){1,24}$")
_AFTER = re.compile(r"\s?的?(?P<noun>[一-鿿A-Za-z（）()“”]{1,16})")


def clause_before(text: str, at: int, left: int) -> str:
    """The words of a clause before a place, not beyond `left`, at most the reach."""
    start = max(left, at - _REACH, 0)
    cut = start
    for match in _BREAK.finditer(text, start, at):
        if match[0] in "：:" and match.end() == at:
            continue
        cut = match.end()
    return text[cut:at]


def said_against(text: str, at: int, left: int = 0) -> bool:
    """Whether the clause before a place denies what follows: 未办结, 没有; 不超过, 未来 and 不断 deny nothing."""
    clause = clause_before(text, at, left)
    for match in re.finditer("[未没无不非免]", clause):
        at_ = match.start()
        if any(clause.startswith(word, at_) for word in _harmless().get(match[0], ())):
            continue
        if any(clause.startswith(word, at_ - 1) for word in _harmless_behind() if at_):
            continue  # 差不多, 从不
        if match[0] in "非免" and not any(clause.startswith(word, at_) for word in ("非法", "免予", "免于", "免除")):
            continue
        if clause.startswith(("非法", "免除"), at_):
            continue
        return True
    return False


def parts(text: str) -> Callable[[int], bool]:
    """Whether a place stands behind 其中, up to the next stop or semicolon."""
    marks = [(match.start(), match[0] == "其中") for match in _PART.finditer(text)]
    starts = [start for start, _ in marks]

    def within(at: int) -> bool:
        which = bisect_right(starts, at) - 1
        return which >= 0 and marks[which][1]

    return within


def noun(text: str, start: int, end: int, left: int, right: int) -> tuple[int, int] | None:
    """Offsets of the words for what a figure measures: before it in its clause (行政复议申请102件), else behind it (10名退休法官)."""
    clause = clause_before(text, start, left)
    run = _NOUN.search(clause)
    if run is not None:
        begin, stop = _pared(run[0])
        if stop - begin > 1:
            return start - len(run[0]) + begin, start - len(run[0]) + stop
    after = _AFTER.match(text, end, min(right, end + 18))
    if after is not None:
        begin, stop = _headed(after["noun"])
        if stop > 1:
            return after.start("noun"), after.start("noun") + stop
    return None


def deed(text: str, start: int, left: int) -> tuple[int, int] | None:
    """Offsets of the last verb before a figure in its clause: 收到…102件."""
    clause = clause_before(text, start, left)
    for at in range(len(clause) - 1, -1, -1):
        words = [word for word in _deeds().starting(clause, at) if len(word) > 1]
        if words:
            return start - len(clause) + at, start - len(clause) + at + len(words[0])
    return None


def _pared(run: str) -> tuple[int, int]:
    """A run before a figure without the words that only lead to the figure, and without the deed before its noun."""
    stop = len(run)
    while stop and (said := _leading().ending(run, stop)):
        stop -= len(said[0])
    begin = 0
    for at in range(stop):
        for word in _deeds().starting(run, at):
            if len(word) == 1 and (run[at + 1 : at + 2] in tuple("期限关效") or (at and word not in "对向从由")):
                continue
            if run[at + len(word) : at + len(word) + 1] in tuple("性率费金额数") and at + len(word) < stop:
                continue  # 保障性住房
            if begin < at + len(word) <= stop:
                begin = at + len(word)
                break
    while begin < stop and run[begin] in "了的各类（()“”）和与及、":
        begin += 1
    return begin, stop


def _headed(run: str) -> tuple[int, int]:
    """A run behind a figure up to the first word that is a deed or leads elsewhere."""
    if _leading().starting(run, 0) and run[0] not in "数人":
        return 0, 0
    for at in range(len(run)):
        if any(len(word) > 1 for word in _deeds().starting(run, at)) or run[at] in "，在是为被已将均由与和及从向占比较以于（(":
            return 0, at
    return 0, len(run)


@functools.cache
def _leading() -> Words:
    return Words({row["word"]: row for row in table("context") if row["does"] == "leads"} | {row["word"]: row for row in table("changes")})


@functools.cache
def _deeds() -> Words:
    return Words({row["word"]: row for row in table("context") if row["does"] == "deed"})


@functools.cache
def _harmless() -> dict[str, tuple[str, ...]]:
    words = [row["word"] for row in table("context") if row["does"] == "denies nothing"]
    return {first: tuple(word for word in words if word[0] == first) for first in "未没无不非免"}


@functools.cache
def _harmless_behind() -> tuple[str, ...]:
    return tuple(row["word"] for row in table("context") if row["does"] == "denies nothing" and row["word"][0] not in "未没无不非免")
