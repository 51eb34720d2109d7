"""The items of the lists that a text writes out, by its marks alone: numbered headings, 一是…二是…, 包括：…；…。

Pure functions: a text in, offsets into it out, nothing rewritten.  The items of a list are in order, apart, and inside the text.
A、B和C等 within a sentence is for joined_lists.py; which list a question means, for which_list.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.outline import SCHEMES, number
from index.types import Heading
from retrieval.question import spans
from retrieval.question.spans import trim

Run = tuple[int, int]  # offsets: text[start:end]

_LEAD = 160  # characters before a first item that may introduce it
_SKIP = 2  # a number left out by a slip of the report's does not end a list
_ENUMERATED = (
    re.compile(r"(?:(?<=[。；;：:，,\n])|^)\s*(?P<n>[①-⑳])", re.M),
    re.compile(r"(?:(?<=[。；;：:\n])|^)\s*第(?P<n>[一二三四五六七八九十]{1,3})[，,、]", re.M),
    re.compile(r"(?:(?<=[。；;：:，,\n])|^)\s*(?P<n>[一二三四五六七八九十]{1,3})是(?![一二三四五六七八九十]是)", re.M),
)


@dataclass(frozen=True)
class Items:
    """A list: the runs of its items, and of the words that introduce it."""

    spans: tuple[Run, ...]
    lead: Run
    titles: tuple[str, ...] = ()  # of the headings over the list, outermost first; its own last
    more: bool = False  # the text says 等: it does not name them all
    said: int = 0  # how many the text itself says there are: 两个, 三大工程; 0 where it does not
    what: str = ""  # what the text calls them: 等城市, 三大工程

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]


# ---- under headings


def numbered(text: str, headings: Sequence[Heading]) -> list[Items]:
    """The lists that numbered headings make, one for each run of brothers that counts up from one."""
    above: list[int] = []  # headings over the place reached
    brothers: dict[tuple[int, int], list[int]] = {}  # (the heading over them, their level) → headings
    over: dict[int, tuple[str, ...]] = {-1: ()}
    for at, heading in enumerate(headings):
        above = [one for one in above if headings[one].level < heading.level]
        parent = above[-1] if above else -1
        over[at] = (*over[parent], heading.title)
        brothers.setdefault((parent, heading.level), []).append(at)
        above.append(at)
    found = []
    for (parent, _), held in brothers.items():
        for run in _counting([(at, _number(headings[at].title)) for at in held]):
            starts = [headings[at].start for at in run]
            last = headings[run[-1]]
            end = next((h.start for h in headings[run[-1] + 1 :] if h.level <= last.level), len(text))
            lead = _lead(text, headings[parent] if parent >= 0 else None, starts[0])
            found.append(Items(_apart(text, starts, end), lead, over[parent]))
    return found


def _number(title: str) -> int:
    """The number that a heading carries; 0 where it carries none."""
    marker = next((match for _, pattern in SCHEMES if (match := pattern.match(title))), None)
    return number(marker["n"]) if marker else 0


def carries_number(item: str) -> bool:
    """Whether an item's own words begin with its number: （一） 1. 一是 ① 第一，"""
    return _number(item) > 0 or any(mark.match(item) for mark in _ENUMERATED)


