"""Uploaded files into the corpus, a file at a time, so that one bad file stops no other."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.corpus import Corpus
from index.read import read
from index.types import YoujuError

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
    kept.parent.mkdir(parents=True, exist_ok=True)
    if fresh:
        shutil.copyfile(file, kept)
    try:
        corpus.add([read(kept)])
        return ""
    except YoujuError as error:
        reason = str(error).replace(str(kept.resolve()), file.name).replace(str(kept), file.name)
        reason = reason.removeprefix(f"{file.name}：")
    except Exception:
        log.exception("cannot index %r", file.name)
        reason = "收录时出了错，原因记在服务的日志里。"
    if fresh:
        shutil.rmtree(kept.parent)
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
