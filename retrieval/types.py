"""The shapes that flow from a question to its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from index.types import Passage, ReportRef

ABSTAIN = "所收报告中没有找到能够回答这个问题的内容。"

MARKED = 40  # characters of the longest run marked as the short answer

CONTEXT = "context"  # the list of contextual vectors, and the feature that comes of them
BY_COUNT = "系统清点"  # whose a short answer is that no report says in so many words
BY_VERDICT = "系统判断，依据是标出的原话"

Asks = Literal["number", "date", "name", "list", "how", "why", "yesno", "compare", "other"]
Status = Literal["answered", "abstained", "ambiguous"]


@dataclass(frozen=True)
class Chip:
    """One thing that was understood of a question and restricts the search; a page shows it and lets it be taken off."""

    # subject: words taken over from the turn before; number: a 文号; spelling: a slip put right, its value 公正处 → 公证处
    slot: Literal["unit", "region", "year", "kind", "subject", "number", "spelling"]
    value: str  # what it stands for: 青川市
    said: str  # the words in the question: 青川
    inherited: bool = False  # taken over from the turn before


@dataclass(frozen=True)
class Question:
    """A question understood against what the corpus holds."""

    text: str  # as typed, normalised in width
    asks: Asks
    chips: tuple[Chip, ...] = ()
    allowed: frozenset[int] | None = None  # report rows left by the chips; None: all
    rest: str = ""  # the question less the words of its chips
    nothing: str = ""  # why no report is left, in Chinese; empty where some are
    stranger: str = ""  # the name that no report is of, where that is why


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
    expanded: tuple[tuple[str, str], ...] = ()  # (打官司, 应诉): what the question says, and the other word for it that stands here
    copies: tuple[tuple[ReportRef, Passage], ...] = ()  # where else nearly the same text stands, under the same filter

    @property
    def context(self) -> float | None:
        """Cosine of the contextual vectors; None where the passage has none (yet)."""
        return dict(self.scores).get(CONTEXT)


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
class Row:
    """A report's line in a table over many reports."""

    report: ReportRef
    value: str  # as written: 5.5%左右
    citation: Citation  # `mark` is the value
    number: float | None = None  # for sorting and totals, in `unit`; None where it cannot be compared
    unit: str = ""  # of `number`: 元 % 人 ...
    upper: float | None = None  # of a range: 5%—5.5%
    bound: str = ""  # 左右 以上 以内 ... as written
    of: str = ""  # what it is, where the rows of a table are of one unit: 收到, 2023年


@dataclass(frozen=True)
class Table:
    """One indicator over every report that the filters leave."""

    indicator: str
    rows: tuple[Row, ...]  # in the order asked for
    missing: tuple[ReportRef, ...]  # reports that do not state it
    summary: str = ""  # a Chinese line: highest, lowest, total, mean, of how many of how many
    stated: int = 0  # figures found, of which `rows` are those that the question's bounds leave


@dataclass(frozen=True)
class Answer:
    """What the reader sees."""

    question: Question
    status: Status
    text: str  # the cited quotes in order, or ABSTAIN, or which report is meant
    short: str | None = None
    citations: tuple[Citation, ...] = ()
    items: int = 0  # of the citations, the first ones that are the items of one list
    whole: Citation | None = None  # the run of the report in which the items stand
    computed: bool = False  # `short` is said of the citations, no words of theirs: 共 4 项, 是
    hits: tuple[Hit, ...] = ()
    candidates: tuple[Citation, ...] = ()  # for ambiguous: one a report
    table: Table | None = None
    chance: float | None = None  # calibrated chance that the best sentence answers the question
    note: str = ""  # a Chinese line beside the answer: a filter that left nothing, say
    ms: float = 0.0
    phrased: bool = False  # `text` is a language model's wording of the citations, with their numbers: [1]
    struck: tuple[str, ...] = ()  # sentences that it wrote and the cited text does not support, left out of `text`

    @property
    def said(self) -> str:
        """The short answer as it is told on its own; what is ours, no words of the report's, says so."""
        if not self.short or not self.computed:
            return self.short or ""
        return f"{self.short}（{BY_COUNT if self.items else BY_VERDICT}）"


class Compared(Protocol):
    """What may have been compared with the question by contextual vectors."""

    @property
    def context(self) -> float | None:
        """Their cosine."""


def in_context(found: Sequence[Compared]) -> bool:
    """Whether all were compared by contextual vectors, so that they can be weighed beside each other by them."""
    return bool(found) and all(one.context is not None for one in found)
