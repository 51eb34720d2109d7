"""The README's pictures of the page as it is: python -m tests.screenshot.

Indexes the sample reports into a folder of its own, serves them, asks, opens sources, writes docs/page.png, page-table.png and
page-phone.png.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.browser import ROOT, chromium, index_samples, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCS = ROOT / "docs"
PDF = ROOT / "tests" / "data" / "青川市司法局2023年法治政府建设年度报告.pdf"
QUESTION = "青川市司法局2023年收到多少件行政复议申请？"
ACROSS = "2025年各地地区生产总值增长目标分别是多少？"


def asked(browser: Browser, address: str, question: str, width: int, height: int, dark: bool = False) -> Page:
    """A page with its first answer."""
    page = browser.new_page(viewport={"width": width, "height": height}, locale="zh-CN", color_scheme="dark" if dark else "light")
    page.goto(address)
    page.wait_for_selector(".example")
    page.get_by_role("textbox", name="问题").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn .cite, .turn .cell")
    return page


def take(page: Page, name: str) -> None:
    """A picture in 256 colours, once what moves has come to rest."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)
    path = DOCS / name
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


def pictures(address: str) -> None:
    """An answer beside its PDF page, a table beside its source, an answer on a phone by night."""
    with chromium() as browser:
        page = asked(browser, address, QUESTION, 1440, 900)
        page.locator(".more summary").first.click()
        page.locator(".from", has_text=".pdf").first.click()
        page.wait_for_function("document.querySelector('#source .pages figure:has(.box) img')?.naturalWidth > 500")
        take(page, "page.png")
        page = asked(browser, address, ACROSS, 1440, 900)
        page.locator(".figures [data-by=number]").click()
        page.locator(".figures .cell").first.click()
        page.wait_for_selector("#source mark.here")
        take(page, "page-table.png")
        take(asked(browser, address, QUESTION, 390, 844, dark=True), "page-phone.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        index_samples(data, "reports", str(PDF))
        with serving(data) as address:
            pictures(address)


if __name__ == "__main__":
    main()
