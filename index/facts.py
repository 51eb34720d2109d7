"""Cleaned text → what a report is: title, issuing unit, region, year, kind, date of issue.

Each is read from the title, the header, the signature, the file name and the body, in that order of trust.
"""

from __future__ import annotations

import re

from index.clean import KIND_END, MARKER
from index.types import Facts

PLACE = re.compile(
    r"(?:[\u4e00-\u9fff]{1,6}?[^和与及城社园景校\W](?:特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|自治旗|地区|新区|省|市|盟|州|县|区|旗|镇|乡|街道))+?"
)
ORGAN = (r"(?:人民政府|人民法院|人民检察院|委员会|办公室|办公厅|办事处|管委会|管理局|监督局|总局|局|厅|(?<!常)委|院|政府|中心|大队|支队|总队|分局"
         r"|学校|大学|党校|中学|小学|公司|集团|协会|联合会|总会|总工会|基金会|银行|支行|图书馆|博物馆|档案馆|监狱|派出所|司法所)")
_ALONE = re.compile(r"(?:大学|学院|学校|中学|小学|公司|集团|医院|研究院|委员会|银行|协会|联合会|基金会|图书馆|博物馆)$")  # names that need no place in front
UNIT = re.compile(rf"(?:中共)?(?P<unit>[\u4e00-\u9fff（）()]{{2,30}}?{ORGAN})(?P<party>机关)?(?:党组|党委|党工委|委员会党组)?"
                  rf"(?=关于|[0-9０-９〇二（(《\s“]|党组|党委|[^\u4e00-\u9fff]|法治|政府信息|年度|行政|工作|巡|落实|预算|部门"
                  r"|决算|审计|信息公开|政务公开|社会|国民|统计|质量|整改|贯彻|履行|推进|开展|$)")
DATE = re.compile(
    r"([12]\d{3})\s*[年.\-/]\s*(\d{1,2})\s*[月.\-/]\s*(\d{1,2})\s*日?"
    r"|([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
YEAR = re.compile(r"(?<!\d)(20\d\d|19\d\d)(?!\d)")
# (what a title or opening says, the kind it stands for): genres of official writing, the first that fits; the last five are general
KINDS: tuple[tuple[str, str], ...] = (
    (r"(?:巡察|巡视).{0,120}整改|整改.{0,12}(?:巡察|巡视)", "巡察整改通报"),
    (r"法治政府建设", "法治政府建设年度报告"),
    (r"政府信息公开", "政府信息公开工作年度报告"),
    (r"信息公开.{0,6}年(?:度报告|报)", "信息公开年度报告"),
    (r"督察.{0,60}整改|整改.{0,20}督察", "督察整改报告"),
    (r"国民经济和社会发展统计公报|统计公报", "统计公报"),
    (r"国民经济和社会发展(?:计划|第)", "国民经济和社会发展计划报告"),
    (r"审计(?!局|厅)", "审计报告"),
    (r"预算.{0,16}(?:执行|草案).{0,20}报告|预算报告", "预算报告"),
    (r"决算", "决算报告"),
    (r"预算(?:公开|说明|$)", "部门预算"),
    (r"人民检察院.{0,8}工作报告|检察院工作", "检察院工作报告"),
    (r"(?:高级|中级)?人民法院.{0,8}工作报告|法院工作", "法院工作报告"),
    (r"(?:政治协商会议|政协).{0,30}工作报告", "政协工作报告"),
    (r"常务?委员会.{0,4}工作报告", "人大常委会工作报告"),
    (r"政府工作报告|政府工作的报告", "政府工作报告"),
    (r"述职", "述职报告"),
    (r"工作总结", "工作总结"),
    (r"[白蓝]皮书", "白皮书"),
    (r"工作要点", "工作要点"),
    (r"工作计划", "工作计划"),
    (r"年度报告|年报", "年度报告"),
    (r"公报", "公报"),
    (r"通报", "通报"),
    (r"工作报告", "工作报告"),
    (r"报告", "报告"),
)
_TITLE_END = re.compile(rf"{KIND_END.pattern}|(?:决算|预算|公开|状况|[白蓝]皮书|年报|综述|纪要)$")
_NOTE = re.compile(r"(?:[\[［〔]\d{1,2}[\]］〕]|[\u2460-\u2473*＊])+$")  # of a footnote
_GOES_ON = re.compile(r"[与和及暨的]")  # what the second line of a title begins with
_SHORT = (("人民代表大会常务委员会", "人大常委会"), ("人民政府", "政府"), ("高级人民法院", "高院"), ("中级人民法院", "中院"), ("人民法院", "法院"),
          ("人民检察院", "检察院"))
_HAN = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}


