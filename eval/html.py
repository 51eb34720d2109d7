"""A run as one HTML file: figures with their intervals, where questions were lost, and the worst of them to read.

Nothing in it calls out: charts are inline SVG, styles stand in the file, there is no script.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import quote

from eval.calibration import bins, expected_calibration_error, risk_coverage
from eval.charts import Whisker, bars, curve, histogram, meter, whiskers
from eval.dataset import Case, Found, Given, Result
from eval.intervals import bootstrap_interval
from eval.metrics import FAITHFUL, LOWER_IS_BETTER, Scored, Summary, summarise
from eval.report import BY_GROUP, name_of
from eval.stages import STAGES

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
:root{--ink:#1c2530;--soft:#5b6673;--rule:#d9dee4;--blue:#1f5fa8;--pale:#eef3f9;--rust:#b5502a}
*{box-sizing:border-box}
body{margin:0 auto;max-width:940px;padding:40px 32px 80px;color:var(--ink);background:#fff;line-height:1.65;
font:15px/1.65 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:44px 0 6px;padding-top:18px;border-top:1px solid var(--rule)}
h3{font-size:15px;margin:24px 0 6px}p.lead,.note{color:var(--soft);margin:2px 0 14px}.note{font-size:13px}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:10px;margin:22px 0 8px}
.tile{background:var(--pale);border-radius:8px;padding:12px 14px}.tile b{display:block;font-size:25px;line-height:1.25;
font-variant-numeric:tabular-nums}.tile span{font-size:12.5px;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 8px;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
.chart{display:block;width:100%;height:auto;margin:10px 0;font-family:inherit}.meter{margin-left:8px;vertical-align:middle}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:24px}
nav{font-size:13.5px;margin-top:14px}nav a{margin-right:16px;color:var(--blue);text-decoration:none}
.miss{border:1px solid var(--rule);border-radius:8px;margin:14px 0;padding:14px 18px;break-inside:avoid}
.miss h3{margin:0 0 2px;font-size:15.5px}.tag{display:inline-block;font-size:12px;border-radius:4px;padding:0 7px;margin-right:6px;
background:var(--pale);color:var(--soft)}.tag.stage{background:#f8ebe4;color:var(--rust)}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:18px;margin-top:10px;font-size:13.5px}
.sides h4{margin:0 0 3px;font-size:12.5px;color:var(--soft);font-weight:600}
blockquote{margin:0 0 6px;padding:4px 10px;border-left:3px solid #5f9467;background:#f3f8f3;overflow-wrap:anywhere}
blockquote.gave{border-color:var(--rust);background:#fbf4f0}.from{color:var(--soft);font-size:12px;overflow-wrap:anywhere}
details{margin-top:8px;font-size:13px}summary{cursor:pointer;color:var(--blue)}details ol{margin:6px 0;padding-left:24px}
.none{color:var(--soft)}a{color:var(--blue)}
@media(max-width:720px){body{padding:20px 14px}.tiles{grid-template-columns:repeat(2,1fr)}.pair,.sides{grid-template-columns:1fr}
.scroll{overflow-x:auto}}
@media print{body{max-width:none;padding:0;font-size:11.5px}nav{display:none}h2{break-after:avoid}.chart,table,.tiles{break-inside:avoid}
.tile,blockquote,.tag{print-color-adjust:exact;-webkit-print-color-adjust:exact}details::details-content{content-visibility:visible}}
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
        _lost(misses, results),
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
    return _section("scores", "得分", "点是均值，线是对问题重抽样得到的 95% 区间；右侧是均值、区间、样本数。蓝色的越大越好，棕色的越小越好。", whiskers(rows))


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
        parts.append(f'<h3>按{title}</h3><div class="scroll"><table><tr>{head}</tr>{rows}</table></div>')
    return _section("groups", "按提法和题型", "", "".join(parts)) if parts else ""


def _cell(name: str, mean: float | None) -> str:
    if mean is None:
        return '<span class="none">–</span>'
    return f"{mean:.3f}" + (meter(mean) if name == "answer right" else "")


def _lost(misses: Sequence[Scored], results: Mapping[str, Result]) -> str:
    stages = Counter(result.lost.stage for one in misses if (result := results.get(one.case.id)) and result.lost)
    if not stages:
        said = "没有一题丢失。" if not misses else "这份运行结果没有记下丢在哪一步；用 python -m eval run 得到的会有。"
        return _section("lost", "丢在哪一步", said, "")
    known = [*STAGES, *(stage for stage in stages if stage not in STAGES)]
    said = f"{len(misses)} 题没有得到该得到的结果。从文件到答案依次经过这些步骤；每题记在最先丢掉依据的那一步。"
    return _section("lost", "丢在哪一步", said, bars([(STAGES.get(stage, stage), stages[stage]) for stage in known], len(misses)))


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
    return _section("time", "耗时", said, histogram(times, marks, "毫秒"))


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
    ask = f' <a href="{escape(page.rstrip("/"))}/?question={quote(case.question)}">在网页上问</a>' if page else ""
    wanted = [piece for piece in (*case.evidence, *(piece for row in case.rows for piece in row.evidence))]
    return (
        f'<article class="miss"><h3>{escape(case.question)}</h3><div>{"".join(tags)}{ask}</div>'
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


def _section(anchor: str, title: str, said: str, body: str) -> str:
    lead = f'<p class="note">{said}</p>' if said else ""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{lead}{body}</section>'
