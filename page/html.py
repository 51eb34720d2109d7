"""Answers and reports as escaped HTML.

Pure functions: what flows out of `retrieval` goes in, a string comes out.  Nothing of a report, a file name or a question
gets into the page but through `escape`.  Buttons carry what they do as `data-act` and its arguments; `talk.js` listens.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html import escape

from index.types import ReportRef
from page.export import cited, plain
from page.history import Kept, Turn
from retrieval.answer.numbered_lists import carries_number
from retrieval.answer.relative_times import explained
from retrieval.types import ABSTAIN, BY_COUNT, BY_VERDICT, Answer, Chip, Citation, Hit
from retrieval.wording.check import CITES

REASONS = ("答非所问", "出处不对", "不完整", "选错了报告")
SLOTS = {"unit": "单位", "region": "地区", "year": "年份", "kind": "文种", "number": "文号", "subject": "话题", "spelling": "改字"}


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
    return f'<span class="title">{escape(report.title)}</span><span class="trail">{escape(where)}</span>'


def _open_at(report: ReportRef, start: int, end: int, mark: tuple[int, int] | None = None) -> str:
    """Attributes of a button that opens the source at text[start:end]; `mark` in offsets of the text."""
    marked = f' data-mark="{mark[0]},{mark[1]}"' if mark else ""
    return f'data-act="cite" data-report="{report.row}" data-start="{start}" data-end="{end}"{marked}'


def cited_at(citation: Citation) -> str:
    """Attributes of a button that opens the source at a citation."""
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
        f'<button type="button" class="cite" {cited_at(citation)} '
        f'aria-label="打开第 {citation.number} 处出处">{citation.number}</button>'
    )


def _quote(citation: Citation) -> str:
    return (
        f'<li class="quote"><blockquote>{marked_quote(citation)}{_number(citation)}</blockquote>'
        f'<button type="button" class="from" {cited_at(citation)} title="在原文中查看">'
        f"{_where(citation.report, citation.path, citation.page)}</button>{_times(citation)}"
        f'<button type="button" class="tool copy" data-act="copy" data-copy="{escape(f"“{citation.quote}”——{cited(citation)}")}" '
        f'aria-label="复制第 {citation.number} 处原文和出处">复制</button></li>'
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
    who = facts.whose or citation.report.title
    label = " · ".join(part for part in (who, f"{facts.year}年" if facts.year else "", facts.kind) if part)
    return (
        f'<li class="candidate"><button type="button" class="choose" data-act="choose" data-turn="{turn}" '
        f'data-candidate="{at}">{escape(label)}</button>'
        f'<blockquote>{marked_quote(citation)}</blockquote>'
        f'<button type="button" class="from" {cited_at(citation)} title="在原文中查看">'
        f"{_where(citation.report, citation.path, citation.page)}</button>{_times(citation)}</li>"
    )


def _times(citation: Citation) -> str:
    """What 今年 and 目前 mean in this report, beside its words."""
    said = explained(citation.quote, citation.report.facts)
    return f'<p class="times">{escape(said)}</p>' if said else ""


def _short(answer: Answer) -> str:
    if not answer.short:
        return ""
    if answer.computed:
        by = BY_COUNT if answer.items else BY_VERDICT
        number = "" if answer.items else _number(answer.citations[0])
        return f'<p class="short computed">{escape(answer.short)}{number}<span class="by">{by}</span></p>'
    holder = next((c for c in answer.citations if c.mark and c.quote[slice(*c.mark)] == answer.short), None)
    return f'<p class="short">{escape(answer.short)}{_number(holder) if holder else ""}</p>'


def _items(answer: Answer) -> str:
    """The items of a list, each with its number; below them where they stand, and the way to the whole of it."""
    if not answer.items or not answer.whole:
        return ""
    whole, listed = answer.whole, answer.citations[: answer.items]
    items = "".join(f"<li><blockquote>{escape(citation.quote)}{_number(citation)}</blockquote></li>" for citation in listed)
    marked = " marked" if all(carries_number(citation.quote) for citation in listed) else ""  # their own numbers are enough
    copied = "\n".join((*(f"{citation.number}. {citation.quote}" for citation in listed), f"——{cited(whole)}"))
    return (
        f'<ol class="items{marked}">{items}</ol><div class="under"><button type="button" class="from" {cited_at(whole)} title="在原文中查看">'
        f'{_where(whole.report, whole.path, whole.page)}</button><button type="button" class="tool" {cited_at(whole)}>看整段</button>'
        f'<button type="button" class="tool copy" data-act="copy" data-copy="{escape(copied)}" aria-label="复制各项原文和出处">复制</button></div>'
    )


def _phrased(answer: Answer) -> str:
    """A language model's wording with its numbers as buttons, that it is one, and what it was not let say."""
    by_number = {citation.number: citation for citation in answer.citations}

    def numbers(match: re.Match[str]) -> str:
        return "".join(_number(by_number[int(n)]) for n in re.findall(r"\d+", match[0]) if int(n) in by_number)

    text = CITES.sub(numbers, escape(answer.text))  # what it puts in between stands in no escaped character
    struck = "".join(f"<li>{escape(one)}</li>" for one in answer.struck)
    gone = f'<details class="struck"><summary>删去的 {len(answer.struck)} 句</summary><ul>{struck}</ul></details>' if struck else ""
    said = f'<p class="note">{escape(answer.note)}</p>{gone}'
    return f'<section class="phrased" aria-label="改写"><p class="said">{text}</p>{said}</section>' if answer.phrased else said


