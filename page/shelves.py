"""What the library's buttons do: listeners for Gradio, each for who sends the event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from index.corpus import Corpus
from index.types import ReportRef, YoujuError
from page import html
from page.data import data_of
from page.library import library, progress
from page.upload import facts_of, found_report, put_in_place, upload
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
        return library(reports, who.manages, alike)

    def _alike_at(self, generation: int) -> Mapping[str, Sequence[str]]:
        """Ids of reports → those of others nearly the same; of all, for the caller to leave out what is not to be seen."""
        found: dict[str, list[str]] = {}
        for ref in self._corpus.reports():
            for pair in self._corpus.alike(ref.row):
                found.setdefault(ref.id, []).append(pair.second.id if pair.first.id == ref.id else pair.first.id)
        return found

    def arrived(self, request: gr.Request) -> tuple[Any, ...]:
        """(welcome, library, what may be added, where to add it, who is logged in) as the page loads."""
        who = self._visitor(request)
        managing = gr.update(visible=who.manages)
        return self.welcome(request), self.listed(request), managing, managing, html.account(who.name)

    def take_in(self, files: list[str] | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        """Yields (status, library, welcome, files) while files are read in."""
        who = self._visitor(request)
        if not who.manages:
            yield *self._changed(request, "添加报告需要管理权限。", True), None
            return
        paths = [Path(file) for file in files or ()]
        for step in upload(self._corpus, who.corpus, self._uploads, paths, self._door.policy.upload_bytes):
            if step.done < step.total:
                yield progress(step), gr.skip(), gr.skip(), gr.skip()
            else:
                yield progress(step), self.listed(request), self.welcome(request), None
        for path in paths:
            who.tell("add", path.name)

    def removed(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """(status, library, welcome) with a report taken out."""
        try:
            ref = intake.remove(self._corpus, self._uploads, self._managed(request, data_of(event).get("id", "")))
        except YoujuError as error:
            return self._changed(request, str(error), True)
        self._visitor(request).tell("remove", ref.name)
        return self._changed(request, f"已移除：{ref.name}")

    def corrected(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """(status, library, welcome) with a report's facts corrected."""
        data = data_of(event)
        try:
            ref = self._managed(request, data.get("id", ""))
            self._corpus.correct(ref.id, facts_of(data.get("facts", "")))
        except YoujuError as error:
            return self._changed(request, str(error), True)
        self._visitor(request).tell("correct", ref.name)
        return self._changed(request, f"已更正：{ref.name}")

    def to_replace(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """(id of the report to replace, button for the file, status)."""
        try:
            ref = self._managed(request, data_of(event).get("id", ""))
            if intake.closed(ref.source, self._door.groups.now()):
                raise YoujuError(intake.CLOSED)
        except YoujuError as error:
            return "", gr.update(visible=False), self._changed(request, str(error), True)[0]
        said = f'<div class="upload"><p class="say" role="status">选一个文件来替换“{escape(ref.name)}”。</p></div>'
        return ref.id, gr.update(visible=True), said

    def replaced(self, file: str | None, id: str, request: gr.Request) -> tuple[Any, ...]:
        """(status, library, welcome, button) with a report replaced."""
        try:
            ref = self._managed(request, id)
            if file is None:
                raise YoujuError("没有选文件。")
            if intake.closed(ref.source, self._door.groups.now()):
                raise YoujuError(intake.CLOSED)
            new = put_in_place(self._corpus, self._uploads, ref, Path(file), self._door.policy.upload_bytes)
        except YoujuError as error:
            return *self._changed(request, str(error), True), gr.update(visible=True)
        self._visitor(request).tell("replace", f"{ref.name} → {new.name}")
        return *self._changed(request, f"已用“{new.name}”替换“{ref.name}”。"), gr.update(visible=False)

    def _managed(self, request: gr.Request, id: str) -> ReportRef:
        """The report that a manager means; raises YoujuError where it is none of theirs."""
        who = self._visitor(request)
        if not who.manages:
            raise YoujuError("改动报告库需要管理权限。")
        return found_report(who.corpus.reports(), id)

    def _changed(self, request: gr.Request, said: str, bad: bool = False) -> tuple[Any, ...]:
        """(status, library, welcome) after the library was changed, or could not be."""
        role = "alert" if bad else "status"
        told = f'<div class="upload"><p class="say{" error" if bad else ""}" role="{role}">{escape(said)}</p></div>'
        return (told, gr.skip(), gr.skip()) if bad else (told, self.listed(request), self.welcome(request))
