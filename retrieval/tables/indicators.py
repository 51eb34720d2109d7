"""What a question over many reports asks for: which indicator, of which time, planned or done, growth or level, in which unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from retrieval.tables.periods import Frame, Period, named
from retrieval.tables.phrases import VERBS
from retrieval.tables.values import values
from retrieval.tables.vocabulary import FLOW, SAME, WORDS

Sense = Literal["level", "growth", "gain", "any"]


@dataclass(frozen=True)
class Indicator:
    """One indicator as a question asks for it."""

    name: str  # 城镇新增就业
    pattern: re.Pattern[str]  # finds it in a report
    text: str  # the question, for the words that it allows before and after
    sense: Sense = "any"
    unit: str = ""  # 人, 元, %; empty where the question does not say
    planned: bool | None = None  # a target, or what was reached; None: not said
    average: bool = False  # 年均
    verbs: tuple[str, ...] = ()  # what was done with the things counted: 收到, 办结; any of them
    falls: bool = False  # a fall is what is asked for, and counts upwards
    adds: bool = False  # its own name says 新增 or 新建
    flow: bool = False  # counted anew each year: a level of five years is not that of the last

    def period(self, around: Frame) -> Period:
        """The time asked about, as a report sees it."""
        said = [period for _, period in named(self.text, around)]
        if said:
            wanted = said[0]
            return Period(wanted.first, wanted.last, bool(self.planned) or wanted.planned)
        return around.year(around.ahead if self.planned else around.past)

WHERE = (
    r"(?:全国)?(?:31|三十一)个?(?:省[、份]?)?(?:[（(]?(?:自治)?[区市省、,，]*(?:自治区|直辖市|市)?[)）]?)|各(?:个)?(?:省(?:份)?(?:区市|市区|[、和]?自治区[、和]?直辖市|级)?|省市(?:自治区)?|"
    r"市(?:县区?|州|区)?|县(?:市区|区|市)?|区(?:县|市)?|州|地(?:方|区|市)?|单位|部门|局|家|院|(?:行政)?区域|报告)(?:政府)?|(?:全部|所有|全体|每(?:个|一个)?)的?(?:省(?:份|区市)?|市|县|区|地方|地区|单位|部门|报告)"
    r"|哪(?:个|些|几个|一个|[一二两三四五六七八九十]个)?(?:省(?:份|区市)?|市|县|区|地方|地区|城市|单位|部门|局)|全国(?:各[省地市](?:区市|份)?)?|(?:这些|几个)(?:省份?|市|县|地方|报告)"
    r"|(?:多少|几|[一二两三四五六七八九十\d]+)个(?:省(?:份|区市)?(?!级)|市(?![一-鿿])|县(?![一-鿿])|地方|地区|单位)|(?<![全本我外各])(?:省份?|单位|部门|地方|地区|城市|报告)(?:都|各|分别)?(?=(?:有|是)(?:哪|几|多少|谁)|[?？，,]|$)"
)
_WHERE = re.compile(WHERE)
_MOST = r"(?:最[高低大小多少快慢长短重轻好差]|第一|垫底|领先|居首|靠前|前[一二三四五六七八九十\d]+[名位个]?)"
_GOAL = re.compile(
    r"(?:预期|预计|发展|工作|计划|力争|控制)*(?:目标|计划|指标|任务)(?:值|数|任务)?|预期|打算|力争|预计|设定|定在|定为|定的?(?=多少)|拟|将(?!各|全|所)"
)
_DONE = re.compile(r"实际|完成|实现|达到|情况|结果|已经|做到")
_GROWTH = re.compile(
    r"(?:同比|实际|名义)?(?:增长(?:速度|率|幅度|了)?|增速|增幅|涨幅|上涨|降幅|下降(?:幅度|了)?|降低(?:了)?|涨了|跌幅|增减(?!税))(?!值)"
)
_GAIN = re.compile(r"(?:净增|新增|增加|提高|提升)(?:了)?(?=多少|几|$)|(?:提高|提升|增加|上升)(?:幅度|多少)")
_ASKING = re.compile(
    r"(?:请问|(?<!申)请|帮我|麻烦|给我|我想(?:知道|看)|想知道)|把|将(?=[各全所])|(?:汇总|列出|列举|列(?=[个一成])|对比|比较|统计|整理|排列|排(?:名|序|行)|汇集|梳理|盘点|看看|看|(?<!调)查(?:询|一下)|做|画)(?:个|一下|一张|出来|成表|出|表|榜)*"
    r"|(?:一共|总共|合计|总计|累计|加起来|相加|总和|平均(?:值|数|水平)?|均值|最大值|最小值)|分别|各(?=是|为|有|自|多少|达|定|要|将|$)|各自|从高到低|由高到低|从低到高|从大到小|倒数|"
    r"(?:相差|差距|差值|差别|之差|悬殊)(?:了)?|差(?=多少|几|了)|(?:更|比较)[高低多少大小快慢长短]|[高低多大小快慢长短]了?(?=多少|[?？]|$)|"
    rf"{_MOST}|出来|一下|一览|做个|个对比|表格|一张表|情况|如何|怎么样|怎样|什么|哪些|哪个|哪|是多少|有多少|多少|几(?=[个家万亿])|数据|数值|数字(?![经产化政])|"
    r"(?:报告|工作报告|政府工作报告)(?:里|中|提出|写明|提到)*|(?:里|中)?(?:提出|写明|提到|公布|报告|披露|设定)(?:的)?|是否|吗|呢|[?？!！。，,、；;：:\s]"
)
_HOW_MANY = re.compile(r"多少|几(?=[万亿千百]*(?:个|家|件|人|名|项|户|公里|元|亩|吨|座|条))")
_TIMES = re.compile(
    r"(?:20\d\d|[12]\d(?=年))\s*年?(?:度|底|末|全年)?|[“\"]?十[三四五六]五[”\"]?(?:时期|期间|末|以来)?|今年|去年|本年度?|上年度?|明年|过去五年|五年来|未来五年|今后五年|全年|截至|到(?=20)"
)
_SOFT = re.compile(
    r"^(?:的|之|在|了|对|关于|全社会(?!研发|固定)|全部|当地|总体)+|(?:的|之|在|了|是|为|有|定|达到?|数量|总数|总量|数|人数|家数|水平|规模|值(?<!增加值)(?<!生产总值)(?<!总值)(?<!产值)(?<!均值)|上|方面|要|会|能)+$"
)


def understand_indicator(text: str, compared: str = "") -> Indicator | None:
    """The indicator that a question over many reports asks for; None when no word of one is left.

    compared: the unit of the figure that it is to be measured against (超过5%), where the question has one.
    """
    bare = re.sub(r"[（(](?!PM|R&D)[^（()）]*[）)]", "", text)
    bare, unit = _less_unit(_WHERE.sub(" ", _TIMES.sub(" ", bare)))
    unit = unit or compared
    name, pattern = _known(bare)
    around = bare.replace(name, " ") if name else bare
    planned = True if _GOAL.search(around) else (False if _DONE.search(around) else None)
    average = re.search(r"年均(?!浓度)", around) is not None
    growth, gain = _GROWTH.search(around), _GAIN.search(around)
    verbs: tuple[str, ...] = ()
    if not name:
        core = _core(bare)
        done = VERBS.search(bare)
        name = re.sub(rf"^(?:(?:{VERBS.pattern})[了和、]?)+|(?:[和、]?(?:{VERBS.pattern})了?)+$", "", core) or core
        verbs = tuple(VERBS.findall(core.replace(name, " "))) or ((done[0],) if done and done[0] not in name else ())
        pattern = _generic(name) if name else None
    if not name or pattern is None:
        return None
    name = name.strip("的")
    sense: Sense = "growth" if growth else "gain" if gain else "any"
    if unit and unit not in ("%", "个百分点"):
        sense = "gain" if sense == "gain" else "level"
    if sense == "any" and not re.search(_RATES, name):
        sense = "growth" if unit == "%" else "any" if planned else "level"
    return Indicator(
        name,
        pattern,
        text,
        sense,
        unit,
        planned,
        average,
        verbs=verbs,
        falls=re.search(r"降幅|下降|降低|减少", bare) is not None,
        adds=re.search(r"新增|新[建登认培]|建成", name + "".join(verbs)) is not None,
        flow=bool(verbs) or FLOW.search(name) is not None,
    )


_RATES = r"率|比例|比重|占比|强度|价格|CPI|物价|能耗|排放"


def _known(text: str) -> tuple[str, re.Pattern[str] | None]:
    """The longest name of a known indicator in a question, when no other noun stands beside it."""
    best, pattern = "", None
    for asked, written in SAME:
        for match in re.finditer(asked, text, re.I):
            if len(match[0]) > len(best):
                best, pattern = match[0], re.compile(written, re.I)
    if not best:
        return "", None
    left, _, right = text.partition(best)
    beside = _core(left[-12:] + " ") + _core(" " + right[:12])
    return ("", None) if re.search(r"[一-鿿A-Za-z]{2}", beside) else (best, pattern)


def _core(text: str) -> str:
    """The longest run of a question that is neither asking, nor about growth or goals."""
    text = _GROWTH.sub(" ", _GOAL.sub(" ", text))
    text = re.sub(r"年均(?!浓度)|实际(?!使用|利用|到位)|完成|实现|达到", " ", _GAIN.sub(" ", text))
    parts = [_trim(part) for part in _ASKING.sub(" ", text).split()]
    core = max(parts, key=len, default="")
    return core if len(re.findall(r"[一-鿿A-Za-z0-9]", core)) >= 2 else ""


def _trim(part: str) -> str:
    before = ""
    while before != part:
        before, part = part, _SOFT.sub("", part)
    return part


def _less_unit(text: str) -> tuple[str, str]:
    """A question less its 多少万人, and the unit asked for."""
    match = _HOW_MANY.search(text)
    if not match:
        return text, ""
    rest = text[match.end() :]
    found = [v for v in values(f"12{rest}") if v.start == 0 and v.unit]
    if not found:
        return f"{text[: match.start()]} {rest}", ""
    return f"{text[: match.start()]} {rest[found[0].end - 2 :]}", found[0].unit


# What may stand between the words of a name and leaves it the same; another noun there makes it another thing.
_BETWEEN = r"(?:的|和|年度?|全年|累计|总|各类|案件?|事项|人数|[“”]|（[^（()）]{1,8}）)?"


def _generic(name: str) -> re.Pattern[str]:
    return re.compile(_BETWEEN.join(_word(w) for w in _cut(name)), re.I)


def _cut(name: str) -> list[str]:
    """Words of a name, the longest at each place."""
    from index.lexical import segment

    known_whole = [match[0] for asked, _ in WORDS for match in re.finditer(asked, name, re.I)]
    tokens = sorted({*segment(name), *known_whole}, key=len, reverse=True)
    at, words, low = 0, [""], name.lower()
    known = False
    while at < len(low):
        word = next((t for t in tokens if low.startswith(t, at)), "")
        if word and len(word) > 1:
            words.append(name[at : at + len(word)])
        elif known or not words[-1]:
            words.append(name[at])
        else:
            words[-1] += name[at]
        known = bool(word) and len(word) > 1
        at += len(word) or 1
    return [word for word in words if word.strip('的和、“”"')]


def _word(word: str) -> str:
    for asked, written in WORDS:
        if re.fullmatch(asked, word, re.I):
            return written
    return re.escape(word)
