"""Archives (.zip): every report inside, below its name."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from index import limits
from index.load import Raw
from index.readers.broken import broken
from index.readers.members import Budget, Member, read_members
from index.types import LoadError

_UTF8 = 0x800  # flag of a name in UTF-8


def archive(path: Path) -> Raw:
    """The texts of an archive's files, those of archives and mails inside it too."""
    return unpacked(path, Budget.begun())


def unpacked(path: Path, budget: Budget) -> Raw:
    """As `archive`, `budget` deep."""
    with broken(path.name, " ZIP 压缩包"):
        package = zipfile.ZipFile(path)
    with package:
        entries = package.infolist()
        if len(entries) > limits.ZIP_ENTRIES:
            raise LoadError(f"{path.name}：里面有 {len(entries):,} 个文件，超过上限 {limits.ZIP_ENTRIES:,} 个。请解开、拆分后再加入。")
        if (total := sum(entry.file_size for entry in entries)) > limits.ZIP_BYTES:
            raise LoadError(f"{path.name}：解开有 {total // limits.MIB:,} MiB，超过上限 {limits.ZIP_BYTES // limits.MIB} MiB。请解开、拆分后再加入。")
        return read_members(_members(package), path.name, budget)


def _members(package: zipfile.ZipFile) -> Iterator[Member]:
    for entry in package.infolist():
        if not entry.is_dir():
            yield Member(_name(entry), lambda entry=entry: _opened(package, entry))  # type: ignore[misc]


def _name(entry: zipfile.ZipInfo) -> str:
    """A name as it was written: without the mark of UTF-8 it is in the encoding of the system, here GBK."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename


def _opened(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """An entry to be unpacked; zipfile reads no more of it than its directory declares, which `unpacked` has added up."""
    if entry.flag_bits & 1:
        raise LoadError("打开要密码，请去掉密码")
    with broken(_name(entry), "文件"):
        return package.open(entry)
