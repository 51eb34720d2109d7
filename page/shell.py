"""What every page is served in: Chinese whatever the browser's own language, and forbidden to call another host."""

from __future__ import annotations

import re

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from page.visitor import COOKIE, new_cookie
from server.routes import route_path

# Gradio's front end needs inline scripts and templates compiled in the browser; everything comes from this host
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
)
# linked here rather than given to Gradio, whose scoping of a style sheet splits selectors at every comma
HEAD = (
    '<link rel="stylesheet" href="page/style.css"><link rel="icon" href="favicon.ico">'
    "<script>Object.defineProperty(navigator,'language',{get:()=>'zh-CN'});"
    "Object.defineProperty(navigator,'languages',{get:()=>['zh-CN']});</script>"
)


def in_chinese(page: str) -> str:
    """Gradio's page with its language set, and its advertisements for social networks left out."""
    page = re.sub(r'<html(\s+)lang="en"', r'<html\1lang="zh-CN"', page, count=1)
    page = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*', "", page)
    return page.replace("</head>", f"{HEAD}</head>", 1)


def _cookie(scope: Scope) -> bytes:
    """What names a browser that has no name yet."""
    held = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    if COOKIE in cookie_parser(held):
        return b""
    return new_cookie(scope.get("root_path", "").rstrip("/") + "/", scope.get("scheme") == "https")


class Shell:
    """ASGI middleware: headers on every response; on the front page `in_chinese`, and a cookie where the browser has none."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        front = route_path(scope) in ("", "/") and scope["method"] == "GET"
        cookie = _cookie(scope) if front else b""
        start: Message = {}
        body = b""

        async def pass_on(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
                if front:
                    if cookie:
                        message["headers"].append((b"set-cookie", cookie))
                    start = message
                    return
            elif front and message["type"] == "http.response.body":
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                body = in_chinese(body.decode("utf-8")).encode("utf-8")
                start["headers"] = [
                    (name, str(len(body)).encode() if name.lower() == b"content-length" else value)
                    for name, value in start["headers"]
                ]
                await send(start)
                message = {"type": "http.response.body", "body": body}
            await send(message)

        await self.app(scope, receive, pass_on)
