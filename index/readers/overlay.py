"""What is printed across a page and is none of its text: watermarks and stamps, told by slant, size and coming again.

They must be set apart before lines are made, or their characters are cut into words; whether what is set apart is a watermark
is known once all pages are seen (`watermarks`).  Slanted writing that is none, as the names along a chart, is read after the page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.readers.layout import Box, Line, Mark, around
from index.readers.printed import numbers

WATERMARK = "水印"  # the kinds of what is left out
HIDDEN = "隐藏"
_LEAN = 8.0  # degrees off the page's own directions that a crooked scan explains
_LARGE = 1.4  # times the size of what is written around it
_APART = 3.0  # ems between two runs


@dataclass(frozen=True)
class Run:
    """Writing across a page."""

    text: str
    size: float  # of its font over that of the page's text
    slanted: bool
    over: bool  # level, and printed over other text
    marks: tuple[Mark, ...]

    @property
    def box(self) -> Box:
        box = self.marks[0].box
        for mark in self.marks[1:]:
            box = around(box, mark.box)
        return box

    def line(self) -> Line:
        """As a line of its own, where it is text."""
        return Line(self.text, [mark.box for mark in self.marks for _ in mark.text], self.box, indent=8)


def leans(turn: float) -> bool:
    """Whether a direction is none of the page's own."""
    return _LEAN < turn % 90 < 90 - _LEAN


def parted(marks: Sequence[Mark]) -> tuple[list[Mark], list[Run]]:
    """Marks of a page without what is written across it; and that, with level writing so large that it might be."""
    sizes = Counter(round(mark.size) for mark in marks if mark.size and not leans(mark.turn))
    if not sizes and not any(leans(mark.turn) for mark in marks):
        return list(marks), []
    body = sizes.most_common(1)[0][0] if sizes else 0
    large = {size for size in sizes if size >= _LARGE * body}
    if not large and not any(mark.turn % 90 for mark in marks):
        return list(marks), []
    across = _across(marks)
    kept = [mark for at, mark in enumerate(marks) if at not in across]
    runs = [_run(run, body, slanted=True, over=False) for run in _runs([marks[at] for at in sorted(across)])]
    for run in _runs([mark for mark in kept if round(mark.size) in large and not leans(mark.turn)]):
        under = _under(run, kept)
        if len(run) >= 3 and run[0].size >= _LARGE * body:
            runs.append(_run(run, body, slanted=False, over=under))
    runs = [run for run in runs if run.text.strip()]
    gone = {id(mark) for run in runs if run.over for mark in run.marks}
    return [mark for mark in kept if id(mark) not in gone], runs


def _across(marks: Sequence[Mark]) -> set[int]:
    """Places of slanted marks; a level one that is drawn between two of them belongs with them, as on a round seal."""
    found = {at for at, mark in enumerate(marks) if leans(mark.turn)}
    for at in range(1, len(marks) - 1) if found else ():
        if at not in found and at - 1 in found and any(n in found and _near(marks[at], marks[n]) for n in (at + 1, at + 2)):
            found.add(at)
    return found


def _runs(marks: Iterable[Mark]) -> list[list[Mark]]:
    """Marks that are drawn one after another and stand near one another, in one size."""
    runs: list[list[Mark]] = []
    for mark in marks:
        if not mark.text.strip():
            continue
        if runs and _near(runs[-1][-1], mark) and round(runs[-1][-1].size) == round(mark.size) and _follows(runs[-1][-1], mark):
            runs[-1].append(mark)
        else:
            runs.append([mark])
    return runs


def _near(a: Mark, b: Mark) -> bool:
    reach = _APART * (max(a.size, b.size) or 1)
    return abs(a.box[0] + a.box[2] - b.box[0] - b.box[2]) / 2 <= reach and abs(a.box[1] + a.box[3] - b.box[1] - b.box[3]) / 2 <= reach


def _follows(a: Mark, b: Mark) -> bool:
    """Level marks of a run stand on one line."""
    return leans(a.turn) or leans(b.turn) or min(a.box[3], b.box[3]) > max(a.box[1], b.box[1]) or min(a.box[2], b.box[2]) > max(a.box[0], b.box[0])


def _run(marks: Sequence[Mark], body: float, slanted: bool, over: bool) -> Run:
    size = max(mark.size for mark in marks)
    return Run("".join(mark.text for mark in marks), size / body if body else 1.0, slanted, over, tuple(marks))


def _under(run: Sequence[Mark], marks: Sequence[Mark]) -> bool:
    """Whether smaller writing stands within the characters of a run."""
    found = 0
    inner = [(box[0] + 0.1 * (box[2] - box[0]), box[1] + 0.15 * (box[3] - box[1]), box[2] - 0.1 * (box[2] - box[0]), box[3] - 0.15 * (box[3] - box[1]))
             for box in (mark.box for mark in run)]
    left, top, right, bottom = min(b[0] for b in inner), min(b[1] for b in inner), max(b[2] for b in inner), max(b[3] for b in inner)
    for mark in marks:
        x, y = (mark.box[0] + mark.box[2]) / 2, (mark.box[1] + mark.box[3]) / 2
        if left <= x <= right and top <= y <= bottom and mark.text.strip() and mark.size * _LARGE <= run[0].size:
            found += any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for b in inner)
            if found >= 2:
                return True
    return False


def watermarks(pages: Sequence[Sequence[Run]]) -> frozenset[str]:
    """Texts of the runs that are no text of the report.

    Slanted: large, or again and again on a page, or on half of the pages.  Level: printed over the text of some page.
    """
    again: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for page, runs in enumerate(pages):
        for run in runs:
            again[run.text][page] += 1
    found = set()
    for run in (run for runs in pages for run in runs):
        on = again[run.text]
        if run.over or (run.slanted and (run.size >= 1.5 or max(on.values()) >= 3 or (len(on) >= 2 and 2 * len(on) >= len(pages))
                                         or (on.total() >= 2 and run.size >= 1.1) or _round(run))):
            found.add(run.text)
    return frozenset(found)


def _round(run: Run) -> bool:
    """Whether each character leans its own way, as around a seal."""
    turns = {round(mark.turn / 4) for mark in run.marks}
    return len(turns) >= 4 and len(turns) * 2 >= len(run.marks)


def said(left: Sequence[tuple[int, str]]) -> list[str]:
    """The warning that names watermarks: (page from 0, text) of each."""
    pages: defaultdict[str, set[int]] = defaultdict(set)
    for page, text in left:
        pages[text].add(page)
    return [f"{numbers(sorted(on))}的水印或印章“{text[:30]}{'…' if len(text) > 30 else ''}”不是正文，没有读入。" for text, on in list(pages.items())[:5]]


def unseen(pages: Sequence[int]) -> str:
    """The warning for pages with writing that is set to be invisible."""
    return f"{numbers(pages)}有设为不可见的文字，没有读入。"
