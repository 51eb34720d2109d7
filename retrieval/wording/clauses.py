"""A quotation as clauses, each with what it stands under: the time, condition, plan, actor and head that the ones before it set."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from index.types import Facts
from retrieval.answer.relative_times import relative_times
from retrieval.question import spans
from retrieval.wording.about import About, about
from retrieval.wording.figures import figures
from retrieval.wording.functionwords import ADVERBS, CAUSING, CONNECTIVES, FIRST, WILL
from retrieval.wording.plain import PLANS, Line, cuts, line, plain, same_at, tagged, unnumbered, words

if TYPE_CHECKING:
    from retrieval.wording.forms import Form

Kind = Literal["time", "condition", "plan", "actor", "head"]
KINDS: tuple[Kind, ...] = ("time", "condition", "plan", "actor", "head")
Anchor = tuple[int, int] | str | None  # (citation, clause) that sets it; the report itself; nothing
State = tuple[Anchor, ...]  # an anchor a kind
NOTHING: State = (None,) * len(KINDS)

_YEAR = r"(?:(?:19|20)\d\d|[一二][〇○零九][〇○零一二三四五六七八九]{2})年度?"
_OTHER_YEARS = (
    rf"{_YEAR}|[去上前明来次近]年度?(?!结[转余])|近[一二两三四五六七八九十\d]+年来?|[一二两三四五六七八九十\d]+年来|[“]?十[一二三四五]五[”]?(?:时期|期间|以来|末)?"
)
_PART_OF_A_YEAR = r"[上下]半年|(?:第?[一二三四1-4]|前[一二三])季度|\d{1,2}(?:月份?)?[-至到]\d{1,2}月份?|前\d{1,2}个?月|截[至止]"
_DAY = r"报告期[内末]|\d{1,2}月(?:份|底|初|末|[上中下]旬|\d{1,2}日)?|\d{1,2}日|年[初中底末内]|当[年月日]|同[年月日]|本年度?|本月|今年|全年|目前|年度"
_WHEN = re.compile(
    rf"(?:截[至止]|自|从|在|到|至|于)?(?P<said>(?:{_OTHER_YEARS}|{_PART_OF_A_YEAR}|{_DAY})+(?:[-至到](?:{_OTHER_YEARS}|{_DAY})+)?)"
    r"(?:以来|以前|之前|以后|之后|期间|[前后起底末初中内来]|为?止)*"
)
_OF_THE_YEAR = re.compile(r"(?:自|从|在|截至|截止)?(?:今年|目前|全年|本年度?|当年度?|年内|一年来|过去一年|报告期(?=内))(?:以来|来|[中内里])?")
_TOLD_NOW = re.compile(r"今年|目前|本年")  # the year of the report itself
_TITLE = re.compile(r"《[^》]*》")
_DONE = re.compile(r"已|了(?!解)|目前|截[至止]|去年|上年|同比|比上")
_PLAN = frozenset(
    re.split(r"\s+", "将 拟 即将 拟于 预计 力争 争取 打算 下一步 今后 明年 来年 未来 有望 下一年 下步 将要 将于 将会 有待")
)
_OPENS_A_CONDITION = re.compile(
    r"(?!.*[^，]{2}(?:即|就|便|则|一律)\S)(?:如果|若(?!干)|倘若|假如|假设|一旦|凡|只有|只要|除非|除(?![险夕害尘湿草四了])|当(?![前年月日时地事场])"
    r"|如(?=[一-鿿]{2})(?!期|实|下|今|何|约|同|数))"
)
_CLOSES_A_CONDITION = re.compile(
    r"(?:(?<![同及按届小平学课工准当定临随限实\d])时|前提下|条件下|情况下|情形下|的话|情形|据悉|据称)$"
    r"|^(?:对|凡|符合|违反|逾期|拒不|属于).*的$|^(?:据|有).*(?:反映|认为|举报|声称)$|^(?:经|待|须经).*后$"
)
_BECAUSE = re.compile(r"(?:究其)?(?:主要)?(?:原因(?:是|在于)|是(?:因为?|由于|受.+影响)|系|是.+所致$)")
_FOR_THAT = re.compile(r"由于|因为|因(?![此地子素])|受.+影响$")
_LIMITS = re.compile(r"(?:但|但是)?(?:除|不含|不包括|不包含|前提|须经|需经)|.*(?:除外|不在此限|为前提|为条件)$")
_CHANGE = re.compile(
    r"(?:[比较与同]?(?:上年|去年|上月|上期|前年|年初|全[国省市]|往年|预算|目标|原来)\S{0,6}?)?(?:同比|环比|同口径|累计)?(?:名义|实际|净|平均|年均)?"
    r"(?:增长|下降|上升|上涨|提高|降低|减少|增加|增幅|降幅|增速|回落|回升|扩大|缩小|占|翻|增|降)(?![值额量率点])"
    r"|[比较]|同比|环比|分别|各|高于|低于|多于|少于"
)
_RELATES = re.compile(r"(?:[占列]|居(?![民住])|位[居列]|排名?|(?:[为是]|完成)[^\d]{0,12}的(?=\d))[^\d]{0,12}\d")  # a share or a rank of what was named
_PART = re.compile(r"其中|含|包括|内含")
_SEQUENCE = re.compile(r"随后|然后|其次|最后|再(?!生|就|贷|次|保|造|担)|此后|之后|后(?![勤备续期台方])|进而|从而|因此|因而|于是|所以|由此|继而|接着|才")
_BESIDE = re.compile(r"按|据|根据|依据|经|在|从|以|通过|随着|由于|因|受|自|截至|围绕|面对|为了")  # begins what stands beside the matter
DEICTIC = re.compile(r"(?:我|本|全|该|贵)(?:自治区|省|市|县|区|州|旗|镇|乡|村|局|厅|委|院|部|办|所|校|中心|单位|机关|街道|系统|公司|集团|年)")
PLACES = frozenset("区省市县州旗镇乡村")  # 全市, 我省
_OBLIGES = re.compile(r"(?<![主需重紧首简摘纪只])要(?![素件闻点])|应当|必须|须|要求|务必|不得")
_NAMED = re.compile(
    r"(?:自治区|省|市|县|区|州|盟|旗|镇|乡|村|街道|局|厅|委|委员会|办公室|医院|法院|检察院|研究院|研究所|派出所|司法所|公司|集团|银行|中心"
    r"|大学|学院|学校|政府|法庭|支队|大队|协会|商会|工会)$"
)


@dataclass(frozen=True)
class Clause:
    """A run of a quotation between two marks."""

    said: Line
    sentence: int
    part: int  # of its sentence, between semicolons
    time: str = ""  # that it begins with
    bare_time: bool = False  # and it says nothing else
    condition: bool = False
    plan: bool = False
    actor: str = ""  # named at its beginning
    beside: bool = False  # says how or where, and nothing can hang on it: 按不变价格计算
    hangs: bool = False  # has no subject of its own: 增长5%
    limits: bool = False  # what stands before it: 不含…
    follows: bool = False  # in time or reason upon what stands before it: 随后…
    skips: frozenset[int] = frozenset()  # lengths of what may be left out at its beginning
    placed: frozenset[int] = frozenset()  # of those, the ones that leave out the place it is said of (全市): no organisation may take it
    after_time: int = 0  # where its time ends
    own: int = 0  # and where the report's own name that follows there
    seat: int = 0  # where its subject ends
    figures: tuple[tuple[int, int], ...] = ()  # where figures stand
    counted: bool = False  # it ends with how many there are of something: 律师198人
    counting: frozenset[int] = frozenset()  # where 共 stands as a word of its own
    done: bool = False  # it can be marked as done (了 已): no plan, and under none
    will: frozenset[str] = frozenset()  # words that can mark it as planned (将 要): a plan, or under one
    cuts: frozenset[int] = frozenset()  # where its words begin and end
    same: dict[int, list[tuple[int, int]]] = field(default_factory=dict, compare=False)  # where words stand that others say too
    because: int = 0  # says the cause of the clause before (-1) or after it (1)
    title: str = ""  # the one title that was named before it
    called: tuple[tuple[int, int, str], ...] = ()  # what else may be said there: 该条例 for the title before it
    lists: bool = False  # what follows it is its list: a colon ends it
    head: int | None = None  # the clause that others may hang on once this has been said; None: itself
    under: int | None = None  # the clause it must hang on


@dataclass(frozen=True)
class Source:
    """A citation as the check reads it."""

    number: int
    report: int
    text: str  # of the quotation, without marks
    clauses: tuple[Clause, ...]
    stands: tuple[tuple[frozenset[Anchor], ...], ...] = field(repr=False)  # a clause: for each kind what may be in force before it
    about: About
    times: tuple[tuple[str, str], ...] = ()  # what its relative years mean: (上年, 2023年)
    forms: tuple[tuple[Form, ...], ...] = ()  # a clause: each way to say it

    @property
    def itself(self) -> str:
        """The anchor for what is said of the report as a whole."""
        return f"report {self.report}"

    @property
    def place(self) -> str:
        """The anchor for what is said of the place that the report is about."""
        return f"place {self.report}"


@lru_cache(maxsize=256)
def source(number: int, report: int, quote: str, facts: Facts, path: tuple[str, ...]) -> Source:
    """A quotation, read once."""
    from retrieval.wording.forms import forms

    called = about(facts, path)
    clauses: list[Clause] = []
    title = ""
    for sentence, (start, end) in enumerate(spans.sentences(text := plain(quote), longest=1_000_000)):
        part = 0
        for piece in _pieces(text[start:end]):
            made = _clause(piece, sentence, part, called, title)
            part += piece.endswith((";", "；"))
            if found := _TITLE.findall(piece):
                title = found[0] if len(found) == 1 else ""
            if made.said.text:
                clauses.append(made)
    clauses = [  # 因信息公开申请复议23件，其中…: what follows is a part of it, not what came of it
        replace(c, because=0) if c.because > 0 and following.said.text.startswith("其中") else c
        for c, following in zip(clauses, [*clauses[1:], *clauses[-1:]], strict=True)
    ]
    times = tuple((line(said).text, line(means).text) for said, means in relative_times(text, facts) if "落款" not in means)
    read = Source(number, report, line(text).text, tuple(clauses), (), called, times)
    read = replace(read, stands=tuple(_stands(read)))
    obliged = {c.sentence for c in clauses if _OBLIGES.search(c.said.text)}
    clauses = [
        replace(
            c, done=not (c.plan or called.planned or any(over[2]) or c.sentence in obliged),
            will=frozenset() if _DONE.search(c.said.text) else WILL if c.plan or all(over[2]) else called.to_come,
        )
        for c, over in zip(clauses, read.stands, strict=True)
    ]
    read = replace(read, clauses=tuple(clauses))
    return replace(read, forms=forms(read))


def _pieces(sentence: str) -> list[str]:
    """Clauses of a sentence; a word that only leads on (其中，) goes with the one that follows it."""
    found: list[str] = []
    lead = ""
    for start, end in spans.clauses(sentence):
        piece = lead + sentence[start:end]
        lead = ""
        if piece.endswith(":") and piece[-2:-1].isdigit() and sentence[end : end + 1].isdigit():
            lead = piece  # 8:41:51
        elif line(piece).text in CONNECTIVES | ADVERBS | {"其中", "究其原因"}:
            lead = piece
        else:
            found.append(piece)
    return [*found, lead] if lead else found


def _clause(piece: str, sentence: int, part: int, about: About, title: str = "") -> Clause:
    said = line(piece := unnumbered(piece))
    skips = _skips(said.text, about)
    at = max((len(w) for w in CONNECTIVES - FIRST if said.text.startswith(w)), default=0)
    bare = said.text[at:]
    for name in _TITLE.findall(piece):
        bare = bare.replace(line(name).text, "〇" * len(line(name).text))  # a title plans nothing and dates nothing
    when = _WHEN.match(bare)
    time = when[0] if when and not re.match("[的前]", bare[when.end():][:1]) else ""
    after = bare[len(time):]
    named = re.search(r"该(条例|办法|规定|意见|方案|规划|计划|细则|清单|制度|标准|文件)", said.text)
    return Clause(
        said, sentence, part, time, bool(time) and not after,
        condition=bool(_OPENS_A_CONDITION.match(after) or _CLOSES_A_CONDITION.search(after)),
        plan=any(word in _PLAN for word in words(bare.replace("未来产业", ""))) or bool(PLANS.search(bare)),
        actor=_actor(after), hangs=_hangs(after),
        beside=bool(_BESIDE.match(after)) and not figures(after), limits=bool(_LIMITS.match(after)), follows=bool(_SEQUENCE.match(after)),
        skips=frozenset(skips), placed=frozenset(skips - _skips(said.text, about, place=False)),
        counting=_counting(said.text), after_time=at + len(time) if time else 0,
        own=at + len(time) + max((len(name) for name in about.subjects if after.startswith(name)), default=0) if time else 0,
        counted=_counted(said.text), seat=len(subject(said.text)), figures=tuple((span.start, span.end) for span in figures(said.text)),
        cuts=cuts(said), same=same_at(said, cuts(said)),
        because=-1 if _BECAUSE.match(after) or _mainly(after) else 1 if _FOR_THAT.match(after) else 0, title=line(title).text,
        lists=piece.rstrip().endswith(":"),
        called=((*named.span(), line(title).text),) if named and named[1] in title else (),
    )


def _counted(text: str) -> bool:
    found = figures(text)
    if not found or not found[0].start or found[-1].end != len(text) or re.search(r"[%‰年月日成倍元]", found[0].unit):
        return False
    return tagged(text)[0][1][:1] in "njb"


def _mainly(text: str) -> bool:
    """Whether 主要是 tells a cause: someone or something and what it does, not a thing alone."""
    cut = tagged(text.removeprefix("主要是")) if text.startswith("主要是") else []
    return len(cut) > 2 and cut[0][1][:1] == "n" and any(tag in ("v", "a") for _, tag in cut[2:])


def _counting(text: str) -> frozenset[int]:
    found, at = set[int](), 0
    for word in words(text):
        if word in ("共", "共有"):
            found.add(at)
        at += len(word)
    return frozenset(found)


def _skips(text: str, about: About, place: bool = True) -> set[int]:
    """Where the rest of a clause may begin: after a connective, the report's own name and year."""
    known = {*about.subjects, *CAUSING, *(CONNECTIVES - FIRST), *((f"{about.year}年度", f"{about.year}年") if about.year else ())}
    found, todo = set[int](), [0]
    while todo:
        at = todo.pop()
        if at in found or at >= len(text):
            continue
        found.add(at)
        todo += [at + len(word) for word in known if text.startswith(word, at)]
        if (said := DEICTIC.match(text, at)) and (place or said[0][-1] not in PLACES):
            todo.append(said.end())
        if (said := _OF_THE_YEAR.match(text, at)) and (about.this or not _TOLD_NOW.search(said[0])):
            todo.append(said.end())
    return found - {0}


