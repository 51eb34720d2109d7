"""One indicator over every report that the filters leave: a row a report, in the report's own words.

For each report every place that names the indicator is read on from there as reports write it: connecting words, a figure,
connecting words, a further figure (实现4.6万亿元、增长2.8%; 分别增长6.5%和7%).  A figure counts only when nothing but
connecting words stands between, no other noun narrows the indicator (农村, 全国, 海洋), and the time, the target or result,
the growth or level, and the unit are those asked for.  Reports without such a place get no row.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.corpus import Corpus
from index.types import Report, ReportRef
from retrieval.indicators import VERBS, WHERE, Indicator, understand_indicator
from retrieval.names import PROVINCES, short_name
from retrieval.periods import Period, Timeline, frame
from retrieval.types import Citation, Question, Row, Table
from retrieval.values import FIGURE, Value, shown, value

BAR = 0.5  # of the score there can be: a report whose best place is below it gets no row
QUOTE_LIMIT = 240  # characters of a row's quotation
NEAR_START = 24  # characters: an indicator so near its sentence's start is quoted with the sentence before
AGREED = 0.6  # share of rows with one unit from which it is taken for the indicator's
_WIDE = re.compile(WHERE)
_FIGURES = re.compile(
    r"分别|各(?:是|为|有|自|定|达|多少)|多少|(?<!哪)几[万亿个家]|最[高低大小多少快慢]|排(?:名|序|行|列)|一共|总共|合计|总计|加起来|平均|对比|比较|汇总|列出|列一?个?表|列举|一览|统计|目标|增速|增长|增幅|涨幅|率|超过|高于|低于|以上|以下"
)
_NOT_FIGURES = re.compile(
    r"怎么|如何|为什么|为何|哪些(?:措施|举措|办法|工作|做法|政策|项目)|什么(?:措施|举措|办法|政策)|谁|什么时候|何时"
)

# ---- how a figure follows its indicator

_CONNECT = (
    r"预期(?:目标)?|预计|初步核算|目标|总量|总额|总值|总规模|规模|总数量?|数量|人数|个数|家数|户数|总体|整体|水平|浓度|均值|年均浓度|平均浓度|年度|增加值(?=增速|增长)|幅度|"
    r"(?:首次|成功|历史性|连续|已|均|将|可|有望|基本|力争|确保|努力|预期|全面|稳步|持续|大幅|进一步|快速|总体|保持|实际|名义|同比|同口径|可比口径|按(?:可比|不变)价格?(?:计算)?|按可比口径|剔除[^，。；、]{1,8}因素后?|扣除价格因素|累计|逐步|恢复性|超额)|"
    r"(?:全[省市区县年]|我[省市区县])|(?:比|较)(?:上年|去年|20\d\d年|“?十三五”?末)(?:末|底|同期)?|20\d\d年(?:底|末)?的?|今年|"
    r"突破|跨越|跃上|迈上|迈过|站上|登上|跃升|升|达|达到|到|至|为|是|在|约|有|按|以|实现|完成|控制|稳定|维持|保持|处于|提前|"
    r"增长|增速|增幅|增|涨幅|上涨|上升|涨|回升|下降|降低|降幅|降|回落|减少|提高|提升|增加|新增|净增|扩大|翻|翻[一两]?番|增至|升至|降至|增加到|提高到|提升到|"
    r"收到|新收|接收|受理|立案|审结|办结|结案|办理|移送|"
    r"[、，](?:稳居|位居|居|位列|列|排名?|连续\d+年居?)[^，。；、\d]{1,9}(?:第?\d+[位名])?(?=[、，])|"
    r"分别|平均|年均|左右|安排|的|了|由|从|、|，|,|\s|（含[^（()）]{1,8}）|：|:|[（(]|[）)]"
)
_STEP = re.compile(rf"(?P<bridge>(?:{_CONNECT})*?){FIGURE}")
_SAME_CLAUSE = re.compile(r"[，,；;。！？\n]")
_GREW = re.compile(r"增长|增速|增幅|涨幅|上涨|涨|回升|上升|下降|降低|降幅|降|回落|减少|负增长")
_FELL = re.compile(r"下降|降低|降幅|(?<!不)降(?!至|到)|回落|减少|负增长")
_GAINED = re.compile(r"提高(?!到|至)|提升(?!到|至)|增加(?!到|至)|新增|净增|扩大(?!到|至)|升(?!至|到|级)")
_REACHED = re.compile(r"达|突破|提高到|提升到|增加到|[升增降扩]至|[升增降]到|跃|迈|站上|跨|总")
_ADDS = re.compile(
    r"(?:新增|净增|新(?:培育|认定|登记|建|注册|引进|改建|开工|入库|申报)|再(?:培育|认定|增))(?:国家级|省级)?"
)
_HOLDS = re.compile(r"拥有|达到?|总[数量]|累计|突破|现有|共有")
# A figure before a noun of another thing only describes it: 超200亿元县2个.
_ATTRIBUTE = re.compile(
    r"\s?(?:的(?!目标|预期)|[级强]?(?:县|市|区|镇|乡|村|企业|产业|项目|园区|集群|工程|品牌|高校|人才|基地|平台|机组|装置|生产线|国债|资金))"
)
_STEADY = re.compile(r"稳定|保持|维持|连续|每年")
# Words that may stand before an indicator and do not narrow it.
_LEAD = re.compile(
    r"(?:预期|主要|发展|工作|经济社会|社会|奋斗|具体|年度|总|的|任务|指标)*目标(?:是|为|任务)?|预期|预计|初步核算|初步统计|"
    r"(?:全[省市区县年州盟旗体]|全自治区|全社会|我[省市区县们]|全区|本[省市区县]|地方级?|城乡|各[项类]|各地|一年来|一季度以来)|"
    r"20\d\d年(?:底|末|度)?|今年|去年|同比|比上年|上年|过去一年|五年来|“?十[三四五六]五”?(?:时期|期间|以来|末)?|时期|期间|截至|目前|年末|年底|到|其中|同时|特别是|包括|即|当年|"
    r"实现|完成|推动|促进|带动|确保|力争|力促|保障|保持|保证|努力|有效|力促|支撑|做到|推进|争取|达到|稳定|控制|帮助|新建|建成|拥有|累计|净增|培育|新增|认定|有效期内|有效|总|现有|已有|国家(?:级)?|省级|"
    r"是|为|和|与|及|以及|使|将|让|把|由|从|在|按|占|、|以|了|的|(?<!人)均|也|又|还|（[^（()）]*）|[“”]|\s|主要|重要|核心|有关|指标|中|方面|上|建设|通车|投产|运营|新改扩建|一是|二是|三是|四是|五是|六是|七是|八是|九是|十是"
)
_TAIL_LEAD = re.compile(rf"(?:{_LEAD.pattern})+$")


@dataclass(frozen=True)
class _Found:
    """A place of a report that states the indicator; offsets are the report's."""

    score: float
    value: Value  # a qualitative statement has an empty unit and a number of nan
    at: int  # where the indicator's name starts
    said: bool = True  # a figure, not words (与经济增长同步)


