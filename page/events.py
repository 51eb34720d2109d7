"""What reaches Gradio: the addresses that the page needs and no other, no file, and each event for whose it is, in order."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from page.visitor import COOKIE
from server.auditlog import record
from server.problems import problem
from server.routes import route_path
from server.who import SCOPE, Visit

MOMENT = 0.4  # seconds within which a browser has heard that its stream has closed
MOST = 20_000  # sessions remembered
_STREAM, _JOIN = "/gradio_api/queue/data", "/gradio_api/queue/join"
# what the page's own scripts ask for; everything else that Gradio would answer is closed
OPEN = {
    "GET": re.compile(rf"/?|/config|/theme\.css|/favicon\.ico|/(assets|static)/.+|{_STREAM}|/gradio_api/heartbeat/\w+"),
    "HEAD": re.compile("/?"),
    "POST": re.compile(rf"{_JOIN}|/gradio_api/run/predict|/gradio_api/(cancel|reset)"),
}
# names in `gradio.FileData`, by which an event would hand over a file or its address; no button of ours sends any of them
FILE_DATA = frozenset({"path", "url", "size", "orig_name", "mime_type", "is_stream", "meta"})


def owner(scope: Scope) -> str:
    """Who sends a request: an account, else a browser."""
    visit = scope.get(SCOPE)
    if isinstance(visit, Visit) and visit.user and visit.user.name:
        return f"user:{visit.user.name}"
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    return f"browser:{cookie_parser(cookies).get(COOKIE, '')}"


def holds_file(value: Any) -> bool:
    """Whether anything in a JSON value, however deep, speaks of a file: Gradio fetches such a one before a listener is asked."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if FILE_DATA & one.keys():
                return True
            left += one.values()
        elif isinstance(one, list):
            left += one
    return False


class Events:
    """ASGI middleware around Gradio, inside its mount, so that it sees the paths that Gradio's routes see.

    A file comes in through `/api/v1/reports` alone.  What a request says is read here once and passed on as it was understood, so
    that nothing in it can be read one way here and another way there.

    A session of Gradio's is whoever names it first: who knows another's name for it reads nothing of it, and stops nothing.

    Gradio's browser side loses an event whose joining is answered before the news arrives that its stream of answers has
    closed, since it goes on listening to that one.  So a join that falls into the moment after the closing is answered when
    that moment is over; the work begins at once all the same.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._owners: dict[str, str] = {}
        self._closed: dict[str, float] = {}  # session → when its stream closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, method = route_path(scope), scope["method"]
        content: Any = None
        if method not in ("GET", "HEAD"):
            body = await _body(receive)
            try:
                content = json.loads(body) if body.strip() else {}
            except (ValueError, RecursionError):
                content = None
            if (content is None and _multipart(scope)) or path.startswith("/gradio_api/upload") or holds_file(content):
                record(Request(scope), "file refused", path=path[:200])
                await problem(403, "没有权限", "网页的请求不能带文件：报告请用 /api/v1/reports 上传。")(scope, receive, send)
                return
            if not isinstance(content, dict):
                await problem(422, "请求有误", "请求体应为 JSON 对象。")(scope, receive, send)
                return
            scope, receive = _said(scope, content, receive)
        if "//" in scope["path"] or not (opened := OPEN.get(method)) or not opened.fullmatch(path):
            await problem(404, "没有找到", f"没有这个地址：{path[:200]}。")(scope, receive, send)
            return
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", ())
        said = content.get("session_hash") if content else None
        named = {*asked, *((said,) if isinstance(said, str) else ())}
        if any(self._owner_of(session, owner(scope)) != owner(scope) for session in named):
            await problem(403, "没有权限", "这次会话不是你的：请刷新页面。")(scope, receive, send)
            return
        session = next(iter(named), "")
        if path == _STREAM:
            send = self._listening(send, session)
        elif path == _JOIN:
            send = self._late(send, session)
        await self.app(scope, receive, send)

    def _owner_of(self, session: str, asker: str) -> str:
        if session not in self._owners and len(self._owners) >= MOST:
            self._owners.pop(next(iter(self._owners)))
        held = self._owners.pop(session, asker)
        self._owners[session] = held  # used last stands last
        return held

    def _listening(self, send: Send, session: str) -> Send:
        async def pass_on(message: Message) -> None:
            if b'"close_stream"' in message.get("body", b"")[:200]:
                now = time.monotonic()
                self._closed = {key: at for key, at in self._closed.items() if now - at < MOMENT}
                self._closed[session] = now
            await send(message)

        return pass_on

    def _late(self, send: Send, session: str) -> Send:
        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start" and session in self._closed:
                await asyncio.sleep(max(0.0, self._closed[session] + MOMENT - time.monotonic()))
            await send(message)

        return pass_on


def _multipart(scope: Scope) -> bool:
    return any(name == b"content-type" and value.lower().startswith(b"multipart/") for name, value in scope["headers"])


async def _body(receive: Receive) -> bytes:
    """A request's body; the gate has bounded it."""
    pieces, more = list[bytes](), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


def _said(scope: Scope, content: dict[str, Any], receive: Receive) -> tuple[Scope, Receive]:
    """A request that says `content`, for who comes after."""
    body = json.dumps(content).encode()
    headers = [(name, value) for name, value in scope["headers"] if name not in (b"content-type", b"content-length", b"transfer-encoding")]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    unread = [body]

    async def again() -> Message:
        return {"type": "http.request", "body": unread.pop(), "more_body": False} if unread else await receive()

    return {**scope, "headers": headers}, again
