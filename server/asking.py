"""Questions taken in turn, for the page, the HTTP API, the chat completions and MCP alike: one bound, one word for busy.

A question is answered in a thread of its own, so a slow one holds up no other; a language model that phrases the answer
has turns of its own, so that one which is slow holds up no question.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import Any

from index.corpus import Corpus
from retrieval.ask import ask
from retrieval.types import Answer, Question
from retrieval.wording.service import Model, evidence, noted, phrasing
from server.limits import PHRASING, WAITING, Turnstile
from server.metrics import Metrics
from server.problems import Refused
from server.who import corpus_for, user_of


class Desk:
    """Where questions are asked of one corpus."""

    def __init__(self, corpus: Corpus, metrics: Metrics, model: Model | None = None, waiting: int = WAITING) -> None:
        self.queue = Turnstile(waiting=waiting)
        self.model = model
        self._corpus, self._metrics = corpus, metrics
        self._phrasing = Turnstile(PHRASING, waiting=0)

    def seen(self, request: Any) -> Corpus:
        """The corpus as it is now, as who sends a request may see it."""
        self._corpus.refresh()
        return corpus_for(self._corpus, user_of(request))

    def answer(
        self, request: Any, text: str, *, k: int = 20, without: Collection[str] = (), before: Question | None = None
    ) -> Answer:
        """The verbatim answer, in the caller's thread and turn; raises what `retrieval.ask.ask` does."""
        found = ask(self.seen(request), text, k=k, without=without, before=before)
        self._metrics.answered(found.status)
        return found

    def phrases(self, answer: Answer) -> bool:
        """Whether there is a language model, and anything in an answer for it to put into words."""
        return self.model is not None and bool(evidence(answer))

    async def phrasing(self, request: Any, answer: Answer) -> AsyncGenerator[str | Answer, None]:
        """Drafts of the language model's wording, longer each time, then the answer; the answer alone where there is none."""
        if self.model is None:
            yield answer
            return
        try:
            async with self._phrasing.turn(), aclosing(phrasing(self.seen(request), answer, self.model)) as steps:
                async for step in steps:
                    yield step
        except Refused:
            yield noted(answer, "语言模型正忙，这里是报告原文。")

    async def phrased(self, request: Any, answer: Answer) -> Answer:
        """The answer in the language model's wording where there is one that can."""
        async with aclosing(self.phrasing(request, answer)) as steps:
            async for step in steps:
                if isinstance(step, Answer):
                    answer = step
        return answer
