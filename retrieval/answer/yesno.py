"""Yes or no, where a sentence itself states it: 已投入使用 for 投入使用了没有, 未发生 for 有没有发生, 109宗 for 是否超过100宗.

A wrong yes is worse than none.  So the question's predicate, or a sure equal of it, must stand in one clause with what it is said
of; a plan, an exception, another year or another subject says neither yes nor no.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.answer.short import verbs
from retrieval.question import spans
from retrieval.question.years import years
from retrieval.search import overlap
from retrieval.types import MARKED

YES, NO = "是", "否"

SAID = 0.85  # of the question's weight that must stand in the sentence and the titles over it
NEAR = 0.5  # and right behind a 没有 for what there is none of

_ASKS_MORE = re.compile(
    r"多少|几(?!乎)|哪|谁|什么|怎|为何|为什么|还是(?!有|在|要|会|没|能|百|处|保)"
    r"|(?:不是|不再|还没|尚未|未能|没有(?![吗？?]))[^，。]{1,30}[吗么](?:[？?]|$)"  # 还没建成吗: a yes may mean either
)
_MAY = re.compile(
    r"能不能|会不会|可不可以|要不要|能否|可否|应不应|该不该"
    r"|(?:能|会|可以|应该|需要|打算|计划)[^，。？?]{1,30}(?:吗|么|不)[？?]?$"
)
_CLOSES = re.compile(r"(?:吗|么|没有|没|不)?[？?。！\s]*$")
_OPENS = re.compile(r"是否|是不是|有没有|有无|可曾|曾否")
_ALL = re.compile(r"都|全部|全都|均|所有|每[个件家项名]|一律")

_NOT = (
    r"(?:尚未|暂未|从未|均未|并未|未曾|未能|未(?!来|成年|必|免)|没有|没能|没(?!收)|不再|不曾|并无|均无"
    r"|无(?!线|人机|偿|障碍|缝|锡|论|纸|废|害|疑|限|烟|菌|形|业主|感|接触|证明|还本|欠薪))"
)
_BETWEEN = r"(?:再|得到|得以|能够|能|有过?|任何|一[起件人例]|进行|全部|完全)*"  # may stand between a 未 and its verb
_DONE_BEFORE = re.compile(
    r"(?:已经?|均已?|全部|全都|顺利|成功|率先|正式|先后|累计|(?<!公)共|首次|提前|如期|建成|连续[\d一二三四五六七八九十两]+[年个]\w?)[^，。；]{0,6}$"
)
_DONE_AFTER = re.compile(r"^(?:了|过|完毕|完成)|^[^，。；]{0,16}?\d+(?:\.\d+)?\s?[万亿]?[件宗名人个项次场份起家户所座部条]")
_DATED = re.compile(r"于?(?:20\d\d年(?:\d{1,2}月)?(?:\d{1,2}日)?|\d{1,2}月(?:\d{1,2}日)?)[^，。；\d]{0,4}$")
_PLANNED = re.compile(  # in the clause: it is meant, tried, asked for or ruled out, not told as done
    r"将|拟|力争|争取|计划|要(?!求)|需|应(?!诉|急|用|对|届)|须|确保|推动|推进|加快|着力|努力|力求|有望|即将|准备|打算|继续|进一步|逐步|初步|正在"
    r"|有待|待|可能|若|如果|假如|一旦|防止|避免|杜绝|严禁|不得|禁止|筹建|谋划|启动|研究|探索|试点|申报|争创|是否|希望|目标|预计|预期目标|支持|鼓励|引导"
    r"|指导|督促|要求|组织"
)
_AIMS = re.compile("力争|确保|目标|预期|计划|争取|打算|下一步")  # over all that follows in its sentence
_PLANS = re.compile(  # in a heading over it
    r"下一?步|打算|计划|工作安排|今后|展望|主要目标|目标任务|重点工作|主要任务|工作思路|努力方向|存在.{0,6}(?:问题|不足|困难)"
    r"|20\d\d年.{0,6}(?:任务|安排|重点|目标|打算)"
)
_REVIEW = re.compile("回顾|成就|成效|成绩|情况|进展|过去|一年来|五年来")  # a heading over what has been done
_EXCEPT = re.compile(r"除(?!险|尘|夕|草|湿)|其余|部分(?!门)|个别|多数|大部|基本|尚有|仍有|还有|一半|阶段性|不完全|(?<![未所现具])有的|一些")
_OF_WHAT = re.compile(
    r"^[^，。；]{0,20}的(?:单位|人员|人|问题|情况|企业|对象|部门|行为|案件|地方|项目|同志|干部|事项|要求|意见|建议|工作|任务|目标)"
)
_TROUBLE = re.compile(r"”(?:的)?问题|^(?:\d+[.、．])?(?:针对|关于|对于|对)")  # it names what was amiss
_SELF = re.compile(
    r"我[市县区省局院州镇]|本[市县区省局院州镇]|全[市县区省局院州镇系国]|各级?|[市县区省局院]内|年内|全年|去年|上年|当年|目前|现|期间|截至"
    r"|全部|全都|均|累计|首次|率先"
)
_THING = re.compile(r"(?:场所|项目|工作|任务|建设|改造|工程|平台|系统|现象|总量|数量|产量|总额|事件|情况)$")
_EQUALS = (
    "建成 建好 竣工 完工 落成", "完成 完工 完毕 办结", "印发 出台 下发 制定", "公布 发布 公开", "成立 设立 组建 建立", "发生 出现", "获得 荣获 获评",
    "达到 达", "投入使用 投用 启用", "开通 开通运行 通车", "签订 签署 签约", "受理 收到", "通过", "获批", "上线",
)  # verbs that say the same of the same thing
_KNOWN = frozenset(" ".join(_EQUALS).split())
_FUNCTION = frozenset(
    re.split(r"\s", "还有 已经 现在 目前 没有 曾经 仍然 仍有 还是 有关 进行 全部 全都 所有 都 去年 今年 上年 如今 一共 现 已")
)  # say nothing of what is asked about
_STATES = ("存在", "有", "发现", "发生", "出现")  # told of what is, they need no 已
_MORE, _LESS = "超过|超|突破|高于|多于|大于|不低于|不少于|达到了?|达", "低于|少于|小于|不到|不足|未达到?"
_BOUND = re.compile(rf"(?P<more>{_MORE})|(?P<less>{_LESS})")
_BESIDE = re.compile(r"(?P<more>高于|多于|大于|快于|好于|优于|高出|超过)|(?P<less>低于|少于|小于|慢于|差于|不及)")
_COMPARED = re.compile(r"比(?P<than>[一-鿿]{2,10}?)(?:还|要|更|是)*(?:(?P<more>高|多|大|快|好)|(?P<less>低|少|小|慢|差))(?:出|了|吗|么|没|不|些|一|[？?]|$)")
_COMPARED_SHORT = re.compile(rf"(?:{_BESIDE.pattern})(?P<than>[一-鿿]{{2,8}}?)(?:了|水平|平均)*(?:吗|么|没有|[？?]|$)")
_UP = "增加|增长|上升|提高|提升|上涨|增多|回升|攀升"
_DOWN = "下降|减少|降低|回落|下滑|缩减|减小|负增长"
_CHANGE = re.compile(rf"(?P<less>{_DOWN})|(?P<more>{_UP})")


@dataclass(frozen=True)
class Verdict:
    """Yes or no, and the run of the sentence that states it: `sentence[start:end]`."""

    word: str
    start: int
    end: int


def verdict(asked: str, sentence: str, titles: str, rarity: Mapping[str, float], lead: str = "") -> Verdict | None:
    """What a sentence states of a yes-or-no question; None where it does not surely say.

    `titles`: the report's title and the headings over the sentence, a line each; `rarity`: the question's words as `overlap.rarity` weighs them;
    `lead`: what stands before it up to a full stop, where it is one of several parted by ；.
    """
    if _ASKS_MORE.search(_OPENS.sub("", asked).replace("了没有", "").removesuffix("没有？")) or _MAY.search(asked):
        return None
    if _PLANS.search(titles.partition("\n")[2]) or _EXCEPT.search(sentence) or _TROUBLE.search(sentence) or _another_year(asked, sentence):
        return None
    words = {word: weight for word, weight in rarity.items() if word not in _FUNCTION}
    if _AIMS.search(_less(words, lead)):
        return None
    around = f"{titles} {sentence}"
    for way in (_measured, _beside, _changed, _stated):
        if found := way(asked, sentence, around, words):
            return found if found.word else None
    return None


def _another_year(asked: str, sentence: str) -> bool:
    """Whether a question names a year and the sentence others only."""
    named, told = set(years(asked)), {int(y) for y in re.findall(r"20\d\d(?=\s?年)", sentence)}
    return bool(named and told and not named & told)


# ---- against a figure, another's, the year before

_UNSURE = Verdict("", 0, 0)  # it is asked in that way, and not surely said


def _measured(asked: str, sentence: str, around: str, rarity: Mapping[str, float]) -> Verdict | None:
    """是否超过100宗 by the one figure of that unit that the clause states; unsure where there are several or it is a plan's."""
    bars = [(bound, figure) for bound in _BOUND.finditer(asked) for figure in spans.figures(asked)
            if figure.start <= bound.end() <= figure.end or 0 <= figure.start - bound.end() <= 1]  # 超过 may be read into the figure
    if not bars:
        return None
    bound, bar = bars[0]
    value = bar.value
    words = {word: weight for word, weight in rarity.items() if word not in bar.of(asked) and word not in bound[0]}
    if value is None or overlap.share(words, around) < SAID:
        return _UNSURE
    own_words = _unsaid(words, around.removesuffix(sentence))
    deeds = [deed for deed in verbs(asked) if not _BOUND.search(deed) and not _OPENS.search(deed) and deed not in _FUNCTION]
    for start, end in spans.clauses(sentence):
        if _AIMS.search(_less(words, sentence[:start])):
            return _UNSURE
        own = [f for f in spans.figures(sentence[start:end]) if f.figure and bar.figure and f.figure.base == bar.figure.base]
        if len(own) != 1 or (own_words and overlap.share(own_words, sentence[start:end]) < SAID):
            continue
        if not all(re.search(_equals(deed), sentence[start:end]) for deed in deeds):
            continue  # 办结 is not 收到
        held, figure = own[0].value, own[0]
        around = sentence[max(0, start + figure.start - 3) : start + figure.end + 2]
        if held is None or re.search("至|[—–~～]", figure.of(sentence[start:end])) or _PLANNED.search(_less(words, sentence[start:end])):
            return _UNSURE
        if re.search("左右|以上|以内|以下", around) and not re.search("达|完成|实现|累计|共|新增|增加|收到|突破|超|了", sentence[start:end]):
            return _UNSURE  # it reads as a target
        at_least = re.search(r"超|突破|逾|多于|以上|余|多$|^.{0,2}[过破越]", around) is not None
        at_most = re.search(r"近|不足|不到|以下|以内", around) is not None
        about = re.search(r"约|左右|上下|大概|近", around) is not None
        if held == value and not at_least and not re.match("达|不低于|不少于", bound[0]):
            return _UNSURE  # nobody asks whether 100 is more than 100
        above = held >= value
        if (about and abs(held - value) < 0.1 * abs(value)) or (at_least and not held >= value) or (at_most and not held <= value):
            return _UNSURE
        yes = above if bound["more"] else not above
        return Verdict(YES if yes else NO, start + figure.start, start + figure.end)
    return _UNSURE