def _counting(numbered: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Of (which, its number), the runs of two or more that count up from one."""
    run: list[int] = []
    last = 0
    for which, n in [*numbered, (-1, 1)]:
        if run and last < n <= last + _SKIP:
            run.append(which)
        else:
            if len(run) > 1:
                yield run
            run = [which] if n == 1 else []
        last = n


def _lead(text: str, heading: Heading | None, first: int) -> Run:
    """The words right before a first item: the sentence that ends there, else the heading over it."""
    from_ = heading.start if heading else 0
    before = spans.sentences(text[max(from_, first - _LEAD) : first])
    shift = max(from_, first - _LEAD)
    if not before:
        return from_, first
    start, end = before[-1]
    return shift + start, shift + end


def _apart(text: str, starts: Sequence[int], end: int) -> tuple[Run, ...]:
    """Runs from each start to the next; the last ends as the others do: with a sentence, a line, or only at `end`."""
    runs = [trim(text, left, right) for left, right in pairwise([*starts, end])]
    others = [text[a:b] for a, b in runs[:-1]]
    left, right = runs[-1]
    for mark in (r"\n", r"[。！？；;]"):
        if not any(re.search(mark, one.rstrip("。！？；;\n")) for one in others) and (stop := re.compile(mark).search(text, left, right)):
            right = stop.end()
    runs[-1] = trim(text, left, right)
    return tuple(runs)


# ---- within a paragraph


def enumerated(text: str, at: int) -> list[Items]:
    """Lists marked ①②, 第一，第二， or 一是…二是 in the paragraph in which `at` stands."""
    start, end = _between(text, at, "\n")
    found = []
    for mark in _ENUMERATED:
        marks = [(m.start("n") - (m[0].lstrip()[:1] == "第"), _ordinal(m["n"])) for m in mark.finditer(text, start, end)]
        for run in _counting(marks):
            before = trim(text, max(start, run[0] - _LEAD), run[0])
            lead = [(before[0] + a, before[0] + b) for a, b in spans.sentences(text[slice(*before)])]
            found.append(Items(_apart(text, run, next((s for s, _ in marks if s > run[-1]), end)), lead[-1] if lead else (run[0], run[0])))
    return found


def _ordinal(mark: str) -> int:
    return ord(mark) - ord("①") + 1 if "①" <= mark <= "⑳" else number(mark)


def divided(text: str, at: int) -> list[Items]:
    """包括：…；…；…。: what stands between the semicolons after a colon, of the sentence in which `at` stands."""
    start, end = _between(text, at, "。！？\n")
    colon = re.compile("[：:]").search(text, start, end)
    if colon is None:
        return []
    pieces = [trim(text, *piece) for piece in split(text, colon.end(), end, "；;")]
    kept = tuple((a, b) for a, b in pieces if a < b and text[a:b] not in ("等", "等等"))
    more = any(text[a:b] in ("等", "等等") for a, b in pieces)
    return [Items(kept, trim(text, start, colon.end()), more=more)] if len(kept) > 2 else []


def _between(text: str, at: int, marks: str) -> Run:
    """The run around `at` that none of the marks interrupts, its closing mark left out."""
    start = max(text.rfind(mark, 0, at) for mark in marks) + 1
    ends = [found for mark in marks if (found := text.find(mark, at)) >= 0]
    return start, min(ends, default=len(text))


# ---- cutting


def leading(text: str, run: Run, longest: int) -> Run:
    """A run whole where it fits, else its leading sentences, else its leading clauses, at least one."""
    start, end = run
    if end - start <= longest:
        return run
    for pieces in (spans.sentences(text[start:end]), spans.clauses(text[start:end])):
        ends = [right for _, right in pieces if right <= longest]
        if ends:
            return start, start + ends[-1]
    return start, start + spans.clauses(text[start:end])[0][1]


def fitted(text: str, runs: Sequence[Run], limit: int) -> tuple[Run, ...]:
    """Runs that together, a line break between, keep within a limit: the long ones give way first; empty where they cannot."""
    left = limit - len(runs) + 1
    share = 0
    for at, length in enumerate(sorted(end - start for start, end in runs)):
        share = left // (len(runs) - at)
        if length > share:
            break
        left -= length
        share = max(share, length)
    cut = tuple(leading(text, run, share) for run in runs)
    return cut if sum(end - start + 1 for start, end in cut) - 1 <= limit else ()


def split(text: str, start: int, end: int, marks: str) -> Iterator[Run]:
    """Runs between marks that stand in no bracket or quotation."""
    left, depth = start, 0
    for at in range(start, end):
        depth = max(0, depth + (text[at] in "《“（([【「") - (text[at] in "》”）)]】」"))
        if text[at] in marks and not depth:
            yield left, at
            left = at + 1
    yield left, end
