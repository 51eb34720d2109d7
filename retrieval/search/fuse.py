"""Pure functions over rankings: lists of (id, score), best first, in; one such list out.

Ties go to the smaller id, so that the same lists always fuse to the same ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Ranking = Sequence[tuple[int, float]]


def reciprocal_rank_fusion(
    rankings: Mapping[str, Ranking], weights: Mapping[str, float] | None = None, k: int = 60
) -> list[tuple[int, float]]:
    """Sum over the lists of weight / (k + rank), rank from 1 (Cormack, Clarke and Büttcher, SIGIR 2009).

    A list without a weight weighs 1.
    """
    fused: dict[int, float] = {}
    for name, ranking in rankings.items():
        weight = 1.0 if weights is None else weights.get(name, 1.0)
        for rank, (item, _) in enumerate(ranking, 1):
            fused[item] = fused.get(item, 0.0) + weight / (k + rank)
    return _sorted(fused)


def weighted_scores(rankings: Mapping[str, Ranking], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """Sum over the lists of weight × score / that list's best score (CombSUM over maximum-normalised scores: Fox and
    Shaw, TREC-2, 1994; Lee, SIGIR 1997).

    What a list lacks, and what it scores 0 or less, gets nothing from it.
    """
    fused: dict[int, float] = {}
    for name, ranking in rankings.items():
        best = max((score for _, score in ranking), default=0.0)
        for item, score in ranking:
            part = weights.get(name, 1.0) * max(score, 0.0) / best if best > 0 else 0.0
            fused[item] = fused.get(item, 0.0) + part
    return _sorted(fused)


def summed_scores(rankings: Mapping[str, Ranking], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """Sum over the lists of weight × score, for scores that mean the same from one question to another."""
    fused: dict[int, float] = {}
    for name, ranking in rankings.items():
        for item, score in ranking:
            fused[item] = fused.get(item, 0.0) + weights[name] * score
    return _sorted(fused)


def _sorted(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
