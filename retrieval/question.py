"""text + what the corpus knows → Question: which reports are meant, and what is asked for.

Names are matched against the reports' own facts only.  A region keeps its reports and those of the units inside it
where a unit's full name tells so; a unit is a region followed by letters of its organ in order (青川发改委 for
青川市发展和改革委员会).  A name that is no report's restricts nothing while the reports mention it, and is refused
when none does: never an unfiltered search in silence.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from index.types import ReportRef, YoujuError
from retrieval.types import Asks, Chip, Question

LONGEST = 500  # characters of a question

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
_LIKE_A_REGION = re.compile(r"[一-鿿]{2,7}?(?:自治区|自治州|自治县|省|市|县|区)")
_COMMON_NOUN = re.compile(
    r"(?:[城社园辖片山景矿灾林牧校小库老特郊市地战禁赛]区|新区|[开试示保合功聚集自发验范护作能贸税心]+区"
    r"|[城都县超股上入夜集菜楼门各全本我外该邻某]市|[全各本我外该邻某兄]省|[弟妹]省|[全各本我该邻某]县|[全各本我该邻某]区)$"
)
_FUNCTION_WORD = re.compile(r"[的了在和与及或是有被把对从向到给这那哪几某各全本该我其]")
_ORGAN = re.compile(r"[一-鿿]{2,9}?(?:局|厅|法院|检察院|委员会|管委会)")
_NOT_A_PLACE = frozenset(
    ["本局", "我局", "当地", "上级", "下级", "基层", "中级", "高级", "最高", "人民", "各级", "相关", "有关",
     "全市", "全省", "全县", "全区", "该市", "本市", "我市"]
)
_TIME = r"(?:\d{2,4}\s*年|[今去明前后]年|上年|上一?年度|本年|年初|年底|[一二三四]季度|上半年|下半年|十[三四五六]五)"
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*(?:年|[-—–~至到]\s*(?:19|20)\d{2}|[1-4一二三四]季度|上半年|下半年))")
_YEAR_END = re.compile(r"(?<=\d[-—–~至到])\s*((?:19|20)\d{2})(?=年)")
_BARE_YEAR = re.compile(r"(?<![\d.])(20[0-4]\d)(?![\d.%％]|\s*(?:[多余]|[万亿]?[个件宗人名项份次元]))")
_SHORT_YEAR = re.compile(r"(?<![\d.连续近第满了])([0-4]\d)年(?!来|间|以上|以下|期|后|前|制|级|龄|多|的时间|[一-鿿]?连)")
_RELATIVE = ((r"今年|本年度?(?!底)", 0), (r"去年|上一?年度?|过去一年", -1), (r"前年", -2), (r"明年|下一年度?", 1))
_PLAN = re.compile(r"打算|计划|目标|将|准备|预计|预期|下一步|安排|要[^求]|争取|力争|拟")
_TITLE = re.compile(r"《[^》]*》")
_QUOTED = re.compile(r"《[^》]*》|“[^”]*”|\"[^\"]*\"")
_AFTER_PLACE = re.compile(r"大学|学院|[东西南北中]?路|大道|街|机场|火车站|舰|菜|方言|话")
_AFTER_KIND = re.compile(r"里|中|说|提|显|指出|写|披露|公布|的|[,，。？?]|$|上|分别|各")

_ASKS: tuple[tuple[Asks, re.Pattern[str]], ...] = (
    ("why", re.compile(r"为什么|为何|为啥|原因|凭什么|怎么会|缘何|(?:的|有何|是何)目的|目的(?:是|何在)|何以")),
    ("date", re.compile(r"什么时[候间]|啥时[候间]?|何时|哪[一]?[天日](?!.*(?:更|还是))|几月几[日号]")),
    ("compare", re.compile(
        r"(?:哪(?![些几里])|谁)(?:一?[种个类边方级项家头地省市县区年]|者)?(?:列的\S{0,4}|的?[一-鿿]{0,12})?(?:更|比较)?[多少高低大小快慢长短]"
        r"(?<!最[多少高低大小快慢长短])[一些点]?(?=[,，？?、；;。]|$|各|分别)"
        r"|比[^例重率]{1,12}(?:多|少|高|低|大|小|快|慢|增|减)(?:了|还是|吗|多少)|(?:多|高|大|增)[了加]?还是(?:少|低|小|减)"
        r"|一样(?:吗|多|高)|相比|对比|差多少|相差")),
    ("yesno", re.compile(
        r"有没有|是否|是不是|能不能|会不会|可不可以|要不要|有无|吗[?？。]?$|[^什怎这那多]么[?？]$|[了过]?没有?[?？。]?$|[^比]不[?？]$")),
    ("list", re.compile(r"[两二三四五六七八九十](?:大|个|项|种|类|条|家)[一-鿿“”]{0,10}(?:叫啥|叫什么|是什么|是哪|是指|指的?是|有哪)")),
    ("number", re.compile(r"(?:率|[增涨降]速|[增涨降]幅|总额|总量|产值|产量|占比|比重)(?:是个)?(?:怎么样|怎样|如何|咋样)")),
    ("number", re.compile(r"(?:百分之|第)几|多[大高长远重快]|几成|[多好]少(?!年)")),
    ("date", re.compile(
        r"什么时[候间]|啥时[候间]?|何时|哪[一]?[天日年月]|哪个月|哪几年|哪[一两几]?[天年月]|几月|几号|[几多]少?年几月|何年|多久|什么日期"
        r"|[几]点|日期")),
    ("number", re.compile(
        r"(?<!哪)几[个件宗名位人项次场家份条处所起封桩台辆倍座种类部篇期轮岁栋间套笔户只亩吨张本级]|占比|比[例重率](?:是|为|达)|数量|[多好]少")),
    ("list", re.compile(
        r"哪些|哪[几两二三四五六七八九十]|有什么|有啥|包括什么|分别(?:是|为|有)|各(?:是|为|有)|列[出举]|几[方大]面|哪“")),
    ("how", re.compile(
        r"怎么|怎样|如何|咋|靠什么|靠啥|用什么|什么(?:办法|措施|做法|方式|手段|方法|举措)|采取|做[了过]?(?:什么|啥)|怎")),
    ("name", re.compile(
        r"谁|叫什么|叫啥|什么名|啥名|哪[一]?[个份家位座款项本部条种]|什么(?:文件|单位|部门|制度|组织|称号|等次|职务)|哪里|哪儿|名称|名字"
        r"|电话|邮箱|地址|网址|哪")),
    ("list", re.compile(r"什么|啥")),
)  # fmt: skip


class QuestionError(YoujuError):
    """A question that cannot be asked: empty or too long."""


_INTERROGATIVE = re.compile(
    r"为什么|为何|为啥|凭什么|什么时[候间]|啥时[候间]?|什么样|什么|有没有|是不是|能不能|会不会|是否|怎么样|怎么|怎样|如何|百分之几|多少|多[大高长远久重](?=[一-鿿？?]|$)"
    r"|哪[几一两二三四五六七八九十些]?[个件项家种类份条位名本所座部天年月]?|(?<![好十百千万乎])几(?=[个件宗名位人项次场家份条处所起封桩台辆倍座种类部篇期轮号月成张级笔户])|请问|分别|吗(?=[？?]|$)"
)
# Question words, function words and verbs that say nothing of the subject.
_STOP = frozenset(
    re.split(
        r"\s+",
        """的 了 在 和 与 及 或 是 有 被 把 对 从 向 到 给 这 那 哪 几 也 都 就 还 又 再 很 更 最 于 以 为 为了 由 因 其 之 等
        上 下 中 里 内 外 吗 呢 吧 啊 么 不 没 没有 有没有 是否 是不是 多少 几个 几件 哪些 哪个 哪几个 哪几 哪里 哪种 哪类 哪家
        哪份 哪位 哪天 哪一 谁 什么 啥 咋 怎么 怎样 如何 怎么样 为什么 为何 为啥 请问 一下 一个 个 件 那个 这个 那些 这些 其中
        分别 各 各是 各有 各自 叫 叫什么 名字 时候 什么时候 何时 多久 多大 达到 达 做 做了 干 搞 用 靠 让 会 能 要 想 可以 应该
        需要 进行 开展 通过 一共 总共 共 总 合计 具体 主要 情况 方面 目前 现在 眼下 如今 到底 究竟 年 月 日 号 一 二 两 三 呀 哦
        者 们 他 她 它 我 你 您 我们 他们 自己 只 才 将 曾 已 已经 过 着 地 得 时 后 前 间 次 种 项 名 人 家 一些 些 有些 多 少
        比 跟 同 按 按照 根据 关于 有关 相关 一起 起来 出来 下来 上来 什么样 何 还是 算 算上 列 出 说 看""",
    )
)


@dataclass(frozen=True)
class _Mention:
    start: int
    end: int
    slot: str
    value: str
    rows: frozenset[int]


Holders = Callable[[str], Collection[int]]
"""A name → rows of the reports in whose text it stands."""


def understand(
    text: str, reports: Sequence[ReportRef], without: Collection[str] = (), *, holders: Holders | None = None
) -> Question:
    """A question as typed and the reports there are → the question understood.

    `without` holds "slot:value" of chips taken off.  `holders` says which reports mention a name: with it a name that
    merely stands inside reports is left open instead of refused.  Raises QuestionError on an empty question and on one
    of more than 500 characters.
    """
    text = normalise(text)
    everything = frozenset(ref.row for ref in reports)
    bounds = _boundaries(text)
    mentions = [m for m in _mentions(text, reports, bounds, holders) if f"{m.slot}:{m.value}" not in without]
    mentions = _most_specific(mentions)
    allowed = frozenset().union(*(m.rows for m in mentions)) if mentions else everything
    nothing = _unknown(text, mentions, reports, bounds, holders, without)
    chips = [Chip(m.slot, m.value, text[m.start : m.end]) for m in mentions]  # type: ignore[arg-type]
    if not nothing:
        for chip, rows in _kinds(text, reports, allowed):
            if f"kind:{chip.value}" not in without:
                chips, allowed = [*chips, chip], rows
        for chip, rows in _year_filter(text, reports, allowed, without):
            chips, allowed = [*chips, chip], rows
        nothing = _no_such_year(text, reports, allowed, mentions, holders)
    cut = [(m.start, m.end) for m in mentions]
    return Question(
        text=text,
        asks=asks(text),
        chips=tuple(dict.fromkeys(chips)),
        allowed=frozenset() if nothing else (allowed if chips else None),
        rest=_rest(text, cut),
        nothing=nothing,
    )


def normalise(text: str) -> str:
    """Width and white space made one (NFKC); raises QuestionError when nothing or too much is left."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
    # NFKC makes these half-width; the reports' own text keeps them full, and so do titles and quotations here.
    wide = str.maketrans(",;:!?", "，；：！？")
    text = re.sub(r"(?<=[一-鿿》”])[,;:!?](?=[一-鿿《“])", lambda m: m[0].translate(wide), text)
    if not re.search(r"\w", text):
        raise QuestionError("问题是空的：请输入要问的内容，例如“青川市司法局2024年收到多少件行政复议申请？”")
    if len(text) > LONGEST:
        raise QuestionError(f"问题有 {len(text)} 个字，超过 {LONGEST} 个字的上限：请缩短后再问")
    return text