def _actor(text: str) -> str:
    """Whom a clause names first: a place, an organisation, a person; 全市 for the report's own."""
    if deictic := DEICTIC.match(text):
        return deictic[0]
    run, named = "", False
    for word, tag in tagged(text[:30]):
        if tag[:1] not in "njz" and not (run and tag in ("vn", "an", "f", "b", "l")):
            break
        run += word
        named = named or (tag in ("ns", "nt") and _NAMED.search(word) is not None)
    return run if named or (len(run) > 2 and _NAMED.search(run)) else ""


def subject(text: str) -> str:
    """The noun that a clause begins with, where what is said of it follows: 全市复议机关|收到申请."""
    deictic = DEICTIC.match(text)
    skip, at, last = deictic.end() if deictic else 0, 0, ""
    for word, tag in tagged(text[:40]):
        ends = tag[:1] in "vpd" or tag == "ad"
        if at > skip and ends and last[:1] in "njzl":
            return text[:at] if at > 1 else ""
        if tag[:1] not in "nvjzlab" or (not skip and not at and ends):
            return ""
        at, last = at + len(word), tag
    return ""


def _hangs(text: str) -> bool:
    """Whether a clause begins with the part or the change of something that was named before it."""
    found = figures(text)
    change = _CHANGE.match(text)
    bare = bool(found) and re.fullmatch(r"(?:为|是|达到?|共有?)?", text[: found[0].start]) is not None and found[0].end == len(text)
    return bare or bool(_PART.match(text)) or bool(_RELATES.match(text)) or bool(change and any(span.start <= change.end() + 12 for span in found))


