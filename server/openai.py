"""An answer in the shape of OpenAI's chat completions, for the chat front ends that speak it.

The last message of the user is the question; what answers is no language model, so `temperature` and its like are
accepted and mean nothing.  Citations stand in the text as [1] with a list below, and whole in `citations`.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from retrieval.types import Answer, Citation
from server import problems
from server.asking import Desk
from server.auditlog import record
from server.problems import Refused, told
from server.shapes import CitationOut, fault

MODEL = "youju"
_EXAMPLE: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "青川市2024年办理行政复议案件多少件？"}], "stream": False}


class Part(BaseModel):
    """A piece of a message; only text is read."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str = ""


class Message(BaseModel):
    """A message of the conversation."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None


class ChatIn(BaseModel):
    """What a chat front end sends."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_EXAMPLE]})

    messages: list[Message] = Field(min_length=1, max_length=1000)
    model: str = Field(MODEL, max_length=200)
    stream: bool = False


class Said(BaseModel):
    """The answer as a message."""

    role: Literal["assistant"] = "assistant"
    content: str


class Choice(BaseModel):
    """The one choice there is."""

    index: int = 0
    message: Said
    finish_reason: Literal["stop"] = "stop"


class Usage(BaseModel):
    """In characters: nothing is cut into tokens."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatOut(BaseModel):
    """A chat completion with its citations."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    citations: list[CitationOut]
    status: str


def question_of(messages: list[Message]) -> str:
    """The text of the user's last message; raises Refused (422) where it cannot be asked."""
    last = next((message for message in reversed(messages) if message.role == "user"), None)
    content = "" if last is None or last.content is None else last.content
    text = content if isinstance(content, str) else "\n".join(part.text for part in content if part.type == "text")
    if reason := fault(text):
        raise Refused(422, "请求有误", reason)
    return text.strip()


def _from(citation: Citation) -> str:
    facts = citation.report.facts
    place = [f"《{citation.report.title}》", facts.unit, facts.issued, *citation.path[-1:]]
    page = [f"第 {citation.page} 页"] if citation.page else []
    return "，".join(part for part in (*place, *page) if part)


def markdown(answer: Answer) -> str:
    """The answer as text: short answer, items of a list, quoted sentences with their numbers, then where each stands."""
    cited = answer.candidates if answer.status == "ambiguous" else answer.citations
    if not cited:
        return "\n\n".join(part for part in (answer.text, answer.note or answer.question.nothing) if part)
    lines = [f"**{answer.said}**"] if answer.said else []
    lines += [answer.text.replace("](", "] (")] if answer.status == "ambiguous" or answer.phrased else []  # [1](…) would be a link
    if answer.table and answer.table.summary:
        lines.append(answer.table.summary)
    quotes = [f"{citation.quote.replace(chr(10), ' ')} [{number}]" for number, citation in enumerate(cited, 1)]
    lines += ["\n".join(f"{number}. {item}" for number, item in enumerate(quotes[: answer.items], 1))] if answer.items else []
    lines += [f"> {quote}" for quote in quotes[answer.items :]]
    lines += [answer.note] if answer.note else []
    lines += [_struck(answer)] if answer.struck else []
    lines.append("\n".join(f"[{number}] {_from(citation)}" for number, citation in enumerate(cited, 1)))
    return "\n\n".join(lines)


def _struck(answer: Answer) -> str:
    """What a language model was not let say, as a block of code: nothing in it is markup, and it can close none."""
    longest = max((len(run) for run in re.findall("`+", "".join(answer.struck))), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}text", *(f"已删去：{one}" for one in answer.struck), fence))


def routes(desk: Desk) -> APIRouter:
    """POST /v1/chat/completions and GET /v1/models."""
    router = APIRouter(prefix="/v1", tags=["OpenAI 兼容"])

    async def answer_to(request: Request, text: str) -> Answer:
        record(request, "ask", question=text, by="chat/completions")
        return await desk.phrased(request, await desk.queue.run(lambda: desk.answer(request, text)))

    async def pieces(request: Request, text: str, model: str) -> AsyncIterator[str]:
        about = {"id": _id(), "object": "chat.completion.chunk", "created": int(time.time()), "model": model}

        def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
            body = {**about, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}
            return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"

        yield chunk({"role": "assistant", "content": ""})
        try:
            answer = await answer_to(request, text)
        except Exception as error:
            found = json.loads(bytes(problems.of(error).body))
            yield f"data: {json.dumps({'error': {'message': found['detail'], 'code': found['status']}}, ensure_ascii=False)}\n\n"
            return
        for paragraph in markdown(answer).split("\n\n"):
            yield chunk({"content": paragraph + "\n\n"})
        yield chunk({}, "stop", citations=_cited(answer), status=answer.status)
        yield "data: [DONE]\n\n"

    @router.post(
        "/chat/completions", summary="对话（与 OpenAI 接口兼容）", response_model=ChatOut,
        responses={**told(400, 401, 403, 409, 413, 422, 429, 503), 200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    async def complete(request: Request, body: Annotated[ChatIn, Body()]) -> Any:
        """最后一条 user 消息就是问题。回答里的 [1] 对应 citations 的第 1 项。stream 为 true 时以 SSE 分段送出。"""
        text = question_of(body.messages)
        if body.stream:
            headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
            return StreamingResponse(pieces(request, text, body.model), media_type="text/event-stream", headers=headers)
        answer = await answer_to(request, text)
        said = markdown(answer)
        return ChatOut(
            id=_id(),
            created=int(time.time()),
            model=body.model,
            choices=[Choice(message=Said(content=said))],
            usage=Usage(prompt_tokens=len(text), completion_tokens=len(said), total_tokens=len(text) + len(said)),
            citations=_cited_out(answer),
            status=answer.status,
        )

    @router.get("/models", summary="可用的模型（只有一个）", responses=told(401))
    def models() -> dict[str, Any]:
        """供聊天前端列出。"""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}]}

    return router


def _id() -> str:
    return f"chatcmpl-{secrets.token_hex(12)}"


def _cited_out(answer: Answer) -> list[CitationOut]:
    return [CitationOut.of(one) for one in (answer.candidates if answer.status == "ambiguous" else answer.citations)]


def _cited(answer: Answer) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in _cited_out(answer)]
