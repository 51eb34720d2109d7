"""The shapes that flow out of this room, and the errors a user may see.

    YoujuError
    ├── LoadError       a file could not be read as a report
    ├── StoreError      the index folder is missing, foreign, locked or damaged
    └── EncoderError    a model cannot be loaded, or is not the one the index was built with

Every message is Chinese, names the file or value, and says what to do.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field


class YoujuError(Exception):
    """An error whose message is meant for the user."""


class LoadError(YoujuError):
    """A file could not be read as a report."""


class StoreError(YoujuError):
    """The index folder is missing, foreign, locked or damaged."""


class EncoderError(YoujuError):
    """A model cannot be loaded, or is not the one the index was built with."""


@dataclass(frozen=True)
class Heading:
    """A heading as the report writes it: `text[start:start + len(title)] == title`."""

    level: int  # 1 to 5 for 一、 （一） 1. （1） 一是
    title: str
    start: int


@dataclass(frozen=True)
class Page:
    """Where a page begins in the cleaned text."""

    number: int  # 0: the file lost its page numbers here
    start: int


@dataclass(frozen=True)
class Facts:
    """What a report is: empty where the report does not say."""

    title: str = ""
    unit: str = ""  # issuing unit in full: 青川市司法局
    region: str = ""  # 青川市, 云岭省
    year: int | None = None  # the year it is about
    kind: str = ""  # 文种: 法治政府建设年度报告, 政府工作报告, ...
    issued: str = ""  # ISO date of issue
    number: str = ""  # 文号: 青司〔2024〕12号
    aliases: tuple[str, ...] = ()  # what its own text and others call the unit: 青川司法局, 市司法局
    read_from: tuple[tuple[str, str], ...] = ()  # (name of a field above, 标题 抬头 落款 文件名 正文 推断 更正)

    @property
    def whose(self) -> str:
        """Whose report it is: its unit, or else its region; empty where it says neither."""
        return self.unit or self.region

    @property
    def where(self) -> str:
        """Of which place it is: its region, or else its unit."""
        return self.region or self.unit


@dataclass(frozen=True)
class Passage:
    """A run of a report under one heading: `report.text[start:end] == text`."""

    id: str  # hash of report id, start and text: survives a rebuild
    report_id: str
    start: int
    end: int
    text: str
    path: tuple[str, ...] = ()  # titles of the headings above it, outermost first
    page: int | None = None


@dataclass(frozen=True)
class Report:
    """A file read whole: cleaned text with its outline, facts and passages."""

    id: str  # hash of the cleaned text and the file name
    source: str  # absolute path of the file
    name: str  # file name with suffix
    facts: Facts
    text: str
    headings: tuple[Heading, ...] = ()
    pages: tuple[Page, ...] = ()
    passages: tuple[Passage, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    share: float = 1.0  # of the characters that a reader would call text, those that ended up in passages
    digest: str = ""  # of the file and of how it was read (`index.digest`)

    def page_at(self, offset: int) -> int | None:
        """Page number at an offset of the cleaned text; None where the file does not say."""
        at = bisect.bisect_right([page.start for page in self.pages], offset) - 1
        return (self.pages[at].number or None) if at >= 0 else None


@dataclass(frozen=True)
class ReportRef:
    """A report as the catalog lists it, without its text."""

    row: int  # small integer, never used again after a removal
    id: str
    source: str
    name: str  # file name with suffix
    facts: Facts
    characters: int
    passages: int
    warnings: tuple[str, ...] = ()
    share: float = 1.0

    @property
    def title(self) -> str:
        """What a reader knows it by: its title, or else its file's name."""
        return self.facts.title or self.name

    @property
    def whose(self) -> str:
        """Whose it is, as a reader is told: its unit or region, or else its file's name."""
        return self.facts.whose or self.name


def context(facts: Facts, passage: Passage) -> str:
    """Title and heading path: embedded and segmented with a passage, never shown as its text."""
    issuer = "" if facts.region and facts.region in facts.title else facts.unit  # a title such as 政府工作报告 names nobody
    return " ".join(part for part in (issuer, facts.title, *passage.path) if part)


def embedded(facts: Facts, passage: Passage) -> str:
    """What the encoder sees of a passage: title and heading path, then its text."""
    return "\n".join(part for part in (context(facts, passage), passage.text) if part)
