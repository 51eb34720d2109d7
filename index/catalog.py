"""The truth on disk: reports, passages and vectors in SQLite; both search indexes can be rebuilt from it.

    meta      generation: one more with each committed change
    reports   a row a report; its number is never used again; the text is kept here alone
    passages  row: its report's row and its ordinal (`index.rows`); offsets into the report's text
    vectors   half precision, exactly what the dense index holds
    removed   which report went at which generation, so that an index that lags can be caught up
    sketches  by which near-identical reports are found (`index.alike`)
    readings  which files, as they were, the reports were read from, so that none is read twice
    contextual, contextual_meta   the vectors that are filled in behind (`index.backfill`)
    corrections   facts that a person corrected, by the path they were read from: they outlive a new reading of the file

Functions over a connection; transactions and locks are the caller's.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np

from index.alike import ENOUGH, sketch
from index.rows import passage_row
from index.types import Facts, Heading, Page, Passage, Report, ReportRef, StoreError

FILE = "catalog.sqlite"
_APPLICATION = 0x594A5543  # "YJUC", SQLite's mark of whose file it is

_MIGRATIONS = (
    """
    CREATE TABLE meta (generation INTEGER NOT NULL);
    INSERT INTO meta VALUES (0);
    CREATE TABLE reports (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        source TEXT NOT NULL,
        name TEXT NOT NULL,
        title TEXT NOT NULL, unit TEXT NOT NULL, region TEXT NOT NULL,
        year INTEGER, kind TEXT NOT NULL, issued TEXT NOT NULL,
        text TEXT NOT NULL,
        headings TEXT NOT NULL,
        pages TEXT NOT NULL,
        warnings TEXT NOT NULL,
        characters INTEGER NOT NULL, passages INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        generation INTEGER NOT NULL
    );
    CREATE INDEX reports_by_source ON reports (source);
    CREATE INDEX reports_by_generation ON reports (generation);
    CREATE TABLE passages (
        row INTEGER PRIMARY KEY,
        report INTEGER NOT NULL REFERENCES reports (row) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL,
        id TEXT NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        page INTEGER,
        path TEXT NOT NULL,
        UNIQUE (report, ordinal)
    );
    CREATE TABLE vectors (
        row INTEGER PRIMARY KEY REFERENCES passages (row) ON DELETE CASCADE,
        vector BLOB NOT NULL
    );
    CREATE TABLE removed (row INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
    """,
    """
    ALTER TABLE reports ADD COLUMN number TEXT NOT NULL DEFAULT '';
    ALTER TABLE reports ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE reports ADD COLUMN read_from TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE reports ADD COLUMN share REAL NOT NULL DEFAULT 1.0;
    ALTER TABLE reports ADD COLUMN text_hash TEXT NOT NULL DEFAULT '';
    UPDATE reports SET text_hash = text_hash_of(text);
    CREATE INDEX reports_by_text ON reports (text_hash);
    CREATE TABLE sketches (
        hash INTEGER NOT NULL,
        report INTEGER NOT NULL REFERENCES reports (row) ON DELETE CASCADE,
        PRIMARY KEY (hash, report)
    ) WITHOUT ROWID;
    CREATE INDEX sketches_by_report ON sketches (report);
    INSERT INTO sketches SELECT value, row FROM reports, json_each(sketch_of(text));
    CREATE TABLE corrections (
        source TEXT NOT NULL,
        field TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (source, field)
    );
    """,
    """
    CREATE TABLE IF NOT EXISTS readings (
        report INTEGER PRIMARY KEY REFERENCES reports (row) ON DELETE CASCADE,
        digest TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS readings_by_digest ON readings (digest);
    """,
    """
    CREATE TABLE IF NOT EXISTS contextual (
        row INTEGER PRIMARY KEY REFERENCES passages (row) ON DELETE CASCADE,
        vector BLOB NOT NULL,
        batch INTEGER NOT NULL
    );
    CREATE INDEX IF NOT EXISTS contextual_by_batch ON contextual (batch);
    CREATE TABLE IF NOT EXISTS contextual_meta (fingerprint TEXT NOT NULL, batch INTEGER NOT NULL);
    INSERT INTO contextual_meta SELECT '', 0 WHERE NOT EXISTS (SELECT 1 FROM contextual_meta);
    """,
)
_FACTS = "title, unit, region, year, kind, issued, number, aliases, read_from"
_LATER = {"number": "", "aliases": [], "read_from": []}  # of the facts, since format 2: where unset, the content is as before


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection to the catalog at a path; raises StoreError when it is missing, foreign, damaged or newer.

    Where nothing can be written, as on a disc, it can be read.
    """
    if not create and not path.is_file():
        raise StoreError(f"索引目录缺少 {path}：请运行 python -m index add 重新建立索引")
    with guard(path):
        if create or _writable(path):
            return _connected(str(path), path, create, uri=False)
        address = f"{path.resolve().as_uri()}?mode=ro"
        try:
            return _connected(address, path, create, uri=True)
        except sqlite3.OperationalError:  # no writer has left its log, and none can be made to read by
            if path.with_name(path.name + "-wal").exists():
                raise
            return _connected(f"{address}&immutable=1", path, create, uri=True)


def _writable(path: Path) -> bool:
    if str(path) == ":memory:":
        return True
    effective = os.access in os.supports_effective_ids
    return all(os.access(each, os.W_OK, effective_ids=effective) for each in (path, path.parent))


def _connected(address: str, path: Path, create: bool, *, uri: bool) -> sqlite3.Connection:
    db = sqlite3.connect(address, isolation_level=None, check_same_thread=False, timeout=10, uri=uri)
    try:
        _prepare(db, path, create, readonly=uri)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, create: bool, readonly: bool) -> None:
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")  # the text of a removed report does not stay in free pages
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not (create and empty) and application != _APPLICATION:
        raise StoreError(f"{path} 不是有据的索引：请换一个 --data 目录")
    if version > len(_MIGRATIONS):
        raise StoreError(f"{path} 是用更新版本的有据建的（格式 {version}）：请升级程序，或换一个 --data 目录重建")
    if version == len(_MIGRATIONS):
        return
    if readonly:
        raise StoreError(f"{path} 是旧版本的有据建的（格式 {version}），而目录不能写入：请复制到可以写入的地方再打开，会自动升级")
    db.execute("PRAGMA journal_mode = WAL")
    db.create_function("text_hash_of", 1, text_hash, deterministic=True)
    db.create_function("sketch_of", 1, lambda text: _json(sketch(text)), deterministic=True)
    db.execute("BEGIN IMMEDIATE")  # a failure closes the connection, which takes all of it back
    version = db.execute("PRAGMA user_version").fetchone()[0]  # another process may have been at it
    for statement in "".join(_MIGRATIONS[version:]).split(";\n"):
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {_APPLICATION}")
    db.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
    db.execute("COMMIT")


@contextmanager
def guard(path: Path) -> Iterator[None]:
    """What SQLite raises, as a StoreError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        remedy = {
            sqlite3.SQLITE_FULL: "磁盘已满，请腾出空间后再试",
            sqlite3.SQLITE_READONLY: "没有写权限，请检查目录权限",
            sqlite3.SQLITE_CANTOPEN: "无法打开，请检查目录是否存在、是否有权限",
            sqlite3.SQLITE_BUSY: "正被另一个进程占用，请稍后再试",
            sqlite3.SQLITE_NOTADB: "不是有据的索引，请换一个 --data 目录",
            sqlite3.SQLITE_CORRUPT: "已损坏，请从备份恢复，或换一个 --data 目录重建",
        }.get(code, "请检查磁盘与目录权限")
        raise StoreError(f"{path} {remedy}（{error}）") from error
    except UnicodeEncodeError as error:
        raise StoreError(f"文本第 {error.start} 字无法保存（{error.reason}）：请修正文件编码后再试") from error


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[int]:
    """All or nothing; gives the generation that its commit makes."""
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute("UPDATE meta SET generation = generation + 1")
        yield generation(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def generation(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT generation FROM meta").fetchone()[0])


def content_hash(report: Report) -> str:
    """SHA-256 over everything that was made of a file, wherever the file stands."""
    made = asdict(report)
    del made["source"], made["digest"]
    for name, unset in _LATER.items():
        if list(made["facts"][name]) == list(unset):
            del made["facts"][name]
    if made["share"] == 1.0:
        del made["share"]
    return hashlib.sha256(json.dumps(made, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def text_hash(text: str) -> str:
    """SHA-256 of a text: the same under any name."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def insert(db: sqlite3.Connection, report: Report, vectors: np.ndarray, at: int) -> int:
    """Put in a report with float16 [passages, d] vectors at a generation; gives its row."""
    facts = report.facts
    columns = {
        **{name: getattr(report, name) for name in ("id", "source", "name", "text", "share")},
        **{name: getattr(facts, name) for name in ("title", "unit", "region", "year", "kind", "issued", "number")},
        "aliases": _json(facts.aliases),
        "read_from": _json(facts.read_from),
        "headings": _json([[heading.level, heading.title, heading.start] for heading in report.headings]),
        "pages": _json([[page.number, page.start] for page in report.pages]),
        "warnings": _json(report.warnings),
        "characters": len(report.text),
        "passages": len(report.passages),
        "content_hash": content_hash(report),
        "text_hash": text_hash(report.text),
        "generation": at,
    }
    cursor = db.execute(
        f"INSERT INTO reports ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", tuple(columns.values())
    )
    row = int(cursor.lastrowid or 0)
    db.executemany(
        'INSERT INTO passages (row, report, ordinal, id, start, "end", page, path) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        [
            (passage_row(row, n), row, n, one.id, one.start, one.end, one.page, _json(list(one.path)))
            for n, one in enumerate(report.passages)
        ],
    )
    db.executemany(
        "INSERT INTO vectors (row, vector) VALUES (?, ?)",
        [(passage_row(row, n), vector.astype("<f2").tobytes()) for n, vector in enumerate(vectors)],
    )
    set_digest(db, row, report.digest)
    db.executemany("INSERT INTO sketches (hash, report) VALUES (?, ?)", [(one, row) for one in sketch(report.text)])
    return row


