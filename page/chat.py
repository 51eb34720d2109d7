"""The web chat: Gradio blocks over `ask`.

What is shown is HTML from `page.html` and `page.source`; `talk.js` turns clicks on their buttons into the events that are
listened to here.  An event's data comes from a browser and is checked like any input.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from index.corpus import Corpus
from index.load import READERS
from index.types import Facts, ReportRef, YoujuError
from page import html, pdf
from page.history import History, Talk, Turn, new_id
from page.source import sheet
from page.upload import facts_of, found_report, put_in_place, remove, upload
from page.visitor import Visitor
from retrieval.ask import ask
from retrieval.question import LONGEST
from retrieval.types import Question
from server.shapes import fault

log = logging.getLogger("youju.page")
HERE = Path(__file__).parent
LOOKING = 8  # questions looked for at once
SANS = ("-apple-system", "BlinkMacSystemFont", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace")


def theme() -> gr.themes.Base:
    """One calm theme: paper and ink, a pine-green accent, the system's own Chinese fonts."""
    pine = gr.themes.Color(
        "#eef5f3", "#d8e8e4", "#b4d2cb", "#8ab8ae", "#5d9a8e", "#3d7f73", "#2d675d", "#25534b", "#1f433d", "#193531", "#0e211e"
    )
    return gr.themes.Base(primary_hue=pine, secondary_hue=pine, neutral_hue="stone", font=[*SANS, "sans-serif"], font_mono=MONO).set(
        body_background_fill="#faf9f6",
        body_background_fill_dark="#161918",
        body_text_color="#24292a",
        body_text_color_dark="#e3e6e3",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1e2221",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1e2221",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_500",
        button_primary_text_color="#ffffff",
    )


def shown(talk: Talk, waiting: str = "正在查找…", kept: bool = True) -> str:
    """The conversation as HTML; `kept`: the server has it, so it can be had as a file."""
    return html.talk(talk.turns, talk.id if kept else "", waiting)


def answered(corpus: Corpus, turn: Turn, before: Question | None = None) -> Turn:
    """A turn with its answer, or with the reason there is none; `before` is the question that it may follow up."""
    try:
        corpus.refresh()
        return replace(turn, answer=ask(corpus, turn.text, without=turn.without, before=before))
    except YoujuError as error:
        return replace(turn, error=str(error))
    except Exception:
        log.exception("cannot answer %r", turn.text)
        return replace(turn, error="查找时出了错，请再试一次；原因记在服务的日志里。")


def naming(facts: Facts, text: str) -> str:
    """The question with the report it is about named in front of it."""
    named = [part for part in (facts.unit or facts.region, f"{facts.year}年" if facts.year else "") if part]
    return "".join(part for part in named if part not in text) + text


def _data(event: gr.EventData) -> dict[str, str]:
    data = event._data if isinstance(event._data, dict) else {}
    return {str(key): str(value) for key, value in data.items()}


