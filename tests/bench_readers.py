"""Measures the readers: `python -m tests.bench_readers [--pages 1600]`.

For each format a report of some length is made in a temporary folder, read once to warm the caches and then three times; the
best counts.  Memory is the peak of the reading process and its children together, above what it held before, sampled from
/proc every 10 ms (Linux).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from index.load import load
from index.read import read
from index.types import LoadError, Report
from tests import make_samples
from tests.make_samples import REPORTS, TABLE, blocks


def resident() -> int:
    """Bytes held by this process and all below it."""
    total, waiting = 0, [os.getpid()]
    while waiting:
        at = waiting.pop()
        try:
            total += int(Path(f"/proc/{at}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            for task in Path(f"/proc/{at}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # it ended meanwhile
    return total


def peak(action: Callable[[], object]) -> tuple[float, int]:
    """(seconds, bytes at the peak above those before) of an action."""
    idle = highest = resident()
    done = threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.01):
            highest = max(highest, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    try:
        action()
    finally:
        took = time.perf_counter() - began
        done.set()
        watcher.join()
    return took, highest - idle


def made(folder: Path, report: Report, copies: int) -> list[Path]:
    """A file of every format: `copies` times the report, one after another."""
    text = "\n".join([report.text] * copies)
    body = [line for _, line in blocks(report)] * copies
    page = "<html><head><title>报告</title></head><body><h1>报告</h1>" + "".join(f"<p>{line}</p>\n" for line in body) + "</body></html>"
    (folder / "a.txt").write_text(text, encoding="utf-8")
    (folder / "b.txt").write_text(text, encoding="gb18030")
    (folder / "c.md").write_text(text, encoding="utf-8")
    (folder / "d.html").write_text(page, encoding="utf-8")
    make_samples.pdf(folder / "e.pdf", report, header="青川市司法局文件", repeat=copies, table=TABLE)
    make_samples.docx(folder / "f.docx", report, TABLE, repeat=copies)
    make_samples.ofd(folder / "h.ofd", report, repeat=copies)
    figures: list[list[Any]] = [[f"指标{i}", "件", i * 3, i * 7 + 0.5] for i in range(200 * copies)]
    make_samples.xlsx(folder / "i.xlsx", [("统计", [["指标", "单位", "2023年", "2024年"], *figures])])
    make_samples.office(folder / "f.docx", "doc")
    make_samples.picture(folder / "j.png", [line[:36] for line in body[:20]])
    return sorted(folder.iterdir())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_readers")
    parser.add_argument("--copies", type=int, default=20, help="how many times the sample report is repeated in each file")
    parser.add_argument("--pages", type=int, default=1600, help="pages of the long PDF")
    given = parser.parse_args()
    report = read(REPORTS / "青川市司法局2023年法治政府建设年度报告.txt")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| 文件 | 字节 | 字 | 秒 | MB/秒 | 万字/秒 | 内存峰值 MiB |\n|---|---:|---:|---:|---:|---:|---:|")
        for path in made(folder, report, given.copies):
            try:
                characters = len(load(path).text)
            except LoadError as error:
                print(f"| {path.name} | {error} |")
                continue
            runs = [peak(partial(load, path)) for _ in range(3 if path.suffix != ".png" else 1)]
            took, memory = min(runs)[0], max(memory for _, memory in runs)
            size = path.stat().st_size
            print(f"| {path.name} | {size:,} | {characters:,} | {took:.2f} | {size / took / 1e6:.2f} | {characters / took / 1e4:.1f} |"
                  f" {memory / 2**20:.0f} |", flush=True)
        path = folder / "long.pdf"
        make_samples.pdf(path, report, header="青川市司法局文件", repeat=given.pages * 10 // 17 + 1)
        made_pages: list[int] = []

        def whole() -> None:
            made_pages.append(load(path).text.count("\f") + 1)

        took, memory = peak(whole)
        print(f"\n{made_pages[0]} 页的 PDF（{path.stat().st_size / 1e6:.1f} MB）：load {took:.1f} 秒，内存峰值比空闲时多 {memory / 2**20:.0f} MiB")
        took, memory = peak(lambda: read(path))
        print(f"同一文件 read：{took:.1f} 秒，内存峰值比空闲时多 {memory / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