def whole_corpus(question: Question) -> bool:
    """Whether a question asks for one figure over all reports: 各省…分别是多少, 哪个市最高, 平均, 排名."""
    text = re.sub(r"[“《][^”》]*[”》]", lambda m: m[0] if re.match("[“]?十[三四五六]五", m[0]) else "", question.text)
    if any(chip.slot == "unit" for chip in question.chips) or _NOT_FIGURES.search(text):
        return False
    if question.allowed is not None and len(question.allowed) < 2:
        return False
    return (
        _WIDE.search(text) is not None
        and _FIGURES.search(text) is not None
        and understand_indicator(question.text) is not None
    )


def tabulate(corpus: Corpus, question: Question) -> Table | None:
    """One indicator over every report that the filters leave; None when the question names none or no report states it.

    Rows stand by value, highest first, where the question asks for that (lowest first for 最低), else as the corpus lists
    its reports.
    """
    indicator = understand_indicator(question.text)
    if indicator is None:
        return None
    refs = _meant(question, corpus.reports())
    found = {ref.row: (ref, report, places(report, indicator)) for ref in refs for report in (corpus.report(ref.row),)}
    chosen = _agree([(ref, report, ps) for ref, report, ps in found.values()])
    rows = [_row(ref, report, place) for ref, report, place in chosen]
    if not rows:
        return None
    held = {row.report.row for row in rows}
    missing = tuple(ref for ref in refs if ref.row not in held)
    rows = _ordered(question.text, rows)
    rows = [replace(row, citation=replace(row.citation, number=number)) for number, row in enumerate(rows, 1)]
    return Table(_title(indicator), tuple(rows), missing, _summary(question.text, rows, len(refs)))


