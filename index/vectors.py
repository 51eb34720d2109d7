"""Rows of numbers as directions."""

from __future__ import annotations

import numpy as np


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """float32 [n, d] with rows of length 1; a row that is zero or not finite becomes zero, never NaN."""
    vectors = np.where(np.isfinite(vectors), vectors, 0.0).astype(np.float32)
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=0)  # first, so that no square overflows
    vectors = np.divide(vectors, largest, out=np.zeros_like(vectors), where=largest > 0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