def facts(text: str, name: str, marked_title: str = "") -> Facts:
    """Facts of a cleaned text.  `name`: the file's name; `marked_title`: what the format itself calls the title, if anything."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    header = _header(lines)
    stem = re.sub(r"\.[A-Za-z0-9]{1,8}$", "", name)
    opening = "".join(lines[:12])[:600]
    signature = [line for line in lines[-8:] if len(line) <= 60]
    title = _title(header, marked_title)
    found: dict[str, str] = {}  # field → where it was read

    def first(field: str, *readings: tuple[str, str]) -> str:
        for where, value in readings:
            if value:
                found[field] = where
                return value
        return ""

    unit = first("unit", ("标题", _unit_of_title(title)), ("落款", _unit_of_signature(signature)), ("抬头", _unit_of_header(header)),
                 ("文件名", _unit_of_title(stem.replace("_", " "))), ("正文", _unit_of_body(opening)))
    kind = first("kind", ("标题", _kind(title)), ("文件名", _kind(stem, KINDS[:-5])), ("正文", _kind(opening, KINDS[:-5])),
                 ("文件名", _kind(stem)), ("正文", _kind(opening)))
    region = first("region", (found.get("unit", ""), _region(unit)), ("标题", _region(title)), ("抬头", _region_of_meeting(header)))
    if not unit and region and kind == "政府工作报告":
        unit = first("unit", ("推断", region + "人民政府"))
    meeting, signed, published = _dates(header, signature)
    issued = first("issued", ("抬头", meeting), ("落款", signed), ("抬头", published))
    year = first("year", ("标题", _year(title)), ("文件名", _year(stem)), ("抬头", meeting[:4] if kind.endswith("工作报告") else ""),
                 ("正文", _year_told(opening, issued)), (found.get("issued", ""), issued[:4]))
    number = first("number", ("抬头", _number("\n".join(header))), ("正文", _number(opening)))
    found["title"] = "标题" if title else "推断"
    if not title:
        title = (unit + (f"{year}年" if year and kind.endswith("年度报告") else "") + kind) if kind else (unit or stem)
    return Facts(title, unit, region, int(year) if year else None, kind, issued, number, aliases(unit, region), tuple(sorted(found.items())))


def aliases(unit: str, region: str) -> tuple[str, ...]:
    """What people call a unit: 青川市司法局 → 青川司法局, 市司法局; 青川市人民政府 → 青川市政府 too."""
    if unit == f"政协{region}委员会":
        return (f"{region}政协",)
    last = _last_place(region)
    organ = unit.removeprefix(region)
    tail = re.search(r"(?:特别行政区|自治区|自治州|自治县|自治旗|[省市州县区旗镇乡]|街道)$", last)
    if not region or not organ or organ == unit or not tail:
        return ()
    stem = re.sub(r"(?:维吾尔|壮族|回族)$", "", last[: tail.start()])
    names = [stem + organ if len(stem) >= 2 else "", tail[0] + organ, last + organ]
    names += [place + organ.replace(long, short) for long, short in _SHORT if organ.endswith(long) for place in (region, last)][:2]
    return tuple(dict.fromkeys(name for name in names if name and name != unit))


def _last_place(region: str) -> str:
    """青川市望海区 → 望海区"""
    ends = [found.end() for found in re.finditer(r"(?:省|自治区|[市州盟县区旗])(?=[\u4e00-\u9fff]{2,}[市县区旗镇乡道]$)", region)]
    return region[ends[-1]:] if ends else region


def _header(lines: list[str]) -> list[str]:
    """Lines before the body begins: at the first heading or paragraph."""
    for at, line in enumerate(lines[:25]):
        if MARKER.match(line) or len(line) > 80:
            return lines[:at]
    return lines[:12]


def _title(header: list[str], marked_title: str) -> str:
    """The first line that ends as a title does, with the line before it where that is its beginning."""
    for at, line in enumerate(header):
        bare = _NOTE.sub("", line.strip("《》 "))
        if not 4 <= len(bare) <= 70 or re.search(r"[。；！？]|^[—－-]|^(?:信息)?来源|^附件", bare):
            continue
        if _TITLE_END.search(bare):
            after = header[at + 1].strip() if at + 1 < len(header) else ""
            if _GOES_ON.match(after) and len(after) <= 50 and _TITLE_END.search(after):
                return _compact(bare + after)
            lead = header[at - 1].strip() if at else ""
            if len(bare) <= 14 and lead and len(lead) <= 40 and (UNIT.fullmatch(lead) or YEAR.search(lead) or re.search("[省市县区]$", lead)):
                return _compact(lead + bare)
            return _compact(bare)
    return _compact(marked_title)


def _compact(title: str) -> str:
    return re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", title).strip()


def _kind(source: str, kinds: tuple[tuple[str, str], ...] = KINDS) -> str:
    return next((kind for pattern, kind in kinds if re.search(pattern, source)), "")


def _bare_unit(name: str) -> str:
    """中共青川市司法局党组 → 青川市司法局"""
    bare = re.sub(r"^中共|机关党委$|党组$|党委$|党工委$", "", name)
    bare = re.sub(r"党组$|党委$", "", bare)
    bare = re.sub(r"^中国人民政治协商会议(.{2,12}?)(?:第.{1,3}届)?委员会.*", r"政协\1委员会", bare)
    bare = re.sub(r"(?<=[局厅院校学司室处心])委员会$", "", bare)  # 中共青川市教育局委员会: its party committee
    return bare if _region(bare) or len(bare) >= 4 else ""


def _unit_of_title(title: str) -> str:
    bare = re.sub(r"^\s*(?:关于)?(?:20\d\d|19\d\d)年?(?:度)?[-_ ]*", "", title)
    bare = re.sub(r"^\s*关于", "", bare)
    work = re.match(r"(?P<place>[\u4e00-\u9fff]{2,12}?(?:省|市|县|区|州|盟|旗|镇|乡))[_ \s]*(?:人民)?政府(?:20\d\d年)?工作(?:的)?报告", bare)
    if work:
        return work["place"] + "人民政府"
    place = re.match(r"(?P<place>[\u4e00-\u9fff]{2,12}?(?:省|自治区|市|县|区|州|盟|旗))(?=20\d\d年)", bare)
    found = UNIT.match(bare)
    if found and (_region(found["unit"]) or (_ALONE.search(found["unit"]) and len(found["unit"]) >= 5)):
        return _bare_unit(found["unit"])
    if place and "政府工作" in bare:
        return place["place"] + "人民政府"
    return ""


def _unit_of_signature(signature: list[str]) -> str:
    """The last short line that is a unit's name, its date apart."""
    for line in reversed(signature):
        bare = re.sub(r"[（(](?:代章|盖章|公章)[）)]", "", DATE.sub("", line)).strip(" ，。|")
        found = UNIT.fullmatch(re.sub(r"[（(][^（()）]{2,20}[）)]$", "", bare))
        if found and len(bare) <= 30 and _region(found["unit"]):
            return _bare_unit(found["unit"])
    return ""


