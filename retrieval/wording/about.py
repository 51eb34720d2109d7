"""What a report is called: the names, years and headings that a clause about it may begin with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.types import Facts
from retrieval.wording.plain import PLANS, line, plain, words

_LEVELS = "省市县区州盟旗镇乡村"
_MARKER = re.compile(r"(?:[一二三四五六七八九十]{1,2}[、是]|[((【]?[一二三四五六七八九十\d]{1,2}[))】.、]|第[一二三四五六七八九十]{1,2}[章节部分]*)\s*")
_GUARDED = re.compile(
    r"[不没未无非否勿禁免]|增|减|升|降|上涨|下跌|提高|回落|扩大|缩小|超|近|约|余|以上|以下|以内|最|更|较|全部|基本|大幅|显著|达到|完成|实现"
)
_PLANNED = re.compile(r"打算|安排|目标|任务|计划|规划|展望|思路|下一年|明年|下一步|下步|今后")


@dataclass(frozen=True)
class About:
    """The names of a report."""

    subjects: frozenset[str]  # that say whose it is: 青川市司法局, 市司法局, 司法局, 青川市
    names: tuple[str, ...]  # longest first: those, and runs of its title and headings
    topics: frozenset[str]  # single words of them: only in a clause that leads on to another (在整改方面，)
    regions: frozenset[str]  # of the subjects, the ones that are the place: 青川市
    year: int | None
    planned: bool  # it stands under a heading that is about what is to come
    datable: bool  # its year may be said of a clause that says none: no heading has another, or is about what is to come


def about(facts: Facts, path: tuple[str, ...]) -> About:
    """The names of a report and of the headings above a quotation: none denies, turns or bounds, none has a figure but a year."""
    subjects = frozenset(form for name in (facts.unit, facts.region, *facts.aliases) for form in short_forms(line(plain(name)).text))
    runs, topics = {line(plain(facts.title)).text}, set[str]()
    for text in (facts.title, *path):
        marker = _MARKER.match(heading := plain(text))
        heading = heading[marker.end() if marker else 0 :]
        bare = line(heading).text
        if text in path and len(bare) <= 24 and not _GUARDED.search(bare) and not re.search(r"\d", re.sub(r"(?:19|20)\d\d年?", "", bare)):
            runs.add(bare)
        for piece in re.split(r"[,;:。、!?]|\d+年?度?", heading):
            cut = words(line(piece).text)
            if any(_GUARDED.search(word) or (text not in path and PLANS.search(word)) for word in cut):
                continue
            topics |= {word for word in cut if len(word) > 1}
            runs |= {
                run for start in range(len(cut)) for end in range(start + 1, len(cut) + 1)
                if len(run := "".join(cut[start:end])) >= 4 or (start, end) == (0, len(cut))
            }
    names = sorted((runs | subjects) - {""}, key=len, reverse=True)
    planned = any(_PLANNED.search(heading) for heading in path)
    years = {int(year) for heading in path for year in re.findall(r"(?:19|20)\d\d(?=年)", plain(heading))}
    regions = frozenset({line(plain(facts.region)).text} & subjects)
    return About(subjects, tuple(names), frozenset(topics), regions, facts.year, planned, not planned and years <= {facts.year})


def short_forms(name: str) -> set[str]:
    """What a unit is called for short: 青川市人民政府 → 市人民政府, 市政府, 政府."""
    cut = words(name)
    found = {run for start in range(len(cut)) if len(run := "".join(cut[start:])) >= 2}
    found |= {match[0] for match in re.finditer(rf"(?<=.)[{_LEVELS}](?=\S{{2}}).*", name)}
    return found | {form.replace("人民", "") for form in found}
