"""Back-up and restore of a data folder: one file each, taken while it serves.

The databases are copied by SQLite's own back-up, which gives one moment of each while others write; what the indexes lag
behind is caught up from the catalog when the copy is opened.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from contextlib import closing
from pathlib import Path

from index.types import StoreError
from server.accounts import FILE as ACCOUNTS

_PASSED = {"writer.lock", "writer.pid", "dense.faiss", "lexical", "lexical.new"}  # made anew from the catalog
_CATALOG, _META = "catalog.sqlite", "meta.json"


def backup(data: Path, file: Path) -> int:
    """A data folder into one .tar.gz; its size in bytes.  Raises StoreError; a file half written does not stay."""
    if not (data / _META).is_file() or not (data / _CATALOG).is_file():
        raise StoreError(f"{data} 不是有据的索引：请用 --data 指明数据文件夹")
    if file.exists():
        raise StoreError(f"{file} 已经有了：请换一个文件名，或先移走它")
    if file.resolve().is_relative_to(data.resolve()):
        raise StoreError(f"{file} 在数据文件夹里面：请把备份放在别处")
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".youju-") as folder:
            # the other databases before the catalog: what they say of a report is then in it
            for path in sorted(data.glob("*.sqlite"), key=lambda path: path.name == _CATALOG):
                _copy(path, Path(folder) / path.name)
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                with tarfile.open(fileobj=out, mode="w:gz", compresslevel=4) as archive:
                    for path in sorted(Path(folder).iterdir()):
                        archive.add(path, path.name)
                    for path in sorted(data.iterdir()):
                        if path.name not in _PASSED and ".sqlite" not in path.name and not path.name.endswith(".tmp"):
                            archive.add(path, path.name, filter=_plain)
                out.flush()
                os.fsync(out.fileno())
        os.replace(aside, file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"备份没有做成（{error}）：请检查 {file.parent} 的磁盘空间与权限") from error
    finally:
        aside.unlink(missing_ok=True)
    return file.stat().st_size


def _unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Files and folders of an archive into a folder; TarError where it holds anything else, or a path out of the folder.

    By hand, because extraction filters came only with Python 3.11.4.
    """
    for member in archive:
        path = (folder / member.name).resolve()
        content = archive.extractfile(member) if member.isreg() else None
        if (content is None and not member.isdir()) or not path.is_relative_to(folder):
            raise tarfile.TarError(f"里面有不该有的 {member.name}")
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with content, path.open("xb") as out:
            shutil.copyfileobj(content, out)


def restore(file: Path, data: Path) -> None:
    """A back-up into a folder that is empty or not there yet.

    The indexes are built from the catalog.  Raises StoreError when it is no back-up or damaged; nothing half restored stays.
    """
    from index.rebuild import rebuild

    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise StoreError(f"{data} 里已有内容：请用 --data 指明一个空的或还没有的文件夹，核对之后再换上去")
    aside = data.with_name(f".{data.name}.restore.{os.getpid()}")
    try:
        aside.mkdir(parents=True, mode=0o700)
        with tarfile.open(file, "r:gz") as archive:
            _unpack(archive, aside.resolve())
        if not (aside / _META).is_file() or not (aside / _CATALOG).is_file():
            raise StoreError(f"{file} 不是有据的备份：里面没有 {_META} 与 {_CATALOG}")
        if (aside / ACCOUNTS).exists():
            (aside / ACCOUNTS).chmod(0o600)
        _move_sources(aside, data)
        rebuild(aside)
        if data.exists():
            data.rmdir()
        os.replace(aside, data)
    except (tarfile.TarError, EOFError, OSError, sqlite3.Error) as error:
        raise StoreError(f"{file} 恢复不了（{error}）：请检查文件是否完整、磁盘是否有空间") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new, pages=2000, sleep=0.01)


def _move_sources(aside: Path, data: Path) -> None:
    """Uploaded files lie below the data folder: the catalog is told where that is now."""
    uploads = {path.relative_to(aside): path for path in (aside / "uploads").rglob("*") if path.is_file()}
    with closing(sqlite3.connect(aside / _CATALOG)) as db, db:
        for relative in uploads:
            ending = "/" + relative.as_posix()
            for (source,) in db.execute("SELECT source FROM reports WHERE substr(source, -?) = ?", (len(ending), ending)).fetchall():
                new = str(data.resolve() / relative)
                db.execute("UPDATE reports SET source = ? WHERE source = ?", (new, source))
                db.execute("UPDATE OR REPLACE corrections SET source = ? WHERE source = ?", (new, source))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return entry if entry.isfile() or entry.isdir() else None


def stamp() -> str:
    """A name for a back-up made now."""
    return time.strftime("youju-%Y%m%d-%H%M%S.tar.gz")