def _unit_of_header(header: list[str]) -> str:
    for line in header:
        found = UNIT.fullmatch(re.sub(r"[（(][^（()）]{2,20}[）)]$", "", line.strip("# ")))
        if found and _region(found["unit"]):
            return _bare_unit(found["unit"])
        office = re.search(rf"(?:^|会议上)(?P<unit>[\u4e00-\u9fff]{{2,20}}?{ORGAN})(?:党[组委]书记、?)?(?:局长|院长|检察长|主任|厅长|部长|主席)", line)
        dated = re.match(rf"(?P<unit>[\u4e00-\u9fff]{{2,20}}?{ORGAN})", line) if (date := DATE.search(line)) and date.end() == len(line) else None
        if (found := office or dated) and _region(found["unit"]):
            return _bare_unit(found["unit"])
        source = re.match(r"(?:信息)?(?:来源|发布机构|发布单位|发文机关|单位)\s*[:：]\s*(?P<unit>\S+)", line)
        if source and (found := UNIT.match(source["unit"])) and _region(found["unit"]):
            return _bare_unit(found["unit"])
    return ""


def _unit_of_body(opening: str) -> str:
    """对青川市司法局党组开展巡察; 我代表青川市人民政府"""
    for pattern in (r"(?:对|向)(?P<unit>[\u4e00-\u9fff]{2,20}?" + ORGAN + r")(?:机关)?(?:党组|党委)",
                    r"代表(?P<unit>[\u4e00-\u9fff]{2,12}?人民(?:政府|法院|检察院))"):
        for found in re.finditer(pattern, opening):
            if _region(found["unit"]):
                return _bare_unit(found["unit"])
    return ""


