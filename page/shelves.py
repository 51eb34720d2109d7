"""What the library's buttons do: listeners for Gradio, each for who sends the event.  Files come in through the API alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from index.corpus import Corpus
from index.types import ReportRef, YoujuError
from page import html
from page.data import data_of
from page.library import adding, library
from page.visitor import Visitor
from server import intake
from server.gate import Door


class Shelves:
    """The library of one corpus.

    `uploads`: where uploaded files are kept; `visitor`: who sends a request; `suggested`: example questions for who sends it.
    """

    def __init__(
        self, corpus: Corpus, uploads: Path, door: Door, visitor: Callable[[Any], Visitor], suggested: Callable[[Any], tuple[str, ...]]
    ) -> None:
        self._corpus, self._uploads, self._door = corpus, uploads, door
        self._visitor, self._suggested = visitor, suggested
        self._alike = lru_cache(maxsize=4)(self._alike_at)

    def welcome(self, request: gr.Request) -> str:
        """The page before the first question."""
        who = self._visitor(request)
        return html.welcome(self._suggested(request), len(who.corpus.reports()), who.manages)

    def listed(self, request: gr.Request) -> str:
        """The reports that who asks may see."""
        self._corpus.refresh()
        who = self._visitor(request)
        reports = who.corpus.reports()
        held = {ref.id: ref for ref in reports}
        pairs = self._alike(self._corpus.generation)
        alike = {ref.row: [held[id] for id in pairs.get(ref.id, ()) if id in held] for ref in reports}
        filled, passages = who.corpus.filled()
        return library(reports, who.manages, alike, filled / passages if passages else 1.0)

    def _alike_at(self, generation: int) -> Mapping[str, Sequence[str]]:
        """Ids of reports → those of others nearly the same; of all, for the caller to leave out what is not to be seen."""
        found: dict[str, list[str]] = {}
        for ref in self._corpus.reports():
            for pair in self._corpus.alike(ref.row):
                found.setdefault(ref.id, []).append(pair.second.id if pair.first.id == ref.id else pair.first.id)
        return found

    def arrived(self, request: gr.Request) -> tuple[Any, ...]:
        """(welcome, library, where to add files, who is logged in) as the page loads."""
        who = self._visitor(request)
        place = adding(self._door.policy.upload_bytes) if who.manages else ""
        return self.welcome(request), self.listed(request), place, html.account(who.name)

    def changed(self, request: gr.Request) -> tuple[str, str, str]:
        """(status, library, welcome) after files went in through the API, which said itself what became of them."""
        return "", self.listed(request), self.welcome(request)

    def removed(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """(status, library, welcome) with a report taken out."""
        try:
            ref = intake.remove(self._corpus, self._uploads, self._managed(request, data_of(event).get("id", "")))
        except YoujuError as error:
            return self._told(request, str(error), True)
        self._visitor(request).tell("remove", ref.name)
        return self._told(request, f"已移除：{ref.name}")

    def corrected(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """(status, library, welcome) with a report's facts corrected."""
        data = data_of(event)
        try:
            ref = self._managed(request, data.get("id", ""))
            self._corpus.correct(ref.id, facts_of(data.get("facts", "")))
        except YoujuError as error:
            return self._told(request, str(error), True)
        self._visitor(request).tell("correct", ref.name)
        return self._told(request, f"已更正：{ref.name}")

    def _managed(self, request: gr.Request, id: str) -> ReportRef:
        """The report that a manager means; raises YoujuError where it is none of theirs."""
        who = self._visitor(request)
        if not who.manages:
            raise YoujuError("改动报告库需要管理权限。")
        ref = next((ref for ref in who.corpus.reports() if ref.id == id), None)
        if ref is None:
            raise YoujuError("这份报告已经不在库中，请刷新页面。")
        return ref

    def _told(self, request: gr.Request, said: str, bad: bool = False) -> tuple[Any, ...]:
        """(status, library, welcome) after the library was changed, or could not be."""
        role = "alert" if bad else "status"
        told = f'<div class="upload"><p class="say{" error" if bad else ""}" role="{role}">{escape(said)}</p></div>'
        return (told, gr.skip(), gr.skip()) if bad else (told, self.listed(request), self.welcome(request))


def facts_of(written: str) -> dict[str, str]:
    """Corrections as the page sends them: JSON, name of a fact → value; empty values are left out."""
    try:
        given = json.loads(written)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise YoujuError("没有收到要更正的内容，请再试一次。")
    kept = {str(name): str(value) for name, value in given.items() if str(value).strip()}
    if not kept:
        raise YoujuError("没有填要更正的内容。")
    return kept
