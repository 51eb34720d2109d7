"""The web chat: Gradio blocks over the desk where questions are asked.

What is shown is HTML from `page.html` and `page.source`; `talk.js` turns clicks on their buttons into the events that are
listened to here.  An event's data comes from a browser and is checked like any input.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from index.types import Facts, YoujuError
from page import html, pdf
from page.data import data_of, integers
from page.history import History, HistoryError, Talk, Turn, new_id
from page.shelves import Shelves
from page.source import sheet
from page.visitor import Visitor
from retrieval.question.understand import LONGEST
from retrieval.types import Answer, Question
from retrieval.wording.service import noted
from server.asking import Desk
from server.shapes import fault

log = logging.getLogger("youju.page")
HERE = Path(__file__).parent
BUSY = "上一问还没有答完：请稍候，或先按“停止”。"
UNKEPT = '<p role="status">这一问没有记入历史，可能是磁盘已满；回答不受影响。</p>'
UNJUDGED = '<p role="status">评价没有记下来，可能是磁盘已满，请稍后再试。</p>'
Told = tuple[Any, ...]  # (conversation, draft, state, question box, notice)


def script(*names: str) -> str:
    """Files of JavaScript as one."""
    return "\n".join((HERE / name).read_text("utf-8") for name in names)


def shown(talk: Talk, kept: bool = True) -> str:
    """The conversation as HTML; `kept`: the server has it, so it can be had as a file."""
    return html.talk(talk.turns, talk.id if kept else "")


async def answered(desk: Desk, request: Any, turn: Turn, before: Question | None = None) -> Turn:
    """A turn with its answer, or with the reason there is none; `before` is the question that it may follow up."""
    try:
        return replace(turn, answer=await desk.queue.run(lambda: desk.answer(request, turn.text, without=turn.without, before=before)))
    except YoujuError as error:
        return replace(turn, error=str(error))
    except Exception:
        log.exception("cannot answer %r", turn.text)
        return replace(turn, error="查找时出了错，请再试一次；原因记在服务的日志里。")


@dataclass
class Wording:
    """A language model at an answer's wording: the draft so far, then the answer."""

    answer: Answer
    draft: str = ""

    async def follow(self, steps: AsyncGenerator[str | Answer, None]) -> None:
        """Read to the end; closed with the task that this runs in."""
        try:
            async with aclosing(steps):
                async for step in steps:
                    if isinstance(step, str):
                        self.draft = step
                    else:
                        self.answer = step
        except Exception:
            log.exception("cannot put an answer into words")
            self.answer = noted(self.answer, "改写时出了错，这里是报告原文。")


async def ticking(work: Awaitable[Any], seconds: float) -> AsyncGenerator[float, None]:
    """Seconds since the start, now and again until work is done; where nobody waits any longer, work is cancelled."""
    task, started = asyncio.ensure_future(work), time.monotonic()
    try:
        while not (await asyncio.wait([task], timeout=seconds))[0]:
            yield time.monotonic() - started
        task.result()
    finally:
        task.cancel()


def naming(facts: Facts, text: str) -> str:
    """The question with the report it is about named in front of it."""
    named = [part for part in (facts.whose, f"{facts.year}年" if facts.year else "") if part]
    return "".join(part for part in named if part not in text) + text


def opened(who: Visitor, data: dict[str, str]) -> str:
    """The source panel for a click on a citation: `report` its row, `start`, `end`, `mark` offsets of its text."""
    at = integers(f"{data.get('report', '')},{data.get('start', '')},{data.get('end', '')}")
    mark = integers(data.get("mark", ""))
    ref = next((ref for ref in who.corpus.reports() if at and ref.row == at[0]), None)
    if ref is None:
        return (
            '<section class="sheet" aria-label="原文"><header><div><h2 tabindex="-1">打不开</h2><p class="say error" role="alert">'
            "这份报告已经不在库中，请重新提问。</p></div>"
            '<button type="button" class="close" data-act="close" aria-label="关闭原文">×</button></header></section>'
        )
    who.tell("source", ref.name)
    pair = (mark[0], mark[1]) if len(mark) == 2 else None
    file = Path(ref.source)
    return sheet(ref, who.corpus.report(ref.row), at[1], at[2], pair, time.time_ns(), pdf.is_pdf(file), file.is_file())


