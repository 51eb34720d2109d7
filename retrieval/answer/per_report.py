"""A question over many reports that asks for no figure: each report answers for itself, and the answers make a table."""

from __future__ import annotations

import re
from dataclasses import replace

from index.corpus import Corpus
from index.types import ReportRef
from retrieval.answer.compose import compose
from retrieval.question import spans
from retrieval.question.asks import asks
from retrieval.search.search import search
from retrieval.tables.tabulate import meant, wide
from retrieval.types import Question, Row, Table

MOST = 60  # reports asked one by one; each takes some milliseconds
LOOKED = 5  # passages of each
_SEVERAL = re.compile(r"[,，]?(?:请)?(?:都|全部)?列[出举](?:名字|姓名|来)?|分别|各自|各(?=是)|都(?=是)")


def each(corpus: Corpus, question: Question) -> Table | None:
    """A row a report with its own short answer to who, what or when; None where the question asks otherwise or of too many."""
    span = wide(question)
    refs = meant(question, corpus.reports()) if span else []
    if not 2 <= len(refs) <= MOST:
        return None
    text, rest = (_SEVERAL.sub("", held.replace(span, "", 1)) for held in (question.text, question.rest))
    alone = replace(question, text=text, rest=rest, asks=asks(text))
    if alone.asks not in ("name", "date"):
        return None
    rows = [row for ref in refs if (row := _row(corpus, alone, ref))]
    missing = tuple(ref for ref in refs if ref not in {row.report for row in rows})
    return Table(text.strip("的？?，, "), tuple(rows), missing, f"{len(refs)} 份报告中在 {len(rows)} 份里找到。", stated=len(rows))


def _row(corpus: Corpus, question: Question, ref: ReportRef) -> Row | None:
    own = replace(question, allowed=frozenset({ref.row}))
    answer = compose(corpus, own, search(corpus, own, LOOKED))
    first = next(iter(answer.citations), None)
    if answer.status != "answered" or not answer.short or first is None or first.mark is None:
        return None
    if "谁" in question.text and first.mark not in {(span.start, span.end) for span in spans.persons(first.quote)}:
        return None
    return Row(ref, answer.short, answer.citations[0])
