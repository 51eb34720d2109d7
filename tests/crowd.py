"""Fifty people asking at once: python -m tests.crowd DATA [--people 50] [--rounds 4] QUESTION…

Serves a copy of an index folder as `app.py` does, then lets everybody ask at the same moment, over the HTTP API and as the
page's own events; writes median and 99th percentile of the seconds until the answer, and how many were refused.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx

from tests.browser import serving
from tests.gradio_events import Session

Ask = Callable[[str], bool]


def over_the_api(client: httpx.Client) -> Ask:
    """Asks by POST /api/v1/ask."""
    return lambda question: client.post("/api/v1/ask", json={"question": question}).status_code == 200


def at_the_page(client: httpx.Client) -> Ask:
    """Asks as the page does, a conversation of its own each time."""
    client.get("/")

    def ask(question: str) -> bool:
        told = session.send("question", "submit", [question, None])
        session.send("talk", "fresh")
        return "process_completed" in told and "role=\\\"alert\\\"" not in told

    session = Session(client)
    return ask


def crowd(url: str, people: int, rounds: int, questions: Sequence[str], way: Callable[[httpx.Client], Ask]) -> tuple[list[float], int]:
    """Seconds of every question, and how many were not answered."""
    start = Barrier(people)

    def person(number: int) -> list[tuple[float, bool]]:
        with httpx.Client(base_url=url, trust_env=False, timeout=120) as client:
            ask = way(client)
            start.wait()
            told = []
            for at in range(rounds):
                began = time.perf_counter()
                good = ask(questions[(number + at) % len(questions)])
                told.append((time.perf_counter() - began, good))
            return told

    with ThreadPoolExecutor(people) as pool:
        outcomes = [one for told in pool.map(person, range(people)) for one in told]
    return [seconds for seconds, _ in outcomes], sum(not good for _, good in outcomes)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.crowd")
    parser.add_argument("data", type=Path, help="索引文件夹")
    parser.add_argument("questions", nargs="+", help="轮流问的问题")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=4, help="每人接连问几个")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(options.data, data)
        print(f"{platform.machine()}，{os.cpu_count()} 核，Python {platform.python_version()}；{options.people} 人，每人 {options.rounds} 问")
        with serving(data, "--per-minute", "100000") as url:
            for name, way in (("接口", over_the_api), ("网页", at_the_page)):
                seconds, refused = crowd(url, options.people, options.rounds, options.questions, way)
                ninety_nine = statistics.quantiles(seconds, n=100)[98]
                print(f"{name}：中位 {statistics.median(seconds):.3f} 秒，p99 {ninety_nine:.3f} 秒，共 {len(seconds)} 问，没有答的 {refused}", flush=True)


if __name__ == "__main__":
    main()
