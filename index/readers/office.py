"""Formats that LibreOffice, where it is installed, turns into newer ones in a folder of its own: .doc, .wps and .rtf; .ppt and .dps."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from index import limits
from index.load import Raw
from index.readers.package import OLE
from index.readers.stored_fields import as_stored
from index.types import LoadError

_PLACES = [
    "/usr/bin/soffice",
    "/opt/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
]


def doc(path: Path) -> Raw:
    """Text of a .doc, .wps or .rtf.  One that is a .docx or a web page under another name is read as that."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(b"PK\x03\x04"):
        from index.readers.docx import docx

        return docx(path)
    if not head.startswith((OLE, b"{\\rtf")) and b"<html" in head.lower():
        from index.readers.html import html

        return html(path)
    if not head.startswith((OLE, b"{\\rtf")):
        raise LoadError(f"{path.name}：不是 Word 或 WPS 文件。请检查后缀是否与内容一致。")
    from index.readers.docx import docx

    return converted(path, "docx", docx)


def converted(path: Path, suffix: str, read: Callable[[Path], Raw]) -> Raw:
    """What `read` makes of the file that LibreOffice turns another into.  Raises LoadError where there is none, or it cannot."""
    program = _program()
    if program is None:
        raise LoadError(f"{path.name}：读 {path.suffix.lower()} 要用 LibreOffice，本机没有。请安装 LibreOffice，或用 Office、WPS 另存为 .{suffix}。")
    with tempfile.TemporaryDirectory(prefix="youju-", ignore_cleanup_errors=True) as folder:
        return _converted(path, program, Path(folder), suffix, read)


def _converted(path: Path, program: str, folder: Path, suffix: str, read: Callable[[Path], Raw]) -> Raw:
    source = folder / ("in" + path.suffix.lower())
    as_stored(path, source)
    command = [program, "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
               "--convert-to", suffix, "--outdir", str(folder / "out"), str(source)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
                               start_new_session=True)
    try:
        process.wait(timeout=limits.OFFICE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{path.name}：LibreOffice 用了 {limits.OFFICE_SECONDS} 秒还没有转完，超过上限。请用 Office、WPS 另存为 .{suffix}。") from error
    finally:
        if process.poll() is None:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # soffice is a script that starts another program
            else:
                process.kill()
            process.wait()
    made = folder / "out" / f"in.{suffix}"
    if not made.is_file():
        raise LoadError(f"{path.name}：LibreOffice 打不开，文件可能已损坏或有密码，或没有装它的这一组件。请用 Office、WPS 打开、另存为 .{suffix}。")
    if made.stat().st_size > limits.FILE_BYTES:
        raise LoadError(f"{path.name}：转成 .{suffix} 后超过上限 {limits.FILE_BYTES // limits.MIB} MiB。请拆分后再加入。")
    try:
        return read(made)
    except LoadError as error:
        raise LoadError(str(error).replace(made.name, path.name)) from error


def _program() -> str | None:
    """LibreOffice, from the path or where it is usually installed."""
    return shutil.which("soffice") or shutil.which("libreoffice") or next((p for p in _PLACES if Path(p).is_file()), None)
