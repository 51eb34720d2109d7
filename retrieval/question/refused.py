"""Units and regions that a question names and no report is of: refused with the nearest there is, never searched in silence."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from index.types import ReportRef
from retrieval.question.divisions import LONGEST, called, divisions, short_name
from retrieval.question.places import (
    COMMON_NOUN,
    ORGAN,
    PROVINCES,
    QUOTED,
    TIME,
    Holders,
    Mention,
    Unit,
    abbreviations,
    occurrences,
    opens,
    stands_alone,
    units_of,
)

_LIKE_A_REGION = re.compile(r"[一-鿿]{2,7}?(?:自治区|自治州|自治县|省|市|县|区)")
_FUNCTION_WORD = re.compile(r"[的了在和与及或是有被把对从向到给这那哪几某各全本该我其]")
_NOT_A_PLACE = frozenset(
    ["本局", "我局", "当地", "上级", "下级", "基层", "中级", "高级", "最高", "人民", "各级", "相关", "有关",
     "全市", "全省", "全县", "全区", "该市", "本市", "我市"]
)


@dataclass(frozen=True)
class _Read:
    """A question as it was read: the units and places named in it that reports are of, and how to look up others."""

    text: str
    mentions: Sequence[Mention]
    units: Sequence[Unit]
    known: frozenset[str]  # names of places that reports are of, in full and short, and those of chips taken off
    bounds: frozenset[int]  # where its words begin and end
    covered: Sequence[tuple[int, int]]  # what is a mention or a quotation
    holders: Holders | None

    def stands(self, name: str, rows: frozenset[int] | None = None) -> bool:
        """Whether a name stands in the text of some report, or of one of the rows."""
        held = frozenset(self.holders(name)) if self.holders else frozenset()
        return bool(held if rows is None else held & rows)


def stranger(
    text: str,
    mentions: Sequence[Mention],
    reports: Sequence[ReportRef],
    bounds: frozenset[int],
    holders: Holders | None,
    without: Collection[str],
) -> str:
    """The first name that no report is of and none mentions; empty when every name is a report's or stands inside the reports."""
    units = units_of(reports)
    known = {name for u in units for part in u.parts for name in (part, short_name(part))}
    known |= {value.partition(":")[2] for value in without}
    covered = [(m.start, m.end) for m in mentions] + [(m.start(), m.end()) for m in QUOTED.finditer(text)]
    read = _Read(text, mentions, units, frozenset(known), bounds, covered, holders)
    return next(itertools.chain.from_iterable(find(read) for find in (_organs, _regions, _provinces, _divisions, _before_organs)), "")


def no_report(name: str, reports: Sequence[ReportRef]) -> str:
    """That no report is of a name, and which come nearest, in Chinese."""
    return f"没有“{name}”的报告。{_nearest(name, reports)}"


# ---- names that no report is of, nor mentions


def _organs(read: _Read) -> Iterator[str]:
    """青川市税务局: the place is a report's, its organ is none's."""
    for mention in read.mentions:
        match = ORGAN.match(read.text, mention.end) if mention.slot == "region" else None
        if not match or match.end() not in read.bounds or _FUNCTION_WORD.search(match[0]):
            continue
        organ = match[0]
        if re.match("[两二三四五六七八九十各几多]", organ):
            continue
        # 潮东市司法局 is not the bureau of one of its districts
        inner = [u for u in read.units if mention.value in (*u.above, *u.parts[:-1]) and u.organ == organ]
        own = any(u.parts[-1:] == (mention.value,) for u in read.units)
        if inner and not own and not read.stands(mention.value + organ, mention.rows):
            yield mention.value + organ
        elif not (read.stands(organ) or read.stands(organ.removeprefix("市").removeprefix("区").removeprefix("县"))):
            yield read.text[mention.start : mention.end] + organ


def _regions(read: _Read) -> Iterator[str]:
    """Names in the shape of a place's, with the organ behind them."""
    for start, end, name in _region_shaped(read.text, read.bounds, read.covered):
        if name in read.known or any(name.endswith(k) and len(k) > 2 for k in read.known) or _same(name) & read.known:
            continue
        organ = ORGAN.match(read.text, end)
        full = name + organ[0] if organ and not _FUNCTION_WORD.search(organ[0]) else name
        # what a question opens with is what it is about: it must be a report's, not merely mentioned
        subject = start == 0 and not read.mentions and (full != name or re.match(TIME, read.text[end:]))
        if subject or not (read.stands(full) or (full == name and read.stands(short_name(name)))):
            yield full


def _provinces(read: _Read) -> Iterator[str]:
    for start, end, name in _provinces_named(read.text, read.bounds, read.covered):
        if name not in read.known and ((start == 0 and re.match(TIME, read.text[end:])) or not read.stands(name)):
            yield name


def _divisions(read: _Read) -> Iterator[str]:
    for start, name, subject in _divisions_named(read.text, read.bounds, read.covered):
        inside = any(m.end == start and m.value in _outer(name) and read.stands(name, m.rows) for m in read.mentions)
        if _same(name) & read.known or inside:
            continue
        if (subject and not read.mentions) or not any(read.stands(each) for each in (name, short_name(name))):
            yield name


