"""The shapes of the HTTP API: what is asked, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, get_args, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from index.types import Passage, ReportRef
from retrieval.answer.relative_times import relative_times
from retrieval.question.understand import LONGEST, QuestionError, normalise
from retrieval.types import Answer, Asks, Chip, Citation, Hit, Row, Status, Table


def fault(text: str) -> str:
    """Why a question cannot be asked, in Chinese; empty where it can."""
    try:
        text.encode("utf-8")
        normalise(text)
    except UnicodeEncodeError:
        return "问题里有无法识别的字符：请删去后再问"
    except QuestionError as error:
        return str(error)
    return ""


def _askable(text: str) -> str:
    if reason := fault(text):
        raise PydanticCustomError("question", "{reason}", {"reason": reason})
    return text.strip()


def _chip_key(key: str) -> str:
    slot, _, value = key.partition(":")
    if slot not in get_args(get_type_hints(Chip)["slot"]) or not value:
        raise PydanticCustomError("chip", "{reason}", {"reason": f"“{key[:60]}”应写作 unit:…、region:…、year:… 或 kind:…。"})
    return key


class AskIn(BaseModel):
    """A question."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"question": "青川市2024年办理行政复议案件多少件？", "k": 20}]}
    )

    question: Annotated[
        str, AfterValidator(_askable), Field(description="问题", json_schema_extra={"minLength": 1, "maxLength": LONGEST})
    ]
    k: int = Field(20, ge=1, le=100, description="取多少个段落")
    without: list[Annotated[str, AfterValidator(_chip_key)]] = Field(
        default_factory=list, max_length=20, description="不要的限定，写作 slot:value，如 year:2024"
    )
    phrase: bool = Field(True, description="服务接了语言模型时，是否让它改写回答；引文总是原文")


class SearchIn(AskIn):
    """What to look for."""

    neighbours: bool = Field(False, description="是否带上每个段落在同一标题下的前一段与后一段")


class ReportOut(BaseModel):
    """Which report."""

    id: str
    name: str = Field(description="文件名")
    title: str
    unit: str
    region: str
    year: int | None
    kind: str
    issued: str = Field(description="发布日期，ISO 8601")

    @classmethod
    def of(cls, report: ReportRef) -> ReportOut:
        facts = report.facts
        return cls(
            id=report.id,
            name=report.name,
            title=facts.title,
            unit=facts.unit,
            region=facts.region,
            year=facts.year,
            kind=facts.kind,
            issued=facts.issued,
        )


class ChipOut(BaseModel):
    """A restriction understood from the question."""

    slot: str
    value: str
    said: str

    @classmethod
    def of(cls, chip: Chip) -> ChipOut:
        return cls(slot=chip.slot, value=chip.value, said=chip.said)


class CitationOut(BaseModel):
    """A verbatim run of a report: characters [start, end) of its cleaned text."""

    number: int
    report: ReportOut
    passage_id: str
    quote: str
    start: int
    end: int
    path: list[str] = Field(description="标题路径，由外到内")
    page: int | None
    mark: tuple[int, int] | None = Field(description="短答案在 quote 中的起止")
    times: list[tuple[str, str]] = Field(description="引文里的“今年”“目前”按这份报告指什么")

    @classmethod
    def of(cls, citation: Citation) -> CitationOut:
        return cls(
            number=citation.number,
            report=ReportOut.of(citation.report),
            passage_id=citation.passage_id,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            path=list(citation.path),
            page=citation.page,
            mark=citation.mark,
            times=list(relative_times(citation.quote, citation.report.facts)),
        )


class HitOut(BaseModel):
    """A passage found, with its rank in each list and why it stands where it does."""

    passage_id: str
    report: ReportOut
    text: str
    start: int
    end: int
    path: list[str]
    page: int | None
    score: float
    ranks: dict[str, int]
    scores: dict[str, float]
    matched: list[str]
    why: str
    before: str | None = Field(None, description="同一标题下的前一段；检索时 neighbours 为 true 才有")
    after: str | None = Field(None, description="同一标题下的后一段；检索时 neighbours 为 true 才有")

    @classmethod
    def of(cls, hit: Hit, before: Passage | None = None, after: Passage | None = None) -> HitOut:
        passage = hit.passage
        return cls(
            passage_id=passage.id,
            report=ReportOut.of(hit.report),
            text=passage.text,
            start=passage.start,
            end=passage.end,
            path=list(passage.path),
            page=passage.page,
            score=hit.score,
            ranks=dict(hit.ranks),
            scores=dict(hit.scores),
            matched=list(hit.matched),
            why=hit.why,
            before=before.text if before else None,
            after=after.text if after else None,
        )


