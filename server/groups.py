"""Folders of reports that are for groups only: `groups.toml` in the data folder.

    [groups."审计"]          # a name that is not ASCII stands in quotes
    members = ["zhang", "li"]
    folders = ["/srv/reports/audit", "uploads"]     # a relative one is below the data folder

A report below such a folder is seen by members of a group that lists that folder, and by nobody else, managers included.
The file is read again when it changes.  No moment of a read opens anything: the last good rules are kept beside it, they
hold while the file is missing, empty or cannot be followed, and a folder that it no longer names stays closed, because the
file may be half written.  Only `python app.py groups set, remove and clear` open a folder.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
import threading
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import filelock

from index.types import YoujuError

log = logging.getLogger("youju.server")
FILE = "groups.toml"
KEPT = "groups.last.json"  # the last good rules, with every path that a folder has stood for
LOCK = "groups.lock"
UPLOADS = "uploads"
SETTLED = 2e9  # nanoseconds after which a file that changes again has another time stamp, on any file system
_CATALOG = "catalog.sqlite"
Stamp = tuple[int, int, int]


class GroupsError(YoujuError):
    """groups.toml cannot be followed; nobody is let in by guess."""


@dataclass(frozen=True)
class Place:
    """A folder as it was named, and all that it stands for."""

    named: str
    paths: tuple[Path, ...]  # as spelt and as resolved, now and at the times before
    marks: frozenset[tuple[int, int]] = frozenset()  # (device, inode) of the folder, by which it is known when renamed


@dataclass(frozen=True)
class Group:
    """Who may see which folders."""

    name: str
    members: frozenset[str]
    places: tuple[Place, ...]

    @property
    def folders(self) -> tuple[Path, ...]:
        """Every path of its folders."""
        return tuple(path for place in self.places for path in place.paths)


def read_groups(data: Path) -> tuple[Group, ...]:
    """The groups that groups.toml names, none where there is no file.  Raises GroupsError, naming what is wrong."""
    path = data / FILE
    try:
        return parsed(path.read_text(encoding="utf-8"), data, str(path))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise GroupsError(f"{path} 读不懂（{error}）：请改正后再启动") from error


def parsed(text: str, data: Path, where: str) -> tuple[Group, ...]:
    """The groups of a groups.toml's text.  Raises GroupsError, and ValueError where it is no TOML."""
    table = tomllib.loads(text)
    if table.keys() - {"groups"} or not isinstance(table.get("groups", {}), dict):
        raise GroupsError(f"{where}：只能有 [groups.组名]，每组写 members 与 folders")
    found = []
    for name, group in table.get("groups", {}).items():
        if not isinstance(group, dict) or group.keys() != {"members", "folders"} or not all(map(_names, group.values())):
            raise GroupsError(f"{where}：组“{name}”应写 members 与 folders 两项，都是字符串的数组")
        found.append(Group(name, frozenset(group["members"]), tuple(place(data, folder) for folder in group["folders"])))
    return tuple(found)


def place(data: Path, folder: str) -> Place:
    """What a folder named in groups.toml stands for; raises GroupsError where it cannot be a path."""
    try:
        spelt = Path(os.path.abspath(data / folder))  # `..` by the letter; resolve() goes through the links first
        paths = tuple(dict.fromkeys((spelt, spelt.resolve(), (data / folder).resolve())))
    except (OSError, ValueError, RuntimeError) as error:
        raise GroupsError(f"{data / FILE}：文件夹 {folder!r} 不能用（{error}）：请改正") from error
    return Place(folder, paths, frozenset(mark for path in paths if (mark := _mark(path))))


