"""The corpus on disk: catalog, dense and lexical indexes behind one object.

The catalog's commit is the commit point.  Each index carries the generation of the catalog that it holds; one that lags
is caught up from the catalog, one that is missing or damaged is rebuilt from it, by whoever opens or writes next.  Until
then a search leaves out what the catalog no longer has.  Writers take a lock; readers need none.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from index import backfill, catalog, forget, orphans
from index.audit import Overlap, overlaps
from index.corrections import checked, correct
from index.dense import Dense
from index.digest import digest
from index.encoder import Encoder
from index.lexical import PLAIN, Lexical, Terms, damaged, read_terms, segmenter
from index.types import EncoderError, Passage, Report, ReportRef, StoreError, context, embedded

log = logging.getLogger("youju.index")
FORMAT = 1
BATCH = 2048  # passages embedded and committed together
MOST_TEXTS = 40_000  # vectors of words and sentences remembered: some 60 MB at 384 dimensions
WAIT = 5.0  # seconds that a writer waits for another
COMMIT_SECONDS = 30.0  # that reports wait to be committed, where reading them is slow
_META, _CATALOG, _DENSE, _LEXICAL, _TERMS, _LOCK, _HOLDER = (
    "meta.json",
    "catalog.sqlite",
    "dense.faiss",
    "lexical",
    "terms.txt",
    "writer.lock",
    "writer.pid",
)


@dataclass(frozen=True)
class _View:
    """What searches see; swapped whole."""

    generation: int
    refs: dict[int, ReportRef]
    dense: Dense
    lexical: Lexical

    @property
    def current(self) -> bool:
        return self.generation == self.dense.generation == self.lexical.generation


@dataclass(frozen=True)
class _Context:
    """Contextual vectors up to a batch, of the reports of a generation."""

    batch: int
    generation: int
    index: Dense


class Busy(StoreError):
    """Another process is writing."""


class Corpus:
    """Reports, searchable.  Safe to read from many threads; `add` and `remove` take turns, across processes too."""

    def __init__(self, data: Path, encoder: Encoder, db: sqlite3.Connection, view: _View) -> None:
        self.encoder = encoder
        self._data = data
        self._db = db
        self._view = view
        self._reading = threading.RLock()  # of the one connection that all reads share
        self._swapping = threading.RLock()  # of the view
        self._texts: dict[str, np.ndarray] = {}
        self._remembering = threading.Lock()  # of vectors
        self._context: _Context | None = None  # the contextual vectors, once asked for

    @classmethod
    def open(cls, data: Path, encoder: Encoder, *, create: bool = False) -> Corpus:
        """The corpus in a folder; with `create`, a new one where there is none.

        Raises StoreError when the folder is missing, foreign, damaged or locked, and EncoderError when it was built
        with another encoder.
        """
        data = Path(data)
        if create and not ((data / _META).exists() and (data / _CATALOG).exists()):
            _create(data, encoder)
        _check(data, encoder)
        db = catalog.connect(data / _CATALOG)
        try:
            with catalog.guard(data / _CATALOG):
                made = cls(data, encoder, db, _open(data, db, encoder.dimension))
            orphans.close_to_others(data, deep=True)
            return made
        except BaseException:
            db.close()
            raise

    @property
    def generation(self) -> int:
        """One more with each change that this object has seen."""
        return self._view.generation

    def close(self) -> None:
        """Let go of the files; searching afterwards raises StoreError."""
        with self._reading:
            self._db.close()

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reports(self) -> tuple[ReportRef, ...]:
        """All reports, in the order they came."""
        return tuple(self._view.refs.values())

    def report(self, row: int) -> Report:
        """A report whole; raises StoreError when it is not there (any more)."""
        with self._read() as db:
            found = catalog.report(db, row)
        if found is None:
            raise StoreError(f"第 {row} 号报告不在索引中：它可能刚被移除，请重新提问")
        return found

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Passages by row, in the order asked for; raises StoreError when one is not there (any more)."""
        with self._read() as db:
            found = catalog.passages(db, rows)
        gone = [row for row in rows if row not in found]
        if gone:
            raise StoreError(f"第 {gone[0]} 号段落不在索引中：它所在的报告可能刚被移除，请重新提问")
        return [found[row] for row in rows]

    def dense(self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None) -> list[tuple[int, float]]:
        """At most k (passage row, cosine) for a unit vector, best first, in the reports allowed; None: in all."""
        index = self._view.dense
        return index.search(vector, k, self._live(index.generation, allowed))

    def lexical(self, text: str, k: int, allowed: frozenset[int] | None = None) -> list[tuple[int, float]]:
        """At most k (passage row, BM25) for a text's words, best first, in the reports allowed; None: in all."""
        index = self._view.lexical
        return index.search(text, k, self._live(index.generation, allowed))

    @property
    def contextual(self) -> Encoder | None:
        """The encoder whose vectors are filled in behind; None where passages have static vectors only."""
        found: Encoder | None = getattr(self.encoder, "contextual", None)
        return found

    def filled(self) -> tuple[int, int]:
        """How many passages have their contextual vector, and how many there are; all of them where there are no such vectors."""
        total = sum(ref.passages for ref in self.reports())
        return (total, total) if self.contextual is None else (len(self._contexts(self.contextual)), total)

    def near_in_context(self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None) -> list[tuple[int, float]]:
        """As `dense`, of contextual vectors, among the passages that have theirs; none where there are no such vectors."""
        return [] if self.contextual is None else self._contexts(self.contextual).search(vector, k, allowed)

    def in_context(self, rows: Sequence[int]) -> Mapping[int, np.ndarray]:
        """Contextual vectors float32 [d] by passage row, of those that have theirs."""
        if self.contextual is None or not rows:
            return {}
        with self._read() as db:
            return backfill.vectors_of(db, rows) if backfill.last_batch(db, self.contextual.fingerprint) >= 0 else {}

    def _contexts(self, encoder: Encoder) -> Dense:
        held, generation = self._context, self.generation
        with self._read() as db:
            batch = backfill.last_batch(db, encoder.fingerprint)
            if held is not None and (held.batch, held.generation) == (batch, generation):
                return held.index
        with self._swapping, self._read() as db:
            held, batch = self._context, backfill.last_batch(db, encoder.fingerprint)
            index = backfill.caught_up(db, encoder, None if held is None else held.index, -1 if held is None else held.batch)
            index.remove_reports(set((index.rows >> catalog.SHIFT).tolist()) - set(self._view.refs))
            self._context = _Context(batch, self.generation, index)
            return index

    def text_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), dimension] of words and sentences; those met before are remembered, up to 40,000 of them."""
        with self._remembering:
            new = [text for text in dict.fromkeys(texts) if text not in self._texts]
            if len(self._texts) + len(new) > MOST_TEXTS:
                self._texts.clear()
                new = list(dict.fromkeys(texts))
            self._texts.update(zip(new, self.encoder.encode(new), strict=True))
            held = [self._texts[text] for text in texts]
        # one concatenation: np.stack would make a view of each of some hundred rows first
        return np.concatenate(held).reshape(len(held), -1) if held else np.zeros((0, self.encoder.dimension), np.float32)

    def frequency(self, word: str) -> int:
        """How many passages hold a word as `index.lexical.segment` gives it, with its title and heading path."""
        return self._view.lexical.frequency(word)

    def add(self, reports: Iterable[Report], progress: Callable[[int, int], None] | None = None) -> list[ReportRef]:
        """Put in reports; gives what the catalog has for each, in order.

        One that is there is passed over, as is one that has the text of another under another path: the other's ref is
        given.  Where the other's file is gone, it has moved, and is listed under its new path.  One read from the path of
        another takes its place; only passages that changed are embedded.  Facts that a person corrected stay corrected.
        Reports are committed in batches: a batch goes in whole or not at all.  `progress` hears how many reports are
        done, of how many (0 when `reports` has no length).
        """
        total = len(reports) if isinstance(reports, Sized) else 0
        done: list[ReportRef] = []
        with self._write() as db:
            try:
                for batch in _batches(reports):
                    done += self._add(db, batch)
                    if progress is not None:
                        progress(len(done), total)
            finally:
                self._catch_up(db)
        return done

    def known(self, path: Path) -> ReportRef | None:
        """The report that was read from such a file: the same bytes, read as they would be now, here or under another path.

        None where there is none, or its path is gone, and the file must be read.
        """
        try:
            now = digest(path)
        except OSError:
            return None
        here = str(path.resolve())
        with self._read() as db:
            found = sorted(catalog.rows_of_digest(db, now), key=lambda entry: entry[1] != here)
        return next((self._view.refs.get(row) for row, source in found if source == here or Path(source).exists()), None)

    def remove(self, report_id: str) -> ReportRef:
        """Take out a report with its passages, vectors and terms; raises StoreError when there is none of that id."""
        return self.remove_all([report_id])[0]

    def remove_all(self, report_ids: Sequence[str]) -> list[ReportRef]:
        """Take out several reports, all or none; raises StoreError when there is none of one of the ids."""
        with self._write() as db:
            refs = [self._ref(db, report_id) for report_id in dict.fromkeys(report_ids)]
            if refs:
                with catalog.transaction(db) as at:
                    for ref in refs:
                        catalog.delete(db, ref.row, at)
                        catalog.drop_corrections(db, ref.source)
                self._catch_up(db)
        return refs

    def correct(self, report_id: str, values: Mapping[str, str]) -> ReportRef:
        """Correct facts of a report by hand, by their names in `Facts`; a new reading of its file does not undo it.

        What is embedded and indexed with its passages follows.  Raises CorrectionError when a value cannot be, and
        StoreError when there is no report of that id.
        """
        given = checked(values)
        with self._write() as db:
            ref = self._ref(db, report_id)
            before = catalog.report(db, ref.row)
            assert before is not None
            report = correct(before, given)
            if given and report != before:
                vectors = self._embed(db, [report])[report.id]
                with catalog.transaction(db) as at:
                    catalog.set_corrections(db, ref.source, given)
                    catalog.delete(db, ref.row, at)
                    catalog.insert(db, report, vectors, at)
                self._catch_up(db)
            return self._ref(db, report_id)

    def alike(self, row: int) -> list[Overlap]:
        """Reports that are nearly the same as one, most alike first, each with what differs."""
        with self._read() as db:
            one = catalog.report(db, row)
            others = [catalog.report(db, other) for other in catalog.alike(db, row)]
        if one is None:
            return []
        found = [overlap for other in others if other is not None for overlap in overlaps([one, other])]
        return sorted((overlap for overlap in found if overlap.alike), key=lambda overlap: -overlap.share)

    @property
    def terms(self) -> Terms:
        """Words that a user added to the dictionary."""
        return self._view.lexical.terms

    def set_terms(self, terms: Terms) -> None:
        """Cut texts and questions with a user's words besides; what is indexed is cut anew where they changed."""
        with self._write() as db:
            if terms == _terms(self._data):
                return
            try:
                _write(self._data / _TERMS, terms.text())
            except OSError as error:
                raise StoreError(f"索引 {self._data} 写不进去（{error}）：请检查磁盘空间与权限") from error
            with catalog.transaction(db):
                pass  # a new generation, so that readers look again
            self._catch_up(db)

    def refresh(self) -> bool:
        """See what other processes have committed; True when something changed.  One SELECT when nothing did."""
        view = self._view
        with self._read() as db:
            if catalog.generation(db) == view.generation and view.current:
                return False
        with self._swapping, self._read() as db:
            before = self._view
            self._view = _open(self._data, db, self.encoder.dimension, before)
            return self._view != before

    def verify(self) -> list[str]:
        """Chinese lines, one for each contradiction between catalog, vectors and terms; none when all is well."""
        self.refresh()
        view = self._view
        with self._read() as db:
            found = catalog.problems(db, self.encoder.dimension)
            rows, vectors = catalog.vectors(db, self.encoder.dimension)
            passages = catalog.passage_rows(db)
        if not view.current:
            found.append("检索索引落后于数据库：另一个进程正在写入，请稍后再试")
            return found
        found += _difference("向量索引", view.dense.rows, passages)
        found += _difference("全文索引", view.lexical.rows, passages)
        found += [f"全文索引：文件 {name} 的校验值不符" for name in damaged(self._data / _LEXICAL)]
        held = dict(view.dense.vectors())
        found += [
            f"段落 {row} 的向量与数据库不同"
            for row, vector in zip(rows.tolist(), vectors, strict=True)
            if row in held and not np.array_equal(held[row], vector.astype(np.float32))
        ]
        return found

    def mend(self) -> list[str]:
        """Clear away what stands in the folder for no report; Chinese lines that say what was done (`index.orphans`, `index.forget`)."""
        changed = orphans.close_to_others(self._data, deep=True)
        with self._write() as db:
            refs = catalog.refs(db)
            lines = orphans.clear(self._data, [ref.source for ref in refs])
            forgotten = _forget(self._data, db, refs)
        lines += [f"历史与评价里有 {forgotten} 处引用已移除的报告，已删去"] if forgotten else []
        return lines + ([f"有 {changed} 个文件别人也能读，已改为只有本人能读"] if changed else [])

    @staticmethod
    def _ref(db: sqlite3.Connection, report_id: str) -> ReportRef:
        found = catalog.row_of(db, report_id)
        if found is None:
            raise StoreError(f"索引中没有编号为 {report_id} 的报告：用 python -m index list 查看现有报告")
        return catalog.refs(db, found[0])[0]

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._reading, catalog.guard(self._data / _CATALOG):
            yield self._db

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own, so that no reader sees what is not committed."""
        with _lock(self._data, WAIT):
            db = catalog.connect(self._data / _CATALOG)
            try:
                with catalog.guard(self._data / _CATALOG):
                    yield db
            finally:
                db.close()

    def _live(self, generation: int, allowed: frozenset[int] | None) -> frozenset[int] | None:
        """Which reports an index of this generation may show: those that the catalog still has."""
        with self._read() as db:
            if catalog.generation(db) == generation:
                return allowed
            rows = catalog.rows(db)
        return rows if allowed is None else rows & allowed

    def _add(self, db: sqlite3.Connection, batch: list[Report]) -> list[ReportRef]:
        batch = [_corrected(db, report) for report in batch]
        before = [_placed(db, report) for report in batch]
        for report, place in zip(batch, before, strict=True):
            if place.kept is not None and catalog.refs(db, place.kept)[0].source == report.source:
                catalog.set_digest(db, place.kept, report.digest)
        if all(place.kept is not None and not place.gone for place in before):
            return [catalog.refs(db, place.kept)[0] for place in before if place.kept is not None]
        gone = {row for place in before for row in place.gone} | {None}
        new = {report.id: report for report, place in zip(batch, before, strict=True) if place.kept in gone}
        vectors = self._embed(db, list(new.values()))
        rows = []
        with catalog.transaction(db) as at:
            for report in batch:
                place = _placed(db, report)  # again: one before it in the batch may be its equal
                for row in place.gone:
                    catalog.delete(db, row, at)
                if place.moved:
                    catalog.set_corrections(db, report.source, catalog.corrections(db, place.moved))
                    catalog.drop_corrections(db, place.moved)
                rows.append(catalog.insert(db, report, vectors[report.id], at) if place.kept is None else place.kept)
            # a path that stands in a batch twice: the later reading has taken the place of the earlier
            return [ref for row in rows for ref in catalog.refs(db, row)]

    def _embed(self, db: sqlite3.Connection, reports: list[Report]) -> dict[str, np.ndarray]:
        """float16 [passages, d] by report id; what an earlier reading of the same file had is not embedded again."""
        texts = {report.id: [embedded(report.facts, passage) for passage in report.passages] for report in reports}
        known: dict[str, np.ndarray] = {}
        for report in reports:
            for row in _placed(db, report).known:
                before = catalog.report(db, row)
                if before is not None:
                    had = [embedded(before.facts, passage) for passage in before.passages]
                    known.update(zip(had, catalog.vectors(db, self.encoder.dimension, [row])[1], strict=True))
        new = list(dict.fromkeys(text for each in texts.values() for text in each if text not in known))
        vectors = self.encoder.encode(new)
        if vectors.shape != (len(new), self.encoder.dimension) or not np.isfinite(vectors).all():
            raise EncoderError(
                f"编码模型 {self.encoder.name} 给出的向量不合规格："
                f"应为 {len(new)}×{self.encoder.dimension} 的有限数值，实为 {vectors.shape}。请换一个编码模型"
            )
        known.update(zip(new, vectors.astype(np.float16), strict=True))
        none = np.zeros((0, self.encoder.dimension), dtype=np.float16)
        return {id: np.stack([known[text] for text in each]) if each else none for id, each in texts.items()}

    def _catch_up(self, db: sqlite3.Connection) -> None:
        """After a write, with the lock held: both indexes and the view."""
        with self._swapping:
            self._view = _rebuild(self._data, db, self.encoder.dimension, self._view)
        _forget(self._data, db, list(self._view.refs.values()))


def check(report: Report) -> None:
    """Raises StoreError when a report cannot be stored as it is."""
    if len(report.passages) > catalog.MOST_PASSAGES:
        raise StoreError(f"{report.name} 的段落超过上限 {catalog.MOST_PASSAGES}：请拆成几个文件")
    try:
        report.text.encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"{report.name} 第 {error.start} 字无法保存（{error.reason}）：请另存为 UTF-8") from error
    for passage in report.passages:
        if report.text[passage.start : passage.end] != passage.text:
            raise StoreError(f"{report.name} 的段落 {passage.start}–{passage.end} 与正文不符：请重新读取该文件")


def recorded_encoder(data: Path) -> Encoder:
    """The encoder that a folder was built with, as far as `list`, `remove` and `verify` need it: it encodes nothing."""
    encoder = _read_meta(Path(data))["encoder"]
    return _Recorded(encoder["name"], encoder["fingerprint"], encoder["dimension"])


@dataclass(frozen=True)
class _Recorded:
    name: str
    fingerprint: str
    dimension: int

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        raise EncoderError(f"没有加载编码模型 {self.name}：请加 --encoder {self.name}")


@dataclass(frozen=True)
class _Place:
    """Where a report stands among those in the catalog."""

    kept: int | None  # the row that has it already
    gone: tuple[int, ...]  # the rows whose place it takes
    known: tuple[int, ...]  # the rows whose passages may be its own, embedded already
    moved: str = ""  # the path that it has left


def _corrected(db: sqlite3.Connection, report: Report) -> Report:
    """With what a person corrected for its path, or for the path that it has left."""
    corrections = catalog.corrections(db, report.source)
    moved = _placed(db, report).moved
    return correct(report, {**catalog.corrections(db, moved), **corrections} if moved else corrections)


def _placed(db: sqlite3.Connection, report: Report) -> _Place:
    of_path = catalog.rows_of_source(db, report.source)
    of_text = catalog.rows_of_text(db, report.text)
    known = tuple(dict.fromkeys([*of_path, *(row for row, _, _ in of_text)]))
    own = next((entry for entry in of_text if entry[1] == report.source), None)
    twin = of_text[0] if of_text and own is None else None
    stale = [row for row in of_path if own is None or row != own[0]]
    if own is not None:
        same = own[2] == catalog.content_hash(report)
        return _Place(own[0] if same else None, tuple(stale if same else of_path), known)
    if twin is not None and not (Path(report.source).exists() and not Path(twin[1]).exists()):
        return _Place(twin[0], tuple(stale), known)
    return _Place(None, (*stale, *((twin[0],) if twin is not None else ())), known, twin[1] if twin is not None else "")


def _batches(reports: Iterable[Report]) -> Iterator[list[Report]]:
    batch: list[Report] = []
    since = time.monotonic()
    for report in reports:
        check(report)
        batch.append(report)
        if sum(len(each.passages) for each in batch) >= BATCH or time.monotonic() - since > COMMIT_SECONDS:
            yield batch
            batch, since = [], time.monotonic()
    if batch:
        yield batch


def _open(data: Path, db: sqlite3.Connection, dimension: int, before: _View | None = None) -> _View:
    """What is on disk; brought up to the catalog where it lags, is missing or damaged, unless a writer is at it."""
    until = time.monotonic() + WAIT
    while True:
        view: _View | None = None
        try:
            view = _read(data, db, before)
            if view.current and _whole(view, dimension) and _read_meta(data)["segmenter"] == segmenter(view.lexical.terms):
                return view
        except StoreError:
            pass  # missing or damaged: rebuilt below; or just being replaced by a writer
        try:
            with _lock(data, 0):
                return _rebuild(data, db, dimension, view)
        except Busy:
            view = view or before  # a reader keeps what it has, and looks again when it is asked next
            if view is not None:
                return view
            if time.monotonic() > until:
                raise
        time.sleep(0.02)


def _read(data: Path, db: sqlite3.Connection, before: _View | None) -> _View:
    """What is on disk as it is; what `before` holds already is not read again."""
    dense = None if before is None else before.dense
    if dense is None or dense.generation != Dense.saved_generation(data / _DENSE):
        dense = Dense.load(data / _DENSE)
    terms = _terms(data)
    if before is None or before.lexical.terms != terms or before.lexical.aside is not None:
        lexical = Lexical.open(data / _LEXICAL, terms)
    else:
        lexical = before.lexical
        lexical.reload()
    return _View(*_listed(db), dense, lexical)


def _listed(db: sqlite3.Connection) -> tuple[int, dict[int, ReportRef]]:
    """Generation and reports, of one moment."""
    db.execute("BEGIN")
    try:
        return catalog.generation(db), {ref.row: ref for ref in catalog.refs(db)}
    finally:
        db.execute("COMMIT")


def _whole(view: _View, dimension: int) -> bool:
    total = sum(ref.passages for ref in view.refs.values())
    return view.dense.dimension == dimension and len(view.dense) == len(view.lexical) == total


def _rebuild(
    data: Path, db: sqlite3.Connection, dimension: int, view: _View | None, *, anew: bool = False
) -> _View:
    """Both indexes brought to the catalog's generation, by what changed where that is known; the lock is held.

    anew: what stands on disk counts for nothing, whatever it claims to hold.
    """
    generation, refs = _listed(db)
    total = sum(ref.passages for ref in refs.values())
    meta = _read_meta(data)
    terms = _terms(data)
    now = segmenter(terms)
    try:
        dense = _dense(data / _DENSE, db, dimension, generation, total, None if view is None else view.dense, anew=anew)
        held = None if view is None or view.lexical.terms != terms else view.lexical
        lexical = _lexical(data / _LEXICAL, db, generation, total, held, terms, anew=anew or meta["segmenter"] != now)
        if meta != (meta := {**meta, "segmenter": now, "dense": dense.kind}):
            _write_meta(data, meta)
    except OSError as error:
        raise StoreError(
            f"索引 {data} 写不进去（{error}）：请检查磁盘空间与权限；已入库的报告没有丢，再次打开时会补齐"
        ) from error
    orphans.close_to_others(data)
    return _View(generation, refs, dense, lexical)


def _forget(data: Path, db: sqlite3.Connection, refs: Sequence[ReportRef]) -> int:
    """Reports that are gone leave no words in the logs, nor in what was kept of answers; what fails is tried with the next write."""
    try:
        forget.empty_log(db)
        return forget.forget(data, {ref.id for ref in refs})
    except (OSError, sqlite3.Error, filelock.Timeout) as error:
        log.warning("%s：已移除的报告在历史里还没有清理干净（%s）；python -m index verify 会再清理", data, error)
        return 0


def _dense(
    path: Path, db: sqlite3.Connection, dimension: int, generation: int, total: int, held: Dense | None, *, anew: bool
) -> Dense:
    dense: Dense | None = None
    if held is not None:
        dense = held.copy()  # searches go on in the one held
    elif not anew:
        with suppress(StoreError):  # missing or damaged: built anew
            dense = Dense.load(path)
    if dense is not None and dense.dimension == dimension and dense.generation <= generation:
        removed, added = catalog.changes(db, dense.generation)
        if removed or added:
            dense.remove_reports(removed | added)
            dense.add(*catalog.vectors(db, dimension, added))
    else:
        dense = None
    if dense is None or len(dense) != total or not dense.suits():
        dense = Dense.build(*catalog.vectors(db, dimension))
    if dense.generation != generation or Dense.saved_generation(path) != generation:
        dense.save(path, generation)
    return dense


def _lexical(
    folder: Path, db: sqlite3.Connection, generation: int, total: int, held: Lexical | None, terms: Terms, *, anew: bool
) -> Lexical:
    lexical = None
    if not anew:
        try:
            lexical = held or Lexical.open(folder, terms)
            lexical.reload()
            if lexical.generation == generation and len(lexical) == total:
                return lexical
            if 0 <= lexical.generation < generation:
                removed, added = catalog.changes(db, lexical.generation)
                _fill(lexical, db, removed | added, added, generation)
                if len(lexical) == total:
                    return lexical
        except StoreError:
            pass  # missing or damaged: built anew
    aside = folder.with_name(folder.name + ".new")
    shutil.rmtree(aside, ignore_errors=True)
    _fill(Lexical.create(aside, terms), db, set(), catalog.rows(db), generation)
    before = folder.with_name(folder.name + ".old")
    shutil.rmtree(before, ignore_errors=True)
    if folder.exists():  # two renames: a reader meets a gap of microseconds, and looks again
        os.replace(folder, before)
    os.replace(aside, folder)
    shutil.rmtree(before, ignore_errors=True)
    return Lexical.open(folder, terms)


def _fill(lexical: Lexical, db: sqlite3.Connection, gone: Iterable[int], new: Iterable[int], generation: int) -> None:
    try:
        for row in sorted(gone):  # also what is added below: done twice after a kill, it must not stand there twice
            lexical.remove(row)
        for row in sorted(new):
            report = catalog.report(db, row)
            if report is not None:
                lexical.add(
                    [row << catalog.SHIFT | n for n in range(len(report.passages))],
                    [passage.text for passage in report.passages],
                    [context(report.facts, passage) for passage in report.passages],
                )
        lexical.commit(generation)
    except BaseException:
        lexical.rollback()
        raise


def _difference(name: str, held: np.ndarray, wanted: np.ndarray) -> list[str]:
    missing, extra = np.setdiff1d(wanted, held), np.setdiff1d(held, wanted)
    lines = [f"{name}缺少 {len(missing)} 个段落，如第 {missing[0]} 号"] if len(missing) else []
    lines += [f"{name}多出 {len(extra)} 个段落，如第 {extra[0]} 号"] if len(extra) else []
    return lines + ([f"{name}有重复的段落"] if len(np.unique(held)) != len(held) else [])


@contextmanager
def _lock(data: Path, wait: float) -> Iterator[None]:
    """The writers' lock of a folder; the kernel lets go of it when its holder dies."""
    lock = filelock.FileLock(data / _LOCK, timeout=wait)
    holder = data / _HOLDER
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise Busy(f"索引 {data} 正由{_holder(holder)}写入：请等它完成后再试") from error
    except OSError as error:
        raise StoreError(f"索引 {data} 写不进去（{error}）：请检查目录是否存在、是否有写权限") from error
    try:
        holder.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _holder(path: Path) -> str:
    try:
        return f"进程 {int(path.read_text(encoding='utf-8'))} "
    except (OSError, ValueError):
        return "另一个进程"


