"""Files that are a zip of XML (.docx, .xlsx, .ofd): opened only when what they unpack to stays within the limits."""

from __future__ import annotations

import zipfile
from pathlib import Path

from index import limits
from index.readers.broken import broken
from index.types import LoadError

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .doc, .wps, and any Office file with a password


def size(path: Path, what: str) -> int:
    """Bytes that the XML of a file unpacks to.  Raises as `checked` does."""
    with checked(path, what) as package:
        return sum(entry.file_size for entry in package.infolist() if entry.filename.lower().endswith(_XML))


_XML = (".xml", ".rels")


def checked(path: Path, what: str) -> zipfile.ZipFile:
    """A zip whose entries are few and small enough; nothing is unpacked to find out.

    zipfile reads no more of an entry than its directory declares, so that the sizes here bound what can come out.
    Raises LoadError for another file, a damaged one, or one past a limit.
    """
    with broken(path.name, f"{what} 文件"):
        package = zipfile.ZipFile(path)
    entries = package.infolist()
    if len(entries) > limits.ZIP_ENTRIES:
        raise LoadError(f"{path.name}：里面有 {len(entries):,} 个部件，超过上限 {limits.ZIP_ENTRIES:,} 个。请用原来的软件另存后再加入。")
    total = sum(entry.file_size for entry in entries)
    if total > limits.ZIP_BYTES:
        raise LoadError(f"{path.name}：解开有 {total // limits.MIB:,} MiB，超过上限 {limits.ZIP_BYTES // limits.MIB} MiB。请拆分后再加入。")
    for entry in entries:
        if entry.filename.lower().endswith(_XML) and entry.file_size > limits.XML_BYTES:
            size = f"{entry.file_size // limits.MIB} MiB"
            raise LoadError(f"{path.name}：正文解开有 {size}，超过上限 {limits.XML_BYTES // limits.MIB} MiB。请拆分后再加入。")
        if entry.flag_bits & 1:
            raise LoadError(f"{path.name}：打开要密码。请去掉密码、另存后再加入。")
    return package
