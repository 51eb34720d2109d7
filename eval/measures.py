"""How a development set is measured on a build: questions with evidence, conversations, Loong, encoders.

Questions with evidence are asked by the build's own `eval run` and scored by this build's eval.metrics for both builds, which
agrees with the scorer beside the gold; conversations and Loong are asked by the gold's drive.py and scored by the gold's
scorers, a question at a time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.builds import HERE, KEPT, Build
from eval.dataset import Case, Result, read_golds, read_run
from eval.gate import baseline_of
from eval.metrics import FAITHFUL, LOWER_IS_BETTER, plain, score_all
from eval.report import name_of
from eval.run import misquoted, reports_in
from index.load import load
from index.types import YoujuError

GOLD = HERE.parent / "shared/gold"
SHOWN = (
    "recall@1", "recall@5", "RR@10", "answer right", "short answer right", "abstains when it should", "abstains when it should not",
    "asks back when it should", "asks back when it should not", "row precision", "row recall", FAITHFUL,
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """What is measured: a mean of shares, or an amount that is compared as a ratio."""

    name: str  # in Chinese
    lower: bool = False  # less is better
    unit: str = ""  # of an amount; empty for a share
    at: float | None = None  # the quantile of many amounts that stands for them; None for the mean of a few


@dataclass(frozen=True)
class Measured:
    """One build's figures, each question by question (or run by run), and what a reader should know."""

    figures: Mapping[Figure, Mapping[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Measure = Callable[["Set", Sequence[Build]], list[Measured]]


@dataclass(frozen=True)
class Set:
    """A development set: the questions, the reports they are asked over, and what measures it."""

    name: str
    said: str  # in Chinese
    measure: Measure | None
    gold: tuple[Path, ...] = ()
    reports: tuple[Path, ...] = ()
    group: Callable[[str], str] | None = None  # id → the part of the set it belongs to, told apart as well
    default: bool = True
    why: str = ""  # it cannot be run, in Chinese

    @property
    def missing(self) -> list[Path]:
        return [path for path in (*self.gold, *self.reports) if not path.exists()]


def apart(one: Callable[[Set, Build], Measured]) -> Measure:
    """Each build by itself, all at once: nothing here is timed."""

    def measured(given: Set, build: Build) -> Measured:
        try:
            return one(given, build)
        except YoujuError as error:  # the other build may do better
            return Measured(notes=(f"跑不了：{error}",))

    def measure(given: Set, builds: Sequence[Build]) -> list[Measured]:
        with ThreadPoolExecutor(len(builds)) as pool:
            return list(pool.map(lambda build: measured(given, build), builds))

    return measure


# Questions with evidence


def questions(given: Set, build: Build) -> Measured:
    """Asked by the build, scored here."""
    cases = read_golds(given.gold)
    texts = sources(build, given.reports)
    found: dict[str, Result] = {}
    for gold in given.gold:
        run = build.kept(f"{given.name}-run", [gold, *given.reports], lambda out, gold=gold: build.call(  # type: ignore[misc]
            "-m", "eval", "run", gold, "--reports", *given.reports, "--out", out, "--data", KEPT / "cache", "--json"
        ))  # fmt: skip
        found |= read_run(run)
    return Measured(_scores(given, cases, baseline_of(score_all(cases, found, texts)).scores), tuple(_gone(cases, texts)))


def samples(given: Set, build: Build) -> Measured:
    """The same, with what the build's own gate says of its own samples."""
    measured = questions(given, build)
    said = build.call("-m", "eval", "gate", "--data", KEPT / "cache", allowed=(0, 1))
    worse = [line.split("|")[1].strip() for line in said.splitlines() if "变差，超出误差" in line]
    return Measured(measured.figures, (*measured.notes, f"闸门（自己的样例、自己的基线）：{'、'.join(worse) + '变差' if worse else '通过'}"))


def sources(build: Build, folders: Iterable[Path]) -> dict[str, str]:
    """File stem → the report's text that a faithful quote stands in: a .txt file's own, of any other as this build reads it."""
    return {path.stem: plain(_text(build, path)) for path in reports_in(folders)}


def _text(build: Build, path: Path) -> str:
    if path.suffix == ".txt":
        return load(path).text
    read = build.kept("read", [path], lambda out: out.write_text(build.call("-m", "index", "read", path, "--json"), encoding="utf-8"))
    text: str = json.loads(read.read_text(encoding="utf-8"))["text"]
    return text


def _gone(cases: Sequence[Case], texts: Mapping[str, str]) -> list[str]:
    ids = misquoted(cases, texts)
    return [f"依据在这一版读出的文字里找不到（{len(ids)} 题）：{'、'.join(ids)}"] if ids else []


def _scores(given: Set, cases: Sequence[Case], scores: Mapping[str, Mapping[str, float]]) -> dict[Figure, Mapping[str, float]]:
    found = {Figure(name_of(name), name in LOWER_IS_BETTER): scores[name] for name in SHOWN if name in scores}
    if given.group and (right := scores.get("answer right")):
        for part in dict.fromkeys(map(given.group, right)):
            found[Figure(f"{name_of('answer right')}：{part}")] = {id: value for id, value in right.items() if given.group(id) == part}
    return found


# Conversations, and Loong


def indexed(build: Build, reports: Sequence[Path]) -> Path:
    """The build's own index of some reports, whole: with contextual vectors, in a build that has them."""
    return build.kept("index", reports, lambda out: build.index(reports, out))


def driven(given: Set, build: Build, conversations: Callable[[dict[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of a run that drive.py makes of the gold's conversations."""
    data = indexed(build, given.reports)

    def drive(out: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            asked = _write(Path(folder) / "asked.jsonl", map(conversations, _lines(*given.gold)))
            build.call(GOLD / "drive.py", asked, out, "--data", data)

    return _lines(build.kept(f"{given.name}-run", [GOLD / "drive.py", *given.gold, *given.reports], drive))


def conversations(given: Set, build: Build) -> Measured:
    """Turn by turn.  A turn goes to the scorer as a conversation of its own, of a kind of its own, so that it tells each turn's scores."""
    run = {(line["id"], line["turn"]): line for line in driven(given, build, lambda line: line)}
    gold, lines, place = [], [], {}
    for line in _lines(*given.gold):
        for at, turn in enumerate(line["turns"]):
            id = f"{line['id']}#{at}"
            several = len(line["turns"]) > 1
            place[id] = ("首问" if at == 0 else "后来的新问题" if turn["kind"] == "fresh" else "追问") if several else turn["kind"]
            gold.append({"id": id, "turns": [turn | {"kind": id}]})
            lines += [run[line["id"], at] | {"id": id, "turn": 0}]
    scores = told(given, build, "score_dialogues.py", gold, lines, "kind:")
    shown = {"right": "答对", "confident and wrong": "有把握而错", "takes over nothing it must not": "没有误承接"}
    figures: dict[Figure, Mapping[str, float]] = {
        Figure(said, name == "confident and wrong"): column for name, said in shown.items() if (column := _column(scores, name))
    }
    right = _column(scores, "right")
    for part in dict.fromkeys(place.values()):
        figures[Figure(f"答对：{part}")] = {id: value for id, value in right.items() if place[id] == part}
    return Measured(figures)


def loong(given: Set, build: Build) -> Measured:
    """Level by level, with all the reports in view: no question can be asked over some of them yet."""
    golds = _lines(*given.gold)
    asked = driven(given, build, lambda line: {"id": line["id"], "turns": [{"question": line["question"]}]})
    lines = [
        {"id": line["id"], "answer": line | {part: [one | {"quote": one["text"]} for one in line.get(part, [])] for part in ("citations", "rows")}}
        for line in asked
    ]
    scores = told(given, build, "score_loong.py", [gold | {"level": gold["id"]} for gold in golds], lines, "level ")
    right = _column(scores, "right")
    figures: dict[Figure, Mapping[str, float]] = {}
    for level in sorted({gold["level"] for gold in golds}):
        figures[Figure(f"答对：第 {level} 级")] = {gold["id"]: right[gold["id"]] for gold in golds if gold["level"] == level}
    return Measured(figures | {Figure("弃答", lower=True): _column(scores, "abstains")}, ("问题不能只问其中几份报告：全部 354 份都在检索范围里",))


def told(
    given: Set, build: Build, scorer: str, gold: Iterable[Mapping[str, Any]], run: Iterable[Mapping[str, Any]], prefix: str
) -> dict[str, dict[str, float]]:
    """Question → its scores, from one of the gold's scorers; each question is in a group of its own, named with the prefix."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = folder / "texts"
        texts.mkdir()
        for path in reports_in(given.reports):
            (texts / f"{path.stem}.txt").write_text(_text(build, path), encoding="utf-8")
        said = build.call(GOLD / scorer, _write(folder / "gold.jsonl", gold), _write(folder / "run.jsonl", run), texts, "--json")
    return {group.removeprefix(prefix): scores for group, scores in json.loads(said).items() if group.startswith(prefix)}


def _column(scores: Mapping[str, Mapping[str, float]], name: str) -> dict[str, float]:
    return {id: float(row[name]) for id, row in scores.items() if name in row}


# Encoders


def encoders(given: Set, build: Build) -> Measured:
    """nDCG@10 of each system, dataset by dataset; kept as long as the encoder, the two indexes and the datasets are the same."""
    code = build.files("models", "index/encoder.py", "index/lexical.py", "index/segment.py", "retrieval/*fuse.py", "eval/encoders.py")
    table = build.kept(given.name, [*code, *given.gold], lambda out: _encoders(build, given.gold, out), code="encoders")
    rows = json.loads(table.read_text(encoding="utf-8"))["figures"]["beir"]
    found: dict[Figure, dict[str, float]] = {}
    for row in rows:
        if row["collection"] not in ("平均", "official_questions"):
            found.setdefault(Figure(f"nDCG@10：{row['system']}"), {})[row["collection"]] = row["nDCG@10"]
    return Measured(found)


def _encoders(build: Build, folders: Sequence[Path], out: Path) -> None:
    stem = out.with_name(out.name + "-table")
    build.call("-m", "eval", "encoders", "--beir", *folders, "--out", stem)
    stem.with_name(stem.name + ".json").rename(out)
    stem.with_name(stem.name + ".md").unlink()


def _lines(*paths: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path
