"""Whether a figure after an indicator is the one asked for: level, growth or gain; unit; deed; target or result; time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.tables.indicators import Indicator, Sense
from retrieval.tables.periods import Period, Timeline
from retrieval.tables.phrases import ADDS, ATTRIBUTE, GAINED, GREW, HOLDS, REACHED, STEADY, VERBS, same_deed, same_kind
from retrieval.tables.values import Value

_SPANS = ("年", "位", "次", "届", "倍", "周", "个月")  # how long, how often, how many times as much: no level of anything


@dataclass(frozen=True)
class Mention:
    """A place of a report that names the indicator."""

    text: str  # the report's
    start: int
    end: int
    indicator: Indicator
    wanted: Period
    timeline: Timeline

    @property
    def name(self) -> str:
        return self.text[self.start : self.end]

    @property
    def before(self) -> str:
        """The words of its clause before it."""
        left = re.search(r"[^，,；;。！？：:\n]*\Z", self.text[max(0, self.start - 60) : self.start])
        return left[0] if left else ""


def fit(mention: Mention, bridge: str, figure: Value, *, first: bool) -> float:
    """How well a figure is what is asked for: 1 when everything is said, 0 when something is not as asked.

    bridge: the words between the indicator and the figure; first: no other figure stands between.  What is asked for is
    weighed by how surely the report says it, so that of two places the surer is taken.
    """
    indicator, wanted = mention.indicator, mention.wanted
    if ATTRIBUTE.match(mention.text, figure.end) or not _done(mention, bridge, first=first):
        return 0.0
    sense = _sense(mention, bridge, figure)
    score = 1.0
    if indicator.sense == "any":
        if sense == "share" or (sense == "gain" and not wanted.planned):
            return 0.0
        score -= 0.1 * (sense == "gain")
    elif indicator.sense == "level" and sense == "growth" and wanted.planned and not indicator.unit:
        score -= 0.1  # 2026年一般公共预算收入目标: given as growth
    elif sense != indicator.sense:
        return 0.0
    if figure.unit in _SPANS and indicator.unit != figure.unit:
        return 0.0  # 总量连续37年居全国首位
    if indicator.unit and not same_kind(indicator.unit, figure.unit):
        return 0.0
    if sense == "level" and not figure.unit and not re.search(r"指数|系数|倍", mention.name):
        return 0.0
    near = mention.before[-8:]
    average = ("年均" in bridge and "年均浓度" not in bridge) or "年均" in near
    if average != indicator.average and not re.search(r"浓度|PM", mention.name):
        return 0.0
    bound = mention.text[figure.start : figure.end + 2]
    return score * fits_time(mention, figure.start, sense, bridge + near, bound)


def _done(mention: Mention, bridge: str, *, first: bool) -> bool:
    """Whether the figure counts what was done as asked: 收到, not 办结."""
    asked, said = mention.indicator.verbs, VERBS.findall(bridge)
    if asked:
        if first and not said:
            led = re.search(rf"(?:(?:{VERBS.pattern})(?:[了、和与及或]|提升)*)+[^，。；\d]{{0,6}}$", mention.before)
            listed = re.search(r"、[^，。；\d]{0,6}$", mention.before)  # a verb has all of a list
            said = VERBS.findall(led[0]) if led else VERBS.findall(mention.before)[-1:] if listed else []
            return same_deed(asked, said)
        return same_deed(asked, said[-1:])
    return first or not said


def _sense(mention: Mention, bridge: str, figure: Value) -> Sense | str:
    adds = list(ADDS.finditer(mention.before))
    grew, gained, reached = GREW.search(bridge), GAINED.search(bridge), REACHED.search(bridge)
    if figure.unit == "个百分点":
        return "gain"
    if figure.unit == "%" and not re.search(r"率|比例|比重|占比|强度|占|浓度", mention.name):
        told = GREW.search(mention.name + bridge) or gained or re.search(r"增速|增幅", mention.name)
        return "growth" if told else "share"
    if grew and not reached:
        return "growth" if figure.unit == "%" else "gain"
    added = adds and not HOLDS.search(mention.before, adds[-1].end()) and not mention.indicator.adds
    return "gain" if gained or (added and not reached) else "level"


def fits_time(mention: Mention, at: int, sense: str, words: str, figure: str = "") -> float:
    """1 where the time asked for is said, 0.9 where it stands above, 0.7 where it is supposed; 0 at another time."""
    period, wanted, flow = mention.timeline.at(at), mention.wanted, mention.indicator.flow
    total = wanted.single and "累计" in words + mention.before
    if total and (not period.single or period.sure == 1):
        return 0.0  # the sum of years
    if STEADY.search(words) and not wanted.planned and (flow or not period.single):
        return 0.0  # what held for years
    if (period.first, period.last) == (wanted.first, wanted.last):
        if period.planned != wanted.planned and not (wanted.planned and period.sure < 3):
            return 0.0
        return {3: 1.0, 2: 0.9, 1: 0.7}[period.sure] - 0.3 * total
    yearly = mention.indicator.average and not wanted.single and period.single and period.sure < 3
    if yearly and period.planned == wanted.planned:
        return 0.65  # 年均 speaks of years, where the part it stands in only says that it plans or looks back
    if period.last != wanted.last or period.planned != wanted.planned:
        return 0.0
    if period.sure == 1:
        return 0.65
    # what five years came to is what their last year had
    came_to = re.search(r"(?<!收)到|至|达|突破|[迈跨跃站超]|台阶", words + figure)
    return 0.62 if wanted.single and sense == "level" and (not flow or (came_to and not mention.indicator.adds)) else 0.0
