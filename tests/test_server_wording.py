"""A language model behind the server: over the API, the chat completions, events and the page, with a real service on loopback."""

from __future__ import annotations

import importlib.util
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import app
from retrieval.wording.service import KEY, Model
from server.policy import Policy
from tests.browser import CHROMIUM, chromium, serious
from tests.serving import Service, fill, language_model, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "青川市司法局2023年办结行政复议案件多少件？"
TRUE = "青川市司法局全年办结行政复议案件1,234件[1]。"
ALSO = "纠错率为12.5%[1]。"
LIE = "临江市办结行政复议案件9,999件[1]。"
MARKED = "[看**这里**](http://127.0.0.1/a)<b>办结9,999件</b> [](https://127.0.0.1/b) ```` www.qingchuan.example[1]。"
QUOTE = "全年办结行政复议案件1,234件，纠错率为12.5%。"


@pytest.fixture(scope="module")
def model() -> Iterator[Service]:
    with language_model() as made:
        yield made


@pytest.fixture(scope="module")
def url(model: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("wording") / "data"
    with fill(data) as corpus, served(corpus, data, Policy(audit=False, model=Model(model.url, "m", "the-key", patience=2.0))) as url:
        yield url


@pytest.fixture
def service(model: Service) -> Service:
    model.says, model.does, model.pace, model.hung_up = TRUE + LIE, "stream", 0.0, False
    model.seen.clear()
    return model


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client


def events(text: str) -> list[tuple[str, Any]]:
    return [(name, json.loads(data)) for name, data in re.findall(r"event: (\w+)\ndata: (.*)\n", text)]


class TestApi:
    def test_the_wording_comes_with_the_verbatim_citations_and_what_was_struck(self, client: httpx.Client, service: Service) -> None:
        said = client.post("/api/v1/ask", json={"question": QUESTION}).json()
        assert (said["text"], said["phrased"]) == (TRUE, True)
        assert said["citations"][0]["quote"] == QUOTE and said["short"] == "1,234件"
        assert len(said["struck"]) == 1 and said["struck"][0].startswith(LIE)
        assert "1 句" in said["note"]

    def test_who_wants_none_gets_none_and_nothing_is_sent(self, client: httpx.Client, service: Service) -> None:
        said = client.post("/api/v1/ask", json={"question": QUESTION, "phrase": False}).json()
        assert not said["phrased"] and said["text"] == QUOTE
        client.post("/api/v1/search", json={"question": QUESTION})
        assert service.seen == []

    def test_without_evidence_nothing_is_sent(self, client: httpx.Client, service: Service) -> None:
        for question, status in (("平川市司法局2023年收到多少件？", "abstained"), ("哪个地区办结行政复议案件最多？", "answered")):
            said = client.post("/api/v1/ask", json={"question": question}).json()
            assert said["status"] == status and not said["phrased"]
            client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": question}]})
        assert service.seen == []

    def test_events_bring_the_verbatim_answer_then_checked_sentences_then_the_wording(self, client: httpx.Client, service: Service) -> None:
        service.says = TRUE + LIE + ALSO
        text = client.post("/api/v1/ask", json={"question": QUESTION}, headers={"accept": "text/event-stream"}).text
        told = events(text)
        names = [name for name, _ in told]
        assert names[:2] == ["understood", "answer"] and names[-1] == "answer" and set(names[2:-1]) == {"draft"}
        assert (told[1][1]["text"], told[1][1]["phrased"]) == (QUOTE, False)
        assert (told[-1][1]["text"], told[-1][1]["phrased"]) == (TRUE + ALSO, True)
        assert [draft["text"] for name, draft in told if name == "draft"] == [TRUE], "the last sentence comes with the answer"
        before, _, after = text.rpartition("event: answer")
        assert "9,999" not in before and "9,999" in after, "what is not yet checked, or does not hold, is sent nowhere but among the struck"

    def test_a_chat_front_end_gets_the_checked_wording_only(self, client: httpx.Client, service: Service) -> None:
        chat = {"messages": [{"role": "user", "content": QUESTION}]}
        whole = client.post("/v1/chat/completions", json=chat).json()["choices"][0]["message"]["content"]
        assert TRUE in whole and QUOTE in whole and f"已删去：{LIE}" in whole
        lines = [line[6:] for line in client.post("/v1/chat/completions", json={**chat, "stream": True}).text.splitlines() if line][:-1]
        assert "".join(json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines).strip() == whole

    def test_what_is_struck_is_plain_text_wherever_it_is_told(self, client: httpx.Client, service: Service) -> None:
        service.says = TRUE + MARKED
        said = client.post("/api/v1/ask", json={"question": QUESTION}).json()
        assert said["text"] == TRUE and len(said["struck"]) == 1
        assert not re.search(r"[a-z]+:|www\.|`|\*\*", said["struck"][0]), "no address that a reader would make a link, and no mark"
        chat = {"messages": [{"role": "user", "content": QUESTION}]}
        whole = client.post("/v1/chat/completions", json=chat).json()["choices"][0]["message"]["content"]
        block = re.search(r"^(`{3,})text\n(已删去：[^\n]*)\n\1$", whole, re.MULTILINE)
        assert block and "9,999" in block[2] and block[1] not in block[2]
        assert "9,999" not in whole.replace(block[0], "")

    @pytest.mark.parametrize("does", ["stall", "break", "garbage", "error", "redirect", "plain"])
    def test_a_service_that_fails_leaves_the_verbatim_answer(self, client: httpx.Client, service: Service, does: str) -> None:
        service.does = does
        said = client.post("/api/v1/ask", json={"question": QUESTION}).json()
        assert (said["text"], said["phrased"], said["status"]) == (QUOTE, False, "answered")
        assert "语言模型" in said["note"]
        assert client.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": QUESTION}]}).status_code == 200

    def test_a_slow_service_holds_up_no_other_question(self, client: httpx.Client, service: Service, url: str) -> None:
        service.does = "stall"
        with ThreadPoolExecutor(24) as pool:
            slow = [pool.submit(httpx.post, url + "/api/v1/ask", json={"question": QUESTION}, timeout=30) for _ in range(24)]
            time.sleep(0.5)
            started = time.monotonic()
            assert client.post("/api/v1/ask", json={"question": QUESTION, "phrase": False}).status_code == 200
            quick = time.monotonic() - started
            assert [one.result().status_code for one in slow] == [200] * 24
            assert time.monotonic() - started > quick, "the others were waiting for it"
            assert any("语言模型正忙" in one.result().json()["note"] for one in slow), "16 at once; the others stay verbatim"

    def test_the_key_is_told_to_the_service_and_to_nobody_else(self, client: httpx.Client, service: Service) -> None:
        client.post("/api/v1/ask", json={"question": QUESTION})
        assert service.keys[-1] == "Bearer the-key"
        for path in ("/", "/config", "/openapi.json", "/metrics", "/healthz", "/gradio_api/info"):
            assert "the-key" not in client.get(path).text


class TestCommandLine:
    @pytest.mark.parametrize(
        ("options", "said"),
        [(["--llm", "localhost:1"], "--llm"), (["--llm", "http://127.0.0.1:1/v1"], "--llm-model"), (["--llm-model", "m"], "--llm"),
         (["--llm", "http://me:hidden@127.0.0.1/v1", "--llm-model", "m"], KEY)],
    )  # fmt: skip
    def test_half_a_model_is_refused_before_anything_is_made(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
    ) -> None:
        assert app.main(["--data", str(tmp_path / "none"), *options]) == 2
        error = capsys.readouterr().err
        assert said in error and "hidden" not in error
        assert not (tmp_path / "none").exists()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")
@pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="pip install playwright")
class TestPage:
    @pytest.fixture(scope="class")
    @classmethod
    def browser(cls) -> Iterator[Browser]:
        with chromium() as made:
            yield made

    @pytest.fixture
    def page(self, browser: Browser, url: str) -> Iterator[Page]:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(20_000)
        page.goto(url)
        page.wait_for_selector(".example")
        yield page
        page.close()
        assert errors == []

    def ask(self, page: Page) -> None:
        page.get_by_role("textbox", name="问题").fill(QUESTION)
        page.keyboard.press("Enter")

    def test_the_verbatim_answer_stands_while_checked_sentences_come_and_beside_the_wording_after(self, page: Page, service: Service) -> None:
        service.says, service.pace = TRUE + LIE + ALSO + TRUE, 0.2
        page.evaluate("""() => {
            window.seen = [];
            const note = () => window.seen.push(document.body.textContent);
            new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true});
        }""")
        self.ask(page)
        page.wait_for_selector(".phrased.draft")
        assert QUOTE in (page.locator(".quote blockquote").first.text_content() or "")
        page.wait_for_function("text => document.querySelector('[data-live]')?.textContent === text", arg=TRUE)
        page.wait_for_function("text => document.querySelector('[data-live]')?.textContent === text", arg=TRUE + ALSO)
        drafts = page.evaluate("() => window.seen.filter(text => text.includes('9,999')).length")
        assert drafts == 0, "a sentence that does not hold is never shown while it is written"
        page.wait_for_selector(".phrased:not(.draft) .said")
        said = page.locator(".phrased .said")
        assert (said.text_content() or "").replace("1。", "。") == (TRUE + ALSO + TRUE).replace("[1]", "")
        assert QUOTE in (page.locator(".quote blockquote").first.text_content() or "")
        page.locator(".struck summary").click()
        assert LIE in (page.locator(".struck li").text_content() or "")
        said.locator(".cite").first.click()
        page.wait_for_selector("#source mark.here")

    def test_what_is_struck_holds_no_link_and_no_markup(self, page: Page, service: Service) -> None:
        service.says = TRUE + MARKED
        self.ask(page)
        page.wait_for_selector(".struck")
        assert page.locator(".struck li :is(a, img, b, strong, code)").count() == 0
        assert "<b>" in (page.locator(".struck li").text_content() or "")

    def test_axe_finds_nothing_serious(self, page: Page, service: Service) -> None:
        pytest.importorskip("axe_playwright_python")
        service.says, service.pace = TRUE + LIE + ALSO, 0.4
        self.ask(page)
        page.wait_for_selector(".phrased.draft")
        page.wait_for_function("document.querySelector('[data-live]')?.textContent.length > 6")
        found = {"draft": serious(page)}
        page.wait_for_selector(".phrased:not(.draft) .said")
        page.locator(".struck summary").click()
        found["wording"] = serious(page)
        assert {state: findings for state, findings in found.items() if findings} == {}

    def test_stop_breaks_the_service_off_and_leaves_the_verbatim_answer(self, page: Page, service: Service) -> None:
        service.does, service.pace = "stall", 1.0
        self.ask(page)
        page.wait_for_selector(".phrased.draft")
        page.get_by_role("button", name="停止").click()
        page.wait_for_selector(".phrased.draft", state="detached")
        assert QUOTE in (page.locator(".quote blockquote").first.text_content() or "")
        assert "改写已停止" in (page.locator(".reply .note").text_content() or "")
        for _ in range(50):
            if service.hung_up:
                break
            time.sleep(0.1)
        assert service.hung_up, "the connection was closed, long before the service's patience was over"
        service.does = "stream"
        self.ask(page)
        page.wait_for_selector(".turn:nth-of-type(2) .phrased:not(.draft) .said")

    def test_a_liar_is_not_shown(self, page: Page, service: Service) -> None:
        service.says = LIE
        self.ask(page)
        page.wait_for_selector(".struck")
        assert page.locator(".phrased .said").count() == 0
        assert QUOTE in (page.locator(".quote blockquote").first.text_content() or "")

    def test_markup_in_what_it_writes_stays_text(self, page: Page, service: Service) -> None:
        service.says = "<img src=x onerror=document.title='broken'>" + TRUE + TRUE
        service.pace = 0.1
        self.ask(page)
        page.wait_for_selector(".phrased.draft")
        page.wait_for_selector(".phrased.draft", state="detached")
        assert page.title() != "broken" and page.locator(".reply img").count() == 0
