"""What a build costs: the size of its parts, and how fast it is beside another, both taking turns."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.builds import HERE, Build, below
from eval.dataset import GoldError, read_golds
from eval.measures import Figure, Measured, Set, indexed

ROUNDS = 5  # of what is timed


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
