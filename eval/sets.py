"""The development sets, a line each, and how each is measured.  A part that can be asked more adds its line to SETS.

Questions with evidence are asked by the build's own `eval run` and scored by this build's eval.metrics for both, which
agrees with the scorer beside the gold; conversations and Loong are asked by the gold's drive.py and scored by the gold's
scorers, a question at a time.  Files of the gold that are not there leave their set out, with the reason.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval.builds import HERE, KEPT, Build, below
from eval.dataset import Case, GoldError, Result, read_golds, read_run
from eval.gate import baseline_of
from eval.metrics import FAITHFUL, LOWER_IS_BETTER, plain, score_all
from eval.report import name_of
from eval.run import misquoted, reports_in
from index.load import load
from index.types import YoujuError

SHARED = HERE.parent / "shared"
GOLD = SHARED / "gold"
SEEDS, PROVINCES, LOONG = (SHARED / "reports" / name for name in ("seeds", "provinces-2026", "loong"))
GENRES = tuple(SHARED / "reports/genres" / name for name in ("annual", "budget", "gwr", "judgment", "opensource", "xxgk"))
SHOWN = (
    "recall@1", "recall@5", "RR@10", "answer right", "short answer right", "abstains when it should", "abstains when it should not",
    "asks back when it should", "asks back when it should not", "row precision", "row recall", FAITHFUL,
)  # fmt: skip
ROUNDS = 5  # of what is timed


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
    """The build's own index of some reports, as `python -m index add` makes it."""
    return build.kept("index", reports, lambda out: build.call("-m", "index", "add", *reports, "--data", out))


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
    scores = _told(given, build, "score_dialogues.py", gold, lines, "kind:")
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
    scores = _told(given, build, "score_loong.py", [gold | {"level": gold["id"]} for gold in golds], lines, "level ")
    right = _column(scores, "right")
    figures: dict[Figure, Mapping[str, float]] = {}
    for level in sorted({gold["level"] for gold in golds}):
        figures[Figure(f"答对：第 {level} 级")] = {gold["id"]: right[gold["id"]] for gold in golds if gold["level"] == level}
    return Measured(figures | {Figure("弃答", lower=True): _column(scores, "abstains")}, ("问题不能只问其中几份报告：全部 354 份都在检索范围里",))