def delete(db: sqlite3.Connection, row: int, at: int) -> None:
    """Take out a report with its passages and vectors."""
    db.execute("DELETE FROM reports WHERE row = ?", (row,))
    db.execute("INSERT INTO removed (row, generation) VALUES (?, ?)", (row, at))


def changes(db: sqlite3.Connection, since: int) -> tuple[set[int], set[int]]:
    """Rows of the reports removed, and of those added, after a generation."""
    removed = {row for (row,) in db.execute("SELECT row FROM removed WHERE generation > ?", (since,))}
    added = {row for (row,) in db.execute("SELECT row FROM reports WHERE generation > ?", (since,))}
    return removed, added


def rows(db: sqlite3.Connection) -> frozenset[int]:
    """Rows of all reports."""
    return frozenset(row for (row,) in db.execute("SELECT row FROM reports"))


def rows_until(db: sqlite3.Connection, generation: int) -> frozenset[int]:
    """Rows of the reports that stood there at a generation and still do."""
    return frozenset(row for (row,) in db.execute("SELECT row FROM reports WHERE generation <= ?", (generation,)))


def row_of(db: sqlite3.Connection, report_id: str) -> tuple[int, str] | None:
    """Row and content hash of a report by its id."""
    found = db.execute("SELECT row, content_hash FROM reports WHERE id = ?", (report_id,)).fetchone()
    return None if found is None else (found[0], found[1])


