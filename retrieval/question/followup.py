"""A turn of a conversation and the question before it → a question that stands alone, and what it took from before.

那办结了多少？ keeps unit, year and subject; 临江呢？ keeps the whole question and changes the place; 前一年呢？ counts from
the year before it.  What of the earlier subject is kept is read off the reports themselves: an earlier noun stays where
some passage holds it together with the new words, and gives way where the new words are a subject of their own.  A
question that is complete and speaks of something else starts fresh.  What is taken over is never silent: each piece is a
Chip with `inherited`, and is left out when the chip is taken off.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from index.corpus import Corpus
from index.types import ReportRef
from retrieval.question.asks import asks, words
from retrieval.question.places import Holders
from retrieval.question.spelling import Frequency
from retrieval.question.understand import normalise, understand
from retrieval.question.years import years
from retrieval.types import Asks, Chip, Question

LOOK = 50  # passages looked at for words that stand together
MOST_OTHERS = 3  # units that 另外一个单位 may stand for
_PLACES = ("unit", "region")

Passages = Callable[[str, frozenset[int] | None], Sequence[str]]
"""Words and report rows (None: all) → texts, with the headings above them, of the passages that hold them best."""

_OPENS = re.compile(
    r"^(?:那么?|那边|而|其中|这其中|里面|当中|它们?|他们|这|该|上述|同期|此外|还|又|也|再|另外|换成|换作|改成|再看|看看|至于)"
)
_CLOSES = re.compile(r"(?:的?呢|又?(?:怎么样|如何|咋样)|又是?多少|也一样吗|也是这样吗)?[?？。!！]*$")
_SUBSET = re.compile(r"其中|里面|当中|这些|里头")
_FILLER = re.compile(
    r"^(?:[,，、 ]|那么?|而|其中|这其中|这里面|里面|里头|当中|它们?的?|他们的?|这些|这个|该|上述|同期|此外|还有|还|又|也|再|另外|换成|换作|改成"
    r"|再看|看看|至于|如果|要是|是|在(?=\s)|的)+"
)
_OTHER = re.compile(
    r"(?P<all>其[他它余](?:的|[几两三]个|各)?|别的)(?:(?:单位|地方|[省市县区家]|部门|机关)|(?=呢))"
    r"|(?:另外?|还有)(?:[一两三几][个家]|那[个家]|的)?(?:单位|地方|[省市县区家]|部门|机关)"
)
# The year that a conversation is at, moved: 前一年, 去年 and 上年 are the one before it, whatever today is.
_SHIFTS = (
    (re.compile(r"大前年"), -3), (re.compile(r"前年|再前一年|[往再]前两年"), -2),
    (re.compile(r"(?:[往再]?前|上|头)一?年度?(?!来)|去年|上年度?"), -1),
    (re.compile(r"(?:[往再]?后|下)一?年度?|明年|次年|第二年|翌年|来年"), 1),
    (re.compile(r"今年|本年度?|当年|同年|这一年|那一年"), 0),
)  # fmt: skip
_MEASURED = re.compile(r"(?:同比|[比较])\s*(?:上一?年度?|去年|前一年)")  # compared with, not asked about
_YEAR = re.compile(r"(?<!\d)(?:(?:19|20)\d{2}|[0-4]\d)\s*年?(?:[-—–~至到](?:19|20)\d{2})?年度?(?:[里中]|的时候)?")
_LEVEL = re.compile(r"[全本我该][省市县区]")
_ASKING = re.compile(
    r"多少|几|哪|谁|什么|啥|何|怎|咋|是否|有没有|是不是|吗[?？]?$|多[大高长远久]|原因|为|(?:电话|邮箱|地址|网址)"
)
# Nouns that say nothing without what they are of: 成功率, 增速, 总额, 原因.
_LEANING = re.compile(r"^.{0,3}[率比幅速额量值]$|^.{0,2}数$|^(?:数量|数目|金额|人数|件数|总数|增长|下降|增加|减少|占比|比例|比重|原因|目的|"
                      r"时间|日期|地点|期限|标准|目标|结果|效果|影响|办法|措施|做法|打算|计划|问题|案件|案子|情况|部分|对象|单位|名单|名称)$")
_TAILS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:时间|日期)$"), "是什么时候"),
    (re.compile(r"(?:措施|办法|做法|举措|打算|问题|困难|不足|名单)$"), "有哪些"),
    (re.compile(r"(?:率|比|占比|比例|比重|增幅|增速|数|额|量|数量|金额|人数|件数|标准)$"), "是多少"),
)
_TAIL: dict[Asks, str] = {
    "number": "是多少", "date": "是什么时候", "list": "有哪些", "how": "怎么做的", "why": "是为什么", "yesno": "吗",
    "compare": "是多少", "name": "是哪个",
}  # fmt: skip


@dataclass(frozen=True)
class Followed:
    """A turn made to stand alone."""

    text: str  # the question in full: what is understood and searched
    said: str  # the turn as typed, normalised in width
    inherited: tuple[Chip, ...] = ()  # taken from the turn before, those taken off left out; and slips put right
    nothing: str = ""  # why no report is meant, in Chinese: 另外一个单位 where there is none
    stranger: str = ""  # the name that no report is of, where that is why

    @property
    def fresh(self) -> bool:
        """Whether nothing was taken over."""
        return self.text == self.said and not self.inherited


@dataclass(frozen=True)
class _Word:
    text: str
    verb: bool
    glued: bool  # follows the content word before it with nothing between


@dataclass(frozen=True)
class _Placed:
    """What a turn is about, or why there is nothing to answer it from."""

    named: tuple[str, ...] = ()  # units and places to open the question with
    taken: tuple[Chip, ...] = ()  # those taken over
    nothing: str = ""
    stranger: str = ""


def followed(
    text: str,
    before: Question | None,
    reports: Sequence[ReportRef],
    *,
    without: Collection[str] = (),
    passages: Passages | None = None,
    holders: Holders | None = None,
    frequency: Frequency | None = None,
) -> Followed:
    """A turn as typed, the question before it as `carry` left it, and the reports there are → the turn made to stand alone.

    `without` holds "slot:value" of chips taken off, the inherited ones among them.  Without `passages` an earlier subject
    is kept by the form of the turn alone; with `frequency` slips are put right first.  Raises QuestionError
    on an empty turn and on one of more than 500 characters.
    """
    text = normalise(text)
    if before is None:
        return Followed(text, text)
    said = text
    as_written = [key for key in without if key.startswith("spelling:")]
    turn = understand(text, reports, as_written, holders=holders, frequency=frequency)
    slipped = [chip for chip in turn.chips if chip.slot == "spelling"]
    text = turn.text
    bare = _bare(text, turn)
    new = _content(bare)
    old = _subject(before)
    marked = bool(_OPENS.search(text)) or text.rstrip("?？。!！ ").endswith("呢") or bool(_OTHER.search(text))
    places = [chip for chip in turn.chips if chip.slot in _PLACES]
    look = functools.cache(passages) if passages else None
    if not marked and (turn.nothing or _complete(text, bare, new, old, places, before, look)):
        return Followed(said, said)

    placed = _placed(text, turn, places, before, reports, old, look, bare, holders)
    named = placed.named
    new = [] if placed.nothing else new
    span, span_taken = _years(text, before, reports)
    kind = next((chip for chip in turn.chips if chip.slot == "kind"), None)
    kind_taken = [] if kind else [chip for chip in before.chips if chip.slot == "kind"]
    fixed = bool(places) or any(chip.slot == "number" for chip in turn.chips)
    number_taken = [] if fixed else [chip for chip in before.chips if chip.slot == "number"]
    off = set(without)
    taken = [replace(chip, inherited=True) for chip in (*placed.taken, *span_taken, *kind_taken, *number_taken) if _key(chip) not in off]
    if any(chip.slot in _PLACES for chip in before.chips) and not places and named == ():
        named = tuple(_called(taken))
    said_years = [str(y) for y in span] if not span_taken else [chip.value for chip in taken if chip.slot == "year"]
    kinds = [kind.value] if kind else [chip.value for chip in taken if chip.slot == "kind"]
    kinds += [chip.value for chip in (*turn.chips, *taken) if chip.slot == "number"]
    opening = "和".join(named) + "、".join(f"{y}年" for y in said_years) + "".join(f"{k}里" for k in kinds)

    allowed = understand(opening, reports, without, holders=holders).allowed if opening else None
    if new:
        kept, head = _kept(new, old, bare, bool(_SUBSET.search(text)), allowed, look)
        bare += _joined(head) if f"subject:{_joined(head)}" not in off else ""  # 农村 → 农村低保标准
        taken += [Chip("subject", _joined(head), _joined(head), inherited=True)] if head and _joined(head) in bare else []
        body, subjects = _ended(bare, before), [_joined(kept)]
    else:
        body = _again(bare, text, before, bool(places) or bool(named and not taken))
        behind = [c.value for c in before.chips if c.slot == "subject" and body.startswith(f"{c.value} ")]
        subjects = [*behind, _joined(_content(_ASKING_PHRASE.sub(" ", body.removeprefix(" ".join(behind)))))]
    chips = [Chip("subject", subject, subject, inherited=True) for subject in subjects if subject]
    for chip in chips:
        if _key(chip) not in off:
            taken.append(chip)
            body = f"{chip.value} {body}" if new else body
        elif not new:
            body = _without(body, chip.value) or _ended("", before)
    whole = normalise(f"{opening}{body}" if opening or body else text)
    return Followed(whole, said, (*taken, *slipped), placed.nothing, placed.stranger)


def carry(question: Question, turn: Followed) -> Question:
    """The question understood of `turn.text`, with what was taken over marked on its chips, and refused where the turn is."""
    keys = {_key(chip) for chip in turn.inherited if chip.inherited}
    marked = tuple(replace(chip, inherited=True) if _key(chip) in keys else chip for chip in question.chips)
    has = {_key(chip) for chip in marked}
    chips = (*marked, *(chip for chip in turn.inherited if _key(chip) not in has))
    if turn.nothing:
        return replace(question, chips=chips, allowed=frozenset(), nothing=turn.nothing, stranger=turn.stranger)
    return replace(question, chips=chips)


def own(question: Question) -> Question:
    """The question less the subject that stands behind it, for finding the short answer: 审结了多少 of 行政复议申请.

    What is left always has a content word of its own; a question that took no subject over comes back as it is.
    """
    for chip in question.chips:
        if chip.slot == "subject" and f"{chip.value} " in question.text:
            shorter = replace(question, text=question.text.replace(f"{chip.value} ", "", 1))
            if _content(_ASKING_PHRASE.sub(" ", _remainder(shorter))):
                question = shorter
    return question


def reader(corpus: Corpus) -> Passages:
    """How `followed` looks words up in a corpus."""

    def look(text: str, allowed: frozenset[int] | None) -> tuple[str, ...]:
        rows = [row for row, _ in corpus.lexical(text, LOOK, allowed)]
        return tuple(" ".join((*passage.path, passage.text)) for passage in corpus.passages(rows))

    return look


# ---- what the turn says


def _key(chip: Chip) -> str:
    return f"{chip.slot}:{chip.value}"


def _bare(text: str, question: Question) -> str:
    """A turn less its places, years, kind, and the words that only tie it to what went before."""
    for chip in question.chips:
        if chip.slot not in ("year", "spelling"):
            text = text.replace(chip.said, " ")
    hidden = _MEASURED.sub(lambda m: "\0" * len(m[0]), text)
    for pattern, _ in _SHIFTS:
        hidden = pattern.sub(lambda m: " " * len(m[0]), hidden)
    hidden = _YEAR.sub(lambda m: " " * len(m[0]) if years(m[0]) else m[0], hidden)
    text = "".join(shown if kept == "\0" else kept for shown, kept in zip(text, hidden, strict=True))
    text = _OTHER.sub(" ", text)
    text = _CLOSES.sub("", text.strip())
    return re.sub(r"\s+", " ", _FILLER.sub("", text.strip())).strip(" 的,，、?？")


def _content(text: str) -> list[_Word]:
    """Content words in order; a suffix of one character (率, 额) belongs to the word before it."""
    import rjieba

    text = _MEASURED.sub(" ", text)
    found: list[_Word] = []
    end = at = 0
    for token, tag in rjieba.tag(text):
        start, at = at, at + len(token)
        glued = bool(found) and start == end
        if tag in ("m", "zg", "r", "x", "y", "c", "p", "uj", "ul", "w") or not words(token):
            continue
        if len(token) == 1:
            if glued:
                found[-1] = _Word(found[-1].text + token, False, found[-1].glued)
                end = at
            continue
        found.append(_Word(token, tag.startswith("v") and tag != "vn", glued))
        end = at
    if not found and _LEANING.search(text):
        return [_Word(text, False, False)]  # 占比, which segmentation takes apart
    return found


def _without(body: str, subject: str) -> str:
    """A question's words less those of a subject taken off; empty when it asks nothing more."""
    for word in subject.split():
        body = body.replace(word, " ")
    return re.sub(r"\s+", " ", body).strip(" 的") if _content(_ASKING_PHRASE.sub(" ", body)) else ""


