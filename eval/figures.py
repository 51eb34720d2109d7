"""One table over every development set: this build, another beside it, and which figures changed more than chance does."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.about import machine
from eval.builds import HERE, Build
from eval.compare import paired, paired_randomization
from eval.dataset import GoldError
from eval.intervals import holm
from eval.measures import Figure, Measured, Set
from eval.report import table
from eval.sets import SETS
from index.types import YoujuError

RESAMPLES = 2_000  # of a ratio
STUDENT = (float("nan"), 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)  # t, two-sided 95 %, by degrees of freedom


@dataclass(frozen=True)
class Row:
    """One figure of a set.  The change is this − base of a share, this ÷ base of an amount."""

    set: str
    figure: str
    unit: str
    lower: bool  # less is better
    n: int
    this: float | None  # None where the build could not be measured
    base: float | None = None
    change: float | None = None
    interval: tuple[float, float] | None = None  # 95 %, of the change; None for a single amount
    wins: int = 0
    ties: int = 0
    losses: int = 0
    p: float | None = None
    adjusted: float | None = None  # after Holm, over the whole table

    @property
    def verdict(self) -> str:
        """Worse, better: the whole interval lies on one side of no change."""
        if self.interval is None:
            return ""
        none = 1.0 if self.unit else 0.0
        below, above = self.interval[1] < none, self.interval[0] > none
        if not below and not above:
            return ""
        return "变差" if above == self.lower else "变好"


@dataclass(frozen=True)
class Figures:
    """The table, with what was run, how long each set took and what a reader should know."""

    this: Build
    base: Build | None
    rows: tuple[Row, ...]
    seconds: Mapping[str, float]  # set → of the clock, for all builds; little where runs were kept
    notes: tuple[str, ...]


def figures(base: Path | None, names: str, progress: Callable[[str], None]) -> Figures:
    """Measure the named sets, or all that are measured by default.  Raises GoldError on an unknown name or a checkout that cannot run."""
    this = Build(HERE)
    builds = [this] if base is None else [Build(base.resolve()), this]
    for build in builds:
        build.call("-c", "import index, retrieval")  # says at once what is wrong with a checkout
    rows: list[Row] = []
    notes: list[str] = []
    seconds: dict[str, float] = {}
    for given in chosen(names):
        if reason := _left_out(given):
            notes.append(f"{given.name} 没有跑：{reason}")
            progress(notes[-1])
            continue
        progress(f"{given.name}（{given.said}）…")
        began = time.monotonic()
        try:
            measured = given.measure(given, builds) if given.measure else []
        except YoujuError as error:
            notes.append(f"{given.name} 没有跑完：{error}")
            progress(notes[-1])
            continue
        seconds[given.name] = round(time.monotonic() - began, 1)
        rows += rows_of(given, measured)
        notes += _noted(given, measured)
        progress(f"{given.name}：{seconds[given.name]} 秒")
    ps = holm([row.p for row in rows if row.p is not None])
    adjusted = iter(ps)
    return Figures(
        this,
        builds[0] if base else None,
        tuple(row if row.p is None else replace(row, adjusted=next(adjusted)) for row in rows),
        seconds,
        tuple(notes),
    )


def chosen(names: str) -> list[Set]:
    """Sets by names with commas between; none gives those measured by default, "all" gives all."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if bad := sorted(set(wanted) - {given.name for given in SETS} - {"all"}):
        raise GoldError(f"没有开发集 {'、'.join(bad)}；可以是 all 或 {'、'.join(given.name for given in SETS)}")
    return [given for given in SETS if "all" in wanted or given.name in wanted or (not wanted and given.default)]


def _left_out(given: Set) -> str:
    if given.measure is None:
        return given.why
    return f"没有 {'、'.join(map(str, given.missing[:3]))}" if given.missing else ""


def rows_of(given: Set, measured: Sequence[Measured]) -> list[Row]:
    """A row a figure that any build has, in the order of the first that has it."""
    found = []
    for figure in dict.fromkeys(figure for one in measured for figure in one.figures):
        this = measured[-1].figures.get(figure, {})
        base = measured[0].figures.get(figure, {}) if len(measured) > 1 else {}
        row = Row(given.name, figure.name, figure.unit, figure.lower, len(this or base), _stands(figure, this), _stands(figure, base))
        both = [(id, base[id], this[id]) for id in base if id in this]
        found.append(_beside(row, figure, both) if both else row)
    return found


def _stands(figure: Figure, values: Mapping[str, float]) -> float | None:
    if not values:
        return None
    amounts = np.array(list(values.values()))
    return float(amounts.mean() if figure.at is None else np.quantile(amounts, figure.at))