def rows_of_source(db: sqlite3.Connection, source: str) -> list[int]:
    """Rows of what was read from a path."""
    return [row for (row,) in db.execute("SELECT row FROM reports WHERE source = ?", (source,))]


def rows_of_text(db: sqlite3.Connection, text: str) -> list[tuple[int, str, str]]:
    """Row, path and content hash of the reports with that text, those that came first before."""
    return db.execute(
        "SELECT row, source, content_hash FROM reports WHERE text_hash = ? ORDER BY row", (text_hash(text),)
    ).fetchall()


def set_digest(db: sqlite3.Connection, row: int, digest: str) -> None:
    """Note the file that a report was read from, as it was (`index.digest`); nothing where that is not known."""
    if digest:
        db.execute("INSERT OR REPLACE INTO readings (report, digest) VALUES (?, ?)", (row, digest))


def rows_of_digest(db: sqlite3.Connection, digest: str) -> list[tuple[int, str]]:
    """Row and path of the reports that were read from such a file, those that came first before."""
    return db.execute(
        "SELECT row, source FROM readings JOIN reports ON report = row WHERE digest = ? ORDER BY row", (digest,)
    ).fetchall()


def alike(db: sqlite3.Connection, row: int) -> list[int]:
    """Rows of the reports that may be nearly the same as one (`index.alike`), most alike first."""
    sizes = "(SELECT count(*) FROM sketches WHERE report = {})"
    found = db.execute(
        "SELECT theirs.report FROM sketches AS mine JOIN sketches AS theirs USING (hash)"
        " WHERE mine.report = ?1 AND theirs.report != ?1 GROUP BY theirs.report"
        f" HAVING count(*) >= ?2 * min({sizes.format('?1')}, {sizes.format('theirs.report')})"
        " ORDER BY count(*) DESC, theirs.report",
        (row, ENOUGH),
    )
    return [other for (other,) in found]


