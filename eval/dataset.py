"""Gold questions and runs: JSON lines on disk, frozen dataclasses in memory.

A gold line holds `id`, `question`, `type`, `phrasing`, `reports` (file stems), `answers` with `require` (any | all)
and `evidence` (exact quotes; white space does not count).  A whole-corpus line holds `rows` (`report`, `answers`,
`evidence`) and `missing` (stems of the reports that state nothing) in place of the last four.

A run line holds `id`, `hits`, `answer`, `ms`, and `lost` where the question was missed; see `Result`.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from index.types import YoujuError
from retrieval.types import Status

Type = Literal[
    "number", "date", "name", "list", "how", "why", "yesno", "compare", "other", "ambiguous", "unanswerable", "table"
]
Require = Literal["any", "all"]

TYPES: tuple[str, ...] = tuple(name for name in get_args(Type) if name != "table")  # what a gold line may say
DECLINED: frozenset[str] = frozenset({"ambiguous", "unanswerable"})  # asked, but no report's sentence answers them


class GoldError(YoujuError):
    """A gold file or a run cannot be read, or does not fit the reports."""


@dataclass(frozen=True)
class Row:
    """One right line of a whole-corpus table: any of the strings, with any of the quotes."""

    report: str
    answers: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One gold question with what counts as finding and as answering it."""

    id: str
    question: str
    type: Type
    phrasing: str = ""
    reports: tuple[str, ...] = ()  # file stems
    answers: tuple[str, ...] = ()
    require: Require = "all"
    evidence: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()  # of a table question only
    missing: tuple[str, ...] = ()  # stems of the reports with no row

    @property
    def named(self) -> tuple[str, ...]:
        """Stems of all reports that the case speaks of."""
        return (*self.reports, *(row.report for row in self.rows), *self.missing)


@dataclass(frozen=True)
class Found:
    """A passage that was found: `report` is a file stem."""

    report: str
    text: str
    id: str = ""  # the passage's own id, where the system has one


@dataclass(frozen=True)
class Quote:
    """A run of a report that was cited."""

    report: str
    quote: str


@dataclass(frozen=True)
class Cell:
    """A line of a table that was given: a value with the quote it stands in."""

    report: str
    value: str
    quote: str


@dataclass(frozen=True)
class Given:
    """The answer as the reader saw it."""

    status: Status
    text: str = ""
    short: str | None = None
    citations: tuple[Quote, ...] = ()
    rows: tuple[Cell, ...] = ()
    confidence: float | None = None  # larger is surer; a probability where the system says one


@dataclass(frozen=True)
class Lost:
    """The first stage that lost the evidence of a missed question; see eval.stages."""

    stage: str
    note: str = ""  # a Chinese line: at which rank each list had it


@dataclass(frozen=True)
class Result:
    """What a system gave for one question: a line of a run, its fields named as there."""

    id: str
    hits: tuple[Found, ...] = ()  # best first
    answer: Given | None = None
    ms: float | None = None
    lost: Lost | None = None


def read_gold(path: Path) -> list[Case]:
    """Gold questions of a file, in its order.

    Raises GoldError naming file and line: not JSON, a field missing or of the wrong kind, an id twice, no question.
    """
    cases = [_case(line) for line in json_lines(path, "金标文件")]
    _refuse_repeats(path, [case.id for case in cases])
    return cases


def read_golds(paths: Sequence[Path]) -> list[Case]:
    """Gold questions of several files.  Raises GoldError, also where two of them use one id."""
    cases = [case for path in paths for case in read_gold(path)]
    _refuse_repeats("、".join(map(str, paths)), [case.id for case in cases])
    return cases


def read_run(path: Path) -> dict[str, Result]:
    """Results of a run by question id.  Raises GoldError naming file and line."""
    results = [_result(line) for line in json_lines(path, "运行结果文件")]
    _refuse_repeats(path, [result.id for result in results])
    return {result.id: result for result in results}


def read_results(path: Path, lines: Iterable[str]) -> list[Result]:
    """Results from a run's lines.  Raises GoldError naming the file."""
    return [_result(Line(str(path), json.loads(line))) for line in lines if line.strip()]


def write_run(path: Path, results: Iterable[Result]) -> None:
    """Write a run, one JSON object a line; the file appears whole or not at all.  Raises GoldError."""
    write_whole(path, "".join(run_line(result) for result in results))


def run_line(result: Result) -> str:
    """A result as a line of a run."""
    return json.dumps(_plain(asdict(result)), ensure_ascii=False) + "\n"


def write_whole(path: Path, text: str) -> None:
    """A file that appears whole or not at all.  Raises GoldError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise GoldError(f"无法写入 {path}：{error.strerror or error}；请换一个位置") from error


def _umask() -> int:
    """The process's file mode mask, which mkstemp does not heed."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    """A result's fields less those it does not have; `short` stays, since null is a short answer's own word."""
    kept = {name: value for name, value in record.items() if value is not None}
    for name, value in kept.items():
        if name == "hits":
            kept[name] = [{key: one for key, one in hit.items() if key != "id" or one} for hit in value]
        elif name == "answer":
            kept[name] = {key: one for key, one in value.items() if key != "confidence" or one is not None}
    return kept


