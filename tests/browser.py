"""A real server over the sample reports and a real browser that may talk to nobody else; for the end-to-end tests and the
README's screenshot."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def serving(data: Path) -> Iterator[str]:
    """The address of `app.py` in a process of its own over an index folder."""
    command = [sys.executable, "app.py", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            told = ""
            for line in process.stdout:
                told += line
                if ready := re.search(r"已就绪：(http://[\d.]+:\d+)", line):
                    yield ready[1]
                    return
            raise RuntimeError(f"app.py ended before it was ready: {told}")
        finally:
            process.terminate()


def index_samples(data: Path) -> None:
    """The sample reports into a new index folder, through the command line."""
    command = [sys.executable, "-m", "index", "add", "reports", "--data", str(data)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, headless, its own background requests off."""
    from playwright.sync_api import sync_playwright

    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", *quiet])
        try:
            yield browser
        finally:
            browser.close()
