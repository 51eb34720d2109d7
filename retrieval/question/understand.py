"""text + what the corpus knows → Question: which reports are meant, and what is asked for.

A name that is no report's restricts nothing while the reports mention it, and is refused when none does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from index.types import ReportRef, YoujuError
from retrieval.question.asks import asks
from retrieval.question.documents import by_kind, by_number
from retrieval.question.places import Holders, Mention, boundaries, mentions_of, most_specific, units_of
from retrieval.question.refused import no_report, stranger
from retrieval.question.spelling import Frequency, Slip, simplified, slips
from retrieval.question.years import SHORT_LIST, SHORT_YEAR, covered, latest, latest_said, plain_years, plans, years
from retrieval.types import Chip, Question

LONGEST = 500  # characters of a question
_POLITE = re.compile(
    r"^(?:(?:您好|你好|不好意思|打扰(?:一下|了)|劳驾|麻烦(?:[你您])?(?:一下)?(?![的事])|请问一?下?|请教一?下?"
    r"|(?P<can>能不能|能否|可否|可不可以|可以|能)?(?:请|麻烦)?[你您]?(?:再)?"
    r"(?:告诉我|跟我说|和我说|帮忙?我?(?:查|看|找|问)|给我(?:查|看|找|说|讲))(?:一下|一查|一看|看|下|说|讲)?"
    r"|(?:我|我们)?(?:很|就|还)?(?:想要?|要)(?:知道|了解|问|查|看看|咨询|打听|查询|请教)(?:一下|下|问|查)?|问(?:一下|下|个问题)"
    r"|查(?:一下|下)|咨询(?:一下|下))[，,、:：!！。~ ]*)+(?:关于)?"
)
_THANKS = re.compile(r"[，,。!！?？ ]*(?:谢谢|多谢|感谢|拜托)[你您啦了]*[!！。~ ]*$")
_FRANKLY = re.compile(r"(?<!进行)(?<!坚持)(?:到底|究竟)(?=[一-鿿])")
_PLACES = ("unit", "region")


class QuestionError(YoujuError):
    """A question that cannot be asked: empty or too long."""


def understand(
    text: str,
    reports: Sequence[ReportRef],
    without: Collection[str] = (),
    *,
    holders: Holders | None = None,
    frequency: Frequency | None = None,
) -> Question:
    """A question as typed and the reports there are → the question understood.

    `without` holds "slot:value" of chips taken off.  `holders` says which reports mention a name: with it a name that
    merely stands inside reports is left open instead of refused.  `frequency` says how many passages hold a word: with it
    slips of the pen and traditional characters are put right.  Raises QuestionError on an empty question and on one of
    more than 500 characters.
    """
    text = to_the_point(normalise(text))
    slipped: list[Chip] = []
    if frequency is not None:
        text = simplified(text, frequency)
        text, slipped = _put_right(text, reports, without, holders, frequency)
    everything = frozenset(ref.row for ref in reports)
    bounds = boundaries(text)
    mentions = [m for m in mentions_of(text, reports, bounds, holders) if f"{m.slot}:{m.value}" not in without]
    mentions = most_specific(mentions)
    allowed = frozenset().union(*(m.rows for m in mentions)) if mentions else everything
    unknown = stranger(text, mentions, reports, bounds, holders, without)
    nothing = no_report(unknown, reports) if unknown else ""
    chips = [Chip(m.slot, m.value, text[m.start : m.end]) for m in mentions]  # type: ignore[arg-type]
    if not nothing:
        numbered, allowed, nothing = by_number(text, reports, allowed, without, holders)
        chips += numbered
    if not nothing:
        kind, allowed, nothing = by_kind(text, reports, allowed, {m.end for m in mentions}, without, holders)
        chips += [kind] if kind else []
    if not nothing:
        for chip, rows in _year_filter(text, reports, allowed, without):
            chips, allowed = [*chips, chip], rows
        nothing = _no_such_year(text, reports, allowed, mentions, holders)
    cut = [(m.start, m.end) for m in mentions if not m.outer]
    return Question(
        text=text,
        asks=asks(text),
        chips=tuple(dict.fromkeys((*chips, *slipped))),
        allowed=frozenset() if nothing else (allowed if chips else None),
        rest=_rest(text, cut),
        nothing=nothing,
        stranger=unknown,
    )


def to_the_point(text: str) -> str:
    """A question less the courtesies around it: 麻烦问一下, 能不能告诉我…吗, 谢谢."""
    lead = _POLITE.match(text)
    bare = _THANKS.sub("", text[lead.end() :] if lead else text)
    if lead and lead["can"]:
        bare = re.sub(r"(?:吗|么|不)?[?？]?$", "", bare)
    return bare if len(re.findall(r"\w", bare)) >= 3 else text


def _put_right(
    text: str, reports: Sequence[ReportRef], without: Collection[str], holders: Holders | None, frequency: Frequency
) -> tuple[str, list[Chip]]:
    """A text with its slips replaced, and a chip for each; those taken off stand as they were written."""
    names = " ".join(dict.fromkeys(f"{ref.facts.unit} {ref.facts.region}" for ref in reports))
    found: list[tuple[Slip, Chip]] = []
    for slip in slips(text, boundaries(text), frequency, holders, names):
        said = text[slip.start : slip.end]
        chip = Chip("spelling", f"{said} → {slip.right}", said)
        if f"spelling:{chip.value}" not in without:
            found.append((slip, chip))
    for slip, _ in reversed(found):
        text = text[: slip.start] + slip.right + text[slip.end :]
    return text, [chip for _, chip in found]


def normalise(text: str) -> str:
    """Width and white space made one (NFKC); raises QuestionError when nothing or too much is left."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
    # NFKC makes these half-width; the reports' own text keeps them full, and so do titles and quotations here.
    wide = str.maketrans(",;:!?", "，；：！？")
    text = re.sub(r"(?<=[一-鿿》”])[,;:!?](?=[一-鿿《“])", lambda m: m[0].translate(wide), text)
    text = plain_years(text)
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
        if chip.slot not in _PLACES:
            continue
        rows = {
            ref.row
            for ref in reports
            if chip.value in (ref.facts.unit if chip.slot == "unit" else f"{ref.facts.region} {ref.facts.unit}")
        }
        if chip.slot == "region" and not rows & allowed:
            rows = {row for unit in units_of(reports) if chip.value in unit.above for row in unit.rows}
        found[chip.said] = found.get(chip.said, frozenset()) | (rows & allowed)
    found = {said: rows for said, rows in found.items() if rows}
    return list(found.items()) if len(found) > 1 else [("", allowed)]


