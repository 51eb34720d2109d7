"""Many people at once: python -m tests.crowd [--people 50] [--rounds 4] | --mix ask,search,page,upload … | --rss …

Each build serves an index of its own as `app.py` does, with an account and a token for everybody, and its default limits.

without more   everybody asks at the same moment, over the HTTP API and as the page's own events, --rounds times
--mix          for --seconds everybody does these in turn (a name given twice is done twice as often), no faster than the limits allow;
               --build, several times, drives other checkouts from the same script, builds in turn, --runs times
--rss          the server's memory after 600 and after --questions questions
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from eval.about import machine
from eval.builds import HERE, Build
from tests.gradio_events import Session

BUSY = (429, 503)  # stated: come again later
SPACING = 1.05  # seconds between what counts against sixty requests a minute
EARLY = 600  # questions after which memory should have settled
ACCOUNTS = """
import sys
from pathlib import Path
from server.accounts import Accounts
accounts = Accounts(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    accounts.add(f"crowd{number}", f"crowd-{number}-secret", "manage")
    print(accounts.add_token(f"crowd{number}"))
"""

Do = Callable[["Person", str], int]  # one thing done with a question; the HTTP status


@dataclass
class Person:
    """Somebody with a token, and the page as they have it open."""

    number: int
    client: httpx.Client
    session: Session | None = None
    uploads: Iterator[int] = field(default_factory=itertools.count)

    def page(self) -> Session:
        if self.session is None:
            self.client.get("/").raise_for_status()
            self.session = Session(self.client)
        return self.session


def ask(person: Person, question: str) -> int:
    return person.client.post("/api/v1/ask", json={"question": question}).status_code


def search(person: Person, question: str) -> int:
    return person.client.post("/api/v1/search", json={"question": question}).status_code


def page(person: Person, question: str) -> int:
    """As the page asks: a conversation of its own each time."""
    told = person.page().send("question", "submit", [question, None])
    person.page().send("talk", "fresh")
    return 200 if "process_completed" in told and "role=\\\"alert\\\"" not in told else next((code for code in BUSY if str(code) in told[:200]), 500)


def upload(person: Person, question: str) -> int:
    """A new report each time."""
    place = f"青川市第{person.number + 1}街道"
    month = next(person.uploads) + 1
    text = f"{place}第{month}期工作通报\n\n一、办理情况\n\n本期受理群众来信{person.number * 31 + month * 7}件，办结{person.number * 29 + month * 5}件。\n"
    given = {"file": (f"{place}第{month}期工作通报.txt", text.encode(), "text/plain")}
    return person.client.post("/api/v1/reports", files=given).status_code


DOINGS: dict[str, tuple[Do, int]] = {"ask": (ask, 1), "search": (search, 1), "page": (page, 2), "upload": (upload, 1)}  # and requests that count


@dataclass
class Told:
    """What came of everything: seconds by kind, statuses by kind, the server's memory over time."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, seconds: float) -> None:
        with self.lock:
            self.statuses[kind, status] += 1
            self.seconds.setdefault(kind, []).append(seconds)

    @property
    def done(self) -> int:
        return sum(self.statuses.values())

    @property
    def busy(self) -> int:
        return sum(count for (_, status), count in self.statuses.items() if status in BUSY)

    @property
    def errors(self) -> dict[str, int]:
        return {f"{kind} {status or '断开'}": count for (kind, status), count in self.statuses.items() if status not in (200, 201, *BUSY)}

    def at(self, kind: str, share: float) -> float:
        ordered = sorted(self.seconds.get(kind, [])) or [float("nan")]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def do(person: Person, kind: str, question: str, told: Told) -> None:
    began = time.perf_counter()
    try:
        status = DOINGS[kind][0](person, question)
    except httpx.HTTPError:
        status = 0
    told.note(kind, status, time.perf_counter() - began)


def together(url: str, tokens: Sequence[str], person: Callable[[Person], None]) -> None:
    """Everybody, each in a thread of their own; returns when all have done."""

    def one(number: int) -> None:
        headers = {"Authorization": f"Bearer {tokens[number]}"}
        with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=120) as client:
            person(Person(number, client))

    with ThreadPoolExecutor(len(tokens)) as pool:
        list(pool.map(one, range(len(tokens))))


