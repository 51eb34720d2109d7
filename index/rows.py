"""The row of a passage: its report's row and its ordinal there in one integer, by which the catalog and both indexes know it.

The functions take whole arrays of rows as well.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

_Row = TypeVar("_Row", int, np.ndarray)

SHIFT = 20  # bits of the ordinal
MOST_PASSAGES = 1 << SHIFT  # of one report


def passage_row(report: int, ordinal: int) -> int:
    """The row of a report's passage; `passage_row(report + 1, 0)` is behind all of them."""
    return report << SHIFT | ordinal


def report_row(passage: _Row) -> _Row:
    """The row of the report that a passage is of."""
    return passage >> SHIFT


def ordinal(passage: int) -> int:
    """Which passage of its report it is, from 0."""
    return passage & MOST_PASSAGES - 1
