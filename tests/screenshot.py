"""The README's picture of the page as it is: python -m tests.screenshot.

Indexes the sample reports into a folder of its own, serves them, asks, opens the first citation, writes docs/page.png.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from tests.browser import ROOT, chromium, index_samples, serving

PICTURE = ROOT / "docs" / "page.png"
QUESTION = "青川市司法局2023年收到多少件行政复议申请？"


def picture(address: str, path: Path) -> None:
    """An answer with its source beside it, 1440 by 900, in 256 colours."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        page.goto(address)
        page.wait_for_selector(".example")
        page.get_by_role("textbox", name="问题").fill(QUESTION)
        page.keyboard.press("Enter")
        page.locator(".quote .cite").first.click()
        page.wait_for_selector("#source mark.here")
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)  # until what moves has come to rest
        page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        index_samples(data)
        with serving(data) as address:
            picture(address, PICTURE)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
