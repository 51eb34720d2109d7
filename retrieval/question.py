"""text + what the corpus knows → Question: which reports are meant, and what is asked for.

A name that is no report's restricts nothing while the reports mention it, and is refused when none does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from index.types import ReportRef, YoujuError
from retrieval.asks import asks
from retrieval.names import QUOTED, Holders, Mention, boundaries, mentions_of, most_specific, occurrences
from retrieval.types import Chip, Question
from retrieval.unknown import unknown
from retrieval.years import SHORT_YEAR, plans, years

LONGEST = 500  # characters of a question
_AFTER_KIND = re.compile(r"里|中|说|提|显|指出|写|披露|公布|的|[,，。？?]|$|上|分别|各")


class QuestionError(YoujuError):
    """A question that cannot be asked: empty or too long."""


def understand(
    text: str, reports: Sequence[ReportRef], without: Collection[str] = (), *, holders: Holders | None = None
) -> Question:
    """A question as typed and the reports there are → the question understood.

    `without` holds "slot:value" of chips taken off.  `holders` says which reports mention a name: with it a name that
    merely stands inside reports is left open instead of refused.  Raises QuestionError on an empty question and on one
    of more than 500 characters.
    """
    text = normalise(text)
    everything = frozenset(ref.row for ref in reports)
    bounds = boundaries(text)
    mentions = [m for m in mentions_of(text, reports, bounds, holders) if f"{m.slot}:{m.value}" not in without]
    mentions = most_specific(mentions)
    allowed = frozenset().union(*(m.rows for m in mentions)) if mentions else everything
    nothing = unknown(text, mentions, reports, bounds, holders, without)
    chips = [Chip(m.slot, m.value, text[m.start : m.end]) for m in mentions]  # type: ignore[arg-type]
    if not nothing:
        for chip, rows in _kinds(text, reports, allowed):
            if f"kind:{chip.value}" not in without:
                chips, allowed = [*chips, chip], rows
        for chip, rows in _year_filter(text, reports, allowed, without):
            chips, allowed = [*chips, chip], rows
        nothing = _no_such_year(text, reports, allowed, mentions, holders)
    cut = [(m.start, m.end) for m in mentions]
    return Question(
        text=text,
        asks=asks(text),
        chips=tuple(dict.fromkeys(chips)),
        allowed=frozenset() if nothing else (allowed if chips else None),
        rest=_rest(text, cut),
        nothing=nothing,
    )


def normalise(text: str) -> str:
    """Width and white space made one (NFKC); raises QuestionError when nothing or too much is left."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
    # NFKC makes these half-width; the reports' own text keeps them full, and so do titles and quotations here.
    wide = str.maketrans(",;:!?", "，；：！？")
    text = re.sub(r"(?<=[一-鿿》”])[,;:!?](?=[一-鿿《“])", lambda m: m[0].translate(wide), text)
    if not re.search(r"\w", text):
        raise QuestionError("问题是空的：请输入要问的内容，例如“青川市司法局2024年收到多少件行政复议申请？”")
    if len(text) > LONGEST:
        raise QuestionError(f"问题有 {len(text)} 个字，超过 {LONGEST} 个字的上限：请缩短后再问")
    return text


def groups(question: Question, reports: Sequence[ReportRef]) -> list[tuple[str, frozenset[int]]]:
    """The reports of each unit or region that a question names, in its order; one group when it names fewer than two.

    A name that several units share (吉林 for a province and a city) is one group.
    """
    allowed = frozenset(ref.row for ref in reports) if question.allowed is None else question.allowed
    found: dict[str, frozenset[int]] = {}
    for chip in question.chips:
        if chip.slot not in ("unit", "region"):
            continue
        rows = {
            ref.row
            for ref in reports
            if chip.value in (ref.facts.unit if chip.slot == "unit" else f"{ref.facts.region} {ref.facts.unit}")
        }
        found[chip.said] = found.get(chip.said, frozenset()) | (rows & allowed)
    found = {said: rows for said, rows in found.items() if rows}
    return list(found.items()) if len(found) > 1 else [("", allowed)]


