"""One indicator over many reports as HTML: a column that sorts, a bar chart, a file for spreadsheets, and who says nothing."""

from __future__ import annotations

import re
from html import escape

from page.html import cited_at
from retrieval.tables.export import chart
from retrieval.tables.summary import names
from retrieval.types import Citation, Row, Table

_GLUED = re.compile(r"[0-9A-Za-z.,%‰]{2}|[0-9%‰][年月日万亿元%‰]")
AROUND = 28  # characters of the quotation shown on either side of the figure; its citation opens the rest
FEW = 12  # bars that leave the table in view


def _near(citation: Citation) -> str:
    """The quotation's words around the figure, cut where … stands, and never inside a figure or a Latin word."""
    quote = citation.quote
    left, right = citation.mark or (0, 0)
    first, last = max(0, left - AROUND), min(len(quote), right + (AROUND if citation.mark else 3 * AROUND))
    while first and _GLUED.fullmatch(quote[first - 1 : first + 1]):
        first -= 1
    while last < len(quote) and _GLUED.fullmatch(quote[last - 1 : last + 1]):
        last += 1
    said = f"{escape(quote[first:left])}<mark>{escape(quote[left:right])}</mark>" if citation.mark else ""
    return f"{'…' if first else ''}{said}{escape(quote[right:last])}{'…' if last < len(quote) else ''}"


def _line(row: Row, at: int, name: str) -> str:
    facts = row.report.facts
    number = "" if row.number is None else f"{row.number if row.upper is None else (row.number + row.upper) / 2:.6f}"
    who = escape(name)
    title = escape(row.report.title)
    return (
        f'<tr data-at="{at}" data-name="{who}" data-number="{number}" data-unit="{escape(row.unit)}">'
        f'<th scope="row">{who}<span class="file">{title}{f" · {facts.year}年" if facts.year and str(facts.year) not in facts.title else ""}</span></th>'
        f'<td class="value"><button type="button" class="cell" {cited_at(row.citation)} '
        f'aria-label="{who}：{escape(row.value)}，打开出处">{escape(row.value)}</button></td>'
        f'<td class="said">{_near(row.citation)}</td></tr>'
    )


def table(found: Table, csv: str = "") -> str:
    """The table; `csv` is the address of its file for spreadsheets."""
    rows = "".join(_line(row, at, name) for at, (row, name) in enumerate(zip(found.rows, names(found.rows), strict=True)))
    drawn = chart(found)
    opened = " open" if len(found.rows) <= FEW else ""
    bars = f'<details class="bars"{opened}><summary>条形图</summary><figure tabindex="0" aria-label="条形图">{drawn}</figure></details>'
    figure = bars if drawn else ""
    sheet = f'<a class="file-link" href="{escape(csv)}" download>下载表格（CSV）</a>' if csv else ""
    head = "".join(
        f'<th scope="col" aria-sort="none"><button type="button" data-act="sort" data-by="{by}">{escape(name)}'
        f'<span aria-hidden="true" class="arrow"></span></button></th>'
        for by, name in (("name", "报告"), ("number", found.indicator))
    )
    missing = "".join(
        f'<li><button type="button" class="open" data-act="cite" data-report="{ref.row}" data-start="0" data-end="0">'
        f"{escape(ref.title)}</button></li>"
        for ref in found.missing
    )
    silent = f'<details class="more missing"><summary>{len(found.missing)} 份报告没有写明</summary><ul>{missing}</ul></details>'
    return (
        f'<section class="figures" aria-label="{escape(found.indicator)}"><p class="summary">{escape(found.summary)}</p>{figure}'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(found.indicator)}，表格"><table><thead><tr>{head}'
        f'<th scope="col">原文</th></tr></thead><tbody>{rows}</tbody></table></div>'
        f'<p class="links">{sheet}</p>{silent if found.missing else ""}</section>'
    )
