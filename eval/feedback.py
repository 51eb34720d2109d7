"""What readers said of answers on the page → gold questions to correct by hand, questions to label, and TREC qrels.

The page appends a line to `feedback.jsonl` in its data folder for every 有用 and 没用, without saying whose it was:
`question`, `without` (chips taken off), `useful`, `reason`, `status`, `short`, `citations` (`file`, `passage`, `quote`) and,
where the question leant on the turn before, `follows`.  A click is a weak judgement, so what comes of it is a draft.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.dataset import Line, json_lines
from eval.metrics import fold
from eval.run import stem
from retrieval.question.asks import asks

WRONG = frozenset({"答非所问", "出处不对", "选错了报告"})  # reasons that say the cited passages are not the evidence
PARTIAL = "不完整"  # they are, but not all of it


@dataclass(frozen=True)
class Cited:
    """A passage with the run of it that was quoted."""

    report: str  # file stem
    passage: str  # id
    quote: str


@dataclass(frozen=True)
class Judged:
    """An answer and what was last said of it."""

    question: str
    useful: bool
    reason: str
    status: str
    short: str
    cited: tuple[Cited, ...]
    alone: bool  # the question was asked as it stands: nothing taken over from the turn before, no chip taken off

    @property
    def id(self) -> str:
        """The same for the same question whenever it is asked."""
        return "F-" + hashlib.sha256(fold(self.question).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Drafted:
    """Lines of gold form, marked `draft`; and what needs somebody to look for its evidence, for `python -m eval label`."""

    gold: tuple[dict[str, Any], ...]
    unlabelled: tuple[dict[str, Any], ...]


def read_feedback(path: Path) -> list[Judged]:
    """Judgements in the order they were given; of those on one answer to one question only the last counts.

    Raises GoldError naming file and line.
    """
    last: dict[tuple[object, ...], Judged] = {}
    for line in json_lines(path, "反馈文件"):
        one = _judged(line)
        key = (one.id, one.alone, one.status, one.cited)
        last.pop(key, None)  # the last word is also the latest
        last[key] = one
    return list(last.values())


def draft_gold(judged: Sequence[Judged], texts: Mapping[str, str]) -> Drafted:
    """A line for each question: to correct where an answer to it was useful and still stands, to label where none was.

    texts: file stem → the report's text as `eval.run.sources` gives it; a quote that stands there no more is no evidence.
    """
    by_question: dict[str, list[Judged]] = {}
    for one in judged:
        by_question.setdefault(one.id, []).append(one)
    gold, unlabelled = [], []
    for id, said in by_question.items():
        good = next((one for one in reversed(said) if one.useful and one.alone and _stands(one, texts)), None)
        complaints = [one for one in said if not one.useful]
        base = {"id": id, "question": said[-1].question, "phrasing": ""}
        if good and not (complaints and complaints[-1] is said[-1]):
            gold.append(base | _answered(good) | {"draft": True})
        else:
            unlabelled.append(base | {"type": asks(said[-1].question), "reason": _complaint(said, texts)})
    return Drafted(tuple(gold), tuple(unlabelled))


def qrels(judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Question id → passage id → 1 relevant, 0 not; where readers differ, one who found it useful outweighs the others.

    A 没用 without a reason that speaks of the passages judges none of them.
    """
    found: dict[str, dict[str, int]] = {}
    for one in judged:
        relevant = 1 if one.useful or one.reason == PARTIAL else 0 if one.reason in WRONG else None
        if relevant is None or not one.alone:
            continue
        for cited in one.cited:
            passages = found.setdefault(one.id, {})
            passages[cited.passage] = max(relevant, passages.get(cited.passage, 0))
    return found


def _judged(line: Line) -> Judged:
    citations = [Cited(stem(each.text("file")), each.text("passage"), each.text("quote")) for each in line.lines("citations")]
    return Judged(
        question=line.text("question").strip(),
        useful=line.fields.get("useful") is True,
        reason=line.text("reason", default=""),
        status=line.choice("status", ("answered", "abstained", "ambiguous")),
        short=line.text("short", default="") if line.fields.get("short") is not None else "",
        cited=tuple(citations),
        alone=not line.texts("without", some=False) and not line.fields.get("follows"),
    )


def _stands(one: Judged, texts: Mapping[str, str]) -> bool:
    """Whether its evidence can still be found; a useful decline or asking back has none to lose."""
    if one.status != "answered":
        return True
    return bool(one.cited) and all(fold(cited.quote) in texts.get(cited.report, "") for cited in one.cited)


def _answered(one: Judged) -> dict[str, Any]:
    """The rest of a gold line."""
    if one.status != "answered":
        kind = "unanswerable" if one.status == "abstained" else "ambiguous"
        return {"type": kind, "reports": [], "answers": [], "require": "all", "evidence": []}
    quotes = list(dict.fromkeys(cited.quote for cited in one.cited))
    short = one.short if any(fold(one.short) in fold(quote) for quote in quotes) else ""
    return {
        "type": asks(one.question),
        "reports": list(dict.fromkeys(cited.report for cited in one.cited)),
        "answers": [short or quotes[0]],
        "require": "all",
        "evidence": quotes,
    }


def _complaint(said: Sequence[Judged], texts: Mapping[str, str]) -> str:
    """Why a question needs labelling, in Chinese."""
    reasons = dict.fromkeys(one.reason or "没用，没有说原因" for one in said if not one.useful)
    if any(one.useful and not one.alone for one in said):
        reasons["追问，或去掉了筛选条件，要改写成一句完整的话"] = None
    if any(one.useful and not _stands(one, texts) for one in said):
        reasons["所引的原文已不在报告里"] = None
    return "；".join(reasons)
