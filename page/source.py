"""The source panel: a report's cleaned text with its outline, one sentence of it highlighted.

Text between the tags is the report's own, character for character: a blank line becomes a block's edge, nothing else is
added but page numbers, which are drawn by the style sheet and so stay out of what is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from index.types import Heading, Report, ReportRef
from page.export import reference
from page.html import heading_trail

RUNS_ON = "。：:；;，,、."


def blocks(report: Report) -> Iterator[tuple[int, int, int | None]]:
    """(start, end, index of the heading at its start or None) over the text, in order, line breaks left out.

    A heading inside a long line begins a block of its own, so that a report in one line can be read; one that its sentence
    runs on from (一是…。) keeps the sentence.
    """
    heads = {heading.start: at for at, heading in enumerate(report.headings)}
    edges = {0, len(report.text)}
    for heading in report.headings:
        end = heading.start + len(heading.title)
        edges |= {heading.start} if report.text[end : end + 1] in tuple(RUNS_ON) else {heading.start, end}
    at = -1
    while (at := report.text.find("\n", at + 1)) >= 0:
        edges |= {at, at + 1}
    cuts = sorted(edges)
    for start, end in pairwise(cuts):
        if report.text[start:end].strip():
            yield start, end, heads.get(start)


def heading_path(report: Report, offset: int) -> tuple[str, ...]:
    """Titles of the headings above an offset, outermost first."""
    path: list[Heading] = []
    for heading in report.headings:
        if heading.start > offset:
            break
        path = [above for above in path if above.level < heading.level] + [heading]
    return tuple(heading.title for heading in path)


def _run(report: Report, start: int, end: int, here: tuple[int, int], mark: tuple[int, int] | None) -> str:
    """text[start:end] escaped, page breaks and highlights put in."""
    pages = {page.start: page.number for page in report.pages}
    cuts = {start, end, *here, *(mark or ()), *pages}
    edges = sorted(cut for cut in cuts if start <= cut <= end)
    parts = []
    for left, right in pairwise(edges):
        if left in pages:
            parts.append(f'<span class="page" data-page="第 {pages[left]} 页" aria-hidden="true"></span>')
        piece = escape(report.text[left:right])
        if here[0] <= left and right <= here[1]:
            short = mark is not None and mark[0] <= left and right <= mark[1]
            piece = f'<mark class="here{" answer" if short else ""}">{piece}</mark>'
        parts.append(piece)
    return "".join(parts)


def _outline(report: Report, here: int) -> str:
    if not report.headings:
        return ""
    current = max((at for at, heading in enumerate(report.headings) if heading.start <= here), default=-1)
    current_mark = ' aria-current="true"'
    items = "".join(
        f'<li class="level-{heading.level}"><button type="button" data-act="goto" data-goto="h{at}" data-offset="{heading.start}"'
        f"{current_mark if at == current else ''}>{escape(heading.title)}</button></li>"
        for at, heading in enumerate(report.headings)
    )
    return f'<details class="outline" open><summary>目录</summary><nav aria-label="目录"><ol>{items}</ol></nav></details>'


def sheet(
    ref: ReportRef,
    report: Report,
    start: int,
    end: int,
    mark: tuple[int, int] | None = None,
    opened: int = 0,
    paged: bool = False,
    original: bool = False,
) -> str:
    """The panel's HTML with text[start:end] highlighted; start == end highlights nothing.

    `mark` is the short answer in offsets of the text; `opened` tells one opening from the next, so that a second click on
    the same citation scrolls back to it.  `paged`: its pages can be shown as they were printed; `original`: its file is there.
    """
    here = (max(0, start), min(len(report.text), end))
    body = []
    for left, right, head in blocks(report):
        if head is None:
            body.append(f"<p>{_run(report, left, right, here, mark)}</p>")
            continue
        heading = report.headings[head]
        edge = min(right, left + len(heading.title))
        title = _run(report, left, edge, here, mark)
        if edge == right:
            body.append(f'<h3 class="level-{heading.level}" id="h{head}" tabindex="-1">{title}</h3>')
        else:
            rest = _run(report, edge, right, here, mark)
            body.append(f'<p><strong id="h{head}" tabindex="-1">{title}</strong>{rest}</p>')
    facts = report.facts
    about = " · ".join(
        part for part in (facts.unit, f"{facts.year}年" if facts.year else "", facts.issued, ref.name) if part
    )
    path, page = heading_path(report, start), report.page_at(start)
    trail = heading_trail(path, page) if end > start else ""
    where = f'<p class="trail">{escape(trail)}</p>' if trail else ""
    quoted = report.text[here[0] : here[1]].strip()
    said = f"“{quoted}”——{reference(ref, path, page)}" if quoted else reference(ref)
    label = "复制引文" if quoted else "复制出处"
    views = (
        '<div class="views" role="group" aria-label="显示"><button type="button" class="tool" data-act="view" data-view="pages" '
        'aria-pressed="true">原页</button><button type="button" class="tool" data-act="view" data-view="text" aria-pressed="false">文字</button></div>'
    )
    file = f'<a class="tool" href="page/original/{escape(ref.id)}" download title="下载收录时的原文件">原文件</a>' if original else ""
    sheets = f'<div class="pages" data-places="page/places/{escape(ref.id)}?start={here[0]}&amp;end={here[1]}" tabindex="0" '
    sheets += 'role="region" aria-label="报告原页" hidden><p class="say waiting" role="status">正在打开原页…</p></div>'
    return (
        f'<section class="sheet" aria-label="原文" data-opened="{opened}"><header><div><h2 tabindex="-1">'
        f'{escape(ref.title)}</h2><p class="about">{escape(about)}</p>{where}</div>'
        f'<button type="button" class="close" data-act="close" aria-label="关闭原文">×</button></header>'
        f'<div class="bar"><div class="walk" role="group" aria-label="各处出处" hidden>'
        f'<button type="button" class="tool" data-act="step" data-by="-1" aria-label="上一处">‹</button>'
        f'<span class="at" role="status"></span>'
        f'<button type="button" class="tool" data-act="step" data-by="1" aria-label="下一处">›</button></div>{views if paged else ""}'
        f'<span class="gap"></span><button type="button" class="tool" data-act="copy" data-copy="{escape(said)}">{label}</button>{file}</div>'
        f'<div class="columns">{_outline(report, start)}<div class="leaf"><div class="text" tabindex="0" role="region" aria-label="报告正文">'
        f"{''.join(body)}</div>{sheets if paged else ''}</div></div></section>"
    )