def _before_organs(read: _Read) -> Iterator[str]:
    for start, end, name in _before_an_organ(read.text, read.units, read.bounds, read.covered):
        if not read.stands(name):
            yield read.text[start:end]


# ---- where such names stand


def _region_shaped(
    text: str, bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    for start in sorted(bounds):
        match = _LIKE_A_REGION.match(text, start)
        if not match or any(start < e and s < match.end() for s, e in covered):
            continue
        stem_end = match.end() - (3 if match[0].endswith(("自治区", "自治州", "自治县")) else 1)
        inner = sum(start < b < stem_end for b in bounds)
        # a name that no dictionary has falls apart in segmentation: taken where it opens the question as its subject
        if inner and start == 0 and (re.match(TIME, text[match.end() :]) or ORGAN.match(text, match.end())):
            inner = 0
        if inner or not opens(text, start) or (match.end() not in bounds and stem_end not in bounds):
            continue
        if not COMMON_NOUN.search(match[0]) and not _FUNCTION_WORD.search(match[0]):
            yield start, match.end(), match[0]


def _provinces_named(
    text: str, bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    for name in PROVINCES:
        for start in occurrences(text, name):
            end = start + len(name)
            free = not any(start < e and s < end for s, e in covered)
            if free and end in bounds and stands_alone(text, start, end, False, bounds):
                yield start, end, name
    table = {a: name for name, short in PROVINCES.items() for a in short.split()}
    for start, end, letters in abbreviations(text, bounds, covered):
        if start == 0 and re.match(TIME, text[end:]):
            yield from ((start, end, table[letter]) for letter in letters if letter in table)


def _divisions_named(
    text: str, bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, str, bool]]:
    """Prefectures and counties of the country's table, and whether one is what the question opens with.

    A short name may be an everyday word (和平, 白银): one of a prefecture counts where the tagger takes it for a place, any
    other only as an opening before a time or an organ.
    """
    tagged: set[tuple[int, str]] | None = None
    for start in sorted(bounds):
        for end in range(min(len(text), start + LONGEST), start + 1, -1):
            name = text[start:end]
            places = called(name)
            if not places or COMMON_NOUN.search(name) or any(start < e and s < end for s, e in covered):
                continue
            follows = bool(re.match(TIME, text[end:]) or ORGAN.match(text, end))
            if end not in bounds and not follows:
                continue
            full = len(name) > 2 and name in divisions()
            if not full and not stands_alone(text, start, end, False, bounds):
                continue
            large = any(len(place.within) < 2 and not re.search("(?<!地)区$|县$", place.name) for place in places)
            if not full and not (opens(text, start) and follows):
                tagged = _places_tagged(text) if tagged is None else tagged
                if not large or (start, name) not in tagged:
                    continue
            yield start, name, start == 0 and follows and (full or large)
            break


def _places_tagged(text: str) -> set[tuple[int, str]]:
    import rjieba

    found, at = set(), 0
    for token, tag in rjieba.tag(text):
        if tag == "ns":
            found.add((at, token))
        at += len(token)
    return found


def _same(name: str) -> frozenset[str]:
    """What a report's place may be called to be the one named: 吉林市 is not 吉林, the province."""
    return frozenset({name} if len(name) > 2 and name in divisions() else {name, short_name(name)})


def _outer(name: str) -> frozenset[str]:
    return frozenset(outer for place in called(name) for outer in place.within)


def _before_an_organ(
    text: str, units: Sequence[Unit], bounds: frozenset[int], covered: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int, str]]:
    """平川司法局: a word before an organ that the corpus has, where the word is no region of the corpus."""
    for organ in {u.organ for u in units if len(u.organ) >= 3}:
        for at in occurrences(text, organ):
            start = max((b for b in bounds if b < at), default=-1)
            word = text[start:at] if start >= 0 else ""
            whole = start, at + len(organ)
            if not 2 <= len(word) <= 4 or not re.fullmatch(r"[一-鿿]+", word) or at not in bounds:
                continue
            if word in _NOT_A_PLACE or _FUNCTION_WORD.search(word) or re.match("[两二三四五六七八九十多]", word):
                continue
            if any(whole[0] < e and s < whole[1] for s, e in covered):
                continue
            yield *whole, word


def _nearest(name: str, reports: Sequence[ReportRef]) -> str:
    have = dict.fromkeys(ref.whose for ref in reports)
    if not have:
        return "还没有收入任何报告，请先添加报告。"
    around = frozenset.intersection(*(frozenset(place.within) for place in called(name))) if called(name) else ()  # 湖南省 for 长沙
    near = {unit: (any(outer in unit for outer in around), difflib.SequenceMatcher(None, name, unit).ratio()) for unit in have}
    ranked = sorted(have, key=lambda unit: near[unit], reverse=True)
    more = f"等 {len(ranked)} 个单位" if len(ranked) > 3 else ""
    return f"最接近的有：{'、'.join(ranked[:3])}{more}。"
