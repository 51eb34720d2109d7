"""Plain text and Markdown, in the encodings that Chinese offices use."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from index.load import Raw
from index.readers.table import lines, rows
from index.types import LoadError


def plain(path: Path) -> Raw:
    """The characters of a text file."""
    return Raw(decode(path.read_bytes(), path.name))


def markdown(path: Path) -> Raw:
    """The characters of a Markdown file; a table becomes a line a row, each with its header."""
    return Raw(_TABLE.sub(_rows, decode(path.read_bytes(), path.name).replace("\r\n", "\n")), marked=True)


def decode(data: bytes, name: str) -> str:
    """Text of bytes in UTF-8, UTF-16 or GB18030 (GB 18030-2022, which holds GBK and GB2312).

    A few bytes that are broken become �.  Raises LoadError when the bytes are none of them or hold control characters that no
    text has.
    """
    if not data.strip():
        raise LoadError(f"{name}：文件是空的。请检查是否保存完整。")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in data[:100_000]:
        encodings = ["utf-16-le", "utf-16-be"]  # saved without its mark
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        text = data.decode(encoding, "replace")
        head = text[:100_000]
        broken = text.count("\ufffd")
        if "\0" in text or _CONTROL.search(head) or (broken and broken > _BROKEN * sum(not c.isascii() for c in text)):
            continue
        if encoding in ("utf-16-le", "utf-16-be") and len(_USUAL.findall(head)) < 0.9 * len(head):
            continue
        return text
    raise LoadError(f"{name}：不是文本文件，或编码无法识别（支持 UTF-8、UTF-16、GB18030）。请另存为 UTF-8 文本再加入。")


_BROKEN = 0.005  # of the characters beyond ASCII: damaged, not in another encoding; the audit warns of them
_CONTROL = re.compile("[\x01-\x08\x0e-\x19\x1b-\x1f]")
_USUAL = re.compile("[\t\n\r -~\u00b7\u2010-\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_TABLE = re.compile(r"^ *\|.*\| *\n *\|(?: *:?-+:? *\|)+ *\n(?: *\|.*\| *(?:\n|\Z))+", re.M)


def _rows(table: re.Match[str]) -> str:
    """GitHub's table syntax: a header, a rule, rows; \\| is a bar inside a cell."""
    header, _, *body = table[0].rstrip("\n").split("\n")
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])] for line in [header, *body]]
    return "\n" + "\n".join(lines(cells, rows(cells, header=1))) + "\n"
