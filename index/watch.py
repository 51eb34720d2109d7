"""A folder kept in the corpus: files that appear are added, those that change replaced, those that vanish removed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from watchfiles import Change
from watchfiles import watch as changes_of

from index.corpus import Busy, Corpus, check
from index.corrections import LIST
from index.files import TERMS, below, is_report, known, reports_in
from index.lexical import read_terms
from index.types import Report, ReportRef, StoreError, YoujuError

TICK = 1000  # milliseconds: a file that has not changed for one is whole
TRIES = 3  # readings of a file before it is called unreadable: what copies it may pause

Stamp = tuple[int, int]  # size and time of change


def watch(
    corpus: Corpus,
    folder: Path,
    say: Callable[[str], None],
    complain: Callable[[str], None],
    *,
    stop: threading.Event | None = None,
    poll: bool = False,
) -> None:
    """Bring the corpus up to a folder and keep it there until `stop` is set or Ctrl-C raises KeyboardInterrupt.

    Lines about what was done go to `say`, about what could not be to `complain`.  poll: look at the files themselves,
    for network drives that send no word of changes.  Raises StoreError when the folder is missing or vanishes.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise StoreError(f"{folder} 不是文件夹：请给出要监视的文件夹")
    kept = _Kept(corpus, root, say, complain)
    events = changes_of(
        root, watch_filter=None, debounce=TICK, rust_timeout=TICK, yield_on_timeout=True, stop_event=stop, force_polling=poll
    )
    kept.start(next(events, set()))  # listening first, so that nothing falls between
    say(f"正在监视 {folder}：按 Ctrl-C 停止")
    for changed in events:
        kept.look(changed)


class _Kept:
    """What is known of a folder between two looks at it."""

    def __init__(self, corpus: Corpus, root: Path, say: Callable[[str], None], complain: Callable[[str], None]) -> None:
        self._corpus, self._root, self._say, self._complain = corpus, root, say, complain
        self._changed: dict[Path, Stamp | None] = {}  # files to be read once they keep still
        self._failed: dict[Path, tuple[Stamp | None, int]] = {}  # how often one could not be read as it stands
        self._equal: dict[str, str] = {}  # files passed over → id of the report that has their text
        self._gone = False  # something has vanished
        self._terms: Stamp | None = None

    def start(self, changed: Iterable[tuple[Change, str]]) -> None:
        """Everything in the folder, and nothing that was in it."""
        found = below(self._root)
        for line in found.bad:
            self._complain(line)
        ours = self._ours()
        self._gone = bool(ours)
        if ours and not found.files:
            self._gone = False
            self._complain(
                f"{self._root} 里一份报告也没有，而索引里有 {len(ours)} 份来自这里，没有移除："
                "请检查磁盘是否接好；确实不要了，请用 python -m index remove"
            )
        self._changed = {path: _stamp(path) for path in found.files}
        self._note(changed)
        self._step(self._gone)

    def look(self, changed: Iterable[tuple[Change, str]]) -> None:
        """What has happened since the last look."""
        if not self._root.is_dir():
            raise StoreError(f"{self._root} 不见了：已停止监视，索引没有改动。请检查磁盘是否接好")
        gone = self._gone  # since the look before: what was renamed is seen under its new name first
        self._note(changed)
        self._step(gone)

    def _note(self, changed: Iterable[tuple[Change, str]]) -> None:
        for change, name in changed:
            path = Path(name)
            self._gone = self._gone or change is Change.deleted
            if path.name == LIST:
                self._changed.update((each, None) for each in path.parent.glob("*") if is_report(each))
            elif path.is_dir():
                self._changed.update((each, None) for each in below(path).files)
            elif is_report(path) and not any(part.startswith(".") for part in path.relative_to(self._root).parts):
                self._changed[path] = None
                self._failed.pop(path, None)

    def _step(self, gone: bool) -> None:
        ready = []
        for path, before in list(self._changed.items()):
            now = _stamp(path)
            if now is None or not path.resolve().is_relative_to(self._root):
                del self._changed[path]
            elif now == before:
                ready.append(path)
            else:
                self._changed[path] = now
        try:
            self._read_terms()
            if ready:
                self._add(ready)
            if gone:
                self._remove()
                self._gone = False
        except Busy as error:  # at the next look
            self._complain(str(error))
        except YoujuError as error:
            for path in ready:
                self._changed.pop(path, None)
            self._complain(str(error))

    def _read_terms(self) -> None:
        path = self._root / TERMS
        now = _stamp(path)
        if now is None or now == self._terms:
            return
        terms, bad = read_terms(path)
        for line in bad:
            self._complain(line)
        self._corpus.set_terms(terms)
        self._terms = now

    def _add(self, ready: list[Path]) -> None:
        before = {ref.row for ref in self._corpus.reports()}
        sources = {ref.source for ref in self._corpus.reports()}
        given: list[Report] = []
        lines: list[str] = []
        read: list[Path] = []
        for path, ref in known(self._corpus, ready).items():
            ready = [other for other in ready if other != path]
            self._changed.pop(path, None)
            self._pass_over(path, ref)
        refs = self._corpus.add(self._sound(reports_in(ready, lines.append, read.append), given))
        for path in ready:
            self._changed.pop(path, None)
        whole = {report.source for report in given}
        self._retry([path for path in read if str(path.resolve()) not in whole], lines)
        for report, ref in zip(given, refs, strict=False):
            self._equal.pop(report.source, None)
            if ref.source != report.source:
                self._pass_over(Path(report.source), ref)
            elif ref.row not in before:
                self._say(f"{'已更新' if ref.source in sources else '已加入'}  {ref.name}：{ref.characters} 字，{ref.passages} 段")

    def _pass_over(self, path: Path, ref: ReportRef) -> None:
        if ref.source != str(path.resolve()):
            self._equal[str(path.resolve())] = ref.id
            self._say(f"跳过    {path.name}：内容与 {ref.name} 相同")

    def _sound(self, reports: Iterator[Report], given: list[Report]) -> Iterator[Report]:
        for report in reports:
            try:
                check(report)
            except StoreError as error:
                self._complain(str(error))
            else:
                given.append(report)
                yield report

    def _retry(self, failed: list[Path], lines: list[str]) -> None:
        """A file half copied is no report yet: it is read again before anything is said of it."""
        last = True
        for path in failed:
            now = _stamp(path)
            stamp, tries = self._failed.get(path, (now, 0))
            tries = tries + 1 if stamp == now else 1
            self._failed[path] = (now, tries)
            if tries < TRIES:
                self._changed[path] = now
                last = False
        if last:
            for line in lines:
                self._complain(line)

    def _remove(self) -> None:
        gone = [(id, source) for id, source in self._ours() if not Path(source).exists()]
        if not gone:
            return
        for ref in self._corpus.remove_all([id for id, _ in gone]):
            self._say(f"已移除  {ref.name}")
            for source, equal in list(self._equal.items()):
                if equal == ref.id:  # the other file with the same text takes its place
                    self._changed[Path(source)] = _stamp(Path(source))

    def _ours(self) -> list[tuple[str, str]]:
        """Id and path of the reports that were read from the folder."""
        self._corpus.refresh()
        return [(ref.id, ref.source) for ref in self._corpus.reports() if Path(ref.source).is_relative_to(self._root)]


def _stamp(path: Path) -> Stamp | None:
    """None: there is no such file (any more)."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
