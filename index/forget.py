"""What was kept of answers, beside the catalog, forgets the reports that are gone: conversations, and judgements of answers.

An answer that quotes a report which is gone goes whole; of one that only listed its passages among what was found, those go.
SQLite overwrites what it deletes, and its log is emptied, so that the words stand in no file of the folder.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import filelock

from index.orphans import private_file

HISTORY, FEEDBACK = "history.sqlite", "feedback.jsonl"
GONE = "这一问引用的报告已被移除，回答没有保留。"
SCHEMA = """
CREATE TABLE IF NOT EXISTS conversation (id TEXT PRIMARY KEY, reader TEXT NOT NULL, title TEXT NOT NULL, touched TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS conversation_reader ON conversation (reader, touched);
CREATE TABLE IF NOT EXISTS turn (
    conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    text TEXT NOT NULL, without TEXT NOT NULL, answer TEXT NOT NULL, error TEXT NOT NULL,
    judged TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (conversation, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rests (
    report TEXT NOT NULL, conversation TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (report, conversation, number),
    FOREIGN KEY (conversation, number) REFERENCES turn (conversation, number) ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS rests_turn ON rests (conversation, number);
"""
_VERSION = 1  # since when `rests` says which reports stand in each answer


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the conversations kept, made where there are none; what is deleted is overwritten."""
    if not path.exists():
        os.close(private_file(str(path), os.O_WRONLY | os.O_CREAT))
    db = sqlite3.connect(path, timeout=10)
    try:
        db.executescript("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;")
        if db.execute("PRAGMA user_version").fetchone()[0] < _VERSION:
            db.executescript(SCHEMA)
            with db:
                for turn in db.execute("SELECT conversation, number, answer FROM turn WHERE json_valid(answer)").fetchall():
                    note(db, *turn)
                db.execute(f"PRAGMA user_version = {_VERSION}")
    except BaseException:
        db.close()
        raise
    return db


def note(db: sqlite3.Connection, conversation: str, number: int, answer: str) -> None:
    """Write down which reports stand in an answer, given as JSON."""
    db.execute("DELETE FROM rests WHERE conversation = ? AND number = ?", (conversation, number))
    db.executemany("INSERT INTO rests VALUES (?, ?, ?)", [(report, conversation, number) for report in named(json.loads(answer or "{}"))])


def named(value: Any) -> set[str]:
    """Ids of the reports that stand anywhere in an answer's JSON."""
    return {one["id"] for one in _reports(value)}


def without(answer: Any, gone: Collection[str]) -> Any:
    """An answer's JSON less the passages found in reports that are gone; None where more of it rests on them."""
    lost = [one for one in _reports(answer) if one["id"] in gone]
    kept = [hit for hit in answer.get("hits", ()) if not named(hit) & {*gone}]
    left = {**answer, "hits": kept}
    told = json.dumps(left, ensure_ascii=False)
    words = {word for one in lost for word in (one["id"], one["name"], one["facts"]["title"]) if word}
    return None if any(json.dumps(word, ensure_ascii=False)[1:-1] in told for word in words) else left


def forget(data: Path, held: Collection[str]) -> int:
    """Forget all that rests on reports whose id is not among `held`; how many answers and judgements changed.

    Raises sqlite3.Error and OSError where it cannot be done.
    """
    changed = 0
    if (data / HISTORY).is_file():
        with closing(connect(data / HISTORY)) as db:
            changed += _forget_answers(db, held)
            empty_log(db)
    if (data / FEEDBACK).is_file():
        changed += _forget_judgements(data / FEEDBACK, held)
    return changed


def empty_log(db: sqlite3.Connection) -> bool:
    """Move what was written into the database itself, and empty the log; False where a reader was in the way."""
    return db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def judging(path: Path) -> filelock.BaseFileLock:
    """The lock of those who write judgements."""
    return filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=10, mode=0o600)


def _forget_answers(db: sqlite3.Connection, held: Collection[str]) -> int:
    gone = {report for (report,) in db.execute("SELECT DISTINCT report FROM rests")} - {*held}
    turns = {key for report in gone for key in db.execute("SELECT conversation, number FROM rests WHERE report = ?", (report,))}
    with db:
        for conversation, number in turns:
            where = (conversation, number)
            (answer,) = db.execute("SELECT answer FROM turn WHERE conversation = ? AND number = ?", where).fetchone()
            left = without(json.loads(answer), gone)
            kept = json.dumps(left, ensure_ascii=False) if left else ""
            db.execute("UPDATE turn SET answer = ?, error = ? WHERE conversation = ? AND number = ?", (kept, "" if left else GONE, *where))
            note(db, conversation, number, kept)
    return len(turns)


def _forget_judgements(path: Path, held: Collection[str]) -> int:
    with judging(path):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        left = [line for line in lines if not _judged(line) - {*held}]
        if len(left) < len(lines):
            aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
            try:
                with open(aside, "w", encoding="utf-8", opener=private_file) as out:
                    out.writelines(left)
                os.replace(aside, path)
            finally:
                aside.unlink(missing_ok=True)
    return len(lines) - len(left)


def _judged(line: str) -> set[str]:
    """Ids of the reports that a judgement quotes; none where it is of an earlier version that did not name them."""
    try:
        return {str(one["report"]) for one in json.loads(line)["citations"] if "report" in one}
    except (ValueError, KeyError, TypeError):
        return set()


def _reports(value: Any) -> Iterator[dict[str, Any]]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            if {"row", "id", "source", "facts"} <= one.keys():
                yield one
            left += one.values()
        elif isinstance(one, list):
            left += one