def blocks(desk: Desk, shelves: Shelves, visitor: Callable[[Any], Visitor], history: History) -> gr.Blocks:
    """The page.

    The welcome is a component of its own, seen while the conversation is empty, so that what fills it as the page loads can
    never take the place of an answer.  `visitor`: who sends a request.
    """

    async def pose(talk: Talk, text: str, request: gr.Request, without: tuple[str, ...] = (), again: Turn | None = None) -> AsyncIterator[Told]:
        """Yields at once with the question, then with its answer, then with a language model's wording where there is one.

        `again`: the turn that is asked again, so that it follows up what it did then.
        """
        if not text:  # Enter pressed twice: the box is empty by then; a generator that yields nothing would empty the page
            yield (gr.skip(),) * 5
            return
        refused = BUSY if talk.turns and talk.turns[-1].waiting else fault(text)
        if refused:
            yield gr.skip(), gr.skip(), gr.skip(), gr.skip() if again else text, f'<p role="alert">{escape(refused)}</p>'
            return
        who = visitor(request)
        talk = talk if talk.id else Talk(new_id())
        earlier = [held for held in talk.turns if again is None or held.number < again.number]
        before = next((held.answer.question for held in reversed(earlier) if held.answer), None)
        turn = Turn(text.strip(), without, number=talk.turns[-1].number + 1 if talk.turns else 0)
        talk = talk.put(turn)
        yield shown(talk, kept=False), "", talk, "", ""
        who.tell("ask", turn.text)
        answering = asyncio.ensure_future(answered(desk, request, turn, before))
        async with aclosing(ticking(answering, 1.0)) as ticks:
            async for seconds in ticks:
                yield gr.skip(), f"正在查找 {len(who.corpus.reports())} 份报告，已 {round(seconds)} 秒…", gr.skip(), gr.skip(), gr.skip()
        turn = answering.result()
        if turn.answer and desk.phrases(turn.answer):
            wording = Wording(turn.answer)
            await asyncio.to_thread(history.keep, who.id, talk.put(turn), turn)
            yield shown(talk.put(replace(turn, drafting=True)), False), "", talk.put(replace(turn, drafting=True)), gr.skip(), gr.skip()
            async with aclosing(ticking(wording.follow(desk.phrasing(request, turn.answer)), 0.15)) as ticks:
                async for _ in ticks:
                    yield gr.skip(), escape(wording.draft), gr.skip(), gr.skip(), gr.skip()
            turn = replace(turn, answer=wording.answer)
        talk = talk.put(turn)
        kept = await asyncio.to_thread(history.keep, who.id, talk, turn)
        yield shown(talk, kept=kept and bool(who.id)), "", talk, gr.skip(), "" if kept else UNKEPT

    async def typed(text: str, talk: Talk, request: gr.Request) -> AsyncIterator[Told]:
        async for step in pose(talk, text, request):
            yield step

    async def picked(talk: Talk, event: gr.EventData, request: gr.Request) -> AsyncIterator[Told]:
        async for step in pose(talk, data_of(event).get("text", ""), request):
            yield step

    def turn_of(talk: Talk, data: dict[str, str]) -> Turn | None:
        number = integers(data.get("turn", ""))
        return talk.turn(number[0]) if number else None

    async def rechipped(talk: Talk, event: gr.EventData, request: gr.Request) -> AsyncIterator[Told]:
        data = data_of(event)
        turn, chip = turn_of(talk, data) or Turn(""), data.get("chip", "")
        kept = tuple(key for key in turn.without if key != chip)
        async for step in pose(talk, turn.text, request, kept if data.get("act") == "keep" else (*kept, chip), turn):
            yield step

    async def chosen(talk: Talk, event: gr.EventData, request: gr.Request) -> AsyncIterator[Told]:
        data = data_of(event)
        turn, at = turn_of(talk, data) or Turn(""), integers(data.get("candidate", ""))
        meant = turn.answer.candidates[at[0]].report.facts if turn.answer and at and at[0] < len(turn.answer.candidates) else None
        async for step in pose(talk, naming(meant, turn.text) if meant else "", request, turn.without, turn):
            yield step

    async def again(talk: Talk, event: gr.EventData, request: gr.Request) -> AsyncIterator[Told]:
        turn = turn_of(talk, data_of(event)) or Turn("")
        async for step in pose(talk, turn.text, request, turn.without, turn):
            yield step

    def edited(talk: Talk, event: gr.EventData) -> Any:
        turn = turn_of(talk, data_of(event))
        return turn.text if turn else gr.skip()

    def stopped(talk: Talk, request: gr.Request) -> tuple[Any, ...]:
        if not talk.turns or not talk.turns[-1].waiting:
            return (gr.skip(),) * 4
        turn = talk.turns[-1]
        if turn.answer is None:
            turn = replace(turn, error="已停止。")
        else:
            turn = replace(turn, drafting=False, answer=noted(turn.answer, "改写已停止，这里是报告原文。"))
        talk, who = talk.put(turn), visitor(request)
        kept = history.keep(who.id, talk, turn)
        return shown(talk, kept=kept and bool(who.id)), "", talk, "" if kept else UNKEPT

    def judged(talk: Talk, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        data = data_of(event)
        turn, said = turn_of(talk, data), data.get("judged", "")
        if turn is None or turn.answer is None or said not in ("有用", "没用"):
            return (gr.skip(),) * 3
        turn = replace(turn, judged=said, reason=" ".join(data.get("reason", "").split())[:200])
        judged, who = talk.put(turn), visitor(request)
        if not history.judge(turn):
            return gr.skip(), gr.skip(), UNJUDGED
        kept = history.keep(who.id, judged, turn)
        return shown(judged, kept=kept and bool(who.id)), judged, "" if kept else UNKEPT

    def open_source(event: gr.EventData, request: gr.Request) -> str:
        return opened(visitor(request), data_of(event))

    def remembered(words: str, request: gr.Request) -> str:
        try:
            return html.history(history.listed(visitor(request).id, words or ""), (words or "").strip())
        except HistoryError as error:
            return f'<p class="say error" role="alert">{escape(str(error))}</p>'

    def recalled(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        who = visitor(request)
        with suppress(HistoryError):
            found = history.talk(who.id, data_of(event).get("talk", ""), who.corpus.reports())
            if found:
                return shown(found), "", found, gr.Tabs(selected="talk")
        return (gr.skip(),) * 4

    def forgotten(words: str, event: gr.EventData, request: gr.Request) -> str:
        with suppress(HistoryError):  # the list says that it cannot be read
            history.remove(visitor(request).id, data_of(event).get("talk", ""))
        return remembered(words, request)

    clicks, panel = script("copy.js", "talk.js"), script("copy.js", "source.js")
    writes, adds, tells = script("live.js"), script("add.js"), script("status.js")
    page: gr.Blocks = gr.Blocks(title="有据 · 问报告", fill_width=True, analytics_enabled=False)
    with page:
        gr.HTML(
            '<div class="brand"><span class="seal" aria-hidden="true">据</span><h1>有据</h1>'
            "<span>从报告里找答案，句句有出处</span></div>",
            elem_id="masthead",
            js_on_load=None,
            apply_default_css=False,
        )
        state = gr.State(Talk())
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="main"), gr.Tabs(elem_id="rooms") as rooms:
                with gr.Tab("问答", id="talk"):
                    talk = gr.HTML(elem_id="talk", js_on_load=clicks, apply_default_css=False)
                    live = gr.HTML(elem_id="live", js_on_load=writes, apply_default_css=False)
                    welcome = gr.HTML(elem_id="welcome", js_on_load=clicks, apply_default_css=False)
                    with gr.Column(elem_id="composer"):
                        notice = gr.HTML(elem_id="notice", js_on_load=None, apply_default_css=False)
                        stop = gr.Button("停止", elem_id="stop", size="sm")
                        box = gr.Textbox(
                            elem_id="question",
                            label="问题",
                            show_label=False,
                            container=False,
                            placeholder=f"问一个问题，最多 {LONGEST} 字",
                            submit_btn="提问",
                            lines=1,
                            max_lines=6,
                            autofocus=True,
                        )
                with gr.Tab("报告库", id="library"):
                    adding = gr.HTML(elem_id="adding", js_on_load=adds, apply_default_css=False)
                    status = gr.HTML(elem_id="status", js_on_load=tells, apply_default_css=False)
                    library = gr.HTML(elem_id="library", js_on_load=clicks, apply_default_css=False)
                with gr.Tab("历史", id="history") as past:
                    account = gr.HTML(elem_id="account", js_on_load=None, apply_default_css=False)
                    words = gr.Textbox(
                        elem_id="sought", label="在问过的问题里查找", show_label=False, container=False, placeholder="在问过的问题里查找", max_lines=1
                    )
                    kept = gr.HTML(elem_id="history", js_on_load=clicks, apply_default_css=False)
            source = gr.HTML(elem_id="source", js_on_load=panel, apply_default_css=False)

        silent: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        quick: dict[str, Any] = {**silent, "queue": False}  # joins no queue, so it waits for nothing
        slow: dict[str, Any] = {**silent, "concurrency_limit": 1}
        # one that comes while the same is still at work is done after it, rather than dropped; the desk has the bound
        posed: dict[str, Any] = {**silent, "trigger_mode": "always_last", "concurrency_limit": None}
        asked = [talk, live, state, box, notice]
        page.load(shelves.arrived, None, [welcome, library, adding, account], **quick)
        posing = [
            box.submit(typed, [box, state], asked, **posed),
            welcome.ask(picked, [state], asked, **posed),
            talk.drop(rechipped, [state], asked, **posed),
            talk.keep(rechipped, [state], asked, **posed),
            talk.choose(chosen, [state], asked, **posed),
            talk.again(again, [state], asked, **posed),
        ]
        stop.click(stopped, [state], [talk, live, state, notice], cancels=posing, **quick)
        talk.edit(edited, [state], box, **quick)
        talk.judge(judged, [state], [talk, state, notice], **quick)
        talk.fresh(lambda: ("", "", Talk(), "", "", ""), None, [*asked, source], cancels=posing, **quick)
        welcome.library(lambda: gr.Tabs(selected="library"), None, rooms, **quick)
        talk.cite(open_source, None, source, **quick)
        library.cite(open_source, None, source, **quick)
        # two uploads that end close together: the list is drawn after the second one too
        adding.changed(shelves.changed, None, [status, library, welcome], **{**slow, "trigger_mode": "always_last"})
        library.remove(shelves.removed, None, [status, library, welcome], **slow)
        library.correct(shelves.corrected, None, [status, library, welcome], **slow)
        past.select(remembered, [words], kept, **quick)
        words.change(remembered, [words], kept, **{**quick, "trigger_mode": "always_last"})
        kept.recall(recalled, None, [talk, live, state, rooms], **quick)
        kept.forget(forgotten, [words], kept, **quick)
    return page