def _beside(row: Row, figure: Figure, both: Sequence[tuple[str, float, float]]) -> Row:
    """The row with its change: of a share by eval.compare, of an amount as a ratio."""
    if not figure.unit:
        one = paired(figure.name, both, lower=figure.lower)
        return replace(
            row, change=one.b - one.a, interval=one.interval, wins=len(one.wins), ties=one.ties, losses=len(one.losses), p=one.p
        )
    base, this = (np.array([pair[at] for pair in both]) for at in (1, 2))
    if not (base > 0).all() or not (this > 0).all():
        return row
    if len(both) < 2:
        return replace(row, change=float(this[0] / base[0]))
    change, interval = _mean_ratio(base, this) if figure.at is None else _quantile_ratio(base, this, figure.at)
    wins, losses = int((this < base).sum()), int((this > base).sum())
    p = paired_randomization(np.log(this / base))
    return replace(row, change=change, interval=interval, wins=wins, ties=len(both) - wins - losses, losses=losses, p=p)


def _mean_ratio(base: np.ndarray, this: np.ndarray) -> tuple[float, tuple[float, float]]:
    """The geometric mean of a few ratios, with Student's interval: resampling a few would say too little."""
    logs = np.log(this / base)
    half = STUDENT[len(logs) - 1] * logs.std(ddof=1) / np.sqrt(len(logs))
    return float(np.exp(logs.mean())), (float(np.exp(logs.mean() - half)), float(np.exp(logs.mean() + half)))


def _quantile_ratio(base: np.ndarray, this: np.ndarray, at: float) -> tuple[float, tuple[float, float]]:
    """The ratio of two quantiles over the same questions, with its interval over pairs drawn with replacement."""
    draws = np.random.default_rng(0).integers(0, len(base), (RESAMPLES, len(base)))
    ratios = np.quantile(this[draws], at, axis=1) / np.quantile(base[draws], at, axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(np.quantile(this, at) / np.quantile(base, at)), (float(low), float(high))


def _noted(given: Set, measured: Sequence[Measured]) -> list[str]:
    """What the builds say, once where both say the same."""
    said = [one.notes for one in measured]
    if len(said) == 2 and said[0] != said[1]:
        return [f"{given.name}，{name}：{note}" for name, notes in zip(("基线", "现在"), said, strict=True) for note in notes]
    return [f"{given.name}：{note}" for note in said[-1]]


def markdown_figures(found: Figures, command: str) -> str:
    """The whole file: how it was made, the losses by name, a row a figure, the notes."""
    worse = [f"{row.set} {row.figure}" for row in found.rows if row.verdict == "变差"]
    took = "、".join(f"{name} {seconds:.0f}" for name, seconds in found.seconds.items())
    head = [
        "# 各开发集的得分", "", f"`{command}`", "", machine(), "",
        f"现在：{found.this.commit}" + (f"；基线：{found.base.commit}" if found.base else ""), "",
        f"用时（秒，先前跑过的沿用）：{took}", "",
    ]  # fmt: skip
    if found.base:
        head += [
            "差是 现在 − 基线，大小与快慢是 现在 ÷ 基线；95% 区间按题配对重抽样，按轮量的（建库、启动、内存）用 t 分布；胜/平/负按题或按轮，"
            "p 是配对随机化检验（Holm 在全表上校正）。"
            "“变差”“变好”：整个区间都在那一边。", "",
            f"变差的：{'、'.join(worse) or '无'}", "",
        ]  # fmt: skip
        columns: tuple[str, ...] = ("开发集", "指标", "n", "基线", "现在", "差", "95% 区间", "胜/平/负", "p", "p (Holm)", "结论")
        lines = table(columns, [_cells(row) for row in found.rows])
    else:
        lines = table(("开发集", "指标", "n", "现在"), [(row.set, _named(row), str(row.n), _shown(row, row.this)) for row in found.rows])
    notes = ["", "## 说明", "", *(f"- {note}" for note in found.notes)] if found.notes else []
    return "\n".join([*head, *lines, *notes]) + "\n"


def as_json(found: Figures, command: str) -> dict[str, Any]:
    """The same for programs."""
    return {
        "command": command,
        "machine": machine(),
        "this": found.this.commit,
        "base": found.base.commit if found.base else None,
        "seconds": dict(found.seconds),
        "rows": [asdict(row) | {"verdict": row.verdict} for row in found.rows],
        "notes": list(found.notes),
    }


def _cells(row: Row) -> Sequence[str]:
    sign = "×{:.3f}" if row.unit else "{:+.4f}"
    return (
        row.set,
        _named(row),
        str(row.n),
        _shown(row, row.base),
        _shown(row, row.this),
        "" if row.change is None else sign.format(row.change),
        "" if row.interval is None else " ~ ".join(map(sign.format, row.interval)),
        f"{row.wins}/{row.ties}/{row.losses}" if row.p is not None else "",
        f"{row.p:.4f}" if row.p is not None else "",
        f"{row.adjusted:.4f}" if row.adjusted is not None else "",
        row.verdict,
    )


def _named(row: Row) -> str:
    return f"{row.figure}（{row.unit}）" if row.unit else row.figure


def _shown(row: Row, value: float | None) -> str:
    if value is None:
        return "–"
    if not row.unit:
        return f"{value:.4f}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"