def asks(text: str) -> Asks:
    """What kind of answer a question asks for, by its question words."""
    bare = _TITLE.sub("", text)
    for kind, pattern in _ASKS:
        if pattern.search(bare):
            return kind
    return "other"


def years(text: str) -> tuple[int, ...]:
    """Years a question names outside titles: 2023年, 23年, 2023—2025年; in order, each once."""
    bare = _TITLE.sub(lambda m: " " * len(m[0]), text)
    found = [(m.start(), int(m[1])) for p in (_YEAR, _YEAR_END, _BARE_YEAR) for m in p.finditer(bare)]
    found += [(m.start(), 2000 + int(m[1])) for m in _SHORT_YEAR.finditer(bare) if int(m[1]) > 5]
    return tuple(dict.fromkeys(year for _, year in sorted(found)))


def asks_for_several(text: str) -> int:
    """How many figures, dates or names a question asks for: 1, or as many as it counts up, or 3 for 各 and 分别."""
    count = len(re.findall(r"多少|几(?!乎)[一-鿿]|(?:哪|何)[年月天日]|什么时候", _TITLE.sub("", text)))
    if re.search(r"分别|各(?:有|是|为|多少|几|要|占|自)|和[一-鿿]{1,8}各", text):
        return max(3, count)
    return max(1, count)


