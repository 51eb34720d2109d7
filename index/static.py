"""The shipped static encoder: a vector a piece and their weighted sum, in numpy.

The folder is a sentence-transformers one, and that library gives its vectors too, with every time counted; this is what the
product runs, without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from index.unigram import Cut, any_cutter
from index.vectors import unit_rows

WEIGHTS = "model.safetensors"
COUNTS = "counts_config.json"  # beside the weights, where a word that comes back is not to count as often as it comes
SATURATED = "log1p"  # what stands there: n times the same word weigh log(1 + n)
_CUT_AT_ONCE = 4096  # texts whose pieces are found together
_AT_ONCE = 64  # texts whose pieces are counted together
_NUMBERS = {"I8": "i1", "U8": "u1", "F16": "<f2", "F32": "<f4", "F64": "<f8"}  # safetensors' types as numpy's; it has no BF16


class StaticEncoder:
    """Texts to the sum of their pieces' vectors, at length 1.

    saturated: a piece weighs log(1 + times it stands in the text), as in tf-idf (Salton & Buckley, 1988), else the times.
    """

    def __init__(self, cut: Cut, table: np.ndarray, scale: np.ndarray, name: str, fingerprint: str, saturated: bool = False) -> None:
        """table: [pieces, dimension], of any type of number; a row's vector is that times its scale, float32 [pieces]."""
        self.name = name
        self.fingerprint = fingerprint
        self.dimension = int(table.shape[1])
        self._cut = cut
        self._table = table
        self._scale = scale
        self._saturated = saturated

    def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        """float32 [len(texts), dimension]; rows of length 1, a zero row for a text that holds nothing it knows."""
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _CUT_AT_ONCE):
            pieces = self._cut(texts[start : start + _CUT_AT_ONCE])
            for at in range(0, len(pieces), _AT_ONCE):
                some = pieces[at : at + _AT_ONCE]
                self._sum(some, found[start + at : start + at + len(some)])
        return unit_rows(found)

    def _sum(self, pieces: Sequence[Sequence[int]], sums: np.ndarray) -> None:
        """Into float32 [texts, dimension] the vectors of each text's pieces, each as much as it weighs there."""
        lengths = np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces))
        numbers = np.fromiter(chain.from_iterable(pieces), dtype=np.int64, count=int(lengths.sum()))
        firsts = np.arange(len(pieces) + 1) * len(self._table)
        cells, times = np.unique(np.repeat(firsts[:-1], lengths) + numbers, return_counts=True)
        there = cells % len(self._table)
        weight = (np.log1p(times) if self._saturated else times).astype(np.float32) * self._scale[there]
        # einsum, a text at a time: BLAS would share so small a product among threads, and on busy cores wait longer than it takes
        for each, (start, end) in zip(sums, pairwise(np.searchsorted(cells, firsts).tolist()), strict=True):
            np.einsum("p,pd->d", weight[start:end], self._table.take(there[start:end], axis=0).astype(np.float32), out=each)

    def _rows(self, numbers: np.ndarray) -> np.ndarray:
        rows: np.ndarray = self._table[numbers].astype(np.float32) * self._scale[numbers, None]
        return rows

    def words(self, texts: Sequence[str]) -> list[np.ndarray]:
        """For each text float32 [tokens, dimension], less what weighs nothing: punctuation, spaces."""
        found = [self._rows(np.array(pieces, dtype=np.int64)) for pieces in self._cut(texts)]
        return [each[each.any(axis=1)] for each in found]


def load_static(folder: Path, name: str, fingerprint: str) -> StaticEncoder | None:
    """The encoder in a folder; None where it holds another kind of model, or one that puts words before a text.

    Raises OSError and ValueError where a file is missing or none of what it should be.
    """
    if not _is_static(folder):
        return None
    held = _mapped(folder / WEIGHTS)
    table = _table(held)
    if table is None or "mapping" in held:
        return None
    scale = held["weights"].astype(np.float32) if "weights" in held else np.ones(len(table), dtype=np.float32)
    counts = folder / COUNTS
    saturated = counts.is_file() and json.loads(counts.read_text(encoding="utf-8"))["counts"] == SATURATED
    return StaticEncoder(any_cutter((folder / "tokenizer.json").read_text(encoding="utf-8")), table, scale, name, fingerprint, saturated)


def width(folder: Path) -> int:
    """Columns of the vectors of the shipped model in a folder, without loading it; raises OSError, ValueError and KeyError as `load_static`."""
    table = _table(_mapped(folder / WEIGHTS))
    if table is None:
        raise ValueError(f"no table in {WEIGHTS}")
    return int(table.shape[1])


def _table(held: Mapping[str, np.ndarray]) -> np.ndarray | None:
    return next((held[key] for key in ("embeddings", "embedding.weight") if key in held), None)


def _mapped(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a safetensors file by name, on disk until they are looked at; less those of a type that numpy lacks.

    The file: the length of a header, the header in JSON with each array's type, shape and place, the arrays
    (https://huggingface.co/docs/safetensors/index#format).
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header: dict[str, Any] = json.loads(file.read(length))
    return {
        name: np.asarray(np.memmap(path, _NUMBERS[one["dtype"]], "r", 8 + length + one["data_offsets"][0], tuple(one["shape"])))
        for name, one in header.items()
        if name != "__metadata__" and one["dtype"] in _NUMBERS
    }


def _is_static(folder: Path) -> bool:
    """Whether its modules are a table of pieces, and nothing after but normalisation; and no text gets words put before it."""
    modules: Any = json.loads((folder / "modules.json").read_text(encoding="utf-8")) if (folder / "modules.json").is_file() else []
    kinds = [str(one["type"]).rpartition(".")[2] for one in modules]
    settings = folder / "config_sentence_transformers.json"
    said = json.loads(settings.read_text(encoding="utf-8")) if settings.is_file() else {}
    plain = not any((said.get("prompts") or {}).values()) and said.get("truncate_dim") is None
    return kinds[:1] == ["StaticEmbedding"] and set(kinds[1:]) <= {"Normalize"} and plain and not (modules[0].get("path") or "")
