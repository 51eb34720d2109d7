"""Accounts, API tokens and sessions in SQLite: passwords as argon2id (RFC 9106), tokens and sessions as SHA-256 of 256 random bits.

A session is held here, not in its cookie: it ends at once, and for every copy of the cookie, when its user signs out, gets another
password or is removed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from index.types import YoujuError
from server.who import Role

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FILE = "accounts.sqlite"
COOKIE = "youju_session"
SESSION_SECONDS = 12 * 3600
SHORTEST = 8  # characters of a password
LONGEST = 200  # the same: what is longer only costs time to hash
_NAME = re.compile(r"[\w.@-]{1,64}")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, password TEXT NOT NULL, role TEXT NOT NULL, created REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label TEXT NOT NULL, created REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE, ends REAL NOT NULL
) STRICT;
"""
_BEFORE = "stamp"  # a column of users, by which earlier versions told sessions of an old password


class AccountError(YoujuError):
    """An account cannot be made, changed or found."""


@dataclass(frozen=True)
class Account:
    """Somebody who may log in."""

    name: str
    role: Role


@dataclass(frozen=True)
class Token:
    """An API token as it is listed; the token itself is shown once, when it is made."""

    id: str
    user: str
    label: str
    created: float


class Accounts:
    """The accounts of a data folder.  Safe from many threads and processes; a change counts from the next request on."""

    def __init__(self, data: Path) -> None:
        self.path = data / FILE
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(self.path, timeout=10, check_same_thread=False, isolation_level=None)
            self.path.chmod(0o600)
            self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; {_SCHEMA}")
            if any(column[1] == _BEFORE for column in self._db.execute("PRAGMA table_info(users)")):
                self._db.execute(f"ALTER TABLE users DROP COLUMN {_BEFORE}")
        except (OSError, sqlite3.Error) as error:
            raise AccountError(f"账号文件 {self.path} 打不开（{error}）：请检查路径、权限与磁盘空间，或从备份恢复") from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def any(self) -> bool:
        """Whether there is an account."""
        with self._reading() as db:
            return db.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None

    def all(self) -> list[Account]:
        """The accounts, by name."""
        with self._reading() as db:
            return [Account(*row) for row in db.execute("SELECT name, role FROM users ORDER BY name")]

    def get(self, name: str) -> Account | None:
        """An account by its name."""
        with self._reading() as db:
            row = db.execute("SELECT name, role FROM users WHERE name = ?", (name,)).fetchone()
        return Account(*row) if row else None

    def add(self, name: str, password: str, role: Role = "ask") -> Account:
        """A new account.  Raises AccountError on a name that is taken or cannot be, and on a password too short or long."""
        if not _NAME.fullmatch(name):
            raise AccountError(f"账号名“{name[:64]}”不合要求：用 1 到 64 个字母、数字、汉字或 . _ @ -")
        if role not in get_args(Role):
            raise AccountError(f"角色“{role}”不认识：ask 只能提问，manage 还能添加和移除报告")
        hashed = _hashed(password)
        with self._reading() as db:
            try:
                db.execute("INSERT INTO users (name, password, role, created) VALUES (?, ?, ?, ?)", (name, hashed, role, time.time()))
            except sqlite3.IntegrityError as error:
                raise AccountError(f"账号“{name}”已经有了：换一个名字，或用 user passwd 改密码") from error
        return Account(name, role)

    def remove(self, name: str) -> None:
        """Take out an account with its tokens and sessions."""
        with self._reading() as db:
            if not db.execute("DELETE FROM users WHERE name = ?", (name,)).rowcount:
                raise AccountError(f"没有账号“{name}”：用 user list 查看现有账号")

    def set_password(self, name: str, password: str, tokens: bool = False) -> int:
        """A new password; all sessions of the account end, and with `tokens` its tokens too.  How many tokens it keeps."""
        hashed = _hashed(password)
        with self._reading() as db, db:
            db.execute("BEGIN IMMEDIATE")
            if not db.execute("UPDATE users SET password = ? WHERE name = ?", (hashed, name)).rowcount:
                raise AccountError(f"没有账号“{name}”：用 user list 查看现有账号")
            db.execute("DELETE FROM sessions WHERE user = ?", (name,))
            if tokens:
                db.execute("DELETE FROM tokens WHERE user = ?", (name,))
            return int(db.execute("SELECT count(*) FROM tokens WHERE user = ?", (name,)).fetchone()[0])

    def check(self, name: str, password: str) -> Account | None:
        """The account, when the password is right.  A name that is not there takes as long."""
        found = self._checked(name, password)
        return Account(*found[:2]) if found else None

    def log_in(self, name: str, password: str) -> tuple[Account, str] | None:
        """The account and a new session's cookie, when the password is right and still is as the session begins."""
        found = self._checked(name, password)
        if found is None:
            return None
        cookie = self.start_session(name, found[2])
        return (Account(*found[:2]), cookie) if cookie else None

    def _checked(self, name: str, password: str) -> tuple[str, Role, str] | None:
        """Name, role and hash of an account whose password is right."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        if len(password) > LONGEST:
            return None
        with self._reading() as db:
            row = db.execute("SELECT name, role, password FROM users WHERE name = ?", (name,)).fetchone()
        try:
            _hasher().verify(row[2] if row else _NOBODY, password.encode("utf-8", "surrogatepass"))
        except (Argon2Error, InvalidHashError):
            return None
        return (row[0], row[1], row[2]) if row else None

    def add_token(self, user: str, label: str = "") -> str:
        """A new token of a user; told once, kept as its hash."""
        token = f"yj-{secrets.token_urlsafe(32)}"
        with self._reading() as db:
            try:
                db.execute(
                    "INSERT INTO tokens VALUES (?, ?, ?, ?, ?)",
                    (secrets.token_hex(4), _digest(token), user, label[:100], time.time()),
                )
            except sqlite3.IntegrityError as error:
                raise AccountError(f"没有账号“{user}”：先用 user add 添加") from error
        return token

    def tokens(self) -> list[Token]:
        """All tokens, by user."""
        with self._reading() as db:
            return [Token(*row) for row in db.execute("SELECT id, user, label, created FROM tokens ORDER BY user, created")]

    def remove_token(self, token_id: str) -> None:
        """Take out a token by its id."""
        with self._reading() as db:
            if not db.execute("DELETE FROM tokens WHERE id = ?", (token_id,)).rowcount:
                raise AccountError(f"没有编号为 {token_id} 的令牌：用 token list 查看")

    def of_token(self, token: str) -> Account | None:
        """Whose token it is."""
        with self._reading() as db:
            row = db.execute(
                "SELECT name, role FROM users JOIN tokens ON user = name WHERE hash = ?", (_digest(token),)
            ).fetchone()
        return Account(*row) if row else None

    def start_session(self, user: str, hashed: str) -> str:
        """A new session of a user: the value of its cookie; empty where the password's hash is no longer the user's.

        Sessions that have run out are cleared away.
        """
        cookie, now = secrets.token_urlsafe(32), time.time()
        with self._reading() as db:
            db.execute("DELETE FROM sessions WHERE ends < ?", (now,))
            begun = db.execute(
                "INSERT INTO sessions SELECT ?, name, ? FROM users WHERE name = ? AND password = ?",
                (_digest(cookie), now + SESSION_SECONDS, user, hashed),
            ).rowcount
        return cookie if begun else ""

    def of_session(self, cookie: str) -> Account | None:
        """Whose session a cookie is; None when there is none of it (any more), or it is older than 12 hours."""
        with self._reading() as db:
            row = db.execute(
                "SELECT name, role FROM users JOIN sessions ON user = name WHERE hash = ? AND ends >= ?", (_digest(cookie), time.time())
            ).fetchone()
        return Account(*row) if row else None

    def end_session(self, cookie: str) -> None:
        """End a session, for whoever holds its cookie; nothing where there is none."""
        with self._reading() as db:
            db.execute("DELETE FROM sessions WHERE hash = ?", (_digest(cookie),))

    def end_sessions(self) -> None:
        """End all sessions: of a back-up that is restored, some may have ended since it was made."""
        with self._reading() as db:
            db.execute("DELETE FROM sessions")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.IntegrityError:
                raise
            except sqlite3.Error as error:
                raise AccountError(f"账号文件 {self.path} 读写失败（{error}）：请检查磁盘，或从备份恢复") from error


# argon2id of random bytes that nobody knows: what a wrong name is checked against
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$3xfnXnMHcaQjwcluqC9WqQ$a2h9XClg0xhfcANh8rmtQ15zmYJmXkECy5BmByjld54"


def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP's second choice: 19 MiB a login


def _hashed(password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountError(f"密码有 {len(password)} 个字符：要 {SHORTEST} 到 {LONGEST} 个")
    return _hasher().hash(password.encode("utf-8", "surrogatepass"))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
