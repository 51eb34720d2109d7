"""A PDF's own pages: their sizes, a picture of one, and where on them a run of a report's cleaned text stands.

PDFium works in a process of its own, so that a file which crashes or hangs it takes nothing with it.

    python -m page.pdf FILE        # the sizes of all pages
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from index.types import LoadError, Report
from server.pages import drawn

SECONDS = 30
WIDTH = 1400  # pixels: sharp at twice the width that the panel has
_ROOT = Path(__file__).resolve().parents[1]

Box = tuple[int, float, float, float, float]  # page from 1; left, top, right, bottom in points from its top left corner


def is_pdf(file: Path) -> bool:
    """Whether a file has pages to show, and is there."""
    return file.suffix.lower() == ".pdf" and file.is_file()


def page_sizes(file: Path) -> list[tuple[float, float]]:
    """Width and height of every page in points.  Raises LoadError when the file cannot be opened."""
    return _sizes(file, file.stat().st_mtime_ns)


def picture(file: Path, number: int) -> bytes:
    """PNG of a page, from 1.  Raises LoadError when there is no such page or it cannot be drawn."""
    return drawn(file, file.stat().st_mtime_ns, number, WIDTH)


def places(report: Report, start: int, end: int) -> tuple[Box, ...]:
    """Boxes of `report.text[start:end]`, one a line.

    Empty where the file no longer reads as what was indexed.  Raises LoadError when it cannot be read.
    """
    file = Path(report.source)
    return _places(report.id, file, file.stat().st_mtime_ns, report.text, start, end)


@lru_cache(maxsize=256)
def _places(id: str, file: Path, stamp: int, text: str, start: int, end: int) -> tuple[Box, ...]:
    from index.readers.pdf import boxes

    origins = _origins(id, file, stamp, text)
    if not origins or not 0 <= start < end <= len(origins):
        return ()
    return tuple((place.page, *place.box) for place in boxes(file, origins[start], origins[end - 1] + 1))


@lru_cache(maxsize=8)
def _origins(id: str, file: Path, stamp: int, text: str) -> tuple[int, ...]:
    """From each character of the cleaned text to the file's own; empty where the file reads otherwise now."""
    from index.clean import clean
    from index.load import load

    raw = load(file)
    cleaned = clean(raw.text, raw.marked)
    return tuple(cleaned.origins) if cleaned.text == text else ()


@lru_cache(maxsize=256)
def _sizes(file: Path, stamp: int) -> list[tuple[float, float]]:
    command = [sys.executable, "-m", "page.pdf", str(file)]
    try:
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{file.name}：{SECONDS} 秒还没有打开，请下载原文件查看。") from error
    if done.returncode:
        raise LoadError(f"{file.name}：打不开，文件可能已损坏；请下载原文件查看。")
    return [(width, height) for width, height in json.loads(done.stdout)]


def main(file: str) -> int:
    """Write the sizes of all pages to standard output, as JSON."""
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        sys.stdout.write(json.dumps([document.get_page_size(at) for at in range(len(document))]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
