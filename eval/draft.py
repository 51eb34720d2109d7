"""Questions drafted from a report's own words, for its owner to correct: a start where there is no gold.

Figures become questions of how much, headings with parts beneath them questions of which, headings over a text questions
of how.  What is drafted is close to the wording; an owner's own way of asking has to be put in by hand.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.types import Facts, Heading, Report
from retrieval.question import spans

SUBJECT, EVIDENCE = 4, 60  # least characters before a figure that say what it counts; about the most of a quote
_NUMBERING = re.compile(r"^[（(]?[一二三四五六七八九十\d]+[)）、.．]\s*|^[一二三四五六七八九十]+是")
_PART = re.compile(r"^第.{1,3}部分|^附[件录则]")
_EMPTY = re.compile(r"^(?:其中|同比|比上年|较上年|分别|约|近|达|共|并|其|该|此)")


def draft(report: Report, most: int, taken: int = 0) -> list[dict[str, Any]]:
    """At most `most` gold lines of a report, kinds mixed, ids from D-{taken + 1}; the same each time.

    Each holds `"draft": true`, which readers of gold pass over, until somebody corrects it.
    """
    kinds = [list(_figures(report)), list(_parts(report)), list(_how(report)), list(_enumerations(report))]
    draw = random.Random(report.id)
    for one in kinds:
        draw.shuffle(one)
    mixed = [line for turn in itertools.zip_longest(*kinds) for line in turn if line]
    seen: set[str] = set()
    kept = [line for line in mixed if not (line["question"] in seen or seen.add(line["question"]))][:most]  # type: ignore[func-returns-value]
    return [{"id": f"D-{taken + number:03d}"} | line for number, line in enumerate(kept, 1)]


def _line(report: Report, question: str, kind: str, answers: list[str], evidence: list[str]) -> dict[str, Any]:
    return {
        "question": question, "type": kind, "phrasing": "close", "reports": [Path(report.name).stem], "answers": answers,
        "require": "all", "evidence": evidence, "draft": True,
    }  # fmt: skip


def _figures(report: Report) -> Iterator[dict[str, Any]]:
    """收到申请405件 → 收到申请多少件？"""
    for passage in report.passages:
        for left, right in spans.sentences(passage.text):
            sentence = passage.text[left:right]
            for start, end in spans.clauses(sentence):
                clause = sentence[start:end].strip("，。；：、 \n")
                found = [span for span in spans.figures(clause) if span.unit]
                if len(found) != 1 or _EMPTY.match(clause) or "\n" in clause:
                    continue
                figure, before = found[0], clause[: found[0].start]
                subject = _NUMBERING.sub("", before).strip()
                if len(subject) < SUBJECT or re.search(r"[\d（）()“”《》]", subject) or len(subject) > 30:
                    continue
                value = clause[figure.start : figure.end]
                share = value.endswith(("%", "％"))
                asked = f"{subject}{'百分之多少' if share else '多少' + figure.unit}？"
                yield _line(report, _of(report.facts) + asked, "number", [value], [_around(sentence, clause)])


def _parts(report: Report) -> Iterator[dict[str, Any]]:
    """A heading with three to eight headings beneath it → which are they?"""
    for at, heading in enumerate(report.headings):
        below: list[Heading] = []
        for other in report.headings[at + 1 :]:
            if other.level <= heading.level:
                break
            if not below or other.level == below[0].level:
                below.append(other)
        titles = [_bare(one.title) for one in below]
        if 3 <= len(titles) <= 8 and all(4 <= len(title) <= 30 for title in titles) and len(_bare(heading.title)) >= 4:
            asked = f"“{_bare(heading.title)}”包括哪几个方面？"
            yield _line(report, _of(report.facts) + asked, "list", titles, [one.title for one in below])


def _how(report: Report) -> Iterator[dict[str, Any]]:
    """A heading over a text → how was it done?  The first clauses of the text are to be checked as the answer."""
    for passage in report.passages:
        title = _bare(passage.path[-1]) if passage.path else ""
        body = passage.text.removeprefix(passage.path[-1] if passage.path else "").lstrip("。：: \n")
        clauses = [body[a:b].strip("，。；：、 \n") for a, b in spans.clauses(body)]
        clauses = [one for one in clauses if len(one) >= 8 and "\n" not in one and not any(one in head.title for head in report.headings)]
        if 6 <= len(title) <= 24 and len(clauses) >= 2 and not _PART.match(title):
            yield _line(report, f"{_of(report.facts)}在“{title}”方面是怎么做的？", "how", clauses[:1], clauses[:2])


def _enumerations(report: Report) -> Iterator[dict[str, Any]]:
    """一是……二是…… → which are they?"""
    for passage in report.passages:
        items = [passage.text[a:b] for a, b in spans.enumeration(passage.text)]
        heads = [re.split(r"[，。；：\n]", _NUMBERING.sub("", item))[0] for item in items]
        title = _bare(passage.path[-1]) if passage.path else ""
        itself = any(head in title for head in heads)  # the heading is one of the items: what it heads is not known
        if 2 <= len(heads) <= 6 and all(4 <= len(head) <= 30 for head in heads) and len(title) >= 4 and not itself:
            evidence = [item[:EVIDENCE].split("\n")[0] for item in items]
            yield _line(report, f"{_of(report.facts)}“{title}”采取了哪几项措施？", "list", heads, evidence)


def _of(facts: Facts) -> str:
    """Whose report, of which year: what keeps a question from being anybody's."""
    who = facts.whose
    year = f"{facts.year}年" if facts.year else ""
    return f"{who}{year}" if who or year else f"《{facts.title}》中" if facts.title else ""


def _around(sentence: str, clause: str) -> str:
    """A clause, or, where it is too short to be found by, the sentence about it."""
    at = sentence.find(clause)
    start = 0 if len(sentence) <= EVIDENCE else max(0, at - EVIDENCE // 2)
    return clause if len(clause) >= 8 else sentence[start : start + EVIDENCE]


def _bare(title: str) -> str:
    return _NUMBERING.sub("", title).strip("。：: 　")
