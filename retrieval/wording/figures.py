"""The one reading of figures that the check of a wording rests on."""

from __future__ import annotations

from retrieval import spans
from retrieval.spans import Span


def figures(text: str) -> list[Span]:
    """Figures with their bounds and units (近3.5万人次, 10日以内) and dates, in order; `text[s.start:s.end]` is how it is written."""
    return sorted((*spans.figures(text), *spans.dates(text)), key=lambda span: (span.start, -span.end))
