"""The short answer in a sentence: of the runs of the kind asked for, those that the question means."""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence

from retrieval.question import spans
from retrieval.question.expected import candidates
from retrieval.question.expected_name import SHAPED_ASKED, ends_so, unsaid
from retrieval.question.expected_unit import asked_unit, asked_units, unit_fit
from retrieval.question.spans import Span
from retrieval.types import Question

_REACHED = re.compile(r"[到至达]了?多少|(?:提高|增加|降|扩|升|涨)[到至]|如今|现在|目前|达")
_TOTAL = re.compile(r"一共|总共|总(?:数|量|计|额)|合计|累计")
_WITHIN = re.compile(r"^[^，,]*[里中][，,]")  # of 十件实事里，食堂有多少: the ten are not asked for
_GAINED = re.compile(r"(?:多|涨|增加|增长|提高|新增|增|下降|减少|降)了?(?:多少|几)|增速|增幅|涨幅|增长率")


def short_answers(question: Question, text: str, focus: Mapping[str, float], several: int) -> list[tuple[int, int]]:
    """Offsets in a sentence of its short answers: the runs of the kind asked for nearest the question's words.

    `focus` weighs the question's words, `several` says how many runs are asked for.
    """
    found = candidates(question, text)
    if question.asks == "name" and not ends_so(question.text) and not any(span.kind != "quoted" for span in found) and not SHAPED_ASKED.search(question.text):
        found = found + unsaid(spans.nominals(text, question.rest), text, question.text)  # not every name has a shape
    if not found:
        return []
    units = asked_units(question.text) if several > 1 else ()
    near = [nearness(span, found, text, focus) for span in found]
    top = max(near) or 1.0
    subject = re.match(r"[的]?(?:哪|谁|什么|啥)", question.rest.strip()) is not None  # who did it: what a clause begins with

    def score(at: int, unit: str) -> float:
        span = found[at]
        total = near[at] / top
        if span.kind == "figure":
            total += 2 * unit_fit(unit, span) + 0.6 * _own_words(span, text, _WITHIN.sub("", question.text))
            total += _change(question.text, text, span)
            total += 0.6 * _same_deed(question.rest, text, span) if several == 1 else 0.0
        else:
            total += _same_side(question.text, text, span, focus)
            total += 0.6 * (subject and text[: span.start].rstrip("“《")[-1:] in ("", *"，,；;。：\n"))
        if span.of(text).strip("《》“”") in question.text:
            total -= 1.0  # what the question says itself is not what it asks for
        return total

    if len(units) > 1:
        best = {max(range(len(found)), key=lambda at: score(at, unit)) for unit in units}
    else:
        unit = asked_unit(question.text)
        order = sorted(range(len(found)), key=lambda at: (-score(at, unit), at))
        best = {at for at in order[:several] if score(at, unit) >= score(order[0], unit) - 1.0}
    runs = [(found[at].start, found[at].end) for at in sorted(best)]
    if len(runs) < 2:
        return runs
    return [(_noun_before(text, start, max((span.end for span in found if span.end <= start), default=0)), end) for start, end in runs]


def _same_deed(asked: str, text: str, span: Span) -> float:
    """1 where a verb of the question stands before a figure in its own clause: 收到102件，办结86件."""
    left = max(text.rfind(mark, 0, span.start) for mark in "，,；;。、：\n") + 1
    clause = text[left : span.start]
    return float(any(verb in clause for verb in verbs(asked)))


@functools.lru_cache(maxsize=64)
def verbs(asked: str) -> tuple[str, ...]:
    """Verbs of two characters or more, as jieba's tagger has them; one right behind a noun is a part of it: 行政复议申请."""
    import rjieba

    tagged = [("", ""), *rjieba.tag(asked)]
    return tuple(word for (_, before), (word, tag) in itertools.pairwise(tagged) if tag == "v" and len(word) > 1 and before[:1] != "n")


