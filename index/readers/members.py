"""Files that hold files (.zip, .eml, .epub): each is put into a folder of its own under a name of ours, read, and headed by its own name.

Bounded in number, size, depth and time; what is not read is said.  Pages are not told apart: a page of which file would be unclear.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import IO

from index import limits
from index.load import READERS, Raw, load
from index.readers.broken import broken
from index.types import LoadError

_SOFT = "\u2028"
_TOLD = 10  # files that a warning names
_CONTAINERS = {".zip": ("archive", "unpacked"), ".eml": ("mail", "opened")}  # readers that take a depth


@dataclass(frozen=True)
class Member:
    """A file inside another: its path there, and what opens it."""

    name: str
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Budget:
    """How much more may be read of files inside files."""

    until: float
    depth: int = 0

    @classmethod
    def begun(cls) -> Budget:
        return cls(time.monotonic() + limits.MEMBERS_SECONDS)

    def deeper(self) -> Budget:
        return replace(self, depth=self.depth + 1)


def read_members(members: Iterable[Member], name: str, budget: Budget, head: Raw | None = None) -> Raw:
    """The texts of files, each below its name; of one alone, its own.  `head`: what stands before them.

    Raises LoadError, naming the file `name` and why, where none of them can be read.
    """
    texts: list[tuple[str, Raw]] = []
    unread: list[str] = []
    read = characters = 0
    with tempfile.TemporaryDirectory(prefix="youju-", ignore_cleanup_errors=True) as folder:
        for member in members:
            called = _called(member.name)
            if called is None:
                continue
            suffix = PurePosixPath(called).suffix.lower()
            if suffix not in READERS:
                unread.append(f"{called}（不认识的后缀）")
            elif read >= limits.MEMBERS or time.monotonic() > budget.until or characters > limits.CHARACTERS:
                unread.append(f"{called}（超过上限）")
            elif suffix in _CONTAINERS and budget.depth + 1 >= limits.DEPTH:
                unread.append(f"{called}（套得太深）")
            else:
                path = Path(folder, str(read), called)
                read += 1
                path.parent.mkdir()
                try:
                    with broken(called, "文件"), member.open() as source, path.open("wb") as kept:
                        shutil.copyfileobj(source, kept)
                    raw = _read(path, suffix, budget)
                except LoadError as error:
                    unread.append(str(error).removeprefix(f"{called}：").rstrip("。").join((f"{called}（", "）")))
                    continue
                finally:
                    path.unlink(missing_ok=True)
                characters += len(raw.text)
                texts.append((called, raw))
    if not texts and (head is None or not head.text.strip()):
        why = "；".join(unread[:3]) or "里面没有文件"
        raise LoadError(f"{name}：里面没有可以读的报告：{why}。请解开后逐个检查、加入。")
    return _together(texts, unread, head)


def _read(path: Path, suffix: str, budget: Budget) -> Raw:
    if suffix not in _CONTAINERS:
        return load(path)
    module, function = _CONTAINERS[suffix]
    raw: Raw = getattr(import_module(f"index.readers.{module}"), function)(path, budget.deeper())
    return raw


def _together(texts: list[tuple[str, Raw]], unread: list[str], head: Raw | None) -> Raw:
    warnings = [*(head.warnings if head else ()), *(f"{called}：{warning}" for called, raw in texts for warning in raw.warnings)]
    if unread:
        more = f" 等 {len(unread)} 个文件" if len(unread) > _TOLD else ""
        warnings.append(f"里面没有读的：{'；'.join(unread[:_TOLD])}{more}")
    if len(texts) == 1 and head is None:
        return replace(texts[0][1], warnings=tuple(warnings))
    made = [head.text] if head else []
    for called, raw in texts:
        soft = raw.text if raw.paragraphs else raw.text.replace("\n", _SOFT)
        made += [f"## {called}", re.sub(r"(?m)^(#{1,4}) ", r"##\1 ", soft.replace("\f", _SOFT))]
    everywhere = [raw for _, raw in texts] + ([head] if head else [])
    return Raw("\n".join(made), marked=all(raw.marked for raw in everywhere), warnings=tuple(warnings), paragraphs=True)


def _called(name: str) -> str | None:
    """The last part of a member's path, as a file can be called; None for what systems leave beside files."""
    parts = [part for part in re.split(r"[/\\]", name) if part]
    if not parts or parts[0] == "__MACOSX" or parts[-1].startswith((".", "~$")) or name.endswith("/"):
        return None
    called = "".join(c if c.isprintable() and c not in ':*?"<>|' else "_" for c in parts[-1])
    stem, dot, suffix = called.rpartition(".")
    while len(called.encode("utf-8", "replace")) > 200:
        stem = stem[:-1]
        called = f"{stem}{dot}{suffix[:10]}"
    return called
