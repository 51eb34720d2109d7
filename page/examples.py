"""Example questions made from what is indexed, by rule, each kept only if the system answers it from where it was made.

Two rules: a clause that is nothing but a subject, a figure and its unit asks for the figure; a heading that says what was
done asks how.
"""

from __future__ import annotations

import itertools
import re
from collections import deque
from collections.abc import Iterator

from index.corpus import Corpus
from index.types import Facts, Passage, Report
from retrieval.ask import ask

UNITS = "万人次|人次|万件|万户|万人|万吨|万亩|亿元|万元|公里|平方米|千瓦时|件|起|份|项|个|家|名|人|户|场|次|场次|条|所|辆|套|处|亩|%"
FIGURE = re.compile(
    rf"^(?P<what>[\u4e00-\u9fff]{{4,18}}?)(?P<verb>达到|达|为|共计|共)?(?P<figure>\d[\d,，.]*)\s*(?P<unit>{UNITS})$"
)
# a subject that leans on the clause before it makes no question of its own
LEANS = re.compile(
    r"^(其中|同比|环比|较|比|增长|下降|上升|减少|占|约|共|各|并|还|又|均|分别|累计|今年|去年|全年|该|本|此|对|在|为|被|由|以|按|于|至|近|超|从|向|已|年|月|日|另|等|及|和|与|带动|使|让|将|把|通过|计划|力争|确保|拟)"
    r"|(分别|约|超过|超|近|不少于|不低于|至少|第|前|增长|下降|上升|提高|减少|压减|至|到|了|过|和|与|及|或|占|比|的|是)$"
)
HEADING = re.compile(
    r"^(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)]|\d+[.．、])\s*"
    r"(?P<what>(?:推进|加强|健全|完善|优化|提升|深化|规范|强化|推动|促进|改善|保障|落实|夯实)[\u4e00-\u9fff、“”]{4,20})[。：]?$"
)
NUMBERING = re.compile(r"^(?:[一二三四五六七八九十]+、|[（(].{1,3}[）)]|\d+[.．、])")


def _whose(facts: Facts) -> str:
    """The words that name one report, '' where it does not say whose it is: 青川市司法局2024年.

    A work report is of one year and tells of another, so its questions name none.
    """
    if "工作报告" in facts.kind:
        return facts.where
    return facts.whose and facts.whose + (f"{facts.year}年" if facts.year else "")


def figure_question(clause: str, facts: Facts) -> str:
    """The question a clause answers, or '' : 办理行政复议案件126件 → 青川市司法局2024年办理行政复议案件多少件？"""
    found = FIGURE.match(clause.strip())
    if not found or LEANS.search(found["what"]) or not _whose(facts):
        return ""
    share = "百分之多少" if found["what"].endswith(("为", "是", "达", "到")) else "是百分之多少"
    asked = share if found["unit"] == "%" else f"{found['verb'] or ''}多少{found['unit']}"
    return f"{_whose(facts)}{found['what']}{asked}？"


def heading_question(title: str, facts: Facts) -> str:
    """The question a heading answers, or '' : （三）规范行政执法行为 → 青川市司法局2024年如何规范行政执法行为？"""
    found = HEADING.match(title.strip())
    return f"{_whose(facts)}如何{found['what']}？" if found and _whose(facts) else ""


def _topic(question: str) -> str:
    """The last words before what is asked: two questions that share them read alike."""
    return re.sub(r"(达到|达|为|共计|共)?(是?百分之)?多少.*$|？$", "", question)[-4:]


def _of_passage(passage: Passage, facts: Facts) -> Iterator[str]:
    for clause in re.split(r"[，。；：！？\s]", NUMBERING.sub("", passage.text)):
        if question := figure_question(clause, facts):
            yield question


def _of_report(report: Report, headings_first: bool) -> Iterator[tuple[str, int, int]]:
    """(question, start, end of where its answer stands) for every question the report makes."""
    figures = (
        (question, passage.start, passage.end)
        for passage in report.passages
        for question in _of_passage(passage, report.facts)
    )
    ends = [heading.start for heading in report.headings[1:]] + [len(report.text)]
    headings = (
        (question, heading.start, end)
        for heading, end in zip(report.headings, ends, strict=False)
        if (question := heading_question(heading.title, report.facts))
    )
    yield from itertools.chain(headings, figures) if headings_first else itertools.chain(figures, headings)


def answered(corpus: Corpus, text: str, row: int, start: int, end: int) -> bool:
    """Whether the system answers it from where it was made."""
    answer = ask(corpus, text)
    return answer.status == "answered" and any(
        citation.report.row == row and citation.start < end and citation.end > start for citation in answer.citations
    )


def examples(corpus: Corpus, count: int = 6, tries: int = 48) -> tuple[str, ...]:
    """Up to `count` questions, from as many reports as there are, asking `ask` at most `tries` times.

    Reports take turns, one question each, so that one whose questions fail does not use up the tries of the others.
    """
    makers = deque(
        (ref.row, _of_report(corpus.report(ref.row), headings_first=at % 3 == 2))
        for at, ref in enumerate(corpus.reports()[: 4 * count])
    )
    found: list[str] = []
    topics: set[str] = set()
    waiting: deque[tuple[int, Iterator[tuple[str, int, int]]]] = deque()  # reports that made one already
    while (makers or waiting) and len(found) < count and tries > 0:
        turn = makers or waiting
        row, maker = turn.popleft()
        text, start, end = next(maker, ("", 0, 0))
        if not text:
            continue
        if (topic := _topic(text)) not in topics:
            tries -= 1
            if answered(corpus, text, row, start, end):
                found.append(text)
                topics.add(topic)
                turn = waiting
        turn.append((row, maker))
    return tuple(found)
