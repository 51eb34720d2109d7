"""An uploaded file into the corpus: its name and first bytes are looked at before a parser is let near it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

from index.corpus import Corpus
from index.load import READERS
from index.orphans import being_read, private_file
from index.read import read
from index.types import LoadError, Report, ReportRef, YoujuError
from server.groups import Group
from server.problems import Refused

UNSEEN = "正文相同的报告不重复收录，或它所在的文件夹只供某些组查看。"
CLOSED = "这份报告在只供某些组查看的文件夹里：请在服务器上替换该文件夹中的文件，再重新建索引。"
_FOREIGN = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"MZ", b"\x7fELF", b"GIF8", b"Rar!", b"7z\xbc\xaf")


def file_name(given: str) -> str:
    """The name an upload is kept under: the last part of what the browser said.  Raises LoadError on none that can be."""
    name = re.split(r"[/\\]", given)[-1].strip()
    shown = name[:60].encode("utf-8", "replace").decode()
    if not name or name.startswith(".") or not name.isprintable() or ":" in name:
        raise LoadError(f"“{shown if shown.isprintable() else '…'}”不能作文件名：请改名后再上传。")
    if len(name.encode("utf-8", "replace")) > 200:
        raise LoadError(f"{shown}…：文件名太长，请改短后再上传。")
    if Path(name).suffix.lower() not in READERS:
        raise LoadError(f"{name}：不认识的后缀。可以读的有：{' '.join(sorted(READERS))}")
    return name


def check_kind(name: str, head: bytes) -> None:
    """Raises LoadError when a file's first bytes are not of the kind that its suffix says."""
    suffix = Path(name).suffix.lower()
    form = READERS[suffix]
    known = any(start in head[:1024] for start in form.starts) if suffix == ".pdf" else head.startswith(form.starts)
    lies = not known and (head.startswith(_FOREIGN) or (bool(form.starts) and not form.text))
    if head and lies:
        raise LoadError(f"{name}：内容不是 {suffix} 文件。请检查文件，按它本来的类型另存后再上传。")


@dataclass(frozen=True)
class TakenIn:
    """What became of an uploaded file."""

    ref: ReportRef  # the report that has its text
    outcome: Literal["added", "there", "twin"]  # there: uploaded before; twin: the text is that of a report from elsewhere


def closed(source: str, groups: Sequence[Group]) -> bool:
    """Whether a report's file is in a folder for groups only, which an upload cannot take the place of."""
    return any(Path(source).is_relative_to(folder) for group in groups for folder in group.folders)


def take_in(corpus: Corpus, folder: Path, given: str, content: BinaryIO, most: int, instead: ReportRef | None = None) -> TakenIn:
    """Keep an uploaded file below `folder` and index it, in one step with taking out `instead`.

    A twin's file is not kept; whoever tells of the twin asks first whether it may be seen.

    Raises LoadError (what cannot be read), Refused 413 (more than `most` bytes) and StoreError; what is refused is not kept.
    """
    name = file_name(given)
    before: set[int] = set()
    fresh = False

    def placed(report: Report) -> Iterator[Report]:
        """With its file where it stays, put there when its turn to be written has come: no file stands there for no report."""
        nonlocal fresh, before
        fresh, before = not home.exists(), {ref.row for ref in corpus.reports()}
        try:
            home.parent.mkdir(exist_ok=True, mode=0o700)
            os.replace(file, home)
        except OSError as error:
            raise _unkept(name, error) from error
        yield replace(report, source=str(home.resolve()))

    try:
        with being_read(folder) as aside:
            file = aside / name
            home = folder / _keep(content, file, most) / name
            if known := corpus.known(file):
                here = known.source == str(home.resolve())
                return TakenIn(known, "there" if here else "twin")
            try:
                report = read(file)  # before: a scan takes a while
                ref = corpus.replace(instead.id, placed(report)) if instead else corpus.add(placed(report))[0]
            except BaseException as error:
                if fresh:
                    discard(home)
                if isinstance(error, YoujuError) and str(aside) in str(error):
                    raise type(error)(_without_path(str(error), aside)) from error
                raise
    except OSError as error:
        raise _unkept(name, error) from error
    if ref.source == str(home.resolve()):
        return TakenIn(ref, "there" if ref.row in before else "added")
    if fresh:
        discard(home)
    return TakenIn(ref, "twin")


def _keep(content: BinaryIO, file: Path, most: int) -> str:
    """Write an upload's bytes down; the name of the folder that they belong in."""
    digest, size = hashlib.sha256(), 0
    with open(file, "xb", opener=private_file) as kept:
        while piece := content.read(2**20):
            if size == 0:
                check_kind(file.name, piece[:4096])
            size += len(piece)
            if size > most:
                raise Refused(413, "请求太大", f"{file.name}：超过上限 {most // 2**20} MiB。")
            digest.update(piece)
            kept.write(piece)
    return digest.hexdigest()[:12]


def _unkept(name: str, error: OSError) -> YoujuError:
    return YoujuError(f"{name}：存不下来（{error.strerror}），请检查磁盘空间与权限。")


def _without_path(words: str, folder: Path) -> str:
    """An error's words without where on the server the file was kept."""
    for root in (folder.resolve(), folder):
        words = words.replace(f"{root}{os.sep}", "")
    return words


def put_in_place(corpus: Corpus, folder: Path, old: ReportRef, given: str, content: BinaryIO, most: int) -> ReportRef:
    """Another file for a report, in one step, so that no question finds both or neither; facts that a person corrected stay so.

    The ref of what now stands there, `old` where its text is the same.  Raises what `take_in` does, and YoujuError where
    the new text is that of another report.
    """
    taken = take_in(corpus, folder, given, content, most, old)
    if taken.ref.row == old.row:
        return taken.ref
    if taken.outcome != "added":
        raise YoujuError("库中已经有正文相同的报告，没有替换。")
    drop(Path(old.source), folder)
    return taken.ref


def remove(corpus: Corpus, folder: Path, ref: ReportRef) -> ReportRef:
    """Take a report out; its file goes too where it was put in here, and stays where it came from elsewhere."""
    removed = corpus.remove(ref.id)
    drop(Path(ref.source), folder)
    return removed


def drop(file: Path, folder: Path) -> None:
    """Take a report's file away where it was uploaded into `folder`; one that came from elsewhere stays."""
    if file.is_relative_to(folder.resolve()) and file.is_file():
        discard(file)


def discard(file: Path) -> None:
    """Take an uploaded file away, with its folder when that is then empty."""
    file.unlink(missing_ok=True)
    if not any(file.parent.iterdir()):
        shutil.rmtree(file.parent, ignore_errors=True)
