"""Units and regions named in a question, matched against the reports' own facts only.

A region keeps its reports and those of the units inside it where a unit's full name tells so; one that no report is of
keeps those of the places that lie in it by the country's own table.  A unit is a region followed by letters of its organ in
order (青川发改委 for 青川市发展和改革委员会), or by its level alone where just one fits (市局, 我县).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from index.types import ReportRef
from retrieval.question.divisions import LONGEST as DIVISION
from retrieval.question.divisions import above, divisions, short_name

# A table of the country's own: the one-character and customary short names of provinces.
PROVINCES = {
    "北京": "京", "天津": "津", "河北": "冀", "山西": "晋", "内蒙古": "蒙 内蒙", "辽宁": "辽", "吉林": "吉",
    "黑龙江": "黑 龙江", "上海": "沪 申", "江苏": "苏", "浙江": "浙", "安徽": "皖", "福建": "闽", "江西": "赣",
    "山东": "鲁", "河南": "豫", "湖北": "鄂", "湖南": "湘", "广东": "粤", "广西": "桂", "海南": "琼", "重庆": "渝",
    "四川": "川 蜀", "贵州": "黔 贵", "云南": "滇 云", "西藏": "藏", "陕西": "陕 秦", "甘肃": "甘 陇", "青海": "青",
    "宁夏": "宁", "新疆": "新", "台湾": "台", "香港": "港", "澳门": "澳",
}  # fmt: skip
# Also everyday characters: an abbreviation only before a time word, 里, 省 or beside another abbreviation.
EVERYDAY = frozenset("京津吉黑申苏浙川贵云藏秦甘青宁新台港澳蒙")
_PART = re.compile(r"[一-鿿]{2,8}?(?:自治区|自治州|自治县|自治旗|特别行政区|地区|省|市|县|区|旗|盟)")
COMMON_NOUN = re.compile(
    r"(?:[城社园辖片山景矿灾林牧校小库老特郊市地战禁赛]区|新区|[开试示保合功聚集自发验范护作能贸税心]+区"
    r"|[城都县超股上入夜集菜楼门各全本我外该邻某]市|[全各本我外该邻某兄]省|[弟妹]省|[全各本我该邻某]县|[全各本我该邻某]区)$"
)
ORGAN = re.compile(r"[一-鿿]{2,9}?(?:局|厅|法院|检察院|委员会|管委会)")
TIME = r"(?:\d{2,4}\s*年|[今去明前后]年|上年|上一?年度|本年|年初|年底|[一二三四]季度|上半年|下半年|十[三四五六]五)"
QUOTED = re.compile(r"《[^》]*》|“[^”]*”|\"[^\"]*\"")
_AFTER_PLACE = re.compile(r"大学|学院|[东西南北中]?路|大道|街|机场|火车站|高速|铁路|大桥|公园|舰|菜|方言|话|时间")


# 广东的市, 广东各县区: the places in it, and not itself
_SMALLER = re.compile(
    r"(?:省|市|自治区)?(?:里|内|境内|下辖|下属|所辖)?的?(?:各个?|所有|每个|几个|哪些|哪个|哪几个|其他)(?:地级|县级)?(?:市县|县市|县区|区县|地市|市|县|区)(?![场民值政委容长级直域])"
    r"|(?:省|市|自治区)?的(?:市县|县市|县区|区县|地市|市|县|区)(?![一-鿿]?[场民值政委容长级直域局院])"
)
_LEVEL = re.compile(
    r"(?:[我本]|咱们?)(?P<place>[省市州县区])(?![域分别间场长委])|(?P<inner>[省市县区])里(?!程)"
    r"|(?P<organ>[省市州县区])(?=[一-鿿]{0,8}?[局厅院委办府])|[我本][局厅院](?![部长面势])"
)
_LEVELS = {"省": ("省", "自治区"), "市": ("市",), "州": ("州", "盟"), "县": ("县", "旗"), "区": ("区",)}


@dataclass(frozen=True)
class Mention:
    start: int
    end: int
    slot: str
    value: str
    rows: frozenset[int]
    outer: bool = False  # no report is of it: the rows are of places in it


Holders = Callable[[str], Collection[int]]
"""A name → rows of the reports in whose text it stands."""


@dataclass(frozen=True)
class Unit:
    name: str  # 青川市望海区司法局
    parts: tuple[str, ...]  # 青川市, 望海区
    organ: str  # 司法局
    rows: frozenset[int]
    above: tuple[str, ...] = ()  # 云岭省, where the country's table has it


def units_of(reports: Sequence[ReportRef]) -> list[Unit]:
    rows: dict[tuple[str, str], set[int]] = {}
    for ref in reports:
        rows.setdefault((ref.facts.unit, ref.facts.region), set()).add(ref.row)
    return [Unit(*_named(unit, region)[:3], frozenset(held), _named(unit, region)[3]) for (unit, region), held in rows.items()]


@functools.lru_cache(maxsize=65536)
def _named(unit: str, region: str) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
    """A unit's name without its party group, the places it begins with, its organ, and what they lie in."""
    bare = re.sub(r"^中共|(?:党组|党委|委员会党组)$", "", unit)
    parts, at = _split_regions(bare)
    outer = _split_regions(region)[0] or ((region,) if region else ())
    parts = (*(part for part in outer if part not in parts), *parts) if not set(parts) <= set(outer) else outer
    return bare, parts, bare[at:], above(parts)


