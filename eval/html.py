"""A run as one HTML file: figures with their intervals, where questions were lost, and the worst of them to read.

Nothing in it calls out: charts are inline SVG, styles stand in the file, there is no script.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from eval.calibration import bins, expected_calibration_error, risk_coverage
from eval.charts import Whisker, bars, curve, histogram, meter, whiskers
from eval.dataset import DECLINED, Case, Found, Given, Result
from eval.intervals import bootstrap_interval
from eval.metrics import FAITHFUL, LOWER_IS_BETTER, Scored, Summary, fold, shares_half, summarise
from eval.report import BY_GROUP, STAGES, name_of

WORST = 50
FEW = 10  # answers below which a share of wrong ones says nothing
TILES = ("answer right", "short answer right", "recall@1", "recall@5", FAITHFUL, "ms p50")
PHRASINGS = {"close": "照着原文问", "paraphrase": "换种说法", "colloquial": "口语"}
TYPES = {
    "number": "数字", "date": "日期", "name": "名称", "list": "列举", "how": "怎么做", "why": "为什么", "yesno": "是非",
    "compare": "比较", "other": "其他", "ambiguous": "该反问的", "unanswerable": "该弃答的", "table": "表格",
}  # fmt: skip
STATUS = {"answered": "作答", "abstained": "弃答", "ambiguous": "反问"}

STYLE = """
:root{color-scheme:light;--paper:#fff;--ink:#1c2530;--soft:#5b6673;--rule:#d9dee4;--blue:#1f5fa8;--tint:#eef3f9;--pale:#c7daef;
--rust:#b5502a;--blush:#fbf2ed;--moss:#5f9467;--leaf:#f3f8f3}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--paper:#14181d;--ink:#e4e8ec;--soft:#9aa5b1;--rule:#343c46;
--blue:#7fb2ee;--tint:#1e2731;--pale:#35557a;--rust:#e39169;--blush:#2c211c;--moss:#7fb489;--leaf:#1b261e}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:940px;padding:40px 32px 80px;color:var(--ink);background:var(--paper);line-height:1.65;
font:15px/1.65 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:44px 0 6px;padding-top:18px;border-top:1px solid var(--rule)}
h3{font-size:15px;margin:24px 0 6px}p.lead,.note{color:var(--soft);margin:2px 0 14px}.note{font-size:13px}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:10px;margin:22px 0 8px}
.tile{background:var(--tint);border-radius:8px;padding:12px 14px}.tile b{display:block;font-size:25px;line-height:1.25;white-space:nowrap;
font-variant-numeric:tabular-nums}.tile span{font-size:12.5px;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 8px;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
.chart{display:block;width:100%;height:auto;margin:10px 0;font-family:inherit}.meter{margin-left:8px;vertical-align:middle}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:24px}
nav{font-size:13.5px;margin-top:14px}nav a{margin-right:16px;color:var(--blue);text-decoration:none}
.miss{border:1px solid var(--rule);border-radius:8px;margin:14px 0;padding:14px 18px;break-inside:avoid}
.miss h3{margin:0 0 2px;font-size:15.5px}.tag{display:inline-block;font-size:12px;border-radius:4px;padding:0 7px;margin-right:6px;
background:var(--tint);color:var(--soft)}.tag.stage{background:var(--blush);color:var(--rust)}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:18px;margin-top:10px;font-size:13.5px}
.sides h4{margin:0 0 3px;font-size:12.5px;color:var(--soft);font-weight:600}
blockquote{margin:0 0 6px;padding:4px 10px;border-left:3px solid var(--moss);background:var(--leaf);overflow-wrap:anywhere}
blockquote.gave{border-color:var(--rust);background:var(--blush)}.from{color:var(--soft);font-size:12px;overflow-wrap:anywhere}
table.words td,table.words th{text-align:left;white-space:normal;vertical-align:top;width:33%}table.words p{margin:0}
details{margin-top:8px;font-size:13px}summary{cursor:pointer;color:var(--blue)}details ol{margin:6px 0;padding-left:24px}
.none{color:var(--soft)}a{color:var(--blue)}
@media screen and (max-width:720px){body{padding:20px 14px}.tiles{grid-template-columns:repeat(2,1fr)}.pair,.sides{grid-template-columns:1fr}
.scroll{overflow-x:auto}.scroll .chart{width:660px}.words,.words tbody,.words tr,.words td{display:block;width:auto!important}
.words tr{border-bottom:1px solid var(--rule);padding:8px 0}.words tr:first-child{display:none}.words td{border:0;padding:2px 0}
.words td+td::before{content:"依据";display:block;color:var(--soft);font-size:12px}.words td+td+td::before{content:"来的却是"}}
@media print{body{max-width:none;padding:0;font-size:11px;line-height:1.5}nav,.miss details{display:none}
.tile{padding:8px 10px}.tile b{font-size:19px}h2{margin-top:24px}
h2,h3,summary,.note{break-after:avoid}.chart,.tiles,tr,blockquote{break-inside:avoid}.miss{break-inside:auto;margin:8px 0;padding:8px 12px}
.tile,blockquote,.tag,.chart{print-color-adjust:exact;-webkit-print-color-adjust:exact}
details.stage::details-content{content-visibility:visible;height:auto}}
"""


def report_html(
    cases: Sequence[Case],
    results: Mapping[str, Result],
    scored: Sequence[Scored],
    *,
    title: str,
    about: Mapping[str, str] = {},
    page: str = "",
) -> str:
    """The whole file.

    about: what was run, shown as given.  page: address of the question page, for a link that asks a question there.
    """
    summaries = summarise(scored)
    misses = [one for one in scored if not one.right]
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="lead">{len(cases)} 个问题，{len(cases) - len(misses)} 个得到了该得到的结果。</p>',
        _about(about),
        _tiles(summaries[0]),
        '<nav><a href="#scores">得分</a><a href="#groups">按提法和题型</a><a href="#lost">丢在哪一步</a><a href="#trust">可信度</a>'
        '<a href="#time">耗时</a><a href="#worst">最差的问题</a></nav>',
        _scores(scored),
        _groups(summaries[1:]),
        _lost(misses, results, page),
        _trust(scored),
        _time(scored),
        _worst(misses, results, page),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
    return f'<!DOCTYPE html>\n<html lang="zh-CN"><head>{head}<style>{STYLE}</style></head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _about(about: Mapping[str, str]) -> str:
    said = "；".join(f"{escape(name)}：{escape(value)}" for name, value in about.items())
    return f'<p class="note">{said}</p>' if said else ""


def _tiles(whole: Summary) -> str:
    tiles = []
    for name in TILES:
        if name not in whole.means:
            continue
        mean = whole.means[name]
        shown = f"{mean:.0f}<small> 毫秒</small>" if name.startswith("ms ") else f"{mean:.1%}"
        label = "耗时中位数" if name == "ms p50" else name_of(name)
        tiles.append(f'<div class="tile"><b>{shown}</b><span>{escape(label)}</span></div>')
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _scores(scored: Sequence[Scored]) -> str:
    columns: dict[str, list[float]] = {}
    for one in scored:
        for name, value in one.values.items():
            columns.setdefault(name, []).append(value)
    if marks := [float(mark) for one in scored for mark in one.faithful]:
        columns[FAITHFUL] = marks
    rows = [
        Whisker(name_of(name), sum(values) / len(values), *bootstrap_interval(values), len(values), name in LOWER_IS_BETTER)
        for name, values in columns.items()
    ]
    said = "点是均值，线是对问题重抽样得到的 95% 区间；左边是均值，右边是区间与样本数。蓝色的越大越好，棕色的越小越好。"
    return _section("scores", "得分", said, _wide(whiskers(rows)))


def _groups(groups: Sequence[Summary]) -> str:
    parts = []
    for prefix, title, names in (("phrasing", "提法", PHRASINGS), ("type", "题型", TYPES)):
        members = [group for group in groups if group.group.startswith(prefix)]
        if not members:
            continue
        shown = [name for name in BY_GROUP if any(name in group.means for group in members)]
        shown += sorted({name for group in members for name in group.means if name.endswith("when it should")})
        rows = "".join(
            f"<tr><td>{escape(names.get(key := group.group.partition(':')[2], key))}</td><td>{group.n}</td>"
            + "".join(f"<td>{_cell(name, group.means.get(name))}</td>" for name in shown)
            + "</tr>"
            for group in members
        )
        head = f"<th>{title}</th><th>问题数</th>" + "".join(f"<th>{escape(name_of(name))}</th>" for name in shown)
        parts.append(f"<h3>按{title}</h3>{_wide(f'<table><tr>{head}</tr>{rows}</table>')}")
    return _section("groups", "按提法和题型", "", "".join(parts)) if parts else ""


def _cell(name: str, mean: float | None) -> str:
    if mean is None:
        return '<span class="none">–</span>'
    return f"{mean:.3f}" + (meter(mean) if name == "answer right" else "")


def _lost(misses: Sequence[Scored], results: Mapping[str, Result], page: str) -> str:
    by_stage: dict[str, list[tuple[Scored, Result]]] = {stage: [] for stage in STAGES}
    for one in misses:
        if (result := results.get(one.case.id)) and result.lost:
            by_stage.setdefault(result.lost.stage, []).append((one, result))
    if not any(by_stage.values()):
        said = "没有一题丢失。" if not misses else "这份运行结果没有记下丢在哪一步；用 python -m eval run 得到的会有。"
        return _section("lost", "丢在哪一步", said, "")
    said = f"{len(misses)} 题没有得到该得到的结果。从文件到答案依次经过这些步骤；每题记在最先丢掉依据的那一步。"
    chart = _wide(bars([(STAGES.get(stage, stage), len(found)) for stage, found in by_stage.items()], len(misses)))
    lists = "".join(_lost_at(stage, found, page) for stage, found in by_stage.items() if found)
    return _section("lost", "丢在哪一步", said, chart + lists)


def _lost_at(stage: str, found: Sequence[tuple[Scored, Result]], page: str) -> str:
    """All the questions that one stage lost: what was asked, what should have come, what came instead."""
    rows = "".join(
        f"<tr><td>{escape(one.case.question)}<br>{_ask(one.case.question, page)}</td>"
        f"<td>{_evidence(one.case)}</td><td>{_instead(one.case, result)}</td></tr>"
        for one, result in found
    )
    head = "<tr><th>问题</th><th>依据</th><th>来的却是</th></tr>"
    return (
        f'<details class="stage"><summary>{escape(STAGES.get(stage, stage))}（{len(found)} 题）</summary>'
        f'<table class="words">{head}{rows}</table></details>'
    )


def _evidence(case: Case) -> str:
    """In brief what should have come."""
    if case.type in DECLINED:
        return _wanted(case)
    pieces = [(row.report, row.evidence[0]) for row in case.rows] or [("、".join(case.reports), piece) for piece in case.evidence]
    more = f'<p class="from">……共 {len(pieces)} 处</p>' if len(pieces) > 2 else ""
    return "".join(f'{escape(_brief(piece, 90))}<p class="from">{escape(report)}</p>' for report, piece in pieces[:2]) + more


def _instead(case: Case, result: Result) -> str:
    """In brief what came: how far it got, and the answer given or else the first hit that is no evidence."""
    note = f'<p class="from">{escape(result.lost.note)}</p>' if result.lost and result.lost.note else ""
    answer = result.answer
    if answer and answer.rows:
        return f"给出 {len(answer.rows)} 行，例如 {escape(answer.rows[0].report)}：{escape(_brief(answer.rows[0].value, 40))}{note}"
    if answer and answer.status == "answered" and answer.citations:
        first = answer.citations[0]
        return f'{escape(_brief(first.quote, 90))}<p class="from">{escape(first.report)}</p>{note}'
    pieces = [fold(piece) for piece in case.evidence]
    hit = next((hit for hit in result.hits if not any(shares_half(fold(hit.text), piece) for piece in pieces)), None)
    shown = f'{escape(_brief(hit.text, 90))}<p class="from">{escape(hit.report)}</p>' if hit else '<span class="none">没有命中</span>'
    return shown + note


def _ask(question: str, page: str) -> str:
    """A link to the page, which reads the parameter `question` and asks it."""
    return f'<a href="{escape(page.rstrip("/"))}/?question={quote(question, safe="")}">在网页上问</a>' if page else ""


def _trust(scored: Sequence[Scored]) -> str:
    sure = [(one.confidence, one.right) for one in scored if one.confidence is not None and one.case.type != "table"]
    if len(sure) < 2:
        return ""
    confidence, right = [value for value, _ in sure], [mark for _, mark in sure]
    found = risk_coverage(confidence, right)
    grouped = bins(confidence, right)
    line = [(float(x), float(y)) for x, y in zip(found.coverage, found.risk, strict=True) if x * len(sure) >= FEW]
    area = f"平均风险 {found.area:.3f}；全部作答时错 {float(found.risk[-1]):.1%}。"
    error = f"校准误差 {expected_calibration_error(grouped):.3f}；点越大题越多，落在虚线上，就是说有几成把握就对几成。"
    body = (
        f'<div class="pair"><div><h3>风险与覆盖</h3>{curve(line, "作答的比例（从最有把握的起）", "其中答错的比例")}<p class="note">{area}</p></div>'
        f'<div><h3>把握与实际</h3>{curve((), "系统的把握", "实际答对的比例", dots=[(b.confidence, b.accuracy, b.n) for b in grouped])}'
        f'<p class="note">{error}</p></div></div>'
    )
    return _section("trust", "可信度", f"{len(sure)} 个作了答的问题：系统越有把握的，是不是越可信。不该作答而作答的，算答错。", body)


def _time(scored: Sequence[Scored]) -> str:
    times = sorted(one.ms for one in scored if one.ms is not None)
    if not times:
        return ""
    marks = [("中位数", times[len(times) // 2]), ("95 分位", times[int(len(times) * 0.95)])]
    said = f"{len(times)} 次提问，最快 {times[0]:.0f} 毫秒，最慢 {times[-1]:.0f} 毫秒。"
    return _section("time", "耗时", said, _wide(histogram(times, marks, "毫秒")))


def _worst(misses: Sequence[Scored], results: Mapping[str, Result], page: str) -> str:
    def badness(one: Scored) -> tuple[float, float, str]:
        return one.values.get("recall@20", 1.0), one.values.get("RR@10", 0.0), one.case.id

    shown = sorted(misses, key=badness)[:WORST]
    said = f"没有得到该得到的结果的 {len(misses)} 题中" + ("最差的 50 题" if len(misses) > WORST else "的全部") + "，依据找得越少的越靠前。"
    return _section("worst", "最差的问题", said if shown else "没有。", "".join(_miss(one, results.get(one.case.id), page) for one in shown))


def _miss(one: Scored, result: Result | None, page: str) -> str:
    case, answer = one.case, result.answer if result else None
    tags = [f'<span class="tag">{escape(case.id)}</span>', f'<span class="tag">{escape(TYPES.get(case.type, case.type))}</span>']
    if case.phrasing:
        tags.append(f'<span class="tag">{escape(PHRASINGS.get(case.phrasing, case.phrasing))}</span>')
    if result and result.lost:
        note = f"　{result.lost.note}" if result.lost.note else ""
        tags.append(f'<span class="tag stage">{escape(STAGES.get(result.lost.stage, result.lost.stage) + note)}</span>')
    wanted = [piece for piece in (*case.evidence, *(piece for row in case.rows for piece in row.evidence))]
    return (
        f'<article class="miss"><h3>{escape(case.question)}</h3><div>{"".join(tags)}{_ask(case.question, page)}</div>'
        f'<div class="sides"><div><h4>应当</h4>{_wanted(case)}</div><div><h4>实际</h4>{_gave(answer)}</div></div>'
        f"{_hits(result.hits if result else (), case, wanted)}</article>"
    )


def _wanted(case: Case) -> str:
    if case.type == "unanswerable":
        return '<p class="none">报告里没有，应当弃答。</p>'
    if case.type == "ambiguous":
        return '<p class="none">没有说是哪一份报告，应当反问。</p>'
    if case.rows:
        rows = [f"<li>{escape(row.report)}：<b>{escape(row.answers[0])}</b></li>" for row in case.rows[:8]]
        more = f"<li>……共 {len(case.rows)} 行</li>" if len(case.rows) > 8 else ""
        return f"<ul>{''.join(rows)}{more}</ul>"
    joined = "、".join(case.answers) if case.require == "all" else " 或 ".join(case.answers)
    quotes = "".join(f"<blockquote>{escape(_brief(piece, 220))}</blockquote>" for piece in case.evidence)
    return f'<p><b>{escape(_brief(joined, 120))}</b></p>{quotes}<p class="from">{escape("、".join(case.reports))}</p>'


def _gave(answer: Given | None) -> str:
    if answer is None:
        return '<p class="none">没有作答。</p>'
    head = f"<p><b>{escape(answer.short)}</b></p>" if answer.short else ""
    if answer.rows:
        rows = [f"<li>{escape(cell.report)}：<b>{escape(_brief(cell.value, 40))}</b></li>" for cell in answer.rows[:8]]
        more = f"<li>……共 {len(answer.rows)} 行</li>" if len(answer.rows) > 8 else ""
        return f"{head}<ul>{''.join(rows)}{more}</ul>"
    if answer.status != "answered":
        return f'<p class="none">{STATUS[answer.status]}：{escape(_brief(answer.text, 160))}</p>'
    cited = [
        f'<blockquote class="gave">{escape(_brief(one.quote, 220))}</blockquote><p class="from">{escape(one.report)}</p>'
        for one in answer.citations[:3]
    ]
    return head + ("".join(cited) or f'<blockquote class="gave">{escape(_brief(answer.text, 220))}</blockquote>')


def _hits(hits: Sequence[Found], case: Case, wanted: Sequence[str]) -> str:
    if not hits or not wanted:
        return ""
    named = set(case.named)
    items = [
        f'<li>{escape(_brief(hit.text, 110))} <span class="from">{escape(hit.report)}{"" if hit.report in named else "（别的报告）"}</span></li>'
        for hit in hits[:5]
    ]
    return f"<details><summary>排在前面的是什么</summary><ol>{''.join(items)}</ol></details>"


def _brief(text: str, longest: int) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _wide(body: str) -> str:
    """What scrolls sideways on a phone rather than shrink past reading."""
    return f'<div class="scroll">{body}</div>'


def _section(anchor: str, title: str, said: str, body: str) -> str:
    lead = f'<p class="note">{said}</p>' if said else ""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{lead}{body}</section>'
