"""Slips of a pinyin keyboard and traditional characters, put right by the reports' own words.

A run of words that stands in no report, and that makes a word of the reports when one character is replaced by another of
the same or a near sound, is taken for that word (公正处 → 公证处).  Sounds are pypinyin's, characters OpenCC's.
"""

from __future__ import annotations

import functools
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from retrieval.question.divisions import called
from retrieval.question.places import QUOTED, Holders

Frequency = Callable[[str], int]
"""A word as `index.lexical.segment` gives it → how many passages hold it."""

LONGEST = 4  # characters of a run: 法律援助
FREQUENT = 3  # passages that hold a word of two characters before another is taken for it
_NO_PART = frozenset("的了在和与及或是有被把这那哪几某各每个吗呢么不没多少何谁啥年月日")
# Two characters are slight evidence: neither may be one that stands alone everywhere.
_ALONE = _NO_PART | frozenset(
    "对从向到由给比跟同为以于之其件名吧无也都就还又再只才将已曾着过地得上下中里内外前后大小高低号一二三四五六七八九十百千万亿两第"
    "我你他她它们您怎如请问想说做办收占用能会要可让使来去出进起开看找设建立成化性者人家项次种类条份处所级员量率数额价费款"
)


@dataclass(frozen=True)
class Slip:
    """A run of a question and the word that is meant."""

    start: int
    end: int
    right: str


def simplified(text: str, frequency: Frequency) -> str:
    """A text in simplified characters, those that the reports write left as they are."""
    found = _converter()(text)
    if found == text or len(found) != len(text):
        return text
    return "".join(new if new == old or not frequency(old) else old for old, new in zip(text, found, strict=True))


def slips(text: str, bounds: frozenset[int], frequency: Frequency, holders: Holders | None, names: str = "") -> Iterator[Slip]:
    """Runs of a text's words that are slips, from left to right.

    `bounds`: where its words begin and end; `names`: the reports' units and places, which are never touched.
    """
    quoted = [(m.start(), m.end()) for m in QUOTED.finditer(text)]
    cuts = sorted(bounds)
    done = 0
    for at, start in enumerate(cuts):
        if start < done:
            continue
        for end in (cut for cut in reversed(cuts[at + 1 : at + 1 + LONGEST]) if 2 <= cut - start <= LONGEST):
            run = text[start:end]
            parts = [text[a:b] for a, b in zip(cuts[at:], cuts[at + 1 :], strict=False) if b <= end]
            if not _may_be_wrong(run, parts, frequency) or any(start < e and s < end for s, e in quoted):
                continue
            if run in names or called(run) or run[-1] in "省市县区州":
                continue
            right = _meant(run, frequency)
            if right and not (holders and holders(run)):
                yield Slip(start, end, right)
                done = end
                break


def _may_be_wrong(run: str, parts: list[str], frequency: Frequency) -> bool:
    if len(parts) == 1 or not re.fullmatch(r"[一-鿿]+", run) or frequency(run):
        return False  # one part: a word of the dictionary
    if len(run) == 2:
        return not set(run) & _ALONE
    if run[-1] in "局厅院委" and len(parts[-1]) == 1 and len(parts) == 2:
        return False  # 水务局 is another organ than 税务局
    return not set(run) & _NO_PART


def _meant(run: str, frequency: Frequency) -> str:
    """The reports' word that sounds most like a run, the more frequent of two; empty where there is none."""
    best: tuple[int, int, str] | None = None
    for at, written in enumerate(run):
        for other, distance in _near(written):
            word = run[:at] + other + run[at + 1 :]
            if (len(run) == 2 and distance) or other in _NO_PART:
                continue
            held = frequency(word)
            if held >= (FREQUENT if len(run) == 2 else 1) and (best is None or (distance, -held) < best[:2]):
                best = (distance, -held, word)
    return best[2] if best else ""


@functools.cache
def _converter() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


@functools.lru_cache(maxsize=8192)
def _near(character: str) -> tuple[tuple[str, int], ...]:
    """Common characters that sound like one, with 0 for the same sound and tone, 1 for the same sound, 2 for a near one."""
    readings = _readings(character)
    found: dict[str, int] = {}
    for reading in readings:
        for other in _by_sound().get(_blurred(reading), ()):
            same = _readings(other)
            distance = 0 if set(readings) & set(same) else 1 if {*map(_plain, readings)} & {*map(_plain, same)} else 2
            found[other] = min(distance, found.get(other, 2))
    found.pop(character, None)
    return tuple(found.items())


@functools.cache
def _by_sound() -> Mapping[str, tuple[str, ...]]:
    """Blurred sounds → the 3,755 everyday characters (GB 2312, level 1) that have them."""
    codes = (bytes([high, low]) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    found: dict[str, list[str]] = {}
    for character in (code.decode("gb2312", "ignore") for code in codes):
        for reading in _readings(character) if character else ():
            found.setdefault(_blurred(reading), []).append(character)
    return {sound: tuple(dict.fromkeys(characters)) for sound, characters in found.items()}


@functools.lru_cache(maxsize=8192)
def _readings(character: str) -> tuple[str, ...]:
    """The two commonest readings of a character, with their tones: zhèng, zhēng."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # 40 MB of readings of words
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    from pypinyin.constants import PINYIN_DICT  # reads its dictionary, so only who corrects pays for it

    return tuple(reading for reading in PINYIN_DICT.get(ord(character), "").split(",")[:2] if reading)


def _plain(reading: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", reading) if not unicodedata.combining(c))


def _blurred(reading: str) -> str:
    """A sound as many keyboards and dialects blur it: zh ch sh as z c s, final ng as n."""
    return re.sub(r"ng$", "n", re.sub(r"^([zcs])h", r"\1", _plain(reading)))
