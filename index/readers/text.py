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
    """The characters of a Markdown file; a table becomes a line a row, each with its header.

    Left out: front matter, but for the title of a text without one, and the syntax of images, but for what is written about them.
    """
    text = decode(path.read_bytes(), path.name).replace("\r\n", "\n")
    front = _FRONT.match(text)
    if front:
        text = text[front.end():]
        title = re.search(r"^title\s*[:=]\s*(['\"]?)(.+?)\1\s*$", front[0], re.M)
        if title and not re.search(r"(?m)^# ", text):
            text = f"# {title[2]}\n{text}"
    return Raw(_TABLE.sub(_rows, _IMAGE.sub(_caption, text)), marked=True)


def decode(data: bytes, name: str) -> str:
    """Text of bytes in UTF-8, UTF-16, GB18030 (GB 18030-2022, which holds GBK and GB2312) or Big5.

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
        if encoding == "gb18030" and _is_big5(data):
            encoding = "big5hkscs"
        text = data.decode(encoding, "replace")
        head = text[:100_000]
        broken = text.count("\ufffd")
        if "\0" in text or _CONTROL.search(head) or (broken and broken > _BROKEN * sum(not c.isascii() for c in text)):
            continue
        if encoding in ("utf-16-le", "utf-16-be") and len(_USUAL.findall(head)) < 0.9 * len(head):
            continue
        return text
    raise LoadError(f"{name}：不是文本文件，或编码无法识别（支持 UTF-8、UTF-16、GB18030、Big5）。请另存为 UTF-8 文本再加入。")


def _is_big5(data: bytes) -> bool:
    """Whether bytes are Big5 rather than GB18030: both orders put the common characters first, and few are common in the other one."""
    head = data[:100_000]
    as_big5, as_gb = head.decode("big5hkscs", "replace"), head.decode("gb18030", "replace")
    if as_big5.count("\ufffd") > 1 + _BROKEN * len(as_big5):
        return False
    return _common(as_big5, "big5", 0xA4, 0xC6) > max(0.85, _common(as_gb, "gb2312", 0xB0, 0xD7) + 0.1)


def _common(text: str, encoding: str, first: int, last: int) -> float:
    """Of a text's Chinese characters, those whose first byte in an encoding is that of the common ones."""
    characters = [c for c in text if not c.isascii() and not "\u3000" <= c <= "\u303f" and not "\uff00" <= c <= "\uffef"]
    leads = [c.encode(encoding, "ignore")[:1] for c in characters]
    return sum(bool(lead) and first <= lead[0] <= last for lead in leads) / max(1, len(characters))


def _caption(image: re.Match[str]) -> str:
    return image["about"] if image["about"] and _HAN.search(image["about"]) else ""


_BROKEN = 0.005  # of the characters beyond ASCII: damaged, not in another encoding; the audit warns of them
_CONTROL = re.compile("[\x01-\x08\x0e-\x19\x1b-\x1f]")
_USUAL = re.compile("[\t\n\r -~\u00b7\u2010-\u2026\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_HAN = re.compile("[\u3400-\u9fff]")
_FRONT = re.compile(r"\A(?:---[ \t]*\n(?=[\w-]+[ \t]*:)(?:(?!---).*\n)*?(?:---|\.\.\.)|\+\+\+[ \t]*\n(?:.*\n)*?\+\+\+)[ \t]*(?:\n|\Z)")
_IMAGE = re.compile(
    r"!\[(?P<about>[^\]\n]*)\](?:\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\]\n]*\])|!\[\[[^\]\n]*\]\]|<img\b[^>\n]*>", re.I)
_TABLE = re.compile(r"^ *\|.*\| *\n *\|(?: *:?-+:? *\|)+ *\n(?: *\|.*\| *(?:\n|\Z))+", re.M)


def _rows(table: re.Match[str]) -> str:
    """GitHub's table syntax: a header, a rule, rows; \\| is a bar inside a cell."""
    header, _, *body = table[0].rstrip("\n").split("\n")
    cells = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1])] for line in [header, *body]]
    return "\n" + "\n".join(lines(cells, rows(cells, header=1))) + "\n"
