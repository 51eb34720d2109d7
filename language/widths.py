"""Full-width digits, marks and signs, and radicals that stand for characters, as plain ones: a character for a character, so that offsets stay."""

from __future__ import annotations

import functools
import re
import unicodedata

_IN_FIGURES = re.compile(r"(?<=[０-９])[．，](?=[０-９])")  # between full-width digits these are a decimal point and a comma


def plain(text: str) -> str:
    """A text of the same length with figures written in plain characters: ３１．６％ → 31.6%."""
    marked = _IN_FIGURES.sub(lambda mark: "." if mark[0] == "．" else ",", text)
    return marked.translate(_plain())


@functools.cache
def _plain() -> dict[int, str]:
    full = {code: chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
    radicals = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}  # as PDFs write 人: ⼈
    return full | radicals | {ord("％"): "%", ord("－"): "-", ord("−"): "-", ord("／"): "/", ord("\u3000"): " ", ord("\xa0"): " ", ord("～"): "~"}
