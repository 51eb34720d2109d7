"""The Model Context Protocol at /mcp: search, ask and read_source, each as its user may see the corpus.

Results are JSON text: a client that is given a structure may show Python's own spelling of it.
"""

from __future__ import annotations

import functools
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from index.types import YoujuError
from retrieval.question.understand import LONGEST
from server.api import find
from server.asking import Desk
from server.auditlog import record
from server.problems import problem
from server.shapes import AskOut, ListedOut, SearchOut, SourceOut, fault

_MOST = 20_000  # characters of source text in one result
Question = Annotated[str, Field(description=f"中文问题，最多 {LONGEST} 字，可写明单位与年份")]


def server(desk: Desk) -> tuple[MCPServer, Starlette]:
    """The protocol's server, and the application that speaks it over HTTP at /mcp."""
    mcp = MCPServer(
        "youju",
        title="有据",
        log_level="WARNING",
        instructions="检索与问答中文报告。回答逐字摘自报告，注明文件、页码、标题与字符位置；引用时请照抄原文，不要改写。",
    )

    def asked(context: Context, text: str, k: int, action: str) -> AskOut | SearchOut:
        if reason := fault(text):
            raise YoujuError(reason)
        request = context.request_context.request
        record(request, action, question=text, by="mcp")
        answer = desk.answer(request, text, k=k)
        return AskOut.of(answer) if action == "ask" else SearchOut.of(answer)

    @mcp.tool(title="检索", description="按问题找相关段落，每段附报告、标题路径、页码与字符位置。返回 JSON。", structured_output=False)
    async def search(question: Question, context: Context, k: Annotated[int, Field(ge=1, le=50)] = 10) -> str:
        return _json(await desk.queue.run(functools.partial(asked, context, question, k, "search")))

    @mcp.tool(title="提问", description="回答一个问题：逐字引用的句子及其出处；找不到依据时 status 为 abstained。返回 JSON。", structured_output=False)
    async def ask(question: Question, context: Context) -> str:
        return _json(await desk.queue.run(functools.partial(asked, context, question, 10, "ask")))

    @mcp.tool(title="读原文", description="读一份报告的正文片段；report_id 与起止位置取自 search 或 ask 的结果。返回 JSON。", structured_output=False)
    async def read_source(
        report_id: str, context: Context, start: Annotated[int, Field(ge=0)] = 0, end: Annotated[int | None, Field(ge=0)] = None
    ) -> str:
        def read() -> SourceOut:
            request = context.request_context.request
            mine = desk.seen(request)
            ref = find(mine, report_id[:64])
            record(request, "open", report=ref.id, name=ref.name, start=start, by="mcp")
            report = mine.report(ref.row)
            first = min(start, len(report.text))
            last = max(first, min(len(report.text) if end is None else end, first + _MOST))
            return SourceOut(
                report=ListedOut.of(ref), text=report.text[first:last], start=first, end=min(last, len(report.text)), headings=[], pages=[]
            )

        return _json(await desk.queue.run(read))

    # the gate has looked at Host and Origin already
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return mcp, mcp.streamable_http_app(stateless_http=True, json_response=True, transport_security=security)


def only_post(request: Request) -> Response:
    """The answer to what is not POST: there is no stream to listen to, and no session to end (MCP, Streamable HTTP)."""
    return problem(405, "方法不对", f"/mcp 只接受 POST，不接受 {request.method}。", {"Allow": "POST"})


def _json(result: BaseModel) -> str:
    return result.model_dump_json()
