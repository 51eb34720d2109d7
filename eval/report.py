"""Scores as people and programs read them: Markdown and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eval.compare import Comparison
from eval.dataset import Result
from eval.metrics import Summary

CHINESE: Mapping[str, str] = {  # names of scores are kept as the field writes them; these have none there
    "right report first": "首条来自正确的报告",
    "answer right": "答案正确",
    "short answer right": "短答案正确",
    "citation faithful": "引文忠实",
    "abstains when it should": "应弃答而弃答",
    "abstains when it should not": "误弃答",
    "asks back when it should": "应反问而反问",
    "asks back when it should not": "误反问",
    "row precision": "表格行准确率",
    "row recall": "表格行召回率",
    "ms p50": "耗时中位数(毫秒)",
    "ms p95": "耗时 95 分位(毫秒)",
}
STAGES: Mapping[str, str] = {  # in the order of the way
    "loading": "读入：报告的文字里没有",
    "chunking": "切分：没有一段装得下",
    "filter": "筛选：报告被限定条件排除",
    "both lists": "召回：字面、语义两路都没有",
    "lexical list": "字面一路没有，语义一路的名次不够",
    "dense list": "语义一路没有，字面一路的名次不够",
    "fusion": "融合：两路都有，合起来名次不够",
    "reranking": "重排：合起来够，重排后不够",
    "cut-off": "截断：在命中里，回答时没有读到",
    "answer": "回答：读到了，没有答对",
    "should decline": "该弃答，却作答",
    "should ask back": "该反问，却没有",
}
BY_GROUP = ("recall@1", "recall@5", "RR@10", "answer right", "short answer right")


def markdown(summaries: Sequence[Summary]) -> str:
    """All scores of the whole, then the main ones of each group."""
    whole, groups = summaries[0], summaries[1:]
    lines = [f"全部 {whole.n} 个问题", ""]
    lines += table(
        ("指标", "均值", "样本数"),
        [(name_of(name), number(name, mean), str(whole.counts[name])) for name, mean in whole.means.items()],
    )
    if groups:
        shown = [name for name in BY_GROUP if any(name in group.means for group in groups)]
        shown += sorted({name for group in groups for name in group.means if name.endswith("when it should")})
        lines += ["", "按提法和题型", ""]
        lines += table(
            ("分组", "问题数", *map(name_of, shown)),
            [(one.group, str(one.n), *(number(name, one.means.get(name)) for name in shown)) for one in groups],
        )
    return "\n".join(lines)


def counted(results: Iterable[Result]) -> dict[str, int]:
    """Stage → questions that it lost, in the order of the way; stages that lost none are absent."""
    stages = Counter(result.lost.stage for result in results if result.lost)
    return {stage: stages[stage] for stage in (*STAGES, *stages) if stages[stage]}


def markdown_lost(lost: Mapping[str, int]) -> str:
    """Where the missed questions were lost, as `counted` gives it; empty where none was."""
    if not lost:
        return ""
    rows = [(STAGES.get(stage, stage), str(count)) for stage, count in lost.items()]
    return "\n".join(["丢在哪一步", "", *table(("步骤", "问题数"), rows)])


def markdown_comparison(a: str, b: str, comparisons: Sequence[Comparison]) -> str:
    """One line a score: both means, the difference with its interval, p, and how many questions B wins, ties, loses."""
    lines = [f"A = {a}", f"B = {b}", ""]
    lines += table(
        ("指标", "A", "B", "B − A", "95% 区间", "p", "p (Holm)", "B 胜/平/负"),
        [
            (
                name_of(one.metric),
                f"{one.a:.4f}",
                f"{one.b:.4f}",
                f"{one.b - one.a:+.4f}",
                f"{one.interval[0]:+.4f} ~ {one.interval[1]:+.4f}",
                f"{one.p:.4f}",
                f"{one.adjusted:.4f}",
                f"{len(one.wins)}/{one.ties}/{len(one.losses)}",
            )
            for one in comparisons
        ],
    )
    return "\n".join(lines)


def as_json(summaries: Sequence[Summary]) -> dict[str, dict[str, Any]]:
    """Group → score → mean, rounded to four digits as printed, with the number of questions as `n`."""
    return {one.group: {name: round(mean, 4) for name, mean in one.means.items()} | {"n": one.n} for one in summaries}


def name_of(metric: str) -> str:
    return CHINESE.get(metric, metric)


def number(metric: str, mean: float | None) -> str:
    if mean is None:
        return ""
    return f"{mean:.1f}" if metric.startswith("ms ") else f"{mean:.4f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; figures stand to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]