def _subject(before: Question) -> list[_Word]:
    return _content(re.sub(_ASKING_PHRASE, " ", _remainder(before)))


_ASKING_PHRASE = re.compile(r"(?:多少|几)(?:[件宗名位个起处份次场家项封台辆座种类部篇期亩吨笔户只条])?|[?？]")


def _remainder(before: Question) -> str:
    """The earlier question less its places, years and kind: what it asks of them."""
    text = before.text
    for chip in before.chips:
        if chip.slot in ("unit", "region"):
            text = _cut(_cut(text, chip.value), chip.said)
        elif chip.slot in ("kind", "number"):
            text = re.sub(rf"(?:{re.escape(chip.value)}|{re.escape(chip.said)})[里中]?", " ", text)
    if before.stranger:
        text = _cut(text, before.stranger)
    text = _YEAR.sub(lambda m: " " if years(m[0]) else m[0], text)
    text = re.sub(r"^(?:\s|[,，、和与跟及的在]|[两二三四五六七八九十][地市县区家省个]{1,2}的?)+", "", text.strip())
    return re.sub(r"\s+", " ", text).strip()


def _cut(text: str, name: str) -> str:
    return text.replace(name, " ")


def _complete(
    text: str, bare: str, new: Sequence[_Word], old: Sequence[_Word], places: Sequence[Chip], before: Question,
    look: Passages | None,
) -> bool:
    """Whether an unmarked turn is a whole question about something else."""
    nouns = [word.text for word in new if not word.verb and not _LEANING.search(word.text)]
    if not nouns or not (_ASKING.search(bare) or asks(text) != "other"):
        return False
    if {word.text for word in old} & set(nouns):
        return False
    if places or "《" in text:
        return True
    if look is None or before.allowed is None:
        return False
    # it names no place: the reports spoken of are still meant where they speak of it
    held = max((sum(noun in passage for noun in nouns) for passage in look(" ".join(nouns), before.allowed)), default=0)
    return held * 2 < len(nouns)


