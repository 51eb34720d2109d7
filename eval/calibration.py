"""Does a system know when it is right?  Risk against coverage, and confidence against accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class RiskCoverage:
    """Answering only the surest share of the questions: how many of those answers are wrong.

    coverage and risk: float[n], from the surest question alone to all of them; area: mean risk, less is better.
    """

    coverage: np.ndarray
    risk: np.ndarray
    area: float


@dataclass(frozen=True)
class Bin:
    """Answers of about one confidence."""

    confidence: float  # mean
    accuracy: float
    n: int


def risk_coverage(confidence: Sequence[float], right: Sequence[bool]) -> RiskCoverage:
    """Source: El-Yaniv & Wiener, On the foundations of noise-free selective classification, JMLR 2010.

    Questions of one confidence are taken together: their order is no knowledge of the system's.
    """
    if not len(confidence):
        return RiskCoverage(np.zeros(0), np.zeros(0), 0.0)
    levels, at = np.unique(-np.asarray(confidence, dtype=float), return_inverse=True)
    wrong = 1.0 - np.asarray(right, dtype=float)
    counts = np.bincount(at, minlength=len(levels))
    errors = np.bincount(at, weights=wrong, minlength=len(levels))
    answered = counts.cumsum()
    risk = errors.cumsum() / answered
    return RiskCoverage(answered / len(wrong), risk, float((risk * counts).sum() / len(wrong)))


def bins(confidence: Sequence[float], right: Sequence[bool], count: int = 10) -> list[Bin]:
    """Equal widths over [0, 1], empty ones left out; what lies outside falls into the first or the last."""
    values, marks = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    at = np.clip((values * count).astype(int), 0, count - 1)
    return [
        Bin(float(values[at == one].mean()), float(marks[at == one].mean()), int((at == one).sum()))
        for one in range(count)
        if (at == one).any()
    ]


def expected_calibration_error(found: Sequence[Bin]) -> float:
    """Mean gap of confidence and accuracy, weighted by answers (Naeini, Cooper & Hauskrecht, AAAI 2015)."""
    total = sum(one.n for one in found)
    return sum(abs(one.confidence - one.accuracy) * one.n for one in found) / total if total else 0.0
