"""Path → raw text.  A table of suffix → reader; a reader and the library it needs are imported when one is met."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from index import limits
from index.limits import TEXT_BYTES as MAX_BYTES
from index.types import LoadError

if TYPE_CHECKING:
    from index.recount import Recount

__all__ = ["MAX_BYTES", "READERS", "SUFFIXES", "Left", "Raw", "load"]


class Left(NamedTuple):
    """What a reader saw and left out, as it stands in the file."""

    page: int  # from 1; 0: of a format without pages
    kind: str  # 页眉页脚 水印 重印 隐藏
    text: str


@dataclass(frozen=True)
class Raw:
    """The text of a file as its format gives it; headings that the format marks are lines that begin with #.

    A form feed ends each page of a format that has pages.  A row of a table is a line: 指标：调解，数量：51件。
    """

    text: str
    marked: bool = False  # True: # and ** are markup of this format, not the report's characters
    warnings: tuple[str, ...] = ()  # what could not be read, for the reader of the report: 第3页没有文字…
    left: tuple[Left, ...] = ()  # what was left out knowingly
    counted: Recount | None = None  # the second count, where it was taken in the reader's own process
    paragraphs: bool = False  # True: the format tells paragraphs apart, a line each; U+2028 breaks a line inside one


@dataclass(frozen=True)
class _Format:
    module: str  # in index.readers
    function: str  # Path → Raw
    most: int = limits.FILE_BYTES
    starts: tuple[bytes, ...] = ()  # one of these begins each file of the format; empty: it is a text
    text: bool = False  # or it may be a text all the same


def load(path: Path) -> Raw:
    """Text of a file, by its suffix.

    Raises LoadError, and nothing else, for a missing, empty, too large, damaged or foreign file and for a suffix without a
    reader.  Characters that a text cannot hold become �, and marks that turn the direction of writing become zero-width
    spaces: one for one, so that offsets stay.
    """
    name = path.name
    if _UNSHOWABLE.search(name):
        raise LoadError(f"{_UNSHOWABLE.sub('�', name)}：文件名里有不能显示的字符。请改名后再加入。")
    form = READERS.get(path.suffix.lower())
    if form is None:
        known = " ".join(sorted(READERS))
        raise LoadError(f"{name}：不认识的后缀“{path.suffix or '（无）'}”。可以读的有：{known}；请另存为其中一种再加入。")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise LoadError(f"{name}：不是文件。请检查路径；文件夹请逐个加入其中的文件。")
        if status.st_size > form.most:
            size = f"{status.st_size / limits.MIB:.0f} MiB"
            raise LoadError(f"{name}：文件有 {size}，超过上限 {form.most // limits.MIB} MiB。请拆分后再加入。")
        if not status.st_size:
            raise LoadError(f"{name}：文件是空的。请检查是否保存完整。")
        with path.open("rb"):
            pass  # a file that may not be read is told apart from one that is damaged
    except (OSError, ValueError) as error:
        raise LoadError(f"{path}：无法读取（{getattr(error, 'strerror', None) or error}）。请检查路径和权限。") from error
    read: Callable[[Path], Raw] = getattr(import_module(f"index.readers.{form.module}"), form.function)
    try:
        raw = read(path)
    except (MemoryError, RecursionError) as error:
        raise LoadError(f"{name}：内容太大或嵌套太深，读不下来。请拆分或另存后再加入。") from error
    except OSError as error:  # the disk failed while reading
        raise LoadError(f"{name}：读取中断（{error.strerror or error}）。请检查磁盘后重试。") from error
    if len(raw.text) > limits.CHARACTERS:
        raise LoadError(f"{name}：有 {len(raw.text):,} 字，超过上限 {limits.CHARACTERS:,} 字。请拆分后再加入。")
    if not raw.text.strip():
        raise LoadError(f"{name}：文件里没有文字。请检查是否保存完整。")
    return replace(raw, text=writable(raw.text), warnings=tuple(raw.warnings), left=tuple(Left(*each) for each in raw.left))


def writable(text: str) -> str:
    """Text of the same length without control characters, lone surrogates and marks that reverse the direction of writing."""
    return _UNWRITABLE.sub(lambda match: "\u200b" if match[0] in _DIRECTION else "�", text)


_DIRECTION = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_UNWRITABLE = re.compile(f"[\0-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff{_DIRECTION}]")
_UNSHOWABLE = re.compile(rf"{_UNWRITABLE.pattern}|[\t\n\v\f\r\x85\u2028\u2029]")

_ZIP, _OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0",)
READERS: dict[str, _Format] = {
    ".txt": _Format("text", "plain", limits.TEXT_BYTES),
    ".md": _Format("text", "markdown", limits.TEXT_BYTES),
    ".markdown": _Format("text", "markdown", limits.TEXT_BYTES),
    ".html": _Format("html", "html", limits.TEXT_BYTES),
    ".htm": _Format("html", "html", limits.TEXT_BYTES),
    ".csv": _Format("delimited", "delimited", limits.TEXT_BYTES),
    ".pdf": _Format("pdf", "pdf", starts=(b"%PDF",)),
    ".ofd": _Format("ofd", "ofd", starts=_ZIP),
    ".docx": _Format("docx", "docx", starts=_ZIP),
    ".doc": _Format("office", "doc", starts=(*_OLE, b"{\\rtf", *_ZIP)),
    ".wps": _Format("office", "doc", starts=(*_OLE, *_ZIP)),
    ".rtf": _Format("office", "doc", starts=(b"{\\rtf",)),
    ".xlsx": _Format("xlsx", "xlsx", starts=_ZIP),
    **dict.fromkeys((".xls", ".et"), _Format("xls", "xls", starts=(*_OLE, *_ZIP), text=True)),  # web systems export pages and texts so
    ".pptx": _Format("pptx", "pptx", starts=_ZIP),
    **dict.fromkeys((".ppt", ".dps"), _Format("pptx", "pptx", starts=(*_OLE, *_ZIP))),
    ".eml": _Format("mail", "mail", limits.TEXT_BYTES),
    ".epub": _Format("epub", "epub", starts=_ZIP),
    ".zip": _Format("archive", "archive", starts=_ZIP),
    ".png": _Format("ocr", "image", starts=(b"\x89PNG",)),
    **dict.fromkeys((".jpg", ".jpeg"), _Format("ocr", "image", starts=(b"\xff\xd8\xff",))),
    **dict.fromkeys((".tif", ".tiff"), _Format("ocr", "image", starts=(b"II*\0", b"MM\0*"))),
    ".bmp": _Format("ocr", "image", starts=(b"BM",)),
}
SUFFIXES = frozenset(READERS)