@dataclass(frozen=True)
class Line:
    """A JSON object with where it stands, for errors; fields are taken out by name and kind."""

    where: str
    fields: Mapping[str, Any]

    def wrong(self, complaint: str) -> GoldError:
        return GoldError(f"{self.where}：{complaint}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.fields.get(name, default)
        if value is None:
            raise self.wrong(f"缺少字段 {name}；请补上后再运行")
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(f"字段 {name} 应当是非空的字符串，现在是 {value!r}")
        return value

    def number(self, name: str, what: str) -> float | None:
        value = self.fields.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self.wrong(f"字段 {name} 应当是{what}，现在是 {value!r}")
        return value

    def choice(self, name: str, choices: Iterable[str]) -> str:
        value, known = self.text(name), tuple(choices)
        if value not in known:
            raise self.wrong(f"字段 {name} 的值 {value!r} 不认识；可以是 {'、'.join(known)}")
        return value

    def texts(self, name: str, *, some: bool) -> tuple[str, ...]:
        value = self.fields.get(name, None if some else [])
        if value is None:
            raise self.wrong(f"缺少字段 {name}；请补上后再运行")
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(f"字段 {name} 应当是由非空字符串组成的列表，现在是 {value!r}")
        if some and not value:
            raise self.wrong(f"字段 {name} 是空的；这类问题至少要有一项")
        return tuple(value)

    def inner(self, name: str) -> Line | None:
        value = self.fields.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(f"字段 {name} 应当是一个对象")
        return None if value is None else Line(f"{self.where} 的 {name}", value)

    def lines(self, name: str) -> list[Line]:
        value = self.fields.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(f"字段 {name} 应当是由对象组成的列表")
        return [Line(f"{self.where} 的 {name} 第 {number} 项", item) for number, item in enumerate(value, 1)]


def json_lines(path: Path, what: str) -> Iterator[Line]:
    """The JSON objects of a file.  Raises GoldError."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise GoldError(f"找不到{what} {path}；请检查路径") from None
    except IsADirectoryError:
        raise GoldError(f"{path} 是文件夹，不是{what}；请给出其中的 .jsonl 文件") from None
    except UnicodeDecodeError:
        raise GoldError(f"{what} {path} 不是 UTF-8 编码的文本；请另存为 UTF-8 后再试") from None
    except OSError as error:
        raise GoldError(f"无法读取{what} {path}：{error.strerror or error}") from error
    empty = True
    for number, line in enumerate(content.split("\n"), 1):  # not splitlines: U+2028 may stand inside a JSON string
        if not line.strip():
            continue
        empty, where = False, f"{path} 第 {number} 行"
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            raise GoldError(f"{where}不是合法的 JSON（第 {error.colno} 列起）；每行写一个完整的 JSON 对象") from None
        if not isinstance(fields, dict):
            raise GoldError(f"{where}应当是一个 JSON 对象，现在是 {line.strip()[:40]}")
        yield Line(where, fields)
    if empty:
        raise GoldError(f"{what} {path} 是空的；每行写一个 JSON 对象")


def _refuse_repeats(path: object, ids: list[str]) -> None:
    repeated = [id for id, times in Counter(ids).items() if times > 1]
    if repeated:
        raise GoldError(f"{path} 里有重复的 id：{'、'.join(repeated)}；每个问题的 id 只能出现一次")


def _case(line: Line) -> Case:
    id, question = line.text("id"), line.text("question")
    if "rows" in line.fields:
        rows = tuple(_row(row) for row in line.lines("rows"))
        if not rows:
            raise line.wrong("字段 rows 是空的；全库问题至少要有一行")
        if len({row.report for row in rows}) < len(rows):
            raise line.wrong("字段 rows 里同一份报告出现了两次；每份报告只能有一行")
        return Case(id, question, "table", rows=rows, missing=line.texts("missing", some=False))
    kind = line.choice("type", TYPES)
    some = kind not in DECLINED
    return Case(
        id=id,
        question=question,
        type=kind,  # type: ignore[arg-type]
        phrasing=line.text("phrasing", default=""),
        reports=line.texts("reports", some=some),
        answers=line.texts("answers", some=some),
        require=line.choice("require", get_args(Require)) if some else "all",  # type: ignore[arg-type]
        evidence=line.texts("evidence", some=some),
    )


def _row(line: Line) -> Row:
    return Row(line.text("report"), line.texts("answers", some=True), line.texts("evidence", some=True))


def _result(line: Line) -> Result:
    answer = line.inner("answer")
    lost = line.inner("lost")
    return Result(
        id=line.text("id"),
        hits=tuple(Found(hit.text("report"), hit.text("text"), hit.text("id", "")) for hit in line.lines("hits")),
        answer=None if answer is None else _given(answer),
        ms=line.number("ms", "毫秒数"),
        lost=None if lost is None else Lost(lost.text("stage"), lost.text("note", "")),
    )


def _given(line: Line) -> Given:
    return Given(
        status=line.choice("status", get_args(Status)),  # type: ignore[arg-type]
        text=line.text("text", default=""),
        short=None if line.fields.get("short") is None else line.text("short", default=""),
        citations=tuple(Quote(item.text("report"), item.text("quote")) for item in line.lines("citations")),
        rows=tuple(Cell(row.text("report"), row.text("value"), row.text("quote")) for row in line.lines("rows")),
        confidence=line.number("confidence", "一个数"),
    )