def _kinds(text: str, reports: Sequence[ReportRef], allowed: frozenset[int]) -> Iterator[tuple[Chip, frozenset[int]]]:
    """The kind said in full, when the reports left are of several kinds."""
    quoted = [(m.start(), m.end()) for m in QUOTED.finditer(text)]
    rows: dict[str, set[int]] = {}
    for ref in reports:
        if ref.row in allowed and ref.facts.kind:
            rows.setdefault(ref.facts.kind, set()).add(ref.row)
    if len(rows) < 2:
        return
    for kind in sorted(rows, key=len, reverse=True):
        for start in occurrences(text, kind):
            end = start + len(kind)
            if not any(start < e and s < end for s, e in quoted) and _AFTER_KIND.match(text, end):
                yield Chip("kind", kind, kind), frozenset(rows[kind])
                return


def _year_filter(
    text: str, reports: Sequence[ReportRef], allowed: frozenset[int], without: Collection[str]
) -> Iterator[tuple[Chip, frozenset[int]]]:
    """Of one unit's yearly reports of one kind, those of the years named.

    A work report looks back and ahead, so a year only raises it (search.py); a plan for a year stands in the report
    of the year before.
    """
    named = [y for y in years(text) if f"year:{y}" not in without]
    if not named:
        return
    wanted = {*named, *(y - 1 for y in named)} if plans(text) else set(named)
    groups: dict[tuple[str, str, str], list[ReportRef]] = {}
    for ref in reports:
        if ref.row in allowed:
            groups.setdefault((ref.facts.unit, ref.facts.region, ref.facts.kind), []).append(ref)
    dropped: set[int] = set()
    for (unit, region, kind), refs in groups.items():
        if not (unit or region) or not kind or kind.endswith("工作报告") or len({r.facts.year for r in refs}) < 2:
            continue
        if any(ref.facts.year in wanted for ref in refs):
            dropped |= {ref.row for ref in refs if ref.facts.year is not None and ref.facts.year not in wanted}
    if dropped:
        left = allowed - dropped
        for year in named:
            yield Chip("year", str(year), _said_year(text, year)), left


def _said_year(text: str, year: int) -> str:
    return next((s for s in (f"{year}年", str(year), f"{year % 100:02d}年") if s in text), str(year))


def _no_such_year(
    text: str,
    reports: Sequence[ReportRef],
    allowed: frozenset[int],
    mentions: Sequence[Mention],
    holders: Holders | None,
) -> str:
    """A year that no report left is about, next to, or mentions."""
    named = years(text)
    about = sorted({ref.facts.year for ref in reports if ref.row in allowed and ref.facts.year is not None})
    undated = any(ref.facts.year is None for ref in reports if ref.row in allowed)
    if not named or not about or undated or holders is None:
        return ""
    for year in named:
        if any(abs(year - y) <= 1 for y in about) or frozenset(holders(str(year))) & allowed:
            return ""
    whose = "、".join(dict.fromkeys(m.value for m in mentions)) or "所收"
    return f"{whose}的报告没有讲到{'、'.join(map(str, named))}年；有的是{'、'.join(map(str, about))}年的。"


def _rest(text: str, cut: Sequence[tuple[int, int]]) -> str:
    """The question less the words of its chips, with short years written out: what is left to search for."""
    kept, at = [], 0
    for start, end in sorted(cut):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    rest = " ".join([*kept, text[at:]])
    rest = SHORT_YEAR.sub(lambda m: f"20{m[1]}年" if int(m[1]) > 5 else m[0], rest)
    rest = re.sub(r"\s+", " ", rest).strip(" 的，,、和与")
    return rest if len(re.findall(r"[一-鿿A-Za-z0-9]", rest)) >= 2 else text
