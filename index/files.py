"""Files and folders → reports: which files there are, read in parallel processes, corrected by the `reports.csv` beside them."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

from index import limits
from index.corrections import BY_HAND, LIST, Listed, correct, read_list
from index.load import SUFFIXES
from index.read import read
from index.types import LoadError, Report, ReportRef, YoujuError

if TYPE_CHECKING:
    from index.corpus import Corpus

TERMS = "terms.txt"
FEW = 8  # files that are read sooner than another process starts
AHEAD = 4  # files read ahead of the one that is waited for, for each process
_BESIDE = {LIST, TERMS, "README.md"}  # what stands beside reports and is none


@dataclass(frozen=True)
class Found:
    """What there is to read."""

    files: tuple[Path, ...]  # each once, in order
    bad: tuple[str, ...] = ()  # a line for each path that cannot be read, and why
    passed: tuple[str, ...] = ()  # a line for each that is no report


def find(paths: Sequence[Path]) -> Found:
    """The report files among some paths and below the folders among them.

    Hidden files and a README.md, reports.csv or terms.txt are no reports; links do not lead out of a folder.
    """
    files: dict[Path, Path] = {}
    bad: list[str] = []
    passed: list[str] = []
    for path in paths:
        if path.is_dir():
            found = below(path)
            bad += found.bad
            passed += found.passed
            if not found.files and not found.bad:
                bad.append(f"{path}：文件夹里没有报告。可以读的有：{suffixes()}")
            files.update((each.resolve(), each) for each in found.files)
        elif path.exists():
            files[path.resolve()] = path
        else:
            bad.append(f"{path}：没有这个文件或文件夹。请检查路径")
    return Found(tuple(files.values()), tuple(bad), tuple(passed))


def is_report(path: Path) -> bool:
    """Whether a file's name is that of a report."""
    return path.suffix.lower() in SUFFIXES and path.name not in _BESIDE and not path.name.startswith((".", "~$"))


def suffixes() -> str:
    return " ".join(sorted(SUFFIXES))


def below(folder: Path) -> Found:
    """The report files below a folder; none is no fault."""
    root = folder.resolve()
    files: list[Path] = []
    bad: list[str] = []
    passed: list[str] = []

    def unreadable(error: OSError) -> None:
        bad.append(f"{error.filename}：文件夹读不出来（{error.strerror}）。请检查权限")

    for at, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        passed += [f"{Path(at) / name}：是指向别处文件夹的链接" for name in folders if (Path(at) / name).is_symlink()]
        for path in sorted(Path(at) / name for name in names):
            if path.name.startswith((".", "~$")) or path.name in (LIST, TERMS):  # ~$: Word's mark of a file that is open
                continue
            if path.name == "README.md":
                passed.append(f"{path}：说明文件，不是报告")
            elif path.is_symlink() and not path.resolve().is_relative_to(root):
                passed.append(f"{path}：是指向文件夹之外的链接")
            elif path.suffix.lower() not in SUFFIXES:
                bad.append(f"{path}：不认识的后缀“{path.suffix}”。可以读的有：{suffixes()}；请另存为其中一种再加入")
            else:
                files.append(path)
    return Found(tuple(files), tuple(bad), tuple(passed))


def known(corpus: Corpus, files: Sequence[Path]) -> dict[Path, ReportRef]:
    """Files that need not be read: those that reports of the corpus were read from, with what `reports.csv` says of them now."""
    found: dict[Path, ReportRef] = {}
    lists: dict[Path, Listed] = {}
    for path in files:
        ref = corpus.known(path)
        if ref is None:
            continue
        folder = path.parent.resolve()
        if folder not in lists:
            lists[folder] = read_list(folder)
        values = lists[folder].values.get(path.name, {})
        if values:
            stored = corpus.report(ref.row)
            same = correct(stored, values) == stored
        else:
            same = all(where != BY_HAND for _, where in ref.facts.read_from)  # or a row of the list may have gone
        if same:
            found[path] = ref
    return found


def reports_in(
    files: Sequence[Path], complain: Callable[[str], None], done: Callable[[Path], None] = lambda _: None
) -> Iterator[Report]:
    """The reports in files, in order, with their folders' corrections.

    A line for each file that cannot be read, and for each row of a `reports.csv` that cannot be used, goes to `complain`;
    `done` hears of each file.
    """
    lists: dict[Path, Listed] = {}
    for path, got in read_all(files):
        folder = path.parent.resolve()
        if folder not in lists:
            lists[folder] = read_list(folder)
            for line in lists[folder].bad:
                complain(line)
        if isinstance(got, Report):
            yield correct(got, lists[folder].values.get(path.name, {}))
        else:
            complain(str(got))
        done(path)