def plans(text: str) -> bool:
    """Whether a question asks about what is intended rather than done."""
    return _PLAN.search(text) is not None


@functools.lru_cache(maxsize=4096)
def relative_years(text: str, about: int | None) -> tuple[int, ...]:
    """Years a text names, 今年, 去年 and the like counted from the year its report is about."""
    named = list(years(text))
    text = re.sub(r"(?:同比|比|较)\s*(?:上一?年度?|去年)[末底]?", "", text)  # measured against, not told of
    if about is not None:
        named += [about + shift for words, shift in _RELATIVE if re.search(words, text)]
    return tuple(dict.fromkeys(named))


def content(text: str) -> str:
    """A question less its question words: 做到多大规模 must not be searched as 大规模."""
    return re.sub(r"\s+", " ", _INTERROGATIVE.sub(" ", text)).strip()


def words(text: str) -> tuple[str, ...]:
    """Content words of a text, lower case, in order, each once: its segmentation less question words."""
    from index.lexical import segment

    return tuple(dict.fromkeys(w for w in segment(content(text)) if w not in _STOP and re.search(r"\w", w)))


def groups(question: Question, reports: Sequence[ReportRef]) -> list[tuple[str, frozenset[int]]]:
    """The reports of each unit or region that a question names, in its order; one group when it names fewer than two.

    A name that several units share (吉林 for a province and a city) is one group.
    """
    allowed = frozenset(ref.row for ref in reports) if question.allowed is None else question.allowed
    found: dict[str, frozenset[int]] = {}
    for chip in question.chips:
        if chip.slot not in ("unit", "region"):
            continue
        rows = {
            ref.row
            for ref in reports
            if chip.value in (ref.facts.unit if chip.slot == "unit" else f"{ref.facts.region} {ref.facts.unit}")
        }
        found[chip.said] = found.get(chip.said, frozenset()) | (rows & allowed)
    found = {said: rows for said, rows in found.items() if rows}
    return list(found.items()) if len(found) > 1 else [("", allowed)]


