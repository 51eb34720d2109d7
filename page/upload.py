"""What people change of the library: files put in, one at a time so that a bad one stops no other; replaced; taken out.

What may come in, and where it is kept, is `server.intake`'s to say, as it is for the HTTP API.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.corpus import Corpus
from index.types import ReportRef, YoujuError
from server import intake
from server.limits import UPLOAD_BYTES

log = logging.getLogger("youju.page")


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    name: str
    said: str
    good: bool = True


@dataclass(frozen=True)
class Progress:
    """How far an upload is: files through, files in all, what is being done, and the outcome of each one through."""

    done: int
    total: int
    doing: str
    outcomes: tuple[Outcome, ...] = ()


def take_in(corpus: Corpus, visible: Corpus, folder: Path, file: Path, most: int = UPLOAD_BYTES) -> Outcome:
    """Index one uploaded file of at most `most` bytes; `visible` holds what who uploads it may see."""
    try:
        with file.open("rb") as content:
            taken = intake.take_in(corpus, folder, file.name, content, most)
    except YoujuError as error:
        return Outcome(file.name, _without_path(error, folder, file.name), good=False)
    except Exception:
        log.exception("cannot index %r", file.name)
        return Outcome(file.name, "收录时出了错，原因记在服务的日志里。", good=False)
    if taken.outcome == "added":
        return Outcome(file.name, "已收录")
    if taken.outcome == "there":
        return Outcome(file.name, "库中已有，没有变化")
    twin = next((ref for ref in visible.reports() if ref.row == taken.ref.row), None)
    return Outcome(file.name, f"库中已有正文相同的“{twin.name}”，没有重复收录") if twin else Outcome(file.name, intake.UNSEEN, good=False)


def _without_path(error: YoujuError, folder: Path, name: str) -> str:
    """An error's words without where on the server the file is kept."""
    words = str(error)
    for root in (folder.resolve(), folder):
        while (at := words.find(f"{root}/")) >= 0 and (end := words.find(name, at)) >= 0:
            words = words[:at] + words[end:]
    return words.removeprefix(f"{name}：")


def upload(corpus: Corpus, visible: Corpus, folder: Path, files: Sequence[Path], most: int = UPLOAD_BYTES) -> Iterator[Progress]:
    """Index uploaded files, yielding before each and after the last."""
    outcomes: tuple[Outcome, ...] = ()
    for done, file in enumerate(files):
        yield Progress(done, len(files), f"正在收录 {done + 1}/{len(files)}：{file.name}", outcomes)
        outcomes += (take_in(corpus, visible, folder, file, most),)
    failed = sum(not one.good for one in outcomes)
    there = sum(one.good and one.said != "已收录" for one in outcomes)
    parts = (f"已收录 {len(files) - failed - there} 份", f"{there} 份库中已有" if there else "", f"{failed} 份未能收录" if failed else "")
    yield Progress(len(files), len(files), f"{'，'.join(filter(None, parts))}。", outcomes)


def found_report(reports: Sequence[ReportRef], id: str) -> ReportRef:
    """The report of an id; raises YoujuError where there is none."""
    ref = next((ref for ref in reports if ref.id == id), None)
    if ref is None:
        raise YoujuError("这份报告已经不在库中，请刷新页面。")
    return ref


def put_in_place(corpus: Corpus, folder: Path, ref: ReportRef, file: Path, most: int = UPLOAD_BYTES) -> ReportRef:
    """Another file for a report: it comes in first, then the old one goes; facts that a person corrected stay so.

    Raises YoujuError, with nothing changed, when the new file cannot be read or is one that is there.
    """
    try:
        with file.open("rb") as content:
            new = intake.put_in_place(corpus, folder, ref, file.name, content, most)
    except YoujuError as error:
        raise YoujuError(f"{file.name}：{_without_path(error, folder, file.name)}") from error
    if new.row == ref.row:
        raise YoujuError(f"{file.name}：正文与原来的相同，没有替换。")
    return new


def facts_of(written: str) -> dict[str, str]:
    """Corrections as the page sends them: JSON, name of a fact → value; empty values are left out."""
    try:
        given = json.loads(written)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise YoujuError("没有收到要更正的内容，请再试一次。")
    kept = {str(name): str(value) for name, value in given.items() if str(value).strip()}
    if not kept:
        raise YoujuError("没有填要更正的内容。")
    return kept
