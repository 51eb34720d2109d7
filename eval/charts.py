"""Charts as inline SVG: no script, no font, no file of their own; text is text, so it can be searched and printed.

Colours are the page's own properties (--ink, --soft, --rule, --blue, --pale, --rust), so that they turn dark with it.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

INK, SOFT, RULE, BLUE, PALE, RUST = (f"var(--{name})" for name in ("ink", "soft", "rule", "blue", "pale", "rust"))
ROW = 26  # pixels a row of a horizontal chart


@dataclass(frozen=True)
class Whisker:
    """A mean in [0, 1] with its interval."""

    label: str
    mean: float
    low: float
    high: float
    n: int
    lower_is_better: bool = False


def whiskers(rows: Sequence[Whisker]) -> str:
    """A dot on a line for each score, the line its interval; the mean stands before it, interval and count after it."""
    left, right, width = 214, 170, 780
    span = width - left - right
    height = len(rows) * ROW + 26
    parts = []
    for tick in range(0, 11, 2):
        x = left + span * tick / 10
        parts.append(_line(x, 4, x, height - 22, RULE))
        parts.append(_text(x, height - 6, f"{tick * 10}%", "middle", SOFT, 11))
    for at, row in enumerate(rows):
        y = at * ROW + ROW / 2 + 4
        colour = RUST if row.lower_is_better else BLUE
        parts.append(_text(left - 64, y + 4, row.label, "end", INK, 13))
        parts.append(_text(left - 14, y + 4, f"{row.mean:.3f}", "end", INK, 13, 600))
        parts.append(_line(left + span * row.low, y, left + span * row.high, y, colour, 3, 0.45))
        parts.append(f'<circle cx="{left + span * row.mean:.1f}" cy="{y:.1f}" r="4.5" style="fill:{colour}"/>')
        parts.append(_text(width - right + 16, y + 4, f"{row.low:.3f}–{row.high:.3f}", "start", SOFT, 12))
        parts.append(_text(width - 2, y + 4, f"{row.n}", "end", SOFT, 12))
    return _svg(width, height, parts, "各项得分与 95% 区间")


def bars(rows: Sequence[tuple[str, int]], total: int) -> str:
    """Counts as bars, each with its share of the total."""
    left, right, width = 280, 90, 780
    most = max((count for _, count in rows), default=0) or 1
    parts = []
    for at, (label, count) in enumerate(rows):
        y = at * ROW + 3
        length = (width - left - right) * count / most
        parts.append(_text(left - 12, y + 14, label, "end", INK if count else SOFT, 13))
        parts.append(f'<rect x="{left}" y="{y}" width="{max(length, 1):.1f}" height="{ROW - 9}" rx="2" style="fill:{RUST if count else RULE}"/>')
        share = f"{count}（{count / total:.0%}）" if count else "0"
        parts.append(_text(left + length + 8, y + 14, share, "start", INK if count else SOFT, 12))
    return _svg(width, len(rows) * ROW + 4, parts, "每一步丢失的问题数")


def curve(points: Sequence[tuple[float, float]], across: str, up: str, *, dots: Sequence[tuple[float, float, int]] = ()) -> str:
    """A line over [0, 1] × [0, 1]; with dots instead, each as large as its count, beside the diagonal."""
    size, left, top = 300, 52, 12
    top_value = 1.0 if dots else _round_up(max((y for _, y in points), default=0.0))
    parts = []
    for tick in range(6):
        at, share = size * tick / 5, tick / 5
        parts += [_line(left, top + size - at, left + size, top + size - at, RULE), _line(left + at, top, left + at, top + size, RULE)]
        parts.append(_text(left - 8, top + size - at + 4, f"{share * top_value:.0%}", "end", SOFT, 11))
        parts.append(_text(left + at, top + size + 16, f"{share:.0%}", "middle", SOFT, 11))
    if dots:
        parts.append(_line(left, top + size, left + size, top, SOFT, 1, 1, "4 4"))
        most = max(count for *_, count in dots)
        for x, y, count in dots:
            x, y = left + size * min(max(x, 0), 1), top + size * (1 - y)
            radius = 3 + 11 * (count / most) ** 0.5
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" style="fill:{BLUE}" fill-opacity=".55"><title>{count} 题</title></circle>')
    else:
        path = " ".join(f"{left + size * x:.1f},{top + size * (1 - y / top_value):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" style="stroke:{BLUE}" stroke-width="2"/>')
    parts.append(_text(left + size / 2, top + size + 36, across, "middle", INK, 12))
    place = f'transform="translate(13 {top + size / 2}) rotate(-90)"'
    parts.append(f'<text {place} text-anchor="middle" font-size="12" style="fill:{INK}">{html.escape(up)}</text>')
    return _svg(left + size + 26, top + size + 46, parts, f"{up}随{across}的变化", fixed=True)


def histogram(values: Sequence[float], marks: Sequence[tuple[str, float]], unit: str, count: int = 40) -> str:
    """How many values fall into each of equal steps from 0; marks are lines across, such as a median."""
    width, height, left, base = 780, 190, 40, 150
    if not values:
        return ""
    shown = sorted(values)[int(len(values) * 0.99)] if len(values) > 100 else max(values)  # a straggler hides the rest
    step = max(shown * 1.02, 1e-9) / count
    counts = [0] * count
    for value in values:
        counts[min(int(value / step), count - 1)] += 1
    span, most = width - left - 16, max(counts)
    parts = []
    for at, one in enumerate(counts):
        if one:
            x, wide, tall = left + span * at / count + 1, span / count - 2, (base - 34) * one / most
            parts.append(f'<rect x="{x:.1f}" y="{base - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}" style="fill:{PALE}"/>')
    parts.append(_line(left, base, left + span, base, SOFT))
    parts.append(_text(left - 6, base - (base - 34) + 4, str(most), "end", SOFT, 11))
    for tick in range(6):
        parts.append(_text(left + span * tick / 5, base + 16, f"{step * count * tick / 5:.0f}", "middle", SOFT, 11))
    for row, (label, value) in enumerate(marks):
        x = left + span * min(value / (step * count), 1)
        parts.append(_line(x, 22, x, base, RUST, 1.5))
        end = x > left + span * 0.75
        parts.append(_text(x + (-5 if end else 5), 20 + 14 * row, f"{label} {value:.0f}", "end" if end else "start", RUST, 12, 600))
    parts.append(_text(left + span / 2, base + 34, unit, "middle", INK, 12))
    return _svg(width, height, parts, "耗时分布")


def meter(share: float) -> str:
    """A small bar of a share, for a table's cell."""
    return (
        f'<svg class="meter" viewBox="0 0 60 8" width="60" height="8" aria-hidden="true"><rect width="60" height="8" rx="2" style="fill:{RULE}"/>'
        f'<rect width="{60 * min(max(share, 0), 1):.1f}" height="8" rx="2" style="fill:{BLUE}"/></svg>'
    )


def _round_up(value: float) -> float:
    return next(step for step in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0) if value <= step)


def _svg(width: float, height: float, parts: Sequence[str], title: str, *, fixed: bool = False) -> str:
    style = f' style="max-width:{width:.0f}px"' if fixed else ""
    return (
        f'<svg class="chart" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{html.escape(title)}"{style}>{"".join(parts)}</svg>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, opacity: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" style="stroke:{colour}" stroke-width="{width}" '
        f'stroke-opacity="{opacity}" stroke-linecap="round"{dashed}/>'
    )


def _text(x: float, y: float, text: str, anchor: str, colour: str, size: int, weight: int = 400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" style="fill:{colour}">{html.escape(text)}</text>'
    )
