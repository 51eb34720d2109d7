"""Rank metrics by ir_measures (MacAvaney, Macdonald & Ounis, ECIR 2022), under the names that it gives them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from eval.dataset import GoldError
from eval.trec import Qrels, Run

STANDARD = ("nDCG@10", "R@5", "RR@10", "AP@100")


def measures(names: Iterable[str]) -> list[Any]:
    """ir_measures' objects for names such as nDCG@10.  Raises GoldError with all the bad names."""
    import ir_measures

    found, bad = [], []
    for name in names:
        try:
            found.append(ir_measures.parse_measure(name))
        except (NameError, ValueError):
            bad.append(name)
    if bad:
        raise GoldError(f"不认识的指标：{'、'.join(bad)}；写法如 {'、'.join(STANDARD)}")
    return found


def per_query(qrels: Qrels, run: Run, names: Sequence[str] = STANDARD) -> dict[str, dict[str, float]]:
    """Metric → query → value, for every query that has a relevant document; one that the run lacks scores 0."""
    import ir_measures

    wanted = measures(names)
    judged = {query: dict(documents) for query, documents in qrels.items() if any(r > 0 for r in documents.values())}
    scored = {query: {d: float(-rank) for rank, d in enumerate(run.get(query, ()))} for query in judged}
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(judged, 0.0) for name in names}
    title = dict(zip(map(str, wanted), names, strict=True))
    retrieved = {query: documents for query, documents in scored.items() if documents}
    if judged and retrieved:
        for metric in ir_measures.iter_calc(wanted, judged, retrieved):
            values[title[str(metric.measure)]][metric.query_id] = float(metric.value)
    return values


def means(values: dict[str, dict[str, float]]) -> dict[str, float]:
    """Metric → mean over the queries."""
    return {name: sum(column.values()) / len(column) if column else 0.0 for name, column in values.items()}
