"""Years that a text names, and whether a passage speaks of those that a question means."""

from __future__ import annotations

import functools
import re

from index.types import Passage, ReportRef
from retrieval.question.asks import TITLE

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*(?:年|[-—–~至到]\s*(?:19|20)\d{2}|[1-4一二三四]季度|上半年|下半年))")
_YEAR_END = re.compile(r"(?<=\d[-—–~至到])\s*((?:19|20)\d{2})(?=年)")
_BARE_YEAR = re.compile(r"(?<![\d.])(20[0-4]\d)(?![\d.%％]|\s*(?:[多余]|[万亿]?[个件宗人名项份次元]|[〕\])）】]\s*第?\s*\d{1,5}\s*号))")
SHORT_YEAR = re.compile(r"(?<![\d.连续近第满了])([0-4]\d)年(?!来|间|以上|以下|期|后|前|制|级|龄|多|的时间|[一-鿿]?连)")
_RELATIVE = ((r"今年|本年度?(?!底)", 0), (r"去年|上一?年度?|过去一年", -1), (r"前年", -2), (r"明年|下一年度?", 1))
_PLAN = re.compile(r"打算|计划|目标|将|准备|预计|预期|下一步|安排|要[^求]|争取|力争|拟")
_HAN_YEAR = re.compile(r"(?<![〇零○一二三四五六七八九])([一二][〇零○一二三四五六七八九]{3})(?=年)")
_HAN = {c: str(i) for i, c in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}
_LATEST = re.compile(r"(?:最近|过去|近)([两二三四五六]|[2-6])年(?!级)")
SHORT_LIST = re.compile(r"(?<!\d)([0-4]\d)(?=[、和与及至到\-—–~][0-4]\d年)")
_COUNT = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
_RANGE = re.compile(r"((?:19|20)\d{2})\s*年?\s*[-—–~至到]+\s*((?:19|20)\d{2})(?!\d)")


def plain_years(text: str) -> str:
    """Years in Chinese digits as figures, outside titles: 二〇二三年 → 2023年."""
    titles = [(m.start(), m.end()) for m in TITLE.finditer(text)]

    def figures(match: re.Match[str]) -> str:
        inside = any(start <= match.start() < end for start, end in titles)
        return match[0] if inside else "".join(_HAN[c] for c in match[0])

    return _HAN_YEAR.sub(figures, text)


def latest(text: str) -> int:
    """How many of the latest years a question asks about: 近三年 → 3; 0 where it does not."""
    found = _LATEST.search(TITLE.sub("", text))
    return 0 if found is None else _COUNT.get(found[1]) or int(found[1])


def latest_said(text: str) -> str:
    """The words that ask about the latest years: 近三年; empty where there are none."""
    found = _LATEST.search(TITLE.sub("", text))
    return found[0] if found else ""


def covered(text: str) -> frozenset[int]:
    """Years that a question names, with those between the ends of a range: 2021—2023年 → 2021, 2022, 2023."""
    spans = _RANGE.findall(TITLE.sub("", text))
    return frozenset(years(text)) | {year for first, last in spans for year in range(int(first), min(int(last), int(first) + 50) + 1)}


def years(text: str) -> tuple[int, ...]:
    """Years a question names outside titles: 2023年, 23年, 2023—2025年; in order, each once."""
    bare = TITLE.sub(lambda m: " " * len(m[0]), text)
    found = [(m.start(), int(m[1])) for p in (_YEAR, _YEAR_END, _BARE_YEAR) for m in p.finditer(bare)]
    found += [(m.start(), 2000 + int(m[1])) for p in (SHORT_YEAR, SHORT_LIST) for m in p.finditer(bare) if int(m[1]) > 5]
    return tuple(dict.fromkeys(year for _, year in sorted(found)))


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


def year_fit(text: str, passage: Passage, ref: ReportRef) -> int:
    """1 where a year of the question is the passage's, by its own words or its headings'; -1 where another is.

    A passage that names none is of the year that its report's title names; 0 where neither does.
    """
    asked = relative_years(text, ref.facts.year)
    if not asked:
        return 0
    for source in (passage.text, *reversed(passage.path)):
        stands = relative_years(source, ref.facts.year)
        if stands:
            return 1 if set(stands) & set(asked) else -1
    about = ref.facts.year
    if about is None or ref.facts.kind.endswith("工作报告") or str(about) not in ref.facts.title:
        return 0  # looks back and ahead, or does not say what year it is about
    return 1 if about in asked or (plans(text) and about + 1 in asked) else -1
