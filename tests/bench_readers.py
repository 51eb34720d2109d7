"""Measures the readers: `python -m tests.bench_readers [--pages 1600] [--files 300]`.

For each format a report of some length is made in a temporary folder, read once to warm the caches and then three times; the
best counts.  Memory is the peak of the reading process and its children together, above what it held before, sampled from
/proc every 10 ms (Linux).  Many small files are read here and by as many processes as there are cores, in turn, three times.
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

from index.files import read_all
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


def spent() -> float:
    """Seconds of processor time of this process and of those that it has waited for: what else the machine does costs none."""
    return sum(os.times()[:4])


def peak(action: Callable[[], object]) -> tuple[float, float, int]:
    """(seconds, seconds of processor time, bytes at the peak above those before) of an action."""
    idle = highest = resident()
    done = threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.01):
            highest = max(highest, resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began, before = time.perf_counter(), spent()
    try:
        action()
    finally:
        took, worked = time.perf_counter() - began, spent() - before
        done.set()
        watcher.join()
    return took, worked, highest - idle


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


def small(folder: Path, count: int) -> list[Path]:
    """Small files of the formats that people have many of: each with the text of a sample report and a line of its own."""
    sources = sorted(path for path in REPORTS.iterdir() if path.suffix in {".txt", ".md", ".html"} and path.name != "README.md")
    reports = [read(path) for path in sources]
    files = []
    for n in range(count):
        report, path = reports[n % len(reports)], folder / f"{n:04}{('.txt', '.docx', '.pdf')[n % 3]}"
        if path.suffix == ".docx":
            make_samples.docx(path, report, TABLE)
        elif path.suffix == ".pdf":
            make_samples.pdf(path, report, header="青川市司法局文件")
        else:
            path.write_text(f"{report.text}\n第{n}份。", encoding="utf-8")
        files.append(path)
    return files


def parallel(count: int) -> None:
    """Seconds that `count` small files take, one after another and by several processes."""
    with tempfile.TemporaryDirectory() as name:
        files = small(Path(name), count)
        workers = os.cpu_count() or 1
        took: dict[int, list[float]] = {0: [], workers: []}
        for _ in range(3):
            for number in took:
                began = time.perf_counter()
                read_well = sum(isinstance(got, Report) for _, got in read_all(files, workers=number))
                took[number].append(time.perf_counter() - began)
                assert read_well == count
        alone, together = min(took[0]), min(took[workers])
        print(f"\n{count} 份小文件（txt、docx、pdf 各三分之一）：在本进程里 {alone:.1f} 秒，用 {workers} 个进程 {together:.1f} 秒，"
              f"快 {alone / together:.2f} 倍；三轮 {took[0]} {took[workers]}；此刻负载 {os.getloadavg()[0]:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_readers")
    parser.add_argument("--copies", type=int, default=20, help="how many times the sample report is repeated in each file")
    parser.add_argument("--files", type=int, default=300, help="how many small files are read in parallel")
    parser.add_argument("--pages", type=int, default=1600, help="pages of the long PDF")
    given = parser.parse_args()
    report = read(REPORTS / "青川市司法局2023年法治政府建设年度报告.txt")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("| 文件 | 字节 | 字 | 秒 | 处理器秒 | MB/处理器秒 | 万字/处理器秒 | 内存峰值 MiB |\n|---|---:|---:|---:|---:|---:|---:|---:|")
        for path in made(folder, report, given.copies):
            try:
                characters = len(load(path).text)
            except LoadError as error:
                print(f"| {path.name} | {error} |")
                continue
            runs = [peak(partial(load, path)) for _ in range(3 if path.suffix != ".png" else 1)]
            took, worked, memory = min(run[0] for run in runs), max(0.01, min(run[1] for run in runs)), max(run[2] for run in runs)
            size = path.stat().st_size
            print(f"| {path.name} | {size:,} | {characters:,} | {took:.2f} | {worked:.2f} | {size / worked / 1e6:.2f} |"
                  f" {characters / worked / 1e4:.1f} | {memory / 2**20:.0f} |", flush=True)
        path = folder / "long.pdf"
        make_samples.pdf(path, report, header="青川市司法局文件", repeat=given.pages * 10 // 17 + 1)
        made_pages: list[int] = []

        def whole() -> None:
            made_pages.append(load(path).text.count("\f") + 1)

        took, worked, memory = peak(whole)
        print(f"\n{made_pages[0]} 页的 PDF（{path.stat().st_size / 1e6:.1f} MB）：load {took:.1f} 秒（处理器 {worked:.1f} 秒），"
              f"内存峰值比空闲时多 {memory / 2**20:.0f} MiB")
        took, worked, memory = peak(lambda: read(path))
        print(f"同一文件 read：{took:.1f} 秒（处理器 {worked:.1f} 秒），内存峰值比空闲时多 {memory / 2**20:.0f} MiB", flush=True)
    parallel(given.files)


if __name__ == "__main__":
    main()