# ---- what is taken over


def _called(chips: Sequence[Chip]) -> list[str]:
    """Names of units and regions; the word as said where it stands for several."""
    chips = [chip for chip in chips if chip.slot in _PLACES]
    return list(dict.fromkeys(
        chip.said if sum(other.said == chip.said for other in chips) > 1 else chip.value for chip in chips
    ))


def _placed(
    text: str, turn: Question, places: Sequence[Chip], before: Question, reports: Sequence[ReportRef],
    old: Sequence[_Word], look: Passages | None, bare: str, holders: Holders | None,
) -> _Placed:
    earlier = [chip for chip in before.chips if chip.slot in _PLACES]
    if turn.nothing:
        return _Placed(nothing=turn.nothing, stranger=turn.stranger)
    if places:
        return _Placed(tuple(_with_organ(places, earlier, reports)))
    if other := _OTHER.search(text):
        found = _others(earlier, before, reports, old, look)
        if len(found) > MOST_OTHERS and other["all"]:
            return _Placed()
        if not found or len(found) > MOST_OTHERS:
            which = f"有{'、'.join(found[:6])}{'等' if len(found) > 6 else ''}，请说是哪一个。" if found else "没有别的单位的报告讲到这件事。"
            return _Placed(nothing=f"“{other[0]}”指的不止一个：{which}" if found else which)
        return _Placed(tuple(found))
    # 平川呢？: a name that stands in no report is not an attribute of the place before it
    if earlier and holders and _is_a_name(bare, text) and not holders(bare):
        return _Placed(nothing=f"没有“{bare}”的报告，所收报告里也没有提到。请说出单位或地方的全名。", stranger=bare)
    return _Placed(taken=tuple(earlier))