def _terms(data: Path) -> Terms:
    """The user's words, which stand beside the index that they cut."""
    path = data / _TERMS
    return read_terms(path)[0] if path.exists() else PLAIN


def rebuild(data: Path) -> tuple[int, int]:
    """Both indexes made anew from the catalog, whatever state they are in; how many reports and passages they hold."""
    data = Path(data)
    encoder = recorded_encoder(data)
    with _lock(data, WAIT):
        db = catalog.connect(data / _CATALOG)
        try:
            with catalog.guard(data / _CATALOG):
                problems = catalog.problems(db, encoder.dimension)
                if problems:
                    raise StoreError(f"数据库本身有问题，不能据以重建：{problems[0]}。请从备份恢复，或把报告重新加入新的 --data 目录")
                with catalog.transaction(db):
                    pass  # a new generation: what an index claims to hold no longer counts, and readers look again
                view = _rebuild(data, db, encoder.dimension, None, anew=True)
        except OSError as error:
            raise StoreError(f"索引 {data} 写不进去（{error}）：请检查磁盘空间与权限") from error
        finally:
            db.close()
    return len(view.refs), sum(ref.passages for ref in view.refs.values())


def _create(data: Path, encoder: Encoder) -> None:
    """A new corpus in an empty or missing folder; one that a killed process left half made is finished."""
    if data.exists() and not data.is_dir():
        raise StoreError(f"{data} 不是文件夹：请换一个 --data 目录")
    ours = {_META, _TERMS, _LOCK, _HOLDER}
    others = sorted(path.name for path in data.iterdir() if path.name not in ours) if data.exists() else []
    if (data / _META).exists() and not (data / _CATALOG).exists() and (data / _DENSE).exists():
        raise StoreError(f"索引 {data} 的 {_CATALOG} 不见了：请从备份恢复，或换一个 --data 目录重建")
    if others and not (data / _META).exists():
        raise StoreError(f"{data} 里有别的文件（{others[0]} 等），不是有据的索引：请换一个空的 --data 目录")
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"无法建立索引目录 {data}（{error}）：请检查路径与权限") from error
    with _lock(data, WAIT):
        if not (data / _META).exists():
            recorded = {"name": encoder.name, "fingerprint": encoder.fingerprint, "dimension": encoder.dimension}
            _write_meta(data, {"format": FORMAT, "encoder": recorded, "segmenter": segmenter(), "dense": ""})
        catalog.connect(data / _CATALOG, create=True).close()