def _told(
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
    code = build.files("models", "index/encoder.py", "index/lexical.py", "index/segment.py", "retrieval/fuse.py", "eval/encoders.py")
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


# Size and speed


def size(given: Set, build: Build) -> Measured:
    """Of the repository, of the environment it needs, of an index."""
    files = build.files()
    python = [path for path in files if path.suffix == ".py"]
    amounts = {
        Figure("仓库文件", True, "MB"): sum(path.stat().st_size for path in files) / 1e6,
        Figure("models/", True, "MB"): sum(path.stat().st_size for path in files if path.is_relative_to(build.root / "models")) / 1e6,
        Figure("Python", True, "行"): float(sum(len(path.read_bytes().splitlines()) for path in python)),
        Figure("其中测试", True, "行"): float(sum(len(path.read_bytes().splitlines()) for path in python if path.is_relative_to(build.root / "tests"))),
        Figure("装好的依赖（requirements.txt）", True, "MB"): int(build.call("-c", _script("installed"), "requirements.txt")) / 1e6,
        Figure("索引（36 份报告）", True, "MB"): sum(path.stat().st_size for path in below([indexed(build, given.reports)])) / 1e6,
    }
    return Measured({figure: {"": amount} for figure, amount in amounts.items()})


def speed(given: Set, builds: Sequence[Build]) -> list[Measured]:
    """Builds take turns at everything, question by question, so that a busy machine is as busy for each."""
    asked = [case.question for case in read_golds(given.gold)]
    found: list[dict[Figure, dict[str, float]]] = [{} for _ in builds]

    def note(at: int, run: object, **amounts: float) -> None:
        for name, amount in amounts.items():
            found[at].setdefault(TIMED[name], {})[str(run)] = amount

    for turn in range(ROUNDS):
        order = list(enumerate(builds))[:: -1 if turn % 2 else 1]
        with tempfile.TemporaryDirectory() as name:
            folders = {at: Path(name) / str(at) for at, _ in order}
            for at, build in order:
                note(at, turn, **_built(build, given.reports, folders[at]))
            for at, build in order:
                note(at, turn, **_served(build, folders[at]))
            watches = {}
            for at, build in order:
                watches[at] = _watch(build, folders[at])
                note(at, turn, **json.loads(_line(watches[at])))
            for number in range(turn, len(asked), ROUNDS):
                for at, watch in list(watches.items())[:: -1 if number % 2 else 1]:
                    assert watch.stdin is not None
                    print(asked[number], file=watch.stdin, flush=True)
                    ms = json.loads(_line(watch))["ms"]
                    note(at, number, p50=ms, p95=ms)
            for at, watch in watches.items():
                note(at, turn, **json.loads(watch.communicate()[0]))
    return [Measured({figure: figures[figure] for figure in TIMED.values() if figure in figures}) for figures in found]


TIMED: Mapping[str, Figure] = {
    "p50": Figure("提问 p50", True, "毫秒", 0.5),
    "p95": Figure("提问 p95", True, "毫秒", 0.95),
    "build_s": Figure("建库（36 份报告）", True, "秒"),
    "build_cpu_s": Figure("建库的处理器时间", True, "秒"),
    "ready_s": Figure("打开索引到能答第一问", True, "秒"),
    "served_s": Figure("启动到网页就绪", True, "秒"),
    "served_mb": Figure("网页就绪时的内存", True, "MB"),
    "rss_mb": Figure("答完问题的内存（不含网页）", True, "MB"),
}


def _built(build: Build, reports: Sequence[Path], data: Path) -> dict[str, float]:
    began, before = time.perf_counter(), os.times()
    build.call("-m", "index", "add", *reports, "--data", data)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {"build_s": time.perf_counter() - began, "build_cpu_s": used}


def _served(build: Build, data: Path) -> dict[str, float]:
    """Seconds until the server says that it would answer, and its memory then."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        copy = shutil.copytree(data, Path(name) / "data")
        command, quiet = build.command("app.py", "--data", copy, "--port", "0"), subprocess.DEVNULL
        with subprocess.Popen(command, cwd=build.root, stdout=subprocess.PIPE, stderr=quiet, text=True, encoding="utf-8") as process:
            try:
                assert process.stdout is not None
                if not any(re.search("已就绪", line) for line in process.stdout):
                    raise GoldError(f"{build.root} 的 app.py 没有启动起来：在那里运行 python app.py doctor 看看为什么")
                took = time.perf_counter() - began
                return {"served_s": took, "served_mb": _resident(process.pid)}
            finally:
                process.terminate()


def _watch(build: Build, data: Path) -> subprocess.Popen[str]:
    command = build.command("-c", _script("stopwatch"), data)
    return subprocess.Popen(command, cwd=build.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def _script(name: str) -> str:
    """The text of a module of this room that runs in any checkout."""
    return (HERE / f"eval/{name}.py").read_text(encoding="utf-8")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    if line := process.stdout.readline():
        return line
    raise GoldError("计时的进程中途退出，原因见上")


def _resident(pid: int) -> float:
    """MB; 0 where the system does not say."""
    try:
        return next(int(line.split()[1]) / 1024 for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return 0.0


def _lines(*paths: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


_DATASETS = tuple(
    SHARED / "encoder-data/test" / name
    for name in (
        "cctv_title_2026", "cmrc2018_dev", "csl_title_abstract", "drcd_test", "dureader_robust_dev", "gov_message_reply",
        "lawbench_consult", "ncp_policy_qa", "nlpcc_kbqa_test", "rgb_news_web", "stard_statute",
    )
)  # fmt: skip
_DEV = (GOLD / "seeds.dev.jsonl", GOLD / "provinces-2026.dev.jsonl", GOLD / "provinces-2026.tables.dev.jsonl")
_BOTH = (SEEDS, PROVINCES)
_SAMPLES = (HERE / "eval/gold/samples.jsonl", HERE / "eval/gold/samples.tables.jsonl")

SETS: tuple[Set, ...] = (
    Set("samples", "样例", apart(samples), _SAMPLES, (HERE / "reports",)),
    Set("seeds", "司法局与法院", apart(questions), _DEV[:1], _BOTH),
    Set("provinces", "省级政府工作报告", apart(questions), _DEV[1:2], _BOTH),
    Set("provinces-tables", "省级报告的列表题", apart(questions), _DEV[2:], _BOTH),
    Set("genres", "其他文种", apart(questions), (GOLD / "genres.dev.jsonl",), GENRES, lambda id: id.partition("-")[0]),
    Set("genres-tables", "其他文种的列表题", apart(questions), (GOLD / "genres.tables.dev.jsonl",), GENRES),
    Set("dialogues", "对话", apart(conversations), (GOLD / "dialogues.dev.jsonl",), _BOTH),
    Set("singles", "单独的查找与短问", apart(conversations), (GOLD / "singles.dev.jsonl",), _BOTH),
    Set("loong", "上市公司季报", apart(loong), (GOLD / "loong.dev.jsonl",), (LOONG,), default=False),
    Set("encoders", "编码器，十一个公开数据集", apart(encoders), _DATASETS, default=False),
    Set("size", "大小", apart(size), (), _BOTH),
    Set("speed", "快慢", speed, _DEV, _BOTH),
)
