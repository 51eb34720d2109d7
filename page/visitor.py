"""Who is at the page: what of the corpus they see, what they may do, and the name their conversations are kept under."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from index.corpus import Corpus

COOKIE = "youju_reader"
_KEPT = re.compile(r"[A-Za-z0-9_-]{20,64}")


def unheard(event: str, what: str) -> None:
    """For where no log is kept."""


@dataclass(frozen=True)
class Visitor:
    """One request's reader."""

    id: str  # of the account, or of the browser; empty: nothing of theirs is kept
    manages: bool  # may add, replace, correct and remove reports
    corpus: Corpus  # holds what they may see and nothing else
    name: str = ""  # of the account; empty where nobody need log in
    tell: Callable[[str, str], None] = unheard  # (event, what) for the audit log: ("source", file name)


def browser_id(request: Any) -> str:
    """What the browser's cookie calls its reader; empty where it has none.  The name of an account cannot be forged with it."""
    value = (getattr(request, "cookies", None) or {}).get(COOKIE, "")
    return f"browser:{value}" if _KEPT.fullmatch(value) else ""


def new_cookie(path: str, secure: bool) -> bytes:
    """A Set-Cookie value for a browser that has none."""
    parts = [f"{COOKIE}={secrets.token_urlsafe(24)}", f"Path={path}", "Max-Age=31536000", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts).encode()