def _split_regions(name: str) -> tuple[tuple[str, ...], int]:
    """Leading regions of a full name, and where they end: 潮东市望海区司法局 → (潮东市, 望海区), 6."""
    parts: list[str] = []
    at = 0
    while (match := _PART.match(name, at)) and not COMMON_NOUN.search(match[0]):
        parts.append(match[0])
        at = match.end()
    return tuple(parts), at


@dataclass(frozen=True)
class _Known:
    """The units and places that the reports are of, and how they are spoken of."""

    units: Sequence[Unit]
    inside: Mapping[str, frozenset[int]]  # place → rows of the units of smaller places in it
    regions: Mapping[str, frozenset[int]]  # place → rows of its reports; of `outer`, those of the places in it
    outer: Collection[str]  # places that no report is of
    spoken: Mapping[str, frozenset[str]]  # name, in full or short → the places it may stand for

    def rows(self, name: str) -> frozenset[int]:
        """Of all the places that a name may stand for."""
        return frozenset().union(*(self.regions[place] for place in self.spoken[name]))

    def around(self, name: str) -> frozenset[int]:
        """Those and the ones of the places in them."""
        return self.rows(name).union(*(self.inside.get(place, frozenset()) for place in self.spoken[name]))

    def holds(self, outer: str, inner: str) -> bool:
        """Whether all places of one name lie in those of another."""
        kept = self.around(outer)
        return all(self.regions[place] <= kept for place in self.spoken[inner]) and not self.spoken[inner] & self.spoken[outer]


def _known(reports: Sequence[ReportRef]) -> _Known:
    units = units_of(reports)
    inside = _inside_of(units)
    own: dict[str, set[int]] = {}
    for unit in units:
        for part in unit.parts:
            own.setdefault(part, set()).update(unit.rows)
    outer = inside.keys() - own.keys()
    regions = {**{name: frozenset(rows) for name, rows in own.items()}, **{name: inside[name] for name in outer}}
    spoken: dict[str, set[str]] = {}
    for region in regions:
        spoken.setdefault(region, set()).add(region)
        spoken.setdefault(short_name(region), set()).add(region)
    return _Known(units, inside, regions, outer, {name: frozenset(places) for name, places in spoken.items()})