def account(name: str) -> str:
    """Who is logged in, and the way out; nothing where nobody need be."""
    if not name:
        return ""
    return (
        f'<form class="who" method="post" action="logout"><span>已登录：{escape(name)}</span><button type="submit">退出登录</button></form>'
    )


def _drafting() -> str:
    """Where the draft of a language model's wording is put while it is written; `live.js` fills it."""
    return (
        '<section class="phrased draft" aria-label="改写" aria-busy="true"><p class="said" data-live></p>'
        '<p class="note waiting" role="status">语言模型正在改写，逐句与原文核对后显示…</p></section>'
    )


def reply(answer: Answer, turn: int = 0, csv: str = "", drafting: bool = False) -> str:
    """What is shown below a question: short answer, verbatim sentences with citations, then what else was found.

    `csv`: the address of the answer's table as a file; `drafting`: a language model is at its wording.
    """
    from page.table import table

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
    more = _folded("还找到的相关段落", _others(answer), 8)
    if answer.table:
        return f"{_short(answer)}{table(answer.table, csv)}{more}"  # its note names the silent reports, as the table does
    quotes = [_quote(citation) for citation in answer.citations[answer.items :]]
    if drafting or answer.phrased or answer.struck:
        above, note = _drafting() if drafting else _phrased(answer), ""
        above += '<p class="verbatim">原文</p>'
    else:
        above = ""
    rest = f'<details class="more rest"><summary>其余 {len(quotes) - 6} 处出处</summary><ol>{"".join(quotes[6:])}</ol></details>'
    beside = f'<p class="verbatim">{"所在的原文" if answer.citations[answer.items].mark else "相关的原文"}</p>' if answer.items and quotes else ""
    listed = f'<ol class="quotes">{"".join(quotes[:6])}</ol>' if quotes else ""
    return f"{_short(answer)}{above}{_items(answer)}{beside}{listed}{rest if len(quotes) > 6 else ''}{note}{more}"


def _tools(turn: Turn) -> str:
    """What can be done with a question and its answer."""
    number = f'data-turn="{turn.number}"'
    buttons = [
        f'<button type="button" class="tool" data-act="edit" {number}>改问题</button>',
        f'<button type="button" class="tool" data-act="again" {number}>再问一次</button>',
    ]
    if turn.answer is None:
        return f'<div class="tools" role="group" aria-label="这一问">{"".join(buttons)}</div>'
    buttons.append(f'<button type="button" class="tool" data-act="copy" data-copy="{escape(plain(turn.answer))}">复制回答</button>')
    yes = f'<button type="button" class="tool" data-act="judge" data-judged="有用" {number} aria-pressed="{_pressed(turn, "有用")}">有用</button>'
    reasons = "".join(
        f'<button type="button" class="chip" data-act="judge" data-judged="没用" data-reason="{reason}" {number} '
        f'aria-pressed="{"true" if turn.judged == "没用" and turn.reason == reason else "false"}">{reason}</button>'
        for reason in REASONS
    )
    other = "" if turn.reason in REASONS else escape(turn.reason)
    no = (
        f'<details class="reasons"><summary class="tool{" on" if turn.judged == "没用" else ""}">没用</summary><div>'
        f'<div class="chips" role="group" aria-label="没用在哪里">{reasons}</div>'
        f'<form class="why-not" data-judge="{turn.number}"><input type="text" maxlength="200" aria-label="别的原因" placeholder="别的原因" '
        f'value="{other}"><button type="submit" class="tool">提交</button></form></div></details>'
    )
    thanks = f'<span class="thanks" role="status">已记下：{escape(" · ".join(filter(None, (turn.judged, turn.reason))))}</span>' if turn.judged else ""
    return f'<div class="tools" role="group" aria-label="这一问">{"".join(buttons)}<span class="gap"></span>{thanks}{yes}{no}</div>'


