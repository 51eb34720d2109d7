"""The shapes that flow from a question to its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from index.types import Passage, ReportRef

ABSTAIN = "所收报告中没有找到能够回答这个问题的内容。"

Asks = Literal["number", "date", "name", "list", "how", "why", "yesno", "compare", "other"]
Status = Literal["answered", "abstained", "ambiguous"]


@dataclass(frozen=True)
class Chip:
    """One thing that was understood of a question and restricts the search; a page shows it and lets it be taken off."""

    slot: Literal["unit", "region", "year", "kind"]
    value: str  # what it stands for: 青川市
    said: str  # the words in the question: 青川


@dataclass(frozen=True)
class Question:
    """A question understood against what the corpus holds."""

    text: str  # as typed, normalised in width
    asks: Asks
    chips: tuple[Chip, ...] = ()
    allowed: frozenset[int] | None = None  # report rows left by the chips; None: all
    rest: str = ""  # the question less the words of its chips
    nothing: str = ""  # why no report is left, in Chinese; empty where some are


@dataclass(frozen=True)
class Hit:
    """A passage found, and why it stands where it does."""

    passage: Passage
    report: ReportRef
    score: float
    ranks: tuple[tuple[str, int], ...]  # ("dense", 3), ("lexical", 1): 1-based, absent where the list lacks it
    scores: tuple[tuple[str, float], ...]  # each list's own score
    matched: tuple[str, ...] = ()  # words of the question that stand in it
    why: str = ""  # one Chinese line


@dataclass(frozen=True)
class Citation:
    """A verbatim run of a report: `text[start:end] == quote`, checked against the catalog."""

    number: int  # 1-based, as shown
    report: ReportRef
    passage_id: str
    quote: str
    start: int
    end: int
    path: tuple[str, ...] = ()
    page: int | None = None
    mark: tuple[int, int] | None = None  # the short answer, as offsets into quote


@dataclass(frozen=True)
class Answer:
    """What the reader sees."""

    question: Question
    status: Status
    text: str  # the cited quotes in order, or ABSTAIN, or which report is meant
    short: str | None = None
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    candidates: tuple[Citation, ...] = ()  # for ambiguous: one a report
    note: str = ""  # a Chinese line beside the answer: a filter that left nothing, say
    ms: float = 0.0