def corrections(db: sqlite3.Connection, source: str) -> dict[str, str]:
    """Facts that a person corrected for what is read from a path, by the name of the field."""
    return dict(db.execute("SELECT field, value FROM corrections WHERE source = ?", (source,)))


def set_corrections(db: sqlite3.Connection, source: str, values: Mapping[str, str]) -> None:
    """Keep facts that a person corrected, besides those that were."""
    db.executemany(
        "INSERT OR REPLACE INTO corrections (source, field, value) VALUES (?, ?, ?)",
        [(source, field, value) for field, value in values.items()],
    )


def drop_corrections(db: sqlite3.Connection, source: str) -> None:
    """Forget what a person corrected for a path."""
    db.execute("DELETE FROM corrections WHERE source = ?", (source,))


def refs(db: sqlite3.Connection, only: int | None = None) -> list[ReportRef]:
    """All reports without their texts, in the order they came; or one of them."""
    found = db.execute(
        f"SELECT row, id, source, name, characters, passages, warnings, share, {_FACTS}"
        " FROM reports WHERE ?1 IS NULL OR row = ?1 ORDER BY row",
        (only,),
    )
    return [
        ReportRef(row, id, source, name, _facts(*facts), characters, passages, tuple(json.loads(warnings)), share)
        for row, id, source, name, characters, passages, warnings, share, *facts in found
    ]


def report(db: sqlite3.Connection, row: int) -> Report | None:
    """A report whole."""
    found = db.execute(
        "SELECT id, source, name, text, headings, pages, warnings, share, (SELECT digest FROM readings WHERE report = row),"
        f" {_FACTS} FROM reports WHERE row = ?",
        (row,),
    ).fetchone()
    if found is None:
        return None
    id, source, name, text, headings, pages, warnings, share, digest, *facts = found
    stored = db.execute('SELECT id, start, "end", page, path FROM passages WHERE report = ? ORDER BY ordinal', (row,))
    return Report(
        id=id,
        source=source,
        name=name,
        facts=_facts(*facts),
        text=text,
        headings=tuple(Heading(*heading) for heading in json.loads(headings)),
        pages=tuple(Page(*page) for page in json.loads(pages)),
        passages=tuple(_passage(id, text, *columns) for columns in stored),
        warnings=tuple(json.loads(warnings)),
        share=share,
        digest=digest or "",
    )


def passages(db: sqlite3.Connection, wanted: Sequence[int]) -> dict[int, Passage]:
    """Passages by row; those that are not there are left out."""
    marks = ",".join("?" * len(wanted))
    texts = {
        row: (id, text)
        for row, id, text in db.execute(
            f"SELECT row, id, text FROM reports WHERE row IN (SELECT report FROM passages WHERE row IN ({marks}))",
            wanted,
        )
    }
    stored = db.execute(
        f'SELECT row, report, id, start, "end", page, path FROM passages WHERE row IN ({marks})', wanted
    ).fetchall()
    return {row: _passage(*texts[owner], *columns) for row, owner, *columns in stored if owner in texts}


