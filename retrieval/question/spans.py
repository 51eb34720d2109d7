"""What stands inside a sentence: figures with their units, dates, titles, names, contacts, enumerations.

Every function takes a text and returns offsets into it: nothing is rewritten.  Figures are those of language/figures.py.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from language.figures import Figure, quantities

Kind = Literal["figure", "date", "title", "quoted", "person", "organisation", "contact"]


@dataclass(frozen=True)
class Span:
    """A run of a text: `text[start:end]` is what it says."""

    kind: Kind
    start: int
    end: int
    figure: Figure | None = None  # what it reads as, where it is one

    def of(self, text: str) -> str:
        return text[self.start : self.end]

    @property
    def unit(self) -> str:
        """Of a figure: 件, 元 (also of 万元), %, 元/月."""
        if self.figure is None:
            return ""
        return f"{self.figure.unit}/{self.figure.per}" if self.figure.per else self.figure.unit

    @property
    def value(self) -> float | None:
        """Of a figure, in the base of its unit, in which figures of a dimension compare; None of a range and of a ratio."""
        held = self.figure.in_base if self.figure else ()
        return float(held[0]) if len(held) == 1 else None


_RANGE = r"\s?(?:[-—–~～]+|至|到)\s?"
_DAY = r"\d{1,2}\s?[日号]"
_MONTH = rf"\d{{1,2}}\s?月(?:份|底|初|末|中旬|上旬|下旬|\s?{_DAY})?"
_ONE_DATE = (
    rf"(?:\d{{4}}\s?年(?:度|底|初|末|上半年|下半年|第?[一二三四1-4]季度|\s?{_MONTH})?|{_MONTH}|\d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}"
    rf"|(?<![\d月])\d{{1,2}}日(?=[一-鿿，])(?![内期均])"
    rf"|[二〇○零一二三四五六七八九]{{4}}年(?:[一二三四五六七八九十]{{1,2}}月(?:[一二三四五六七八九十]{{1,3}}日)?)?)"
)
_DATE = re.compile(
    rf"(?:\d{{4}}{_RANGE}\d{{4}}\s?年|{_ONE_DATE}(?:{_RANGE}(?:{_ONE_DATE}|{_DAY}))?)(?:以来|以前|之前|前|起)?"
    rf"|每(?:半|[一两二三四五六])?个?(?:年|月|周|季度|天|日|星期)(?:(?:至少)?(?:召开|开展|组织|进行)?[一两二三四五六\d]+次)?"
)
_TITLE = re.compile(r"《(?:[^《》]|《[^》]*》)*》(?:[（(][^（()）]{1,12}[)）])?")
_QUOTED = re.compile(r"“[^“”]{1,40}”")
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方"
    "白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘"
    "祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑"
    "景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝罕买努艾"
)
_OFFICES = (
    "省长|市长|县长|区长|镇长|乡长|自治区主席|主席|主任|书记|局长|院长|厅长|处长|科长|所长|校长|部长|秘书长|检察长|庭长|组长|会长|董事长|总经理|"
    "负责人|联系人|记者|发言人"
)
_PERSON = re.compile(
    rf"(?:{_OFFICES})[\s　:：]{{0,3}}(?P<name>[{_SURNAMES}][一-鿿]{{1,2}}(?:·[一-鿿]{{2,6}})?)"
    r"(?=[\s　，。、；）)]|$|同志|代表|作|在|主持|出席|表示|说|介绍|强调|带队|带领|任|率|讲|参加|点评|涉嫌|汇报|指出|签|致辞|宣布|因)"
    rf"|(?P<named>[{_SURNAMES}][一-鿿]{{1,2}})(?=同志)"
)
_ORGANISATION = re.compile(
    r"[一-鿿A-Za-z0-9（）]{2,24}?(?:委员会|办公室|管理局|监督局|人民法院|检察院|司法所|巡察组|调委会|公证处|仲裁院|研究院|研究所|协进会|商会|协会|联合会"
    r"|基金会|中心|公司|集团|银行|大学|学院|学校|医院|法庭|支队|大队|小组|机构|局|厅|处|科|院|委|党委|党支部|党总支|委|办)(?![一-鿿]{0,1}(?:长|员))"
)
_CHARGED = re.compile(r"由(?P<who>[一-鿿（）、]{2,20}?)(?=担任|任|兼任|负责|牵头|组织|主持|承担|统筹|作为|直接)")
_LEAD = re.compile(r"[该这的是为了在到和与及、由向对以将把被等获设增立]|成立|设立|其中|包括|推荐|批准|同意|指导|建成|打造|支持|推动|创建|授予|命名")
_CONTACT = re.compile(
    r"(?<!\d)(?:0\d{2,3}[-—－]\s?\d{7,8}|1[3-9]\d{9}|400[-—]\d{3}[-—]\d{4})(?!\d)"
    r"|[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|(?<=邮政编码[:：])\d{6}"
)
_PAIRS = {"《": "》", "“": "”", "（": "）", "(": ")", "【": "】", "「": "」"}
_OPENING, _CLOSING = "".join(_PAIRS), "".join(_PAIRS.values())
_THOUSANDS = re.compile(r"\d{3}(?!\d)")
_ENDS = "。！？!?…"
_ITEM = re.compile(
    r"(?:(?<=[。；;：:，\n\s])|^)(?:[一二三四五六七八九十]{1,2}是|[（(]\s?[一二三四五六七八九十\d]{1,2}\s?[)）]|第[一二三四五六七八九十]{1,2}[，、,是]|[①-⑳]"
    r"|\d{1,2}[.．、](?!\d))"
)


def sentences(text: str, longest: int = 150) -> list[tuple[int, int]]:
    """Offsets of the sentences of a text, white space trimmed; never cut inside 《》“”（）.

    A line is a sentence of its own, unless a wrap left in the text breaks it off (出庭率⏎96.73%); one over `longest`
    characters is cut at its ；.
    """
    found: list[tuple[int, int]] = []
    for start, end in _cut(text, 0, len(text), _ENDS + "\n"):
        pieces = [(start, end)] if end - start <= longest else _cut(text, start, end, "；;")
        found += _trimmed(text, pieces)
    return found


def _cut(text: str, start: int, end: int, marks: str) -> list[tuple[int, int]]:
    pieces: list[tuple[int, int]] = []
    left = at = start
    closes: list[tuple[str, int]] = []  # the brackets open at this place: what closes each, and where it opened
    while at < end:
        character = text[at]
        # a bracket left open does not hold the rest together; a title or quotation may be wrapped
        if closes and (at - closes[0][1] > 120 or (character == "\n" and closes[-1][0] not in "》”")):
            closes.clear()
        if character in _PAIRS:
            closes.append((_PAIRS[character], at))
        elif closes and character == closes[-1][0]:
            closes.pop()
        at += 1
        ends = character in marks and not closes and not (character == "\n" and _wrapped(text, left, at - 1))
        # “……。” ends with its own quotation mark
        ends = ends or (character == "”" and not closes and text[at - 2] in marks and text[at - 2] not in "，,\n")
        if ends:
            while at < end and text[at] in marks and text[at] != "\n" and character != "\n":
                at += 1
            pieces.append((left, at))
            left = at
    if left < end:
        pieces.append((left, end))
    return pieces


def _wrapped(text: str, left: int, at: int) -> bool:
    """Whether a line break only wraps a line: no stop before it, and a figure or mark goes on after it."""
    line = text[max(left, text.rfind("\n", 0, at) + 1) : at].rstrip()
    following = text[at:].lstrip()[:8]
    if len(line) < 12 or line[-1] in _ENDS + "；;：:":
        return False
    if line[-1] in "，、（《“" or line[-1].isdigit() or re.match(r"[%％，。；、）》”]", following):
        return True
    item = re.match(r"\d{1,2}\s?(?:[.．](?!\d)|[、)）])|20\d\d\s?年", following)
    return following[:1].isdigit() and not item


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """A run without the white space at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _trimmed(text: str, pieces: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs without the white space at their ends; those that were nothing else are left out."""
    return [run for piece in pieces if (run := trim(text, *piece))[0] < run[1]]


def clauses(text: str) -> list[tuple[int, int]]:
    """Offsets of the runs between commas, semicolons and stops, brackets respected; 1,234 is one figure."""
    pieces: list[tuple[int, int]] = []
    for start, end in _cut(text, 0, len(text), _ENDS + "\n，,；;：:"):
        if pieces and text[start - 1] in ",，" and text[start - 2 : start - 1].isdigit() and _THOUSANDS.match(text, start):
            start = pieces.pop()[0]
        pieces.append((start, end))
    return _trimmed(text, pieces)


def figures(text: str) -> list[Span]:
    """Figures with their signs, bounds and units; numbers of dates, titles' numerals and ordinals are none."""
    return [Span("figure", figure.start, figure.end, figure) for figure in quantities(text)]


def dates(text: str) -> list[Span]:
    """Dates whole or in part, ranges of them, and how often: 2024年9月24日至12月20日, 8月, 2023-2025年, 每半年."""
    found = _DATE.finditer(text)
    return [Span("date", *m.span()) for m in found if m.start() == 0 or text[m.start() - 1] not in ".0123456789"]


def titles(text: str) -> list[Span]:
    """《…》 with what is nested in it and its （试行）."""
    return [Span("title", *m.span()) for m in _TITLE.finditer(text)]


def quoted(text: str) -> list[Span]:
    """“…” of up to 40 characters: names of campaigns, systems, brands."""
    return [Span("quoted", *m.span()) for m in _QUOTED.finditer(text)]


def persons(text: str) -> list[Span]:
    """Names after an office (省长某某) or before 同志, where a mark or verb ends them."""
    found = []
    for match in _PERSON.finditer(text):
        group = "name" if match["name"] else "named"
        found.append(Span("person", match.start(group), match.end(group)))
    return found


def organisations(text: str) -> list[Span]:
    """Runs that end as an organisation's name does, within one clause."""
    found = []
    for start, end in clauses(text):
        for match in _ORGANISATION.finditer(text, start, end):
            left = match.start()
            lead = re.match(r"[一-鿿]{0,12}?(?:由|与|和|及|向|对|经|在|到|访了?|的|会同|联合|成立了?|设立了?|组建了?|为)(?=[一-鿿]{2})", match[0])
            if lead and match.end() - left - lead.end() >= 3:
                left += lead.end()
            found.append(Span("organisation", left, match.end()))
    return found


def charged(text: str) -> list[Span]:
    """Who does it: what stands between 由 and 担任, 任, 负责, 牵头, 组织."""
    return [Span("organisation", *m.span("who")) for m in _CHARGED.finditer(text)]


def ending(text: str, tail: str) -> list[Span]:
    """Runs of up to 16 characters that end as `tail` does, from the last break or function word: 板桥镇柳溪村 for 村."""
    pattern = re.compile(rf"[一-鿿A-Za-z0-9·（）()“”]{{1,16}}?{re.escape(tail)}(?![一-鿿]?{re.escape(tail)})")
    found = []
    for match in pattern.finditer(text):
        lead = max((m.end() for m in _LEAD.finditer(match[0]) if m.end() <= len(match[0]) - len(tail) - 1), default=0)
        found.append(Span("organisation", match.start() + lead, match.end()))
    return found


def nominals(text: str, said: str = "") -> list[Span]:
    """Runs of nouns of 2 to 20 characters, as jieba's tagger has them, cut at the words of `said`: whom a clause speaks of."""
    import rjieba

    found: list[Span] = []
    at = left = 0
    for word, tag in [*rjieba.tag(text), ("", "x")]:
        if (tag[:1] not in "nbjlqz" and tag not in ("vn", "an", "eng", "s")) or (len(word) > 1 and word in said):
            if 2 <= at - left <= 20:
                found.append(Span("organisation", left, at))
            left = at + len(word)
        at += len(word)
    return found


def contacts(text: str) -> list[Span]:
    """Telephone numbers, mail addresses, post codes."""
    return [Span("contact", *m.span()) for m in _CONTACT.finditer(text)]


def enumeration(text: str) -> list[tuple[int, int]]:
    """Offsets of the items of 一是…二是…, （1）…（2）…, ①…, each up to the next; empty when fewer than two stand there."""
    starts = [m.start() for m in _ITEM.finditer(text)]
    if len(starts) < 2:
        return []
    return _trimmed(text, pairwise([*starts, len(text)]))


def listed(text: str) -> list[tuple[int, int]]:
    """Offsets of the longest run joined by 、 with its last member after 和 or 及; empty when there is none."""
    best: list[tuple[int, int]] = []
    marks = [m.start() for m in re.finditer("、", text)]
    parts = clauses(text)
    lefts = [start for start, _ in parts]
    for group in sorted({bisect_right(lefts, mark) - 1 for mark in marks}):
        if group < 0:
            continue
        start, end = parts[group]
        pieces = list(_split_list(text, start, end))
        if len(pieces) > len(best):
            best = pieces
    return best


def _split_list(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    left, depth = start, 0
    for at in range(start, end):
        depth += (text[at] in _OPENING) - (text[at] in _CLOSING)
        if text[at] == "、" and depth <= 0:
            yield left, at
            left = at + 1
    last = text[left:end].rstrip("。；;，, \n")
    joint = re.search(r"(?:和|及|以及|与)(?=[一-鿿《“]{2})", last)
    if joint and joint.start() >= 2:
        yield left, left + joint.start()
        yield left + joint.end(), left + len(last)
    elif last:
        yield left, left + len(last)
