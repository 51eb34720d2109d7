"""Folders of reports that are for groups only: `groups.toml` in the data folder.

    [groups."审计"]          # a name that is not ASCII stands in quotes
    members = ["zhang", "li"]
    folders = ["/srv/reports/audit", "uploads"]     # a relative one is below the data folder

A report below such a folder is seen by members of a group that lists that folder, and by nobody else, managers included.
The file is read again when it changes; one that cannot be followed leaves what held before, and is told in the log.
"""

from __future__ import annotations

import logging
import os
import threading
import tomllib
from dataclasses import dataclass
from pathlib import Path

from index.types import YoujuError

log = logging.getLogger("youju.server")
FILE = "groups.toml"


class GroupsError(YoujuError):
    """groups.toml cannot be followed; nobody is let in by guess."""


@dataclass(frozen=True)
class Group:
    """Who may see which folders."""

    name: str
    members: frozenset[str]
    folders: tuple[Path, ...]  # resolved


def read_groups(data: Path) -> tuple[Group, ...]:
    """The groups of a data folder, none where there is no groups.toml.  Raises GroupsError, naming what is wrong."""
    path = data / FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise GroupsError(f"{path} 读不懂（{error}）：请改正后再启动") from error
    if table.keys() - {"groups"} or not isinstance(table.get("groups", {}), dict):
        raise GroupsError(f"{path}：只能有 [groups.组名]，每组写 members 与 folders")
    found = []
    for name, group in table.get("groups", {}).items():
        if not isinstance(group, dict) or group.keys() != {"members", "folders"} or not all(map(_names, group.values())):
            raise GroupsError(f"{path}：组“{name}”应写 members 与 folders 两项，都是字符串的数组")
        folders = tuple(Path(os.path.abspath(data / folder)).resolve() for folder in group["folders"])
        found.append(Group(name, frozenset(group["members"]), folders))
    return tuple(found)


class Groups:
    """The groups of a data folder as its file has them now."""

    def __init__(self, data: Path) -> None:
        """Raises GroupsError where the file cannot be followed: nothing is served by guess."""
        self._data = data
        self._stamp = self._look()
        self._held = read_groups(data)
        self._reading = threading.Lock()

    def now(self) -> tuple[Group, ...]:
        """The groups; those from before where the file has become one that cannot be followed."""
        stamp = self._look()
        if stamp != self._stamp:
            with self._reading:
                if stamp != self._stamp:
                    try:
                        self._held = read_groups(self._data)
                        log.warning("已重新读取 %s：%d 个组", FILE, len(self._held))
                    except GroupsError as error:
                        log.error("%s；在此之前的规定继续有效", error)
                    self._stamp = stamp
        return self._held

    def _look(self) -> tuple[int, int, int]:
        try:
            found = (self._data / FILE).stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_size, found.st_ino)


def barred(groups: tuple[Group, ...], name: str) -> tuple[Path, ...]:
    """Folders whose reports a person may not see; of folders inside one another each must be allowed."""
    folders = dict.fromkeys(folder for group in groups for folder in group.folders)
    own = {folder for group in groups if name and name in group.members for folder in group.folders}
    return tuple(folder for folder in folders if folder not in own)


def _names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
