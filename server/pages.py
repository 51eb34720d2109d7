"""Pages of a PDF as images, drawn in a process of its own: a file that crashes or hangs the renderer takes nothing with it.

    python -m server.pages FILE NUMBER WIDTH > page.png
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from index.types import LoadError

SECONDS = 30
WIDEST = 2000  # pixels
_ROOT = Path(__file__).resolve().parents[1]


@lru_cache(maxsize=64)
def drawn(file: Path, stamp: int, number: int, width: int) -> bytes:
    """PNG of a page, 1-based; `stamp` is the file's time, so that a changed file is drawn anew.

    Raises LoadError when there is no such page or it cannot be drawn.
    """
    command = [sys.executable, "-m", "server.pages", str(file), str(number), str(width)]
    try:
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise LoadError(f"{file.name}：第 {number} 页画了 {SECONDS} 秒还没有画完，请下载原文件查看。") from error
    if done.returncode == 3:
        raise LoadError(f"{file.name}：没有第 {number} 页。")
    if done.returncode or not done.stdout.startswith(b"\x89PNG"):
        raise LoadError(f"{file.name}：第 {number} 页画不出来，文件可能已损坏；请下载原文件查看。")
    return done.stdout


def main(file: str, number: str, width: str) -> int:
    """Draw a page to standard output; 3 where there is none of that number."""
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        if not 1 <= int(number) <= len(document):
            return 3
        page = document[int(number) - 1]
        wide, high = page.get_size()
        scale = min(int(width) / max(wide, 1.0), 4 * WIDEST / max(high, 1.0))
        page.render(scale=scale).to_pil().save(sys.stdout.buffer, format="PNG")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
