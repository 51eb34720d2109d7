"""A static model: a vector a piece of text and their weighted sum, read and looked up without torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from index.encoder import said, unit_rows
from index.unigram import Cut, any_cutter

COUNTS = "counts_config.json"  # beside the weights, where a word that comes back is not to count as often as it comes
SATURATED = "log1p"  # what stands there: n times the same word weigh log(1 + n)
WEIGHTS = "model.safetensors"
_AT_ONCE = 4096  # texts cut into pieces before their vectors are looked up
_ROWS = 512  # of the table widened at once: what stays in the cache


class StaticEncoder:
    """The vectors that sentence-transformers' StaticEmbedding gives, which are the means of those of a text's pieces.

    rows: [pieces, dimension], of bytes where scales float32 [pieces] say what a row is to be multiplied by.
    saturated: a piece weighs log(1 + times it stands in the text), as in tf-idf (Salton & Buckley, 1988); that library has
    no such mean, and gives such a model's vectors with every time counted.
    """

    def __init__(self, cut: Cut, rows: np.ndarray, name: str, fingerprint: str, *, scales: np.ndarray | None = None,
                 saturated: bool = False) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = int(rows.shape[1])
        self._cut = cut
        self._rows = rows
        self._scales = np.ones(len(rows), np.float32) if scales is None else scales.astype(np.float32)
        self._saturated = saturated

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        parts = [np.zeros((0, self.dimension), dtype=np.float32)]
        for start in range(0, len(texts), _AT_ONCE):
            pieces = self._cut(texts[start : start + _AT_ONCE])
            lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
            numbers = np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=int(lengths.sum()))
            weights = self._scales[numbers]
            if self._saturated:
                numbers, lengths, times = _counted(numbers, lengths, len(self._rows))
                weights = self._scales[numbers] * np.log1p(times).astype(np.float32)
            parts.append(unit_rows(self._sums(numbers, weights, lengths)))  # a sum: its length is normalised away
        return np.concatenate(parts)

    def words(self, texts: Sequence[str]) -> list[np.ndarray]:
        found = [self._rows[pieces].astype(np.float32) * self._scales[pieces, None] for pieces in map(_index, self._cut(texts))]
        return [each[each.any(axis=1)] for each in found]  # less what weighs nothing: punctuation, spaces

    def _sums(self, numbers: np.ndarray, weights: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """float32 [texts, dimension]: each text's rows, weighted and added up, a stretch of `_ROWS` of them at a time."""
        sums = np.zeros((len(lengths), self.dimension), np.float32)
        wide = np.empty((_ROWS, self.dimension), np.float32)
        ends = np.cumsum(lengths).tolist()
        text = at = 0
        for start in range(0, len(numbers), _ROWS):
            stop = min(start + _ROWS, len(numbers))
            wide[: stop - start] = self._rows.take(numbers[start:stop], axis=0)
            while at < stop:
                while ends[text] <= at:
                    text += 1
                end = min(ends[text], stop)
                sums[text] += weights[at:end] @ wide[at - start : end - start]
                at = end
        return sums


def load_static(folder: Path, name: str, fingerprint: str) -> StaticEncoder | None:
    """The static model in a folder; None where the folder holds a model of another kind, or one that does more than add up."""
    if not (folder / "modules.json").is_file():
        return None
    first, *after = (each["type"].rpartition(".")[2] for each in json.loads((folder / "modules.json").read_text(encoding="utf-8")))
    settings = folder / "config_sentence_transformers.json"
    config: dict[str, Any] = json.loads(settings.read_text(encoding="utf-8")) if settings.is_file() else {}
    prompted = any((config.get("prompts") or {}).values()) or config.get("truncate_dim") is not None
    if first != "StaticEmbedding" or set(after) - {"Normalize"} or prompted or not (folder / WEIGHTS).is_file():
        return None
    held = load_file(folder / WEIGHTS)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    saturated = said(folder / COUNTS, "counts") == SATURATED
    if held.keys() == {"embedding.weight"}:
        return StaticEncoder(any_cutter(tokenizer), held["embedding.weight"], name, fingerprint, saturated=saturated)
    if held.keys() == {"embeddings", "weights"}:  # as model2vec writes them
        return StaticEncoder(any_cutter(tokenizer), held["embeddings"], name, fingerprint, scales=held["weights"], saturated=saturated)
    return None


def _index(pieces: list[int]) -> np.ndarray:
    return np.asarray(pieces, dtype=np.int64)


def _counted(numbers: np.ndarray, lengths: np.ndarray, pieces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each text's pieces once: their numbers int64 [n], how many a text has int64 [texts], and how often each stands there int64 [n]."""
    keys, times = np.unique(np.repeat(np.arange(len(lengths)), lengths) * pieces + numbers, return_counts=True)
    texts, numbers = np.divmod(keys, pieces)
    return numbers, np.bincount(texts, minlength=len(lengths)), times
