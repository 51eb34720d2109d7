"""The web chat: Gradio blocks over `ask`.

What is shown is HTML from `page.html` and `page.source`; `talk.js` turns clicks on their buttons into the events that are
listened to here.  An event's data comes from a browser and is checked like any input.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from index.corpus import Corpus
from index.load import READERS
from index.types import Facts, YoujuError
from page import html
from page.question import fault
from page.source import sheet
from page.upload import upload
from retrieval.ask import ask
from retrieval.question import LONGEST
from retrieval.types import Answer

log = logging.getLogger("youju.page")
HERE = Path(__file__).parent
KEPT_TURNS = 30  # of a conversation; what is older scrolls out of memory
SANS = ("-apple-system", "BlinkMacSystemFont", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace")


@dataclass(frozen=True)
class Turn:
    """A question of the conversation with its answer; neither answer nor error while it is being looked for."""

    text: str
    without: tuple[str, ...] = ()  # chips taken off, as slot:value
    answer: Answer | None = None
    error: str = ""


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


def shown(turns: tuple[Turn, ...]) -> str:
    """The conversation as HTML."""
    return "".join(
        html.turn(turn.text, turn.answer, turn.error, turn.without, number) for number, turn in enumerate(turns)
    )


def answered(corpus: Corpus, turn: Turn) -> Turn:
    """A turn with its answer, or with the reason there is none."""
    try:
        corpus.refresh()
        return replace(turn, answer=ask(corpus, turn.text, without=turn.without))
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


def opened(corpus: Corpus, data: dict[str, str]) -> str:
    """The source panel for a click on a citation: `report` its row, `start`, `end`, `mark` offsets of its text."""
    at = _integers(f"{data.get('report', '')},{data.get('start', '')},{data.get('end', '')}")
    mark = _integers(data.get("mark", ""))
    ref = next((ref for ref in corpus.reports() if at and ref.row == at[0]), None)
    if ref is None:
        return '<section class="sheet"><p class="say error" role="alert">这份报告已经不在库中，请重新提问。</p></section>'
    pair = (mark[0], mark[1]) if len(mark) == 2 else None
    return sheet(ref, corpus.report(ref.row), at[1], at[2], pair, opened=time.time_ns())


def blocks(corpus: Corpus, uploads: Path, suggested: Callable[[], tuple[str, ...]]) -> gr.Blocks:
    """The page over one corpus.

    The welcome is a component of its own, seen while the conversation is empty, so that what fills it as the page loads can
    never take the place of an answer.  `uploads`: where uploaded files are kept; `suggested`: example questions.
    """

    def opening() -> str:
        return html.welcome(suggested(), len(corpus.reports()))

    def pose(turns: tuple[Turn, ...], text: str, without: tuple[str, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yields (conversation, state, question box, notice): at once with the question, then with its answer."""
        if reason := fault(text):
            yield gr.skip(), gr.skip(), gr.skip(), f'<p role="alert">{escape(reason)}</p>'
            return
        turns = (*turns[-KEPT_TURNS + 1 :], Turn(text.strip(), without))
        yield shown(turns), turns, "", ""
        turns = (*turns[:-1], answered(corpus, turns[-1]))
        yield shown(turns), turns, gr.skip(), ""

    def typed(text: str, turns: tuple[Turn, ...]) -> Iterator[tuple[Any, ...]]:
        yield from pose(turns, text)

    def picked(turns: tuple[Turn, ...], event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        yield from pose(turns, _data(event).get("text", ""))

    def turn_of(turns: tuple[Turn, ...], data: dict[str, str]) -> Turn | None:
        number = _integers(data.get("turn", ""))
        return turns[number[0]] if number and number[0] < len(turns) else None

    def rechipped(turns: tuple[Turn, ...], event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        data = _data(event)
        turn, chip = turn_of(turns, data), data.get("chip", "")
        if turn is None:
            return
        kept = tuple(key for key in turn.without if key != chip)
        yield from pose(turns, turn.text, kept if data.get("act") == "keep" else (*kept, chip))

    def chosen(turns: tuple[Turn, ...], event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        data = _data(event)
        turn, at = turn_of(turns, data), _integers(data.get("candidate", ""))
        if turn is None or turn.answer is None or not at or at[0] >= len(turn.answer.candidates):
            return
        facts = turn.answer.candidates[at[0]].report.facts
        yield from pose(turns, naming(facts, turn.text), turn.without)

    def open_source(event: gr.EventData) -> str:
        return opened(corpus, _data(event))

    def listed() -> str:
        corpus.refresh()
        return html.library(corpus.reports())

    def arrived() -> tuple[str, str]:
        table = listed()
        return opening(), table

    def take_in(files: list[str] | None) -> Iterator[tuple[Any, ...]]:
        for step in upload(corpus, uploads, [Path(file) for file in files or ()]):
            status = html.progress(step.done, step.total, step.doing, step.outcomes)
            finished = step.done == step.total
            yield (
                status,
                listed() if finished else gr.skip(),
                opening() if finished else gr.skip(),
                None if finished else gr.skip(),
            )

    clicks, panel = ((HERE / name).read_text("utf-8") for name in ("talk.js", "source.js"))
    page: gr.Blocks = gr.Blocks(title="有据 · 问报告", fill_width=True, analytics_enabled=False)
    with page:
        gr.HTML(
            '<div class="brand"><span class="seal" aria-hidden="true">据</span><strong>有据</strong>'
            "<span>从报告里找答案，句句有出处</span></div>",
            elem_id="masthead",
            js_on_load=None,
            apply_default_css=False,
        )
        state = gr.State(())
        with gr.Row(elem_id="desk"):
            with gr.Column(elem_id="main"), gr.Tabs(elem_id="rooms") as rooms:
                with gr.Tab("问答", id="talk"):
                    talk = gr.HTML(elem_id="talk", js_on_load=clicks, apply_default_css=False)
                    welcome = gr.HTML(elem_id="welcome", js_on_load=clicks, apply_default_css=False)
                    with gr.Column(elem_id="composer"):
                        notice = gr.HTML(elem_id="notice", js_on_load=None, apply_default_css=False)
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
                    gr.HTML(
                        f'<div class="lead"><p>添加报告，可以一次选多个文件。可以读：{" ".join(READERS)}</p></div>',
                        js_on_load=None,
                        apply_default_css=False,
                    )
                    files = gr.File(
                        elem_id="files", label="添加报告", show_label=False, file_count="multiple", height=130
                    )
                    status = gr.HTML(elem_id="status", js_on_load=None, apply_default_css=False)
                    library = gr.HTML(elem_id="library", js_on_load=clicks, apply_default_css=False)
            source = gr.HTML(elem_id="source", js_on_load=panel, apply_default_css=False)

        silent: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        asked = [talk, state, box, notice]
        page.load(arrived, None, [welcome, library], **silent)
        box.submit(typed, [box, state], asked, **silent)
        welcome.ask(picked, [state], asked, **silent)
        talk.drop(rechipped, [state], asked, **silent)
        talk.keep(rechipped, [state], asked, **silent)
        talk.choose(chosen, [state], asked, **silent)
        welcome.library(lambda: gr.Tabs(selected="library"), None, rooms, **silent)
        talk.cite(open_source, None, source, queue=False, **silent)
        library.cite(open_source, None, source, queue=False, **silent)
        files.upload(take_in, [files], [status, library, welcome, files], concurrency_limit=1, **silent)
    page.queue(default_concurrency_limit=8, max_size=64)
    return page
