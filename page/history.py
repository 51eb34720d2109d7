"""Conversations, kept on the server in a SQLite file of their own; and what readers said of the answers.

A turn keeps its answer as JSON.  Read back, its reports are looked up in the reader's corpus: an answer that rests on a report
which is not there, or no longer for this reader, is withheld, since its source could not be checked.  What a removed report
said is kept nowhere (`index.forget`).

Keeping is done as well as it can be: where nothing can be written, as on a full disk, it is told and nobody loses an answer.
"""

from __future__ import annotations

import json
import logging
import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import filelock

from index.forget import FEEDBACK, GONE, HISTORY, connect, empty_log, judging, named, note, without
from index.orphans import private_file
from index.types import ReportRef, YoujuError
from retrieval.types import Answer

log = logging.getLogger("youju.page")
MOST_CONVERSATIONS = 500  # of one reader; the oldest go
MOST_TURNS = 200  # of one conversation
WITHHELD = "这一问引用的报告已被替换、移除或不再对你开放，请再问一次。"

@dataclass(frozen=True)
class Turn:
    """A question of a conversation with its answer; neither answer nor error while it is being looked for."""

    text: str
    without: tuple[str, ...] = ()  # chips taken off, as slot:value
    answer: Answer | None = None
    error: str = ""
    number: int = 0  # counted from 0 in its conversation, never used again
    judged: str = ""  # 有用, 没用 or nothing said
    reason: str = ""
    drafting: bool = False  # a language model is at the answer's wording

    @property
    def waiting(self) -> bool:
        """Whether it is still being looked for, or put into words."""
        return self.drafting or (self.answer is None and not self.error)


@dataclass(frozen=True)
class Talk:
    """A conversation."""

    id: str = ""  # empty before its first question
    turns: tuple[Turn, ...] = ()

    def turn(self, number: int) -> Turn | None:
        """The turn of a number."""
        return next((turn for turn in self.turns if turn.number == number), None)

    def put(self, turn: Turn) -> Talk:
        """With a turn in the place of the one of its number, or at the end."""
        others = [turn if held.number == turn.number else held for held in self.turns]
        return replace(self, turns=tuple(others) if self.turn(turn.number) else (*others, turn)[-MOST_TURNS:])


@dataclass(frozen=True)
class Kept:
    """A conversation as the history lists it."""

    id: str
    title: str  # its first question
    touched: str  # ISO time, UTC
    questions: int


class HistoryError(YoujuError):
    """Conversations cannot be read or written."""


def new_id() -> str:
    """An id that nobody guesses."""
    return secrets.token_urlsafe(12)


