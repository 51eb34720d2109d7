"""What stands in a data folder for no report: files of reports that are gone, what a killed process left, rights too wide.

    uploads/0123456789ab/NAME   a report's file, in a folder named for its content
    uploads/.TOKEN/NAME         one that is being read in, locked by .TOKEN.lock beside it for as long as that takes

The lock falls with the process that holds it, so what is unlocked was left.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from index.corrections import LIST

UPLOADS = "uploads"
_KEPT = (LIST, "terms.txt")  # what may stand beside reports
_TEMPORARY = re.compile(r"(meta\.json|terms\.txt|dense\.faiss)\.\d+\.tmp|lexical\.(new|old)")
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


@contextmanager
def being_read(uploads: Path) -> Iterator[Path]:
    """A folder for one file until it is taken in or refused; gone afterwards, whatever happens.  Raises OSError."""
    uploads.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    folder = uploads / f".{secrets.token_hex(8)}"
    try:
        with filelock.FileLock(_lock(folder), mode=_PRIVATE_FILE):
            folder.mkdir(mode=_PRIVATE_FOLDER)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _lock(folder).unlink(missing_ok=True)


def clear(data: Path, sources: Iterable[str]) -> list[str]:
    """Delete what is left over; a Chinese line for each file, naming it.

    The writers' lock is held.  `sources`: the paths that the catalog's reports were read from.
    """
    uploads = data / UPLOADS
    known = set(sources)
    lines = [f"写了一半的 {path.name}，已删去" for path in sorted(data.iterdir()) if _TEMPORARY.fullmatch(path.name) and _delete(path)]
    for path in sorted(uploads.iterdir()) if uploads.is_dir() else ():
        if path.name.startswith("."):
            lines += _abandoned(path)
            continue
        for file in sorted(path.rglob("*")) if path.is_dir() and not path.is_symlink() else [path]:
            if (file.is_dir() and not file.is_symlink()) or file.name in _KEPT:
                continue
            # by its place below the folder, which may have been moved since the report was read in
            tail = f"/{UPLOADS}/{file.relative_to(uploads).as_posix()}"
            if not any(source.replace(os.sep, "/").endswith(tail) for source in known) and _delete(file):
                lines.append(f"上传的文件 {file.relative_to(uploads)} 没有对应的报告，已删去")
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return lines


def close_to_others(data: Path, *, deep: bool = False) -> int:
    """Take from everybody but the owner the right to read the folder's files; how many had it.  `deep`: the uploads too.

    What is another user's stays as it is.
    """
    found = [data, *data.glob("*"), *(data / "lexical").glob("*"), *(data / "audit").glob("*")]
    found += (data / UPLOADS).rglob("*") if deep else ()
    changed = 0
    for path in found:
        with suppress(OSError):
            mode = path.lstat().st_mode
            if not path.is_symlink() and mode & 0o077:
                path.chmod(_PRIVATE_FOLDER if path.is_dir() else _PRIVATE_FILE)
                changed += 1
    return changed


def private_file(path: str, flags: int) -> int:
    """An opener for `open`: what it makes is its owner's alone."""
    return os.open(path, flags, _PRIVATE_FILE)


def _lock(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _abandoned(path: Path) -> list[str]:
    """Delete what one upload left, unless it is still being read in."""
    folder = path.with_name(path.name.removesuffix(".lock"))
    lock = filelock.FileLock(_lock(folder), timeout=0, mode=_PRIVATE_FILE)
    try:
        with lock:
            files = [file.name for file in folder.rglob("*")] if folder.is_dir() else [folder.name] if folder.exists() else []
            left = folder.exists() and _delete(folder)
    except (filelock.Timeout, OSError):
        return []
    _lock(folder).unlink(missing_ok=True)
    return [f"没有传完的文件 {name}，已删去" for name in files] if left else []


def _delete(path: Path) -> bool:
    try:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    except OSError:
        return False
    return True
