"""What a button sends with its event: text from a browser, believed in nothing."""

from __future__ import annotations

import re
from typing import Any


def data_of(event: Any) -> dict[str, str]:
    """The data of a Gradio event, all of it text; empty where what came is no such thing."""
    data = event._data if isinstance(getattr(event, "_data", None), dict) else {}
    return {str(key): str(value) for key, value in data.items()}


def integers(text: str) -> tuple[int, ...]:
    """Whole numbers with commas between; none where anything else stands there."""
    parts = text.split(",")
    return tuple(int(part) for part in parts) if all(re.fullmatch("[0-9]{1,9}", part) for part in parts) else ()
