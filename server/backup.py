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
from server import groups as rules
from server.accounts import FILE as ACCOUNTS
from server.groups import Group, GroupsError, Place

_PASSED = {"writer.lock", "writer.pid", "dense.faiss", "lexical", "lexical.new", rules.LOCK}  # made anew from the catalog
_CATALOG, _META = "catalog.sqlite", "meta.json"
_HOME = "youju.data"  # in the archive's headers: the folder that it was made of


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
                with tarfile.open(fileobj=out, mode="w:gz", compresslevel=4, format=tarfile.PAX_FORMAT, pax_headers={_HOME: str(data.resolve())}) as archive:
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
    from index.corpus import rebuild

    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise StoreError(f"{data} 里已有内容：请用 --data 指明一个空的或还没有的文件夹，核对之后再换上去")
    aside = data.with_name(f".{data.name}.restore.{os.getpid()}")
    try:
        aside.mkdir(parents=True, mode=0o700)
        with tarfile.open(file, "r:gz") as archive:
            _unpack(archive, aside.resolve())
            home = archive.pax_headers.get(_HOME, "")
        if not (aside / _META).is_file() or not (aside / _CATALOG).is_file():
            raise StoreError(f"{file} 不是有据的备份：里面没有 {_META} 与 {_CATALOG}")
        for name in (ACCOUNTS, rules.FILE, rules.KEPT):
            if (aside / name).exists():
                (aside / name).chmod(0o600)
        moved = _move_sources(aside, data)
        _move_groups(aside, data, Path(home) if home else _home(moved, data), moved)
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


def _move_sources(aside: Path, data: Path) -> dict[Path, Path]:
    """Uploaded files lie below the data folder: the catalog is told where that is now.  Where each report was, and is."""
    uploads = {path.relative_to(aside): path for path in (aside / rules.UPLOADS).rglob("*") if path.is_file()}
    with closing(sqlite3.connect(aside / _CATALOG)) as db, db:
        moved = {Path(source): Path(source) for (source,) in db.execute("SELECT source FROM reports")}
        for relative in uploads:
            ending = "/" + relative.as_posix()
            for (source,) in db.execute("SELECT source FROM reports WHERE substr(source, -?) = ?", (len(ending), ending)).fetchall():
                new = str(data.resolve() / relative)
                db.execute("UPDATE reports SET source = ? WHERE source = ?", (new, source))
                db.execute("UPDATE OR REPLACE corrections SET source = ? WHERE source = ?", (new, source))
                moved[Path(source)] = Path(new)
    return moved


def _home(moved: dict[Path, Path], data: Path) -> Path | None:
    """The data folder that a back-up without a header was made of, by where its uploads were; None where it has none."""
    tails = [(old, new.relative_to(data.resolve())) for old, new in moved.items() if old != new]
    return next((old.parents[len(tail.parts) - 1] for old, tail in tails), None)


def _move_groups(aside: Path, data: Path, home: Path | None, moved: dict[Path, Path]) -> None:
    """Folders of groups in or beside the data folder are told where that is now; every report stays closed to whom it was.

    Raises StoreError where it would not.
    """
    try:
        kept = rules.kept_groups(aside)
        try:
            text = (aside / rules.FILE).read_text("utf-8")
            named = rules.parsed(text, home or data.resolve(), rules.FILE)
        except (FileNotFoundError, ValueError, GroupsError):
            text, named = "", ()  # the rules kept beside it hold, and starting asks for it
    except GroupsError as error:
        raise StoreError(f"备份里的分组规定不能用：{error}") from error
    if not named and not kept:
        return
    if home is None and any(not Path(one.named).is_absolute() and ".." in Path(one.named).parts for group in named for one in group.places):
        raise StoreError(f"备份里的 {rules.FILE} 写有 .. 开头的文件夹，而不知道它原在哪里：请先在原处把它改为绝对路径，再备份一次")
    before, _ = rules.merged(named, kept or ())
    new = tuple(_moved(group, home, data.resolve()) for group in named)
    after, _ = rules.merged(new, [_moved(group, home, data.resolve()) for group in kept or ()])
    for old, now in moved.items():
        if _circles(before, old) - _circles(after, now):
            raise StoreError(
                f"恢复到 {data} 之后，只供某些组查看的 {old.name} 就不在它们的文件夹里了：请恢复到原来的上级文件夹之下，"
                f"或先在原处用 python app.py groups set 写明 {rules.UPLOADS}，再备份一次"
            )
    if named and rules.written(new) != rules.written(named):
        rules.save(aside / rules.FILE, rules.written(new))
    rules.save(aside / rules.KEPT, rules.dumped(after))


def _moved(group: Group, home: Path | None, data: Path) -> Group:
    """A group with its folders where they are when the data folder has gone from `home` to `data`."""
    return Group(group.name, group.members, tuple(_moved_place(one, home, data) for one in group.places))


def _moved_place(one: Place, home: Path | None, data: Path) -> Place:
    if home is None:
        inside = {path: path for path in one.paths}
    else:
        inside = {path: data / path.relative_to(home) if path.is_relative_to(home) else path for path in one.paths}
    leads = Path(one.named)
    if leads.is_absolute():
        named = next((str(new) for path, new in inside.items() if new != path), one.named)
    else:  # below the data folder; one that leads out of it stays where it was
        named = one.named if any(new != path for path, new in inside.items()) or ".." not in leads.parts else str(one.paths[0])
    return Place(named, tuple(dict.fromkeys(inside.values())))  # its marks are of another disk


def _circles(groups: tuple[Group, ...], path: Path) -> set[frozenset[str]]:
    """Who may see a report, for each folder that closes it: all of them must let one in."""
    closed: dict[Path, set[str]] = {}
    for group in groups:
        for folder in group.folders:
            if path.is_relative_to(folder):
                closed.setdefault(folder, set()).update(group.members)
    return {frozenset(members) for members in closed.values()}


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return entry if entry.isfile() or entry.isdir() else None


def stamp() -> str:
    """A name for a back-up made now."""
    return time.strftime("youju-%Y%m%d-%H%M%S.tar.gz")