def at_once(url: str, tokens: Sequence[str], questions: Sequence[str], kind: str, rounds: int) -> Told:
    """Everybody starts at the same moment, and asks again as soon as answered."""
    told, start = Told(), threading.Barrier(len(tokens))

    def one(person: Person) -> None:
        if kind == "page":
            person.page()
        start.wait()
        for at in range(rounds):
            do(person, kind, questions[(person.number + at) % len(questions)], told)

    together(url, tokens, one)
    return told


def mixed(url: str, pid: int, tokens: Sequence[str], questions: Sequence[str], mix: Sequence[str], go_on: Callable[[Told], bool]) -> Told:
    """Everybody does the mix, each starting elsewhere in it, spaced as the limits allow, as long as `go_on` says."""
    told = Told()

    def one(person: Person) -> None:
        if "page" in mix:
            person.page()
        due = time.monotonic() + SPACING * person.number / len(tokens)
        for at in itertools.count(person.number):
            time.sleep(max(0.0, due - time.monotonic()))
            if not go_on(told):
                return
            kind = mix[at % len(mix)]
            due = max(due, time.monotonic()) + SPACING * DOINGS[kind][1]
            do(person, kind, questions[at * 7 % len(questions)], told)

    with remembering(pid, told):
        together(url, tokens, one)
    return told


@contextmanager
def remembering(pid: int, told: Told) -> Iterator[None]:
    """The server's memory, each second, into what is told."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(1):
            told.memory.append(resident(pid))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        told.memory.append(resident(pid))


def resident(pid: int) -> float:
    """MB that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def serving(build: Build, reports: Sequence[Path], people: int, *options: str) -> Iterator[tuple[str, int, list[str]]]:
    """A build's server over an index that it made itself: address, process, everybody's tokens."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        build.index(reports, data)
        tokens = build.call("-c", ACCOUNTS, data, people).split()
        command = build.command("app.py", "--data", data, "--port", "0", *options)
        with subprocess.Popen(command, cwd=build.root, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
            try:
                assert process.stdout is not None
                ready = next((line for line in process.stdout if "已就绪：" in line), None)
                if ready is None:
                    raise RuntimeError(f"{build.root}：app.py 没有启动起来")
                yield ready.partition("已就绪：")[2].split()[0].partition("　")[0], process.pid, tokens
            finally:
                process.terminate()


def described(told: Told) -> str:
    kinds = "；".join(f"{kind} {len(told.seconds[kind])} 次 p50 {told.at(kind, 0.5):.3f} p99 {told.at(kind, 0.99):.3f} 秒" for kind in told.seconds)
    wrong = "、".join(f"{said} {count} 次" for said, count in told.errors.items()) or "0"
    memory = f"；内存 {told.memory[0]:.0f} → {told.memory[-1]:.0f} MB（最多 {max(told.memory):.0f}）" if told.memory else ""
    return f"{kinds}；出错 {wrong}；请稍后再试 {told.busy}{memory}"


@dataclass(frozen=True)
class Script:
    """What is driven, the same for every build."""

    reports: Sequence[Path]
    questions: Sequence[str]
    people: int
    say: Callable[[Build, str, Told], None]
    options: Sequence[str] = ()  # of app.py

    def in_turn(self, builds: Sequence[Build], mix: Sequence[str], seconds: float, runs: int) -> None:
        """The mix on each build, run after run in alternating order; then how the first one's p99 stands to the others'."""
        ran: dict[Path, list[Told]] = {build.root: [] for build in builds}
        for run in range(runs):
            for build in builds[:: -1 if run % 2 else 1]:
                with serving(build, self.reports, self.people, *self.options) as (url, pid, tokens):
                    end = time.monotonic() + seconds
                    told = mixed(url, pid, tokens, self.questions, mix, partial(_until, end))
                self.say(build, f"第 {run + 1} 轮", told)
                ran[build.root].append(told)
        kinds = dict.fromkeys(mix)
        medians = [{kind: statistics.median(told.at(kind, 0.99) for told in ran[build.root]) for kind in kinds} for build in builds]
        for build, middle in zip(builds, medians, strict=True):
            said = "、".join(f"{kind} {seconds:.3f} 秒（这里是它的 {medians[0][kind] / seconds:.2f} 倍）" for kind, seconds in middle.items())
            print(f"{build.root.name}（{build.commit}）各轮 p99 的中位：{said}", flush=True)

    def memory(self, build: Build, questions: int) -> None:
        """The server's memory after some questions and after many."""
        with serving(build, self.reports, self.people, *self.options) as (url, pid, tokens):
            early = mixed(url, pid, tokens, self.questions, ["ask"], lambda told: told.done < EARLY)
            before = resident(pid)
            late = mixed(url, pid, tokens, self.questions, ["ask"], lambda told: told.done < questions - early.done)
            after = resident(pid)
        self.say(build, f"前 {early.done} 问", early)
        self.say(build, f"再 {late.done} 问", late)
        print(f"{build.root.name}：内存 {before:.1f} → {after:.1f} MB，{after / before - 1:+.2%}", flush=True)

    def rush(self, build: Build, rounds: int) -> None:
        """Everybody at the same moment, without limits."""
        with serving(build, self.reports, self.people, "--per-minute", "100000", *self.options) as (url, _, tokens):
            for kind, title in (("ask", "接口"), ("page", "网页")):
                self.say(build, title, at_once(url, tokens, self.questions, kind, rounds))