def kept_groups(data: Path) -> tuple[Group, ...] | None:
    """The last good rules, () where an explicit none was written, None where there never were any.  Raises GroupsError."""
    path = data / KEPT
    try:
        return loaded(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GroupsError(
            f"{path} 读不懂（{error}）：它是分组规定的最后一份有效副本。请核对 {data / FILE}，"
            "再运行 python app.py groups recover（以 groups.toml 为准）或 groups clear（不再分组）"
        ) from error


def loaded(text: str) -> tuple[Group, ...]:
    """The rules of a kept copy; ValueError, KeyError or TypeError where it is none."""
    return tuple(
        Group(
            str(group["name"]),
            frozenset(map(str, group["members"])),
            tuple(
                Place(str(one["named"]), tuple(map(Path, one["paths"])), frozenset((int(a), int(b)) for a, b in one["marks"]))
                for one in group["folders"]
            ),
        )
        for group in json.loads(text)["groups"]
    )


def dumped(groups: Sequence[Group]) -> str:
    """Rules as they are kept."""
    listed = [
        {
            "name": group.name,
            "members": sorted(group.members),
            "folders": [{"named": one.named, "paths": [str(path) for path in one.paths], "marks": sorted(one.marks)} for one in group.places],
        }
        for group in groups
    ]
    return json.dumps({"groups": listed}, ensure_ascii=False, indent=1) + "\n"


def written(groups: Sequence[Group]) -> str:
    """Rules as groups.toml."""
    if not groups:
        return "# 没有组：报告不分组查看\n"
    return "\n".join(
        f"[groups.{_quoted(group.name)}]\nmembers = {_array(sorted(group.members))}\n"
        f"folders = {_array(dict.fromkeys(one.named for one in group.places))}\n"
        for group in groups
    )


def save(path: Path, text: str) -> None:
    """All or nothing, and for the owner's eyes; raises OSError."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="\n") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def alone(data: Path, wait: float) -> Iterator[None]:
    """Nobody else reads the rules to keep them, or writes them; raises GroupsError after `wait` seconds."""
    try:
        with filelock.FileLock(data / LOCK, timeout=wait, mode=0o600):
            yield
    except filelock.Timeout as error:
        raise GroupsError(f"{data / FILE} 正由另一个程序改动：请稍后再试") from error
    except OSError as error:
        raise GroupsError(f"{data / LOCK} 写不了（{error}）：请检查磁盘空间与权限") from error


def merged(named: Sequence[Group], before: Sequence[Group]) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The rules that hold when a file names some and others held before, and those of them that the file does not name.

    What a folder that is named was known by before goes on to stand for it, unless it is another folder's now.
    """
    known = {path: one for group in before for one in group.places for path in one.paths}
    now = {path for group in named for path in group.folders}

    def since(one: Place) -> Place:
        past = [known[path] for path in one.paths if path in known]
        gone = (path for old in past for path in old.paths if path not in now)
        return replace(one, paths=tuple(dict.fromkeys((*one.paths, *gone))), marks=one.marks.union(*(old.marks for old in past)))

    held = tuple(replace(group, places=tuple(map(since, group.places))) for group in named)
    paths = {path for group in held for path in group.folders}
    left = []
    for group in before:
        rest = tuple(
            replace(one, paths=gone) for one in group.places if (gone := tuple(path for path in one.paths if path not in paths))
        )
        if rest:
            left.append(replace(group, places=rest))
    return joined((*held, *left)), tuple(left)


def joined(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Groups of one name and the same members as one; what is left of a group whose members changed keeps its old ones."""
    found: dict[tuple[str, frozenset[str]], Group] = {}
    for group in groups:
        key = (group.name, group.members)
        found[key] = replace(group, places=tuple(dict.fromkeys((*found[key].places, *group.places)))) if key in found else group
    return tuple(found.values())


def rules(data: Path, before: tuple[Group, ...] | None) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """The rules of a data folder, and those of them that its groups.toml does not name; `before` held so far.

    Raises GroupsError where groups.toml cannot be followed, or names none although there were some.
    """
    named = read_groups(data)
    if before and not named:
        raise GroupsError(
            f"{data / FILE} {'是空的' if (data / FILE).exists() else '不见了'}，而先前有 {len({one.name for one in before})} 个组："
            "请放回这个文件，或运行 python app.py groups recover 写回最后有效的规定；不再分组则运行 python app.py groups clear"
        )
    return merged(named, before or ())


def left_over(data: Path, left: Sequence[Group]) -> str:
    """What to say of folders that groups.toml does not name any more."""
    told = "；".join(f"组“{group.name}”的 {'、'.join(map(str, group.folders))}" for group in left)
    return (
        f"{data / FILE} 不再写有{told}：仍然只供原来的人查看。"
        "确实要开放，请运行 python app.py groups remove 组名，或用 groups set 重写该组；文件夹搬走了也请如此"
    )


class Groups:
    """The groups of a data folder as its file has them now."""

    def __init__(self, data: Path) -> None:
        """Raises GroupsError where the file cannot be followed or is gone: nothing is served by guess."""
        self._data = data
        self._reading = threading.Lock()
        self._said = ""
        self._stamp: tuple[Stamp, ...] = ()
        self._sources: tuple[Stamp, ...] = ()
        self._looked: tuple[tuple[Group, ...], tuple[Path, ...]] = ((), ())  # what they were found by
        self._astray: tuple[Group, ...] = ()
        self._held: tuple[Group, ...] = ()
        if (data / FILE).exists() or (data / KEPT).exists():
            with alone(data, 10):
                self._held, left = rules(data, kept_groups(data))
                self._keep()
            if left:
                self._say(left_over(data, left))

    def now(self) -> tuple[Group, ...]:
        """The groups; those from before where the file has become one that cannot be followed."""
        stamp = (_look(self._data / FILE), _look(self._data / KEPT))
        if stamp != self._stamp:
            with self._reading:
                if stamp != self._stamp:
                    self._stamp = stamp if self._read() and _settled(stamp) else ()
        return (*self._held, *self._strays())

    def _read(self) -> bool:
        """Whether it was read, whatever came of it; not where a command is writing, or the lock cannot be had."""
        if not self._held and not (self._data / FILE).exists() and not (self._data / KEPT).exists():
            return True
        try:
            with alone(self._data, 0):
                try:
                    found, left = rules(self._data, self._before())
                except GroupsError as error:
                    self._say(f"{error}；在此之前的规定继续有效")
                    return True
                if found != self._held:
                    self._held = found
                    log.warning("已重新读取 %s：%d 个组", FILE, len({group.name for group in found}))
                self._keep()
                self._say(left_over(self._data, left) if left else "")
                return True
        except GroupsError:
            return False

    def _before(self) -> tuple[Group, ...]:
        """The last good rules; those in memory where the copy of them is gone or damaged, which is then written anew."""
        try:
            if (kept := kept_groups(self._data)) is not None:
                return kept
        except GroupsError as error:
            log.error("%s", error)
        self._keep()
        return self._held

    def _keep(self) -> None:
        """Write the rules that hold down, where they are not; with them in memory, a full disk opens nothing."""
        text = dumped(self._held)
        path = self._data / KEPT
        try:
            if (path.exists() or self._held) and (not path.exists() or path.read_bytes() != text.encode()):
                save(path, text)
        except OSError as error:
            log.error("%s 写不进去（%s）：请检查磁盘空间与权限", path, error)

    def _say(self, told: str) -> None:
        """Once for each thing that is wrong."""
        if told and told != self._said:
            log.error("%s", told)
        self._said = told

    def _strays(self) -> tuple[Group, ...]:
        """The rules of closed folders for where reports below them are listed after a folder was renamed."""
        if not self._held:
            return ()
        stamp = (_look(self._data / _CATALOG), _look(self._data / f"{_CATALOG}-wal"))
        if stamp != self._sources or self._held is not self._looked[0]:
            with self._reading:
                try:
                    looked = (self._held, sources(self._data))
                except GroupsError as error:
                    log.error("%s", error)
                    return self._astray
                if looked != self._looked:
                    found = strays(*looked)
                    if found != self._astray:
                        shown = "、".join(str(path) for one in found for path in one.folders) or "无"
                        log.warning("这些文件夹是分组文件夹改名而来的，仍只供该组查看：%s", shown)
                    self._astray = found
                self._looked = looked
                self._sources = stamp if _settled(stamp) else ()
        return self._astray


def strays(groups: Sequence[Group], listed: Iterable[Path]) -> tuple[Group, ...]:
    """Groups for the folders above some files that are a closed folder under another path."""
    above = {folder: mark for folder in {folder for path in listed for folder in path.parents} if (mark := _mark(folder))}
    found = []
    for group in groups:
        places = []
        for one in group.places:
            if paths := tuple(folder for folder, mark in above.items() if mark in one.marks and folder not in one.paths):
                places.append(replace(one, paths=paths))
        if places:
            found.append(replace(group, places=tuple(places)))
    return tuple(found)


def sources(data: Path) -> tuple[Path, ...]:
    """The files that the reports of a data folder were read from; none where there is no index.  Raises GroupsError."""
    path = data / _CATALOG
    if not path.is_file():
        return ()
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            return tuple(Path(source) for (source,) in db.execute("SELECT DISTINCT source FROM reports"))
    except sqlite3.Error as error:
        raise GroupsError(f"{path} 读不了（{error}），不知道哪些报告只供某些组查看：请检查磁盘与权限，或从备份恢复") from error


def check(data: Path, groups: Sequence[Group], listed: Sequence[Path], *, ahead: bool = False) -> None:
    """Raises GroupsError, naming group and folder, where one is not there, or (unless `ahead`) holds no report.

    The folder of uploads is the program's own, and may have none yet.
    """
    own = place(data, UPLOADS).paths
    for group in groups:
        for one in group.places:
            if set(own) & set(one.paths):
                continue
            if not any(path.is_dir() for path in one.paths):
                raise GroupsError(
                    f"组“{group.name}”的文件夹 {one.named}（{one.paths[-1]}）不存在：请改正 {data / FILE} 里的路径，"
                    f"或运行 python app.py groups set {group.name} --member … --folder … 重写该组；搬走了就写新的地方"
                )
            if not ahead and not any(path.is_relative_to(folder) for path in listed for folder in one.paths):
                raise GroupsError(
                    f"组“{group.name}”的文件夹 {one.named}（{one.paths[-1]}）里没有索引中的报告：请先核对路径，"
                    f"再运行 python -m index add 收录，或运行 python app.py groups set、groups remove {group.name} 改掉这一条"
                )


def barred(groups: tuple[Group, ...], name: str) -> tuple[Path, ...]:
    """Folders whose reports a person may not see; of folders inside one another each must be allowed."""
    folders = dict.fromkeys(folder for group in groups for folder in group.folders)
    own = {folder for group in groups if name and name in group.members for folder in group.folders}
    return tuple(folder for folder in folders if folder not in own)


def _names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's strings are TOML's, but for DEL


def _array(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino)


def _look(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ctime_ns, found.st_size, found.st_ino)


def _settled(stamps: Sequence[Stamp]) -> bool:
    """Whether a change from now on would show in the stamps."""
    return all(time.time_ns() - changed > SETTLED for changed, _, _ in stamps)