def _is_a_name(bare: str, text: str) -> bool:
    import rjieba

    if not re.fullmatch(r"[一-鿿]{2,8}", bare) or not text.rstrip("?？。!！ ").endswith("呢"):
        return False
    return all(tag in ("nr", "ns", "nt", "nrt", "nrfg") for _, tag in rjieba.tag(bare))


def _organ(name: str, region: str) -> str:
    at = name.find(region)
    return name[at + len(region):] if region and at >= 0 else ""


def _with_organ(places: Sequence[Chip], earlier: Sequence[Chip], reports: Sequence[ReportRef]) -> list[str]:
    """临江 after 青川市司法局 is 临江市司法局 where there is such a unit."""
    spoken = {chip.value for chip in earlier if chip.slot == "unit"}
    organs = {_organ(r.facts.unit, r.facts.region) for r in reports if r.facts.unit in spoken} - {""}
    named: list[str] = []
    for place in places:
        same = [
            r.facts.unit for r in reports
            if place.slot == "region" and _organ(r.facts.unit, r.facts.region) in organs and r.facts.region.endswith(place.value)
        ]
        named += list(dict.fromkeys(same)) or _called([p for p in places if p.said == place.said])
    return list(dict.fromkeys(named))


def _others(
    earlier: Sequence[Chip], before: Question, reports: Sequence[ReportRef], old: Sequence[_Word], look: Passages | None
) -> list[str]:
    """Units of the same organ, or regions whose reports speak of the same subject, other than those before."""
    spoken = {chip.value for chip in earlier}
    organs = {_organ(r.facts.unit, r.facts.region) for r in reports if r.facts.unit in spoken} - {""}
    if organs:
        units = (r.facts.unit for r in reports if _organ(r.facts.unit, r.facts.region) in organs)
        return [unit for unit in dict.fromkeys(units) if unit not in spoken]
    regions: dict[str, set[int]] = {}
    for ref in reports:
        if ref.facts.region and ref.facts.region not in spoken:
            regions.setdefault(ref.facts.region, set()).add(ref.row)
    if look is None:
        return list(regions)
    nouns = [word.text for word in old if not word.verb] or [word.text for word in old]

    def speaks(rows: set[int]) -> bool:
        return any(all(noun in passage for noun in nouns) for passage in look(" ".join(nouns), frozenset(rows)))

    return [region for region, rows in regions.items() if speaks(rows)]


