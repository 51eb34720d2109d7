"""What the person who starts the server decided: where it listens, whom it trusts, which pages may embed it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from index.types import YoujuError
from retrieval.wording.service import Model
from server import limits

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-fA-F:]+\](:\d{1,5})?")


class PolicyError(YoujuError):
    """The server may not be started like this."""


@dataclass(frozen=True)
class Policy:
    """Decisions of the command line; the defaults are those of a machine that only its own user reaches."""

    open: bool = False  # beyond loopback without accounts
    origins: tuple[str, ...] = ()  # of pages that may embed the chat and ask
    proxies: tuple[Network, ...] = ()  # whose X-Forwarded-* and header are believed
    header: str = ""  # in which a trusted proxy names the user
    audit: bool = True
    upload_bytes: int = limits.UPLOAD_BYTES
    per_minute: int = limits.MINUTE
    waiting: int = limits.WAITING
    model: Model | None = None  # phrases answers

    def trusts(self, address: str) -> bool:
        """Whether an address is one of the trusted proxies'."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.proxies)


def policy(
    *, open: bool, origins: list[str], proxies: list[str], header: str, audit: bool, upload_mb: int, per_minute: int,
    model: Model | None = None,
) -> Policy:
    """A policy from what was typed.  Raises PolicyError on what cannot be."""
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise PolicyError(f"--origin {origin}：应写作 http://主机 或 https://主机:端口，不带路径")
    try:
        networks = tuple(ipaddress.ip_network(one, strict=False) for one in proxies)
    except ValueError as error:
        raise PolicyError(f"--proxy-from：{error}；应写作 192.0.2.1 或 192.0.2.0/24") from error
    if header and not networks:
        raise PolicyError("--proxy-header 要与 --proxy-from 一起用：只有来自这些地址的请求才可信")
    if header and not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", header):
        raise PolicyError(f"--proxy-header {header}：不是请求头的名字")
    if upload_mb < 1 or per_minute < 1:
        raise PolicyError("--upload-mb 与 --per-minute 至少为 1")
    origins = [origin.lower() for origin in origins]
    return Policy(open, tuple(origins), networks, header.lower(), audit, upload_mb * 2**20, per_minute, model=model)


def is_loopback(address: str) -> bool:
    """Whether an address, or a host with or without its port, is this machine itself."""
    host = address.strip().lower()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_listening(host: str, accounts: bool, chosen: Policy) -> None:
    """Raises PolicyError when others could reach a server that asks nobody who they are."""
    if is_loopback(host) or accounts or chosen.header or chosen.open:
        return
    raise PolicyError(
        f"不在 {host} 上提供服务：还没有账号，凡能连到这个地址的人都能看到全部报告。"
        "请先运行 python app.py user add 名字 --role manage 添加账号，"
        "或用 --proxy-header 与 --proxy-from 由单点登录代理认人；确要不设限制（任何人都可提问，但不能改动报告），请加 --open"
    )
