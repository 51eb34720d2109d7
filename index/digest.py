"""What the reading of a file depends on, as one hash: its bytes, the readers' own code, and whether scans can be recognised."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from index.readers import ocr

_ROOM = Path(__file__).parent
_READING = ("load.py", "limits.py", "pdfium.py", "clean.py", "outline.py", "facts.py", "chunk.py", "audit.py", "read.py", "types.py")

def digest(path: Path) -> str:
    """The hash of a file as it would be read now; raises OSError where it cannot be opened."""
    found = hashlib.sha256(_readers().encode())
    with path.open("rb") as file:
        while piece := file.read(2**20):
            found.update(piece)
    return found.hexdigest()


@cache
def _readers() -> str:
    """A new version of the program reads everything anew."""
    code = hashlib.sha256(str(ocr.available()).encode())
    for path in sorted([*(_ROOM / name for name in _READING), *_ROOM.glob("recount*.py"), *(_ROOM / "readers").glob("*.py")]):
        code.update(path.read_bytes())
    return code.hexdigest()