def _check(data: Path, encoder: Encoder) -> None:
    """Raises EncoderError when a folder was built with another encoder."""
    built = _read_meta(data)["encoder"]
    if built["fingerprint"] == encoder.fingerprint and built["dimension"] == encoder.dimension:
        return
    if built["name"] == encoder.name:
        raise EncoderError(
            f"索引 {data} 是用编码模型 {encoder.name} 的另一个版本建的：模型已更换，请换一个 --data 目录重建，"
            f"或删除 {data} 后重新运行 python -m index add"
        )
    raise EncoderError(
        f"索引 {data} 是用编码模型 {built['name']} 建的，当前是 {encoder.name}："
        f"请加 --encoder {built['name']}，或换一个 --data 目录重建"
    )


def _read_meta(data: Path) -> dict[str, Any]:
    """What `meta.json` says; raises StoreError when it is missing, foreign or of another format."""
    path = data / _META
    if not path.is_file():
        if data.exists() and not data.is_dir():
            raise StoreError(f"{data} 不是文件夹：请换一个 --data 目录")
        if data.exists() and any(data.iterdir()):
            raise StoreError(f"{data} 不是有据的索引（缺少 {_META}）：请换一个 --data 目录")
        raise StoreError(f"索引 {data} 不存在：请先运行 python -m index add 文件或文件夹 --data {data}")
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        sound = (
            isinstance(meta["format"], int)
            and {"name", "fingerprint", "dimension"} <= meta["encoder"].keys()
            and "segmenter" in meta
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} 读不懂（{error}）：请从备份恢复，或换一个 --data 目录重建") from error
    if not sound:
        raise StoreError(f"{path} 不是有据的索引说明：请换一个 --data 目录")
    if meta["format"] != FORMAT:
        raise StoreError(f"索引 {data} 的格式是 {meta['format']}，本程序读写格式 {FORMAT}：请换一个 --data 目录重建")
    return dict(meta)


def _write_meta(data: Path, meta: dict[str, Any]) -> None:
    _write(data / _META, json.dumps(meta, ensure_ascii=False, indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    """All or nothing."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