def places(report: Report, indicator: Indicator) -> list[_Found]:
    """The places of a report that state the indicator as asked, best first."""
    mentions = list(indicator.pattern.finditer(report.text))
    around = frame(report.facts)
    if not mentions or around is None:
        return []
    wanted, timeline = indicator.period(around), Timeline(report, around)
    found = []
    for mention in mentions:
        clean = _clean(report.text, mention.start(), indicator)
        if clean:
            found += [
                replace(f, score=f.score * clean) for f in _read_on(report.text, mention, indicator, wanted, timeline)
            ]
    found = [f for f in found if f.score >= BAR]
    return sorted(found, key=lambda f: (-f.score, f.at))


def _clean(text: str, start: int, indicator: Indicator) -> float:
    """1 where nothing narrows the indicator, 0.9 where words of the question do, 0 where another noun does."""
    left = re.search(r"[^，,；;。！？：:\n—]*\Z", text[max(0, start - 60) : start])
    before = left[0] if left else ""
    if re.match(r"[^，,；;。！？\n\d]{0,40}分别", text[start:]):
        before = re.split(r"[、和与及]", before)[
            -1
        ]  # 城镇和农村居民收入分别增长: the first of a list narrows none of the others
    if re.search(rf"(?:{VERBS.pattern})了?$", before):  # 全市复议机关收到: who did it narrows nothing
        return 1.0
    before = _TAIL_LEAD.sub("", before)
    if not before or not re.search(r"[一-鿿A-Za-z0-9]$", before):
        return 1.0
    if re.search(r"\d[\d.]*(?:[%％]|[万亿多余]*[一-鿿]{0,2})(?:以上|以下|以内|左右)?$", before):
        return 0.9  # a figure of something else ends there
    if short_name(before) in PROVINCES:
        return 1.0
    word = before[-2:]
    return 0.9 if word in _WIDE.sub(" ", indicator.text) else 0.0


def _read_on(
    text: str, mention: re.Match[str], indicator: Indicator, wanted: Period, timeline: Timeline
) -> list[_Found]:
    found: list[_Found] = []
    at, first = mention.end(), True
    rest = re.match(r"[^，,；;。！？\n]*", text[mention.start() :])
    clause = rest[0] if rest else ""
    shared = _shared(text, mention, indicator)
    if shared is not None:
        if shared:
            found += _judge(text, mention, shared[0], shared[1], indicator, wanted, timeline, first=True)
        return found
    label = mention[0]
    for _ in range(4):
        step = _STEP.match(text, at)
        if not step or (not first and "；" in step["bridge"]):
            break
        figure = value(step, _FELL.search(step["bridge"]) is not None and not indicator.falls)
        if figure is None:
            break
        bridge = step["bridge"]
        if re.match(r"\s?(?:位|名|大关|台阶|强)", text[figure.end :]) and not figure.unit:
            break
        following = text[figure.end : figure.end + 12]
        if not re.search(r"(?:由|从)[^，]*$", bridge) or not re.match(r"[^，。；]{0,6}(?:到|至)", following):
            label = bridge if not first else mention[0] + bridge
            found += _judge(text, mention, label, figure, indicator, wanted, timeline, first=first)
        at, first = figure.end, False
    if not found and wanted.planned and at == mention.end():
        found += _worded(text, mention, clause, indicator, wanted, timeline)
    return found


