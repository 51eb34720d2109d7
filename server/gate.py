"""The one door: every request passes here, and is told who it is, or is turned down.

In order: the address (X-Forwarded-* from trusted proxies only), who asks (trusted header, token, cookie), whether they
must log in, whether another site's page sent it, how large and how often.  What is let through carries a Visit.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.accounts import COOKIE, Account, Accounts
from server.auditlog import Audit
from server.groups import Groups, barred
from server.limits import JSON_BYTES, Window
from server.metrics import Metrics
from server.policy import Policy, is_loopback
from server.problems import Refused, of, problem
from server.routes import route_path
from server.who import SCOPE, User, Visit

PUBLIC = ("/login", "/logout", "/healthz", "/embed.js", "/page/style.css", "/page/login.css", "/favicon.ico")
ASKING = ("/api/v1/ask", "/api/v1/search", "/api/ask", "/api/search", "/v1/chat/completions", "/v1/models")  # from other origins
UPLOADING = "/api/v1/reports"
COUNTED = ("/api/", "/v1/", "/mcp", "/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/run", "/gradio_api/call")
_SAFE = ("GET", "HEAD", "OPTIONS")
# each says who asks or from where: of two that differ a proxy and this server might believe another
_ONCE = frozenset({"authorization", "cookie", "host", "origin", "content-length", "x-forwarded-proto", "x-forwarded-host"})
_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port", b"x-forwarded-prefix", b"forwarded")


@dataclass(frozen=True)
class Door:
    """What the gate decides by."""

    policy: Policy
    accounts: Accounts
    groups: Groups
    audit: Audit | None
    metrics: Metrics

    @property
    def logins(self) -> bool:
        """Whether one must say who one is."""
        return bool(self.policy.header) or self.accounts.any()

    def user(self, name: str, role: str) -> User:
        """A user with the folders that are closed to them."""
        return User(name, "manage" if role == "manage" else "ask", barred(self.groups.now(), name))


class Gate:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door
        self._rate = Window(door.policy.per_minute, 60.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})  # nothing here speaks it
            return
        headers = Headers(scope=scope)
        path = route_path(scope)
        origin = headers.get("origin", "").lower()
        friend = origin if origin in self.door.policy.origins and path in ASKING else ""
        status = 0

        async def pass_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._headers(friend)]
            await send(message)

        try:
            with self.door.metrics.request(scope, lambda: status):
                turned = self._turn_away(scope, headers, path, origin, friend)
                if turned is not None:
                    await turned(scope, receive, pass_on)
                    return
                most = self._most(path)
                await self.app(scope, _bounded(receive, most), pass_on)
        except Refused as refused:
            if status == 0:
                await of(refused)(scope, receive, pass_on)

    def _turn_away(self, scope: Scope, headers: Headers, path: str, origin: str, friend: str) -> Response | None:
        """The response where a request is not let through; else its Visit is put in its scope."""
        policy = self.door.policy
        if twice := _twice(headers, _ONCE | {policy.header}):
            if self.door.audit:
                self.door.audit.write("", (scope.get("client") or ("", 0))[0], "header twice", header=twice)
            return problem(400, "请求有误", f"请求头 {twice} 只能有一个：请检查代理的设置。")
        if scope["method"] == "OPTIONS" and origin and "access-control-request-method" in headers:
            return Response(status_code=204) if friend else problem(403, "没有权限", "这个来源不在允许之列。")
        peer = (scope.get("client") or ("", 0))[0]
        address = peer
        claimed = headers.get(policy.header, "") if policy.header else ""
        if policy.trusts(peer):
            address = _forwarded(headers.getlist("x-forwarded-for"), policy, peer)
            if headers.get("x-forwarded-proto", "") in ("http", "https"):
                scope["scheme"] = headers["x-forwarded-proto"]
        else:
            claimed = ""
            if any(name in _FORWARDED for name, _ in scope["headers"]) and not self.door.logins and not policy.open:
                return problem(403, "没有权限", "这个请求经过代理，而服务没有账号：请先添加账号，并用 --proxy-from 写明代理的地址。")
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in _FORWARDED]
        user = self._user(headers, claimed, peer)
        if user is not None and user.name == "" and not policy.open and not self._local(peer, headers):
            return problem(403, "没有权限", "没有账号时只供本机使用：请用 127.0.0.1 或 localhost 打开，或先添加账号。")
        scope[SCOPE] = Visit(user, address[:64], self.door.audit)
        if user is None and path not in PUBLIC:
            return self._ask_who(scope, headers)
        if scope["method"] not in _SAFE and not friend and not _same_site(headers, origin):
            return problem(403, "没有权限", "这个请求来自别的网站的页面，已拒绝。")
        length = headers.get("content-length", "")
        if length and (not length.isdecimal() or int(length[:20]) > self._most(path)):
            return problem(413, "请求太大", f"请求体超过上限 {self._most(path) // 1024:,} KiB。")
        if scope["method"] not in _SAFE and path.startswith(COUNTED) and user is not None and (user.name or policy.open):
            wait = self._rate.take(user.name or address)
            if wait:
                retry = {"Retry-After": str(math.ceil(wait))}
                return problem(429, "太频繁", f"每分钟最多 {policy.per_minute} 次，请 {math.ceil(wait)} 秒后再试。", retry)
        return None

    def _user(self, headers: Headers, claimed: str, peer: str) -> User | None:
        door = self.door
        if not door.logins:
            return door.user("", "ask" if door.policy.open and not is_loopback(peer) else "manage")
        account: Account | None = None
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if claimed and claimed.isprintable() and "," not in claimed and len(claimed) <= 64:  # a comma: two that a proxy has joined
            account = door.accounts.get(claimed)
            return door.user(claimed, account.role if account else "ask")
        if scheme.lower() == "bearer":
            account = door.accounts.of_token(token.strip())
        elif cookie := cookie_parser(headers.get("cookie", "")).get(COOKIE):
            account = door.accounts.of_session(cookie)
        return door.user(account.name, account.role) if account else None

    @staticmethod
    def _local(peer: str, headers: Headers) -> bool:
        """From this machine, by a name of this machine: a page of another site that points its name here is neither."""
        return is_loopback(peer) and is_loopback(headers.get("host", ""))

    @staticmethod
    def _ask_who(scope: Scope, headers: Headers) -> Response:
        if scope["method"] == "GET" and "text/html" in headers.get("accept", "") and "/api/" not in scope["path"]:
            base = scope.get("root_path", "").rstrip("/")
            query = scope.get("query_string", b"").decode("latin-1")
            back = route_path(scope) + (f"?{query}" if query else "")
            return RedirectResponse(f"{base}/login?next={quote(back)}", 303)
        return problem(401, "请先登录", "需要登录，或在 Authorization: Bearer 里给出有效的令牌。", {"WWW-Authenticate": "Bearer"})

    def _most(self, path: str) -> int:
        return self.door.policy.upload_bytes + 2**16 if path.startswith(UPLOADING) else JSON_BYTES

    def _headers(self, friend: str) -> Iterable[tuple[bytes, bytes]]:
        framers = " ".join(("'self'", *self.door.policy.origins))
        yield b"content-security-policy", f"frame-ancestors {framers}".encode()
        if friend:
            yield b"access-control-allow-origin", friend.encode()
            yield b"access-control-allow-credentials", b"true"
            yield b"access-control-allow-headers", b"content-type, authorization, accept"
            yield b"access-control-allow-methods", b"GET, POST"
            yield b"access-control-max-age", b"600"
            yield b"vary", b"Origin"


def _twice(headers: Headers, once: frozenset[str]) -> str:
    """A header that may stand once only and stands more often; _ is read as -, as some servers behind a proxy do."""
    seen = [name.replace("_", "-") for name in headers.keys()]  # noqa: SIM118 - a name as often as it was sent
    return next((name for name in once if name and seen.count(name) > 1), "")


def _forwarded(lines: Iterable[str], policy: Policy, peer: str) -> str:
    """Where a request comes from, by its X-Forwarded-For: the last hop that is no trusted proxy, which a trusted one has added.

    What stands before it was sent along by whoever asks.  The peer's own address where the hop is none.
    """
    hops = [hop.strip() for line in lines for hop in line.split(",")]
    while len(hops) > 1 and policy.trusts(hops[-1]):
        hops.pop()
    try:
        return str(ipaddress.ip_address(hops[-1])) if hops else peer
    except ValueError:
        return peer


def _same_site(headers: Headers, origin: str) -> bool:
    """Whether no other site's page sent a request; what sends neither header is no browser of this decade."""
    if origin:
        return origin != "null" and urlsplit(origin).netloc == headers.get("host", "").lower()
    return headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _bounded(receive: Receive, most: int) -> Receive:
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise Refused(413, "请求太大", f"请求体超过上限 {most // 1024:,} KiB。")
        return message

    return counted


