"""What would answer a question: the runs of a text of the kind and unit it asks for, and which of them it means.

A room of its own because search raises by it and answer chooses by it.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Mapping, Sequence

from retrieval import spans
from retrieval.spans import Span
from retrieval.types import Question

_MONEY = re.compile(r"钱|金额|资金|投资额?|经费|支出|收入|补贴|款|成交额|产值|税|费用|收费|总额|价格|营收|利润")
_RATE = re.compile(r"率|占比|比例|比重|增速|增幅|涨幅|涨了|增长|几成|百分之|下降|提高")
_FAMILIES = (
    "件宗起桩例案", "人名位个人次员", "家个所户", "次场回场次", "份篇部本册条个", "项个条", "元万元亿元美元块", "天日", "年个", "座个处", "吨斤公斤",
    "亩公顷", "棵株", "台辆", "公里千米里厘米毫米", "列班趟班次",
)  # fmt: skip
_NOUNS = frozenset("路点级代口镇村国省市县区步句站面线金银铜队组对双字页章轮层片块段根")  # 多少路 asks no number of roads
_ASKED_UNIT = re.compile(r"(?:多少|几|哪几)(?P<unit>(?:万|亿)?[一-鿿A-Za-z%℃]{1,6}(?:[/／][一-鿿]{2,3})?)")
_COUNTED = re.compile(
    r"(?P<unit>人次|场次|件次|[人件宗户家场份项起](?=数))数?(?:一共|总共|共|大概|大约|各自?|分别)?(?:是|有|为|达到?|到)?"
    r"(?:多少|几)(?=[？?，,。；;]|$)"
)
_PEOPLE_ASKED = re.compile(r"多少(?:工人|职工|员工|人员|学生|教师|老师|医生|护士|律师|法官|民警|干部|党员|群众|居民|村民|市民|老人|孩子|儿童|志愿者)")
_UNIT = re.compile(r"(?:万|亿|千|百)*")


@functools.lru_cache(maxsize=64)
def asked_unit(text: str) -> str:
    """The measure word a question asks with: 多少宗 → 宗; % where it asks for a rate, 元 for money; else empty."""
    if counted := _COUNTED.search(text):
        return counted["unit"]
    if _PEOPLE_ASKED.search(text):
        return "人"
    match = _ASKED_UNIT.search(text)
    if match:
        said = _UNIT.sub("", match["unit"], count=1)
        if re.match(r"钱|资金|经费|金额", said):
            return "元"
        probe = spans.figures(f"12{said}")
        if said.startswith("成"):
            return "%"
        if probe and probe[0].unit and probe[0].unit not in _NOUNS:
            return _UNIT.sub("", probe[0].unit, count=1)
    if _RATE.search(text):
        return "%"
    if re.search("多[厚宽深]", text):
        return "米"
    return "元" if _MONEY.search(text) else ""


def asked_units(text: str) -> tuple[str, ...]:
    """The measure words of a question that asks for several figures at once: 多少人、占比多少 → 人, %."""
    parts = [part for each in re.split(r"[,，、;；?？]", text) for part in _apart(each)]
    units = [asked_unit(part) for part in parts if re.search(r"多少|几", part)]
    return tuple(dict.fromkeys(unit for unit in units if unit))


def _apart(part: str) -> list[str]:
    """A part that asks for two figures at once, cut before the second: 几类几件."""
    return re.split(r"(?<=.)(?=多少|几)", part) if len(re.findall("多少|几", part)) > 1 else [part]


def unit_fit(asked: str, span: Span) -> float:
    """1 the unit asked for, 0.9 one of its kind, 0.7 one that 个 may stand for, 0.3 nothing asked, 0 another."""
    unit = _UNIT.sub("", span.unit, count=1)
    if not asked:
        return 0.3 if unit else 0.1
    if unit == asked or (unit and "/" in unit and unit.startswith(asked)):
        return 1.0
    if asked == "%":
        return 0.7 if "百分点" in unit or unit in {"成", "倍"} else 0.0
    if not unit and asked in _FAMILIES[1]:  # people are counted without: 46万群众
        return 0.6
    if asked == "个":  # counts anything
        return 0.0 if not unit or unit in {"%", "百分点", "个百分点", "年", "月", "天"} or "元" in unit else 0.7
    if unit and any(asked in family and unit in family for family in _FAMILIES):
        return 0.9
    return 0.7 if asked == "年" and unit.startswith("连") else 0.0


_CONTACT_ASKED = re.compile(r"电话|邮箱|邮编|号码|联系方式")
_PERSON_ASKED = re.compile(r"谁|姓名|(?:长|书记|主任|主席|负责人|组长)(?:是|叫|的名字)|哪位")
_NAME_ASKED = re.compile(r"名字|姓名|姓什么|叫什么|叫啥")
_SHAPED_ASKED = re.compile(rf"{_CONTACT_ASKED.pattern}|姓名|(?:长|书记|主任|主席|负责人|组长)(?:是|叫|的名字)|哪位")
_TITLE_ASKED = re.compile(r"文件|办法|方案|条例|规定|制度|法规|规章|意见|规划|指引|通知|清单|细则|蓝皮书|哪[本部]")
_ORGAN_ASKED = re.compile(r"哪[个家所些]?(?:单位|部门|机构|组织|公司|企业|学校|医院|法院|银行|巡察组|科室|窗口)|由谁|归谁|谁(?:负责|来|担任)")


_WHICH = re.compile(r"哪一?(?:[个所座家支条款种位处项批类部本份届眼口间场名](?![一-鿿]?最))?")
_CATEGORIES = (
    re.compile(r"哪[一]?([类种级])(?=最)"),
    re.compile(r"([一-鿿]{1,5}[^的一\W])(?:的名字|名称)?[，,]?(?:叫|是)(?:什么|啥|哪)"),
)
# What names of a kind end in, where that is not the kind's own word.
_TAILS = (
    ("城市", ("市",)), ("学校", ("大学", "学院", "中学", "小学", "学校")), ("高校", ("大学", "学院")), ("企业", ("公司", "集团", "厂")),
    ("公司", ("公司", "集团")), ("国家", ("国",)), ("银行", ("银行",)), ("科室", ("科", "室", "股")), ("大学", ("大学", "学院")),
    ("村子", ("村",)), ("村", ("村",)), ("镇", ("镇",)), ("市", ("市",)), ("县", ("县",)), ("区", ("区",)), ("州", ("州",)),
    ("省", ("省", "自治区", "市")),
)  # fmt: skip
_PLACES = frozenset("省市县区州镇村")  # whose names may go without: 博罗
_LASTING = frozenset({"天", "日", "年", "个月", "周", "小时", "分钟", "工作日", "个工作日"})
_DAY_ASKED = re.compile(r"哪[一]?[天日]|几号|几月几|日期|何日")
_MONTH_ASKED = re.compile(r"哪[个一]?个?月|几月|何月")
_OFTEN_ASKED = re.compile(r"多久|隔|频率|几次")
_REACHED = re.compile(r"[到至达]了?多少|(?:提高|增加|降|扩|升|涨)[到至]|如今|现在|目前|达")
_TOTAL = re.compile(r"一共|总共|总(?:数|量|计|额)|合计|累计")
_GAINED = re.compile(r"(?:多|涨|增加|增长|提高|新增|增|下降|减少|降)了?(?:多少|几)|增速|增幅|涨幅|增长率")


def candidates(question: Question, text: str) -> list[Span]:
    """Runs of a text that could be the short answer to a question."""
    asked = question.text
    if _CONTACT_ASKED.search(asked) and (found := spans.contacts(text)):
        return found
    if question.asks in ("number", "compare"):
        return spans.figures(text)
    if question.asks == "date":
        found = spans.dates(text)
        if _DAY_ASKED.search(asked):
            return [s for s in found if re.search("[日号]", s.of(text)) or re.fullmatch(r"[\d./-]+", s.of(text))]
        if _MONTH_ASKED.search(asked):
            return [s for s in found if "月" in s.of(text)]
        if _OFTEN_ASKED.search(asked):
            lasting = [s for s in spans.figures(text) if s.unit in _LASTING]
            return [s for s in found if s.of(text).startswith("每")] or lasting or found
        return found
    if question.asks != "name":
        return []
    return _unsaid(_shaped(asked, text), text, asked)


def _unsaid(found: Sequence[Span], text: str, asked: str) -> list[Span]:
    """Those that the question does not say itself, for the most part; a title in whole."""
    names = [(span, span.of(text).strip("《》“”")) for span in found]
    return [span for span, name in names if len(_held(name, asked)) < (1.0 if span.kind == "title" else 0.75) * len(name)]


def _held(name: str, asked: str) -> set[int]:
    """Places in a name whose character stands in the question beside the one that it stands beside here."""
    return {at + side for at in range(len(name) - 1) if name[at : at + 2] in asked for side in (0, 1)}


def _shaped(asked: str, text: str) -> list[Span]:
    """Names of the shape that a question asks for."""
    noun, tails = _category(asked)
    found = [span for tail in tails for span in spans.ending(text, tail) if _proper(span.of(text), tail)]
    if found or _ends_so(asked):
        return found
    if _PERSON_ASKED.search(asked) and not _ORGAN_ASKED.search(asked):
        found = spans.persons(text)
        return found if found or _NAME_ASKED.search(asked) else spans.charged(text)
    if _TITLE_ASKED.search(asked) and (found := spans.titles(text)):
        return found
    if _ORGAN_ASKED.search(asked) and (found := spans.charged(text)):
        return found
    for tail in dict.fromkeys((noun[-2:], noun[-1:])) if noun else ():
        if found := [span for span in spans.ending(text, tail) if _proper(span.of(text), tail)]:
            return found + spans.quoted(text)
    if tails:  # names of these kinds end so, or there is none
        return []
    return spans.quoted(text) + spans.titles(text) or spans.organisations(text)


def _ends_so(asked: str) -> bool:
    """Whether names of the kind asked for always end in a word of that kind: 大学, 公司, 银行."""
    tails = _category(asked)[1]
    return bool(tails) and not _PLACES & set(tails)


def _proper(name: str, tail: str) -> bool:
    """Whether a run that ends as a name does is more than its tail and counts nothing: 超千亿元县 is no name of a county."""
    common = re.search(r"[乡农全各本我该城都超股这那每同邻][村市县省区镇州]$", name)
    counts = re.search(r"\d|[百千万亿]元|^[“”]?[一二两三四五六七八九十百千万]+[个家所座项省市县区镇村]", name)
    return len(name) > len(tail) and name.count("“") == name.count("”") and not counts and not common


@functools.lru_cache(maxsize=64)
def _category(asked: str) -> tuple[str, tuple[str, ...]]:
    """The noun of 哪个窗口 or 品种叫什么, and what names of its kind end in where that is known; empty where neither."""
    import rjieba

    which = _WHICH.search(asked)
    after = itertools.takewhile(lambda tagged: tagged[1][:1] in "njz", rjieba.tag(asked[which.end() :]) if which else ())
    place = re.search(r"哪一?个?([省市县区州镇乡村])(?![一-鿿]?[长委局级])", asked)
    nouns = list(itertools.accumulate(word for word, _ in after))
    ends = [word for word, _ in _TAILS if len(word) > 1]
    kind = next((word for noun in nouns for word in ends if noun.endswith(word) or noun.startswith(word)), nouns[-1] if nouns else "")
    noun = place[1] if place else kind if len(kind) > 1 else next((m[1] for pattern in _CATEGORIES if (m := pattern.search(asked))), "")
    return noun, next((tails for word, tails in _TAILS if noun.endswith(word)), ())


def fit(question: Question, text: str) -> float:
    """0 to 1: whether what is asked for stands in a text."""
    if question.asks == "number":
        if _CONTACT_ASKED.search(question.text):
            return float(bool(spans.contacts(text)))
        asked = asked_unit(question.text)
        return math.sqrt(max((unit_fit(asked, span) for span in spans.figures(text)), default=0.0))
    if question.asks == "date":
        return float(bool(candidates(question, text)))
    if question.asks == "name":
        if candidates(question, text):
            return 1.0
        said = question.text
        return 0.0 if _NAME_ASKED.search(said) or _CONTACT_ASKED.search(said) or _ends_so(said) else 0.2  # not every name has a shape
    if question.asks == "list":
        if _CONTACT_ASKED.search(question.text):
            return float(bool(spans.contacts(text)))
        return min(1.0, max(len(spans.listed(text)), len(spans.titles(text)), len(spans.quoted(text))) / 3)
    if question.asks == "compare":
        return min(1.0, len(spans.figures(text)) / 2)
    if question.asks == "why":
        return float(bool(re.search(r"因为|由于|为了?|以便|目的|原因|受.{1,20}影响|针对|导致|造成", text)))
    if question.asks == "yesno":
        return 0.5 * bool(re.search(r"未|没有|无|均|全部|已|不|低于|高于", text))
    return 0.0


def short_answers(question: Question, text: str, focus: Mapping[str, float], several: int) -> list[tuple[int, int]]:
    """Offsets in a sentence of its short answers: the runs of the kind asked for nearest the question's words.

    `focus` weighs the question's words, `several` says how many runs are asked for.
    """
    found = candidates(question, text)
    if question.asks == "name" and not _ends_so(question.text) and not any(span.kind != "quoted" for span in found) and not _SHAPED_ASKED.search(question.text):
        found = found + _unsaid(spans.nominals(text, question.rest), text, question.text)  # not every name has a shape
    if not found:
        return []
    units = asked_units(question.text) if several > 1 else ()
    near = [_nearness(span, found, text, focus) for span in found]
    top = max(near) or 1.0
    subject = re.match(r"[的]?(?:哪|谁|什么|啥)", question.rest.strip()) is not None  # who did it: what a clause begins with

    def score(at: int, unit: str) -> float:
        span = found[at]
        total = near[at] / top
        if span.kind == "figure":
            total += 2 * unit_fit(unit, span) + 0.6 * _own_words(span, text, question.text)
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
    return float(any(verb in clause for verb in _verbs(asked)))


@functools.lru_cache(maxsize=64)
def _verbs(asked: str) -> tuple[str, ...]:
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
    before = text[max(0, span.start - 5) : span.start]
    if re.search(r"(?:从|由|原来的?|由原来的?)$", before):
        return -0.4
    if _TOTAL.search(asked) and re.search(r"总|共|累计|合计", text[max(0, span.start - 8) : span.start]):
        return 0.3
    if _GAINED.search(asked):
        return 1.0 if re.search(r"(?:增加|增长|提高|新增|上升|多|下降|减少|增|降低?|涨)了?$", before) else 0.0
    if _REACHED.search(asked):
        return 0.3 if re.search(r"(?:到|至|达)$", before) else 0.0
    return 0.0


def _nearness(span: Span, others: Sequence[Span], text: str, focus: Mapping[str, float]) -> float:
    """Sum over the question's words of weight over distance; a stop or another candidate between counts as distance."""
    low = text.lower()
    total = 0.0
    for word, weight in focus.items():
        best = 0.0
        for match in re.finditer(re.escape(word), low):
            if match.end() <= span.start:
                between, after = text[match.end() : span.start], 0.0
            elif match.start() >= span.end:
                between, after = text[span.end : match.start()], 3.0
            else:
                between, after = "", 0.0
            crossed = sum(1 for o in others if o is not span and match.end() <= o.start and o.end <= span.start)
            crossed += sum(1 for o in others if o is not span and span.end <= o.start and o.end <= match.start())
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