def short_name(region: str) -> str:
    """青川市 → 青川, 云岭省 → 云岭, 红河哈尼族彝族自治州 → 红河; a name of one character stays whole."""
    for tail in (_TAIL, _PLAIN_TAIL):  # the nation in 西藏自治区 and 内蒙古自治区 is a part of the name
        short = tail.sub("", region)
        if len(short) >= 2:
            return short
    return region


# ---- which reports are named


@dataclass(frozen=True)
class _Unit:
    name: str  # 青川市望海区司法局
    parts: tuple[str, ...]  # 青川市, 望海区
    organ: str  # 司法局
    rows: frozenset[int]


def _units(reports: Sequence[ReportRef]) -> list[_Unit]:
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
        units.append(_Unit(bare, parts, bare[at:], frozenset(held)))
    return units


def _split_regions(name: str) -> tuple[tuple[str, ...], int]:
    """Leading regions of a full name, and where they end: 潮东市望海区司法局 → (潮东市, 望海区), 6."""
    parts: list[str] = []
    at = 0
    while (match := _PART.match(name, at)) and not _COMMON_NOUN.search(match[0]):
        parts.append(match[0])
        at = match.end()
    return tuple(parts), at


def _mentions(
    text: str, reports: Sequence[ReportRef], bounds: frozenset[int], holders: Holders | None
) -> list[_Mention]:
    units = _units(reports)
    regions: dict[str, set[int]] = {}
    for unit in units:
        for part in unit.parts:
            regions.setdefault(part, set()).update(unit.rows)
    spoken: dict[str, set[str]] = {}
    for region in regions:
        spoken.setdefault(region, set()).add(region)
        spoken.setdefault(short_name(region), set()).add(region)
    quoted = [(m.start(), m.end()) for m in _QUOTED.finditer(text)]
    taken: list[_Mention] = []
    covered: list[tuple[int, int]] = list(quoted)

    def free(start: int, end: int) -> bool:
        return all(end <= s or start >= e for s, e in covered)

    for unit in sorted((u for u in units if len(u.name) >= 4), key=lambda u: -len(u.name)):
        for start in _occurrences(text, unit.name):
            if free(start, start + len(unit.name)):
                taken.append(_Mention(start, start + len(unit.name), "unit", unit.name, unit.rows))
                covered.append((start, start + len(unit.name)))
    found = [(s, -len(name), name) for name in spoken for s in _occurrences(text, name)]
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
                taken.append(_Mention(start, organ_end, "unit", unit.name, unit.rows))
        else:
            for value in sorted(values):
                taken.append(_Mention(start, end, "region", value, frozenset(regions[value])))
        covered.append((start, organ_end if named else end))
    taken += _abbreviated(text, regions, bounds, covered)
    taken = _share_organ(text, taken, units)
    return sorted(taken, key=lambda m: m.start)


