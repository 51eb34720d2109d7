"""Clicks that come quicker than answers: nothing that was asked is lost, and nothing is asked twice."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server.policy import Policy
from tests.browser import CHROMIUM, chromium
from tests.serving import fill, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="pip install playwright"),
]
QUESTION = "青川市司法局2023年办结行政复议案件多少件？"
TIMES = 8


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("fast") / "data"
    with fill(data) as corpus, served(corpus, data, Policy(audit=False)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(15_000)
    page.goto(address)
    page.wait_for_selector(".example")
    yield page
    page.close()


def answered(page: Page, turns: int) -> None:
    page.wait_for_function(
        "n => document.querySelector('.turn .quote') && document.querySelectorAll('.turn').length >= n && !document.querySelector('.waiting')",
        arg=turns,
    )


def test_asking_again_the_moment_an_answer_stands(page: Page) -> None:
    box = page.get_by_role("textbox", name="问题")
    box.fill(QUESTION)
    box.press("Enter")
    answered(page, 1)
    # clicked by the page itself as soon as the buttons are there: while the stream of the answer closes
    page.evaluate(
        """times => {
          const seen = new Set([document.querySelectorAll('.turn').length]);
          new MutationObserver(() => {
            const turns = document.querySelectorAll('.turn').length, again = document.querySelector('.turn:last-child [data-act=again]');
            if (again && turns <= times && !seen.has('t' + turns)) { seen.add('t' + turns); again.click(); }
          }).observe(document.querySelector('#talk'), {childList: true, subtree: true});
          document.querySelector('[data-act=again]').click();
        }""",
        TIMES,
    )
    answered(page, TIMES)
    page.wait_for_timeout(500)
    assert page.locator(".turn").count() >= TIMES


def test_a_question_typed_the_moment_an_answer_stands(page: Page) -> None:
    box = page.get_by_role("textbox", name="问题")
    for turn in range(1, TIMES + 1):
        box.fill(QUESTION)
        box.press("Enter")
        page.wait_for_function("n => document.querySelectorAll('.turn')[n - 1]?.querySelector('.quote')", arg=turn)
    answered(page, TIMES)
    assert page.locator(".turn").count() == TIMES


def test_pressed_twice_is_asked_once(page: Page) -> None:
    page.locator(".example").first.dblclick()
    page.wait_for_selector(".turn :is(.quote, .candidate, .declined, .figures)")
    page.wait_for_timeout(1500)
    assert page.locator(".turn").count() == 1
    box = page.get_by_role("textbox", name="问题")
    box.fill(QUESTION)
    box.press("Enter")
    box.press("Enter")
    answered(page, 2)
    page.wait_for_timeout(1500)
    assert page.locator(".turn").count() == 2
    assert (page.locator("#notice").text_content() or "").strip() == ""


def test_a_chip_clicked_while_a_question_is_asked_says_to_wait_or_is_asked(page: Page) -> None:
    box = page.get_by_role("textbox", name="问题")
    box.fill(QUESTION)
    box.press("Enter")
    answered(page, 1)
    page.locator(".chip").first.click()
    box.fill("组织法治讲座多少场？")
    box.press("Enter")
    page.wait_for_timeout(3000)
    asked = page.locator(".turn").count()
    told = page.locator("#notice").text_content() or ""
    assert asked == 3 or (asked == 2 and "还没有答完" in told)
    assert box.input_value() == ("" if asked == 3 else "组织法治讲座多少场？"), "what was typed is not lost"


def test_files_added_right_after_one_another(page: Page, tmp_path: Path) -> None:
    page.get_by_role("tab", name="报告库").click()
    for number in range(4):
        file = tmp_path / f"白石县2024年第{number}号总结.txt"
        file.write_text(f"白石县2024年第{number}号总结\n\n一、主要工作\n全年办结行政复议案件{80 + number}件。\n", encoding="utf-8")
        page.locator("#adding input[type=file]").set_input_files(str(file))
        page.wait_for_selector(f".reports .open:has-text('第{number}号')")
    for number in range(4):
        page.locator(".reports tr", has_text=f"第{number}号").get_by_role("button", name="移除").click()
        page.locator("dialog[open]").get_by_role("button", name="移除", exact=True).click()
        page.wait_for_selector(f".reports .open:has-text('第{number}号')", state="detached")


@pytest.mark.parametrize("question", [QUESTION, "<img src=x onerror=document.title='broken'>&\"多少件？"])
def test_a_question_in_the_address_is_asked(browser: Browser, address: str, question: str) -> None:
    from urllib.parse import quote

    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/?question={quote(question)}")
    page.wait_for_selector(".turn .reply :is(.quote, .candidate, .declined, .figures)")
    assert page.locator(".asked").all_text_contents() == [question]
    assert page.title() != "broken" and errors == []
    page.close()


def test_one_too_long_is_put_into_the_box_with_the_reason(browser: Browser, address: str) -> None:
    from urllib.parse import quote

    page = browser.new_page()
    page.goto(f"{address}/?question={quote('问' * 501)}")
    page.wait_for_selector("#notice [role=alert]")
    assert "500" in (page.locator("#notice").text_content() or "")
    assert page.get_by_role("textbox", name="问题").input_value() == "问" * 501
    assert page.locator(".turn").count() == 0
    page.close()
