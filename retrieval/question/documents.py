"""The documents that a question names: by their kind, in full or as people say it (年报, 法治报告, 整改通报), or by their 文号
(GB/T 9704: 青司〔2024〕12号, 〔2024〕12号, [2024]12号, 2024年12号文)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from index.types import ReportRef
from retrieval.question.places import QUOTED, Holders, occurrences
from retrieval.types import Chip

# ---- by kind

# (what people say, what the kind or title of the reports meant holds): the first that fits
_EVERYDAY: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(said), re.compile(meant)) for said, meant in (
        (r"(?:法治(?:政府)?(?:建设)?|依法行政)(?:工作)?(?:年度)?(?:情况)?(?:报告|年报|总结)", r"法治政府建设"),
        (r"(?:政府|政务)?(?:信息|政务)公开(?:工作)?(?:年度)?(?:报告|年报)", r"信息公开"),
        (r"(?:巡[察视]|集中)?整改(?:落实)?(?:情况|进展)?的?(?:通报|报告)|巡[察视]通报", r"整改"),
        (r"政府报告|政府的?工作报告", r"政府工作"),
        (r"(?:年度|年终)?(?:工作)?总结(?:报告)?", r"总结"),
        (r"统计公报|公报", r"公报"), (r"审计(?:工作|结果)?报告", r"审计"), (r"预算报告", r"预算"), (r"决算报告", r"决算"),
        (r"述职(?:述廉)?(?:述法)?报告", r"述职"), (r"(?:工作)?要点", r"要点"), (r"白皮书", r"白皮书"), (r"蓝皮书", r"蓝皮书"),
        (r"工作报告", r"工作报告"), (r"年报|年度报告", r"年度报告|年报"),
    )
)  # fmt: skip
_AFTER_KIND = re.compile(r"里|中|说|提|显|指出|写|披露|公布|的|[,，。？?]|$|上|分别|各")
_AS_SOURCE = re.compile(r"(?:里|中|上|内)(?:面|头|边)?(?![一-鿿]?[级国央心])|说|提到|显示|指出|写|披露|讲")
_BEFORE = re.compile(r"(?:^|(?:19|20)\d{2}\s*年?度?的?|(?:去|今|前|上一?)年度?的?)$")


def by_kind(
    text: str, reports: Sequence[ReportRef], allowed: frozenset[int], ends: Collection[int], without: Collection[str],
    holders: Holders | None,
) -> tuple[Chip | None, frozenset[int], str]:
    """The chip of the kind named, the rows it leaves of those allowed, and why none is left, in Chinese.

    `ends`: where the units and places named end.  A kind that every report left has needs no chip; one that none has is
    refused where the question speaks of what stands in it and no report mentions it.
    """
    left = [ref for ref in reports if ref.row in allowed]
    for said, source, rows, name in _said(text, reports, ends):
        if f"kind:{name}" in without:
            continue
        kept = rows & allowed
        if kept and kept != allowed:
            return Chip("kind", name, said), kept, ""
        if kept or not source or any(not ref.facts.kind for ref in left) or (holders and frozenset(holders(said)) & allowed):
            return None, allowed, ""
        have = "、".join(dict.fromkeys(ref.facts.kind for ref in left))
        return None, allowed, f"没有问到的“{said}”；有的是{have}。"
    return None, allowed, ""


def _said(
    text: str, reports: Sequence[ReportRef], ends: Collection[int]
) -> Iterator[tuple[str, bool, frozenset[int], str]]:
    """(words, whether what stands in it is asked for, rows of that kind, its name) of each kind said; full names first."""
    quoted = [(m.start(), m.end()) for m in QUOTED.finditer(text)]
    rows: dict[str, set[int]] = {}
    for ref in reports:
        if ref.facts.kind:
            rows.setdefault(ref.facts.kind, set()).add(ref.row)
    taken: list[tuple[int, int]] = list(quoted)
    for kind in sorted(rows, key=len, reverse=True):
        for start in occurrences(text, kind):
            end = start + len(kind)
            if any(start < e and s < end for s, e in taken):
                continue
            taken.append((start, end))
            if _AFTER_KIND.match(text, end):
                yield kind, _AS_SOURCE.match(text, end) is not None, frozenset(rows[kind]), kind
    for said, meant in _EVERYDAY:
        for match in said.finditer(text):
            start, end = match.span()
            source = _AS_SOURCE.match(text, end) is not None
            led = start in ends or _BEFORE.search(text[:start]) is not None
            if any(start < e and s < end for s, e in taken) or not (source or led):
                continue
            taken.append((start, end))
            held = frozenset(ref.row for ref in reports if meant.search(f"{ref.facts.kind} {ref.facts.title}"))
            names = {ref.facts.kind for ref in reports if ref.row in held}
            yield match[0], source, held, names.pop() if len(names) == 1 and "" not in names else match[0]


# ---- by number

_NUMBER = re.compile(
    r"(?P<code>[一-鿿]{0,12})\s*[〔\[［(（【]\s*(?P<year>(?:19|20)\d\d)\s*年?[〕\]］)）】]\s*第?\s*(?P<at>\d{1,5})\s*号"
    r"|(?P<year_of>(?:19|20)\d\d)\s*年\s*第?\s*(?P<at_of>\d{1,5})\s*号文"
)
_CODE = re.compile(r"[^的是在看据按照问查下和与及跟]{0,8}$")
_NO_CODE = re.compile(r"(?:^|[的是在看据按照问查下和与及跟]|文号|文件|通知|通报|报告)$")


def by_number(
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
    have = [f"{ref.facts.number}（{ref.title}）" for ref in reports if ref.facts.number][:3]
    return f"有文号的是：{'、'.join(have)}。" if have else "所收报告都没有读到文号。"
