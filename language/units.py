"""Units and measure words: how each is spelled, the unit it compares in, its dimension; by units.csv."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from decimal import Decimal

from language.tables import Words, table

_LATIN = re.compile(r"[A-Za-z]")


@dataclass(frozen=True)
class Unit:
    """A unit as written: 1 of it is `factor` of its base."""

    name: str
    base: str
    factor: Decimal
    dimension: str
    names: bool = False  # a number before it is a name's, not a quantity: 三级, 5号
    single: str = ""  # with a numeral in words of one character: "no" it counts nothing, "one" even 一 counts


def unit_at(text: str, at: int) -> Unit | None:
    """The unit that starts at a place, the longest; None where none does or it only begins another word: 家 of 家庭."""
    for word in _words().starting(text, at):
        after = at + len(word)
        if _LATIN.match(word[-1]) and _LATIN.match(text, after):
            continue
        unlike = _words()[word]["not_before"]
        if unlike and text.startswith(tuple(unlike.split("|")), after):
            continue
        return unit(word)
    return None


@functools.cache
def unit(name: str) -> Unit:
    """A unit by its spelling; one that the table does not know is its own base, without a dimension."""
    try:
        row = _words()[name]
    except KeyError:
        return Unit(name, name, Decimal(1), "")
    return Unit(name, row["base"], Decimal(row["factor"]), row["dimension"], row["reads"] == "ordinal", row["han"])


@functools.cache
def _words() -> Words:
    return Words({word: row for row in table("units") for word in row["spellings"].split()})
