"""What 今年, 去年底 and 截至目前 mean in a report: said beside a quotation, never written into it."""

from __future__ import annotations

import re

from index.types import Facts

_SHIFTS = {"大前年": -3, "前年": -2, "去年": -1, "上年": -1, "上一年": -1, "今年": 0, "本年": 0, "当年": 0, "明年": 1, "次年": 1, "下一年": 1}
_YEAR = re.compile(rf"(?P<year>{'|'.join(sorted(_SHIFTS, key=len, reverse=True))})(?P<part>度|[底末初]|上半年|下半年|前[三四]?季度)?(?!轻|[代龄级])")
_NOW = re.compile(r"截至目前|截止目前|到目前为止|目前|现在")


def explained(text: str, facts: Facts) -> str:
    """What a quotation's relative times mean, as a Chinese line; empty where it has none."""
    return "，".join(f"“{said}”指{means}" for said, means in relative_times(text, facts))


def relative_times(text: str, facts: Facts) -> tuple[tuple[str, str], ...]:
    """A quotation and its report's facts → (去年底, 2023年底), ... in the order said, each once.

    Years count from the year that the report is about, as its own 今年 does; 目前 is the day of issue, where it is known.
    """
    found: list[tuple[int, str, str]] = []
    if facts.year is not None:
        for match in _YEAR.finditer(text):
            part = "" if match["part"] in (None, "度") else match["part"]
            found.append((match.start(), match[0], f"{facts.year + _SHIFTS[match['year']]}年{part}"))
    if facts.issued:
        found += [(match.start(), match[0], f"报告落款日 {facts.issued}") for match in _NOW.finditer(text)]
    return tuple({said: (said, means) for _, said, means in sorted(found)}.values())
