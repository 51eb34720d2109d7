"""The HTTP API: typed requests and responses over `ask` and `search`.

Handlers are plain functions, so FastAPI runs each in a thread of its own and a slow question holds up no other.  Errors are
problem details (RFC 9457) in Chinese with a 4xx status.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException

from index.corpus import Corpus
from index.types import ReportRef, YoujuError
from page.question import fault
from retrieval.ask import ask
from retrieval.question import LONGEST
from retrieval.types import Answer, Asks, Chip, Citation, Hit, Status


def _askable(text: str) -> str:
    if reason := fault(text):
        raise PydanticCustomError("question", "{reason}", {"reason": reason})
    return text.strip()


def _chip_key(key: str) -> str:
    slot, _, value = key.partition(":")
    if slot not in ("unit", "region", "year", "kind") or not value:
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

    @classmethod
    def of(cls, hit: Hit) -> HitOut:
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
        )


class AskOut(BaseModel):
    """An answer in the report's own words, or why there is none."""

    question: str
    asks: Asks
    status: Status
    text: str
    short: str | None
    citations: list[CitationOut]
    candidates: list[CitationOut] = Field(description="status 为 ambiguous 时可选的报告，各一处")
    hits: list[HitOut]
    chips: list[ChipOut]
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
            citations=[CitationOut.of(citation) for citation in answer.citations],
            candidates=[CitationOut.of(citation) for citation in answer.candidates],
            hits=[HitOut.of(hit) for hit in answer.hits],
            chips=[ChipOut.of(chip) for chip in answer.question.chips],
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
    def of(cls, answer: Answer) -> SearchOut:
        question = answer.question
        return cls(
            question=question.text,
            asks=question.asks,
            chips=[ChipOut.of(chip) for chip in question.chips],
            note=question.nothing,
            hits=[HitOut.of(hit) for hit in answer.hits],
        )


class HealthOut(BaseModel):
    """What is being served."""

    status: str
    reports: int
    encoder: str
    generation: int


class Problem(BaseModel):
    """RFC 9457 problem details."""

    title: str
    status: int
    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "请求有误", "content": {"application/problem+json": {}}},
}


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """A problem+json response."""
    content = Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(content, status, media_type="application/problem+json")


def routes(corpus: Corpus) -> APIRouter:
    """The API's routes over one corpus."""
    router = APIRouter()

    @router.post("/api/ask", summary="提问：逐字引用的回答", tags=["问答"], responses=PROBLEMS)
    def ask_question(body: AskIn) -> AskOut:
        """回答逐字摘自报告；status 为 answered、abstained（找不到依据）或 ambiguous（几份报告说法不同，请指明）。"""
        corpus.refresh()
        return AskOut.of(ask(corpus, body.question, k=body.k, without=body.without))

    @router.post("/api/search", summary="检索：相关段落", tags=["问答"], responses=PROBLEMS)
    def search_passages(body: AskIn) -> SearchOut:
        """融合向量与词面两路检索，先按单位、地区、年份、文种限定范围。"""
        corpus.refresh()
        return SearchOut.of(ask(corpus, body.question, k=body.k, without=body.without))

    @router.get("/healthz", summary="服务状态", tags=["运行"])
    def health() -> HealthOut:
        corpus.refresh()
        return HealthOut(
            status="ok", reports=len(corpus.reports()), encoder=corpus.encoder.name, generation=corpus.generation
        )

    @router.api_route(
        "/api/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False
    )
    def unknown(path: str, request: Request) -> JSONResponse:
        if path in ("ask", "search"):
            response = problem(405, "方法不对", f"/api/{path} 只接受 POST，不接受 {request.method}。")
            response.headers["Allow"] = "POST"
            return response
        return problem(404, "没有这个接口", f"没有接口 {request.url.path}，接口说明见 /docs。")

    return router


REASONS = {
    "missing": "缺少这一项",
    "json_invalid": "请求体不是合法的 JSON",
    "extra_forbidden": "没有这一项",
    "string_type": "应为字符串",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "list_type": "应为数组",
    "too_long": "项数过多，最多 20 项",
    "greater_than_equal": "太小，至少为 1",
    "less_than_equal": "太大，最多为 100",
    "model_attributes_type": "请求体应为 JSON 对象，并设 Content-Type: application/json",
}


def _fault(error: dict[str, Any]) -> str:
    kind = error["type"]
    said = error["msg"] if kind in ("question", "chip") else REASONS.get(kind, "取值不对")
    where = ".".join(str(part) for part in error["loc"] if part != "body" and kind != "json_invalid")
    return f"{where}：{said}" if where and kind != "question" else said


def _faults(errors: Sequence[Any]) -> str:
    return "；".join(_fault(error).rstrip("。") for error in errors[:5]) + "。"


def handle_errors(app: FastAPI) -> None:
    """Every error of the API becomes a problem in Chinese."""

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, "请求有误", _faults(error.errors()))

    @app.exception_handler(YoujuError)
    def refused(request: Request, error: YoujuError) -> JSONResponse:
        return problem(409, "无法完成", str(error))

    @app.exception_handler(HTTPException)
    def failed(request: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, "请求失败", f"请求 {request.url.path} 失败（{error.status_code}）。")
