"""A table in a line: how many state it, what was filtered, highest, lowest, total, mean, and the difference of two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from index.types import ReportRef
from retrieval.tables.selection import Selection, middle
from retrieval.tables.values import shown
from retrieval.types import Row

_NAMED = 3  # names said of rows that tie


def label(ref: ReportRef) -> str:
    """What a table calls a report: its region or unit; else its title or its file's name."""
    facts = ref.facts
    name = facts.unit if facts.unit and not facts.unit.endswith("人民政府") else facts.where
    return name or ref.title


def names(rows: Sequence[Row]) -> list[str]:
    """What a table calls its rows: the report, with its year where two would read the same; of one report, what each is."""
    labels = [label(row.report) for row in rows]
    named = []
    for row, name in zip(rows, labels, strict=True):
        year = row.report.facts.year
        alike = labels.count(name) > 1
        named.append(f"{name}（{row.of}）" if row.of else f"{name} {year}年" if alike and year else name)
    return named


def comparable(rows: Sequence[Row]) -> list[Row]:
    """The rows with a number in the unit that most of them have."""
    units = Counter(row.unit for row in rows if row.number is not None)
    unit = units.most_common(1)[0][0] if units else ""
    return [row for row in rows if row.number is not None and row.unit == unit]


def distinct(rows: Sequence[Row]) -> list[Row]:
    """Rows less those that say of a place what another report of the place says: counted twice they would add up wrong."""
    first: dict[tuple[object, ...], Row] = {}
    for row in rows:
        region = row.report.facts.region
        first.setdefault((region, row.number, row.upper, row.unit) if region and not row.of else (id(row),), row)
    return list(first.values())


def summary(rows: Sequence[Row], stated: Sequence[Row], reports: int, selection: Selection) -> str:
    """The rows shown, of those that state it, of the reports asked.

    Totals and means are of the comparable values shown, and say of how many.
    """
    parts = [f"{reports} 份报告中有 {len({row.report.row for row in stated})} 份写明"]
    same = distinct(comparable(rows))
    chosen = bool(selection.bounds or selection.count)
    if chosen:
        parts.append(_filtered(rows, stated, selection))
    if len(same) == 2 and not chosen:
        parts.append(difference(same))
    elif len(same) > 1:
        parts += _spread(same)
    if len(same) > 1:
        parts.append(_note(same, rows))
    return "；".join(parts) + "。"


def _filtered(rows: Sequence[Row], stated: Sequence[Row], selection: Selection) -> str:
    same = comparable(stated)
    kept = f"“{'，'.join(bound.said for bound in selection.bounds)}”的有 {len(rows)} 个" if selection.bounds else ""
    if not selection.bounds:
        kept = f"只列{'最低' if selection.lowest else '最高'}的 {len(rows)} 个"
    tied = f"（第 {selection.count} 位并列）" if selection.count and len(rows) > selection.count else ""
    left = len(stated) - len(same)
    others = f"，另 {left} 个不是可比的数值，不参加" if left else ""
    mean = ""
    if any(bound.number is None for bound in selection.bounds) and same:
        mean = f"，平均 {shown(sum(map(middle, same)) / len(same), same[0].unit)}"
    return f"{len(same)} 个可比数值中{kept}{tied}{mean}{others}"


def difference(rows: Sequence[Row]) -> str:
    """How far two values lie apart, and that it is computed: 青川市比临江市多 25件（125件 − 100件，计算得出）."""
    (low, below), (high, above) = sorted(zip(rows, names(rows), strict=True), key=lambda pair: middle(pair[0]))
    unit = "个百分点" if low.unit == "%" else low.unit
    if label(low.report) == label(high.report) and high.of and low.of:
        above, below = high.of, low.of
    if middle(low) == middle(high):
        return f"{above}与{below}相同"
    word = "高" if low.unit in ("%", "个百分点") or "/" in low.unit else "多"
    return f"{above}比{below}{word} {shown(round(middle(high) - middle(low), 6), unit)}（{high.value} − {low.value}，计算得出）"


def _spread(same: Sequence[Row]) -> list[str]:
    unit = same[0].unit
    ordered = sorted(same, key=middle)
    named = dict(zip((id(row) for row in same), names(same), strict=True))
    parts = []
    for word, end in (("最高", ordered[-1]), ("最低", ordered[0])):
        ties = list(dict.fromkeys(named[id(row)] for row in same if middle(row) == middle(end)))
        more = f"等 {len(ties)} 份" if len(ties) > _NAMED else ""
        parts.append(f"{word} {end.value}（{'、'.join(ties[:_NAMED])}{more}）")
    total = sum(map(middle, same))
    if unit not in ("%", "个百分点", "") and "/" not in unit:
        parts.append(f"合计 {shown(total, unit)}")
    return [*parts, f"平均 {shown(total / len(same), unit)}"]


def _note(same: Sequence[Row], rows: Sequence[Row]) -> str:
    twice = "，同一地区相同的数只算一次" if len(same) < len(comparable(rows)) else ""
    counted = f"{len(same)} 个可比数值" if len(same) == len(rows) else f"{len(rows)} 个中 {len(same)} 个可比数值"
    note = f"以上{'' if len(same) == len(rows) else '只'}按 {counted}计算"
    ranged = "，区间取中值" if any(row.upper is not None for row in same) else ""
    bounded = "，“左右、以上”等按所写数字计" if any(row.bound for row in same) else ""
    return note + twice + ranged + bounded
