"""A corpus at one generation: catalog, dense and lexical index alike.  What is committed later is not seen in it.

The catalog is read in one transaction, begun at that generation, which SQLite (in WAL mode) keeps apart from later ones;
it ends when nobody holds the view any longer.  The dense index is never changed, the lexical one's searcher neither.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from index import catalog
from index.audit import Overlap, overlaps
from index.dense import Dense
from index.lexical import Lexical
from index.types import Passage, Report, ReportRef, StoreError

_MORE = 4  # candidates a result, where vectors of a byte a number are measured again


class View:
    """Reads of one generation, from many threads."""

    def __init__(self, path: Path, db: sqlite3.Connection, generation: int, refs: dict[int, ReportRef], dense: Dense, lexical: Lexical) -> None:
        """`db`: a connection to the catalog at `path`, in a transaction that has read the generation; the view's own."""
        self.generation = generation
        self.refs = refs
        self.dense = dense
        self.lexical = lexical
        self._path = path
        self._db = db
        self._reading = threading.RLock()  # of the one connection
        self._live: frozenset[int] | None = None  # reports that both indexes hold, where one lags
        self._end = weakref.finalize(self, db.close)

    @property
    def current(self) -> bool:
        """Whether all three are of one generation."""
        return self.generation == self.dense.generation == self.lexical.generation

    @property
    def passages_in_all(self) -> int:
        return sum(ref.passages for ref in self.refs.values())

    def whole(self, dimension: int) -> bool:
        """Whether both indexes hold as many passages as the catalog."""
        return self.dense.dimension == dimension and len(self.dense) == len(self.lexical) == self.passages_in_all

    def partial(self) -> View:
        """Itself, showing only reports that all three hold: for who opens, or cannot write, while an index lags."""
        least = min(self.dense.generation, self.lexical.generation)
        with self.reading() as db:
            self._live = catalog.rows_until(db, least)
        self.refs = {row: ref for row, ref in self.refs.items() if row in self._live}
        return self

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The catalog at this generation."""
        with self._reading, catalog.guard(self._path):
            yield self._db

    def close(self) -> None:
        """Let go of the catalog, whoever holds the view."""
        with self._reading:
            self._end()

    def report(self, row: int) -> Report:
        found = None
        if self._live is None or row in self._live:
            with self.reading() as db:
                found = catalog.report(db, row)
        if found is None:
            raise StoreError(f"第 {row} 号报告不在索引中：它可能刚被移除，请重新提问")
        return found

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        with self.reading() as db:
            found = catalog.passages(db, rows)
        gone = [row for row in rows if row not in found]
        if gone:
            raise StoreError(f"第 {gone[0]} 号段落不在索引中：它所在的报告可能刚被移除，请重新提问")
        return [found[row] for row in rows]

    def nearest(self, vector: np.ndarray, k: int, allowed: frozenset[int] | None, among: frozenset[int] | None) -> list[tuple[int, float]]:
        """At most k (passage row, cosine), best first, in the reports allowed; exact where `among` is given.

        Which lists an inverted index looks through was learned from all passages, so those who may see some of them only are
        given an exact search instead.
        """
        allowed = self._within(allowed)
        if among is None or not self.dense.approximate:
            return self.dense.search(vector, k, allowed)
        near = [row for row, _ in self.dense.search(vector, _MORE * k, allowed, every=True)]
        with self.reading() as db:
            vectors = catalog.vectors_of(db, self.dense.dimension, near)
        scores = np.einsum("nd,d->n", vectors.astype(np.float32), np.asarray(vector, np.float32))
        found = zip(near, scores.tolist(), strict=True)
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def matching(self, text: str, k: int, allowed: frozenset[int] | None, among: frozenset[int] | None) -> list[tuple[int, float]]:
        """At most k (passage row, BM25), best first, in the reports allowed; its statistics are of those in `among`."""
        return self.lexical.search(text, k, self._within(allowed), among)

    def alike(self, row: int) -> list[Overlap]:
        with self.reading() as db:
            one = catalog.report(db, row)
            others = [catalog.report(db, other) for other in catalog.alike(db, row) if other in self.refs]
        if one is None:
            return []
        found = [overlap for other in others if other is not None for overlap in overlaps([one, other])]
        return sorted((overlap for overlap in found if overlap.alike), key=lambda overlap: -overlap.share)

    def settle(self) -> None:
        """Empty the write-ahead log, where nobody else reads in it; the caller holds the writers' lock, so no commit comes between.

        A transaction that has begun after that reads the database alone, and lets the next writer begin the log anew: what was
        removed stays in no file.
        """
        with self.reading() as db:
            db.execute("COMMIT")
            db.execute("PRAGMA busy_timeout = 0")  # who reads an older generation is not waited for
            try:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                db.execute("PRAGMA busy_timeout = 10000")
                db.execute("BEGIN")
                assert catalog.generation(db) == self.generation

    def _within(self, allowed: frozenset[int] | None) -> frozenset[int] | None:
        if self._live is None:
            return allowed
        return self._live if allowed is None else self._live & allowed
