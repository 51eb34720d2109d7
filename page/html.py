"""Answers and reports as escaped HTML.

Pure functions: what flows out of `retrieval` goes in, a string comes out.  Nothing of a report, a file name or a question
gets into the page but through `escape`.  Buttons carry what they do as `data-act` and its arguments; `talk.js` listens.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape

from index.types import ReportRef
from retrieval.types import ABSTAIN, Answer, Chip, Citation, Hit

SLOTS = {"unit": "单位", "region": "地区", "year": "年份", "kind": "文种"}


def report_title(report: ReportRef) -> str:
    """The report's own title, else its file name."""
    return report.facts.title or report.name


def heading_trail(path: Sequence[str], page: int | None) -> str:
    """Heading path and page as one line: `一、… › （二）… · 第 3 页`."""
    trail = " › ".join(path)
    return " · ".join(part for part in (trail, f"第 {page} 页" if page is not None else "") if part)


def _chip_value(slot: str, value: str) -> str:
    return f"{value}年" if slot == "year" and value.isdigit() else value


def _where(report: ReportRef, path: Sequence[str], page: int | None) -> str:
    """What a reader checks: the report, then where in it and which file."""
    below = [heading_trail(path, page), report.name if report.facts.title else ""]
    where = " · ".join(part for part in below if part)
    return f'<span class="title">{escape(report_title(report))}</span><span class="trail">{escape(where)}</span>'


def _open_at(report: ReportRef, start: int, end: int, mark: tuple[int, int] | None = None) -> str:
    """Attributes of a button that opens the source at text[start:end]; `mark` in offsets of the text."""
    marked = f' data-mark="{mark[0]},{mark[1]}"' if mark else ""
    return f'data-act="cite" data-report="{report.row}" data-start="{start}" data-end="{end}"{marked}'


def _cited_at(citation: Citation) -> str:
    mark = (citation.start + citation.mark[0], citation.start + citation.mark[1]) if citation.mark else None
    return _open_at(citation.report, citation.start, citation.end, mark)


def marked_quote(citation: Citation) -> str:
    """The quote, escaped, with the short answer in it in a `<mark>`."""
    if citation.mark is None:
        return escape(citation.quote)
    left, right = citation.mark
    before, short, after = citation.quote[:left], citation.quote[left:right], citation.quote[right:]
    return f"{escape(before)}<mark>{escape(short)}</mark>{escape(after)}"


def chips(chips: Sequence[Chip], without: Collection[str], turn: int) -> str:
    """What was understood, each with a button that asks again without it; what was taken off can be put back."""
    items = []
    for chip in chips:
        value, slot = _chip_value(chip.slot, chip.value), SLOTS[chip.slot]
        items.append(
            f'<button type="button" class="chip" data-act="drop" data-turn="{turn}" '
            f'data-chip="{escape(f"{chip.slot}:{chip.value}")}" title="去掉这个限定，重新查找" '
            f'aria-label="去掉{slot}“{escape(value)}”，重新查找">'
            f'<span class="slot">{slot}</span>{escape(value)}<span class="cross" aria-hidden="true">×</span></button>'
        )
    for key in sorted(without):
        slot, _, value = key.partition(":")
        if slot in SLOTS:
            value = _chip_value(slot, value)
            items.append(
                f'<button type="button" class="chip off" data-act="keep" data-turn="{turn}" '
                f'data-chip="{escape(key)}" title="恢复这个限定，重新查找" '
                f'aria-label="恢复{SLOTS[slot]}“{escape(value)}”，重新查找">'
                f'<span class="slot">{SLOTS[slot]}</span>{escape(value)}</button>'
            )
    return f'<div class="chips" role="group" aria-label="查找范围">{"".join(items)}</div>' if items else ""


def _number(citation: Citation) -> str:
    return (
        f'<button type="button" class="cite" {_cited_at(citation)} '
        f'aria-label="打开第 {citation.number} 处出处">{citation.number}</button>'
    )


def _quote(citation: Citation) -> str:
    return (
        f'<li class="quote"><blockquote>{marked_quote(citation)}{_number(citation)}</blockquote>'
        f'<button type="button" class="from" {_cited_at(citation)} title="在原文中查看">'
        f"{_where(citation.report, citation.path, citation.page)}</button></li>"
    )


def _hit(hit: Hit) -> str:
    passage = hit.passage
    why = f'<span class="why">{escape(hit.why)}</span>' if hit.why else ""
    return (
        f'<li class="hit"><blockquote>{escape(passage.text)}</blockquote>'
        f'<button type="button" class="from" {_open_at(hit.report, passage.start, passage.end)} title="在原文中查看">'
        f"{_where(hit.report, passage.path, passage.page)}</button>{why}</li>"
    )


def _others(answer: Answer) -> list[Hit]:
    """Hits that the answer does not already quote."""
    cited = {citation.passage_id for citation in (*answer.citations, *answer.candidates)}
    return [hit for hit in answer.hits if hit.passage.id not in cited]


def _folded(label: str, hits: Sequence[Hit], shown: int) -> str:
    if not hits:
        return ""
    items = "".join(_hit(hit) for hit in hits[:shown])
    return f'<details class="more"><summary>{label}（{min(shown, len(hits))} 处）</summary><ol>{items}</ol></details>'