def _years(text: str, before: Question, reports: Sequence[ReportRef]) -> tuple[list[int], list[Chip]]:
    """Years of the turn, those it counts from the earlier ones among them; or the earlier ones with their chips."""
    if named := years(text):
        return list(named), []
    earlier = list(years(before.text))
    hidden = _MEASURED.sub(" ", text)
    for pattern, shift in _SHIFTS:
        if pattern.search(hidden):
            about = [r.facts.year for r in reports if r.facts.year and (before.allowed is None or r.row in before.allowed)]
            base = earlier or ([max(about)] if about else [])
            return [(min(base) if shift < 0 else max(base)) + shift] if base else [], []
    taken = {f"year:{chip.value}" for chip in before.chips if chip.slot == "year"}
    chips = [Chip("year", str(y), f"{y}年") for y in earlier]
    return earlier, [c for c in chips if _key(c) in taken] + [c for c in chips if _key(c) not in taken]


def _kept(
    new: Sequence[_Word], old: Sequence[_Word], bare: str, subset: bool, allowed: frozenset[int] | None,
    look: Passages | None,
) -> tuple[list[_Word], list[_Word]]:
    """Words of the earlier subject that still stand beside the new ones, and those that the last new one is said of."""
    have = {word.text for word in new}
    if subset:
        return [word for word in old if word.text not in have], []
    left = [word for word in old if not any(word.text in h or h in word.text for h in have)]
    nouns = [w for w in new if not w.verb and not _LEANING.search(w.text) and w.text not in {o.text for o in old}]
    # 预算收入呢: verbs in a row with nothing after them name a thing
    if not nouns and len(new) > 1 and all(w.verb for w in new) and not re.search(r"[了过的]", bare):
        nouns = list(new)
    if look is None:
        return [] if nouns else [word for word in left if not word.verb], []
    if nouns:
        ends = bare.endswith(nouns[-1].text)  # else the turn says itself what it asks of it
        return [], _beside(nouns, left, allowed, look) if ends else []
    found = look(" ".join(w.text for w in new), allowed)
    stands = [w.text for w in new if any(w.text in passage for passage in found)]
    near = [passage for passage in found if all(word in passage for word in stands)] if stands else []
    kept: list[_Word] = []
    for at, word in enumerate(left):
        if word.verb:
            # 行政复议申请 is one name; 收到 is what the new verb replaces
            run = left[at - 1].text + word.text if at and word.glued else ""
            if run and kept and kept[-1] is left[at - 1] and any(run in p for p in look(run, allowed)):
                kept.append(word)
        elif not stands or any(word.text in passage for passage in near):
            kept.append(word)
    if not kept and all(_LEANING.search(word.text) for word in new):
        return left, []  # 原因呢: of what was done
    return kept, []


