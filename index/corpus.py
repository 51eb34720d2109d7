"""The corpus on disk: catalog, dense and lexical indexes behind one object.

The catalog's commit is the commit point.  Each index carries the generation of the catalog that it holds; one that lags
is caught up from the catalog, one that is missing or damaged is rebuilt from it, by whoever opens or writes next
(`index.rebuild`).  What is read is a `View`, of one generation in all three; it gives way to the next when that is whole.
Writers take a lock; readers need none.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np

from index import backfill, catalog, forget, orphans
from index.audit import Overlap
from index.corrections import BY_HAND, COLUMNS, checked, correct
from index.dense import Dense
from index.digest import digest
from index.encoder import Encoder
from index.folder import (
    CATALOG,
    LEXICAL,
    META,
    TERMS,
    WAIT,
    Busy,
    check_encoder,
    locked,
    make,
    recorded_encoder,
    terms_of,
    write_whole,
)
from index.lexical import Terms, damaged
from index.rebuild import caught_up, opened, partial, rebuild
from index.rows import MOST_PASSAGES, report_row
from index.types import EncoderError, Passage, Report, ReportRef, StoreError, embedded
from index.view import View

__all__ = ["Busy", "Corpus", "Snapshot", "check", "rebuild", "recorded_encoder"]

log = logging.getLogger("youju.index")
BATCH = 2048  # passages embedded and committed together
MOST_TEXTS = 20_000  # vectors of words and sentences remembered: some 35 MB at 384 dimensions
MOST_ASKED = 64  # questions whose vectors are remembered
COMMIT_SECONDS = 30.0  # that reports wait to be committed, where reading them is slow


@dataclass(frozen=True)
class _Contexts:
    """Contextual vectors up to a batch, of the reports of a generation."""

    batch: int
    generation: int
    index: Dense
    held: Mapping[int, int]  # report row → how many of its passages have theirs


class Corpus:
    """Reports, searchable.  Safe to read from many threads; `add` and `remove` take turns, across processes too."""

    def __init__(self, data: Path, encoder: Encoder, db: sqlite3.Connection, view: View) -> None:
        self.encoder = encoder
        self._data = data
        self._db = db
        self._view = view
        self._reading = threading.RLock()  # of the connection, which looks for what is new
        self._swapping = threading.RLock()  # of the view
        self._writing = threading.Lock()  # writers of this process take turns, however long; those of others are told who is at it
        self._texts: OrderedDict[str, int] = OrderedDict()  # text → its row in the next; used last stands last
        self._text_vectors = np.empty((MOST_TEXTS, encoder.dimension), np.float32)  # one block: thousands of small ones would scatter the heap
        self._asked: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._remembering = threading.Lock()  # of vectors
        self._context: _Contexts | None = None  # the contextual vectors, once asked for

    @classmethod
    def open(cls, data: Path, encoder: Encoder, *, create: bool = False) -> Corpus:
        """The corpus in a folder; with `create`, a new one where there is none.

        Raises StoreError when the folder is missing, foreign, damaged or locked, and EncoderError when it was built
        with another encoder.
        """
        data = Path(data)
        if create and not ((data / META).exists() and (data / CATALOG).exists()):
            make(data, encoder)
        check_encoder(data, encoder)
        db = catalog.connect(data / CATALOG)
        try:
            with catalog.guard(data / CATALOG):
                made = cls(data, encoder, db, opened(data, encoder.dimension))
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
            self._view.close()

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reports(self) -> tuple[ReportRef, ...]:
        """All reports, in the order they came."""
        return tuple(self._view.refs.values())

    def report(self, row: int) -> Report:
        """A report whole; raises StoreError when it is not there (any more)."""
        return self._view.report(row)

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Passages by row, in the order asked for; raises StoreError when one is not there (any more)."""
        return self._view.passages(rows)

    def dense(
        self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None, *, among: frozenset[int] | None = None
    ) -> list[tuple[int, float]]:
        """At most k (passage row, cosine) for a unit vector, best first, in the reports allowed; None: in all.

        among: the reports that there are for who asks; no other has any part in what is found.
        """
        return self._view.nearest(vector, k, allowed, among)

    def lexical(
        self, text: str, k: int, allowed: frozenset[int] | None = None, *, among: frozenset[int] | None = None
    ) -> list[tuple[int, float]]:
        """At most k (passage row, BM25) for a text's words, best first, in the reports allowed; None: in all.

        among: the reports that there are for who asks; no other has any part in what is found.
        """
        return self._view.matching(text, k, allowed, among)

    def whole(self, text: str, *, among: frozenset[int] | None = None) -> float:
        """The BM25 of a passage that holds all of a text: what `lexical` scores, over this, is the share of it that a passage covers."""
        return self._view.lexical.whole(text, among)

    @property
    def contextual(self) -> Encoder | None:
        """The encoder whose vectors are filled in behind; None where passages have static vectors only."""
        found: Encoder | None = getattr(self.encoder, "contextual", None)
        return found

    def filled(self, *, among: frozenset[int] | None = None) -> tuple[int, int]:
        """How many passages, of some reports or of all, have their contextual vector, and how many there are."""
        seen = {ref.row: ref.passages for ref in self.reports() if among is None or ref.row in among}
        total = sum(seen.values())
        if self.contextual is None:
            return total, total
        held = self._contexts(self.contextual).held
        return sum(held.get(row, 0) for row in seen), total

    def near_in_context(
        self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None, *, among: frozenset[int] | None = None
    ) -> list[tuple[int, float]]:
        """As `dense`, of contextual vectors, among the passages that have theirs; none where there are no such vectors."""
        if self.contextual is None:
            return []
        contexts, there = self._contexts(self.contextual), frozenset(self._view.refs)
        if contexts.generation != self.generation:  # what came later is not of this one
            allowed = there if allowed is None else there & allowed
        return contexts.index.search(vector, k, allowed, every=among is not None)

    def in_context(self, rows: Sequence[int]) -> Mapping[int, np.ndarray]:
        """Contextual vectors float32 [d] by passage row, of those that have theirs."""
        if self.contextual is None or not rows:
            return {}
        fingerprint = self.contextual.fingerprint
        with self._read() as db:  # as they are filled in now
            found = backfill.vectors_of(db, fingerprint, rows)
        gone = [row for row in rows if row not in found]
        if not gone:
            return found
        with self._view.reading() as db:  # or as they were, where a report has been removed since
            return {**backfill.vectors_of(db, fingerprint, gone), **found}

    def _contexts(self, encoder: Encoder) -> _Contexts:
        held, generation = self._context, self.generation
        with self._read() as db:
            batch = backfill.last_batch(db, encoder.fingerprint)
        if held is not None and (held.batch, held.generation) == (batch, generation):
            return held
        with self._swapping, self._read() as db:
            held, batch = self._context, backfill.last_batch(db, encoder.fingerprint)
            index = backfill.caught_up(db, encoder, None if held is None else held.index, -1 if held is None else held.batch)
            index.remove_reports(set(report_row(index.rows).tolist()) - set(self._view.refs))
            counted = Counter(report_row(index.rows).tolist())
            found = self._context = _Contexts(batch, self.generation, index, counted)
            return found

    def text_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), dimension] of words and sentences; those met last are remembered, up to 20,000 of them."""
        distinct = dict.fromkeys(texts)
        if len(distinct) > MOST_TEXTS:
            return self.encoder.encode(texts)
        with self._remembering:
            new = []
            for text in distinct:
                if text in self._texts:
                    self._texts.move_to_end(text)
                else:
                    new.append(text)
            for text, vector in zip(new, self.encoder.encode(new), strict=True):
                at = len(self._texts) if len(self._texts) < MOST_TEXTS else self._texts.popitem(last=False)[1]
                self._texts[text], self._text_vectors[at] = at, vector
            found: np.ndarray = self._text_vectors[[self._texts[text] for text in texts]]
            return found

    def asked(self, text: str) -> np.ndarray:
        """float32 [dimension]: a question's unit vector, encoded once however many of its parts ask for it."""
        return self._asked_of(self.encoder, text)

    def asked_in_context(self, text: str) -> np.ndarray | None:
        """float32 [d]: a question's contextual unit vector; None where there are no such vectors."""
        return None if self.contextual is None else self._asked_of(self.contextual, text)

    def _asked_of(self, encoder: Encoder, text: str) -> np.ndarray:
        key = encoder.fingerprint, text
        with self._remembering:
            vector = self._asked.get(key)
        if vector is None:
            vector = encoder.encode([text], query=True)[0]
            with self._remembering:
                self._asked[key] = vector
                if len(self._asked) > MOST_ASKED:
                    self._asked.popitem(last=False)
        return vector

    def frequency(self, word: str, *, among: frozenset[int] | None = None) -> int:
        """How many passages, of some reports or of all, hold a word as `index.lexical.segment` gives it, with title and heading path."""
        return self._view.lexical.frequency(word, among)

    def snapshot(self) -> Corpus:
        """This corpus as it is now, for the whole life of a question: of one generation, whatever is committed meanwhile."""
        with suppress(StoreError):  # what cannot be brought up, as on a full disk, is answered from as it is
            self.refresh()
        return Snapshot(self)

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
                self._catch_up()
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
                self._catch_up()
        return refs

    def replace(self, report_id: str, reports: Iterable[Report]) -> ReportRef:
        """Another report, the only one of `reports`, in the place of one, in one step, so that nobody ever finds both or neither.

        Facts that a person corrected of the one stay so.  Gives what now stands there, which is the one where its text is the same.
        Raises StoreError when there is no report of that id, or when the new text is that of a third.
        """
        with self._write() as db:
            old = self._ref(db, report_id)
            (report,) = reports
            check(report)
            if same := {row for row, _, _ in catalog.rows_of_text(db, report.text)}:
                if old.row in same:
                    return old
                raise StoreError("库中已经有正文相同的报告，没有替换。")
            by_hand = {name: str(getattr(old.facts, name)) for name, where in old.facts.read_from if where == BY_HAND}
            by_hand = {name: value for name, value in by_hand.items() if name in COLUMNS.values() and value}
            by_hand |= catalog.corrections(db, report.source)
            report = correct(report, by_hand)
            vectors = self._embed(db, [report], (old.row,))[report.id]
            with catalog.transaction(db) as at:
                for row in {old.row, *catalog.rows_of_source(db, report.source)}:
                    catalog.delete(db, row, at)
                catalog.drop_corrections(db, old.source)
                catalog.set_corrections(db, report.source, by_hand)
                row = catalog.insert(db, report, vectors, at)
            self._catch_up()
            return catalog.refs(db, row)[0]

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
                self._catch_up()
            return self._ref(db, report_id)

    def alike(self, row: int) -> list[Overlap]:
        """Reports that are nearly the same as one, most alike first, each with what differs."""
        return self._view.alike(row)

    @property
    def terms(self) -> Terms:
        """Words that a user added to the dictionary."""
        return self._view.lexical.terms

    def set_terms(self, terms: Terms) -> None:
        """Cut texts and questions with a user's words besides; what is indexed is cut anew where they changed."""
        with self._write() as db:
            if terms == terms_of(self._data):
                return
            try:
                write_whole(self._data / TERMS, terms.text())
            except OSError as error:
                raise StoreError(f"索引 {self._data} 写不进去（{error}）：请检查磁盘空间与权限") from error
            with catalog.transaction(db):
                pass  # a new generation, so that readers look again
            self._catch_up()

    def refresh(self) -> bool:
        """See what other processes have committed; True when something changed.  One SELECT when nothing did."""
        if self._is_current():
            return False
        with self._swapping:
            if self._is_current():  # another thread has looked meanwhile
                return True
            before = self._view
            try:
                self._view = opened(self._data, self.encoder.dimension, before)
            except StoreError:  # cannot be brought up, as on a full disk: what is removed is gone, what is new waits
                self._view = partial(self._data) or before
                raise
            changed = self._view is not before
        del before
        if changed:
            with suppress(StoreError), locked(self._data, 0):  # a writer that is at it does so itself
                self._settle()
        return changed

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
        found += [f"全文索引：文件 {name} 的校验值不符" for name in damaged(self._data / LEXICAL)]
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
            self._settle()
            forgotten = _forget(self._data, refs)
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
        """The catalog as it is, whatever the view."""
        with self._reading, catalog.guard(self._data / CATALOG):
            yield self._db

    def _is_current(self) -> bool:
        view = self._view
        with self._read() as db:
            return view.current and catalog.generation(db) == view.generation

    def _settle(self) -> None:
        """What is no longer read goes from the log too; the lock is held."""
        with suppress(StoreError):
            if self._is_current():
                self._view.settle()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own, so that no reader sees what is not committed."""
        with self._writing, locked(self._data, WAIT):
            db = catalog.connect(self._data / CATALOG)
            try:
                with catalog.guard(self._data / CATALOG):
                    yield db
            finally:
                db.close()

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

    def _embed(self, db: sqlite3.Connection, reports: list[Report], also: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
        """float16 [passages, d] by report id; what an earlier reading of the same file had, or a row of `also`, is not embedded again."""
        texts = {report.id: [embedded(report.facts, passage) for passage in report.passages] for report in reports}
        known: dict[str, np.ndarray] = {}
        for report in reports:
            for row in (*_placed(db, report).known, *also):
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

    def _catch_up(self) -> None:
        """After a write, with the lock held: both indexes, then the view.  Searches go on in the one before."""
        try:
            self._show(caught_up(self._data, self.encoder.dimension, self._view))
        except StoreError:  # as on a full disk: what is removed is gone, what is new waits
            self._show(partial(self._data) or self._view)
            raise
        self._settle()
        _forget(self._data, list(self._view.refs.values()))

    def _show(self, view: View) -> None:
        with self._swapping:
            self._view = view


class Snapshot(Corpus):
    """A corpus at one generation.  It cannot be written to, and sees nothing of what is."""

    def __init__(self, corpus: Corpus) -> None:
        self.encoder = corpus.encoder
        self._corpus = corpus
        self._view = corpus._view
        self._filled: dict[frozenset[int] | None, tuple[int, int]] = {}

    def _contexts(self, encoder: Encoder) -> _Contexts:
        return self._corpus._contexts(encoder)

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._corpus._read() as db:
            yield db

    def filled(self, *, among: frozenset[int] | None = None) -> tuple[int, int]:
        """As it was when first asked for."""
        if among not in self._filled:
            self._filled[among] = super().filled(among=among)
        return self._filled[among]

    def text_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """As of the corpus, which remembers them."""
        return self._corpus.text_vectors(texts)

    def asked(self, text: str) -> np.ndarray:
        """As of the corpus, which remembers it."""
        return self._corpus.asked(text)

    def asked_in_context(self, text: str) -> np.ndarray | None:
        """As of the corpus, which remembers it."""
        return self._corpus.asked_in_context(text)

    def snapshot(self) -> Corpus:
        """Itself."""
        return self

    def refresh(self) -> bool:
        """Nothing changes."""
        return False

    def close(self) -> None:
        """The corpus stays open."""


def check(report: Report) -> None:
    """Raises StoreError when a report cannot be stored as it is."""
    if len(report.passages) > MOST_PASSAGES:
        raise StoreError(f"{report.name} 的段落超过上限 {MOST_PASSAGES}：请拆成几个文件")
    try:
        report.text.encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"{report.name} 第 {error.start} 字无法保存（{error.reason}）：请另存为 UTF-8") from error
    for passage in report.passages:
        if report.text[passage.start : passage.end] != passage.text:
            raise StoreError(f"{report.name} 的段落 {passage.start}–{passage.end} 与正文不符：请重新读取该文件")


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


def _difference(name: str, held: np.ndarray, wanted: np.ndarray) -> list[str]:
    missing, extra = np.setdiff1d(wanted, held), np.setdiff1d(held, wanted)
    lines = [f"{name}缺少 {len(missing)} 个段落，如第 {missing[0]} 号"] if len(missing) else []
    lines += [f"{name}多出 {len(extra)} 个段落，如第 {extra[0]} 号"] if len(extra) else []
    return lines + ([f"{name}有重复的段落"] if len(np.unique(held)) != len(held) else [])


def _forget(data: Path, refs: Sequence[ReportRef]) -> int:
    """Reports that are gone leave no words in what was kept of answers; what fails is tried with the next write."""
    try:
        return forget.forget(data, {ref.id for ref in refs})
    except (OSError, sqlite3.Error, filelock.Timeout) as error:
        log.warning("%s：已移除的报告在历史里还没有清理干净（%s）；python -m index verify 会再清理", data, error)
        return 0
