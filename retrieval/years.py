"""Years that a text names, and whether a passage speaks of those that a question means."""

from __future__ import annotations

import functools
import re

from index.types import Passage, ReportRef
from retrieval.asks import TITLE

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?=\s*(?:年|[-—–~至到]\s*(?:19|20)\d{2}|[1-4一二三四]季度|上半年|下半年))")
_YEAR_END = re.compile(r"(?<=\d[-—–~至到])\s*((?:19|20)\d{2})(?=年)")
_BARE_YEAR = re.compile(r"(?<![\d.])(20[0-4]\d)(?![\d.%％]|\s*(?:[多余]|[万亿]?[个件宗人名项份次元]))")
SHORT_YEAR = re.compile(r"(?<![\d.连续近第满了])([0-4]\d)年(?!来|间|以上|以下|期|后|前|制|级|龄|多|的时间|[一-鿿]?连)")
_RELATIVE = ((r"今年|本年度?(?!底)", 0), (r"去年|上一?年度?|过去一年", -1), (r"前年", -2), (r"明年|下一年度?", 1))
_PLAN = re.compile(r"打算|计划|目标|将|准备|预计|预期|下一步|安排|要[^求]|争取|力争|拟")


def years(text: str) -> tuple[int, ...]:
    """Years a question names outside titles: 2023年, 23年, 2023—2025年; in order, each once."""
    bare = TITLE.sub(lambda m: " " * len(m[0]), text)
    found = [(m.start(), int(m[1])) for p in (_YEAR, _YEAR_END, _BARE_YEAR) for m in p.finditer(bare)]
    found += [(m.start(), 2000 + int(m[1])) for m in SHORT_YEAR.finditer(bare) if int(m[1]) > 5]
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
