"""Where a report states an indicator: its name, connecting words, a figure, connecting words, a further figure.

So reports write: 实现4.6万亿元、增长2.8%; 分别增长6.5%和7%; 由7473公里增至9310公里.  A figure counts only when nothing but
connecting words stands between and no other noun narrows the indicator (农村, 全国, 海洋).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from index.types import Report
from retrieval.question.divisions import short_name
from retrieval.question.places import PROVINCES
from retrieval.tables.indicators import WHERE, Indicator
from retrieval.tables.periods import Period, Timeline, frame
from retrieval.tables.phrases import ALSO, CONNECT, FELL, FLAT, STEP, TAIL_LEAD, VERBS, WORDED
from retrieval.tables.senses import Mention, fit, fits_time
from retrieval.tables.values import FIGURE, Value, value

_COUNTED = re.compile(rf"{FIGURE}的?$")
_ENDS = re.compile(rf"(?:{VERBS.pattern}|工程|任务)?(?=[，,、；;。！\n和及与]|$)")
_FIGURES = 6  # read on from one mention


@dataclass(frozen=True)
class Statement:
    """A place of a report that states the indicator; offsets are the report's."""

    score: float  # above 0, at most 1: how surely it says what is asked
    value: Value  # words have an empty unit and a number of nan
    at: int  # where the indicator's name starts
    said: bool = True  # a figure, not words (与经济增长同步)


def statements(report: Report, indicator: Indicator, wanted: Period | None = None) -> list[Statement]:
    """The places of a report that state the indicator as asked, the surest first; of another time where one is given."""
    around = frame(report.facts)
    names = list(indicator.pattern.finditer(report.text)) if around else []
    if not names or around is None:
        return []
    wanted, timeline = wanted or indicator.period(around), Timeline(report, around)
    found: list[Statement] = []
    for name in names:
        mention = Mention(report.text, name.start(), name.end(), indicator, wanted, timeline)
        alone = _alone(mention)
        if alone:
            found += [replace(s, score=s.score * alone) for s in _read_on(mention)]
    return sorted(found, key=lambda s: (-s.score, s.at))


def _alone(mention: Mention) -> float:
    """1 where nothing narrows the indicator, 0.9 where words of the question do, 0 where another noun does."""
    before = re.split("—", mention.before)[-1]
    if re.match(r"[^，,；;。！？\n\d]{0,40}分别", mention.text[mention.start :]):
        before = re.split(r"[、和与及]", before)[-1]  # the first of a list narrows none of the others
    if re.search(rf"(?:{VERBS.pattern})了?$", before):  # 全市复议机关收到: who did it narrows nothing
        return 1.0
    if re.search(r"[一-鿿]{2}[、和与及]$", before):  # 零售总额、投资增长4%: neither narrows the other
        return 0.9
    before = TAIL_LEAD.sub("", before)
    if not before or not re.search(r"[一-鿿A-Za-z0-9]$", before) or short_name(before) in PROVINCES:
        return 1.0
    if re.search(r"\d[\d.]*(?:[%％]|[万亿多余]*[一-鿿]{0,2})(?:以上|以下|以内|左右)?$", before):
        return 0.9  # a figure of something else ends there
    return 0.9 if before[-2:] in re.sub(WHERE, " ", mention.indicator.text) else 0.0


