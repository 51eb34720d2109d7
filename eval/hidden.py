"""Do reports that somebody may not see steer what they get?  Every question beside a corpus without those reports.

The reports are divided in two, many times: the visible ones are indexed alone, and all are indexed together and narrowed to the
visible ones, as the server does for who is in no group.  Each question is asked of both; nothing may differ.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.dataset import Case
from eval.report import table
from eval.run import Progress
from index import backfill
from index.corpus import Corpus
from index.encoder import Encoder
from index.narrowed import Narrowed
from index.types import Report, YoujuError
from retrieval.ask import ask
from retrieval.types import Answer, Citation

HALVES = 4  # seeded divisions into two halves, beside each report hidden by itself
MOST_ALONE = 20  # reports hidden by themselves, where there are more


@dataclass(frozen=True)
class Difference:
    """A question that hidden reports have steered."""

    division: str
    id: str
    what: tuple[str, ...]


def divisions(names: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """(what it is called, names that are hidden)."""
    for name in random.Random(0).sample(sorted(names), min(MOST_ALONE, len(names))) if len(names) > MOST_ALONE else names:
        yield name, frozenset({name})
    for seed in range(HALVES):
        yield f"一半，种子 {seed}", frozenset(random.Random(seed).sample(sorted(names), len(names) // 2))


def steered(
    reports: Sequence[Report],
    cases: Sequence[Case],
    encoder: Encoder,
    progress: Progress,
    narrow: Callable[[Corpus, frozenset[int]], Corpus] = Narrowed,
) -> tuple[int, list[Difference]]:
    """How many questions were asked of both, and those that differ.  `narrow`: all the reports, as who may see some rows sees them."""
    asked, found = 0, []
    with tempfile.TemporaryDirectory(prefix="youju-hidden-") as folder, _indexed(Path(folder) / "all", reports, encoder) as whole:
        cuts = list(divisions([report.name for report in reports]))
        for done, (division, hidden) in enumerate(cuts, 1):
            visible = [report for report in reports if report.name not in hidden]
            rows = frozenset(ref.row for ref in whole.reports() if ref.name not in hidden)
            with _indexed(Path(folder) / str(done), visible, encoder) as alone:
                for case in cases:
                    mine, theirs = (_told(corpus, case.question) for corpus in (narrow(whole, rows), alone))
                    asked += 1
                    if what := tuple(name for name in mine if mine[name] != theirs.get(name)):
                        found.append(Difference(division, case.id, what))
            progress("分法", done, len(cuts))
    return asked, found


def hidden_table(asked: int, found: Sequence[Difference], divided: int) -> str:
    """Markdown."""
    said = f"{divided} 种分法，共问 {asked} 次，旁边各有一个不含被隐藏报告的库：{len(found)} 次不同。"
    return "\n".join([said, "", *table(("分法", "问题", "不同之处"), [(one.division, one.id, "、".join(one.what)) for one in found])]) if found else said


def _indexed(folder: Path, reports: Sequence[Report], encoder: Encoder) -> Corpus:
    corpus = Corpus.open(folder, encoder, create=True)
    corpus.add(reports)
    if corpus.contextual is not None:
        backfill.fill(folder, corpus.contextual)
    return corpus


def _told(corpus: Corpus, question: str) -> dict[str, Any]:
    """What an answer tells, by the name of the part; reports by their names, since a row differs from corpus to corpus."""
    try:
        answer = ask(corpus, question)
    except YoujuError as error:
        return {"status": str(error)}
    return {
        "status": answer.status,
        "short": answer.short,
        "text": answer.text,
        "citations": _places(answer.citations),
        "candidates": _places(answer.candidates),
        "hits": [(hit.report.name, hit.passage.start, hit.passage.end) for hit in answer.hits],
        "understood": (answer.question.text, answer.question.asks, answer.question.chips, answer.question.nothing),
        "note": answer.note,
        "table": _rows(answer),
    }


def _places(citations: Sequence[Citation]) -> list[tuple[str, int, int]]:
    return [(one.report.name, one.start, one.end) for one in citations]


def _rows(answer: Answer) -> Any:
    if answer.table is None:
        return None
    rows = [(row.report.name, row.value) for row in answer.table.rows]
    return rows, [ref.name for ref in answer.table.missing], answer.table.summary
