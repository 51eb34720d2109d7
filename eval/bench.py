"""How long, how large, how good: the product and its peers over the same passages and the same questions.

Each system is built and asked in a process of its own, one after another, so that none pays for another's memory.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from eval.beir import read_collection
from eval.dataset import Case, Found, GoldError, Result
from eval.metrics import score_all, summarise
from eval.peers import PEERS, Search, described
from eval.report import table
from eval.run import HITS, Progress, stem
from index.corpus import Corpus, embedded
from index.encoder import Encoder, load_encoder
from index.lexical import Lexical
from index.types import Facts, Passage, Report

OURS = {"youju": "本系统：理解问题、筛选、两路检索、融合", "youju-lexical": "本系统的关键词一路"}
_EACH = 4096  # passages of other text in one made-up report


@dataclass(frozen=True)
class Row:
    """What one system took and found.  Memory is the most it took beyond Python, its libraries' start and the encoder."""

    system: str
    version: str
    setting: str
    build_s: float = 0.0
    disk_mb: float = 0.0
    memory_mb: float = 0.0
    ms_p50: float = 0.0
    ms_p95: float = 0.0
    asked: int = 0
    recall_1: float = 0.0
    recall_5: float = 0.0
    failed: str = ""  # in Chinese; the figures are then not there

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def filling(sources: Sequence[Path], count: int) -> list[Report]:
    """Made-up reports of about `count` passages of other text: BEIR folders, or text files of a passage a line.

    Raises GoldError where the sources hold fewer.
    """
    if count <= 0:
        return []
    texts: list[str] = []
    for source in sources:
        found = read_collection(source).corpus.values() if source.is_dir() else _lines(source)
        texts += [text[:320] for text in found if text.strip()]
        if len(texts) >= count:
            break
    if len(texts) < count:
        raise GoldError(f"还缺 {count - len(texts)} 段才够：--fill 给的文字只有 {len(texts)} 段，请再给一些")
    texts = texts[:count]
    return [_report(f"filling-{at // _EACH}", texts[at : at + _EACH]) for at in range(0, len(texts), _EACH)]


def bench(
    systems: Sequence[str], reports: Sequence[Report], cases: Sequence[Case], encoder: str | None, limit: float, progress: Progress
) -> list[Row]:
    """A row a system, in the order given; one that breaks or takes too long says so in its row.

    limit: seconds to be built in, and again to be asked in.
    """
    asked = [case for case in cases if case.evidence]
    rows = []
    for done, system in enumerate(systems, 1):
        rows.append(_apart(system, reports, asked, encoder, limit))
        progress("比较", done, len(systems))
    return rows


def markdown_bench(rows: Sequence[Row], passages: int) -> str:
    """A row a system, times and sizes also as multiples of the first row's."""
    first = rows[0]

    def ratio(row: Row, value: float, of: float, digits: int) -> str:
        times = f"（{value / of:.2g}×）" if of and row is not first and not first.failed else ""
        return f"{value:.{digits}f}{times}"

    asked = max(row.asked for row in rows)
    lines = []
    for row in rows:
        if row.failed:
            lines.append((row.system, row.version, row.failed, *[""] * 7))
            continue
        lines.append(
            (
                row.system,
                row.version,
                row.setting,
                *(f"{recall:.3f}" if row.asked == asked else f"（只问了 {row.asked} 题）" for recall in (row.recall_1, row.recall_5)),
                ratio(row, row.ms_p50, first.ms_p50, 1),
                ratio(row, row.ms_p95, first.ms_p95, 1),
                ratio(row, row.build_s, first.build_s, 1),
                ratio(row, row.memory_mb, first.memory_mb, 0),
                f"{row.disk_mb:.1f}" if row.disk_mb else "不存盘",
            )
        )
    head = ("系统", "版本", "设置", "recall@1", "recall@5", "毫秒 p50", "毫秒 p95", "建库秒", "内存 MB", "磁盘 MB")
    said = f"{passages} 段，{asked} 个有依据的问题，每个系统单独一个进程；括号里是第一行的倍数，内存是建库与提问多占的最大值（不含 Python 与编码模型）"
    return "\n".join([said, "", *table(head, lines)])