def _unsaid(words: Mapping[str, float], over: str) -> dict[str, float]:
    """The words that the titles over a sentence leave for it to say; all of them where they leave none."""
    return {word: weight for word, weight in words.items() if word not in over} or dict(words)


def _beside(asked: str, sentence: str, around: str, rarity: Mapping[str, float]) -> Verdict | None:
    """比全省高吗, 高于全国吗 by 高于, 低于 and what follows it."""
    match = _COMPARED.search(asked) or _COMPARED_SHORT.search(asked)
    if match is None:
        return None
    than, up = match["than"], match["more"] is not None
    words = {word: weight for word, weight in rarity.items() if word not in match[0] and word not in than}
    words = {word: weight for word, weight in words.items() if word not in ("增速", "增长", "总额", "总量", "水平")}
    if _PLANNED.search(re.sub("预期目标|目标", "", _less(words, sentence))) or overlap.share(words, around) < SAID:
        return _UNSURE
    told = [(one, bool(one["more"])) for one in _BESIDE.finditer(sentence) if _names(than, sentence[one.end() : one.end() + 10])]
    if len({above for _, above in told}) != 1:
        return _UNSURE
    one, above = told[0]
    end = re.compile("[，。；、]|$").search(sentence, one.end())
    return Verdict(YES if above == up else NO, one.start(), end.start() if end else len(sentence))


