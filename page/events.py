"""Gradio's events between browser and server: kept to whose they are, and in order."""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import parse_qs

from starlette._utils import get_route_path
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from page.visitor import COOKIE
from server.problems import problem
from server.who import SCOPE, Visit

MOMENT = 0.4  # seconds within which a browser has heard that its stream has closed
MOST = 20_000  # sessions remembered
_STREAM, _JOIN = "/gradio_api/queue/data", "/gradio_api/queue/join"


def owner(scope: Scope) -> str:
    """Who sends a request: an account, else a browser."""
    visit = scope.get(SCOPE)
    if isinstance(visit, Visit) and visit.user and visit.user.name:
        return f"user:{visit.user.name}"
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    return f"browser:{cookie_parser(cookies).get(COOKIE, '')}"


class Events:
    """ASGI middleware over Gradio's own addresses.

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
        path = get_route_path(scope) if scope["type"] == "http" else ""
        if not path.startswith("/gradio_api/") or path.startswith("/gradio_api/upload"):
            await self.app(scope, receive, send)
            return
        body = b""
        if scope["method"] == "POST":
            body, receive = await _read(receive)
        named = {*parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", ()), *_named(body)}
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


def _named(body: bytes) -> tuple[str, ...]:
    """The session that a body names, read as Gradio will read it."""
    try:
        content = json.loads(body)
    except ValueError:
        return ()
    named = content.get("session_hash") if isinstance(content, dict) else None
    return (named,) if isinstance(named, str) else ()


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """A request's body, and it again for who comes after; the gate has bounded it."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
    read = [body]

    async def again() -> Message:
        return {"type": "http.request", "body": read.pop(), "more_body": False} if read else await receive()

    return body, again