def mentions_of(
    text: str, reports: Sequence[ReportRef], bounds: frozenset[int], holders: Holders | None
) -> list[Mention]:
    """Units and places of the reports that a text names, from left to right.  `bounds`: where its words begin and end."""
    known = _known(reports)
    covered = [(m.start(), m.end()) for m in QUOTED.finditer(text)]
    taken = _in_full(text, known.units, covered)
    covered += [(m.start, m.end) for m in taken]
    found = [(start, -len(name), name) for name in known.spoken for start in occurrences(text, name)]
    for start, length, name in sorted(found):  # of those that begin together the longest first
        end = start - length
        if not _is_named(text, start, end, name, known, bounds, covered):
            continue
        # 云岭省青川市: the inner region is what is meant
        if any(m.start == end and m.rows <= known.around(name) for m in taken):
            taken += _regions(start, end, name, known)
            covered.append((start, end))
            continue
        name, end = _innermost(text, name, end, known)
        if holders is not None and _a_longer_name(text, start, end, known.rows(name), holders):
            covered.append((start, end))
            continue
        meant, end = _meant(text, start, end, name, known)
        taken += meant
        covered.append((start, end))
    taken += _abbreviated(text, known.regions, bounds, covered)
    taken = _share_organ(text, taken, known.units)
    taken += _of_a_level(text, taken, known.units, bounds, covered)
    return _led(text, sorted(taken, key=lambda m: m.start), known.inside)


def _in_full(text: str, units: Sequence[Unit], quoted: Sequence[tuple[int, int]]) -> list[Mention]:
    """Units named in full, the longest first, outside quotations and each other."""
    taken: list[Mention] = []
    for unit in sorted((u for u in units if len(u.name) >= 4), key=lambda u: -len(u.name)):
        for start in occurrences(text, unit.name):
            end = start + len(unit.name)
            if _free(start, end, [*quoted, *((m.start, m.end) for m in taken)]):
                taken.append(Mention(start, end, "unit", unit.name, unit.rows))
    return taken


def _free(start: int, end: int, covered: Sequence[tuple[int, int]]) -> bool:
    return all(end <= s or start >= e for s, e in covered)


