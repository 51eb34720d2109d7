"""The truth on disk: reports, passages and vectors in SQLite; both search indexes can be rebuilt from it.

    meta      generation: one more with each committed change
    reports   a row a report; its number is never used again; the text is kept here alone
    passages  row = report row << 20 | ordinal; offsets into the report's text
    vectors   half precision, exactly what the dense index holds
    removed   which report went at which generation, so that an index that lags can be caught up

Functions over a connection; transactions and locks are the caller's.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np

from index.types import Facts, Heading, Page, Passage, Report, ReportRef, StoreError

SHIFT = 20
MOST_PASSAGES = 1 << SHIFT  # of one report
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
)


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection to the catalog at a path; raises StoreError when it is missing, foreign, damaged or newer."""
    if not create and not path.is_file():
        raise StoreError(f"索引目录缺少 {path}：请运行 python -m index add 重新建立索引")
    with guard(path):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            _prepare(db, path, create)
        except BaseException:
            db.close()
            raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, create: bool) -> None:
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
    db.execute("PRAGMA journal_mode = WAL")
    script = "".join(_MIGRATIONS[version:])
    marks = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {len(_MIGRATIONS)};"
    db.executescript(f"BEGIN IMMEDIATE; {script} {marks} COMMIT;")


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
    del made["source"]
    return hashlib.sha256(json.dumps(made, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")).hexdigest()


def insert(db: sqlite3.Connection, report: Report, vectors: np.ndarray, at: int) -> int:
    """Put in a report with float16 [passages, d] vectors at a generation; gives its row."""
    facts = report.facts
    cursor = db.execute(
        "INSERT INTO reports (id, source, name, title, unit, region, year, kind, issued, text, headings, pages,"
        " warnings, characters, passages, content_hash, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(report.id, report.source, report.name),
            *(facts.title, facts.unit, facts.region, facts.year, facts.kind, facts.issued),
            report.text,
            _json([[heading.level, heading.title, heading.start] for heading in report.headings]),
            _json([[page.number, page.start] for page in report.pages]),
            _json(list(report.warnings)),
            *(len(report.text), len(report.passages)),
            content_hash(report),
            at,
        ),
    )
    row = int(cursor.lastrowid or 0)
    db.executemany(
        'INSERT INTO passages (row, report, ordinal, id, start, "end", page, path) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        [
            (row << SHIFT | n, row, n, one.id, one.start, one.end, one.page, _json(list(one.path)))
            for n, one in enumerate(report.passages)
        ],
    )
    db.executemany(
        "INSERT INTO vectors (row, vector) VALUES (?, ?)",
        [(row << SHIFT | n, vector.astype("<f2").tobytes()) for n, vector in enumerate(vectors)],
    )
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


def row_of(db: sqlite3.Connection, report_id: str) -> tuple[int, str] | None:
    """Row and content hash of a report by its id."""
    found = db.execute("SELECT row, content_hash FROM reports WHERE id = ?", (report_id,)).fetchone()
    return None if found is None else (found[0], found[1])


def rows_of_source(db: sqlite3.Connection, source: str) -> list[int]:
    """Rows of what was read from a path."""
    return [row for (row,) in db.execute("SELECT row FROM reports WHERE source = ?", (source,))]


def refs(db: sqlite3.Connection, only: int | None = None) -> list[ReportRef]:
    """All reports without their texts, in the order they came; or one of them."""
    found = db.execute(
        "SELECT row, id, source, name, title, unit, region, year, kind, issued, characters, passages, warnings"
        " FROM reports WHERE ?1 IS NULL OR row = ?1 ORDER BY row",
        (only,),
    )
    return [
        ReportRef(row, id, source, name, Facts(*facts), characters, passages, tuple(json.loads(warnings)))
        for row, id, source, name, *facts, characters, passages, warnings in found
    ]


def report(db: sqlite3.Connection, row: int) -> Report | None:
    """A report whole."""
    found = db.execute(
        "SELECT id, source, name, text, headings, pages, warnings, title, unit, region, year, kind, issued"
        " FROM reports WHERE row = ?",
        (row,),
    ).fetchone()
    if found is None:
        return None
    id, source, name, text, headings, pages, warnings, *facts = found
    stored = db.execute('SELECT id, start, "end", page, path FROM passages WHERE report = ? ORDER BY ordinal', (row,))
    return Report(
        id=id,
        source=source,
        name=name,
        facts=Facts(*facts),
        text=text,
        headings=tuple(Heading(*heading) for heading in json.loads(headings)),
        pages=tuple(Page(*page) for page in json.loads(pages)),
        passages=tuple(_passage(id, text, *columns) for columns in stored),
        warnings=tuple(json.loads(warnings)),
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
    ranges = [(0, 1 << 62)] if reports is None else [(row << SHIFT, (row + 1) << SHIFT) for row in sorted(reports)]
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


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
