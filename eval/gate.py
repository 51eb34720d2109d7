"""A gate against losing what was won: the sample questions' scores beside a committed baseline.

The same code gives the same scores, so any change is real for these questions; whether it is one of the product is less
sure with so few.  A score's noise is the standard error of its mean in the baseline, and at least one question: 70
questions at 0.9 may fall by two and pass.  Citations have none: a single unfaithful one shuts the gate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.dataset import GoldError, write_whole
from eval.intervals import standard_error
from eval.metrics import FAITHFUL, LOWER_IS_BETTER, Scored
from eval.report import name_of, table


@dataclass(frozen=True)
class Baseline:
    """Score → question → value; a question's citations count by the share of them that is faithful."""

    scores: Mapping[str, Mapping[str, float]]

    def mean(self, name: str) -> float:
        values = self.scores[name].values()
        return sum(values) / len(values)

    def noise(self, name: str) -> float:
        values = list(self.scores[name].values())
        return 0.0 if name == FAITHFUL else max(standard_error(values), 1 / len(values))


@dataclass(frozen=True)
class Change:
    """One score then and now."""

    name: str
    before: float
    now: float
    noise: float
    better: tuple[str, ...]  # ids
    worse: tuple[str, ...]

    @property
    def failed(self) -> bool:
        fall = (self.now - self.before) if self.name in LOWER_IS_BETTER else (self.before - self.now)
        return fall > self.noise + 1e-9


@dataclass(frozen=True)
class Verdict:
    """All scores then and now; a score or a question that only one side has is not compared."""

    changes: tuple[Change, ...]
    only_before: tuple[str, ...]  # questions
    only_now: tuple[str, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(name_of(change.name) for change in self.changes if change.failed)


def baseline_of(scored: Sequence[Scored]) -> Baseline:
    """Every score of every question of a run."""
    scores: dict[str, dict[str, float]] = {}
    for one in scored:
        values = dict(one.values)
        if one.faithful:
            values[FAITHFUL] = sum(one.faithful) / len(one.faithful)
        for name, value in values.items():
            scores.setdefault(name, {})[one.case.id] = round(value, 6)
    return Baseline(scores)


def judge(before: Baseline, now: Baseline) -> Verdict:
    """Then beside now, question by question."""
    changes = []
    for name in before.scores:
        then, fresh = before.scores[name], now.scores.get(name, {})
        ids = [id for id in then if id in fresh]
        if not ids:
            continue
        sign = -1 if name in LOWER_IS_BETTER else 1
        gains = {id: sign * (fresh[id] - then[id]) for id in ids}
        changes.append(
            Change(
                name,
                sum(then[id] for id in ids) / len(ids),
                sum(fresh[id] for id in ids) / len(ids),
                before.noise(name),
                tuple(id for id in ids if gains[id] > 1e-6),
                tuple(id for id in ids if gains[id] < -1e-6),
            )
        )
    old = dict.fromkeys(id for values in before.scores.values() for id in values)
    new = dict.fromkeys(id for values in now.scores.values() for id in values)
    return Verdict(tuple(changes), tuple(id for id in old if id not in new), tuple(id for id in new if id not in old))


def read_baseline(path: Path, *, missing_is_empty: bool = False) -> Baseline:
    """Raises GoldError when it is missing or is none, unless one that holds nothing will do, as before it is rewritten."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        scores = {name: {id: float(value) for id, value in values.items()} for name, values in found["scores"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if missing_is_empty:
            return Baseline({})
        if isinstance(error, FileNotFoundError):
            raise GoldError(f"没有基线 {path}；先用 python -m eval gate --renew 写一份") from None
        raise GoldError(f"基线 {path} 读不出来（{error}）；用 python -m eval gate --renew 重写一份") from error
    return Baseline({name: values for name, values in scores.items() if values})


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Means first, for people who read the file's changes; then every question, a line a score.  Raises GoldError."""
    means = {name: round(baseline.mean(name), 4) for name in baseline.scores}
    rows = [f"  {json.dumps(name)}: {json.dumps(dict(values), ensure_ascii=False)}" for name, values in baseline.scores.items()]
    text = '{\n "means": ' + json.dumps(means, indent=2).replace("\n", "\n ") + ',\n "scores": {\n' + ",\n".join(rows) + "\n }\n}\n"
    write_whole(path, text)


def markdown_verdict(verdict: Verdict, questions: Mapping[str, str]) -> str:
    """A row a score, then each question that changed."""
    lines = table(
        ("指标", "基线", "现在", "变化", "误差", "更好/更差", "结论"),
        [
            (
                name_of(one.name),
                f"{one.before:.4f}",
                f"{one.now:.4f}",
                f"{one.now - one.before:+.4f}",
                f"{one.noise:.4f}",
                f"{len(one.better)}/{len(one.worse)}",
                "变差，超出误差" if one.failed else "通过",
            )
            for one in verdict.changes
        ],
    )
    changed: dict[str, list[str]] = {}
    for one in verdict.changes:
        for sign, ids in (("更好", one.better), ("更差", one.worse)):
            for id in ids:
                changed.setdefault(id, []).append(f"{name_of(one.name)}{sign}")
    if changed:
        lines += ["", "有变化的问题", ""]
        lines += [f"- {id} {questions.get(id, '')}：{'，'.join(said)}" for id, said in changed.items()]
    for said, ids in (("基线里有、现在没有的问题", verdict.only_before), ("现在有、基线里没有的问题", verdict.only_now)):
        if ids:
            lines += ["", f"{said}：{'、'.join(ids)}"]
    return "\n".join(lines)