def _names(than: str, told: str) -> bool:
    """Whether what is compared with is what the question compares with: 全省 in 全省平均水平."""
    return than[:2] in re.split("[，。；、]", told)[0]


def _changed(asked: str, sentence: str, around: str, rarity: Mapping[str, float]) -> Verdict | None:
    """是不是下降了 by the one direction that the clause of the subject tells."""
    match = re.search(rf"(?:{_CHANGE.pattern})(?:了|过)?(?:吗|么|没有|没|[？?]|$)", asked)
    if not match:
        return None
    words = {word: weight for word, weight in rarity.items() if word not in match[0]}
    for start, end in spans.clauses(sentence):
        clause = sentence[start:end]
        told = list(_CHANGE.finditer(clause))
        if not told or not words or overlap.share(words, clause) < SAID:
            continue
        if len({one.lastgroup for one in told}) != 1 or _PLANNED.search(_less(words, clause)) or re.search(_NOT, clause):
            return _UNSURE
        same = told[0].lastgroup == match.lastgroup
        return Verdict(YES if same else NO, start + told[0].start(), start + told[0].end())
    return _UNSURE


# ---- by its verb


def _stated(asked: str, sentence: str, around: str, rarity: Mapping[str, float]) -> Verdict | None:
    """By the question's verb in a clause, after a 未 or 没有, or told as done."""
    verb, exists = _predicate(asked)
    if not verb and not exists:
        return None
    words = {word: weight for word, weight in rarity.items() if not verb or (word not in verb and verb not in word)}
    if words and overlap.share(words, around) < SAID:
        return None
    over = around.removesuffix(sentence)
    words = _unsaid(words, over)
    clauses = spans.clauses(sentence)
    for at, (start, end) in enumerate(clauses):
        clause = sentence[start:end].rstrip("。；;，,！!")
        before = sentence[clauses[at - 1][0] if at else start : start]
        if _AIMS.search(_less(words, re.sub("(?:预期)?目标、|好于预期", "", sentence[:start]))):
            break
        told = re.search(_equals(verb), clause) if verb else None
        scope = clause if told and _nouns(clause[: told.start()]) else before + clause  # without a subject it has that of the clause before
        if words and overlap.share(words, scope) < SAID:
            continue
        if any(word not in scope for word in words if asked.find(word) > asked.find(verb) >= 0 and verb):
            continue  # 达到规划预期 is not 达到年初预期
        found = _in_clause(clause, verb, exists, words, asked, _REVIEW.search(over) is not None)
        if found:
            if not found.word:
                return _UNSURE
            return Verdict(found.word, start + found.start, start + found.end)
    return None


