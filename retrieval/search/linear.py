"""A weighted sum of standardised features, its weights in a readable file."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.types import YoujuError

_MODELS = Path(__file__).resolve().parents[2] / "models"


class WeightsError(YoujuError):
    """A file of weights is missing or not of the form expected."""


@dataclass(frozen=True)
class Linear:
    """score = bias + Σ weight × (feature − mean) / scale"""

    features: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weight: tuple[float, ...]
    bias: float = 0.0

    def score(self, rows: np.ndarray) -> np.ndarray:
        """float [n] scores of float [n, len(features)] rows."""
        scores: np.ndarray = self.bias + self._added(rows).sum(axis=1)
        return scores

    def parts(self, rows: np.ndarray) -> list[dict[str, float]]:
        """For each of float [n, len(features)] rows, what each feature adds to its score."""
        return [dict(zip(self.features, row, strict=True)) for row in self._added(rows).tolist()]

    def _added(self, rows: np.ndarray) -> np.ndarray:
        return (rows - np.asarray(self.mean)) / np.asarray(self.scale) * np.asarray(self.weight)


@functools.lru_cache(maxsize=8)
def shipped(name: str, in_context: bool = False) -> Linear:
    """Weights fitted by `eval/fit.py`, from models/<name>.json, or -best.json for what contextual vectors were compared for.

    Raises WeightsError.
    """
    return read(_MODELS / f"{name}{'-best' if in_context else ''}.json")


def read(path: Path) -> Linear:
    """Weights from a file: {"features": {name: {"mean", "scale", "weight"}}, "bias"}.  Raises WeightsError."""
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
        rows = held["features"]
        mean, scale, weight = (tuple(float(row[key]) for row in rows.values()) for key in ("mean", "scale", "weight"))
        return Linear(tuple(rows), mean, scale, weight, float(held.get("bias", 0.0)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"权重文件 {path.name} 读不出来（{error}）：请重新取出仓库里的 models/，或运行 python -m eval.fit") from error