def passage_rows(db: sqlite3.Connection) -> np.ndarray:
    """int64 [n]: rows of all passages, ascending."""
    return np.array([row for (row,) in db.execute("SELECT row FROM passages ORDER BY row")], dtype=np.int64)


def vectors(
    db: sqlite3.Connection, dimension: int, reports: Iterable[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """int64 [n] rows, ascending, and float16 [n, d] vectors of some reports; None: of all."""
    ranges = [(0, 1 << 62)] if reports is None else [(passage_row(row, 0), passage_row(row + 1, 0)) for row in sorted(reports)]
    numbers: list[int] = []
    content = bytearray()
    for first, last in ranges:
        for row, vector in db.execute(
            "SELECT row, vector FROM vectors WHERE row >= ? AND row < ? ORDER BY row", (first, last)
        ):
            if len(vector) != 2 * dimension:
                raise StoreError(f"段落 {row} 的向量不是 {dimension} 维：索引已损坏，请换一个 --data 目录重建")
            numbers.append(row)
            content += vector
    return np.array(numbers, dtype=np.int64), np.frombuffer(bytes(content), dtype="<f2").reshape(-1, dimension)


def vectors_of(db: sqlite3.Connection, dimension: int, wanted: Sequence[int]) -> np.ndarray:
    """float16 [n, d]: the vectors of some passages, in the order asked for; raises StoreError where one is not there."""
    marks = ",".join("?" * len(wanted))
    found = dict(db.execute(f"SELECT row, vector FROM vectors WHERE row IN ({marks})", wanted))
    if gone := [row for row in wanted if len(found.get(row, b"")) != 2 * dimension]:
        raise StoreError(f"段落 {gone[0]} 没有 {dimension} 维的向量：请用 python -m index rebuild 重建")
    return np.frombuffer(b"".join(found[row] for row in wanted), dtype="<f2").reshape(-1, dimension)


def problems(db: sqlite3.Connection, dimension: int) -> list[str]:
    """Chinese lines, one for each way in which the catalog contradicts itself."""
    found = [f"数据库：{line}" for (line,) in db.execute("PRAGMA integrity_check") if line != "ok"]
    found += [f"数据库：表 {table} 第 {row} 行没有归属" for table, row, *_ in db.execute("PRAGMA foreign_key_check")]
    bare = db.execute("SELECT count(*) FROM passages LEFT JOIN vectors USING (row) WHERE vector IS NULL").fetchone()[0]
    if bare:
        found.append(f"{bare} 个段落没有向量")
    wrong = db.execute("SELECT row FROM vectors WHERE length(vector) != ?", (2 * dimension,))
    found += [f"段落 {row} 的向量不是 {dimension} 维" for (row,) in wrong]
    for row, recorded in db.execute("SELECT row, content_hash FROM reports").fetchall():
        stored = report(db, row)
        if stored is None:
            continue
        if content_hash(stored) != recorded:
            found.append(f"报告 {stored.name} 的内容与入库时的校验值不符")
        found += [
            f"报告 {stored.name} 的段落 {passage.id} 起止位置 {passage.start}–{passage.end} 超出正文"
            for passage in stored.passages
            if not 0 <= passage.start < passage.end <= len(stored.text)
        ]
    return found


def _passage(report_id: str, text: str, id: str, start: int, end: int, page: int | None, path: str) -> Passage:
    return Passage(id, report_id, start, end, text[start:end], tuple(json.loads(path)), page)


def _facts(
    title: str, unit: str, region: str, year: int | None, kind: str, issued: str, number: str, aliases: str, read_from: str
) -> Facts:
    pairs = tuple((field, where) for field, where in json.loads(read_from))
    return Facts(title, unit, region, year, kind, issued, number, tuple(json.loads(aliases)), pairs)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