class RowOut(BaseModel):
    """A report's line in a table over many reports."""

    report: ReportOut
    value: str = Field(description="原文写法")
    number: float | None
    upper: float | None
    unit: str
    bound: str
    citation: CitationOut

    @classmethod
    def of(cls, row: Row) -> RowOut:
        return cls(
            report=ReportOut.of(row.report),
            value=row.value,
            number=row.number,
            upper=row.upper,
            unit=row.unit,
            bound=row.bound,
            citation=CitationOut.of(row.citation),
        )


class TableOut(BaseModel):
    """One indicator over every report that the filters leave."""

    indicator: str
    rows: list[RowOut]
    missing: list[ReportOut] = Field(description="没有写到这一项的报告")
    summary: str

    @classmethod
    def of(cls, table: Table) -> TableOut:
        return cls(
            indicator=table.indicator,
            rows=[RowOut.of(row) for row in table.rows],
            missing=[ReportOut.of(report) for report in table.missing],
            summary=table.summary,
        )


class AskOut(BaseModel):
    """An answer in the report's own words, or why there is none."""

    question: str
    asks: Asks
    status: Status
    text: str
    short: str | None
    computed: bool = Field(False, description="short 不是原文的字句：清点出的项数，或据原文判断的是、否")
    citations: list[CitationOut]
    items: int = Field(0, description="citations 的前几条是问题所问的各项，一项一条")
    whole: CitationOut | None = Field(None, description="各项所在的整段，连同引出它们的话")
    candidates: list[CitationOut] = Field(description="status 为 ambiguous 时可选的报告，各一处")
    hits: list[HitOut]
    chips: list[ChipOut]
    table: TableOut | None = Field(default=None, description="跨报告比较时，一份报告一行")
    phrased: bool = Field(False, description="text 是否由语言模型根据引文改写，句末的 [1] 是引文编号")
    struck: list[str] = Field(default_factory=list, description="语言模型写了而引文里没有依据的句子，已从 text 删去")
    note: str
    ms: float

    @classmethod
    def of(cls, answer: Answer) -> AskOut:
        return cls(
            question=answer.question.text,
            asks=answer.question.asks,
            status=answer.status,
            text=answer.text,
            short=answer.short,
            computed=answer.computed,
            citations=[CitationOut.of(citation) for citation in answer.citations],
            items=answer.items,
            whole=CitationOut.of(answer.whole) if answer.whole else None,
            candidates=[CitationOut.of(citation) for citation in answer.candidates],
            hits=[HitOut.of(hit) for hit in answer.hits],
            chips=[ChipOut.of(chip) for chip in answer.question.chips],
            table=TableOut.of(answer.table) if answer.table else None,
            phrased=answer.phrased,
            struck=list(answer.struck),
            note=answer.note,
            ms=answer.ms,
        )


class SearchOut(BaseModel):
    """Passages found, best first."""

    question: str
    asks: Asks
    chips: list[ChipOut]
    note: str = Field(description="没有可查的报告时，说明原因")
    hits: list[HitOut]

    @classmethod
    def of(cls, answer: Answer, near: Sequence[tuple[Passage | None, Passage | None]] = ()) -> SearchOut:
        """`near`: the passages right before and after each hit, or none of any."""
        question = answer.question
        return cls(
            question=question.text,
            asks=question.asks,
            chips=[ChipOut.of(chip) for chip in question.chips],
            note=question.nothing,
            hits=[HitOut.of(hit, *beside) for hit, beside in zip(answer.hits, near or [(None, None)] * len(answer.hits), strict=True)],
        )


class ListedOut(ReportOut):
    """A report of the library."""

    characters: int
    passages: int
    warnings: list[str]
    share: float = Field(description="收录了多少：进入段落的字数占全文的比例")

    @classmethod
    def of(cls, report: ReportRef) -> ListedOut:
        return cls(
            **ReportOut.of(report).model_dump(),
            characters=report.characters,
            passages=report.passages,
            warnings=list(report.warnings),
            share=report.share,
        )


class HeadingOut(BaseModel):
    """A heading, as the report writes it."""

    level: int
    title: str
    start: int


class PageOut(BaseModel):
    """Where a page begins in the text."""

    number: int = Field(description="0 表示文件在此处没有页码")
    start: int


class SourceOut(BaseModel):
    """Characters [start, end) of a report's cleaned text, with its whole outline."""

    report: ListedOut
    text: str
    start: int
    end: int
    headings: list[HeadingOut]
    pages: list[PageOut]


class HealthOut(BaseModel):
    """Whether it serves; nothing that an outsider should not know."""

    status: str
    reports: int | None = Field(default=None, description="能看到的报告数；没有登录时不给")
    encoder: str | None = None
    generation: int | None = None
