""".doc and .wps: LibreOffice, where it is installed, turns them into .docx in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from index import limits
from index.load import Raw
from index.readers.package import OLE
from index.types import LoadError

_PLACES = [
    "/usr/bin/soffice",
    "/opt/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.exe",
]


def doc(path: Path) -> Raw:
    """Text of a .doc or .wps.  One that is a .docx or a web page under another name is read as that."""
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
    program = _program()
    if program is None:
        raise LoadError(f"{path.name}：读 .doc 和 .wps 要用 LibreOffice，本机没有。请安装 LibreOffice，或用 Word、WPS 另存为 .docx。")
    with tempfile.TemporaryDirectory(prefix="youju-", ignore_cleanup_errors=True) as folder:
        return _converted(path, program, Path(folder))


def _converted(path: Path, program: str, folder: Path) -> Raw:
    from index.readers.docx import docx

    source = folder / ("in" + path.suffix.lower())
    shutil.copyfile(path, source)
    command = [program, "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
               "--convert-to", "docx", "--outdir", str(folder / "out"), str(source)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
                               start_new_session=True)
    try:
        process.wait(timeout=limits.OFFICE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{path.name}：LibreOffice 用了 {limits.OFFICE_SECONDS} 秒还没有转完，超过上限。请用 Word、WPS 另存为 .docx。") from error
    finally:
        if process.poll() is None:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)  # soffice is a script that starts another program
            else:
                process.kill()
            process.wait()
    made = folder / "out" / "in.docx"
    if not made.is_file():
        raise LoadError(f"{path.name}：LibreOffice 打不开，文件可能已损坏或有密码。请用 Word、WPS 打开、另存为 .docx。")
    if made.stat().st_size > limits.FILE_BYTES:
        raise LoadError(f"{path.name}：转成 .docx 后超过上限 {limits.FILE_BYTES // limits.MIB} MiB。请拆分后再加入。")
    try:
        return docx(made)
    except LoadError as error:
        raise LoadError(str(error).replace(made.name, path.name)) from error


def _program() -> str | None:
    """LibreOffice, from the path or where it is usually installed."""
    return shutil.which("soffice") or shutil.which("libreoffice") or next((p for p in _PLACES if Path(p).is_file()), None)
