"""The front door: question → Answer."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

from index.corpus import Corpus
from index.rows import report_row
from index.types import StoreError
from retrieval.answer.compose import compose, tabled
from retrieval.answer.per_report import each
from retrieval.question.asks import asks_for_several
from retrieval.question.followup import carry, followed, reader
from retrieval.question.understand import groups, normalise, understand
from retrieval.search.rerank import Reader
from retrieval.search.search import search
from retrieval.tables.tabulate import tabulate, whole_corpus
from retrieval.types import Answer, Hit, Question, Table

_LOOK = 50  # passages looked at for a name


def ask(corpus: Corpus, text: str, *, k: int = 20, without: Collection[str] = (), before: Question | None = None,
        reranker: Reader | None = None) -> Answer:
    """The answer to a question, with its k hits and the milliseconds it took.

    `without` holds "slot:value" of the chips taken off; `before` is the question of the turn before, which a follow-up
    takes unit, year and subject from; `reranker` reads the first hits again.  Raises what `understood` does.
    """
    started = time.perf_counter()
    corpus = corpus.snapshot()  # of one generation to the end
    question = understood(corpus, text, without, before)
    hits = search(corpus, question, k, reranker=reranker)
    table = (tabulate(corpus, question) if many(corpus, question) else None) or each(corpus, question)
    if table and table.stated > 1:
        answer = replace(tabled(corpus, question, table), hits=hits)
    else:
        answer = compose(corpus, question, hits, _told(corpus, question, hits))
    note = " ".join(part for part in (answer.note, _pending(corpus)) if part)
    return replace(answer, note=note, ms=round((time.perf_counter() - started) * 1000, 2))


def _pending(corpus: Corpus) -> str:
    """What is said while contextual vectors are still being filled in; nothing once they are all there."""
    filled, total = corpus.filled()
    return "" if filled >= total else f"刚加入的报告还在补算上下文向量（已有 {filled / total:.0%}），补齐之前排序可能稍差。"


def _told(corpus: Corpus, question: Question, hits: tuple[Hit, ...]) -> Table | None:
    """What each report among the hits states of the one figure that a question asks for; None where it asks for no figure."""
    if question.asks not in ("number", "compare") or question.nothing or asks_for_several(question.text) > 1:
        return None
    return tabulate(corpus, replace(question, allowed=frozenset(hit.report.row for hit in hits)))


def many(corpus: Corpus, question: Question) -> bool:
    """Whether a question asks for one figure of many reports, or of several that it names."""
    if question.nothing:
        return False
    return whole_corpus(question) or (question.asks in ("compare", "number", "list") and len(groups(question, corpus.reports())) > 1)


def understood(corpus: Corpus, text: str, without: Collection[str] = (), before: Question | None = None) -> Question:
    """A question understood against a corpus, and as the next turn after the one before where there is one.

    Raises QuestionError on an empty question and on one of more than 500 characters, StoreError when the corpus holds no
    report.
    """
    text = normalise(text)
    reports = corpus.reports()
    if not reports:
        raise StoreError("还没有收入任何报告：请先在页面上传，或运行 python -m index add 报告文件或文件夹")

    def holders(name: str) -> frozenset[int]:
        rows = [row for row, _ in corpus.lexical(name, _LOOK, None)]
        low = name.lower()
        return frozenset(report_row(row) for row, p in zip(rows, corpus.passages(rows), strict=True) if low in p.text.lower())

    turn = followed(text, before, reports, without=without, passages=reader(corpus), holders=holders, frequency=corpus.frequency)
    return carry(understand(turn.text, reports, without, holders=holders, frequency=corpus.frequency), turn)