def read_all(
    files: Sequence[Path],
    *,
    read: Callable[[Path], Report] = read,
    workers: int | None = None,
    seconds: Callable[[Path], float] | float | None = None,
) -> Iterator[tuple[Path, Report | YoujuError]]:
    """Each file with its report, or with why there is none, in order; many files by several processes.

    A process that dies, or takes more than `seconds` over a file, costs that file alone.  workers: None, as many as there
    are cores, and none for a few files; 0, read here.
    """
    if workers is None:
        workers = 0 if len(files) < FEW else min(os.cpu_count() or 1, len(files))
    if workers == 0:
        for path in files:
            yield path, _read(read, path)
        return
    limit = seconds if callable(seconds) else _patience if seconds is None else lambda _: seconds
    pool = [_Worker(read) for _ in range(workers)]
    try:
        got: dict[int, Report | YoujuError] = {}
        given = 0
        for at, path in enumerate(files):
            while at not in got:
                for worker in pool:
                    if worker.at is None and given < min(len(files), at + 1 + AHEAD * workers):
                        worker.give(given, files[given], limit(files[given]))
                        given += 1
                got.update(_collect(pool))
            yield path, got.pop(at)
    finally:
        for worker in pool:
            worker.stop()


def _read(read: Callable[[Path], Report], path: Path) -> Report | YoujuError:
    try:
        return read(path)
    except YoujuError as error:
        return error
    except Exception as error:  # a reader's own fault must not keep the other files out
        return LoadError(f"{path.name}：读取时出错（{type(error).__name__}: {error}）。请另存为 UTF-8 文本后再试")


def _patience(path: Path) -> float:
    """More than a reader's own limits, which say better what was wrong."""
    pages = limits.OCR_PAGES if path.suffix.lower() in {".pdf", ".ofd", ".tif", ".tiff"} else 1
    return 2.0 * limits.SECONDS + limits.OFFICE_SECONDS + limits.OCR_SECONDS * pages


class _Worker:
    """A process that reads a file at a time, started anew when it is lost."""

    def __init__(self, read: Callable[[Path], Report]) -> None:
        self._read = read
        self.at: int | None = None  # the number of the file that it reads
        self.path = Path()
        self.until = 0.0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy locks that threads of the encoder hold
        self.connection, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(self._read, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, at: int, path: Path, seconds: float) -> None:
        self.at, self.path, self.until, self.limit = at, path, math.inf, seconds  # from when it begins, not from when it starts
        with contextlib.suppress(OSError):  # it died idle: `take` will say so
            self.connection.send(path)

    def take(self) -> Report | YoujuError | None:
        """What it read; called when there is a message, or when it died or its time is up.  None: it has begun."""
        why = f"读了 {self.limit:.0f} 秒还没有读完，已停止。请拆分，或用原来的软件另存后再加入。"
        try:
            if self.connection.poll():
                got: Report | YoujuError | None = self.connection.recv()
                if got is None:
                    self.until = time.monotonic() + self.limit
                else:
                    self.at = None
                return got
        except (EOFError, OSError):
            self._process.join(1)
            why = f"读取程序中途退出（{self._process.exitcode}），文件可能已损坏。请用原来的软件另存后再加入。"
        self.at = None
        self.stop()
        self._start()
        return LoadError(f"{self.path.name}：{why}")

    def stop(self) -> None:
        self.connection.close()
        self._process.kill()
        self._process.join()


def _collect(pool: Sequence[_Worker]) -> Iterator[tuple[int, Report | YoujuError]]:
    """What the workers have read since, waiting for the first word of any."""
    busy = [(worker, worker.at) for worker in pool if worker.at is not None]
    until = min(worker.until for worker, _ in busy)
    ready = wait([worker.connection for worker, _ in busy], None if until == math.inf else max(0.0, until - time.monotonic()))
    for worker, at in busy:
        if worker.connection in ready or time.monotonic() >= worker.until:
            got = worker.take()
            if got is not None:
                yield at, got


def _serve(read: Callable[[Path], Report], connection: Connection) -> None:
    """In the other process: read what is asked for until the one who asks is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    while True:
        try:
            path = connection.recv()
            connection.send(None)
            connection.send(_read(read, path))
        except (EOFError, OSError):
            return