def _region(unit: str) -> str:
    """The place a unit's name begins with: 青川市望海区司法局 → 青川市望海区."""
    bare = re.sub(r"^\s*(?:关于)?(?:(?:20|19)\d\d年?(?:度)?)?[-_ ]*(?:政协|中共)?", "", unit)
    match = re.match(rf"(?:(?!{ORGAN}|人民|20\d\d).)*", bare)
    head = match[0] if match else ""
    region = ""
    position = 0
    while (found := PLACE.match(head, position)) and found.end() > position:
        region = head[: found.end()]
        position = found.end()
    return region if len(region) >= 3 or region in {"沙市"} else ""


def _region_of_meeting(header: list[str]) -> str:
    """——2025年1月14日在青川市第七届人民代表大会第五次会议上"""
    for line in header:
        meeting = re.search(r"[日在](?P<place>[\u4e00-\u9fff]{2,14}?)第?[一二三四五六七八九十]{1,3}届(?:人民代表大会|人大|政协)", line)
        if meeting:
            return _region(meeting["place"].lstrip("在"))
    return ""


def _year(source: str) -> str:
    years = YEAR.findall(source)
    explicit = re.findall(r"(20\d\d|19\d\d)\s*年", source)
    return str((explicit or years)[0]) if years else ""


def _year_told(opening: str, issued: str) -> str:
    """The year that the opening speaks of: the one of the date of issue, or the one before; dates to the day tell of other things."""
    told = re.search(r"(?<!\d)(20\d\d|19\d\d)年(?:度)?(?!\s*\d|[底初末])", opening)
    return told[1] if told and issued and int(issued[:4]) - 1 <= int(told[1]) <= int(issued[:4]) else ""


def _number(source: str) -> str:
    """文号 (GB/T 9704): 青司〔2024〕12号."""
    match = re.search(r"[\u4e00-\u9fff]{1,12}\s*[〔\[［(（]\s*(?:19|20)\d\d\s*[〕\]］)）]\s*(?:第\s*)?\d{1,5}\s*号", source)
    return re.sub(r"\s", "", match[0]) if match else ""


def _dates(header: list[str], signature: list[str]) -> tuple[str, str, str]:
    """ISO dates of the meeting under the title, of the signature, and of the page's publication."""
    meeting = signed = published = ""
    for line in header:
        if (date := DATE.search(line)) is None or re.match(r"\s*[至到—－~-]", line[date.end():]):
            continue
        if re.search(r"会议上|代表大会", line):
            meeting = meeting or _iso(date)
        elif (re.search(r"(?:日期|时间|发布|来源)[^。]*$", line) or date.group() == line
              or re.fullmatch(r"[）)]?(?:公告|发布|公布|印发|通过)?[）)]?", line[date.end():])):
            published = published or _iso(date)
    for line in reversed(signature):
        bare = line.strip("（）() |")
        date = DATE.search(bare)
        if date and date.end() == len(bare) and not re.search(r"[，。；至—期限]", bare[: date.start()]):
            signed = _iso(date)
            break
    return meeting, signed, published


def _iso(date: re.Match[str]) -> str:
    if date[1]:
        year, month, day = date[1], int(date[2]), int(date[3])
    else:
        from index.outline import number

        year, month, day = "".join(_HAN[c] for c in date[4]), number(date[5]), number(date[6])
    return f"{year}-{month:02d}-{day:02d}" if 1 <= month <= 12 and 1 <= day <= 31 else ""
