"""What a question over many reports asks for: which indicator, of which time, planned or done, growth or level, in which unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from retrieval.periods import Frame, Period, named
from retrieval.values import values

Sense = Literal["level", "growth", "gain", "any"]


@dataclass(frozen=True)
class Indicator:
    """One indicator as a question asks for it."""

    name: str  # 城镇新增就业
    pattern: re.Pattern[str]  # finds it in a report
    text: str  # the question, for the words that it allows before and after
    sense: Sense = "any"
    unit: str = ""  # 人, 元, %; empty where the question does not say
    planned: bool | None = None  # a target, or what was reached; None: not said
    average: bool = False  # 年均
    verb: str = ""  # what was done with the things counted: 收到, 办结
    falls: bool = False  # a fall is what is asked for, and counts upwards
    adds: bool = False  # its own name says 新增 or 新建
    flow: bool = False  # counted anew each year: a level of five years is not that of the last

    def period(self, around: Frame) -> Period:
        """The time asked about, as a report sees it."""
        said = [period for _, period in named(self.text, around)]
        if said:
            wanted = said[0]
            return Period(wanted.first, wanted.last, bool(self.planned) or wanted.planned)
        return around.year(around.ahead if self.planned else around.past)


# What is said in several ways: (as asked, as written).  General knowledge of statistics and work reports.
_GDP = r"(?:(?:地区|全[省市区县]|国内|本地)?生产总值(?:[（(]GDP[)）])?|GDP|经济总量)"
_SAME: tuple[tuple[str, str], ...] = (
    (rf"人均{_GDP}", r"人均(?:地区)?(?:生产总值|GDP)"),
    (rf"{_GDP}|经济", r"(?:地区)?生产总值(?:[（(]GDP[)）])?|GDP|经济总量|经济(?=(?:预期)?(?:增长|增速))"),
    (r"(?:地方)?(?:级)?一般公共(?:财政)?预算收入|地方财政收入|财政收入", r"(?:地方级?)?(?:财政)?一般公共(?:财政)?预算收入|地方财政收入"),
    (r"(?:地方)?一般公共(?:财政)?预算支出|财政支出", r"(?:地方)?(?:财政)?一般公共(?:财政)?预算支出"),
    (r"税收收入|税收", r"税收收入"),
    (r"城镇新增就业(?:岗位)?|新增城镇就业|新增就业", r"(?:城镇)?新增(?:城镇)?就业(?:岗位)?"),
    (r"城镇(?:登记)?调查失业率|调查失业率|城镇失业率|失业率", r"(?:城镇)?(?:调查)?失业率"),
    (r"(?:居民)?消费(?:者)?(?:物价|价格)(?:总水平|总指数|指数)?|CPI|物价",
     r"居民消费价格(?:总水平|总指数|指数)?(?:[（(]CPI[)）])?|CPI|物价(?:总水平)?"),
    (r"社会消费品零售总额|社会消费品零售额|社零(?:总额|额)?|消费品零售总额", r"社会消费品零售(?:总)?额|社零(?:总额|额)?"),
    (r"(?:规模以上|规上|规模)工业(?:企业)?增加值", r"(?:规模以上|规上|规模)工业(?:企业)?(?:达[^，。；]{1,10}、)?(?:实现)?增加值"),
    (r"工业增加值", r"(?:全部)?工业增加值"),
    (r"(?:全社会)?固定资产投资(?:总额|额)?", r"(?:全社会)?固定资产投资(?:总额|额)?(?:[（(]不含农户[)）])?"),
    (r"工业投资", r"工业(?:固定资产)?投资"),
    (r"(?:货物(?:贸易)?|外贸|对外贸易)?进出口(?:贸易)?(?:总额|总值|额|总量)?|外贸(?:总额|总值)?",
     r"(?:(?:货物|外贸|对外)(?:贸易)?)?进出口(?:贸易)?(?:总额|总值|额|总量)?|外贸(?:总额|总值)?(?=增长|增速)"),
    (r"(?:外贸)?出口(?:总额|总值|额)?", r"(?<!进)(?:外贸)?出口(?:总额|总值|额)?"),
    (r"实际(?:使用|利用)外资(?:额|金额)?|利用外资", r"实际(?:使用|利用|到位)外资(?:额|金额)?"),
    (r"粮食(?:总)?产量|粮食生产|粮食",
     r"粮食(?:总)?产量|粮食总产|粮食播种面积[^，。；、]{0,14}、(?:总)?产量|粮食(?:生产)?(?=[^，。；产]{0,4}\d)"),
    (r"农村(?:常住)?居民(?:人均)?(?:可支配)?收入|农民(?:人均)?(?:可支配)?收入",
     r"农村(?:常住)?居民(?:人均)?(?:可支配)?收入|农民(?:人均)?(?:可支配)?收入"
     r"|城乡(?:常住)?居民(?:人均)?(?:可支配)?收入(?=[^，。；\d]{0,6}分别)"),
    (r"城镇(?:常住)?居民(?:人均)?(?:可支配)?收入",
     r"(?:城镇(?:常住)?(?:居民)?[、和与及](?=农村)|城镇(?:常住)?居民(?:人均)?(?:可支配)?收入)"
     r"|城乡(?:常住)?居民(?:人均)?(?:可支配)?收入(?=[^，。；\d]{0,6}分别)"),
    (r"(?:全体|城乡)?居民(?:人均)?(?:可支配)?收入|人均可支配收入", r"(?:全体|城乡)?居民(?:人均)?(?:可支配)?收入|人均可支配收入"),
    (r"(?:常住人口)?城镇化率", r"(?:常住人口)?城镇化率"),
    (r"户籍人口城镇化率", r"户籍人口城镇化率"),
    (r"(?:全社会)?(?:研发|R&D|研究与试验发展)(?:经费)?(?:投入|支出)?(?:强度|占(?:地区)?(?:生产总值|GDP)(?:的)?(?:比重|比例))",
     r"(?:全社会)?(?:研发|R&D|研究与试验发展)(?:[（(]R&D[)）])?(?:经费)?(?:投入|支出)?(?:强度|(?:占|与|相当于)(?:全省|全市|地区)?(?:生产总值|GDP)(?:之比|的)?(?:比重|比例)?)"),
    (r"(?:全社会)?(?:研发|R&D|研究与试验发展)(?:经费)?(?:投入|支出)?", r"(?:全社会)?(?:研发|R&D|研究与试验发展)(?:经费)?(?:投入|支出)"),
    (r"(?:国家)?(?:级)?高新技术企业|(?:国家)?高企|国高企业", r"(?:国家)?(?:级)?高新技术企业|(?<!提)高企(?!业)"),
    (r"科技型中小企业", r"(?:国家)?科技型中小企业"),
    (r"专精特新[“\"]?小巨人[”\"]?企业", r"专精特新(?:重点)?[“\"]?小巨人[”\"]?企业"),
    (r"(?:细颗粒物)?[（(]?PM[\s_]?2\.?5[）)]?(?:年均|平均)?浓度?(?:均值)?|细颗粒物(?:年均|平均)?浓度?",
     r"(?:细颗粒物)?[（(]?PM[\s_]?2\.?5[）)]?|细颗粒物"),
    (r"(?:空气质量|环境空气质量|空气|大气)?(?:质量)?优良(?:天数|天气|率)(?:比例|比率|占比|率)?",
     r"(?:(?:地级及?以上城市|城市|环境)?空气(?:质量)?|大气(?:环境)?(?:质量)?)?(?:平均)?(?:优良天数|优良天气|优良率)(?:平均)?(?:比例|比率|占比|率)?"),
    (r"(?:国控|国考|地表水)*(?:断面)?(?:水质)?优良(?:水体|水质|断面)?(?:比例|率)|地表水优良比例",
     r"(?:国控|国考|地表水|重点|考核|流域|河流|[、])*(?:断面)?(?:水质|水体)?(?:优良|达到或好于Ⅲ类)(?:水体|水质|断面)?(?:比例|占比|率)"),
    (r"高速公路(?:通车|运营|总)*(?:里程|长度)",
     r"高速公路(?:网|通车|运营|总|建成)*里程|高速公路(?:网)?(?=[^，。；新在]{0,6}\d[\d.]*万?公里)"),
    (r"(?:高速?铁路?)(?:运营|通车|营业|总)*(?:里程|长度)", r"高(?:速)?铁(?:路)?(?:运营|通车|营业|总)*里程"),
    (r"铁路(?:运营|通车|营业|总)*(?:里程|长度)", r"(?<!高速)铁路(?:运营|通车|营业|总)*里程"),
    (r"公路(?:通车|总)*里程", r"(?<!高速)公路(?:通车|总)*里程"),
    (r"森林覆盖率", r"森林覆盖率"),
    (rf"(?:单位|万元){_GDP}(?:能源消耗|能耗)(?:强度)?(?:降幅|降低|下降)?|能耗强度",
     r"单位(?:地区)?(?:生产总值|GDP)(?:能源消耗|能耗)(?:强度)?|(?:万元|每万元)(?:地区)?(?:生产总值|GDP)能耗|能耗强度"),
    (rf"单位{_GDP}(?:二氧化碳|碳)排放(?:量|强度)?(?:降幅)?|碳排放强度",
     r"单位(?:地区)?(?:生产总值|GDP)(?:二氧化碳|碳)排放(?:量|强度)?|碳排放强度"),
    (r"(?:常住)?人口(?:总量|总数|数量)?", r"常住人口"),
    (r"(?:经营|市场)主体", r"(?:实有|登记在册|各类)?(?:经营|市场)主体"),
    (r"5G基站", r"5G基站"),
    (r"(?:人均)?(?:预期寿命)", r"(?:居民)?(?:人均)?预期寿命"),
    (r"(?:接待)?(?:国内)?(?:旅游|游客)(?:接待)?(?:总)?(?:人次|人数)|接待游客(?:人次|数量)?",
     r"(?:接待)?(?:国内|境内外)?(?:旅游|游客|出游)(?:接待)?(?:总)?(?:人次|人数)?"),
    (r"旅游(?:总)?(?:收入|花费)", r"(?:国内|实现)?(?:旅游|出游|游客)(?:业)?(?:总)?(?:收入|花费)"),
    (r"技术合同成交(?:额|金额)", r"技术合同成交(?:总)?(?:额|金额)"),
    (r"(?:新能源|可再生能源|清洁能源)(?:发电)?(?:总)?装机(?:容量|规模)?",
     r"(?:新能源|可再生能源|清洁能源)(?:发电)?(?:总)?(?:电力)?装机(?:总)?(?:容量|规模|量)?"),
    (r"金融机构(?:本外币|人民币)?(?:各项)?存款(?:余额)?", r"(?:金融机构)?(?:本外币|人民币)?(?:各项)?存款余额"),
    (r"每万人(?:口)?(?:高价值)?发明专利(?:拥有量)?", r"(?:每)?万人(?:口)?(?:高价值)?发明专利(?:拥有量)?"),
)  # fmt: skip
_FLOW = re.compile(
    r"新增|增加值|产量|收入|支出|投资|零售|进出口|出口|外资|就业|生产总值|GDP|成交额|人次|投入(?!强度)|销量|旅游|接待|游客"
)

WHERE = (
    r"(?:全国)?(?:31|三十一)个?(?:省[、份]?)?(?:[（(]?(?:自治)?[区市省、,，]*(?:自治区|直辖市|市)?[)）]?)|各(?:个)?(?:省(?:份)?(?:区市|市区|[、和]?自治区[、和]?直辖市|级)?|省市(?:自治区)?|"
    r"市(?:县区?|州|区)?|县(?:市区|区|市)?|区(?:县|市)?|州|地(?:方|区|市)?|单位|部门|局|家|院|(?:行政)?区域|报告)(?:政府)?|(?:全部|所有|全体|每(?:个|一个)?)的?(?:省(?:份|区市)?|市|县|区|地方|地区|单位|部门|报告)"
    r"|哪(?:个|些|几个|一个|[一二两三四五六七八九十]个)?(?:省(?:份|区市)?|市|县|区|地方|地区|城市|单位|部门|局)|全国(?:各[省地市](?:区市|份)?)?|(?:这些|几个)(?:省份?|市|县|地方|报告)"
)
_WHERE = re.compile(WHERE)
_MOST = r"(?:最[高低大小多少快慢长短重轻好差]|第一|垫底|领先|居首|靠前|前[一二三四五六七八九十\d]+[名位个]?)"
_GOAL = re.compile(
    r"(?:预期|预计|发展|工作|计划|力争)*(?:目标|计划|指标|任务)(?:值|数|任务)?|预期|打算|力争|预计|设定|定在|定为|定的?(?=多少)|拟|将(?!各|全|所)"
)
_DONE = re.compile(r"实际|完成|实现|达到|情况|结果|已经|做到")
_GROWTH = re.compile(
    r"(?:同比|实际|名义)?(?:增长(?:速度|率|幅度|了)?|增速|增幅|涨幅|上涨|降幅|下降(?:幅度|了)?|降低(?:了)?|涨了|跌幅|增减(?!税))(?!值)"
)
_GAIN = re.compile(r"(?:净增|新增|增加|提高|提升)(?:了)?(?=多少|几|$)|(?:提高|提升|增加|上升)(?:幅度|多少)")
_ASKING = re.compile(
    r"(?:请问|(?<!申)请|帮我|麻烦|给我|我想(?:知道|看)|想知道)|把|将(?=[各全所])|(?:汇总|列出|列举|列(?=[个一成])|对比|比较|统计|整理|排列|排(?:名|序|行)|汇集|梳理|盘点|看看|看|(?<!调)查(?:询|一下)|做|画)(?:个|一下|一张|出来|成表|出|表|榜)*"
    r"|(?:一共|总共|合计|总计|累计|加起来|相加|总和|平均(?:值|数|水平)?|均值|最大值|最小值)|分别|各(?=是|为|有|自|多少|达|定|要|将|$)|各自|从高到低|由高到低|从低到高|从大到小|倒数|"
    rf"{_MOST}|出来|一下|一览|做个|个对比|表格|一张表|情况|如何|怎么样|怎样|什么|哪些|哪个|哪|是多少|有多少|多少|几(?=[个家万亿])|数据|数值|数字(?![经产化政])|"
    r"(?:报告|工作报告|政府工作报告)(?:里|中|提出|写明|提到)*|(?:里|中)?(?:提出|写明|提到|公布|报告|披露|设定)(?:的)?|是否|吗|呢|[?？!！。，,、；;：:\s]"
)
_HOW_MANY = re.compile(r"多少|几(?=[万亿千百]*(?:个|家|件|人|名|项|户|公里|元|亩|吨|座|条))")
_BEYOND = re.compile(
    r"(?:不低于|不高于|不超过|超过|高于|低于|大于|小于|达到|在)?\s*\d[\d.]*\s*(?:%|万亿|亿|万)?[一-鿿]{0,2}?(?:以上|以下|以内)?(?=的|[?？]|$)"
)
_TIMES = re.compile(
    r"(?:20\d\d|[12]\d(?=年))\s*年?(?:度|底|末|全年)?|[“\"]?十[三四五六]五[”\"]?(?:时期|期间|末|以来)?|今年|去年|本年度?|上年度?|明年|过去五年|五年来|未来五年|今后五年|全年|截至|到(?=20)"
)
_SOFT = re.compile(
    r"^(?:的|之|在|了|对|关于|全社会(?!研发|固定)|全部|当地|总体)+|(?:的|之|在|了|是|为|有|定|达到?|数量|总数|总量|数|人数|家数|水平|规模|值(?<!增加值)(?<!生产总值)(?<!总值)(?<!产值)(?<!均值)|上|方面|要|会|能)+$"
)


def understand_indicator(text: str) -> Indicator | None:
    """The indicator that a question over many reports asks for; None when no word of one is left."""
    bare, unit = _less_unit(re.sub(r"[（(](?!PM|R&D)[^（()）]*[）)]", "", text))
    bare = _BEYOND.sub(" ", _WHERE.sub(" ", _TIMES.sub(" ", bare)))
    name, pattern = _known(bare)
    around = bare.replace(name, " ") if name else bare
    planned = True if _GOAL.search(around) else (False if _DONE.search(around) else None)
    average = re.search(r"年均(?!浓度)", around) is not None
    growth, gain = _GROWTH.search(around), _GAIN.search(around)
    verb = ""
    if not name:
        core = _core(bare)
        done = VERBS.search(bare)
        name = re.sub(rf"^(?:{VERBS.pattern})了?|(?:{VERBS.pattern})了?$", "", core) or core
        verb = done[0] if done and done[0] not in name else ""
        pattern = _generic(name) if name else None
    if not name or pattern is None:
        return None
    sense: Sense = "growth" if growth else "gain" if gain else "any"
    if unit and unit not in ("%", "个百分点"):
        sense = "gain" if sense == "gain" else "level"
    if sense == "any" and not re.search(_RATES, name):
        sense = "growth" if unit == "%" else "any" if planned else "level"
    return Indicator(
        name,
        pattern,
        text,
        sense,
        unit,
        planned,
        average,
        verb=verb,
        falls=re.search(r"降幅|下降|降低|减少", bare) is not None,
        adds=re.search(r"新增|新[建登认培]", name) is not None,
        flow=_FLOW.search(name) is not None,
    )


VERBS = re.compile(r"收到|新收|接收|受理|立案|审结|办结|结案|办理|调处|调解|化解|开展|举办|组织|发放|移送|查处|整改")
_RATES = r"率|比例|比重|占比|强度|价格|CPI|物价|能耗|排放"


def _known(text: str) -> tuple[str, re.Pattern[str] | None]:
    """The longest name of a known indicator in a question, when no other noun stands beside it."""
    best, pattern = "", None
    for asked, written in _SAME:
        for match in re.finditer(asked, text, re.I):
            if len(match[0]) > len(best):
                best, pattern = match[0], re.compile(written, re.I)
    if not best:
        return "", None
    left, _, right = text.partition(best)
    beside = _core(left[-12:] + " ") + _core(" " + right[:12])
    return ("", None) if re.search(r"[一-鿿A-Za-z]{2}", beside) else (best, pattern)


def _core(text: str) -> str:
    """The longest run of a question that is neither asking, nor about growth or goals."""
    text = _GROWTH.sub(" ", _GOAL.sub(" ", text))
    text = re.sub(r"年均(?!浓度)|实际(?!使用|利用|到位)|完成|实现|达到", " ", _GAIN.sub(" ", text))
    parts = [_trim(part) for part in _ASKING.sub(" ", text).split()]
    core = max(parts, key=len, default="")
    return core if len(re.findall(r"[一-鿿A-Za-z0-9]", core)) >= 2 else ""


def _trim(part: str) -> str:
    before = ""
    while before != part:
        before, part = part, _SOFT.sub("", part)
    return part


def _less_unit(text: str) -> tuple[str, str]:
    """A question less its 多少万人, and the unit asked for."""
    match = _HOW_MANY.search(text)
    if not match:
        return text, ""
    rest = text[match.end() :]
    found = [v for v in values(f"12{rest}") if v.start == 0 and v.unit]
    if not found:
        return f"{text[: match.start()]} {rest}", ""
    return f"{text[: match.start()]} {rest[found[0].end - 2 :]}", found[0].unit


def _generic(name: str) -> re.Pattern[str]:
    return re.compile(r"[一-鿿A-Za-z]{0,4}?".join(_word(w) for w in _cut(name)), re.I)


def _cut(name: str) -> list[str]:
    """Words of a name, the longest at each place."""
    from index.lexical import segment

    tokens = sorted(set(segment(name)), key=len, reverse=True)
    at, words, low = 0, [""], name.lower()
    known = False
    while at < len(low):
        word = next((t for t in tokens if low.startswith(t, at)), "")
        if word and len(word) > 1:
            words.append(name[at : at + len(word)])
        elif known or not words[-1]:
            words.append(name[at])
        else:
            words[-1] += name[at]
        known = bool(word) and len(word) > 1
        at += len(word) or 1
    return [word for word in words if word.strip('的和、“”"')]


_WORDS = (
    (r"规模以上|规上", r"(?:规模以上|规上|规模)"),
    (r"地区生产总值|生产总值|GDP", r"(?:地区)?(?:生产总值|GDP)"),
    (r"占比|比重|比例", r"(?:占比|比重|比例|比率)"),
    (r"总额|总值|总量", r"(?:总额|总值|总量|额)?"),
    (r"里程", r"(?:总)?里程"),
    (r"研发|R&D", r"(?:研发|R&D)"),
    (r"拥有量|数量|总数|人数", r"(?:拥有量|数量|总数|人数|数)?"),
    (r"产量", r"(?:总)?产量"),
    (r"居民", r"(?:常住)?居民"),
    (r"案件|申请", r"(?:案件|申请)"),
)  # fmt: skip


def _word(word: str) -> str:
    for asked, written in _WORDS:
        if re.fullmatch(asked, word, re.I):
            return written
    return re.escape(word)