def _candidate(citation: Citation, turn: int, at: int) -> str:
    facts = citation.report.facts
    who = facts.unit or facts.region or report_title(citation.report)
    label = " · ".join(part for part in (who, f"{facts.year}年" if facts.year else "", facts.kind) if part)
    return (
        f'<li class="candidate"><button type="button" class="choose" data-act="choose" data-turn="{turn}" '
        f'data-candidate="{at}">{escape(label)}</button>'
        f'<blockquote>{marked_quote(citation)}</blockquote>'
        f'<button type="button" class="from" {_cited_at(citation)} title="在原文中查看">'
        f"{_where(citation.report, citation.path, citation.page)}</button></li>"
    )


def _short(answer: Answer) -> str:
    if not answer.short:
        return ""
    holder = next((c for c in answer.citations if c.mark and c.quote[slice(*c.mark)] == answer.short), None)
    return f'<p class="short">{escape(answer.short)}{_number(holder) if holder else ""}</p>'


def reply(answer: Answer, turn: int = 0) -> str:
    """What is shown below a question: short answer, verbatim sentences with citations, then what else was found."""
    note = f'<p class="note">{escape(answer.note)}</p>' if answer.note else ""
    if answer.status == "ambiguous":
        items = "".join(_candidate(citation, turn, at) for at, citation in enumerate(answer.candidates))
        more = _folded("其他相关段落", _others(answer), 8)
        return f'<p class="say">{escape(answer.text)}</p>{note}<ol class="candidates">{items}</ol>{more}'
    if answer.status == "abstained":
        nothing = answer.question.nothing
        reason = f'<p class="note">{escape(nothing)}</p>' if nothing and nothing not in (answer.note, answer.text) else ""
        more = _folded("最接近的段落", list(answer.hits), 5)
        return f'<p class="say declined">{escape(answer.text or ABSTAIN)}</p>{note}{reason}{more}'
    quotes = "".join(_quote(citation) for citation in answer.citations)
    return f'{_short(answer)}<ol class="quotes">{quotes}</ol>{note}{_folded("还找到的相关段落", _others(answer), 8)}'


def turn(text: str, answer: Answer | None, error: str = "", without: Collection[str] = (), number: int = 0) -> str:
    """One question with its reply; `answer` None and no error: still being looked for."""
    if error:
        body = f'<p class="say error" role="alert">{escape(error)}</p>'
    elif answer is None:
        body = '<p class="say waiting" role="status">正在查找…</p>'
    else:
        body = chips(answer.question.chips, without, number) + reply(answer, number)
    return (
        f'<article class="turn" aria-label="第 {number + 1} 问"><h2 class="asked">{escape(text)}</h2>'
        f'<div class="reply">{body}</div></article>'
    )


def welcome(examples: Sequence[str], reports: int) -> str:
    """The page before the first question: what it does, and questions the indexed reports answer."""
    if not reports:
        return (
            '<section class="welcome empty"><h1>还没有收录报告</h1>'
            "<p>添加报告之后就可以提问。</p>"
            '<button type="button" class="primary" data-act="library">添加报告</button></section>'
        )
    items = "".join(
        f'<li><button type="button" class="example" data-act="ask" data-text="{escape(text)}">{escape(text)}</button></li>'
        for text in examples
    )
    listed = f'<p class="try">可以这样问</p><ul class="examples">{items}</ul>' if items else ""
    return (
        f'<section class="welcome"><h1>问报告，句句有据</h1><p>已收录 {reports} 份报告。回答逐字摘自原文，点开出处即可核对。</p>'
        f"{listed}</section>"
    )


def library(reports: Sequence[ReportRef]) -> str:
    """The reports indexed, as a table that becomes a list of cards on a phone."""
    if not reports:
        return '<p class="say">还没有收录报告。</p>'
    rows = []
    for report in reports:
        facts = report.facts
        warnings = "".join(f"<li>{escape(warning)}</li>" for warning in report.warnings)
        warned = f'<details class="warnings"><summary>{len(report.warnings)} 条提示</summary><ul>{warnings}</ul></details>'
        cells = (
            ("单位", escape(facts.unit or "—")),
            ("地区", escape(facts.region or "—")),
            ("年份", str(facts.year or "—")),
            ("文种", escape(facts.kind or "—")),
            ("字数", f"{report.characters:,}"),
            ("提示", warned if report.warnings else "无"),
        )
        title = (
            f'<button type="button" class="open" data-act="cite" data-report="{report.row}" data-start="0" data-end="0">'
            f'{escape(report_title(report))}</button><span class="file">{escape(report.name)}</span>'
        )
        rows.append(
            f'<tr><th scope="row">{title}</th>'
            + "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in cells)
            + "</tr>"
        )
    total = sum(report.characters for report in reports)
    head = "".join(f'<th scope="col">{label}</th>' for label in ("报告", "单位", "地区", "年份", "文种", "字数", "提示"))
    return (
        f'<p class="count">共 {len(reports)} 份报告，{total:,} 字。</p><div class="scroll"><table class="reports"><thead><tr>{head}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def progress(done: int, total: int, doing: str, outcomes: Sequence[tuple[str, str]] = ()) -> str:
    """An upload under way: how many files are through, and the outcome of each as (file name, reason it failed or '')."""
    items = "".join(
        f'<li class="{"bad" if reason else "good"}"><strong>{escape(name)}</strong>{escape(reason or "已收录")}</li>'
        for name, reason in outcomes
    )
    bar = f'<progress max="{max(total, 1)}" value="{done}" aria-label="收录进度"></progress>' if done < total else ""
    return f'<div class="upload" role="status"><p>{escape(doing)}</p>{bar}<ul>{items}</ul></div>'
