"""Both indexes brought to the catalog, by what changed where that is known, or anew; and what is on disk opened as one view."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from sqlite3 import Connection

from index import catalog, orphans
from index.dense import Dense
from index.folder import CATALOG, DENSE, LEXICAL, WAIT, Busy, locked, read_meta, recorded_encoder, terms_of, write_meta
from index.lexical import Lexical, Terms, segmenter
from index.rows import passage_row
from index.types import ReportRef, StoreError, context
from index.view import View


def opened(data: Path, dimension: int, before: View | None = None) -> View:
    """What is on disk at one generation; brought up to the catalog where it lags, is missing or damaged.

    While a writer is at it, `before`, or where there is none a view of what all three hold.
    """
    until = time.monotonic() + WAIT
    while True:
        view: View | None = None
        try:
            view = _read(data, before)
            if view.current and view.whole(dimension) and read_meta(data)["segmenter"] == segmenter(view.lexical.terms):
                return view
        except StoreError:
            pass  # missing or damaged: rebuilt below; or just being replaced by a writer
        try:
            with locked(data, 0):
                return caught_up(data, dimension, view or before)
        except Busy:
            if before is not None:  # whole, if of a moment ago; it looks again when it is asked next
                return before
            if time.monotonic() > until:
                if view is None:
                    raise
                return view.partial()
        time.sleep(0.02)


def partial(data: Path) -> View | None:
    """What all three hold, where an index lags and cannot be brought up; None where one cannot be read."""
    try:
        return _read(data, None).partial()
    except StoreError:
        return None


def caught_up(data: Path, dimension: int, view: View | None, *, anew: bool = False) -> View:
    """Both indexes at the catalog's generation; the lock is held.

    view: what searches go on in, so that what it holds need not be read again.  anew: what stands on disk counts for nothing,
    whatever it claims to hold.
    """
    db = catalog.connect(data / CATALOG)
    try:
        with catalog.guard(data / CATALOG):
            generation, refs = _listed(db)
            total = sum(ref.passages for ref in refs.values())
            meta = read_meta(data)
            terms = terms_of(data)
            now = segmenter(terms)
            try:
                dense = _dense(data / DENSE, db, dimension, generation, total, None if view is None else view.dense, anew=anew)
                held = None if view is None or view.lexical.terms != terms else view.lexical
                lexical = _lexical(data / LEXICAL, db, generation, total, held, terms, anew=anew or meta["segmenter"] != now)
                if meta != (meta := {**meta, "segmenter": now, "dense": dense.kind}):
                    write_meta(data, meta)
            except OSError as error:
                raise StoreError(
                    f"索引 {data} 写不进去（{error}）：请检查磁盘空间与权限；已入库的报告没有丢，再次打开时会补齐"
                ) from error
        orphans.close_to_others(data)
        return View(data / CATALOG, db, generation, refs, dense, lexical)
    except BaseException:
        db.close()
        raise


def rebuild(data: Path) -> tuple[int, int]:
    """Both indexes made anew from the catalog, whatever state they are in; how many reports and passages they hold."""
    data = Path(data)
    encoder = recorded_encoder(data)
    with locked(data, WAIT):
        db = catalog.connect(data / CATALOG)
        try:
            with catalog.guard(data / CATALOG):
                problems = catalog.problems(db, encoder.dimension)
                if problems:
                    raise StoreError(f"数据库本身有问题，不能据以重建：{problems[0]}。请从备份恢复，或把报告重新加入新的 --data 目录")
                with catalog.transaction(db):
                    pass  # a new generation: what an index claims to hold no longer counts, and readers look again
        except OSError as error:
            raise StoreError(f"索引 {data} 写不进去（{error}）：请检查磁盘空间与权限") from error
        finally:
            db.close()
        view = caught_up(data, encoder.dimension, None, anew=True)
        view.close()
    return len(view.refs), view.passages_in_all


def _read(data: Path, before: View | None) -> View:
    """What is on disk as it is; what `before` holds already is not read again.  Raises StoreError where the dense index lags behind it."""
    db = catalog.connect(data / CATALOG)
    try:
        with catalog.guard(data / CATALOG):
            generation, refs = _listed(db, data / DENSE if before is not None else None)
        dense = None if before is None else before.dense
        if dense is None or dense.generation != Dense.saved_generation(data / DENSE):
            dense = Dense.load(data / DENSE)
        terms = terms_of(data)
        if before is None or before.lexical.terms != terms or before.lexical.aside is not None:
            lexical = Lexical.open(data / LEXICAL, terms)
        else:
            lexical = before.lexical.copy()  # searches go on in the one held
            lexical.reload()
        return View(data / CATALOG, db, generation, refs, dense, lexical)
    except BaseException:
        db.close()
        raise


def _listed(db: Connection, dense: Path | None = None) -> tuple[int, dict[int, ReportRef]]:
    """Generation and reports, in a transaction that stays; with `dense`, a StoreError where what is saved there is of another."""
    db.execute("BEGIN")
    generation = catalog.generation(db)
    if dense is not None and Dense.saved_generation(dense) != generation:
        raise StoreError(f"向量索引 {dense} 落后于数据库")
    return generation, {ref.row: ref for ref in catalog.refs(db)}


def _dense(
    path: Path, db: Connection, dimension: int, generation: int, total: int, held: Dense | None, *, anew: bool
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
    folder: Path, db: Connection, generation: int, total: int, held: Lexical | None, terms: Terms, *, anew: bool
) -> Lexical:
    lexical = None
    if not anew:
        try:
            lexical = held.copy() if held is not None else Lexical.open(folder, terms)
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


def _fill(lexical: Lexical, db: Connection, gone: Iterable[int], new: Iterable[int], generation: int) -> None:
    try:
        for row in sorted(gone):  # also what is added below: done twice after a kill, it must not stand there twice
            lexical.remove(row)
        for row in sorted(new):
            report = catalog.report(db, row)
            if report is not None:
                lexical.add(
                    [passage_row(row, n) for n in range(len(report.passages))],
                    [passage.text for passage in report.passages],
                    [context(report.facts, passage) for passage in report.passages],
                )
        lexical.commit(generation)
    except BaseException:
        lexical.rollback()
        raise
