"""An uploaded file into the corpus: its name and first bytes are looked at before a parser is let near it."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from index.corpus import Corpus
from index.load import READERS
from index.read import read
from index.types import LoadError, ReportRef, YoujuError
from server.problems import Refused

_ZIP, _OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0",)
_STARTS: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF",),
    ".docx": _ZIP,
    ".xlsx": _ZIP,
    ".ofd": _ZIP,
    ".doc": (*_OLE, b"{\\rtf", b"PK\x03\x04"),
    ".wps": (*_OLE, b"PK\x03\x04"),
    ".png": (b"\x89PNG",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".tif": (b"II*\0", b"MM\0*"),
    ".tiff": (b"II*\0", b"MM\0*"),
    ".bmp": (b"BM",),
}
_FOREIGN = (b"%PDF", *_ZIP, *_OLE, b"\x89PNG", b"\xff\xd8\xff", b"MZ", b"\x7fELF", b"GIF8", b"Rar!", b"7z\xbc\xaf")


def file_name(given: str) -> str:
    """The name an upload is kept under: the last part of what the browser said.  Raises LoadError on none that can be."""
    name = re.split(r"[/\\]", given)[-1].strip()
    shown = name[:60].encode("utf-8", "replace").decode()
    if not name or name.startswith(".") or not name.isprintable() or ":" in name:
        raise LoadError(f"“{shown if shown.isprintable() else '…'}”不能作文件名：请改名后再上传。")
    if len(name.encode("utf-8", "replace")) > 200:
        raise LoadError(f"{shown}…：文件名太长，请改短后再上传。")
    if Path(name).suffix.lower() not in READERS:
        raise LoadError(f"{name}：不认识的后缀。可以读的有：{' '.join(sorted(READERS))}")
    return name


def check_kind(name: str, head: bytes) -> None:
    """Raises LoadError when a file's first bytes are not of the kind that its suffix says."""
    suffix = Path(name).suffix.lower()
    starts = _STARTS.get(suffix)
    lies = not any(start in head[:1024] for start in starts) if suffix == ".pdf" and starts else (
        not head.startswith(starts) if starts else head.startswith(_FOREIGN)
    )
    if head and lies:
        raise LoadError(f"{name}：内容不是 {suffix} 文件。请检查文件，按它本来的类型另存后再上传。")


def take_in(corpus: Corpus, folder: Path, given: str, content: BinaryIO, most: int) -> ReportRef | None:
    """Keep an uploaded file below `folder` and index it; its ref, or None where the text is that of another report.

    Raises LoadError (what cannot be read), Refused 413 (more than `most` bytes) and StoreError; what is refused is not kept.
    """
    name = file_name(given)
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{secrets.token_hex(8)}"
    digest, size = hashlib.sha256(), 0
    try:
        with aside.open("xb") as kept:
            while piece := content.read(2**20):
                if size == 0:
                    check_kind(name, piece[:4096])
                size += len(piece)
                if size > most:
                    raise Refused(413, "请求太大", f"{name}：超过上限 {most // 2**20} MiB。")
                digest.update(piece)
                kept.write(piece)
        home = folder / digest.hexdigest()[:12]
        fresh = not (home / name).exists()
        home.mkdir(exist_ok=True)
        os.replace(aside, home / name)
    except OSError as error:
        raise YoujuError(f"{name}：存不下来（{error.strerror}），请检查磁盘空间与权限。") from error
    finally:
        aside.unlink(missing_ok=True)
    try:
        (ref,) = corpus.add([read(home / name)])
    except BaseException:
        if fresh:
            discard(home / name)
        raise
    if ref.source != str((home / name).resolve()):
        if fresh:
            discard(home / name)
        return None
    return ref


def discard(file: Path) -> None:
    """Take an uploaded file away, with its folder when that is then empty."""
    file.unlink(missing_ok=True)
    if not any(file.parent.iterdir()):
        shutil.rmtree(file.parent, ignore_errors=True)
