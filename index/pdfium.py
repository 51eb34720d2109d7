"""What the reader of PDF and its second count both ask PDFium for."""

from __future__ import annotations

import ctypes
from typing import Any

from index import limits


def told(function: Any, *arguments: Any) -> str:
    """What PDFium gives in UTF-16 once it is told how much room there is."""
    size = function(*arguments, None, 0)
    if not 2 < size <= 2 * limits.CHARACTERS:
        return ""
    room = (ctypes.c_ushort * (size // 2))()
    function(*arguments, room, size)
    return bytes(room)[: size - 2].decode("utf-16-le", "replace")