def _predicate(asked: str) -> tuple[str, bool]:
    """(the verb that is asked about, whether the question asks if there is such a thing)."""
    import rjieba

    opened = _OPENS.search(asked)
    body = _CLOSES.sub("", asked[opened.end() :] if opened else asked)
    exists = bool(opened and opened[0] in ("有没有", "有无")) or re.match(r"(?:还|仍|曾)?(?:有|存在)", body) is not None or "还有" in body
    tagged = [(word, tag) for word, tag in rjieba.tag(body)]
    told_of = [at for at, (word, tag) in enumerate(tagged) if (tag in ("v", "vd") or word in _KNOWN) and len(word) > 1 and word not in _FUNCTION]
    if not told_of:
        return "", exists
    told = next((at for at in told_of if at + 1 < len(tagged) and tagged[at + 1][0] in ("了", "过")), None)
    at = told if told is not None else told_of[0] if opened else max(told_of, key=lambda one: (tagged[one][1] == "v", one))
    if at and at - 1 in told_of and tagged[at][0] in ("使用", "运行", "运营"):  # 投入使用
        return tagged[at - 1][0] + tagged[at][0], False
    if at + 1 in told_of and tagged[at + 1][0] in ("使用", "运行", "运营"):
        return tagged[at][0] + tagged[at + 1][0], False
    if at and tagged[at - 1][0][-1:] in "不未没":
        return "", False
    return tagged[at][0], exists


