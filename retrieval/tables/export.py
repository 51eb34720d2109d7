"""A table for spreadsheets, for the terminal and as a picture."""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata

from retrieval.tables.selection import middle
from retrieval.tables.summary import comparable, label, names
from retrieval.types import Table


def to_csv(table: Table) -> str:
    """UTF-8 with a byte order mark for spreadsheets: a line a report, those that state nothing last."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["报告", "单位或地区", table.indicator, "数值", "上限", "计量单位", "限定", "原文", "标题", "页", "文件"]
    )
    for row, name in zip(table.rows, names(table.rows), strict=True):
        cited = row.citation
        writer.writerow(
            map(_cell, [
                row.report.title, name, row.value, _plain(row.number), _plain(row.upper), row.unit, row.bound,
                cited.quote, " > ".join(cited.path), cited.page or "", row.report.name,
            ])
        )  # fmt: skip
    for ref in table.missing:
        writer.writerow(map(_cell, [ref.title, label(ref), "未写明", *[""] * 7, ref.name]))
    return "\ufeff" + out.getvalue()


def to_text(table: Table) -> str:
    """A line a row for a terminal: number of its citation, name, value; then the summary and the reports that state nothing."""
    lines = [table.indicator]
    called = names(table.rows)
    width = max(map(_width, called), default=0)
    for row, name in zip(table.rows, called, strict=True):
        lines.append(f"[{row.citation.number}] {name}{' ' * (width - _width(name))}  {row.value}")
    lines.append(table.summary)
    if table.missing:
        lines.append(f"没有写明的 {len(table.missing)} 份：{'、'.join(label(ref) for ref in table.missing)}。")
    return "\n".join(lines)


def _width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _cell(content: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(content)
    return "'" + text if text[:1] in ("=", "+", "@", "\t") or re.match(r"-(?!\d)", text) else text


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:.6f}".rstrip("0").rstrip(".")


def chart(table: Table) -> str:
    """An SVG bar chart of the comparable values, in the table's order; empty when fewer than two compare."""
    rows = comparable(table.rows)
    if len(rows) < 2:
        return ""
    line, left, width, top = 26, 150, 360, 34
    height = top + line * len(rows) + 8
    low, high = min(0.0, *map(middle, rows)), max(0.0, *map(middle, rows))
    scale = width / ((high - low) or 1.0)
    zero = left - low * scale
    bars = []
    for at, (row, called) in enumerate(zip(rows, names(rows), strict=True)):
        y, amount = top + at * line, middle(row)
        name, said = html.escape(_short(called)), html.escape(row.value)
        x = zero if amount >= 0 else zero + amount * scale
        bars.append(
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{name}</text>'
            f'<rect x="{x:.1f}" y="{y + 3}" width="{abs(amount) * scale:.1f}" height="16" rx="2" opacity="0.55"/>'
            f'<text x="{max(x + abs(amount) * scale, zero) + 6:.1f}" y="{y + 15}">{said}</text>'
        )
    title = html.escape(table.indicator)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 130} {height}" role="img" aria-label="{title}" '
        f'fill="currentColor" font-size="13" font-family="inherit" class="chart"><title>{title}</title>'
        f'<text x="{left}" y="18" font-weight="600">{title}</text>'
        f'<line x1="{zero:.1f}" y1="{top}" x2="{zero:.1f}" y2="{height - 6}" stroke="currentColor" opacity="0.4"/>'
        f"{''.join(bars)}</svg>"
    )


def _short(name: str) -> str:
    return name if len(name) <= 10 else name[:9] + "…"
