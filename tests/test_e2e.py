"""The whole way in a real browser: the sample reports, the shipped encoder, a question, a click, the sentence in the source."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import CHROMIUM, ROOT, chromium, index_samples, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="pip install playwright"),
]
QUESTION = "青川市司法局2023年收到多少件行政复议申请？"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("e2e") / "data"
    index_samples(data)
    with serving(data) as address:
        yield address


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("empty") / "data") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page in an English browser and holds it, to its end, to no error and no request to another host."""
    told: list[str] = []
    contexts = []

    def open_page(address: str, path: str = "/", width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-US", color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith((address, "data:", "blob:")) else told.append(request.url),
        )
        page.goto(address + path)
        page.wait_for_selector(".welcome, .swagger-ui")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert told == []


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="问题").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn:last-child .reply :is(.quote, .candidate, .declined, .error)")


def highlighted(page: Page) -> str:
    return "".join(page.locator("#source mark.here").all_text_contents())


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def in_view(page: Page) -> bool:
    """Whether the first highlighted run stands inside the source's own window and the screen."""
    return bool(
        page.evaluate(
            """() => {
              const here = document.querySelector("#source mark.here").getClientRects()[0];
              const text = document.querySelector("#source .text").getBoundingClientRect();
              return here.top >= text.top && here.bottom <= Math.min(text.bottom, innerHeight);
            }"""
        )
    )


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (768, 1024), (390, 844)])
def test_a_question_an_answer_a_citation_its_source(
    visit: Callable[..., Page], address: str, width: int, height: int
) -> None:
    page = visit(address, width=width, height=height)
    ask(page, QUESTION)
    turn = page.locator(".turn").last
    short = turn.locator(".short").first.evaluate("element => element.firstChild.textContent")
    quote = turn.locator(".quote blockquote").first
    quoted = quote.evaluate("element => [...element.childNodes].filter(n => n.tagName !== 'BUTTON').map(n => n.textContent).join('')")
    assert quote.locator("mark").text_content() == short
    quote.locator(".cite").click()
    page.wait_for_selector("#source mark.here")
    page.wait_for_function("document.activeElement.closest('#source') !== null")
    assert in_view(page)
    assert bare(highlighted(page)) == bare(quoted)
    assert page.locator("#source mark.answer").all_text_contents() == [short]
    name = page.locator("#source .about").text_content() or ""
    (file,) = (path for path in (ROOT / "reports").iterdir() if path.name in name)
    assert bare(quoted) in bare(file.read_text(encoding="utf-8-sig")), "verbatim in the report"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs off the side"


def test_the_examples_are_answered_where_they_were_made(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    page.wait_for_selector(".example")
    assert page.locator(".example").count() == 6
    page.locator(".example").first.click()
    page.wait_for_selector(".quote")


def test_by_keyboard_alone(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, QUESTION)
    page.locator(".turn .cite").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#source mark.here")
    page.wait_for_function("document.activeElement.closest('#source') !== null")
    page.locator("#source .outline button").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_selector("#source .sheet", state="detached")
    assert page.evaluate("document.activeElement.dataset.act") == "cite", "focus goes back to the citation"


def test_the_outline_walks_the_report(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, QUESTION)
    page.locator(".turn .from").first.click()
    page.wait_for_selector("#source mark.here")
    last = page.locator("#source .outline button").last
    goal = last.get_attribute("data-goto")
    last.click()
    page.wait_for_function("document.activeElement.id.startsWith('h')")
    assert page.evaluate("document.activeElement.id") == goal
    assert page.evaluate(
        "() => {const h = document.activeElement.getBoundingClientRect(), t = document.querySelector('#source .text')"
        ".getBoundingClientRect(); return h.top >= t.top - 1 && h.bottom <= t.bottom}"
    )


def test_a_chip_is_taken_off_and_asks_again(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, QUESTION)
    page.locator(".turn .chip").first.click()
    page.wait_for_selector(".turn:nth-of-type(2) .chip.off")
    page.wait_for_selector(".turn:nth-of-type(2) :is(.quote, .candidate, .declined)")


def test_what_is_not_there_is_declined_with_the_nearest_folded(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, "火星基地的氧气由谁供应？")
    assert "没有找到" in (page.locator(".declined").text_content() or "")
    assert page.locator(".reply details[open]").count() == 0


def test_a_bad_question_is_told_and_stays_in_the_box(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    box = page.get_by_role("textbox", name="问题")
    box.fill("问" * 501)
    page.keyboard.press("Enter")
    page.wait_for_selector("#notice [role=alert]")
    assert "500" in (page.locator("#notice").text_content() or "")
    assert box.input_value() == "问" * 501
    box.fill(" ")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#notice').textContent.includes('空')")
    assert page.locator(".turn").count() == 0


def test_a_script_in_a_question_stays_text(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    evil = "<img src=x onerror=\"document.title='broken'\">${document.title='broken'}{{value}}多少件？"
    ask(page, evil)
    assert page.locator(".asked").text_content() == evil
    assert page.title() != "broken"


def test_an_empty_index_takes_in_reports_and_names_the_bad_ones(
    visit: Callable[..., Page], empty: str, tmp_path: Path
) -> None:
    page = visit(empty, width=390, height=844)
    page.get_by_role("button", name="添加报告").click()
    good, bad = tmp_path / "望海区2025年工作总结&lt;b&gt;.md", tmp_path / "空.txt"
    good.write_text("# 望海区2025年工作总结\n\n一、主要工作\n\n全年办结行政复议案件77件。<script>1</script>\n", encoding="utf-8")
    bad.write_bytes(b"")
    page.locator("#files input[type=file]").set_input_files([str(good), str(bad)])
    page.wait_for_selector("#status .bad")
    page.wait_for_selector(".reports .open")
    assert "空.txt" in (page.locator("#status .bad").text_content() or "")
    assert "望海区2025年工作总结" in (page.locator(".reports").text_content() or "")
    page.get_by_role("tab", name="问答").click()
    ask(page, "望海区办结行政复议案件多少件？")
    assert "77件" in (page.locator(".short").text_content() or "")


def test_gradio_speaks_chinese_in_an_english_browser(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    page.get_by_role("tab", name="报告库").click()
    page.wait_for_selector(".reports tbody tr")
    text = page.locator("body").inner_text()
    names = [path.name for path in (ROOT / "reports").iterdir()]
    for name in names:
        text = text.replace(name, "")
    assert not re.search(r"[A-Za-z]{3,}", re.sub(r"\.\w+", "", text)), text
    assert page.locator("footer:visible").count() == 0


def test_the_api_page_works_without_a_network(visit: Callable[..., Page], address: str) -> None:
    page = visit(address, "/docs")
    page.wait_for_selector("#operations-问答-ask_question_api_ask_post, .opblock-post")


def test_the_api_answers_the_page_the_same(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, QUESTION)
    answer = page.request.post(f"{address}/api/ask", data=json.dumps({"question": QUESTION}), headers={"content-type": "application/json"})
    short = page.locator(".short").evaluate("element => element.firstChild.textContent")
    assert answer.json()["short"] == short
