"""Two runs over the same questions: which is better, and is it more than chance?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from eval.intervals import bootstrap_interval, holm
from eval.metrics import LOWER_IS_BETTER, Scored

RESAMPLES = 10_000


@dataclass(frozen=True)
class Comparison:
    """One score of run A beside run B, over the questions that have it."""

    metric: str
    a: float  # mean
    b: float
    p: float  # two-sided, of this score alone
    interval: tuple[float, float]  # 95 %, of b - a
    wins: tuple[str, ...]  # ids of the questions on which B is better
    losses: tuple[str, ...]  # ... on which A is
    n: int
    adjusted: float = 1.0  # p after Holm, over all the scores compared

    @property
    def ties(self) -> int:
        return self.n - len(self.wins) - len(self.losses)


def compare(a: Sequence[Scored], b: Sequence[Scored]) -> list[Comparison]:
    """Every score of two runs of the same cases in the same order."""
    values: dict[str, list[tuple[str, float, float]]] = {}
    for one, other in zip(a, b, strict=True):
        for metric, value in one.values.items():
            values.setdefault(metric, []).append((one.case.id, value, other.values[metric]))
    found = [paired(metric, rows, lower=metric in LOWER_IS_BETTER) for metric, rows in values.items()]
    return [replace(one, adjusted=p) for one, p in zip(found, holm([one.p for one in found]), strict=True)]


def paired_randomization(differences: np.ndarray, resamples: int = RESAMPLES, seed: int = 0) -> float:
    """Two-sided p of a mean difference: the share of random sign flips that give one at least as large.

    differences: float[n], one a question.  The observed one counts among the flips, so p is never 0.
    Source: Smucker, Allan & Carterette, A comparison of statistical significance tests for information retrieval
    evaluation, CIKM 2007.
    """
    changed = differences[differences != 0]  # a tie stays a tie however its sign is flipped
    if not len(changed):
        return 1.0
    signs = np.random.default_rng(seed).integers(0, 2, (resamples, len(changed)), dtype=np.int8) * 2 - 1
    sums = np.abs(signs @ changed)
    observed = abs(changed.sum()) - 1e-9  # sums of the same numbers in another order may differ in the last bit
    return float((1 + np.count_nonzero(sums >= observed)) / (1 + resamples))


def paired(metric: str, rows: Sequence[tuple[str, float, float]], *, lower: bool) -> Comparison:
    """One score of the same questions in two runs.

    rows: (question's id, A's value, B's value), one or more.  lower: whether less is better.
    """
    first, second = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    better = (first - second) if lower else (second - first)
    return Comparison(
        metric=metric,
        a=float(first.mean()),
        b=float(second.mean()),
        p=paired_randomization(second - first),
        interval=bootstrap_interval(list(second - first)),
        wins=tuple(row[0] for row, gain in zip(rows, better, strict=True) if gain > 0),
        losses=tuple(row[0] for row, gain in zip(rows, better, strict=True) if gain < 0),
        n=len(rows),
    )
