"""Units and regions named in a question, matched against the reports' own facts only.

A region keeps its reports and those of the units inside it where a unit's full name tells so; a unit is a region followed by
letters of its organ in order (青川发改委 for 青川市发展和改革委员会).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from index.types import ReportRef

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
_NATIONS = (
    "维吾尔|哈萨克|柯尔克孜|塔吉克|蒙古|达斡尔|土家|布依|傈僳|拉祜|景颇|哈尼|纳西|朝鲜|仡佬|仫佬|毛南|东乡|保安|撒拉|锡伯|"
    "裕固|鄂伦春|鄂温克|各|壮|回|藏|苗|彝|侗|瑶|白|傣|黎|佤|畲|水|土|羌|满|怒"
)
_TAIL = re.compile(rf"(?:(?:{_NATIONS})族?)*自治[区州县旗]$|特别行政区$|(?:地区|新区|省|市|县|区|旗|盟|州)$")
_PLAIN_TAIL = re.compile("自治[区州县旗]$")
_PART = re.compile(r"[一-鿿]{2,8}?(?:自治区|自治州|自治县|自治旗|特别行政区|地区|省|市|县|区|旗|盟)")
COMMON_NOUN = re.compile(
    r"(?:[城社园辖片山景矿灾林牧校小库老特郊市地战禁赛]区|新区|[开试示保合功聚集自发验范护作能贸税心]+区"
    r"|[城都县超股上入夜集菜楼门各全本我外该邻某]市|[全各本我外该邻某兄]省|[弟妹]省|[全各本我该邻某]县|[全各本我该邻某]区)$"
)
ORGAN = re.compile(r"[一-鿿]{2,9}?(?:局|厅|法院|检察院|委员会|管委会)")
TIME = r"(?:\d{2,4}\s*年|[今去明前后]年|上年|上一?年度|本年|年初|年底|[一二三四]季度|上半年|下半年|十[三四五六]五)"
QUOTED = re.compile(r"《[^》]*》|“[^”]*”|\"[^\"]*\"")
_AFTER_PLACE = re.compile(r"大学|学院|[东西南北中]?路|大道|街|机场|火车站|舰|菜|方言|话")


@dataclass(frozen=True)
class Mention:
    start: int
    end: int
    slot: str
    value: str
    rows: frozenset[int]


Holders = Callable[[str], Collection[int]]
"""A name → rows of the reports in whose text it stands."""


def short_name(region: str) -> str:
    """青川市 → 青川, 云岭省 → 云岭, 红河哈尼族彝族自治州 → 红河; a name of one character stays whole."""
    for tail in (_TAIL, _PLAIN_TAIL):  # the nation in 西藏自治区 and 内蒙古自治区 is a part of the name
        short = tail.sub("", region)
        if len(short) >= 2:
            return short
    return region


@dataclass(frozen=True)
class Unit:
    name: str  # 青川市望海区司法局
    parts: tuple[str, ...]  # 青川市, 望海区
    organ: str  # 司法局
    rows: frozenset[int]


def units_of(reports: Sequence[ReportRef]) -> list[Unit]:
    rows: dict[tuple[str, str], set[int]] = {}
    for ref in reports:
        rows.setdefault((ref.facts.unit, ref.facts.region), set()).add(ref.row)
    units = []
    for (unit, region), held in rows.items():
        bare = re.sub(r"^中共|(?:党组|党委|委员会党组)$", "", unit)
        parts, at = _split_regions(bare)
        for part in _split_regions(region)[0] or ((region,) if region else ()):
            if part not in parts:
                parts = (part, *parts) if part.endswith(("省", "自治区")) else (*parts, part)
        units.append(Unit(bare, parts, bare[at:], frozenset(held)))
    return units


def _split_regions(name: str) -> tuple[tuple[str, ...], int]:
    """Leading regions of a full name, and where they end: 潮东市望海区司法局 → (潮东市, 望海区), 6."""
    parts: list[str] = []
    at = 0
    while (match := _PART.match(name, at)) and not COMMON_NOUN.search(match[0]):
        parts.append(match[0])
        at = match.end()
    return tuple(parts), at


def mentions_of(
    text: str, reports: Sequence[ReportRef], bounds: frozenset[int], holders: Holders | None
) -> list[Mention]:
    units = units_of(reports)
    regions: dict[str, set[int]] = {}
    for unit in units:
        for part in unit.parts:
            regions.setdefault(part, set()).update(unit.rows)
    spoken: dict[str, set[str]] = {}
    for region in regions:
        spoken.setdefault(region, set()).add(region)
        spoken.setdefault(short_name(region), set()).add(region)
    quoted = [(m.start(), m.end()) for m in QUOTED.finditer(text)]
    taken: list[Mention] = []
    covered: list[tuple[int, int]] = list(quoted)

    def free(start: int, end: int) -> bool:
        return all(end <= s or start >= e for s, e in covered)

    for unit in sorted((u for u in units if len(u.name) >= 4), key=lambda u: -len(u.name)):
        for start in occurrences(text, unit.name):
            if free(start, start + len(unit.name)):
                taken.append(Mention(start, start + len(unit.name), "unit", unit.name, unit.rows))
                covered.append((start, start + len(unit.name)))
    found = [(s, -len(name), name) for name in spoken for s in occurrences(text, name)]
    for start, length, name in sorted(found):
        end = start - length
        if not free(start, end) or not _stands_alone(text, start, end, name in regions, bounds):
            continue
        # 云岭省青川市: the inner region is what is meant
        while inner := next((n for n in spoken if text.startswith(n, end) and _inside(n, name, spoken, regions)), ""):
            name, end = inner, end + len(inner)
        values = spoken[name]
        rows = frozenset().union(*(regions[v] for v in values))
        if holders is not None and _a_longer_name(text, start, end, rows, holders):
            covered.append((start, end))
            continue
        own = [u for u in units if u.parts and u.parts[-1] in values]
        organ_end, named = _organ(text, end, own)
        if not named:
            organ_end, named = _organ(text, end, [u for u in units if set(u.parts) & values])
        if named:
            for unit in named:
                taken.append(Mention(start, organ_end, "unit", unit.name, unit.rows))
        else:
            for value in sorted(values):
                taken.append(Mention(start, end, "region", value, frozenset(regions[value])))
        covered.append((start, organ_end if named else end))
    taken += _abbreviated(text, regions, bounds, covered)
    taken = _share_organ(text, taken, units)
    return sorted(taken, key=lambda m: m.start)


def _inside(inner: str, outer: str, spoken: dict[str, set[str]], regions: dict[str, set[int]]) -> bool:
    kept = set().union(*(regions[v] for v in spoken[outer]))
    return all(regions[v] <= kept for v in spoken[inner]) and not spoken[inner] & spoken[outer]


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


def _stands_alone(text: str, start: int, end: int, full: bool, bounds: frozenset[int]) -> bool:
    """Whether a short name stands as a name: not inside another word (黄河南岸), not a road or a school (中山路)."""
    if full:
        return True
    glued_left = start not in bounds and start > 0 and "一" <= text[start - 1] <= "鿿"
    return not glued_left and not _AFTER_PLACE.match(text, end)


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
    text: str, regions: dict[str, set[int]], bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> list[Mention]:
    """粤、京沪、内蒙 where they stand as words of their own."""
    by_short = {short_name(region): region for region in regions}
    table = {a: by_short[name] for name, short in PROVINCES.items() if name in by_short for a in short.split()}
    found = []
    for start, end, letters in abbreviations(text, bounds, covered):
        for letter in letters:
            if letter in table:
                found.append(Mention(start, end, "region", table[letter], frozenset(regions[table[letter]])))
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


def most_specific(mentions: list[Mention]) -> list[Mention]:
    """A region named beside one of its own units adds nothing: 青川 … 青川市司法局 means the bureau."""
    kept = []
    for mention in mentions:
        inner = any(o.rows < mention.rows and o.slot == "unit" for o in mentions if mention.slot == "region")
        if not inner:
            kept.append(mention)
    return kept
