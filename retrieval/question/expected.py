"""What is expected of an answer: the runs of a text of the kind and unit that a question asks for.

Search raises a passage by it; answer/short.py chooses among the runs.
"""

from __future__ import annotations

import math
import re

from retrieval.question import spans
from retrieval.question.expected_name import CONTACT_ASKED, NAME_ASKED, ends_so, shaped, unsaid
from retrieval.question.expected_unit import asked_unit, unit_fit
from retrieval.question.spans import Span
from retrieval.types import Question

_LASTING = frozenset({"duration", "working days"})
_DAY_ASKED = re.compile(r"哪[一]?[天日]|几号|几月几|日期|何日")
_MONTH_ASKED = re.compile(r"哪[个一]?个?月|几月|何月")
_OFTEN_ASKED = re.compile(r"多久|隔|频率|几次")


def candidates(question: Question, text: str) -> list[Span]:
    """Runs of a text that could be the short answer to a question."""
    asked = question.text
    if CONTACT_ASKED.search(asked) and (found := spans.contacts(text)):
        return found
    if question.asks in ("number", "compare"):
        return spans.figures(text)
    if question.asks == "date":
        found = spans.dates(text)
        if _DAY_ASKED.search(asked):
            return [s for s in found if re.search("[日号]", s.of(text)) or re.fullmatch(r"[\d./-]+", s.of(text))]
        if _MONTH_ASKED.search(asked):
            return [s for s in found if "月" in s.of(text)]
        if _OFTEN_ASKED.search(asked):
            lasting = [s for s in spans.figures(text) if s.figure and s.figure.dimension in _LASTING]
            return [s for s in found if s.of(text).startswith("每")] or lasting or found
        return found
    if question.asks != "name":
        return []
    return unsaid(shaped(asked, text), text, asked)


def fit(question: Question, text: str) -> float:
    """0 to 1: whether what is asked for stands in a text."""
    if question.asks == "number":
        if CONTACT_ASKED.search(question.text):
            return float(bool(spans.contacts(text)))
        asked = asked_unit(question.text)
        return math.sqrt(max((unit_fit(asked, span) for span in spans.figures(text)), default=0.0))
    if question.asks == "date":
        return float(bool(candidates(question, text)))
    if question.asks == "name":
        if candidates(question, text):
            return 1.0
        said = question.text
        return 0.0 if NAME_ASKED.search(said) or CONTACT_ASKED.search(said) or ends_so(said) else 0.2  # not every name has a shape
    if question.asks == "list":
        if CONTACT_ASKED.search(question.text):
            return float(bool(spans.contacts(text)))
        return min(1.0, max(len(spans.listed(text)), len(spans.titles(text)), len(spans.quoted(text))) / 3)
    if question.asks == "compare":
        return min(1.0, len(spans.figures(text)) / 2)
    if question.asks == "why":
        return float(bool(re.search(r"因为|由于|为了?|以便|目的|原因|受.{1,20}影响|针对|导致|造成", text)))
    if question.asks == "yesno":
        return 0.5 * bool(re.search(r"未|没有|无|均|全部|已|不|低于|高于", text))
    return 0.0
