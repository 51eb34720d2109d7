"""What people change of the library: files put in, one at a time so that a bad one stops no other; replaced; taken out."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.corpus import Corpus
from index.corrections import BY_HAND, COLUMNS
from index.read import read
from index.types import ReportRef, YoujuError
from server.intake import check_kind, discard

log = logging.getLogger("youju.page")


@dataclass(frozen=True)
class Progress:
    """How far an upload is: files through, files in all, and (file name, reason it failed or '') for each one through."""

    done: int
    total: int
    doing: str
    outcomes: tuple[tuple[str, str], ...] = ()


def kept_path(file: Path, folder: Path) -> Path:
    """Where an uploaded file is kept: in a subfolder named for its content, its own name kept."""
    return folder / hashlib.sha256(file.read_bytes()).hexdigest()[:12] / file.name


def take_in(corpus: Corpus, folder: Path, file: Path) -> str:
    """Index one uploaded file; why it could not be, in Chinese, or ''.  A file that is refused is not kept."""
    kept = kept_path(file, folder)
    fresh = not kept.exists()
    try:
        with file.open("rb") as content:
            check_kind(file.name, content.read(4096))
        kept.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            shutil.copyfile(file, kept)
        corpus.add([read(kept)])
        return ""
    except YoujuError as error:
        reason = str(error).replace(str(kept.resolve()), file.name).replace(str(kept), file.name)
        reason = reason.removeprefix(f"{file.name}：")
    except Exception:
        log.exception("cannot index %r", file.name)
        reason = "收录时出了错，原因记在服务的日志里。"
    if fresh and kept.exists():
        discard(kept)
    return reason


def upload(corpus: Corpus, folder: Path, files: Sequence[Path]) -> Iterator[Progress]:
    """Index uploaded files, yielding before each and after the last."""
    outcomes: tuple[tuple[str, str], ...] = ()
    for done, file in enumerate(files):
        yield Progress(done, len(files), f"正在收录 {done + 1}/{len(files)}：{file.name}", outcomes)
        outcomes += ((file.name, take_in(corpus, folder, file)),)
    failed = sum(1 for _, reason in outcomes if reason)
    summary = f"已收录 {len(files) - failed} 份" + (f"，{failed} 份未能收录。" if failed else "。")
    yield Progress(len(files), len(files), summary, outcomes)


def found_report(reports: Sequence[ReportRef], id: str) -> ReportRef:
    """The report of an id; raises YoujuError where there is none."""
    ref = next((ref for ref in reports if ref.id == id), None)
    if ref is None:
        raise YoujuError("这份报告已经不在库中，请刷新页面。")
    return ref


def remove(corpus: Corpus, folder: Path, ref: ReportRef) -> ReportRef:
    """Take a report out; its file goes too where it was put in here, and stays where it came from elsewhere."""
    removed = corpus.remove(ref.id)
    _drop(Path(ref.source), folder)
    return removed


def put_in_place(corpus: Corpus, folder: Path, ref: ReportRef, file: Path) -> ReportRef:
    """Another file for a report: it comes in first, then the old one goes; facts that a person corrected stay so.

    Raises YoujuError, with nothing changed, when the new file cannot be read or is one that is there.
    """
    before = {held.id for held in corpus.reports()}
    if reason := take_in(corpus, folder, file):
        raise YoujuError(f"{file.name}：{reason}")
    source = str(kept_path(file, folder).resolve())
    new = next((held for held in corpus.reports() if held.source == source), None)
    if new is None or new.id in before:
        raise YoujuError(f"{file.name}：库中已经有这份报告，没有替换。")
    by_hand = {name: str(getattr(ref.facts, name)) for name, where in ref.facts.read_from if where == BY_HAND}
    if given := {name: value for name, value in by_hand.items() if name in COLUMNS.values() and value}:
        new = corpus.correct(new.id, given)
    remove(corpus, folder, ref)
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


def _drop(file: Path, folder: Path) -> None:
    if file.parent.parent == folder.resolve() and file.exists():
        discard(file)