def _inside(inner: str, outer: str, spoken: dict[str, set[str]], regions: dict[str, set[int]]) -> bool:
    kept = set().union(*(regions[v] for v in spoken[outer]))
    return all(regions[v] <= kept for v in spoken[inner]) and not spoken[inner] & spoken[outer]


def _occurrences(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at
        at = text.find(name, at + 1)


def _boundaries(text: str) -> frozenset[int]:
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
    if not tail or re.match(_TIME, text[end:]):
        return False
    held = frozenset(holders(text[start:end] + tail[0]))
    return bool(held) and not held & rows


def _organ(text: str, at: int, units: Sequence[_Unit]) -> tuple[int, list[_Unit]]:
    """The longest run after a region that is a short form of an organ: its characters in order, its last one last."""
    for length in range(min(12, len(text) - at), 0, -1):
        said = text[at : at + length]
        named = [u for u in units if u.organ and _short_for(said, u.organ, text[at + length : at + length + 1])]
        if named:
            return at + length, named
    return at, []


def _share_organ(text: str, mentions: list[_Mention], units: Sequence[_Unit]) -> list[_Mention]:
    """青川、临江和白石三地司法局: the organ that ends a list belongs to every region in it."""
    mentions = sorted(mentions, key=lambda m: m.start)
    shared: list[_Mention] = []
    for at, mention in enumerate(mentions):
        last = mention
        for following in mentions[at + 1 :]:
            if not re.fullmatch(r"[、,，和与及跟]", text[last.end : following.start]):
                break
            last = following
        counted = re.compile(r"[两二三四五六七八九][地市县区家省个]{1,2}的?").match(text, last.end)
        named: list[_Unit] = []
        if mention.slot == "region" and last.slot == "region" and (counted or last is not mention):
            _, named = _organ(text, counted.end() if counted else last.end, [u for u in units if u.rows & mention.rows])
        elif mention.slot == "region" and last is not mention:
            organs = {u.organ for u in units if u.name == last.value}
            named = [u for u in units if u.organ in organs and u.rows & mention.rows]
        shared += [_Mention(mention.start, mention.end, "unit", u.name, u.rows) for u in named] or [mention]
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
) -> list[_Mention]:
    """粤、京沪、内蒙 where they stand as words of their own."""
    by_short = {short_name(region): region for region in regions}
    table = {a: by_short[name] for name, short in PROVINCES.items() if name in by_short for a in short.split()}
    found = []
    for start, end, letters in _abbreviations(text, bounds, covered):
        for letter in letters:
            if letter in table:
                found.append(_Mention(start, end, "region", table[letter], frozenset(regions[table[letter]])))
    return found


