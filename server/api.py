"""The HTTP API, version 1, and the two addresses that came before it.

A question takes its turn in a bounded queue and is answered in a thread, so a slow one holds up no other.  Every handler
reads the corpus as its user may see it: what is not visible is answered as what is not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Body, File, Query, Request, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from index.corpus import Corpus
from index.narrowed import Narrowed
from index.types import ReportRef, StoreError, YoujuError
from retrieval.ask import understood
from retrieval.search.search import neighbours
from retrieval.types import Answer
from server import intake, metrics, pages, problems
from server.asking import Desk
from server.auditlog import record
from server.gate import Door
from server.problems import Refused, problem, told
from server.shapes import (
    AskIn,
    AskOut,
    ChipOut,
    HeadingOut,
    HealthOut,
    ListedOut,
    PageOut,
    SearchIn,
    SearchOut,
    SourceOut,
)
from server.who import User, user_of

MOST_TEXT = 200_000  # characters of source text in one response
EXAMPLES: dict[str, Any] = {
    "figure": {"summary": "问一个数", "value": {"question": "青川市2024年办理行政复议案件多少件？", "k": 20}},
    "without": {"summary": "去掉一个限定", "value": {"question": "临江市2023年培训了多少人？", "without": ["year:2023"]}},
}
Asked = Annotated[AskIn, Body(openapi_examples=EXAMPLES)]
Sought = Annotated[SearchIn, Body(openapi_examples=EXAMPLES)]
ReportId = Annotated[str, InPath(pattern=r"^[0-9a-f]{1,64}$", description="报告编号", examples=["0123456789abcdef"])]
EVENTS = "text/event-stream"
OUTCOME = "youju-outcome"  # a response header: what became of an uploaded file, as `intake.TakenIn` says it


class Listing(BaseModel):
    """Some of the reports, and how many there are."""

    total: int
    reports: list[ListedOut]


class FactsIn(BaseModel):
    """Facts corrected by hand; what is not given stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"unit": "青川市司法局", "year": "2024"}]})

    title: str | None = Field(None, max_length=300)
    unit: str | None = Field(None, max_length=100)
    region: str | None = Field(None, max_length=100)
    year: str | None = Field(None, max_length=10, description="四位数的年份")
    kind: str | None = Field(None, max_length=100)
    issued: str | None = Field(None, max_length=30, description="发布日期")
    number: str | None = Field(None, max_length=100, description="文号")


def event(name: str, content: Any) -> str:
    """One server-sent event."""
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"


def manager(request: Request) -> User:
    """Who asks, where they may change reports; raises Refused (403) where not."""
    user = user_of(request)
    if user is None or not user.may_manage:
        raise Refused(403, "没有权限", "添加、替换、更正和移除报告需要管理权限。")
    return user