class History:
    """The conversations of all readers; every call names whose.  What reads or removes them raises HistoryError."""

    def __init__(self, folder: Path, held: Callable[[], Collection[str]] | None = None) -> None:
        """`held`: ids of the reports that there are now; of others nothing is kept.  None: all are there."""
        self._path, self._feedback = folder / HISTORY, folder / FEEDBACK
        self._held = held

    def keep(self, reader: str, talk: Talk, turn: Turn) -> bool:
        """Write a turn down; whether nothing was in the way.  A reader without an id leaves nothing."""
        if not reader or not talk.id:
            return True
        try:
            self._keep(reader, talk, turn)
        except HistoryError as error:
            log.error("一问没有记入历史：%s", error)
            return False
        return True

    def _keep(self, reader: str, talk: Talk, turn: Turn) -> None:
        answer, error = _written(turn.answer), turn.error
        if answer and (gone := self._gone(named(json.loads(answer)))):
            left = without(json.loads(answer), gone)
            answer, error = (json.dumps(left, ensure_ascii=False), error) if left else ("", GONE)
        row = (talk.id, turn.number, turn.text, json.dumps(turn.without), answer, error, turn.judged, turn.reason)
        with self._open() as db:
            held = db.execute("SELECT reader FROM conversation WHERE id = ?", (talk.id,)).fetchone()
            if held is not None and held[0] != reader:
                return
            db.execute(
                "INSERT INTO conversation VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET touched = excluded.touched",
                (talk.id, reader, turn.text, _now()),
            )
            db.execute("INSERT OR REPLACE INTO turn VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            note(db, talk.id, turn.number, answer)
            db.execute(
                "DELETE FROM conversation WHERE reader = ? AND id NOT IN "
                "(SELECT id FROM conversation WHERE reader = ? ORDER BY touched DESC, rowid DESC LIMIT ?)",
                (reader, reader, MOST_CONVERSATIONS),
            )

    def _gone(self, reports: set[str]) -> set[str]:
        return reports - {*self._held()} if self._held else set()

    def listed(self, reader: str, words: str = "") -> tuple[Kept, ...]:
        """A reader's conversations, latest first; with `words`, those in whose questions every word stands."""
        where = " AND EXISTS (SELECT 1 FROM turn WHERE conversation = c.id AND instr(lower(text), lower(?)))"
        sought = words.split()[:10]
        with self._open() as db:
            rows = db.execute(
                "SELECT id, title, touched, (SELECT count(*) FROM turn WHERE conversation = c.id) FROM conversation c "
                f"WHERE reader = ?{where * len(sought)} ORDER BY touched DESC, rowid DESC",
                (reader, *sought),
            ).fetchall()
        return tuple(Kept(*row) for row in rows) if reader else ()

    def talk(self, reader: str, id: str, reports: Sequence[ReportRef]) -> Talk | None:
        """A conversation read back against the reports that its reader may see; None where it is not theirs."""
        with self._open() as db:
            rows = db.execute(
                "SELECT number, text, without, answer, t.error, judged, reason FROM turn t JOIN conversation c ON c.id = conversation "
                "WHERE c.id = ? AND reader = ? ORDER BY number",
                (id, reader),
            ).fetchall()
        if not rows or not reader:
            return None
        held = {ref.id: ref for ref in reports}
        return Talk(id, tuple(_turn(row, held) for row in rows))

    def remove(self, reader: str, id: str) -> None:
        """Forget a conversation."""
        with self._open() as db:
            db.execute("DELETE FROM conversation WHERE id = ? AND reader = ?", (id, reader))
            db.commit()
            empty_log(db)

    def judge(self, turn: Turn) -> bool:
        """Append what was said of an answer to `feedback.jsonl`, without who said it; whether nothing was in the way."""
        answer = turn.answer
        if answer is None or self._gone({c.report.id for c in answer.citations}):
            return True
        line = {
            "at": _now(),
            "question": turn.text,
            "without": turn.without,
            "follows": any(chip.inherited for chip in answer.question.chips),  # what it means stands in the turn before
            "useful": turn.judged == "有用",
            "reason": turn.reason,
            "status": answer.status,
            "short": None if answer.computed else answer.short,  # no words of the report's
            "citations": [
                {"report": c.report.id, "file": c.report.name, "passage": c.passage_id, "start": c.start, "end": c.end, "quote": c.quote}
                for c in answer.citations
            ],
            "hits": [hit.passage.id for hit in answer.hits],
        }
        try:
            with judging(self._feedback), open(self._feedback, "a", encoding="utf-8", opener=private_file) as out:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
        except (OSError, filelock.Timeout) as error:
            log.error("评价没有记下来（%s）：请检查磁盘空间与权限", error)
            return False
        return True

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own, committed at the end; raises HistoryError."""
        try:
            with closing(connect(self._path)) as db, db:
                yield db
        except (sqlite3.Error, OSError) as error:
            raise HistoryError(f"历史打不开（{error}）：请检查磁盘空间与权限，稍后再试。") from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def _answers() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)


def _written(answer: Answer | None) -> str:
    return _answers().dump_json(answer).decode() if answer else ""


def _turn(row: Sequence[Any], held: Mapping[str, ReportRef]) -> Turn:
    number, text, without, answer, error, judged, reason = row
    turn = Turn(text, tuple(json.loads(without)), None, error, number, judged, reason)
    if not answer:
        return turn if error else replace(turn, error="这一问没有问完，请再问一次。")
    try:
        return replace(turn, answer=_answers().validate_python(_placed(json.loads(answer), held)))
    except (KeyError, ValueError):  # a report is gone, or an earlier version's shape
        return replace(turn, error=WITHHELD)


def _placed(value: Any, held: Mapping[str, ReportRef]) -> Any:
    """JSON with every report in it as the corpus has it now; raises KeyError where one is not there."""
    if isinstance(value, list):
        return [_placed(item, held) for item in value]
    if not isinstance(value, dict):
        return value
    if {"row", "id", "source", "facts"} <= value.keys():
        return held[value["id"]]
    return {key: _placed(item, held) for key, item in value.items()}