def _until(end: float, told: Told) -> bool:
    return time.monotonic() < end


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.crowd", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path, nargs="+", default=[HERE / "reports"], help="报告文件夹（默认样例）")
    parser.add_argument("--gold", type=Path, default=HERE / "eval/gold/samples.jsonl", help="轮流问其中的问题（默认样例问题）")
    parser.add_argument("--people", type=int, help="几个人（默认 50，--mix 与 --rss 时 60）")
    parser.add_argument("--rounds", type=int, default=4, help="每人接连问几个")
    parser.add_argument("--mix", help="做什么：ask、search、page、upload，逗号隔开")
    parser.add_argument("--seconds", type=float, default=60, help="--mix 做多久")
    parser.add_argument("--build", type=Path, action="append", default=[], help="另一份检出的代码，有自己的 .venv；可写多次")
    parser.add_argument("--runs", type=int, default=1, help="--mix 各做几轮，几份代码交替")
    parser.add_argument("--rss", action="store_true", help="量问过许多问题之后的内存")
    parser.add_argument("--questions", type=int, default=3000, help="--rss 问多少个")
    parser.add_argument("--encoder", help="服务用的编码模型（默认各自的默认）")
    parser.add_argument("--out", type=Path, help="另写一份 JSON")
    options = parser.parse_args()
    mix = (options.mix or "ask").split(",")
    if bad := set(mix) - DOINGS.keys():
        parser.error(f"--mix 里不认识 {'、'.join(sorted(bad))}；可以是 {'、'.join(DOINGS)}")
    builds = [Build(HERE), *(Build(path.resolve()) for path in options.build)]
    written: list[dict[str, object]] = []

    def say(build: Build, title: str, told: Told) -> None:
        print(f"{build.root.name}（{build.commit}）{title}：{described(told)}", flush=True)
        percentiles = {f"{kind} p{share}": told.at(kind, share / 100) for kind in told.seconds for share in (50, 99)}
        written.append(
            {"build": build.commit, "title": title, "done": told.done, "errors": told.errors, "busy": told.busy, **percentiles, "memory": told.memory}
        )

    questions = [json.loads(line)["question"] for line in options.gold.read_text(encoding="utf-8").splitlines() if line.strip()]
    people = options.people or (60 if options.mix or options.rss else 50)
    script = Script([path.resolve() for path in options.reports], questions, people, say, ["--encoder", options.encoder] if options.encoder else [])
    print(f"{machine()}；{people} 人")
    if options.mix:
        script.in_turn(builds, mix, options.seconds, options.runs)
    for build in builds if not options.mix else ():
        script.memory(build, options.questions) if options.rss else script.rush(build, options.rounds)
    if options.out:
        options.out.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