def _is_named(
    text: str, start: int, end: int, name: str, known: _Known, bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> bool:
    """Whether a place's name stands there for the place."""
    if not _free(start, end, covered) or not stands_alone(text, start, end, name in known.regions, bounds):
        return False
    if name not in known.regions and _another(text, start, end, bounds) - known.regions.keys():
        return False  # 吉林市 is not 吉林省
    return not all(place in known.outer for place in known.spoken[name]) or opens(text, start)  # 平安云岭 is a motto


def _regions(start: int, end: int, name: str, known: _Known) -> list[Mention]:
    return [Mention(start, end, "region", place, known.regions[place], place in known.outer) for place in sorted(known.spoken[name])]


def _innermost(text: str, name: str, end: int, known: _Known) -> tuple[str, int]:
    """The last of places that follow each other inwards, and where it ends: 云岭省青川市 → 青川市."""
    while inner := next((n for n in known.spoken if text.startswith(n, end) and known.holds(name, n)), ""):
        name, end = inner, end + len(inner)
    return name, end


def _meant(text: str, start: int, end: int, name: str, known: _Known) -> tuple[list[Mention], int]:
    """What a place's name stands for with the words behind it, and where it ends: the place, its organ, or the places in it."""
    places = known.spoken[name]
    smaller = _SMALLER.match(text, end)
    organ_end, named = _organ(text, end, [u for u in known.units if u.parts and u.parts[-1] in places])
    lesser = {place: known.inside[place] for place in places if place in known.inside} if smaller else {}
    if smaller and lesser:
        end, kin = _organ(text, smaller.end(), [u for u in known.units if u.rows & frozenset().union(*lesser.values())])
        own = "哪" in smaller[0]  # which county: its province may be the one that says
        held = frozenset().union(*(u.rows for u in kin))
        within = {place: rows & held if kin else rows | known.regions[place] if own else rows for place, rows in lesser.items()}
        found = [Mention(start, end, "region", place, rows) for place, rows in sorted(within.items()) if rows]
    elif named:
        found = [Mention(start, organ_end, "unit", unit.name, unit.rows) for unit in named]
    else:
        found = _regions(start, end, name, known)
    return found, organ_end if named else end


def _led(text: str, mentions: Sequence[Mention], inside: Mapping[str, frozenset[int]]) -> list[Mention]:
    """云岭的望海区: a place that only says where the next one lies is a part of that one's name."""

    def leads(outer: Mention, mention: Mention) -> bool:
        around = outer.rows | inside.get(outer.value, frozenset())
        between = text[outer.end : mention.start]
        return outer.slot == "region" and mention.rows <= around and re.fullmatch("[省市]?的?", between) is not None

    leading = [[outer for outer in mentions if outer.end <= mention.start and leads(outer, mention)] for mention in mentions]
    part = {outer for each in leading for outer in each}
    return [
        replace(mention, start=min([mention.start, *(outer.start for outer in before)]))
        for mention, before in zip(mentions, leading, strict=True)
        if mention not in part
    ]


def _inside_of(units: Sequence[Unit]) -> dict[str, frozenset[int]]:
    """Places → rows of the units of smaller places in them, by their own names and by the country's table."""
    rows: dict[str, set[int]] = {}
    for unit in units:
        for name in (*unit.above, *unit.parts[:-1]):
            rows.setdefault(name, set()).update(unit.rows)
    return {name: frozenset(held) for name, held in rows.items()}


def occurrences(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at
        at = text.find(name, at + 1)


def boundaries(text: str) -> frozenset[int]:
    """Offsets at which a word of the text begins or ends."""
    from index.lexical import segment

    # the segmenter gives words with the words inside them and no offsets: the longest at each place is the one it cut
    tokens = sorted(set(segment(text)), key=len, reverse=True)
    lower, at, bounds = text.lower(), 0, {0, len(text)}
    while at < len(lower):
        word = next((t for t in tokens if lower.startswith(t, at)), "")
        if word:
            bounds |= {at, at + len(word)}
        at += len(word) or 1
    return frozenset(bounds)


def stands_alone(text: str, start: int, end: int, full: bool, bounds: frozenset[int]) -> bool:
    """Whether a short name stands as a name: not inside another word (黄河南岸), not a road or a school (中山路)."""
    if full:
        return True
    glued_left = start not in bounds and start > 0 and "一" <= text[start - 1] <= "鿿"
    return not glued_left and not _AFTER_PLACE.match(text, end)


def _another(text: str, start: int, end: int, bounds: frozenset[int]) -> set[str]:
    """Full names of the country's places that a short name begins."""
    ends = range(end + 1, min(len(text), start + DIVISION) + 1)
    return {text[start:at] for at in ends if at in bounds and text[start:at] in divisions()}


def _a_longer_name(text: str, start: int, end: int, rows: frozenset[int], holders: Holders) -> bool:
    """Whether the region only begins the name of a thing: the words stand in others' reports and not in its own."""
    tail = re.match(r"[一-鿿]{3,4}", text[end:])
    if not tail or re.match(TIME, text[end:]):
        return False
    held = frozenset(holders(text[start:end] + tail[0]))
    return bool(held) and not held & rows


def _organ(text: str, at: int, units: Sequence[Unit]) -> tuple[int, list[Unit]]:
    """The longest run after a region that is a short form of an organ: its characters in order, its last one last."""
    for length in range(min(12, len(text) - at), 0, -1):
        said = text[at : at + length]
        named = [u for u in units if u.organ and _short_for(said, u.organ, text[at + length : at + length + 1])]
        if named:
            return at + length, named
    return at, []


def _share_organ(text: str, mentions: list[Mention], units: Sequence[Unit]) -> list[Mention]:
    """青川、临江和白石三地司法局: the organ that ends a list belongs to every region in it."""
    mentions = sorted(mentions, key=lambda m: m.start)
    shared: list[Mention] = []
    for at, mention in enumerate(mentions):
        last = mention
        for following in mentions[at + 1 :]:
            if not re.fullmatch(r"[、,，和与及跟]", text[last.end : following.start]):
                break
            last = following
        counted = re.compile(r"[两二三四五六七八九][地市县区家省个]{1,2}的?").match(text, last.end)
        named: list[Unit] = []
        if mention.slot == "region" and last.slot == "region" and (counted or last is not mention):
            _, named = _organ(text, counted.end() if counted else last.end, [u for u in units if u.rows & mention.rows])
        elif mention.slot == "region" and last is not mention:
            organs = {u.organ for u in units if u.name == last.value}
            named = [u for u in units if u.organ in organs and u.rows & mention.rows]
        shared += [Mention(mention.start, mention.end, "unit", u.name, u.rows) for u in named] or [mention]
    return shared


def _short_for(said: str, organ: str, following: str) -> bool:
    if said == organ:
        return True
    if len(said) == 1:
        return said == organ[-1] and said in "局院厅" and following not in "部长面势里内外校子落"
    last = "委" if organ.endswith("委员会") and said[-1] == "委" else organ[-1]
    if said[-1] != last:
        return False
    letters = iter(organ)
    return all(character in letters for character in said)


def _abbreviated(
    text: str, regions: Mapping[str, frozenset[int]], bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> list[Mention]:
    """粤、京沪、内蒙 where they stand as words of their own."""
    by_short = {short_name(region): region for region in regions}
    table = {a: by_short[name] for name, short in PROVINCES.items() if name in by_short for a in short.split()}
    found = []
    for start, end, letters in abbreviations(text, bounds, covered):
        for letter in letters:
            if letter in table:
                found.append(Mention(start, end, "region", table[letter], regions[table[letter]]))
    return found


def abbreviations(
    text: str, bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    every = {a: name for name, short in PROVINCES.items() for a in short.split()}
    singles = "".join(a for a in every if len(a) == 1)
    for match in re.finditer(rf"内蒙(?!古)|龙江|[{singles}]+", text):
        start, end = match.span()
        if any(start < e and s < end for s, e in covered):
            continue
        opens = start == 0 or text[start - 1] in "、，,和与跟及同比 "
        if not opens or (len(match[0]) > 1 and start not in bounds):
            continue
        letters = (match[0],) if match[0] in every else tuple(match[0])
        follows = re.match(rf"{TIME}|[里省、和与跟及]", text[end:])
        single = len(letters) == 1 and len(letters[0]) == 1
        if single and not follows and (letters[0] in EVERYDAY or end not in bounds):
            continue
        if len(letters) > 1 and not (follows or end in bounds):
            continue
        yield start, end, letters


def _of_a_level(
    text: str, mentions: Sequence[Mention], units: Sequence[Unit], bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[Mention]:
    """市局, 我县, 本局: the one unit or place of that level that the region named holds, or else the corpus; none where more fit."""
    if any(m.slot == "unit" for m in mentions):
        return
    rows = frozenset().union(*(m.rows for m in mentions))
    fitting = [u for u in units if u.parts and (not mentions or u.rows & rows)]
    for match in _LEVEL.finditer(text):
        start, end = match.span()
        led = any(text[m.end : start] in ("", "的") for m in mentions if m.end <= start)
        if not (led or (opens(text, start) and start in bounds)) or any(start < e and s < end for s, e in covered):
            continue
        level = match["place"] or match["inner"] or match["organ"]
        of_level = [u for u in fitting if not level or _is_of(u.parts[-1], level)]
        if match["place"] or match["inner"]:
            values = {u.parts[-1] for u in of_level}
            if len(values) == 1 and not mentions:
                yield Mention(start, end, "region", values.pop(), frozenset().union(*(u.rows for u in of_level)))
            continue
        organ_end, named = _organ(text, end if level else end - 1, of_level)
        if len({u.name for u in named}) == 1:
            yield Mention(start, organ_end, "unit", named[0].name, frozenset().union(*(u.rows for u in named)))


def _is_of(region: str, level: str) -> bool:
    return region.endswith(_LEVELS[level]) and (level != "区" or not region.endswith("自治区"))


def opens(text: str, at: int) -> bool:
    """Whether a name may begin here: at the start, after a mark, or after a word that leads to a name."""
    return at == 0 or not "一" <= text[at - 1] <= "鿿" or text[at - 1] in "和与跟及在对从向到由给比问年月日"


def most_specific(mentions: list[Mention]) -> list[Mention]:
    """A region named beside one of its own units adds nothing: 青川 … 青川市司法局 means the bureau."""
    kept = []
    for mention in mentions:
        inner = any(o.rows < mention.rows and o.slot == "unit" for o in mentions if mention.slot == "region")
        if not inner:
            kept.append(mention)
    return kept
