"""文号 (GB/T 9704) in a question: 青司〔2024〕12号, 〔2024〕12号, [2024]12号, 2024年12号文."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from index.types import ReportRef
from retrieval.question.places import Holders
from retrieval.types import Chip

_NUMBER = re.compile(
    r"(?P<code>[一-鿿]{0,12})\s*[〔\[［(（【]\s*(?P<year>(?:19|20)\d\d)\s*年?[〕\]］)）】]\s*第?\s*(?P<at>\d{1,5})\s*号"
    r"|(?P<year_of>(?:19|20)\d\d)\s*年\s*第?\s*(?P<at_of>\d{1,5})\s*号文"
)
_CODE = re.compile(r"[^的是在看据按照问查下和与及跟]{0,8}$")
_NO_CODE = re.compile(r"(?:^|[的是在看据按照问查下和与及跟]|文号|文件|通知|通报|报告)$")


def documents(
    text: str, reports: Sequence[ReportRef], allowed: frozenset[int], without: Collection[str], holders: Holders | None
) -> tuple[tuple[Chip, ...], frozenset[int], str]:
    """Chips of the numbers named, the rows left of those allowed, and why none is, in Chinese.

    A number that no report bears is left open where a report mentions it, and refused else.
    """
    chips: list[Chip] = []
    rows: set[int] = set()
    for match in _NUMBER.finditer(text):
        year, at = match["year"] or match["year_of"], match["at"] or match["at_of"]
        before = match["code"] or ""
        bearing = {ref.row: ref.facts.number for ref in reports if _bears(ref.facts.number, before, year, at)}
        name = next(iter(bearing.values()), f"〔{year}〕{at}号")
        if f"number:{name}" in without:
            continue
        code = name.partition("〔")[0] if bearing else _CODE.search(before)[0]  # type: ignore[index]
        said = (code if before.endswith(code) else "") + text[match.start() + len(before) : match.end()]
        if bearing:
            chips.append(Chip("number", name, said))
            rows |= bearing.keys()
        elif not (holders and (holders(said) or holders(name))):
            return (), frozenset(), f"没有文号是“{said}”的报告。{_nearest(reports)}"
    if not chips:
        return (), allowed, ""
    kept = frozenset(rows) & allowed
    whose = "、".join(chip.value for chip in chips)
    return tuple(chips), kept, "" if kept else f"{whose}不是问到的单位的报告。{_nearest([ref for ref in reports if ref.row in rows])}"


def _bears(number: str, before: str, year: str, at: str) -> bool:
    """Whether a report's 文号 is the one said; `before`: the letters that stand before its year, its code at their end."""
    held = _NUMBER.search(number)
    if held is None or (held["year"], held["at"]) != (year, at):
        return False
    return before.endswith(held["code"]) or _NO_CODE.search(before) is not None


def _nearest(reports: Sequence[ReportRef]) -> str:
    have = [f"{ref.facts.number}（{ref.facts.title or ref.name}）" for ref in reports if ref.facts.number][:3]
    return f"有文号的是：{'、'.join(have)}。" if have else "所收报告都没有读到文号。"
