"""Fields of Word 97 and RTF files that LibreOffice would reckon anew, such as today's date, made ones that keep their stored result."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

from index.readers.package import OLE

# [MS-DOC] 2.5.6: where the file's header tells of the tables of fields: in the text, its notes, comments, endnotes, text boxes
_TABLES = (0x11A, 0x12A, 0x132, 0x21A, 0x262)
_BEGINS = 0x13  # the mark that begins a field, whose table row tells its kind
# [MS-DOC] 2.9.90: title to last author, dates of creation, saving and printing, counts, file name, DATE, TIME
_RECKONED = frozenset({*range(0x0E, 0x1A), 0x1A, 0x1B, 0x1C, 0x1D, 0x1F, 0x20, 0x44, 0x45, 0x55})
_KEPT = 0x02  # a kind that stands for nothing: its result is text
_RTF = re.compile(rb"(\\fldinst\b[^\\{}]{0,20}(?:\{?(?:\\[a-z]+-?\d*\s?|\s|\{)*)?)"
                  rb"(DATE|TIME|CREATEDATE|SAVEDATE|PRINTDATE|AUTHOR|TITLE|SUBJECT|LASTSAVEDBY|FILENAME|NUMPAGES|EDITTIME)\b", re.I)


def as_stored(source: Path, target: Path) -> None:
    """A copy of a file whose fields show what was stored; a plain copy of one that cannot be followed."""
    data = source.read_bytes()
    if data.startswith(OLE):
        data = _word97(data)
    elif data.startswith(b"{\\rtf"):
        data = _RTF.sub(lambda match: match[1] + b"QUOTED"[:len(match[2])].ljust(len(match[2]), b"X"), data)
    target.write_bytes(data)


def _word97(data: bytes) -> bytes:
    import olefile  # type: ignore[import-untyped]

    file = io.BytesIO(data)
    try:
        with olefile.OleFileIO(file, write_mode=True) as package:
            head = package.openstream("WordDocument").read(0x400)
            name = "1Table" if struct.unpack_from("<H", head, 0x0A)[0] & 0x0200 else "0Table"
            table = bytearray(package.openstream(name).read())
            for at in _TABLES:
                start, length = struct.unpack_from("<II", head, at)
                count = (length - 4) // 6
                if length and 0 < count < 1_000_000 and start + length <= len(table):
                    first = start + 4 * (count + 1)
                    for row in range(first, first + 2 * count, 2):
                        if table[row] & 0x1F == _BEGINS and table[row + 1] in _RECKONED:
                            table[row + 1] = _KEPT
            package.write_stream(name, bytes(table))
    except (MemoryError, RecursionError):
        raise
    except Exception:  # no Word 97 file, or a damaged one: LibreOffice shall say
        return data
    return file.getvalue()