def after(state: State, clause: Clause, at: int, source: Source) -> State:
    """What is in force once a clause has been said."""
    time, condition, plan, actor, head = state
    here = (source.number, at)
    if clause.time and (clause.bare_time or re.search(rf"{_OTHER_YEARS}|{_PART_OF_A_YEAR}", clause.time)):
        time = None if _given(clause.time, source.about) else here
    if clause.condition:
        condition = here
    if clause.plan:
        plan = (source.number, -1 - clause.sentence)
    if clause.actor:
        own = DEICTIC.match(clause.actor) or any(clause.actor.startswith(name) for name in source.about.subjects)
        place = clause.actor in source.about.regions or (own and clause.actor[-1] in PLACES)
        actor = source.place if place else source.itself if own else here
    if (not clause.hangs or _PART.match(clause.said.text)) and not clause.bare_time and not clause.beside:
        head = here if clause.head is None else (source.number, clause.head)
    return time, condition, plan, actor, head


def dated(clause: Clause, year: int | None) -> bool:
    """Whether a clause says a year of its own, other than the report's."""
    return bool(re.search(rf"(?<![比较与同])(?:{_OTHER_YEARS})", clause.said.text.replace(f"{year}年", "")))


def within(clause: Clause, year: int | None) -> bool:
    """Whether the time of a clause is a day or month of the report's own year: what happened then did happen that year."""
    return year is not None and not re.search(rf"(?:{_OTHER_YEARS})", clause.time.replace(f"{year}年", ""))