def _pressed(turn: Turn, judged: str) -> str:
    return "true" if turn.judged == judged else "false"


def turn(turn: Turn, csv: str = "") -> str:
    """One question with its reply; what is said while it is being looked for changes through `live.js`."""
    if turn.error:
        body = f'<p class="say error" role="alert">{escape(turn.error)}</p>'
    elif turn.answer is None:
        body = '<p class="say waiting" role="status" data-live>正在查找…</p>'
    else:
        body = chips(turn.answer.question.chips, turn.without, turn.number) + reply(turn.answer, turn.number, csv, turn.waiting)
    tools = "" if turn.waiting else _tools(turn)
    return (
        f'<article class="turn" aria-label="第 {turn.number + 1} 问"><h2 class="asked">{escape(turn.text)}</h2>'
        f'<div class="reply">{body}</div>{tools}</article>'
    )


def talk(turns: Sequence[Turn], id: str) -> str:
    """A conversation, with what can be done with it whole; `id` is what the server keeps it under, empty where it does not."""
    if not turns:
        return ""
    saved = (
        f'<a class="tool" href="page/history/{escape(id)}.docx" download>导出 Word</a>'
        f'<a class="tool" href="page/history/{escape(id)}.md" download>导出 Markdown</a>'
    )
    bar = (
        f'<div class="talkbar"><button type="button" class="tool" data-act="fresh">新的对话</button><span class="gap"></span>'
        f"{saved if id else ''}</div>"
    )
    return bar + "".join(
        turn(one, f"page/history/{escape(id)}/{one.number}.csv" if id else "") for one in turns
    )


def history(kept: Sequence[Kept], sought: str = "") -> str:
    """The conversations kept, latest first."""
    if not kept:
        said = f"没有哪次对话问到“{escape(sought)}”。" if sought else "还没有对话。问过的问题会留在这里，可以再看、查找和导出。"
        return f'<p class="say empty-history">{said}</p>'
    items = "".join(
        f'<li><button type="button" class="open" data-act="recall" data-talk="{escape(one.id)}">{escape(one.title)}</button>'
        f'<span class="about">{one.questions} 问 · <time datetime="{escape(one.touched)}">{escape(one.touched[:16].replace("T", " "))}</time></span>'
        f'<span class="tools"><a class="tool" href="page/history/{escape(one.id)}.docx" download '
        f'aria-label="把“{escape(one.title)}”导出为 Word">Word</a>'
        f'<a class="tool" href="page/history/{escape(one.id)}.md" download aria-label="把“{escape(one.title)}”导出为 Markdown">Markdown</a>'
        f'<button type="button" class="tool" data-act="forget" data-talk="{escape(one.id)}" aria-label="删除“{escape(one.title)}”">删除</button>'
        f"</span></li>"
        for one in kept
    )
    return f'<p class="count" role="status">{len(kept)} 次对话</p><ol class="kept">{items}</ol>'


def welcome(examples: Sequence[str], reports: int, manages: bool = True) -> str:
    """The page before the first question: what it does, and questions the indexed reports answer; `manages`: may add reports."""
    if not reports and not manages:
        return '<section class="welcome empty"><h2>还没有你能看的报告</h2><p>请管理员添加报告，或把你加进相应的组。</p></section>'
    if not reports:
        return (
            '<section class="welcome empty"><h2>还没有收录报告</h2>'
            "<p>添加报告之后就可以提问。</p>"
            '<button type="button" class="primary" data-act="library">添加报告</button></section>'
        )
    items = "".join(
        f'<li><button type="button" class="example" data-act="ask" data-text="{escape(text)}">{escape(text)}</button></li>'
        for text in examples
    )
    listed = f'<p class="try">可以这样问</p><ul class="examples">{items}</ul>' if items else ""
    return (
        f'<section class="welcome"><h2>问报告，句句有据</h2><p>已收录 {reports} 份报告。回答逐字摘自原文，点开出处即可核对。</p>'
        f"{listed}</section>"
    )
