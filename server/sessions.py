"""Sessions in signed cookies: whose it is and the account's stamp, so that it ends with the account or its password."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from index.types import StoreError
from server.accounts import Account, Accounts

COOKIE = "youju_session"
SECONDS = 12 * 3600
_FILE = "session.key"


class Sessions:
    """Cookies signed with the data folder's own key."""

    def __init__(self, data: Path) -> None:
        self._signer = URLSafeTimedSerializer(_key(data / _FILE), salt="youju-session")

    def cookie(self, account: Account) -> str:
        """The value of a new session's cookie."""
        return str(self._signer.dumps([account.name, account.stamp]))

    def account(self, cookie: str, accounts: Accounts) -> Account | None:
        """Whose session a cookie is; None when forged, older than 12 hours, or of an account that has changed or gone."""
        try:
            name, stamp = self._signer.loads(cookie, max_age=SECONDS)
        except (BadData, ValueError, TypeError):
            return None
        account = accounts.get(str(name))
        return account if account and secrets.compare_digest(account.stamp.encode(), str(stamp).encode()) else None


def _key(path: Path) -> str:
    """The key in a file that nobody else may read; a new one where there is none."""
    try:
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        except FileExistsError:
            pass
        key = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise StoreError(f"会话密钥 {path} 读写失败（{error}）：请检查权限与磁盘空间") from error
    if len(key) < 32:
        raise StoreError(f"会话密钥 {path} 不完整：请删去它再启动，已登录的人需要重新登录")
    return key