def _judge(
    text: str,
    mention: re.Match[str],
    bridge: str,
    figure: Value,
    indicator: Indicator,
    wanted: Period,
    timeline: Timeline,
    *,
    first: bool,
) -> list[_Found]:
    """The figure as a place found, when its sense, unit and time are those asked for."""
    percent = figure.unit == "%"
    clause = re.search(r"[^，,；;。！？：:\n]*\Z", text[max(0, mention.start() - 60) : mention.start()])
    before = clause[0] if clause else ""
    adds = list(_ADDS.finditer(before))
    grew, gained = _GREW.search(bridge), _GAINED.search(bridge.removeprefix(mention[0]))
    rate = re.search(r"率|比例|比重|占比|强度|占|浓度", mention[0])
    reached = _REACHED.search(bridge.removeprefix(mention[0]))
    if _ATTRIBUTE.match(text, figure.end):
        return []
    if figure.unit == "个百分点":
        sense = "gain"
    elif percent and not rate:
        sense = "growth" if grew or gained or re.search("涨|增速|增幅", bridge) else "share"
    elif grew and not reached and not re.search(r"[降升增](?:到|至)", bridge):
        sense = "growth" if percent else "gain"
    elif gained or (adds and not _HOLDS.search(before, adds[-1].end()) and not reached and not indicator.adds):
        sense = "gain"
    else:
        sense = "level"
    done = VERBS.findall(bridge.removeprefix(mention[0])) or (VERBS.findall(before[-8:]) if first else [])
    if (indicator.verb and not _same_deed(indicator.verb, done[-1:])) or (not indicator.verb and done and not first):
        return []
    score = 1.0
    if indicator.sense == "any":
        if sense == "share":
            return []
        score -= 0.1 * (sense == "gain")
    elif indicator.sense == "level" and sense == "growth" and wanted.planned and not indicator.unit:
        score -= 0.1  # 2026年一般公共预算收入目标: given as growth
    elif sense != indicator.sense:
        return []
    if indicator.unit and not _same_kind(indicator.unit, figure.unit):
        return []
    if sense == "level" and not figure.unit and not re.search(r"指数|系数|倍", mention[0]):
        return []
    average = "年均" in bridge and not re.search(r"年均浓度", bridge)
    before = before[-8:]
    average = average or "年均" in before
    if average != indicator.average and not re.search(r"浓度|PM", mention[0]):
        return []
    period = timeline.at(figure.start)
    fit = _time_fit(period, wanted, indicator, sense, bridge + before)
    score *= fit - 0.05 * (not first)
    return [_Found(score, figure, mention.start())]


def _time_fit(period: Period, wanted: Period, indicator: Indicator, sense: str, bridge: str) -> float:
    """1 said, 0.9 from what stands above, 0.7 supposed; 0 another time."""
    total = "累计" in bridge and wanted.single
    if total and not period.single:
        return 0.0  # the sum of years
    if _STEADY.search(bridge) and not wanted.planned and (indicator.flow or not period.single):
        return 0.0  # what held for years
    if (period.first, period.last) == (wanted.first, wanted.last):
        if period.planned != wanted.planned and not (wanted.planned and period.sure < 3):
            return 0.0
        return {3: 1.0, 2: 0.9, 1: 0.7}[period.sure] - 0.3 * total
    if period.sure == 1 and period.last == wanted.last and period.planned == wanted.planned:
        return 0.65 - 0.3 * total
    ends = wanted.single and period.last == wanted.last and period.planned == wanted.planned
    if ends and sense == "level" and (not indicator.flow or re.search(r"[到至]|突破|台阶", bridge)):
        return 0.62  # what five years came to is what their last year had
    return 0.0


_DEEDS = ({"收到", "新收", "接收"}, {"审结", "办结", "结案", "办理"}, {"受理", "立案"}, {"调处", "调解", "化解"})


def _same_deed(asked: str, done: Sequence[str]) -> bool:
    return any(asked == deed or any(asked in g and deed in g for g in _DEEDS) for deed in done)


def _same_kind(asked: str, unit: str) -> bool:
    groups_ = ({"人", "户", "人次"}, {"家", "户", "个"}, {"件", "个", "项"}, {"天", "%"})
    return asked == unit or any(asked in g and unit in g for g in groups_)