def _same_side(asked: str, text: str, span: Span, focus: Mapping[str, float]) -> float:
    """Of the question's words in a text, the share that stands on the same side of a run as of the question word."""
    which = re.search(r"哪|谁|什么|啥|何", asked)
    if not which:
        return 0.0
    low = text.lower()
    sides = []
    for word, weight in focus.items():
        at, said = low.find(word), asked.lower().find(word)
        if at >= 0 and said >= 0 and not span.start <= at < span.end:
            sides.append((weight, (at < span.start) == (said < which.start())))
    total = sum(weight for weight, _ in sides)
    return sum(weight for weight, same in sides if same) / total if total else 0.0


def _own_words(span: Span, text: str, asked: str) -> float:
    """Share of the characters right before or after a figure that the question has too: 调解结案83件, 10名退休法官."""
    before = re.search(r"[一-鿿]{1,6}$", text[: span.start].rstrip("”》）)"))
    after = re.match(r"[一-鿿]{2,5}", text[span.end :].lstrip("“《（("))
    shares = []
    for own in (before, after):
        counted = re.sub(r"[共约近超达为的了到至仅有]", "", own[0]) if own else ""
        shares.append(sum(character in asked for character in counted) / len(counted) if counted else 0.0)
    return max(shares)


def _noun_before(text: str, start: int, after: int) -> int:
    """Where the words that a figure counts begin, `after` the figure before: each of several needs its own (请假3人次, 补学3人次)."""
    match = re.search(r"[一-鿿（）()]{1,8}$", text[after:start])
    if not match:
        return start
    left = after + match.start()
    if left > after and "一" <= text[left - 1] <= "鿿":  # too long to be a noun of its own
        return start
    return left


def _change(asked: str, text: str, span: Span) -> float:
    """从 19 个增加到 25 个: what it came to, or what it gained, as the question asks."""
    change = span.figure.change if span.figure else None
    if change and change.role == "from":
        return -0.4
    if _TOTAL.search(asked) and re.search(r"总|共|累计|合计", text[max(0, span.start - 8) : span.start]):
        return 0.3
    if _GAINED.search(asked):
        return 1.0 if change and change.role == "by" else 0.0
    if _REACHED.search(asked):
        return 0.3 if (change and change.role == "to") or re.search(r"[到至达]$|^(?:达|突破)", text[max(0, span.start - 1) : span.start + 2]) else 0.0
    return 0.0


def _places(word: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a word stands in a text, one place behind the other; no pattern, which would be compiled for each word."""
    start = text.find(word) if word else -1
    while start >= 0:
        yield start, start + len(word)
        start = text.find(word, start + len(word))


def nearness(span: Span, others: Sequence[Span], text: str, focus: Mapping[str, float]) -> float:
    """Sum over the question's words of weight over distance; a stop or another candidate between counts as distance."""
    low = text.lower()
    total = 0.0
    for word, weight in focus.items():
        best = 0.0
        for start, end in _places(word, low):
            if end <= span.start:
                between, after = text[end : span.start], 0.0
            elif start >= span.end:
                between, after = text[span.end : start], 3.0
            else:
                between, after = "", 0.0
            crossed = sum(1 for o in others if o is not span and end <= o.start and o.end <= span.start)
            crossed += sum(1 for o in others if o is not span and span.end <= o.start and o.end <= start)
            distance = len(between) + after + 6 * len(re.findall(r"[，,；;。：]", between)) + 8 * crossed
            best = max(best, 1 / (1 + distance / 6))
        total += weight * best
    return total


def focus(question: Question, rarity: Mapping[str, float]) -> dict[str, float]:
    """Rarity, more for the words beside the question word: what is counted stands there (行政许可有多少宗)."""
    text = question.text.lower()
    asked = [m.start() for m in re.finditer(r"多少|几|哪|谁|什么|何|啥|多[大高长]", text)]
    weights = {}
    for word, weight in rarity.items():
        at = text.find(word)
        distance = min((min(abs(a - at), abs(a - at - len(word))) for a in asked), default=20) if at >= 0 else 20
        weights[word] = weight * (1 + 2 * math.exp(-distance / 5))
    return weights
