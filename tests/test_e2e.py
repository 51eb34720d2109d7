"""The whole way in a real browser: the sample reports, the shipped encoder, a question, a click, the sentence in the source."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import CHROMIUM, ROOT, chromium, index_samples, proxied, serious, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="pip install playwright"),
]
PDF = ROOT / "tests" / "data" / "青川市司法局2023年法治政府建设年度报告.pdf"
ACROSS = "2025年各地地区生产总值增长目标分别是多少？"
QUESTION = "青川市司法局2023年收到多少件行政复议申请？"


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("e2e") / "data"
    index_samples(data, "reports", str(PDF))
    return data


@pytest.fixture(scope="module")
def address(indexed: Path) -> Iterator[str]:
    with serving(indexed) as address:
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
        page.set_default_timeout(30_000)
        # a file that is refused is a request that is refused, which the browser's console notes by itself
        refused = re.compile(r"Failed to load resource: .* 4\d\d ")
        page.on("console", lambda message: told.append(message.text) if message.type == "error" and not (
            refused.match(message.text) and "/api/v1/reports" in message.location["url"]) else None)
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
    before = page.locator(".turn").count()
    page.get_by_role("textbox", name="问题").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.querySelectorAll('.turn').length > before", arg=before)
    page.wait_for_selector(".turn:last-child .reply :is(.quote, .candidate, .declined, .error, .figures)")


def room(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


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


def test_the_items_of_a_list_lead_to_each_and_to_the_whole(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, "临江市司法局承认2024年还存在哪些问题？")
    items = page.locator(".turn .items li")
    assert items.count() == 3
    assert (page.locator(".turn .short").text_content() or "").startswith("共 3 项")
    first = items.first.locator("blockquote").evaluate("element => element.firstChild.textContent")
    items.first.locator(".cite").click()
    page.wait_for_selector("#source mark.here")
    assert bare(highlighted(page)) == bare(first)
    page.get_by_role("button", name="看整段").click()
    every = items.locator("blockquote").evaluate_all("all => all.map(element => element.firstChild.textContent)")
    page.wait_for_function("last => [...document.querySelectorAll('#source mark.here')].some(mark => last.startsWith(mark.textContent))", arg=every[-1])
    assert all(bare(text) in bare(highlighted(page)) for text in every)
    assert serious(page) == []


def test_yes_or_no_stands_beside_the_words_that_state_it(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, "临江市2024年全部村（社区）都签约了法律顾问吗？")
    short = page.locator(".turn .short")
    assert short.evaluate("element => element.firstChild.textContent") == "是"
    assert "系统判断" in (short.text_content() or "")
    assert page.locator(".turn .quote mark").all_text_contents() == ["全部签约了法律顾问"]


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
    page.locator("#adding input[type=file]").set_input_files([str(bad), str(good)])
    page.wait_for_selector("#adding .bad")
    page.wait_for_selector(".reports .open")
    assert "空.txt" in (page.locator("#adding .bad").text_content() or "")
    assert "已收录 1 份，1 份未能收录。" in (page.locator("#adding .upload").text_content() or "")
    page.get_by_role("tab", name="问答").click()
    assert "1 份报告" in (page.locator(".welcome").text_content() or ""), "the welcome has heard of it"
    room(page, "报告库")
    page.locator("#adding input[type=file]").set_input_files([str(good)])
    page.wait_for_function("document.querySelector('#adding .upload').textContent.includes('1 份库中已有。')")
    assert "望海区2025年工作总结" in (page.locator(".reports").text_content() or "")
    page.get_by_role("tab", name="问答").click()
    ask(page, "望海区办结行政复议案件多少件？")
    assert "77件" in (page.locator(".short").text_content() or "")


def test_gradio_speaks_chinese_in_an_english_browser(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    page.get_by_role("tab", name="报告库").click()
    page.wait_for_selector(".reports tbody tr")
    text = page.locator("body").inner_text()
    names = [PDF.name, *(path.name for path in (ROOT / "reports").iterdir())]
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


def test_a_table_sorts_opens_its_sources_and_comes_as_a_file(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, ACROSS)
    cells = page.locator(".figures .cell")
    assert cells.count() > 1
    page.locator(".figures [data-by=number]").click()
    numbers = page.locator(".figures tbody tr").evaluate_all("rows => rows.map(row => Number(row.dataset.number))")
    assert numbers == sorted(numbers, reverse=True)
    assert page.locator(".figures th[aria-sort=descending]").count() == 1
    cells.first.click()
    page.wait_for_selector("#source mark.answer")
    assert "".join(page.locator("#source mark.answer").all_text_contents()) == cells.first.text_content()
    page.get_by_role("button", name="下一处").click()
    page.wait_for_function("document.querySelector('#source .at').textContent.startsWith('2 /')")
    with page.expect_download() as download:
        page.locator(".file-link").click()
    text = download.value.path().read_text("utf-8-sig")
    assert all((cell or "") in text for cell in cells.all_text_contents())


def test_a_pdf_is_shown_as_printed_with_its_boxes(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    room(page, "报告库")
    page.locator(".filters [data-filter=words]").fill(PDF.name)
    assert page.locator(".reports tbody tr:visible").count() == 1
    room(page, "问答")
    ask(page, QUESTION)
    page.locator(".more summary").first.click()
    page.locator(".from", has_text=PDF.name).first.click()
    page.wait_for_selector("#source .pages .box")
    page.wait_for_function("document.querySelector('#source .pages figure:has(.box) img').naturalWidth > 500")
    assert page.evaluate(
        "() => {const b = document.querySelector('.pages .box').getBoundingClientRect(), p = document.querySelector('.pages')"
        ".getBoundingClientRect(); return b.top >= p.top && b.bottom <= p.bottom}"
    )
    page.get_by_role("button", name="文字").click()
    page.wait_for_selector("#source mark.here:visible")
    with page.expect_download() as download:
        page.get_by_role("link", name="原文件").click()
    assert download.value.path().read_bytes() == PDF.read_bytes()


def test_a_conversation_is_kept_found_exported_and_forgotten(visit: Callable[..., Page], address: str) -> None:
    page, other = visit(address), visit(address)
    ask(page, QUESTION)
    short = page.locator(".short").evaluate("element => element.firstChild.textContent")
    page.get_by_role("button", name="有用").click()
    page.wait_for_selector(".thanks")
    page.locator(".reasons summary").click()
    page.get_by_role("button", name="出处不对").click()
    page.wait_for_function("document.querySelector('.thanks').textContent.includes('出处不对')")
    page.get_by_role("button", name="新的对话").click()
    page.wait_for_selector(".welcome:visible")
    room(page, "历史")
    page.wait_for_selector("#history .kept")
    page.locator("#sought :is(input, textarea)").fill("火星")
    page.wait_for_selector(".empty-history")
    page.locator("#sought :is(input, textarea)").fill("行政复议")
    page.wait_for_selector("#history .kept")
    link = page.locator("#history .kept a", has_text="Markdown").get_attribute("href")
    with page.expect_download() as download:
        page.locator("#history .kept a", has_text="Markdown").click()
    assert short in download.value.path().read_text("utf-8")
    assert other.request.get(f"{address}/{link}").status == 404, "another browser's reader does not get it"
    page.locator("#history .kept .open").click()
    page.wait_for_selector(".turn .quote:visible")
    assert page.locator(".short").evaluate("element => element.firstChild.textContent") == short
    room(page, "历史")
    page.get_by_role("button", name="删除").click()
    page.wait_for_selector(".empty-history")


def test_edit_and_ask_again(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, QUESTION)
    page.get_by_role("button", name="改问题").click()
    page.wait_for_function("document.querySelector('#question textarea').value !== ''")
    assert page.locator("#question textarea").input_value() == QUESTION
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.get_by_role("button", name="再问一次").click()
    page.wait_for_selector(".turn:nth-of-type(2) .quote")


def test_a_report_is_corrected_replaced_and_removed(visit: Callable[..., Page], empty: str, tmp_path: Path) -> None:
    page = visit(empty)
    room(page, "报告库")
    first, second = tmp_path / "云岭.md", tmp_path / "云岭改.md"
    first.write_text("# 云岭省水务厅2024年工作总结\n\n一、主要工作\n\n全年新建水库5座。\n", encoding="utf-8")
    second.write_text("# 云岭省水务厅2024年工作总结\n\n一、主要工作\n\n全年新建水库7座。\n", encoding="utf-8")
    page.locator("#adding input[type=file]").set_input_files(str(first))
    row = page.locator(".reports tbody tr", has_text="云岭.md")
    row.get_by_role("button", name="更正").click()
    page.locator("dialog[open] [name=year]").fill("二〇二四")
    page.locator("dialog[open]").get_by_role("button", name="保存").click()
    page.wait_for_selector("#status [role=alert]")
    row.get_by_role("button", name="更正").click()
    page.locator("dialog[open] [name=unit]").fill("云岭省河湖局")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#status').textContent.includes('已更正')")
    row.get_by_role("button", name="替换").click()
    page.keyboard.press("Escape")
    row.get_by_role("button", name="替换").click()
    page.locator("dialog[open]").get_by_role("button", name="取消").click()
    assert row.count() == 1
    row.get_by_role("button", name="替换").click()
    page.locator("dialog[open] input[type=file]").set_input_files(str(first))
    page.locator("dialog[open]").get_by_role("button", name="替换", exact=True).click()
    page.wait_for_function("document.querySelector('#adding .bad')?.textContent.includes('正文与原来的相同')")
    row.get_by_role("button", name="替换").click()
    page.locator("dialog[open] input[type=file]").set_input_files(str(second))
    page.locator("dialog[open]").get_by_role("button", name="替换", exact=True).click()
    page.wait_for_function("document.querySelector('#adding .upload').textContent.includes('已替换“云岭.md”')")
    new = page.locator(".reports tbody tr", has_text="云岭改.md")
    assert "云岭省河湖局" in (new.text_content() or ""), "what was corrected by hand stays"
    assert row.count() == 0
    new.get_by_role("button", name="移除").click()
    page.keyboard.press("Escape")
    assert new.count() == 1
    new.get_by_role("button", name="移除").click()
    page.locator("dialog[open]").get_by_role("button", name="移除", exact=True).click()
    page.wait_for_function("document.querySelector('#status').textContent.includes('已移除')")
    assert new.count() == 0


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_axe_finds_nothing_serious(visit: Callable[..., Page], address: str, width: int, dark: bool) -> None:
    pytest.importorskip("axe_playwright_python")
    page = visit(address, width=width, height=844, dark=dark)
    found = {"welcome": serious(page)}
    ask(page, QUESTION)
    page.locator(".reasons summary").click()
    found["answer"] = serious(page)
    page.locator(".quote .cite").first.click()
    page.wait_for_selector("#source mark.here")
    found["source"] = serious(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("#source .sheet", state="detached")
    ask(page, ACROSS)
    page.wait_for_selector(".figures")
    found["table"] = serious(page)
    room(page, "报告库")
    page.wait_for_selector(".reports .open")
    found["library"] = serious(page)
    page.locator("[data-act=correct]").first.click()
    found["dialog"] = serious(page)
    page.keyboard.press("Escape")
    room(page, "历史")
    page.wait_for_selector("#history .kept")
    found["history"] = serious(page)
    assert {state: findings for state, findings in found.items() if findings} == {}


def test_behind_a_proxy_below_a_path(browser: Browser, indexed: Path) -> None:
    with serving(indexed, "--root-path", "/youju") as inner, proxied(inner, "/youju") as outer:
        page = browser.new_page()
        astray: list[str] = []
        page.on("request", lambda request: None if request.url.startswith((outer, "data:", "blob:")) else astray.append(request.url))
        page.on("response", lambda response: astray.append(response.url) if response.status >= 400 else None)
        page.goto(outer)
        page.wait_for_selector(".example")
        ask(page, QUESTION)
        page.locator(".quote .cite").first.click()
        page.wait_for_selector("#source mark.here")
        with page.expect_download() as download:
            page.get_by_role("link", name="导出 Word").click()
        assert download.value.path().read_bytes().startswith(b"PK")
        assert page.evaluate("getComputedStyle(document.querySelector('.asked')).fontWeight") == "600", "its style sheet came"
        page.close()
    assert astray == []


def test_a_follow_up_keeps_what_it_does_not_say_anew(visit: Callable[..., Page], address: str) -> None:
    page = visit(address)
    ask(page, QUESTION)
    ask(page, "2024年呢？")
    chips = page.locator(".turn").last.locator(".chip").all_text_contents()
    assert any("青川市司法局" in chip for chip in chips)
    assert any("2024" in chip for chip in chips)
