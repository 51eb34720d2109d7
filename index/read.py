"""Path → Report, read whole: load, clean, outline, facts, chunk, in that order.  Knows no store and imports no model."""

from __future__ import annotations

import hashlib
from pathlib import Path

from index.chunk import chunk
from index.clean import clean
from index.facts import facts
from index.load import load
from index.outline import outline
from index.types import LoadError, Report


def read(path: Path) -> Report:
    """The report in a file.  Raises LoadError, naming the file and the remedy, when it is none."""
    raw = load(path)
    cleaned = clean(raw.text, raw.marked)
    if not cleaned.text.strip():
        raise LoadError(f"{path.name}：去掉页码和网页导航之后没有正文。请检查文件内容。")
    headings = outline(cleaned)
    title = next((cleaned.text[at:].split("\n", 1)[0] for at, hashes in cleaned.marked if hashes == 1), "")
    report_id = hashlib.sha256(f"{path.name}\0{cleaned.text}".encode("utf8", "surrogatepass")).hexdigest()[:16]
    return Report(report_id, str(path.resolve()), path.name, facts(cleaned.text, path.name, title), cleaned.text, headings,
                  cleaned.pages, chunk(report_id, cleaned.text, headings, cleaned.pages))