def _apart(system: str, reports: Sequence[Report], cases: Sequence[Case], encoder: str | None, limit: float) -> Row:
    """One system in a process of its own."""
    about = described(system) if system in PEERS else {"version": "", "setting": OURS[system]}
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(theirs, system, list(reports), list(cases), encoder, limit))
    process.start()
    theirs.close()
    try:
        if not ours.poll(2 * limit + 60):
            return Row(system, **about, failed=f"{2 * limit + 60:.0f} 秒内没有做完")
        found = ours.recv()
    except EOFError:
        return Row(system, **about, failed="进程中途退出（可能是内存不够）")
    finally:
        process.kill()
        process.join()
    return Row(system, **about, **found)


def _measure(sent: Connection, system: str, reports: list[Report], cases: list[Case], name: str | None, limit: float) -> None:
    """In the process of its own: build, ask until the time is up, send the figures."""
    try:
        sent.send(_figures(system, reports, cases, load_encoder(name), limit))
    except Exception as error:  # a peer may raise anything; the row says it
        sent.send({"failed": f"出错：{type(error).__name__} {str(error)[:120]}"})
    finally:
        sent.close()


def _figures(system: str, reports: list[Report], cases: list[Case], encoder: Encoder, limit: float) -> dict[str, Any]:
    places = [(stem(report.name), passage) for report in reports for passage in report.passages]
    texts = [embedded(report.facts, passage) for report in reports for passage in report.passages]
    encoder.encode(["热身"])  # so that no system pays for loading the model
    before = _memory("VmRSS")
    with tempfile.TemporaryDirectory(prefix="youju-bench-", ignore_cleanup_errors=True) as folder:
        started = time.perf_counter()
        search = _ours(system, reports, encoder, Path(folder)) if system in OURS else PEERS[system].build(texts, encoder, Path(folder))
        built = time.perf_counter() - started
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        search(cases[0].question, HITS)
        results, times = {}, []
        asking = time.perf_counter()
        for case in cases:
            begun = time.perf_counter()
            found = search(case.question, HITS)
            times.append((time.perf_counter() - begun) * 1000)
            results[case.id] = Result(case.id, tuple(Found(places[at][0], places[at][1].text) for at in found))
            if time.perf_counter() - asking > limit:
                break
    done = [case for case in cases if case.id in results]
    means = summarise(score_all(done, results, {}))[0].means
    times.sort()
    return {
        "build_s": round(built, 2),
        "disk_mb": round(disk / 1e6, 2),
        "memory_mb": round(max(_memory("VmHWM") - before, 0) / 1e6, 1),
        "ms_p50": round(times[len(times) // 2], 2),
        "ms_p95": round(times[int(len(times) * 0.95)], 2),
        "asked": len(done),
        "recall_1": round(means["recall@1"], 4),
        "recall_5": round(means["recall@5"], 4),
    }


def _ours(system: str, reports: list[Report], encoder: Encoder, folder: Path) -> Search:
    """The product, or its keyword index alone, in the shape of a peer."""
    starts: dict[str, int] = {}
    total = 0
    for report in reports:
        starts[report.id] = total
        total += len(report.passages)
    if system == "youju-lexical":
        index = Lexical.create(folder)
        for at, report in enumerate(reports, 1):
            heads = [embedded(report.facts, passage).removesuffix(passage.text) for passage in report.passages]
            index.add([at << 20 | place for place in range(len(heads))], [passage.text for passage in report.passages], heads)
        index.commit(1)
        offsets = list(starts.values())
        return lambda question, k: [offsets[(row >> 20) - 1] + (row & 0xFFFFF) for row, _ in index.search(question, k)]
    from retrieval.ask import understood
    from retrieval.search import search

    corpus = Corpus.open(folder, encoder, create=True)
    corpus.add(reports)
    places = {p.id: starts[report.id] + at for report in reports for at, p in enumerate(report.passages)}
    return lambda question, k: [places[hit.passage.id] for hit in search(corpus, understood(corpus, question), k)]


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
