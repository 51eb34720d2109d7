"""Adding and replacing in a real browser: by dropping, by the keyboard, below a proxy's path, after the session has ended."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server.accounts import Accounts
from server.policy import Policy, policy
from tests.browser import CHROMIUM, chromium, proxied, serious
from tests.serving import fill, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="pip install playwright"),
]
TEXT = "白石县2024年第{0}号总结\n\n一、主要工作\n全年办结行政复议案件{0}件。\n"
DROP = """([zone, files]) => {
  const moved = new DataTransfer();
  for (const [name, text] of files) moved.items.add(new File([text], name));
  for (const kind of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: moved }));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """A page of an English browser, closed before the server that it hangs on ends."""
    page = browser.new_page(locale="en-US")
    page.set_default_timeout(30_000)
    try:
        yield page
    finally:
        page.close()


def shelf(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector(".example")
    page.get_by_role("tab", name="报告库").click()
    page.wait_for_selector("#adding .drop")


def done(page: Page, said: str) -> None:
    page.wait_for_function("said => document.querySelector('#adding [data-part=doing]').textContent === said", arg=said)


def test_files_are_dropped_and_chosen_one_at_a_time(browser: Browser, tmp_path: Path) -> None:
    data = tmp_path / "data"
    rules = policy(open=False, origins=[], proxies=[], header="", audit=True, upload_mb=1, per_minute=60)
    with fill(data) as corpus, served(corpus, data, rules) as url, opened(browser) as page:
        shelf(page, url)
        files = [("一.txt", TEXT.format(81)), ("空.txt", ""), ("二.txt", TEXT.format(82)), ("大.txt", "字" * 400_000), ("一.exe", "MZ")]
        page.evaluate(DROP, [page.locator("#adding .drop").element_handle(), files])
        done(page, "已收录 2 份，3 份未能收录。")
        outcomes = page.locator("#adding li").all_text_contents()
        assert [text.split(".")[0] for text in outcomes] == ["一", "空", "二", "大", "一"]
        assert "超过上限 1 兆" in outcomes[3] and "不认识的后缀" in outcomes[4]
        assert page.locator("#adding li.bad").count() == 3
        page.wait_for_selector(".reports .open:has-text('第82号')")
        assert "4 份报告" in (page.locator(".count").text_content() or "")
        page.locator("[data-filter=words]").fill("第81号")
        assert page.locator(".reports tbody tr:visible").count() == 1
        assert "4 份报告" in (page.locator(".welcome").text_content() or "")
        assert not any(letter.isascii() and letter.isalpha() for letter in page.locator("#adding .drop").inner_text()), "no word of the browser's own"
        assert serious(page) == []
        lines = map(json.loads, (data / "audit" / "audit.log").read_text("utf-8").splitlines())
        # one was turned down by the page itself, before it was sent
        assert [line["file"] for line in lines if line["do"] == "add"] == ["一.txt", "空.txt", "二.txt", "一.exe"]


def test_the_keyboard_suffices_to_replace(browser: Browser, tmp_path: Path) -> None:
    data = tmp_path / "data"
    new = tmp_path / "新.txt"
    new.write_text(TEXT.format(91), "utf-8")
    with fill(data) as corpus, served(corpus, data, Policy(audit=False)) as url, opened(browser) as page:
        shelf(page, url)
        row = page.locator(".reports tbody tr", has_text="青川市").first
        row.get_by_role("button", name="替换").focus()
        page.keyboard.press("Enter")
        dialog = page.locator("dialog[open]")
        assert dialog.get_by_role("button", name="替换", exact=True).is_disabled(), "nothing is chosen yet"
        with page.expect_file_chooser() as choosing:
            dialog.locator("input[type=file]").focus()
            page.keyboard.press("Enter")
        choosing.value.set_files(str(new))
        assert "新.txt" in dialog.inner_text()
        assert serious(page) == []
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        done(page, "已替换 1 份。")
        page.wait_for_selector(".reports .open:has-text('第91号')")
        assert page.locator(".reports tbody tr", has_text="青川市").count() == 0


def test_below_a_proxys_path(browser: Browser, tmp_path: Path) -> None:
    data = tmp_path / "data"
    files = [tmp_path / f"{number}.txt" for number in (81, 82)]
    for file in files:
        file.write_text(TEXT.format(file.stem), "utf-8")
    with fill(data) as corpus:
        accounts = Accounts(data)
        for name in ("boss", "other"):
            accounts.add(name, "青川-correct-horse", "manage")
        rules = policy(open=False, origins=[], proxies=["127.0.0.1"], header="", audit=False, upload_mb=1, per_minute=600)
        with served(corpus, data, rules, root_path="/youju") as inner, proxied(inner, "/youju") as outer, opened(browser) as page:
            page.goto(outer)
            page.get_by_label("账号").fill("boss")
            page.get_by_label("密码").fill("青川-correct-horse")
            page.get_by_role("button", name="登录").click()
            shelf(page, outer)
            page.locator("#adding input[type=file]").set_input_files([str(files[0])])
            done(page, "已收录 1 份。")
            row = page.locator(".reports tbody tr", has_text="第81号")
            row.get_by_role("button", name="替换").click()
            page.locator("dialog[open] input[type=file]").set_input_files(str(files[1]))
            page.locator("dialog[open]").get_by_role("button", name="替换", exact=True).click()
            done(page, "已替换 1 份。")
            accounts.remove("boss")
            page.locator("#adding input[type=file]").set_input_files([str(files[0])])
            page.wait_for_function("document.querySelector('#adding .bad')?.textContent.includes('登录已过期')")
        accounts.close()


def test_who_may_only_ask_is_offered_no_place_for_files(browser: Browser, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with fill(data) as corpus:
        accounts = Accounts(data)
        accounts.add("reader", "青川-correct-horse")
        token = accounts.add_token("reader")
        with served(corpus, data, Policy(audit=False)) as url, opened(browser) as page:
            page.set_extra_http_headers({"authorization": f"Bearer {token}"})
            page.goto(url)
            page.wait_for_selector(".example")
            page.get_by_role("tab", name="报告库").click()
            page.wait_for_selector(".reports .open")
            assert page.locator("input[type=file]").count() == 0
        accounts.close()
