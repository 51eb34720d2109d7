"""The corpus on disk: catalog, dense and lexical indexes behind one object.

The catalog's commit is the commit point.  Each index carries the generation of the catalog that it holds; one that lags
is caught up from the catalog, one that is missing or damaged is rebuilt from it, by whoever opens or writes next.  Until
then a search leaves out what the catalog no longer has.  Writers take a lock; readers need none.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from index import catalog
from index.dense import Dense
from index.encoder import Encoder
from index.lexical import Lexical, damaged, segmenter
from index.types import EncoderError, Facts, Passage, Report, ReportRef, StoreError, context

FORMAT = 1
BATCH = 2048  # passages embedded and committed together
WAIT = 5.0  # seconds that a writer waits for another
_META, _CATALOG, _DENSE, _LEXICAL, _LOCK, _HOLDER = (
    "meta.json",
    "catalog.sqlite",
    "dense.faiss",
    "lexical",
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


class _Busy(StoreError):
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
                return cls(data, encoder, db, _open(data, db, encoder.dimension))
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

    def frequency(self, word: str) -> int:
        """How many passages hold a word as `index.lexical.segment` gives it, with its title and heading path."""
        return self._view.lexical.frequency(word)

    def add(self, reports: Iterable[Report], progress: Callable[[int, int], None] | None = None) -> list[ReportRef]:
        """Put in reports; gives what the catalog has for each, in order.

        One that is there is passed over; one read from the path of another takes its place, and only passages that
        changed are embedded.  Reports are committed in batches: a batch goes in whole or not at all.  `progress` hears
        how many reports are done, of how many (0 when `reports` has no length).
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

    def remove(self, report_id: str) -> ReportRef:
        """Take out a report with its passages, vectors and terms; raises StoreError when there is none of that id."""
        with self._write() as db:
            found = catalog.row_of(db, report_id)
            if found is None:
                raise StoreError(f"索引中没有编号为 {report_id} 的报告：用 python -m index list 查看现有报告")
            (ref,) = catalog.refs(db, found[0])
            with catalog.transaction(db) as at:
                catalog.delete(db, ref.row, at)
            self._catch_up(db)
        return ref

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
        hashes = {report.id: catalog.content_hash(report) for report in batch}
        fresh = [report for report in batch if (catalog.row_of(db, report.id) or (0, ""))[1] != hashes[report.id]]
        moved = [report for report in batch if _stale(db, report)]
        vectors = self._embed(db, fresh)
        if fresh or moved:
            with catalog.transaction(db) as at:
                for report in batch:
                    for row in _stale(db, report):
                        catalog.delete(db, row, at)
                    found = catalog.row_of(db, report.id)
                    if found is not None and found[1] == hashes[report.id]:
                        continue
                    if found is not None:
                        catalog.delete(db, found[0], at)
                    catalog.insert(db, report, vectors[report.id], at)
        rows = [catalog.row_of(db, report.id) for report in batch]
        return [ref for found in rows if found is not None for ref in catalog.refs(db, found[0])]

    def _embed(self, db: sqlite3.Connection, reports: list[Report]) -> dict[str, np.ndarray]:
        """float16 [passages, d] by report id; what an earlier reading of the same file had is not embedded again."""
        texts = {report.id: [embedded(report.facts, passage) for passage in report.passages] for report in reports}
        known: dict[str, np.ndarray] = {}
        for report in reports:
            for row in _earlier(db, report):
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


def embedded(facts: Facts, passage: Passage) -> str:
    """What the encoder sees of a passage: title and heading path, then its text."""
    return "\n".join(part for part in (context(facts, passage), passage.text) if part)


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


def _stale(db: sqlite3.Connection, report: Report) -> list[int]:
    """Rows of other contents read from the same path."""
    found = catalog.row_of(db, report.id)
    return [row for row in catalog.rows_of_source(db, report.source) if found is None or row != found[0]]


def _earlier(db: sqlite3.Connection, report: Report) -> list[int]:
    found = catalog.row_of(db, report.id)
    return _stale(db, report) + ([] if found is None else [found[0]])


