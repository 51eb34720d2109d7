"""Small figures set high or low beside larger writing → figures that say so: a note's mark is none of a number's digits, a power stays one."""

from __future__ import annotations

from collections.abc import Sequence

from index.readers.layout import Mark

_SMALL = 0.78  # of the size of what it stands beside
_OFF = 0.18  # ems between their baselines, of the larger
_BESIDE = 0.6  # ems between them, of the larger
_FIGURES = "0123456789+-−－"
_HIGH = str.maketrans("0123456789+-−－", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_DEEP = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def raised(marks: Sequence[Mark], heights: Sequence[float]) -> list[Mark]:
    """Marks in the order in which they are drawn, small figures off the line as ⁷ or, beside a figure, ₇.

    `heights`: of each baseline, growing upwards as the mark is read.  A low figure after a letter (PM2.5, CO2) stays as it is
    usually written.
    """
    found = list(marks)
    small = _SMALL * max((mark.size for mark in marks), default=0.0)
    for at, mark in enumerate(marks):
        if not 0 < mark.size <= small or mark.text not in _FIGURES:
            continue
        beside = _beside(marks, at)
        if beside is None:
            continue
        rise = (heights[at] - heights[beside]) / marks[beside].size
        if _OFF <= rise <= 1.0:
            found[at] = mark._replace(text=mark.text.translate(_HIGH))
        elif -1.0 <= rise <= -_OFF and (marks[beside].text.isdigit() or marks[beside].text in "%％"):
            found[at] = mark._replace(text=mark.text.translate(_DEEP))
    return found


def _beside(marks: Sequence[Mark], at: int) -> int | None:
    """The nearest larger mark that a small one is drawn after, or else before, and stands beside."""
    for step in (-1, 1):
        other = at + step
        while 0 <= other < len(marks) and abs(other - at) <= 6:
            near = marks[other]
            if near.text.strip():
                if near.size * _SMALL >= marks[at].size:
                    if near.turn == marks[at].turn and _gap(near, marks[other - step]) <= _BESIDE * near.size:
                        return other
                    break
                if near.size > 1.05 * marks[at].size or near.size * 1.05 < marks[at].size:
                    break
            other += step
    return None


def _gap(a: Mark, b: Mark) -> float:
    """How far two boxes stand apart."""
    across = max(a.box[0] - b.box[2], b.box[0] - a.box[2], 0.0)
    down = max(a.box[1] - b.box[3], b.box[1] - a.box[3], 0.0)
    return max(across, down)