def _beside(nouns: Sequence[_Word], left: Sequence[_Word], allowed: frozenset[int] | None, look: Passages) -> list[_Word]:
    """What follows the word that a new one takes the place of: 标准 and 低保 of 城市低保标准 after 农村."""
    last = nouns[-1].text
    for at, word in enumerate(left):
        for part in dict.fromkeys((word.text, word.text[-2:])):
            if (not word.verb or word.glued) and any(last + part in passage for passage in look(f"{last} {part}", allowed)):
                after = [replace(word, text=part)]
                for following in left[at + 1:]:
                    if not following.glued or following.verb:
                        break
                    after.append(following)
                return after
    return []


# ---- the question put together


def _joined(kept: Sequence[_Word]) -> str:
    return "".join(word.text if word.glued and at else f" {word.text}" for at, word in enumerate(kept)).strip()


def _ended(bare: str, before: Question) -> str:
    """The turn's own words, asking what it asks, or else what was asked before."""
    if bare and (_ASKING.search(bare) or asks(bare) != "other"):
        return f"{bare}？"
    for pattern, tail in _TAILS:
        if pattern.search(bare):
            return f"{bare}{tail}？"
    tail = _TAIL.get(before.asks, "")
    return f"{bare}{tail}？" if bare or tail else ""


def _again(bare: str, text: str, before: Question, moved: bool) -> str:
    """The earlier question's own words, for another place or year; or about the same, asking something else."""
    rest = _remainder(before)
    rest = _LEVEL.sub("", rest) if moved else rest
    own = asks(text)
    plain = not _ASKING.search(bare) or own in ("other", before.asks)
    if plain or (own == "number" and before.asks == "compare"):
        return rest
    return f"{_joined(_subject(before))} {bare}？"