def _read_on(mention: Mention) -> Iterator[Statement]:
    """The figures that follow a mention, each with how well it is the one asked for."""
    text, at = mention.text, mention.end
    shared = _shared(mention)
    if shared is not None:
        yield from _judged(mention, shared[0], shared[1], first=True) if shared else ()
        return
    also = ALSO.match(text, at)
    at = also.end() if also else at
    first, told = True, False
    for _ in range(_FIGURES):
        step = STEP.match(text, at)
        if not step or (not first and "；" in step["bridge"]):
            break
        bridge = step["bridge"]
        figure = value(step, FELL.search(bridge) is not None and not mention.indicator.falls)
        if figure is None or (not figure.unit and re.match(r"\s?(?:位|名|大关|台阶|强)", text[figure.end :])):
            break
        origin = re.search(r"(?:由|从)[^，]*$", bridge) and re.match(r"[^，。；]{0,8}(?:到|至)", text[figure.end :])
        if not origin:  # of 由甲增至乙 the second
            exact = re.match(r"级?(?:台阶|大关)?[、，]\s?总?[额量值]?达", bridge) is not None  # 突破4000亿元、达到4211亿元
            for statement in _judged(mention, bridge, figure, first=first):
                told = True
                yield replace(statement, score=statement.score - (0 if first or exact else 0.05) + 0.01 * exact)
        at, first = figure.end, False
    if not told and at == mention.end:
        yield from _counted(mention)
        yield from _worded(mention)


def _judged(mention: Mention, bridge: str, figure: Value, *, first: bool) -> Iterator[Statement]:
    score = fit(mention, bridge, figure, first=first)
    if score:
        yield Statement(score, figure, mention.start)


def _shared(mention: Mention) -> tuple[str, Value] | tuple[()] | None:
    """甲、乙分别增长6.5%和7%: the figure that is this one's; empty when it cannot be told; None when nothing is shared."""
    text = mention.text
    after = re.match(rf"(?P<more>[^，,；;。！？\n\d]{{0,40}}?)分别(?P<verb>(?:{CONNECT})*?)(?=\d|超|近|约|突破)", text[mention.end :])
    if not after:
        return None
    if mention.name.startswith("城乡"):
        names, name = ["城镇", "农村"], mention.indicator.name
        own = 1 if "农" in name else 0 if "城镇" in name else 2
    else:
        names = [n for n in re.split(r"[、和与及]", mention.before + mention.name + after["more"]) if n]
        own = len(re.split(r"[、和与及]", mention.before)) - 1
    figures: list[Value] = []
    at = mention.end + after.end()
    pattern = re.compile(rf"(?:{CONNECT}|和|及|与)*?{FIGURE}")
    while len(figures) < len(names) and (step := pattern.match(text, at)):
        figure = value(step, FELL.search(after["verb"]) is not None and not mention.indicator.falls)
        if figure is None:
            break
        figures.append(figure)
        at = figure.end
    if len(figures) != len(names) or own >= len(figures):
        return ()
    return after["verb"], figures[own]


def _counted(mention: Mention) -> Iterator[Statement]:
    """A figure before the thing that it counts: 改造2000个老旧小区."""
    match = _COUNTED.search(mention.before)
    figure = value(match) if match else None
    if match is None or figure is None or not figure.unit or not _ENDS.match(mention.text, mention.end):
        return
    shift = mention.start - len(mention.before)
    moved = replace(figure, start=figure.start + shift, end=figure.end + shift)
    led = replace(mention, start=shift + match.start())
    score = fit(led, "", moved, first=True)
    if score:
        yield Statement(0.9 * score, moved, moved.start)


def _worded(mention: Mention) -> Iterator[Statement]:
    """A target in words, 居民收入增长与经济增长同步, and a result that is none: 与上年持平."""
    indicator = mention.indicator
    if indicator.unit or indicator.average or indicator.sense not in ("growth", "any"):
        return
    match = (WORDED if mention.wanted.planned else FLAT).match(mention.text, mention.end)
    if not match:
        return
    if mention.wanted.planned:
        goal = re.search(r"目标", mention.text[max(0, mention.start - 400) : mention.start])
        if not goal or not re.search(r"同步|合理|稳定|水平|高于|快于|低于|好于|优于|跑赢", match["words"]):
            return
    score = 0.8 * fits_time(mention, mention.end, "growth", "")
    if score:
        yield Statement(score, Value(match.start("words"), match.end("words"), float("nan")), mention.start, said=False)
