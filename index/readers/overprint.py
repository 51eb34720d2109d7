"""Bold by printing twice: a character that covers an equal one is one character, one that stands beside it is another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from index.readers.layout import Box, Mark

THIN = 0.15  # ems: strokes and dots count as this wide, or the least shift would part them
_SHARE = 0.6  # of a glyph's width and height that its second print covers at least
_BOXES = 0.75  # the same where only the room that a glyph takes is known


def covers(a: Box, b: Box, thin: float, share: float = _SHARE) -> bool:
    """Whether two boxes are so much the same that what is drawn in them is printed twice."""
    for low, high in ((0, 2), (1, 3)):
        pad_a, pad_b = (max(0.0, thin - (box[high] - box[low])) / 2 for box in (a, b))
        shared = min(a[high] + pad_a, b[high] + pad_b) - max(a[low] - pad_a, b[low] - pad_b)
        if shared < share * max(thin, min(a[high] - a[low], b[high] - b[low])):
            return False
    return True


def once(marks: Iterable[Mark]) -> tuple[list[Mark], str]:
    """Marks without those that cover an equal one; and the characters that were left out."""
    kept: list[Mark] = []
    doubled = ""
    placed: defaultdict[tuple[str, int], list[Box]] = defaultdict(list)
    for mark in marks:
        em = mark.size or mark.box[3] - mark.box[1] or 1.0
        row = int((mark.box[1] + mark.box[3]) / em)
        near = (box for at in (row - 1, row, row + 1) for box in placed.get((mark.text, at), ()))
        if mark.text.strip() and any(covers(mark.box, box, THIN * em, _BOXES) for box in near):
            doubled += mark.text
            continue
        placed[mark.text, row].append(mark.box)
        kept.append(mark)
    return kept, doubled