class Managing(APIRoute):
    """A route that changes reports: whether its caller may is asked before a byte of the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def asked(request: Request) -> Response:
            manager(request)
            return await handle(request)

        return asked


def generation_of(corpus: Corpus) -> int:
    """A number that changes when the reports change that its asker may see: the catalog's generation for who sees them all.

    For others one made of the reports they see, since the generation counts changes of hidden ones too.
    """
    if not isinstance(corpus, Narrowed):
        return corpus.generation
    seen = "\n".join(f"{ref.row} {ref.id} {ref.facts}" for ref in corpus.reports())
    return int.from_bytes(hashlib.sha256(seen.encode("utf-8", "replace")).digest()[:6])


def find(corpus: Corpus, report_id: str) -> ReportRef:
    """A report by its id, among those of a corpus as its user sees it; raises Refused (404)."""
    for ref in corpus.reports():
        if ref.id == report_id:
            return ref
    raise Refused(404, "没有找到", f"没有编号为 {report_id} 的报告：用 GET /api/v1/reports 查看现有报告。")


def routes(corpus: Corpus, uploads: Path, door: Door, desk: Desk) -> APIRouter:
    """The API's routes over one corpus; `uploads` is where uploaded files are kept."""
    router, changes = APIRouter(), APIRouter(route_class=Managing)
    queue, seen = desk.queue, desk.seen

    def answer_to(request: Request, body: AskIn, action: str, mine: Corpus | None = None) -> Answer:
        record(request, action, question=body.question, without=body.without)
        return desk.answer(request, body.question, k=body.k, without=body.without, corpus=mine)

    async def told_as_it_comes(request: Request, body: AskIn) -> AsyncIterator[str]:
        try:
            async with queue.turn():
                mine = await anyio.to_thread.run_sync(lambda: seen(request))  # one for what is understood and for the answer
                question = await anyio.to_thread.run_sync(lambda: understood(mine, body.question, body.without))
                chips = [ChipOut.of(chip).model_dump() for chip in question.chips]
                yield event("understood", {"question": question.text, "asks": question.asks, "chips": chips, "note": question.nothing})
                answer = await anyio.to_thread.run_sync(lambda: answer_to(request, body, "ask", mine))
            yield event("answer", AskOut.of(answer).model_dump(mode="json"))
            if desk.phrases(answer) and body.phrase:
                async with aclosing(desk.phrasing(request, answer)) as steps:
                    async for step in steps:
                        if isinstance(step, str):
                            yield event("draft", {"text": step})
                        elif step != answer:
                            yield event("answer", AskOut.of(step).model_dump(mode="json"))
        except Exception as error:  # the status is out already: the problem goes as an event
            yield event("problem", json.loads(bytes(problems.of(error).body)))

    @router.post(
        "/api/v1/ask", summary="提问：逐字引用的回答", tags=["问答"], response_model=AskOut,
        responses={**told(400, 401, 403, 409, 413, 422, 429, 503), 200: {"content": {EVENTS: {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    @router.post("/api/ask", include_in_schema=False, response_model=AskOut)
    async def ask_question(request: Request, body: Asked) -> Any:
        """回答逐字摘自报告；status 为 answered、abstained（找不到依据）或 ambiguous（几份报告说法不同，请指明）。

        请求头 Accept: text/event-stream 时逐步送出：understood（对问题的理解）、answer（回答，与 JSON 同）或 problem（出错）。
        服务接了语言模型时，answer（原文）之后是若干 draft（已写成并核对过的句子，没有依据的不送出），最后再来一个 answer（核对完的改写）。
        """
        if EVENTS in request.headers.get("accept", ""):
            headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
            return StreamingResponse(told_as_it_comes(request, body), media_type=EVENTS, headers=headers)
        answer = await queue.run(lambda: answer_to(request, body, "ask"))
        return AskOut.of(await desk.phrased(request, answer) if body.phrase else answer)

    @router.post("/api/v1/search", summary="检索：相关段落", tags=["问答"], responses=told(400, 401, 403, 409, 413, 422, 429, 503))
    @router.post("/api/search", include_in_schema=False)
    async def search_passages(request: Request, body: Sought) -> SearchOut:
        """融合向量与词面两路检索，先按单位、地区、年份、文种限定范围。"""

        def found() -> SearchOut:
            mine = seen(request)
            answer = answer_to(request, body, "search", mine)
            return SearchOut.of(answer, [neighbours(mine, hit) for hit in answer.hits] if body.neighbours else ())

        return await queue.run(found)

    @router.get("/api/v1/reports", summary="报告列表", tags=["报告"], responses=told(401, 422))
    def list_reports(
        request: Request,
        q: Annotated[str, Query(max_length=100, description="标题、单位或文件名里的字")] = "",
        unit: Annotated[str, Query(max_length=100)] = "",
        region: Annotated[str, Query(max_length=100)] = "",
        kind: Annotated[str, Query(max_length=100)] = "",
        year: Annotated[int | None, Query(ge=1900, le=2999)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    ) -> Listing:
        """自己能看到的报告，按收录先后。"""
        found = [
            ref
            for ref in seen(request).reports()
            if all(not want or want == have for want, have in ((unit, ref.facts.unit), (region, ref.facts.region), (kind, ref.facts.kind)))
            and (year is None or ref.facts.year == year)
            and q in f"{ref.facts.title}\n{ref.facts.unit}\n{ref.name}"
        ]
        return Listing(total=len(found), reports=[ListedOut.of(ref) for ref in found[offset : offset + limit]])

    def upload(request: Request, response: Response, file: UploadFile) -> ListedOut:
        taken = intake.take_in(corpus, uploads, file.filename or "", file.file, door.policy.upload_bytes)
        shown = next((one for one in seen(request).reports() if one.row == taken.ref.row), None)
        if shown is None:  # the words tell nothing of a report that this user may not see
            raise Refused(409, "无法完成", intake.UNSEEN)
        if taken.outcome == "twin":
            raise Refused(409, "无法完成", f"库中已有正文相同的报告“{shown.name}”，没有重复收录。", {OUTCOME: taken.outcome})
        response.headers[OUTCOME] = taken.outcome
        return ListedOut.of(shown)

    @changes.post("/api/v1/reports", status_code=201, summary="添加报告", tags=["报告"], responses=told(401, 403, 409, 413, 422, 429, 503))
    def add_report(request: Request, response: Response, file: Annotated[UploadFile, File(description="报告文件")]) -> ListedOut:
        """上传一个文件并收录。需要管理权限。"""
        record(request, "add", file=file.filename)
        return upload(request, response, file)

    @router.get("/api/v1/reports/{report_id}", summary="一份报告", tags=["报告"], responses=told(401, 404, 422))
    def one_report(request: Request, report_id: ReportId) -> ListedOut:
        """单位、年份、字数与收录时的提示。"""
        return ListedOut.of(find(seen(request), report_id))

    @changes.put("/api/v1/reports/{report_id}", summary="替换报告", tags=["报告"], responses=told(401, 403, 404, 409, 413, 422, 429, 503))
    def replace_report(request: Request, report_id: ReportId, file: Annotated[UploadFile, File()]) -> ListedOut:
        """用上传的文件替换；新文件收录成功之后才移除旧的。需要管理权限。"""
        old = find(seen(request), report_id)
        if intake.closed(old.source, door.groups.now()):
            raise Refused(409, "无法完成", intake.CLOSED)
        record(request, "replace", report=old.id, file=file.filename)
        return ListedOut.of(intake.put_in_place(corpus, uploads, old, file.filename or "", file.file, door.policy.upload_bytes))

    @changes.patch("/api/v1/reports/{report_id}", summary="更正报告的单位、年份等", tags=["报告"], responses=told(400, 401, 403, 404, 409, 413, 422, 429, 503))
    def correct_report(request: Request, report_id: ReportId, facts: FactsIn) -> ListedOut:
        """更正之后，重新读取文件也不会改回去。需要管理权限。"""
        ref = find(seen(request), report_id)
        values = {name: value for name, value in facts.model_dump().items() if value is not None}
        record(request, "correct", report=ref.id, **values)
        try:
            return ListedOut.of(corpus.correct(ref.id, values))
        except StoreError:
            raise
        except YoujuError as error:
            raise Refused(422, "请求有误", str(error)) from error

    @changes.delete("/api/v1/reports/{report_id}", status_code=204, summary="移除报告", tags=["报告"], responses=told(401, 403, 404, 409, 422, 429, 503))
    def remove_report(request: Request, report_id: ReportId) -> Response:
        """从索引中移除；上传的文件一并删去，其他文件夹里的原文件不动。需要管理权限。"""
        ref = find(seen(request), report_id)
        record(request, "remove", report=ref.id, name=ref.name)
        intake.remove(corpus, uploads, ref)
        return Response(status_code=204)

    @router.get("/api/v1/reports/{report_id}/source", summary="报告正文", tags=["报告"], responses=told(401, 404, 409, 422))
    def source_text(
        request: Request,
        report_id: ReportId,
        start: Annotated[int, Query(ge=0, le=10**8)] = 0,
        end: Annotated[int | None, Query(ge=0, le=10**8)] = None,
    ) -> SourceOut:
        """清理后的正文 [start, end)，引用的起止位置以它为准；一次最多 20 万字。"""
        mine = seen(request)
        ref = find(mine, report_id)
        record(request, "open", report=ref.id, name=ref.name, start=start)
        report = mine.report(ref.row)
        start = min(start, len(report.text))
        until = max(start, min(len(report.text) if end is None else end, len(report.text), start + MOST_TEXT))
        return SourceOut(
            report=ListedOut.of(ref),
            text=report.text[start:until],
            start=start,
            end=until,
            headings=[HeadingOut(level=one.level, title=one.title, start=one.start) for one in report.headings],
            pages=[PageOut(number=one.number, start=one.start) for one in report.pages],
        )

    @router.get(
        "/api/v1/reports/{report_id}/pages/{number}", summary="页面图片（PDF）", tags=["报告"], response_class=Response,
        responses={**told(401, 404, 422, 503), 200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}},
    )  # fmt: skip
    async def page_image(
        request: Request,
        report_id: ReportId,
        number: Annotated[int, InPath(ge=1, le=100_000)],
        width: Annotated[int, Query(ge=100, le=pages.WIDEST, description="宽，像素")] = 1000,
    ) -> Response:
        """第 number 页，PNG。只有 PDF 有。"""
        ref = await anyio.to_thread.run_sync(lambda: find(seen(request), report_id))
        file = Path(ref.source)
        if file.suffix.lower() != ".pdf" or not file.is_file():
            raise Refused(404, "没有找到", f"{ref.name}：没有页面图片；只有 PDF 有，且原文件须仍在原处。")
        record(request, "open page", report=ref.id, name=ref.name, page=number)
        try:
            drawn = await queue.run(lambda: pages.drawn(file, file.stat().st_mtime_ns, number, width))
        except Refused:
            raise
        except YoujuError as error:
            raise Refused(404, "没有找到", str(error)) from error
        return Response(drawn, media_type="image/png", headers={"cache-control": "private, max-age=3600"})

    @router.get(
        "/api/v1/reports/{report_id}/file", summary="原文件", tags=["报告"], response_class=FileResponse,
        responses={**told(401, 404, 422), 200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
    )  # fmt: skip
    def original(request: Request, report_id: ReportId) -> FileResponse:
        """下载收录时的原文件。"""
        ref = find(seen(request), report_id)
        if not Path(ref.source).is_file():
            raise Refused(404, "没有找到", f"{ref.name}：原文件已不在原处；正文仍可查看。")
        record(request, "download", report=ref.id, name=ref.name)
        return FileResponse(ref.source, media_type="application/octet-stream", filename=ref.name)

    @router.get("/healthz", summary="服务状态", tags=["运行"], response_model_exclude_none=True)
    def health(request: Request) -> HealthOut:
        """没有登录也可以问，只答 ok。"""
        if user_of(request) is None:
            return HealthOut(status="ok")
        mine = seen(request)
        return HealthOut(status="ok", reports=len(mine.reports()), encoder=corpus.encoder.name, generation=generation_of(mine))

    @router.get(
        "/metrics", summary="运行指标（Prometheus）", tags=["运行"], response_class=Response,
        responses={**told(401, 403), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    def figures(request: Request) -> Response:
        """请求数、用时、回答结果与排队。需要管理权限。"""
        if not (user := user_of(request)) or not user.may_manage:
            raise Refused(403, "没有权限", "查看运行指标需要管理权限：请用管理账号的令牌。")
        mine = seen(request)  # a manager may be barred from some
        filled, passages = mine.filled()
        text = door.metrics.text(len(mine.reports()), passages, filled, queue.inside)
        return Response(text, headers={"content-type": metrics.TYPE})

    router.include_router(changes)
    return router


def unknown_routes() -> APIRouter:
    """What answers under /api and /v1 where nothing else does."""
    router = APIRouter(include_in_schema=False)
    every = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"]

    @router.api_route("/api/{path:path}", methods=every)
    @router.api_route("/v1/{path:path}", methods=every)
    def unknown(path: str, request: Request) -> JSONResponse:
        allowed = {
            method
            for route in request.app.routes
            if getattr(route, "include_in_schema", False) and (match := getattr(route, "path_regex", None)) and match.match(request.url.path)
            for method in route.methods
        } or ({"POST"} if path in ("ask", "search") else set())
        if allowed:
            said = f"{request.url.path[:200]} 只接受 {'、'.join(sorted(allowed))}，不接受 {request.method}。"
            return problem(405, "方法不对", said, {"Allow": ", ".join(sorted(allowed))})
        return problem(404, "没有这个接口", f"没有接口 {request.url.path[:200]}，接口说明见 /docs。")

    return router
