"""Relative times are explained with the report's own year and date, and only explained."""

from __future__ import annotations

import pytest

from index.types import Facts
from retrieval.answer.relative_times import relative_times

REPORT = Facts(title="青川市政府工作报告", year=2025, kind="政府工作报告", issued="2025-01-12")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("今年新建水库5座，比去年底多2座。", (("今年", "2025年"), ("去年底", "2024年底"))),
        ("前年受理36件，明年上半年完成。", (("前年", "2023年"), ("明年上半年", "2026年上半年"))),
        ("截至目前，在册人员672人。", (("截至目前", "报告落款日 2025-01-12"),)),
        ("今年以来，今年前三季度。", (("今年", "2025年"), ("今年前三季度", "2025年前三季度"))),
        ("上年度办结86件。", (("上年度", "2024年"),)),
        ("2024年办结86件，十年间增长一倍，少年宫、当年轻人。", ()),
    ],
)
def test_what_a_relative_time_means(text: str, means: tuple[tuple[str, str], ...]) -> None:
    assert relative_times(text, REPORT) == means


def test_a_report_without_a_year_or_a_date_explains_nothing() -> None:
    assert relative_times("今年和去年，截至目前。", Facts(title="某单位报告")) == ()
