"""Units and regions that a question names and no report is of: refused with the nearest there is, never searched in silence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence

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


def unknown(
    text: str,
    mentions: Sequence[Mention],
    reports: Sequence[ReportRef],
    bounds: frozenset[int],
    holders: Holders | None,
    without: Collection[str],
) -> str:
    """Why no report is meant, in Chinese; empty when every name is a report's or stands inside the reports."""
    units = units_of(reports)
    known = {name for u in units for part in u.parts for name in (part, short_name(part))}
    known |= {value.partition(":")[2] for value in without}
    covered = [(m.start, m.end) for m in mentions] + [(m.start(), m.end()) for m in QUOTED.finditer(text)]

    def stands(name: str, rows: frozenset[int] | None = None) -> bool:
        held = frozenset(holders(name)) if holders else frozenset()
        return bool(held if rows is None else held & rows)

    for mention in mentions:
        if mention.slot != "region":
            continue
        match = ORGAN.match(text, mention.end)
        if match and match.end() in bounds and not _FUNCTION_WORD.search(match[0]):
            organ = match[0]
            if re.match("[两二三四五六七八九十各几多]", organ):
                continue
            # 潮东市司法局 is not the bureau of one of its districts
            inner = [u for u in units if mention.value in (*u.above, *u.parts[:-1]) and u.organ == organ]
            if inner and not (stands(mention.value + organ, mention.rows) or any(u.parts[-1] == mention.value for u in units)):
                return _no_report(mention.value + organ, reports)
            if not (stands(organ) or stands(organ.removeprefix("市").removeprefix("区").removeprefix("县"))):
                return _no_report(text[mention.start : mention.end] + organ, reports)
    for start, end, name in _region_shaped(text, bounds, covered):
        if name in known or any(name.endswith(k) and len(k) > 2 for k in known) or _same(name) & known:
            continue
        organ_match = ORGAN.match(text, end)
        full = name + organ_match[0] if organ_match and not _FUNCTION_WORD.search(organ_match[0]) else name
        # what a question opens with is what it is about: it must be a report's, not merely mentioned
        subject = start == 0 and not mentions and (full != name or re.match(TIME, text[end:]))
        if subject or not (stands(full) or (full == name and stands(short_name(name)))):
            return _no_report(full, reports)
    for start, end, name in _provinces_named(text, bounds, covered):
        if name not in known and ((start == 0 and re.match(TIME, text[end:])) or not stands(name)):
            return _no_report(name, reports)
    for start, name, subject in _divisions_named(text, bounds, covered):
        if _same(name) & known or any(m.end == start and m.value in _outer(name) and stands(name, m.rows) for m in mentions):
            continue
        if (subject and not mentions) or not any(stands(each) for each in (name, short_name(name))):
            return _no_report(name, reports)
    for start, end, name in _before_an_organ(text, units, bounds, covered):
        if not stands(name):
            return _no_report(text[start:end], reports)
    return ""


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


def _no_report(name: str, reports: Sequence[ReportRef]) -> str:
    return f"没有“{name}”的报告。{_nearest(name, reports)}"


def _nearest(name: str, reports: Sequence[ReportRef]) -> str:
    have = dict.fromkeys(ref.facts.unit or ref.facts.region or ref.name for ref in reports)
    if not have:
        return "还没有收入任何报告，请先添加报告。"
    around = frozenset.intersection(*(frozenset(place.within) for place in called(name))) if called(name) else ()  # 湖南省 for 长沙
    near = {unit: (any(outer in unit for outer in around), difflib.SequenceMatcher(None, name, unit).ratio()) for unit in have}
    ranked = sorted(have, key=lambda unit: near[unit], reverse=True)
    more = f"等 {len(ranked)} 个单位" if len(ranked) > 3 else ""
    return f"最接近的有：{'、'.join(ranked[:3])}{more}。"