def _year_filter(
    text: str, reports: Sequence[ReportRef], allowed: frozenset[int], without: Collection[str]
) -> Iterator[tuple[Chip, frozenset[int]]]:
    """Of one unit's yearly reports of one kind, those of the years named.

    A work report looks back and ahead, so a year only raises it (search/); a plan for a year stands in the report
    of the year before.
    """
    asked = [y for y in sorted(covered(text)) if f"year:{y}" not in without]
    newest = latest(text)
    if not asked and not newest:
        return
    groups: dict[tuple[str, str, str], list[ReportRef]] = {}
    for ref in reports:
        if ref.row in allowed:
            groups.setdefault((ref.facts.unit, ref.facts.region, ref.facts.kind), []).append(ref)
    dropped: set[int] = set()
    kept: set[int] = set()
    for (unit, region, kind), refs in groups.items():
        about = {ref.facts.year for ref in refs if ref.facts.year is not None}
        if not (unit or region) or not kind or kind.endswith("工作报告") or len(about) < 2:
            continue
        named = set(asked) or {y for y in sorted(about)[-newest:] if f"year:{y}" not in without}
        wanted = named | {y - 1 for y in named} if plans(text) else named
        if about & wanted:
            dropped |= {ref.row for ref in refs if ref.facts.year is not None and ref.facts.year not in wanted}
            kept |= named & about if newest and not asked else named & (set(years(text)) | about)
    if dropped:
        left = allowed - dropped
        for year in sorted(kept):
            yield Chip("year", str(year), _said_year(text, year)), left


def _said_year(text: str, year: int) -> str:
    said = next((s for s in (f"{year}年", str(year), f"{year % 100:02d}年") if s in text), "")
    return said or latest_said(text) or f"{year}年"


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
    rest = _FRANKLY.sub("", rest)
    for short in (SHORT_LIST, SHORT_YEAR):
        rest = short.sub(lambda m: f"20{m[1]}年" if int(m[1]) > 5 else m[0], rest)
    rest = re.sub(r"\s+", " ", rest).strip(" ，,、")
    rest = rest.strip(" 的，,、和与") if cut else rest
    return rest if len(re.findall(r"[一-鿿A-Za-z0-9]", rest)) >= 2 else text
