"""Contextual vectors, filled in behind the static ones: which passages have theirs, and who computes the rest.

    contextual       row of a passage → half-precision vector, and the batch that it came in
    contextual_meta  whose vectors they are (an encoder's fingerprint), and the last batch

A passage is searchable before it has one.  A batch is committed by itself and makes no new generation: what is indexed has not
changed.  A kill loses the batch under way, and the next fill goes on from there.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from index import catalog
from index.dense import Dense
from index.encoder import Encoder
from index.rows import report_row
from index.types import EncoderError, embedded

BATCH = 64  # passages encoded and committed together
Heard = Callable[[int, int], None]
"""How many passages have their vectors, of how many."""


def last_batch(db: sqlite3.Connection, fingerprint: str) -> int:
    """The last batch of an encoder's vectors; -1 where those held are another's."""
    whose, batch = db.execute("SELECT fingerprint, batch FROM contextual_meta").fetchone()
    return int(batch) if whose == fingerprint else -1


def counted(db: sqlite3.Connection, fingerprint: str) -> tuple[int, int]:
    """How many passages have their vector of an encoder, and how many passages there are."""
    total = db.execute("SELECT count(*) FROM passages").fetchone()[0]
    filled = db.execute("SELECT count(*) FROM contextual").fetchone()[0] if last_batch(db, fingerprint) >= 0 else 0
    return int(filled), int(total)


def vectors_of(db: sqlite3.Connection, fingerprint: str, rows: Sequence[int]) -> Mapping[int, np.ndarray]:
    """float32 [d] by passage row, of those that have one of an encoder's."""
    if last_batch(db, fingerprint) < 0:
        return {}
    marks = ",".join("?" * len(rows))
    found = db.execute(f"SELECT row, vector FROM contextual WHERE row IN ({marks})", list(rows))
    return {row: np.frombuffer(vector, "<f2").astype(np.float32) for row, vector in found}


def caught_up(db: sqlite3.Connection, encoder: Encoder, held: Dense | None, batch: int) -> Dense:
    """An index of all that is filled of an encoder's; `held` is one of its batches up to `batch`, and stays as it is."""
    dimension, now = encoder.dimension, last_batch(db, encoder.fingerprint)
    if now < 0 or batch > now:
        held = None
    since = -1 if held is None else batch
    found = db.execute("SELECT row, vector FROM contextual WHERE ?1 >= 0 AND batch > ?2 ORDER BY row", (now, since)).fetchall()
    rows = np.array([row for row, _ in found], dtype=np.int64)
    vectors = np.frombuffer(b"".join(vector for _, vector in found), dtype="<f2").reshape(-1, dimension)
    if held is None:
        return Dense.build(rows, vectors)
    index = held.copy()
    index.remove(rows)  # a report corrected: its passages are embedded anew under other rows, so this is but for safety
    index.add(rows, vectors)
    return index


def fill(
    data: Path, encoder: Encoder, *, heard: Heard | None = None, stop: threading.Event | None = None, gently: bool = False
) -> tuple[int, int]:
    """Compute what is missing, batch by batch, until nothing is or `stop` is set; (filled, passages) then.

    gently: the thread that this runs in takes what others leave.  Raises EncoderError when the vectors are not what they
    should be, and StoreError when the catalog cannot be read or written.
    """
    if gently:
        with suppress(OSError, AttributeError):  # a thread of its own on Linux; elsewhere the whole process would slow down
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
    path = data / catalog.FILE
    db = catalog.connect(path)
    try:
        with catalog.guard(path):
            _claim(db, encoder.fingerprint)
            while True:
                filled, total = counted(db, encoder.fingerprint)
                if heard is not None:
                    heard(filled, total)
                wanted = [] if stop is not None and stop.is_set() else _missing(db)
                if not wanted:
                    return filled, total
                vectors = encoder.encode(_texts(db, wanted))
                if vectors.shape != (len(wanted), encoder.dimension) or not np.isfinite(vectors).all():
                    raise EncoderError(f"编码模型 {encoder.name} 给出的向量不合规格：{vectors.shape}。请换一个编码模型")
                _keep(db, encoder.fingerprint, wanted, vectors.astype("<f2"))
    finally:
        db.close()


def _claim(db: sqlite3.Connection, fingerprint: str) -> None:
    """What another encoder gave is dropped."""
    db.execute("BEGIN IMMEDIATE")
    if last_batch(db, fingerprint) < 0:
        db.execute("DELETE FROM contextual")
        db.execute("UPDATE contextual_meta SET fingerprint = ?, batch = batch + 1", (fingerprint,))
    db.execute("COMMIT")


def _missing(db: sqlite3.Connection) -> list[int]:
    """Rows of the next passages without a vector, those that came last first: they are what people ask about now."""
    found = db.execute(
        "SELECT row FROM passages WHERE NOT EXISTS (SELECT 1 FROM contextual WHERE contextual.row = passages.row)"
        " ORDER BY row DESC LIMIT ?",
        (BATCH,),
    )
    return [row for (row,) in found]


def _texts(db: sqlite3.Connection, rows: Sequence[int]) -> list[str]:
    facts = {ref.row: ref.facts for report in {report_row(row) for row in rows} for ref in catalog.refs(db, report)}
    passages = catalog.passages(db, rows)
    return [embedded(facts[report_row(row)], passages[row]) if row in passages else "" for row in rows]


def _keep(db: sqlite3.Connection, fingerprint: str, rows: Sequence[int], vectors: np.ndarray) -> None:
    """Commit a batch; what was removed meanwhile, or belongs to an encoder that has lost its claim, is left out."""
    db.execute("BEGIN IMMEDIATE")
    batch = last_batch(db, fingerprint) + 1
    if batch > 0:
        db.execute("UPDATE contextual_meta SET batch = ?", (batch,))
        db.executemany(
            "INSERT OR REPLACE INTO contextual SELECT row, ?, ? FROM passages WHERE row = ?",
            [(vector.tobytes(), batch, row) for row, vector in zip(rows, vectors, strict=True)],
        )
    db.execute("COMMIT")
