"""How long, how large, how good: the product and its peers over the same passages and the same questions.

Each system is built and asked in a process of its own, one after another, so that none pays for another's memory.  Its
time is limited in seconds of processor, not of the clock, so that a busy machine cuts nobody short.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from eval.beir import read_collection
from eval.compare import paired_randomization
from eval.dataset import Case, Found, GoldError, Result
from eval.metrics import score_all, summarise
from eval.peers import PEERS, Search, described
from eval.report import table
from eval.run import HITS, share, stem
from index import backfill
from index.corpus import Corpus
from index.encoder import Encoder, load_encoder
from index.lexical import Lexical
from index.rows import ordinal, passage_row, report_row
from index.types import Facts, Passage, Report, embedded

OURS = {"youju": "本系统：理解问题、筛选、两路检索、融合", "youju-lexical": "本系统的关键词一路"}
Fill = Callable[[], dict[str, Any]]
_EACH = 4096  # passages of other text in one made-up report
_WALL = 10  # times the limit that the clock may show before a system that does not work at all is given up


@dataclass(frozen=True)
class Row:
    """What one system took and found.  Memory is the most it took beyond Python, its libraries' start and the encoder.

    A system that was stopped says so in `failed`, and keeps the figures that it had until then.
    """

    system: str
    version: str
    setting: str
    build_s: float = 0.0  # of the clock; 0 where it was not finished
    build_cpu_s: float = 0.0  # of all cores together
    filled: str = ""  # how much had its contextual vectors when it was asked, 1.000; empty where a system has none
    fill_s: float = 0.0  # of the clock, that they took, after building
    disk_mb: float = 0.0
    memory_mb: float = 0.0
    ms_p50: float = 0.0
    ms_p95: float = 0.0
    asked: int = 0
    recall_1: float = 0.0
    recall_5: float = 0.0
    failed: str = ""  # in Chinese
    found: Mapping[str, float] = field(default_factory=dict)  # question → its recall@5

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def filling(sources: Sequence[Path], count: int) -> list[Report]:
    """Made-up reports of about `count` passages of other text: BEIR folders or zip files, or text files of a passage a line.

    Raises GoldError where the sources hold fewer.
    """
    if count <= 0:
        return []
    texts: list[str] = []
    for source in sources:
        found = read_collection(source).corpus.values() if source.is_dir() or source.suffix == ".zip" else _lines(source)
        texts += [text[:320] for text in found if text.strip()]
        if len(texts) >= count:
            break
    if len(texts) < count:
        raise GoldError(f"还缺 {count - len(texts)} 段才够：--fill 给的文字只有 {len(texts)} 段，请再给一些")
    texts = texts[:count]
    return [_report(f"filling-{at // _EACH}", texts[at : at + _EACH]) for at in range(0, len(texts), _EACH)]


def bench(
    systems: Sequence[str], reports: Sequence[Report], cases: Sequence[Case], encoder: str | None, limit: float, asking: float
) -> Iterator[Row]:
    """A row a system, in the order given; one that breaks or takes too long says so in its row.

    limit: seconds of processor to be built in; asking: to be asked in.  Questions come in an order drawn once, so that
    those which a slow system had time for are a sample of all.
    """
    asked = [case for case in cases if case.evidence]
    random.Random(0).shuffle(asked)
    for system in systems:
        yield _apart(system, reports, asked, encoder, limit, asking)


def measured(stem: Path, same: Mapping[str, Any]) -> list[Row]:
    """Rows that an earlier run of the same code, questions and passages left in STEM.json; none where there is no such run.

    same: what the file's figures must say of themselves.
    """
    try:
        figures = json.loads(stem.with_name(stem.name + ".json").read_text(encoding="utf-8"))["figures"]
        return [Row(**row) for row in figures["rows"]] if same.items() <= figures.items() else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def markdown_bench(rows: Sequence[Row], passages: int) -> str:
    """A row a system, times and sizes also as multiples of the first row's, found questions beside the first row's."""
    first = rows[0]
    asked = max(row.asked for row in rows)

    def ratio(row: Row, value: float, of: float, digits: int) -> str:
        times = f"（{value / of:.2g}×）" if of and row is not first else ""
        return f"{value:.{digits}f}{times}" if value else "–"

    def recall(row: Row, value: float) -> str:
        return f"{value:.3f}" + (f"（{row.asked} 题）" if row.asked < asked else "") if row.asked else "–"

    lines = [
        (
            row.system,
            row.version,
            "；".join(filter(None, (row.setting, _filled(row), row.failed))),
            recall(row, row.recall_1),
            recall(row, row.recall_5),
            _beside(first, row) if row is not first else "",
            ratio(row, row.ms_p50, first.ms_p50, 1),
            ratio(row, row.ms_p95, first.ms_p95, 1),
            ratio(row, row.build_s, first.build_s, 1),
            ratio(row, row.build_cpu_s, first.build_cpu_s, 1),
            ratio(row, row.memory_mb, first.memory_mb, 0),
            ratio(row, row.disk_mb, first.disk_mb, 1) if row.disk_mb or not row.build_s else "不存盘",
        )
        for row in rows
    ]
    head = (
        "系统", "版本", "设置", "recall@1", "recall@5", "第一行胜/平/负", "毫秒 p50", "毫秒 p95", "建库秒", "建库 CPU 秒", "内存 MB", "磁盘 MB",
    )  # fmt: skip
    said = (
        f"{passages} 段，{asked} 个有依据的问题，每个系统单独一个进程；括号里是第一行的倍数，内存是建库与提问多占的最大值（不含 Python 与编码模型）；"
        "胜/平/负按每题的 recall@5，只比两边都问了的题，p 是配对随机化检验"
    )
    return "\n".join([said, "", *table(head, lines)])


def _beside(first: Row, row: Row) -> str:
    """Questions on which the first row found more, as much, less than another; p of the mean difference."""
    both = [id for id in first.found if id in row.found]
    if not both:
        return "–"
    gains = np.array([first.found[id] - row.found[id] for id in both])
    return f"{(gains > 0).sum()}/{(gains == 0).sum()}/{(gains < 0).sum()}，p={paired_randomization(gains):.4f}"


def _filled(row: Row) -> str:
    return f"有上下文向量 {row.filled}，补齐 {row.fill_s:.1f} 秒" if row.filled else ""


def _apart(
    system: str, reports: Sequence[Report], cases: Sequence[Case], encoder: str | None, limit: float, asking: float
) -> Row:
    """One system in a process of its own, which sends its figures as it has them and stops where its time is up."""
    about = described(system) if system in PEERS else {"version": "", "setting": OURS[system]}
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="youju-bench-", ignore_cleanup_errors=True) as folder:
        process = context.Process(target=_measure, args=(theirs, system, list(reports), list(cases), encoder, limit, asking, Path(folder)))
        process.start()
        theirs.close()
        until = time.monotonic() + _WALL * (limit + asking)
        try:
            while ours.poll(max(0.0, until - time.monotonic())):
                found |= ours.recv()
            found["failed"] = f"{_WALL * (limit + asking):.0f} 秒内没有做完"
        except EOFError:
            process.join()
            if process.exitcode:
                found["failed"] = _why(process.exitcode, limit)
        finally:
            process.kill()
            process.join()
    return Row(system, **about, **found)


def _why(status: int, limit: float) -> str:
    """What ended a process before it was done."""
    if sys.platform != "win32" and status == -signal.SIGXCPU:
        return f"建库用满 {limit:.0f} 秒 CPU 没有做完"
    return "进程被终止（可能是内存不够）" if status == -9 else f"进程中途退出（{status}）"


def _measure(
    sent: Connection, system: str, reports: list[Report], cases: list[Case], name: str | None, limit: float, asking: float, folder: Path
) -> None:
    """In the process of its own: build, ask until the time is up, send the figures of each."""
    _first_to_go()
    try:
        for figures in _figures(system, reports, cases, load_encoder(name), limit, asking, folder):
            sent.send(figures)
    except Exception as error:  # a peer may raise anything; the row says it
        sent.send({"failed": f"出错：{type(error).__name__} {str(error)[:120]}"})
    finally:
        sent.close()


def _first_to_go() -> None:
    """Where memory runs out, Linux ends this process and no other."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _processor_limit(seconds: float | None) -> None:
    """The system ends this process once it has used so much more processor; None lifts it.  Windows knows no such limit."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (hard if seconds is None else int(time.process_time() + seconds) + 1, hard))


def _figures(
    system: str, reports: list[Report], cases: list[Case], encoder: Encoder, limit: float, asking: float, folder: Path
) -> Iterator[dict[str, Any]]:
    """What building took, then what asking took and found."""
    places = [(stem(report.name), passage) for report in reports for passage in report.passages]
    texts = [embedded(report.facts, passage) for report in reports for passage in report.passages]
    encoder.encode(["热身"])  # so that no system pays for loading the model
    before = _memory("VmRSS")
    started, worked = time.perf_counter(), time.process_time()
    _processor_limit(limit)
    fill: Fill | None = None
    if system in OURS:
        search, fill = _ours(system, reports, encoder, folder)
    else:
        search = PEERS[system].build(texts, encoder, folder)
    _processor_limit(None)
    built = {"build_s": round(time.perf_counter() - started, 2), "build_cpu_s": round(time.process_time() - worked, 2)}
    if fill is not None:
        built |= fill()
    yield {
        **built,
        "disk_mb": round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6, 2),
        "memory_mb": round(max(_memory("VmHWM") - before, 0) / 1e6, 1),
    }
    search(cases[0].question, HITS)
    results, times = {}, []
    worked = time.process_time()
    for case in cases:
        begun = time.perf_counter()
        found = search(case.question, HITS)
        times.append((time.perf_counter() - begun) * 1000)
        results[case.id] = Result(case.id, tuple(Found(places[at][0], places[at][1].text) for at in found))
        if time.process_time() - worked > asking:
            break
    scored = score_all([case for case in cases if case.id in results], results, {})
    means = summarise(scored)[0].means
    times.sort()
    yield {
        "memory_mb": round(max(_memory("VmHWM") - before, 0) / 1e6, 1),
        "ms_p50": round(times[len(times) // 2], 2),
        "ms_p95": round(times[int(len(times) * 0.95)], 2),
        "asked": len(scored),
        "recall_1": round(means["recall@1"], 4),
        "recall_5": round(means["recall@5"], 4),
        "found": {one.case.id: round(one.values["recall@5"], 4) for one in scored},
    }


def _ours(system: str, reports: list[Report], encoder: Encoder, folder: Path) -> tuple[Search, Fill | None]:
    """The product, or its keyword index alone, in the shape of a peer; and what fills in the vectors that are not there yet."""
    starts: dict[str, int] = {}
    total = 0
    for report in reports:
        starts[report.id] = total
        total += len(report.passages)
    if system == "youju-lexical":
        index = Lexical.create(folder)
        for at, report in enumerate(reports, 1):
            heads = [embedded(report.facts, passage).removesuffix(passage.text) for passage in report.passages]
            index.add([passage_row(at, place) for place in range(len(heads))], [passage.text for passage in report.passages], heads)
        index.commit(1)
        offsets = list(starts.values())
        return lambda question, k: [offsets[report_row(row) - 1] + ordinal(row) for row, _ in index.search(question, k)], None
    from retrieval.ask import understood
    from retrieval.search.search import search

    corpus = Corpus.open(folder, encoder, create=True)
    corpus.add(reports)
    places = {p.id: starts[report.id] + at for report in reports for at, p in enumerate(report.passages)}

    def fill() -> dict[str, Any]:
        started = time.perf_counter()
        if corpus.contextual is not None:
            backfill.fill(folder, corpus.contextual)
        return {"filled": share(corpus), "fill_s": round(time.perf_counter() - started, 2)}

    return lambda question, k: [places[hit.passage.id] for hit in search(corpus, understood(corpus, question), k)], fill


def _report(name: str, texts: Iterable[str]) -> Report:
    """A report that says nothing of itself, a passage a text."""
    passages, parts, at = [], [], 0
    for number, text in enumerate(texts):
        passages.append(Passage(f"{name}-{number}", name, at, at + len(text), text))
        parts.append(text)
        at += len(text) + 1
    return Report(name, f"/{name}", f"{name}.txt", Facts(), "\n".join(parts), passages=tuple(passages))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GoldError(f"补足段落用的文件 {path} 读不出来：{error}") from error


def _memory(name: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at most (getrusage's peak would be the parent's too, kept across exec)."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
    except (OSError, StopIteration):
        return 0
