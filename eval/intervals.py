"""How far a mean may be off, and which of several differences stand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 10_000


def bootstrap_interval(values: Sequence[float], level: float = 0.95, resamples: int = RESAMPLES) -> tuple[float, float]:
    """The percentile interval of a mean over questions drawn with replacement; the same each time.

    Source: Sakai, Evaluating evaluation metrics based on the bootstrap, SIGIR 2006.
    """
    observed = np.asarray(values, dtype=float)
    if not len(observed):
        return 0.0, 0.0
    kinds, counts = np.unique(observed, return_counts=True)  # few values: draw how often each comes, not which question
    draws = np.random.default_rng(0).multinomial(len(observed), counts / counts.sum(), size=resamples)
    low, high = np.quantile(draws @ kinds / len(observed), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def standard_error(values: Sequence[float]) -> float:
    """Of a mean over questions; 0 for fewer than two."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def holm(ps: Sequence[float]) -> list[float]:
    """p of each of several tests, adjusted so that the chance of any false alarm stays what one test's would be.

    Source: Holm, A simple sequentially rejective multiple test procedure, 1979.
    """
    order = sorted(range(len(ps)), key=lambda at: ps[at])
    adjusted, least = [0.0] * len(ps), 0.0
    for rank, at in enumerate(order):
        least = max(least, min(1.0, ps[at] * (len(ps) - rank)))
        adjusted[at] = least
    return adjusted