def _shared(text: str, mention: re.Match[str], indicator: Indicator) -> tuple[str, Value] | tuple[()] | None:
    """甲、乙分别增长6.5%和7%: the figure that is this one's; empty when it cannot be told; None when nothing is shared."""
    after = re.match(
        rf"(?P<more>[^，,；;。！？\n\d]{{0,40}}?)分别(?P<verb>(?:{_CONNECT})*?)(?=\d|超|近|约)", text[mention.end() :]
    )
    if not after:
        return None
    left = re.search(r"[^，,；;。！？：:\n]*\Z", text[max(0, mention.start() - 60) : mention.start()])
    before = left[0] if left else ""
    if mention[0].startswith("城乡"):
        names, own = ["城镇", "农村"], 1 if re.search("农", indicator.name) else 0 if "城镇" in indicator.name else 2
    else:
        names = [n for n in re.split(r"[、和与及]", before + mention[0] + after["more"]) if n]
        own = len(re.split(r"[、和与及]", before)) - 1
    figures: list[Value] = []
    at = mention.end() + after.end()
    pattern = re.compile(rf"(?:{_CONNECT}|和|及|与)*?{FIGURE}")
    while len(figures) < len(names) and (step := pattern.match(text, at)):
        figure = value(step, _FELL.search(after["verb"]) is not None and not indicator.falls)
        if figure is None:
            break
        figures.append(figure)
        at = figure.end
    if len(figures) != len(names) or own >= len(figures):
        return ()
    return mention[0] + after["verb"], figures[own]


_WORDED = re.compile(
    r"(?:预期)?(?:增长|增速|涨幅|增幅)?(?P<words>(?:保持|处于|控制在|稳定在|力争)?(?:与|和|同|跟|略?高于|快于|不低于|好于|优于|跑赢|不高于|低于|合理|稳定|平稳|基本稳定|基本同步|达到全国)[^，,；;。！？、\n]{0,24})"
)


def _worded(
    text: str, mention: re.Match[str], clause: str, indicator: Indicator, wanted: Period, timeline: Timeline
) -> list[_Found]:
    """A target in words: 居民收入增长与经济增长同步, 价格保持合理水平."""
    if indicator.unit or indicator.sense not in ("growth", "any"):
        return []
    match = _WORDED.match(text, mention.end())
    if not match or not re.search(r"同步|合理|稳定|水平|高于|快于|低于|好于|优于|跑赢", match["words"]):
        return []
    period = timeline.at(mention.end())
    fit = _time_fit(period, wanted, indicator, "growth", "")
    goal = re.search(r"目标", text[max(0, mention.start() - 400) : mention.start()])
    if not fit or not goal:
        return []
    figure = Value(match.start("words"), match.end("words"), float("nan"))
    return [_Found(0.8 * fit, figure, mention.start(), said=False)]


# ---- rows


def _agree(
    found: Sequence[tuple[ReportRef, Report, list[_Found]]],
) -> list[tuple[ReportRef, Report, _Found]]:
    """The best place of each report; where most reports give one unit, the best with that unit, and none with another."""
    units = Counter(ps[0].value.unit for _, _, ps in found if ps and ps[0].said)
    unit, count = units.most_common(1)[0] if units else ("", 0)
    agreed = count >= AGREED * sum(units.values()) and count >= 3
    chosen = []
    for ref, report, ps in found:
        own = [p for p in ps if not agreed or not p.said or p.value.unit == unit]
        figures = [p for p in own if p.said]
        if own:
            chosen.append((ref, report, (figures or own)[0]))
    return chosen


def _meant(question: Question, refs: Sequence[ReportRef]) -> list[ReportRef]:
    """Reports that the filters leave; for 各省 those of provinces, where there are any."""
    left = [ref for ref in refs if question.allowed is None or ref.row in question.allowed]
    match = _WIDE.search(question.text)
    if match and "省" in match[0]:
        provinces = [
            r for r in left if short_name(r.facts.region) in PROVINCES or r.facts.region.endswith(("省", "自治区"))
        ]
        if len(provinces) > 1:
            return provinces
    return left


