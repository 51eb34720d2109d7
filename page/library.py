"""The library of reports as escaped HTML: a table to filter and sort, the dialogs that change it, the place for new files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from index.load import READERS
from index.types import ReportRef

NONE_ALIKE: Mapping[int, Sequence[ReportRef]] = MappingProxyType({})
FACTS = (("title", "标题"), ("unit", "单位"), ("region", "地区"), ("year", "年份"), ("kind", "文种"), ("issued", "日期"), ("number", "文号"))


def _options(label: str, name: str, values: Sequence[str]) -> str:
    items = "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in values)
    return f'<label><span>{label}</span><select data-filter="{name}"><option value="">全部</option>{items}</select></label>'


def _managing(report: ReportRef) -> str:
    facts = report.facts
    held = "".join(f' data-{name}="{escape(str(getattr(facts, name) or ""))}"' for name, _ in FACTS)
    about = f'data-id="{escape(report.id)}" data-name="{escape(report.name)}"'
    named = escape(report.title)
    return "".join(
        f'<button type="button" class="tool" data-act="{act}" {about}{held if act == "correct" else ""} '
        f'aria-label="{label}“{named}”">{label}</button>'
        for act, label in (("correct", "更正"), ("replace", "替换"), ("remove", "移除"))
    )


ACCEPTED = ",".join(READERS)
_NUMERIC = ' inputmode="numeric"'
DIALOGS = (
    '<dialog class="ask-first" data-dialog="remove" aria-labelledby="remove-title"><form method="dialog"><h3 id="remove-title">移除这份报告？</h3>'
    "<p><strong data-said></strong></p><p>移除后就查不到它了；从网页添加的文件一并删除。</p>"
    '<menu><button type="submit" class="tool" value="">不移除</button><button type="submit" class="tool danger" value="yes">移除</button></menu>'
    '</form></dialog><dialog class="ask-first" data-dialog="replace" aria-labelledby="replace-title"><form method="dialog">'
    '<h3 id="replace-title">替换这份报告？</h3><p><strong data-said></strong></p><p>选一个文件来替换它；新文件收录成功之后，才移除旧的。</p>'
    f'<label class="drop"><input type="file" name="file" accept="{ACCEPTED}"><span><b data-chosen>选择文件</b></span></label>'
    '<menu class="turned"><button type="submit" class="tool main" value="yes">替换</button>'
    '<button type="submit" class="tool" value="">取消</button></menu>'
    '</form></dialog><dialog class="ask-first" data-dialog="correct" aria-labelledby="correct-title"><form method="dialog">'
    '<h3 id="correct-title">更正报告信息</h3><p><strong data-said></strong></p>'
    + "".join(
        f'<label><span>{label}</span><input type="text" name="{name}" maxlength="200"'
        f'{_NUMERIC if name == "year" else ""}></label>'
        for name, label in FACTS
    )
    + '<p class="hint">只填要改的；留空的不变。重新读入文件后，更正仍然有效。</p>'
    '<menu class="turned"><button type="submit" class="tool main" value="yes">保存</button>'  # the first is what Enter presses
    '<button type="submit" class="tool" value="">取消</button></menu></form></dialog>'
)


def library(
    reports: Sequence[ReportRef], manages: bool = True, alike: Mapping[int, Sequence[ReportRef]] = NONE_ALIKE, filled: float = 1.0
) -> str:
    """The reports indexed, as a table to filter and sort that becomes a list of cards on a phone; `manages`: may change them.

    `alike`: row of a report → others that are nearly the same.  `filled`: the share of passages that have their contextual vector.
    """
    if not reports:
        return '<p class="say">还没有收录报告。</p>'
    rows = []
    for at, report in enumerate(reports):
        facts = report.facts
        copies = [f"与“{other.title}”（{other.name}）大部分相同" for other in alike.get(report.row, ())]
        said = [*report.warnings, *copies]
        warnings = "".join(f"<li>{escape(one)}</li>" for one in said)
        warned = f'<details class="warnings"><summary>{len(said)} 条提示</summary><ul>{warnings}</ul></details>'
        share = f'<span class="share" title="文件里的文字有多少可以查到">可查 {_percent(report.share)}</span>'
        cells = (
            ("单位", escape(facts.unit or "—")),
            ("地区", escape(facts.region or "—")),
            ("年份", str(facts.year or "—")),
            ("文种", escape(facts.kind or "—")),
            ("字数", f"{report.characters:,}{share}"),
            ("提示", warned if said else "无"),
        )
        title = (
            f'<button type="button" class="open" data-act="cite" data-report="{report.row}" data-start="0" data-end="0">'
            f'{escape(report.title)}</button><span class="file">{escape(report.name)}</span>'
        )
        hand = f'<td class="managing"><div class="tools">{_managing(report)}</div></td>' if manages else ""
        sought = " ".join((facts.title, report.name, facts.unit, facts.region, str(facts.year or ""), facts.kind, facts.number))
        rows.append(
            f'<tr data-at="{at}" data-words="{escape(sought.lower())}" data-title="{escape(report.title)}" '
            f'data-region="{escape(facts.region)}" data-year="{facts.year or ""}" data-kind="{escape(facts.kind)}" '
            f'data-unit="{escape(facts.unit)}" data-characters="{report.characters}" data-warnings="{len(said)}">'
            f'<th scope="row">{title}</th>'
            + "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in cells)
            + f"{hand}</tr>"
        )
    total = sum(report.characters for report in reports)
    columns = (("title", "报告"), ("unit", "单位"), ("region", "地区"), ("year", "年份"), ("kind", "文种"), ("characters", "字数"), ("warnings", "提示"))
    head = "".join(
        f'<th scope="col" aria-sort="none"><button type="button" data-act="sort" data-by="{by}">{label}'
        f'<span aria-hidden="true" class="arrow"></span></button></th>'
        for by, label in columns
    )
    head += '<th scope="col"><span class="unseen">管理</span></th>' if manages else ""
    years = sorted({str(report.facts.year) for report in reports if report.facts.year}, reverse=True)
    filters = (
        '<div class="filters" role="search"><label class="wide"><span>查找</span><input type="search" data-filter="words" '
        'placeholder="标题、单位、文件名、文号"></label>'
        + _options("地区", "region", sorted({report.facts.region for report in reports if report.facts.region}))
        + _options("年份", "year", years)
        + _options("文种", "kind", sorted({report.facts.kind for report in reports if report.facts.kind}))
        + '<label class="tick"><input type="checkbox" data-filter="warned"><span>只看有提示的</span></label></div>'
    )
    counted = f"共 {len(reports)} 份报告，{total:,} 字。" + ("" if filled >= 1 else f"上下文向量正在后台补算，已有 {_percent(filled)}。")
    return (
        f'{filters}<p class="count" role="status" data-all="{counted}">{counted}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="报告列表"><table class="reports"><thead><tr>{head}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>{DIALOGS if manages else ''}"
    )


def _percent(share: float) -> str:
    """A share as a percentage that says 100 only of the whole."""
    return "100%" if share >= 1 else f"{min(99.9, share * 100):.1f}%"


def adding(most: int) -> str:
    """Where new files of at most `most` bytes are dropped or chosen, and where `add.js` tells what becomes of them."""
    return (
        f'<p class="lead">添加报告，可以一次选多个文件，每个不超过 {most // 2**20} 兆。可以读：{" ".join(READERS)}</p>'
        f'<label class="drop"><input type="file" multiple accept="{ACCEPTED}" data-part="files" data-most="{most}">'
        "<span>把文件拖到这里，或<b>选择文件</b></span></label>"
        '<div class="upload" data-part="upload" hidden><p><span role="status" data-part="doing"></span> <span aria-hidden="true" data-part="far"></span></p>'
        '<progress data-part="bar" value="0" aria-label="收录进度"></progress><ul data-part="outcomes"></ul></div>'
    )
