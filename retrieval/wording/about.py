"""What a report is called: the names, years and headings that a clause about it may begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.types import Facts
from retrieval.wording.functionwords import WILL
from retrieval.wording.plain import PLANS, line, plain, words

_LEVELS = "省市县区州盟旗镇乡村"
_MARKER = re.compile(r"(?:[一二三四五六七八九十]{1,2}[、是]|[((【]?[一二三四五六七八九十\d]{1,2}[))】.、]|第[一二三四五六七八九十]{1,2}[章节部分]*)\s*")
_GUARDED = re.compile(
    r"[不没未无非否勿禁免]|增|减|升|降|上涨|下跌|提高|回落|扩大|缩小|超|近|约|余|以上|以下|以内|最|更|较|全部|基本|大幅|显著|达到|完成|实现"
)
_CONTRACTED = (("中级人民法院", "中院"), ("高级人民法院", "高院"), ("人民", ""), ("股份有限公司", ""), ("有限责任公司", ""), ("有限公司", ""))
_YEAR_OF = re.compile(r"(?:在|自)?(?:(?P<said>(?:19|20)\d\d)年|(?P<last>过去一年|去年|上年|上一年)|(?P<this>今年|本年|当前)|(?P<next>下一年|明年|来年|次年))")
_PLANNED = re.compile(r"打算|安排|目标|任务|计划|规划|展望|思路|下一年|明年|下一步|下步|今后|草案")
_INTENDED = re.compile(r"打算|安排|计划|规划|展望|思路|下一年|明年|下一步|下步|今后|草案|年重点工作")
_TOLD = re.compile(r"完成|回顾|情况|成效|进展|成绩|总结|执行")  # under a heading with such a word the plan may be over


@dataclass(frozen=True)
class About:
    """The names of a report."""

    subjects: frozenset[str]  # that say whose it is: 青川市司法局, 市司法局, 司法局, 青川市
    names: tuple[str, ...]  # longest first: those, and runs of its title and headings
    topics: frozenset[str]  # single words of them: only in a clause that leads on to another (在整改方面，)
    pointed: frozenset[str]  # that point to it where nothing else was named: 该局, 全市
    regions: frozenset[str]  # of the subjects, the ones that are the place: 青川市
    year: int | None  # that the words of the quotation are about: its headings', or the report's
    this: bool  # 今年 is that year
    planned: bool  # it stands under a heading that is about what is to come
    to_come: frozenset[str]  # words that may be said of it then: 将
    datable: bool  # its year may be said of a clause that says none: no heading has another, or is about what is to come and says none


def about(facts: Facts, path: tuple[str, ...]) -> About:
    """The names of a report and of the headings above a quotation: none denies, turns or bounds, none has a figure but a year."""
    subjects = frozenset(form for name in (facts.unit, facts.region, *facts.aliases) for form in short_forms(line(plain(name)).text))
    runs, topics = {line(plain(facts.title)).text, facts.kind}, set[str]()
    for text in (facts.title, *path):
        marker = _MARKER.match(heading := plain(text))
        heading = heading[marker.end() if marker else 0 :]
        bare = line(heading).text
        if text in path and len(bare) <= 24 and not _GUARDED.search(bare) and not re.search(r"\d", re.sub(r"(?:19|20)\d\d年?", "", bare)):
            runs.add(bare)
        for piece in re.split(r"[,;:。、!?]|\d+年?度?", heading):
            cut = words(line(piece).text)
            if len(bare) > 14 and any(map(_GUARDED.search, cut)):
                continue  # a sentence that stands as a heading, and claims something
            barred = [i for i, word in enumerate(cut) if _GUARDED.search(word) or (text not in path and PLANS.search(word))]
            topics |= {word for i, word in enumerate(cut) if len(word) > 1 and i not in barred}
            runs |= {
                run for start in range(len(cut)) for end in range(start + 1, len(cut) + 1)
                if (len(run := "".join(cut[start:end])) >= 4 or (start, end) == (0, len(cut))) and not any(start <= i < end for i in barred)
            }
    names = sorted((runs | subjects) - {""}, key=len, reverse=True)
    short = [heading for heading in path if len(heading) <= 24]  # a longer one is the first sentence under it
    headed = {year for heading in short for year in _years(plain(heading), facts.year)}
    # a government reports on the year before the one it names, and plans that one
    ahead = facts.year is not None and min(headed, default=0) >= facts.year + ("政府工作报告" not in facts.title)
    planned = ahead or any(_PLANNED.search(heading) for heading in path)
    intended = any(_INTENDED.search(heading) for heading in short)
    to_come = (WILL if intended else WILL & {"将", "要"}) if (intended or ahead) and not any(map(_TOLD.search, short)) else frozenset()
    regions = frozenset({line(plain(facts.region)).text} & subjects)
    year = min(headed) if len(headed) == 1 else facts.year
    datable = (len(headed) == 1 or not (headed or planned)) and {y for heading in path for y in _years(plain(heading), None)} <= {year}
    pointed = frozenset(this + name[-size:] for name in (facts.unit, facts.region) for size in (1, 2) for this in "该我本" if name)
    pointed |= {"全" + region[-1] for region in regions} | ({"审计"} if "审计" in facts.unit else set())
    return About(subjects, tuple(names), frozenset(topics), pointed, regions, year, year == facts.year, planned, to_come, datable)


def _years(heading: str, told: int | None) -> set[int]:
    """The years that a heading says, those counted from the year that the report is about among them."""
    marker = _MARKER.match(heading)
    opening = _YEAR_OF.match(heading, marker.end() if marker else 0)
    shift = {"last": -1, "this": 0, "next": 1}.get(opening.lastgroup or "") if opening else None
    return {int(year) for year in re.findall(r"(?:19|20)\d\d(?=年)", heading)} | ({told + shift} if told and shift is not None else set())


def short_forms(name: str) -> set[str]:
    """What a unit is called for short: 青川市人民政府 → 市人民政府, 市政府, 政府."""
    cut = words(name)
    found = {run for start in range(len(cut)) if len(run := "".join(cut[start:])) >= 2}
    found |= {match[0] for match in re.finditer(rf"(?<=.)[{_LEVELS}](?=\S{{2}}).*", name)}
    for long, short in _CONTRACTED:
        found |= {short_form for form in found if len(short_form := form.replace(long, short)) >= 2}
    found |= {form[: level.start()] + form[level.end() :] for form in found if (level := re.compile(rf"(?<=^..)[{_LEVELS}](?=..)").search(form))}
    return found | ({"公司"} if name.endswith("公司") else set())