def _given(time: str, about: About) -> bool:
    """Whether a time is the year that the quotation is about."""
    if _OF_THE_YEAR.fullmatch(time.removesuffix("内")) or _OF_THE_YEAR.fullmatch(time):
        return about.this or not _TOLD_NOW.search(time)
    return about.year is not None and re.fullmatch(rf"(?:在|于)?{about.year}年度?", time) is not None


def _stands(source: Source) -> list[tuple[frozenset[Anchor], ...]]:
    """For each clause what may be in force before it: beyond the end of a sentence what was said may go on, or not."""
    found: list[tuple[frozenset[Anchor], ...]] = []
    state, loose, sentence, part = NOTHING, frozenset[Kind](), 0, 0
    for at, clause in enumerate(source.clauses):
        if (clause.sentence, clause.part) != (sentence, part):
            loose = frozenset(KINDS)
            part = clause.part
        if clause.sentence != sentence:
            sentence = clause.sentence
            state = (state[0], None, *state[2:])  # no condition outlasts its sentence
        allowed = [frozenset({anchor, None} if kind in loose else {anchor}) for kind, anchor in zip(KINDS, state, strict=True)]
        found.append(tuple(allowed))
        then = after(state, clause, at, source)
        loose = frozenset(kind for kind, old, new in zip(KINDS, state, then, strict=True) if kind in loose and old == new)
        state = then
    return found