def _row(ref: ReportRef, report: Report, place: _Found) -> Row:
    figure = place.value
    fell = (
        re.search(r"(?:下降|降低|减少|负增长)(?:了|约)?\s*$", report.text[figure.start - 6 : figure.start])
        if figure.number < 0
        else None
    )
    if fell:  # 下降5.4%: the figure alone would read as a rise
        figure = replace(figure, start=figure.start - len(fell[0]))
    start, end = _quote(report.text, place.at, figure.end)
    passage = next((p for p in report.passages if p.start <= figure.start < p.end), None)
    citation = Citation(
        number=1,
        report=ref,
        passage_id=passage.id if passage else "",
        quote=report.text[start:end],
        start=start,
        end=end,
        path=passage.path if passage else (),
        page=report.page_at(figure.start),
        mark=(figure.start - start, figure.end - start),
    )
    written = report.text[figure.start : figure.end].strip()
    if not place.said:
        return Row(ref, written, citation)
    return Row(ref, written, citation, figure.number, figure.unit, figure.upper, figure.bound)


_STOP = re.compile(r"[。！？\n]")


def _quote(text: str, at: int, end: int) -> tuple[int, int]:
    """The sentence from the indicator to its figure, cut at ； where long, with the one before where the indicator opens it."""
    left, right = _edge(text, at, "。！？\n"), _right(text, end, "。！？\n")
    if right - left > QUOTE_LIMIT:
        left, right = _edge(text, at, "。！？\n；;"), _right(text, end, "。！？\n；;")
    if right - left > QUOTE_LIMIT:
        left = max(left, _edge(text, max(left, at - QUOTE_LIMIT // 3), "。！？\n；;，,"))
        right = min(right, _right(text, min(right, end + QUOTE_LIMIT // 3), "。！？\n；;，,"))
    if at - left < NEAR_START and left and text[left - 1] != "\n":
        before = _edge(text, left - 1, "。！？\n；;")
        if right - before > QUOTE_LIMIT:
            before = _edge(text, max(before, left - 60), "。！？\n；;，,") if right - left < QUOTE_LIMIT else left
        left = min(left, before) if right - before <= QUOTE_LIMIT + 60 else left
    while left < at and text[left].isspace():
        left += 1
    while right > end and text[right - 1].isspace():
        right -= 1
    return left, right


def _edge(text: str, at: int, marks: str) -> int:
    return max(text.rfind(mark, 0, at) for mark in marks) + 1


def _right(text: str, at: int, marks: str) -> int:
    if at and text[at - 1] in marks:
        return at
    found = [i for mark in marks if (i := text.find(mark, at)) >= 0]
    right = min(found, default=len(text))
    return right if right >= len(text) or text[right] == "\n" else right + 1


# ---- order and summary

_LOWEST = re.compile(r"最[低小少慢]|从低到高|倒数|垫底|由低到高|从小到大")
_SORTED = re.compile(
    r"最[高大多快低小少慢]|排(?:名|序|行)|从[高低大小]到|由[高低大小]到|前[一二三四五六七八九十\d]+|领先|第一|倒数|垫底|居首"
)


def _middle(row: Row) -> float:
    number = row.number or 0.0
    return number if row.upper is None else (number + row.upper) / 2


def _ordered(text: str, rows: list[Row]) -> list[Row]:
    if not _SORTED.search(text):
        return rows
    sign = 1 if _LOWEST.search(text) else -1
    return sorted(rows, key=lambda row: (row.number is None, sign * _middle(row)))


def _comparable(rows: Sequence[Row]) -> list[Row]:
    units = Counter(row.unit for row in rows if row.number is not None)
    unit = units.most_common(1)[0][0] if units else ""
    return [row for row in rows if row.number is not None and row.unit == unit]


def label(ref: ReportRef) -> str:
    """What a table calls a report: its region or unit, with the year; else its file's name."""
    name = (
        ref.facts.unit
        if ref.facts.unit and not ref.facts.unit.endswith("人民政府")
        else ref.facts.region or ref.facts.unit
    )
    return name or ref.facts.title or ref.name


def _summary(text: str, rows: Sequence[Row], reports: int) -> str:
    """Highest, lowest, total and mean over the comparable values, of how many."""
    same = _comparable(rows)
    parts = [f"{reports} 份报告中有 {len(rows)} 份写明"]
    if len(same) < 2:
        return parts[0] + "。"
    unit = same[0].unit
    ordered = sorted(same, key=_middle)
    for word, end in (("最高", ordered[-1]), ("最低", ordered[0])):
        names = [label(row.report) for row in same if _middle(row) == _middle(end)]
        parts.append(f"{word} {end.value}（{'、'.join(names[:3])}{f'等 {len(names)} 份' if len(names) > 3 else ''}）")
    total = sum(map(_middle, same))
    if unit not in ("%", "个百分点", "") and "/" not in unit:
        parts.append(f"合计 {shown(total, unit)}")
    parts.append(f"平均 {shown(total / len(same), unit)}")
    note = (
        f"以上按 {len(same)} 个可比数值计算"
        if len(same) == len(rows)
        else f"以上只按 {len(rows)} 个中 {len(same)} 个可比数值计算"
    )
    ranged = "，区间取中值" if any(row.upper is not None for row in same) else ""
    bounded = "，“左右、以上”等按所写数字计" if any(row.bound for row in same) else ""
    return "；".join([*parts, note + ranged + bounded]) + "。"


def _title(indicator: Indicator) -> str:
    time = re.search(r"20\d\d年|[“\"]?十[三四五六]五[”\"]?(?:时期)?|今年|去年", indicator.text)
    said = re.search(r"增速|增幅|涨幅|降幅", indicator.text)
    kind = {"growth": said[0] if said else "降幅" if indicator.falls else "增速", "gain": "增量"}.get(
        indicator.sense, ""
    )
    return f"{time[0] if time else ''}{indicator.name}{'年均' if indicator.average else ''}{kind}{'目标' if indicator.planned else ''}"


# ---- for the page and for spreadsheets


def to_csv(table: Table) -> str:
    """UTF-8 with a byte order mark for spreadsheets: a line a report, those that state nothing last."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["报告", "单位或地区", table.indicator, "数值", "上限", "计量单位", "限定", "原文", "标题", "页", "文件"]
    )
    for row in table.rows:
        facts, cited = row.report.facts, row.citation
        writer.writerow(
            map(_cell, [
                facts.title or row.report.name, label(row.report), row.value, _plain(row.number), _plain(row.upper), row.unit, row.bound,
                cited.quote, " > ".join(cited.path), cited.page or "", row.report.name,
            ])
        )  # fmt: skip
    for ref in table.missing:
        writer.writerow(map(_cell, [ref.facts.title or ref.name, label(ref), "未写明", *[""] * 7, ref.name]))
    return "\ufeff" + out.getvalue()


def _cell(content: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(content)
    return "'" + text if text[:1] in ("=", "+", "@", "\t") or re.match(r"-(?!\d)", text) else text


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:.6f}".rstrip("0").rstrip(".")


def chart(table: Table) -> str:
    """An SVG bar chart of the comparable values, in the table's order; empty when fewer than two compare."""
    rows = _comparable(table.rows)
    if len(rows) < 2:
        return ""
    line, left, width, top = 26, 150, 360, 34
    height = top + line * len(rows) + 8
    low, high = min(0.0, *map(_middle, rows)), max(0.0, *map(_middle, rows))
    scale = width / ((high - low) or 1.0)
    zero = left - low * scale
    bars = []
    for at, row in enumerate(rows):
        y, amount = top + at * line, _middle(row)
        name, said = html.escape(_short(label(row.report))), html.escape(row.value)
        x = zero if amount >= 0 else zero + amount * scale
        bars.append(
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{name}</text>'
            f'<rect x="{x:.1f}" y="{y + 3}" width="{abs(amount) * scale:.1f}" height="16" rx="2" opacity="0.55"/>'
            f'<text x="{max(x + abs(amount) * scale, zero) + 6:.1f}" y="{y + 15}">{said}</text>'
        )
    title = html.escape(table.indicator)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} {height}" role="img" aria-label="{title}" '
        f'fill="currentColor" font-size="13" font-family="inherit" class="chart"><title>{title}</title>'
        f'<text x="{left}" y="18" font-weight="600">{title}</text>'
        f'<line x1="{zero:.1f}" y1="{top}" x2="{zero:.1f}" y2="{height - 6}" stroke="currentColor" opacity="0.4"/>'
        f"{''.join(bars)}</svg>"
    )


def _short(name: str) -> str:
    return name if len(name) <= 10 else name[:9] + "…"