def _equals(verb: str) -> str:
    said = next((group.split() for group in _EQUALS if verb in group.split()), [verb])
    return "|".join(sorted(map(re.escape, said), key=len, reverse=True))


def _in_clause(clause: str, verb: str, exists: bool, words: Mapping[str, float], asked: str, review: bool) -> Verdict | None:
    """What a clause says of the verb; without a word where it speaks of it and does not surely say.

    `review`: it stands under a heading over what has been done.
    """
    if exists and (none := re.search(rf"(?:{_NOT}|0\s?[起件例人])", clause)):
        after = clause[none.end() : none.end() + 14]
        named = overlap.share({**words, verb: max(words.values(), default=1.0)} if verb else words, after)
        if named >= NEAR and not _OF_WHAT.match(after) and not _PLANNED.search(_less(words, clause[: none.start()])):
            return Verdict(NO, none.start(), _end(clause, none.start()))
    if not verb:
        return None
    for match in re.finditer(_equals(verb), clause):
        left, after = clause[: match.start()], clause[match.end() :]
        spoken_of = _quoted(clause, match.start()) or after.startswith("的") or _OF_WHAT.match(after)
        if spoken_of or _PLANNED.search(_less(words, left)) or _foreign(left, words, asked):
            return _UNSURE
        if negated := re.search(rf"{_NOT}{_BETWEEN}$", left):
            return Verdict(NO, negated.start(), _end(clause, negated.start()))
        if re.search(r"[未没无不非][^，。；]{0,4}$", left) or (_ALL.search(asked) and not _ALL.search(clause)):
            return _UNSURE
        done = _DONE_BEFORE.search(left)
        dated = _DATED.search(left)
        if done or dated or _DONE_AFTER.match(after) or verb in _STATES or review:
            begin = done.start() if done else dated.start() if dated else match.start()
            return Verdict(YES, begin, _end(clause, begin))
        return _UNSURE
    return None


def _less(words: Mapping[str, float], text: str) -> str:
    """A text less the question's own words: a 行动计划 that is asked about is no plan of it."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "")
    return text


def _end(clause: str, start: int) -> int:
    """Where a run that begins at `start` ends: with its clause, or as long as a mark may be."""
    return min(len(clause), start + MARKED)


def _quoted(text: str, at: int) -> bool:
    return text.count("“", 0, at) > text.count("”", 0, at)


def _foreign(left: str, words: Mapping[str, float], asked: str) -> bool:
    """Whether what stands before the verb names somebody that the question does not speak of: 13个单位设立…"""
    bare, nouns = _SELF.sub("", left), _nouns(left)
    if not nouns or (any(word in bare for word in words) and ("、" in bare or _THING.search(nouns[-1]))):
        return False
    return not any(nouns[-1] in word or word in nouns[-1] for word in (*words, asked)) and nouns[-1] not in asked


def _nouns(text: str) -> list[str]:
    """The nouns of a text, less what only stands for the report's own unit and times."""
    import rjieba

    return [word for word, tag in rjieba.tag(_SELF.sub("", text)) if tag[:1] == "n" and len(word) > 1]