def _abbreviations(
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
        follows = re.match(rf"{_TIME}|[里省、和与跟及]", text[end:])
        single = len(letters) == 1 and len(letters[0]) == 1
        if single and not follows and (letters[0] in EVERYDAY or end not in bounds):
            continue
        if len(letters) > 1 and not (follows or end in bounds):
            continue
        yield start, end, letters


def _most_specific(mentions: list[_Mention]) -> list[_Mention]:
    """A region named beside one of its own units adds nothing: 青川 … 青川市司法局 means the bureau."""
    kept = []
    for mention in mentions:
        inner = any(o.rows < mention.rows and o.slot == "unit" for o in mentions if mention.slot == "region")
        if not inner:
            kept.append(mention)
    return kept


def _kinds(text: str, reports: Sequence[ReportRef], allowed: frozenset[int]) -> Iterator[tuple[Chip, frozenset[int]]]:
    """The kind said in full, when the reports left are of several kinds."""
    quoted = [(m.start(), m.end()) for m in _QUOTED.finditer(text)]
    rows: dict[str, set[int]] = {}
    for ref in reports:
        if ref.row in allowed and ref.facts.kind:
            rows.setdefault(ref.facts.kind, set()).add(ref.row)
    if len(rows) < 2:
        return
    for kind in sorted(rows, key=len, reverse=True):
        for start in _occurrences(text, kind):
            end = start + len(kind)
            if not any(start < e and s < end for s, e in quoted) and _AFTER_KIND.match(text, end):
                yield Chip("kind", kind, kind), frozenset(rows[kind])
                return


def _year_filter(
    text: str, reports: Sequence[ReportRef], allowed: frozenset[int], without: Collection[str]
) -> Iterator[tuple[Chip, frozenset[int]]]:
    """Of one unit's yearly reports of one kind, those of the years named.

    A work report looks back and ahead, so a year only raises it (search.py); a plan for a year stands in the report
    of the year before.
    """
    named = [y for y in years(text) if f"year:{y}" not in without]
    if not named:
        return
    wanted = {*named, *(y - 1 for y in named)} if plans(text) else set(named)
    groups: dict[tuple[str, str, str], list[ReportRef]] = {}
    for ref in reports:
        if ref.row in allowed:
            groups.setdefault((ref.facts.unit, ref.facts.region, ref.facts.kind), []).append(ref)
    dropped: set[int] = set()
    for (unit, region, kind), refs in groups.items():
        if not (unit or region) or not kind or kind.endswith("工作报告") or len({r.facts.year for r in refs}) < 2:
            continue
        if any(ref.facts.year in wanted for ref in refs):
            dropped |= {ref.row for ref in refs if ref.facts.year is not None and ref.facts.year not in wanted}
    if dropped:
        left = allowed - dropped
        for year in named:
            yield Chip("year", str(year), _said_year(text, year)), left


def _said_year(text: str, year: int) -> str:
    return next((s for s in (f"{year}年", str(year), f"{year % 100:02d}年") if s in text), str(year))


# ---- what is named and is not there


def _unknown(
    text: str,
    mentions: Sequence[_Mention],
    reports: Sequence[ReportRef],
    bounds: frozenset[int],
    holders: Holders | None,
    without: Collection[str],
) -> str:
    """Why no report is meant, in Chinese; empty when every name is a report's or stands inside the reports."""
    units = _units(reports)
    known = {name for u in units for part in u.parts for name in (part, short_name(part))}
    known |= {value.partition(":")[2] for value in without}
    covered = [(m.start, m.end) for m in mentions] + [(m.start(), m.end()) for m in _QUOTED.finditer(text)]

    def stands(name: str, rows: frozenset[int] | None = None) -> bool:
        held = frozenset(holders(name)) if holders else frozenset()
        return bool(held if rows is None else held & rows)

    for mention in mentions:
        if mention.slot != "region":
            continue
        match = _ORGAN.match(text, mention.end)
        if match and match.end() in bounds and not _FUNCTION_WORD.search(match[0]):
            organ = match[0]
            if re.match("[两二三四五六七八九十各几多]", organ):
                continue
            if not (stands(organ) or stands(organ.removeprefix("市").removeprefix("区").removeprefix("县"))):
                return _no_report(text[mention.start : mention.end] + organ, reports)
    for start, end, name in _region_shaped(text, bounds, covered):
        if name in known or any(name.endswith(k) and len(k) > 2 for k in known) or short_name(name) in known:
            continue
        organ_match = _ORGAN.match(text, end)
        full = name + organ_match[0] if organ_match and not _FUNCTION_WORD.search(organ_match[0]) else name
        # what a question opens with is what it is about: it must be a report's, not merely mentioned
        subject = start == 0 and not mentions and (full != name or re.match(_TIME, text[end:]))
        if subject or not (stands(full) or (full == name and stands(short_name(name)))):
            return _no_report(full, reports)
    for start, end, name in _provinces_named(text, bounds, covered):
        if name not in known and ((start == 0 and re.match(_TIME, text[end:])) or not stands(name)):
            return _no_report(name, reports)
    for start, end, name in _before_an_organ(text, units, bounds, covered):
        if not stands(name):
            return _no_report(text[start:end], reports)
    return ""


def _region_shaped(
    text: str, bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    for start in sorted(bounds):
        match = _LIKE_A_REGION.match(text, start)
        if not match or any(start < e and s < match.end() for s, e in covered):
            continue
        stem_end = match.end() - (3 if match[0].endswith(("自治区", "自治州", "自治县")) else 1)
        inner = sum(start < b < stem_end for b in bounds)
        opens = start == 0 or not "一" <= text[start - 1] <= "鿿" or text[start - 1] in "和与跟及在对从向到由给比问年月日"
        # a name that no dictionary has falls apart in segmentation: taken where it opens the question as its subject
        if inner and start == 0 and (re.match(_TIME, text[match.end() :]) or _ORGAN.match(text, match.end())):
            inner = 0
        if inner or not opens or (match.end() not in bounds and stem_end not in bounds):
            continue
        if not _COMMON_NOUN.search(match[0]) and not _FUNCTION_WORD.search(match[0]):
            yield start, match.end(), match[0]


def _provinces_named(
    text: str, bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    for name in PROVINCES:
        for start in _occurrences(text, name):
            end = start + len(name)
            if start in bounds and end in bounds and not any(start < e and s < end for s, e in covered):
                yield start, end, name
    table = {a: name for name, short in PROVINCES.items() for a in short.split()}
    for start, end, letters in _abbreviations(text, bounds, covered):
        if start == 0 and re.match(_TIME, text[end:]):
            yield from ((start, end, table[letter]) for letter in letters if letter in table)


def _before_an_organ(
    text: str, units: Sequence[_Unit], bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    """平川司法局: a word before an organ that the corpus has, where the word is no region of the corpus."""
    for organ in {u.organ for u in units if len(u.organ) >= 3}:
        for at in _occurrences(text, organ):
            start = max((b for b in bounds if b < at), default=-1)
            word = text[start:at] if start >= 0 else ""
            whole = start, at + len(organ)
            if not 2 <= len(word) <= 4 or not re.fullmatch(r"[一-鿿]+", word) or at not in bounds:
                continue
            if word in _NOT_A_PLACE or _FUNCTION_WORD.search(word) or re.match("[两二三四五六七八九十多]", word):
                continue
            if any(whole[0] < e and s < whole[1] for s, e in covered):
                continue
            yield *whole, word


def _no_report(name: str, reports: Sequence[ReportRef]) -> str:
    return f"没有“{name}”的报告。{_nearest(name, reports)}"


def _nearest(name: str, reports: Sequence[ReportRef]) -> str:
    have = dict.fromkeys(ref.facts.unit or ref.facts.region or ref.name for ref in reports)
    if not have:
        return "还没有收入任何报告，请先添加报告。"
    ranked = sorted(have, key=lambda n: -difflib.SequenceMatcher(None, name, n).ratio())
    more = f"等 {len(ranked)} 个单位" if len(ranked) > 3 else ""
    return f"最接近的有：{'、'.join(ranked[:3])}{more}。"


def _no_such_year(
    text: str,
    reports: Sequence[ReportRef],
    allowed: frozenset[int],
    mentions: Sequence[_Mention],
    holders: Holders | None,
) -> str:
    """A year that no report left is about, next to, or mentions."""
    named = years(text)
    about = sorted({ref.facts.year for ref in reports if ref.row in allowed and ref.facts.year is not None})
    undated = any(ref.facts.year is None for ref in reports if ref.row in allowed)
    if not named or not about or undated or holders is None:
        return ""
    for year in named:
        if any(abs(year - y) <= 1 for y in about) or frozenset(holders(str(year))) & allowed:
            return ""
    whose = "、".join(dict.fromkeys(m.value for m in mentions)) or "所收"
    return f"{whose}的报告没有讲到{'、'.join(map(str, named))}年；有的是{'、'.join(map(str, about))}年的。"


def _rest(text: str, cut: Sequence[tuple[int, int]]) -> str:
    """The question less the words of its chips, with short years written out: what is left to search for."""
    kept, at = [], 0
    for start, end in sorted(cut):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    rest = " ".join([*kept, text[at:]])
    rest = _SHORT_YEAR.sub(lambda m: f"20{m[1]}年" if int(m[1]) > 5 else m[0], rest)
    rest = re.sub(r"\s+", " ", rest).strip(" 的，,、和与")
    return rest if len(re.findall(r"[一-鿿A-Za-z0-9]", rest)) >= 2 else text
