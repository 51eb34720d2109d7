"""Where was it lost?  For a missed question, the first stage of the way from file to answer that lost the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from eval.dataset import Case, Lost
from eval.metrics import fold, shares_half
from eval.report import STAGES
from index.corpus import Corpus
from index.types import Report
from retrieval.answer.sentences import READ
from retrieval.search.search import DEPTH, first_order, search
from retrieval.types import Answer, Hit

_ORDER = {stage: at for at, stage in enumerate(STAGES)}
_NAMES = {"lexical": "字面", "dense": "语义"}


def lost(corpus: Corpus, case: Case, answer: Answer) -> Lost:
    """The stage that lost a missed question, asked as `answer` says.

    A question that needs all of several pieces was lost with the first of them to go; one that any would do for, with
    the last.
    """
    if case.type == "unanswerable":
        return Lost("should decline", _status(answer))
    if case.type == "ambiguous":
        return Lost("should ask back", _status(answer))
    rows = {Path(ref.name).stem: ref.row for ref in corpus.reports()}
    if case.type == "table":
        return _table(corpus, case, answer, rows)
    reports = {name: corpus.report(rows[name]) for name in case.reports if name in rows}
    wide = search(corpus, answer.question, 2 * DEPTH)  # all that either list held
    fused = first_order(corpus, answer.question)
    found = [_piece(fold(piece), reports, rows, answer, wide, fused) for piece in case.evidence]
    pick = max if case.require == "any" else min
    return pick(found, key=lambda one: _ORDER[one.stage])


def _piece(
    evidence: str,
    reports: Mapping[str, Report],
    rows: Mapping[str, int],
    answer: Answer,
    wide: Sequence[Hit],
    fused: Mapping[str, int],
) -> Lost:
    """Where one piece of evidence went."""
    held = _held(evidence, reports.values())
    if held is not None:
        return held
    allowed = answer.question.allowed
    if answer.question.nothing or (allowed is not None and not any(rows[name] in allowed for name in reports)):
        return Lost("filter", "、".join(f"{chip.value}（{chip.said}）" for chip in answer.question.chips))
    place = _place(evidence, reports, answer.hits)
    if place is not None:
        note = f"命中第 {place + 1}；{_status(answer)}"
        return Lost("answer" if place < READ else "cut-off", note)
    far = _place(evidence, reports, wide)
    if far is None:
        return Lost("both lists", f"两路的前 {DEPTH} 段里都没有")
    ranks = dict(wide[far].ranks)
    note = "、".join(f"{_NAMES[name]}第 {ranks[name]}" if name in ranks else f"{_NAMES[name]}前 {DEPTH} 没有" for name in _NAMES)
    if fused.get(wide[far].passage.id, len(fused)) <= len(answer.hits):
        return Lost("reranking", note)
    if "lexical" not in ranks:
        return Lost("lexical list", note)
    return Lost("fusion" if "dense" in ranks else "dense list", note)


def _held(evidence: str, reports: Iterable[Report]) -> Lost | None:
    """Lost before any question was asked: not in the text that was read, or in no passage."""
    found = [report for report in reports if evidence in fold(report.text)]
    if not found:
        return Lost("loading", "读入的文字里没有这句依据")
    if not any(shares_half(fold(passage.text), evidence) for report in found for passage in report.passages):
        return Lost("chunking", "没有一段含有这句依据的一半")
    return None


def _place(evidence: str, reports: Mapping[str, Report], hits: Sequence[Hit]) -> int | None:
    """0-based place of the first hit that finds the evidence."""
    for place, hit in enumerate(hits):
        if Path(hit.report.name).stem in reports and shares_half(fold(hit.passage.text), evidence):
            return place
    return None


def _table(corpus: Corpus, case: Case, answer: Answer, rows: Mapping[str, int]) -> Lost:
    """Of the rows that are not there, the first to go; rows that are there and wrong are the answer's doing."""
    given = {Path(row.report.name).stem for row in answer.table.rows} if answer.table else set()
    absent = [row for row in case.rows if row.report not in given]
    allowed = answer.question.allowed
    for row in absent:
        held = [_held(fold(piece), [corpus.report(rows[row.report])]) for piece in row.evidence if row.report in rows]
        if held and all(held):
            return held[0] or Lost("loading")
    outside = [row.report for row in absent if allowed is not None and rows.get(row.report) not in allowed]
    if outside:
        return Lost("filter", f"被排除的报告：{'、'.join(outside[:5])}")
    if not answer.table:
        return Lost("answer", "没有给出表格")
    return Lost("answer", f"{len(case.rows)} 行里缺 {len(absent)} 行，共给出 {len(given)} 行")


def _status(answer: Answer) -> str:
    return {"answered": "作了答", "abstained": "弃答", "ambiguous": "反问是哪一份报告"}[answer.status]
