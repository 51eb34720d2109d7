"""Who asked what and opened which source: a line of JSON an event, rotated.  A line break in what was asked stays in its line."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from index.orphans import private_file
from index.types import StoreError
from server.who import visit_of

log = logging.getLogger("youju.server")
FOLDER = "audit"
BYTES = 10 * 2**20  # of a file
FILES = 20  # kept besides the one written to
# what JSON leaves as it is, and a reader of lines or a terminal does not
_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class _File(RotatingFileHandler):
    """A file that is its owner's alone, and that takes no request down with it when the disk is full."""

    def _open(self) -> TextIOWrapper:
        return TextIOWrapper(open(self.baseFilename, f"{self.mode}b", opener=private_file), encoding=self.encoding)

    def handleError(self, record: logging.LogRecord) -> None:
        log.error("审计日志没有记下一行（%s）：请检查磁盘空间与权限", sys.exc_info()[1])


class Audit:
    """The log in a data folder; best-effort: what cannot be written is told in the server's own log."""

    def __init__(self, data: Path) -> None:
        folder = data / FOLDER
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._file = _File(folder / "audit.log", maxBytes=BYTES, backupCount=FILES, encoding="utf-8")
            (folder / "audit.log").chmod(0o600)
        except OSError as error:
            raise StoreError(f"审计日志 {folder} 写不进去（{error}）：请检查权限与磁盘空间，或加 --no-audit 不记") from error

    def write(self, user: str, address: str, action: str, **what: Any) -> None:
        """One event."""
        event = {"at": datetime.now().astimezone().isoformat(timespec="seconds"), "user": user, "from": address, "do": action, **what}
        line = _BREAKS.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(event, ensure_ascii=False))
        self._file.handle(logging.LogRecord("audit", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def record(request: Any, action: str, **what: Any) -> None:
    """Note what a Starlette or Gradio request did: record(request, "ask", question=text).  Nothing where no log is kept."""
    visit = visit_of(request)
    if visit is not None and visit.told is not None:
        visit.told.write(visit.user.name if visit.user else "", visit.address, action, **what)
