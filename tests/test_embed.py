"""The search box on another site's page, in a real browser: another port is another origin."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server.policy import Policy
from tests.browser import CHROMIUM, chromium
from tests.serving import fill, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="pip install playwright"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder served on a port of its own, and its origin."""
    folder = tmp_path_factory.mktemp("site")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def friend(site: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("friend") / "data"
    with fill(data) as corpus, served(corpus, data, Policy(origins=(site[1],), audit=False)) as url:
        yield url


PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>内网</title>
<style>body{{font:20px/1.5 serif;color:rgb(120,20,60)}} form,input,p{{border:9px solid red!important}}</style>
<body><main><script src="{url}/embed.js" {more}></script></main></body></html>"""


def test_one_line_asks_from_another_origin(site: tuple[Path, str], friend: str, browser: Browser) -> None:
    folder, origin = site
    (folder / "a.html").write_text(PAGE.format(url=friend, more=""), "utf-8")
    page = browser.new_page()
    errors: list[str] = []
    hosts: set[str] = set()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(f"{origin}/a.html")
    box = page.get_by_role("searchbox", name="问报告")
    box.fill("青川市司法局2023年办结行政复议案件多少件？")
    box.press("Enter")
    reply = page.locator("main [data-youju] [role=status]")
    reply.locator(".short").wait_for()
    assert reply.locator(".short").inner_text() == "1,234件"
    assert "1,234件" in reply.locator("mark").first.inner_text()
    look = box.evaluate("e => { const s = getComputedStyle(e); return [s.fontFamily, s.fontSize, s.color, s.borderTopWidth]; }")
    assert look == ["serif", "20px", "rgb(120, 20, 60)", "1px"], "the page's font and colour, and none of its other rules"
    box.fill("组织讲座多少场")
    box.press("Enter")
    reply.locator("blockquote, p").first.wait_for()
    assert reply.locator("b").count() == 0, "markup in a report stays text"
    assert errors == []
    assert hosts == {origin.split("/")[2], friend.split("/")[2]}
    page.close()


def test_a_page_that_is_not_allowed_is_told_nothing(site: tuple[Path, str], tmp_path: Path, browser: Browser) -> None:
    folder, origin = site
    with fill(tmp_path / "data") as corpus, served(corpus, tmp_path / "data", Policy(audit=False)) as url:
        (folder / "b.html").write_text(PAGE.format(url=url, more=""), "utf-8")
        (folder / "frame.html").write_text(f'<iframe src="{url}/"></iframe>', "utf-8")
        page = browser.new_page()
        page.goto(f"{origin}/b.html")
        page.get_by_role("searchbox").fill("青川市办结多少件？")
        page.get_by_role("searchbox").press("Enter")
        page.get_by_text("连不上有据的服务").wait_for()
        page.goto(f"{origin}/frame.html")
        page.wait_for_timeout(500)
        assert not any(frame.url.startswith(url) for frame in page.frames), "it may not be framed"
        page.close()


def test_the_whole_page_in_a_frame(site: tuple[Path, str], friend: str, browser: Browser) -> None:
    folder, origin = site
    (folder / "c.html").write_text(PAGE.format(url=friend, more='data-frame="700"'), "utf-8")
    page = browser.new_page()
    page.goto(f"{origin}/c.html")
    frame = page.frame_locator("[data-youju] iframe")
    frame.get_by_role("textbox").first.wait_for()
    page.close()
