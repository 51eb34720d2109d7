"""Path → Report, read whole: load, clean, outline, facts, chunk, in that order.  Knows no store and imports no model."""

from __future__ import annotations

import hashlib
from pathlib import Path

from index.audit import Audit, audit
from index.chunk import chunk
from index.clean import clean
from index.digest import digest
from index.facts import facts
from index.load import load
from index.outline import outline
from index.recount import recount
from index.types import LoadError, Report


def read(path: Path) -> Report:
    """The report in a file.  Raises LoadError, naming the file and the remedy, when it is none."""
    return read_audited(path)[0]


def read_audited(path: Path) -> tuple[Report, Audit]:
    """The report in a file, and what became of the file's characters.  Raises LoadError as `read` does."""
    try:
        before = digest(path)  # of what is read next: a file that changes meanwhile is read again another time
    except (OSError, ValueError):
        before = ""  # `load` says why
    raw = load(path)
    cleaned = clean(raw.text, raw.marked, raw.paragraphs)
    if not cleaned.text.strip():
        raise LoadError(f"{path.name}：去掉页码和网页导航之后没有正文。请检查文件内容。")
    headings = outline(cleaned)
    title = next((cleaned.text[at:].split("\n", 1)[0] for at, hashes in cleaned.marked if hashes == 1), "")
    report_id = hashlib.sha256(f"{path.name}\0{cleaned.text}".encode("utf8", "surrogatepass")).hexdigest()[:16]
    passages = chunk(report_id, cleaned.text, headings, cleaned.pages)
    found = audit(raw.text, cleaned, headings, passages, raw.counted or recount(path), raw.left)
    facts_ = facts(cleaned.text, path.name, title)
    report = Report(report_id, str(path.resolve()), path.name, facts_, cleaned.text, headings, cleaned.pages, passages,
                    (*raw.warnings, *found.warnings), found.share, before)
    return report, found