def _integers(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    return tuple(int(part) for part in parts) if all(re.fullmatch("[0-9]{1,9}", part) for part in parts) else ()


def opened(who: Visitor, data: dict[str, str]) -> str:
    """The source panel for a click on a citation: `report` its row, `start`, `end`, `mark` offsets of its text."""
    at = _integers(f"{data.get('report', '')},{data.get('start', '')},{data.get('end', '')}")
    mark = _integers(data.get("mark", ""))
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


def blocks(
    corpus: Corpus, uploads: Path, visitor: Callable[[Any], Visitor], suggested: Callable[[Any], tuple[str, ...]], history: History
) -> gr.Blocks:
    """The page over one corpus.

    The welcome is a component of its own, seen while the conversation is empty, so that what fills it as the page loads can
    never take the place of an answer.  `uploads`: where uploaded files are kept; `visitor`: who sends a request;
    `suggested`: example questions for who sends it.
    """
    looking = ThreadPoolExecutor(LOOKING, thread_name_prefix="ask")

    def opening(request: gr.Request) -> str:
        return html.welcome(suggested(request), len(visitor(request).corpus.reports()))

    def pose(
        talk: Talk, text: str, request: gr.Request, without: tuple[str, ...] = (), again: Turn | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Yields (conversation, state, question box, notice): at once with the question, then with its answer.

        `again`: the turn that is asked again, so that it follows up what it did then.
        """
        if reason := fault(text):
            yield gr.skip(), gr.skip(), gr.skip(), f'<p role="alert">{escape(reason)}</p>'
            return
        who = visitor(request)
        talk = talk if talk.id else Talk(new_id())
        earlier = [held for held in talk.turns if again is None or held.number < again.number]
        before = next((held.answer.question for held in reversed(earlier) if held.answer), None)
        turn = Turn(text.strip(), without, number=talk.turns[-1].number + 1 if talk.turns else 0)
        talk = talk.put(turn)
        yield shown(talk, kept=False), talk, "", ""
        who.tell("ask", turn.text)
        started = time.monotonic()
        work = looking.submit(answered, who.corpus, turn, before)
        while not work.done():
            wait([work], timeout=1.0)
            if not work.done():
                seconds = round(time.monotonic() - started)
                yield shown(talk, f"正在查找 {len(who.corpus.reports())} 份报告，已 {seconds} 秒…", False), gr.skip(), gr.skip(), gr.skip()
        talk = talk.put(work.result())
        history.keep(who.id, talk, work.result())
        yield shown(talk, kept=bool(who.id)), talk, gr.skip(), ""

    def typed(text: str, talk: Talk, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from pose(talk, text, request)

    def picked(talk: Talk, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        yield from pose(talk, _data(event).get("text", ""), request)

    def turn_of(talk: Talk, data: dict[str, str]) -> Turn | None:
        number = _integers(data.get("turn", ""))
        return talk.turn(number[0]) if number else None

    def rechipped(talk: Talk, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        data = _data(event)
        turn, chip = turn_of(talk, data), data.get("chip", "")
        if turn is None:
            return
        kept = tuple(key for key in turn.without if key != chip)
        yield from pose(talk, turn.text, request, kept if data.get("act") == "keep" else (*kept, chip), turn)

    def chosen(talk: Talk, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        data = _data(event)
        turn, at = turn_of(talk, data), _integers(data.get("candidate", ""))
        if turn is None or turn.answer is None or not at or at[0] >= len(turn.answer.candidates):
            return
        facts = turn.answer.candidates[at[0]].report.facts
        yield from pose(talk, naming(facts, turn.text), request, turn.without, turn)

    def again(talk: Talk, event: gr.EventData, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        turn = turn_of(talk, _data(event))
        if turn is not None:
            yield from pose(talk, turn.text, request, turn.without, turn)

    def edited(talk: Talk, event: gr.EventData) -> Any:
        turn = turn_of(talk, _data(event))
        return turn.text if turn else gr.skip()

    def stopped(talk: Talk, request: gr.Request) -> tuple[Any, ...]:
        if not talk.turns or not talk.turns[-1].waiting:
            return gr.skip(), gr.skip()
        turn = replace(talk.turns[-1], error="已停止。")
        talk, who = talk.put(turn), visitor(request)
        history.keep(who.id, talk, turn)
        return shown(talk, kept=bool(who.id)), talk

    def judged(talk: Talk, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        data = _data(event)
        turn, said = turn_of(talk, data), data.get("judged", "")
        if turn is None or turn.answer is None or said not in ("有用", "没用"):
            return gr.skip(), gr.skip()
        turn = replace(turn, judged=said, reason=" ".join(data.get("reason", "").split())[:200])
        talk, who = talk.put(turn), visitor(request)
        history.judge(turn)
        history.keep(who.id, talk, turn)
        return shown(talk, kept=bool(who.id)), talk

    def open_source(event: gr.EventData, request: gr.Request) -> str:
        return opened(visitor(request), _data(event))

    def listed(request: gr.Request) -> str:
        corpus.refresh()
        who = visitor(request)
        return html.library(who.corpus.reports(), who.manages)

    def arrived(request: gr.Request) -> tuple[Any, ...]:
        table, manages = listed(request), visitor(request).manages
        return opening(request), table, gr.update(visible=manages), gr.update(visible=manages)

    def changed(request: gr.Request, said: str, bad: bool = False) -> tuple[Any, ...]:
        """(status, library, welcome) after the library was changed, or could not be."""
        role = "alert" if bad else "status"
        told = f'<div class="upload"><p class="say{" error" if bad else ""}" role="{role}">{escape(said)}</p></div>'
        return (told, gr.skip(), gr.skip()) if bad else (told, listed(request), opening(request))

    def managed(request: gr.Request, id: str) -> ReportRef:
        """The report that a manager means; raises YoujuError where it is none of theirs."""
        who = visitor(request)
        if not who.manages:
            raise YoujuError("改动报告库需要管理权限。")
        return found_report(who.corpus.reports(), id)

    def take_in(files: list[str] | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        if not visitor(request).manages:
            yield *changed(request, "添加报告需要管理权限。", True), None
            return
        for step in upload(corpus, uploads, [Path(file) for file in files or ()]):
            status = html.progress(step.done, step.total, step.doing, step.outcomes)
            finished = step.done == step.total
            yield (
                status,
                listed(request) if finished else gr.skip(),
                opening(request) if finished else gr.skip(),
                None if finished else gr.skip(),
            )

    def removed(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        try:
            ref = remove(corpus, uploads, managed(request, _data(event).get("id", "")))
        except YoujuError as error:
            return changed(request, str(error), True)
        visitor(request).tell("remove", ref.name)
        return changed(request, f"已移除：{ref.name}")

    def corrected(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        data = _data(event)
        try:
            ref = managed(request, data.get("id", ""))
            corpus.correct(ref.id, facts_of(data.get("facts", "")))
        except YoujuError as error:
            return changed(request, str(error), True)
        visitor(request).tell("correct", ref.name)
        return changed(request, f"已更正：{ref.name}")

    def to_replace(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        try:
            ref = managed(request, _data(event).get("id", ""))
        except YoujuError as error:
            return "", gr.update(visible=False), changed(request, str(error), True)[0]
        said = f'<div class="upload"><p class="say" role="status">选一个文件来替换“{escape(ref.name)}”。</p></div>'
        return ref.id, gr.update(visible=True), said

    def replaced(file: str | None, id: str, request: gr.Request) -> tuple[Any, ...]:
        try:
            ref = managed(request, id)
            if file is None:
                raise YoujuError("没有选文件。")
            new = put_in_place(corpus, uploads, ref, Path(file))
        except YoujuError as error:
            return *changed(request, str(error), True), gr.update(visible=True)
        visitor(request).tell("replace", f"{ref.name} → {new.name}")
        return *changed(request, f"已用“{new.name}”替换“{ref.name}”。"), gr.update(visible=False)

    def remembered(words: str, request: gr.Request) -> str:
        return html.history(history.listed(visitor(request).id, words or ""), (words or "").strip())

    def recalled(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        who = visitor(request)
        found = history.talk(who.id, _data(event).get("talk", ""), who.corpus.reports())
        return (shown(found), found, gr.Tabs(selected="talk")) if found else (gr.skip(), gr.skip(), gr.skip())

    def forgotten(words: str, event: gr.EventData, request: gr.Request) -> str:
        history.remove(visitor(request).id, _data(event).get("talk", ""))
        return remembered(words, request)

    clicks, panel = ((HERE / name).read_text("utf-8") for name in ("talk.js", "source.js"))
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
        replacing = gr.State("")
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="main"), gr.Tabs(elem_id="rooms") as rooms:
                with gr.Tab("问答", id="talk"):
                    talk = gr.HTML(elem_id="talk", js_on_load=clicks, apply_default_css=False)
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
                    lead = gr.HTML(
                        f'<div class="lead"><p>添加报告，可以一次选多个文件。可以读：{" ".join(READERS)}</p></div>',
                        js_on_load=None,
                        apply_default_css=False,
                        visible=False,
                    )
                    files = gr.File(
                        elem_id="files", label="添加报告", show_label=False, file_count="multiple", height=130, visible=False
                    )
                    status = gr.HTML(elem_id="status", js_on_load=None, apply_default_css=False)
                    swap = gr.UploadButton("选择替换的文件", elem_id="swap", visible=False)
                    library = gr.HTML(elem_id="library", js_on_load=clicks, apply_default_css=False)
                with gr.Tab("历史", id="history") as past:
                    words = gr.Textbox(
                        elem_id="sought", label="在问过的问题里查找", show_label=False, container=False, placeholder="在问过的问题里查找", max_lines=1
                    )
                    kept = gr.HTML(elem_id="history", js_on_load=clicks, apply_default_css=False)
            source = gr.HTML(elem_id="source", js_on_load=panel, apply_default_css=False)

        silent: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        # Gradio loses an event that joins the queue while its answer stream closes, so what is quick does not join
        quick: dict[str, Any] = {**silent, "queue": False}
        asked = [talk, state, box, notice]
        page.load(arrived, None, [welcome, library, lead, files], **quick)
        posing = [
            box.submit(typed, [box, state], asked, **silent),
            welcome.ask(picked, [state], asked, **silent),
            talk.drop(rechipped, [state], asked, **silent),
            talk.keep(rechipped, [state], asked, **silent),
            talk.choose(chosen, [state], asked, **silent),
            talk.again(again, [state], asked, **silent),
        ]
        stop.click(stopped, [state], [talk, state], cancels=posing, **quick)
        talk.edit(edited, [state], box, **quick)
        talk.judge(judged, [state], [talk, state], **quick)
        talk.fresh(lambda: ("", Talk(), "", ""), None, [talk, state, box, source], cancels=posing, **quick)
        welcome.library(lambda: gr.Tabs(selected="library"), None, rooms, **quick)
        talk.cite(open_source, None, source, **quick)
        library.cite(open_source, None, source, **quick)
        files.upload(take_in, [files], [status, library, welcome, files], concurrency_limit=1, **silent)
        library.remove(removed, None, [status, library, welcome], concurrency_limit=1, **silent)
        library.correct(corrected, None, [status, library, welcome], concurrency_limit=1, **silent)
        library.replace(to_replace, None, [replacing, swap, status], **quick)
        swap.upload(replaced, [swap, replacing], [status, library, welcome, swap], concurrency_limit=1, **silent)
        past.select(remembered, [words], kept, **quick)
        words.change(remembered, [words], kept, trigger_mode="always_last", **quick)
        kept.recall(recalled, None, [talk, state, rooms], **quick)
        kept.forget(forgotten, [words], kept, **quick)
    page.queue(default_concurrency_limit=LOOKING, max_size=64)
    return page