def _batches(reports: Iterable[Report]) -> Iterator[list[Report]]:
    batch: list[Report] = []
    for report in reports:
        check(report)
        batch.append(report)
        if sum(len(each.passages) for each in batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _open(data: Path, db: sqlite3.Connection, dimension: int, before: _View | None = None) -> _View:
    """What is on disk; brought up to the catalog where it lags, is missing or damaged, unless a writer is at it."""
    view: _View | None = None
    try:
        view = _read(data, db, before)
        if view.current and _whole(view, dimension) and _read_meta(data)["segmenter"] == segmenter():
            return view
    except StoreError:
        pass  # missing or damaged: rebuilt below
    try:
        with _lock(data, WAIT if view is None else 0):
            return _rebuild(data, db, dimension, view)
    except _Busy:
        if view is None:
            raise
        return view


def _read(data: Path, db: sqlite3.Connection, before: _View | None) -> _View:
    """What is on disk as it is; what `before` holds already is not read again."""
    dense = None if before is None else before.dense
    if dense is None or dense.generation != Dense.saved_generation(data / _DENSE):
        dense = Dense.load(data / _DENSE)
    if before is None:
        lexical = Lexical.open(data / _LEXICAL)
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


def _rebuild(data: Path, db: sqlite3.Connection, dimension: int, view: _View | None) -> _View:
    """Both indexes brought to the catalog's generation, by what changed where that is known; the lock is held."""
    generation, refs = _listed(db)
    total = sum(ref.passages for ref in refs.values())
    meta = _read_meta(data)
    try:
        dense = _dense(data / _DENSE, db, dimension, generation, total, None if view is None else view.dense)
        anew = meta["segmenter"] != segmenter()
        lexical = _lexical(data / _LEXICAL, db, generation, total, None if view is None or anew else view.lexical, anew)
        now = {**meta, "segmenter": segmenter(), "dense": dense.kind}
        if now != meta:
            _write_meta(data, now)
    except OSError as error:
        raise StoreError(
            f"索引 {data} 写不进去（{error}）：请检查磁盘空间与权限；已入库的报告没有丢，再次打开时会补齐"
        ) from error
    return _View(generation, refs, dense, lexical)


def _dense(
    path: Path, db: sqlite3.Connection, dimension: int, generation: int, total: int, held: Dense | None
) -> Dense:
    if held is not None:
        dense: Dense | None = held.copy()  # searches go on in the one held
    else:
        try:
            dense = Dense.load(path)
        except StoreError:
            dense = None
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
    folder: Path, db: sqlite3.Connection, generation: int, total: int, held: Lexical | None, anew: bool
) -> Lexical:
    lexical = None
    if not anew:
        try:
            lexical = held or Lexical.open(folder)
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
    _fill(Lexical.create(aside), db, set(), catalog.rows(db), generation)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(aside, folder)
    return Lexical.open(folder)


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
        raise _Busy(f"索引 {data} 正由{_holder(holder)}写入：请等它完成后再试") from error
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


def _create(data: Path, encoder: Encoder) -> None:
    """A new corpus in an empty or missing folder; one that a killed process left half made is finished."""
    if data.exists() and not data.is_dir():
        raise StoreError(f"{data} 不是文件夹：请换一个 --data 目录")
    ours = {_META, _LOCK, _HOLDER}
    others = sorted(path.name for path in data.iterdir() if path.name not in ours) if data.exists() else []
    if (data / _META).exists() and not (data / _CATALOG).exists() and (data / _DENSE).exists():
        raise StoreError(f"索引 {data} 的 {_CATALOG} 不见了：请从备份恢复，或换一个 --data 目录重建")
    if others and not (data / _META).exists():
        raise StoreError(f"{data} 里有别的文件（{others[0]} 等），不是有据的索引：请换一个空的 --data 目录")
    try:
        data.mkdir(parents=True, exist_ok=True)
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
    path = data / _META
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(meta, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(temporary, path)
