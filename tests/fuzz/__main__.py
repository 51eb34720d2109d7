"""Fuzzes readers for as long as you like: `python -m tests.fuzz .docx .pdf --minutes 10 [--seed 1]`.

Each round damages a sample of the format and reads it; the reader must give text or raise LoadError.  What breaks that is
kept in the folder given by --out.  PDF, pictures and old workbooks are read in this process, not in one of their own, for speed;
a crash leaves the file as last.*.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from index import load
from index.readers import pdf, printed, xls
from index.types import LoadError
from tests import office_samples
from tests.fuzz.mutate import chance, editor
from tests.make_samples import DATA, REPORTS

SUFFIXES = [".txt", ".md", ".html", ".docx", ".xlsx", ".ofd", ".pdf", ".xls", ".csv", ".pptx", ".eml", ".epub", ".zip"]


def samples(suffix: str) -> list[bytes]:
    """Sample files of a format, smallest first."""
    if suffix in office_samples.MADE:
        return [office_samples.MADE[suffix]()]
    return sorted((path.read_bytes() for folder in (DATA, REPORTS) for path in folder.glob(f"*{suffix}")), key=len)


def inside(path: Path) -> str:
    """Text of a PDF, read in this process."""
    return printed.text([printed.printed_of(sheet) for sheet in pdf.extract(path, None)["sheets"]])


def in_process(suffix: str) -> Callable[[Path], str]:
    """What reads a format without a process of its own."""
    if suffix == ".pdf":
        return inside
    return (lambda path: xls.binary(path).text) if suffix == ".xls" else (lambda path: load.load(path).text)


def outcome(read: Callable[[Path], str], path: Path) -> str:
    """What became of a file: text, or LoadError.  Whatever else is raised goes on."""
    try:
        read(path).encode("utf-8")  # a lone surrogate could not be stored
    except LoadError as error:
        assert path.name in str(error), error
        return "LoadError"
    return "text"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("suffixes", nargs="*", default=SUFFIXES)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "youju-fuzz")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for suffix in given.suffixes:
        dice = random.Random(f"{given.seed}{suffix}")
        seeds, damaged = samples(suffix), editor(suffix)
        read = in_process(suffix)
        counts: Counter[str] = Counter()
        path = given.out / f"last{suffix}"
        slowest = 0.0
        until = time.monotonic() + given.minutes * 60
        while time.monotonic() < until:
            path.write_bytes(damaged(dice.choice(seeds), chance(dice)))
            began = time.monotonic()
            try:
                counts[outcome(read, path)] += 1
            except Exception as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                name = f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}{suffix}"
                counts[name] += 1
                if counts[name] == 1:
                    path.rename(given.out / name)
                    traceback.print_exc()
            took = time.monotonic() - began
            if took > slowest:
                slowest = took
                if path.exists() and took > 5:
                    (given.out / f"slow{suffix}").write_bytes(path.read_bytes())
        print(f"{suffix}: {sum(counts.values())} runs in {given.minutes:g} min, slowest {slowest:.2f} s: {dict(counts)}", flush=True)


if __name__ == "__main__":
    main()
