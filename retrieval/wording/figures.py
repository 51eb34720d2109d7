"""The one reading of figures that the check of a wording rests on."""

from __future__ import annotations

import functools
import re

from language.tables import table
from retrieval.question import spans
from retrieval.question.spans import Span

_SCALE = re.compile(r"^[十百千万亿]+")
_JOINS = ("高达", "[余多几]", "近", "约", "超", "逾", "[-至到/∶:]")  # further marks that a figure's value alone does not tell
_RANGE = re.compile(r"[-至到~]")  # of whose two ends one alone would be read
_ONE = {"超": "超过", "逾": "超过", "大约": "约", "将近": "近", "接近": "近"}
_PERSONS = frozenset({"名", "位", "人"})  # measure words for the same thing


def figures(text: str) -> list[Span]:
    """Figures with their bounds and units (近3.5万人次, 10日以内) and dates, in order; `text[s.start:s.end]` is how it is written."""
    return sorted((*spans.figures(text), *spans.dates(text)), key=lambda span: (span.start, -span.end))


def same(one: str, other: str) -> bool:
    """Whether two figures, each written out with its bound and unit, are one: 1.26万人, 12600人; 98%, 百分之九十八; 3名, 3位."""
    if one == other:
        return True
    a, b = _read(one), _read(other)
    return a is not None and a == b


@functools.cache
def _bounds() -> re.Pattern[str]:
    """What bounds a figure in the language's table, the longest first; single characters of it that are other words too left out."""
    words = sorted((row["word"] for row in table("bounds") if len(row["word"]) > 1), key=len, reverse=True)
    return re.compile("|".join((*map(re.escape, words), *_JOINS)))


def _read(written: str) -> tuple[float, str, tuple[str, ...]] | None:
    found = spans.figures(written)
    if len(found) != 1 or not found[0].value or (found[0].start, found[0].end) != (0, len(written)) or _RANGE.search(written):
        return None
    unit = _SCALE.sub("", found[0].unit)
    return found[0].value, "人" if unit in _PERSONS else unit, tuple(_ONE.get(bound, bound) for bound in _bounds().findall(written))
