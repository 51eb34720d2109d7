"""Logging in and out: a page that works without JavaScript."""

from __future__ import annotations

import math
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from server.accounts import COOKIE, SESSION_SECONDS
from server.auditlog import record
from server.gate import Door
from server.limits import Guesses
from server.who import visit_of

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"
_STYLE = """
:root{color-scheme:light dark}body{margin:0;min-height:100vh;display:grid;place-items:center;background:#faf9f6;color:#24292a;
font:16px/1.7 -apple-system,"PingFang SC","Hiragino Sans GB","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
form{width:min(20rem,88vw);display:grid;gap:.9rem}main{margin-top:-12vh}
h1{display:flex;align-items:center;gap:.6rem;font-size:1.5rem;margin:0 0 .6rem;letter-spacing:.06em}
h1 span{display:grid;place-items:center;width:2.4rem;height:2.4rem;border-radius:10px;background:#2d675d;color:#faf9f6;
font:700 1.4rem/1 "Songti SC","Noto Serif CJK SC",SimSun,serif}form>p{margin:0;color:#5b6463}label{display:grid;gap:.25rem}
input{font:inherit;color:inherit;background:#fff;padding:.55rem .7rem;border:1px solid #8b918d;border-radius:8px}
button{font:inherit;padding:.6rem;border:0;border-radius:8px;background:#2d675d;color:#fff;cursor:pointer}
:focus-visible{outline:3px solid #5d9a8e;outline-offset:2px}form>[role=alert]{margin:0;color:#a02c1c}
@media(prefers-color-scheme:dark){body{background:#161918;color:#e3e6e3}input{background:#1e2221}form>p{color:#a3aca9}form>[role=alert]{color:#ffb4a5}}
"""


def _page(back: str, said: str = "", status: int = 200) -> HTMLResponse:
    alert = f'<p role="alert">{escape(said)}</p>' if said else ""
    html = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>登录 · 有据</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>'
        f'<form method="post" action="login"><h1><span aria-hidden="true">据</span>有据</h1><p>登录后提问，句句有出处。</p>{alert}'
        f'<input type="hidden" name="next" value="{escape(back)}">'
        '<label>账号<input name="name" autocomplete="username" required autofocus maxlength="64"></label>'
        '<label>密码<input name="password" type="password" autocomplete="current-password" required maxlength="200"></label>'
        "<button>登录</button></form></main></body></html>"
    )
    return HTMLResponse(html, status, {"content-security-policy": _POLICY, "cache-control": "no-store"})


def local(back: str) -> str:
    """A path of this server, whatever was given: nobody is sent to another site after logging in."""
    sound = back.startswith("/") and not back.startswith("//") and "\\" not in back and back.isprintable() and len(back) < 5000
    return back if sound else "/"


def routes(door: Door) -> APIRouter:
    """GET and POST /login, POST /logout."""
    router = APIRouter(include_in_schema=False)
    guesses = Guesses()

    @router.get("/login")
    def form(next: str = "/") -> Response:
        return _page(local(next))

    @router.post("/login")
    def log_in(
        request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "/"
    ) -> Response:
        visit = visit_of(request)
        address = visit.address if visit else ""
        tried = guesses.take(name[:64], address)
        if tried.wait:
            record(request, "login refused", name=name[:64])
            said = f"试错的次数太多，请 {math.ceil(tried.wait / 60)} 分钟后再试。"
            return _page(local(next), said, 429)
        entered = door.accounts.log_in(name, password)
        if entered is None:
            record(request, "login failed", name=name[:64])
            return _page(local(next), "账号或密码不对。", 401)
        account, cookie = entered
        guesses.right(name[:64], address, tried)
        record(request, "login", name=account.name)
        base = request.scope.get("root_path", "").rstrip("/")
        response = RedirectResponse(base + local(next), 303)
        response.set_cookie(
            COOKIE, cookie, max_age=SESSION_SECONDS, path=base or "/", httponly=True, samesite="lax",
            secure=request.scope["scheme"] == "https",
        )  # fmt: skip
        return response

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        record(request, "logout")
        if cookie := request.cookies.get(COOKIE):
            door.accounts.end_session(cookie)
        base = request.scope.get("root_path", "").rstrip("/")
        response = RedirectResponse(f"{base}/login", 303)
        response.delete_cookie(COOKIE, path=base or "/")
        return response

    return router
