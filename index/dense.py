"""Nearest passages by cosine, in FAISS: exact in half precision, or inverted lists beyond what an exact scan can do.

A passage is known by its row (`index.rows`); a search may be limited to some reports before the k best are taken.
"""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss as _faiss
import numpy as np

from index.rows import report_row
from index.types import StoreError

faiss: Any = _faiss  # its stubs know the C++ signatures, not the Python ones

EXACT_UP_TO = 200_000  # passages; measured: an exact scan of 500,000 takes 11 ms, 32 of 2,048 lists 0.3 ms
LISTS = 2048
PROBES = 32
_TRAIN_PER_LIST = 50  # k-means needs 39 points a centroid or more
_TRAILER = struct.Struct("<8sQI")  # magic, generation, CRC-32 of the bytes before
_MAGIC = b"youju\x00\x00\x01"


class Dense:
    """Vectors by passage row.  Not for writing from two threads; a search changes nothing."""

    def __init__(self, index: Any, rows: np.ndarray, generation: int) -> None:
        self.generation = generation
        self._index = index
        self._rows = rows  # int64 [n], in the order that the exact index holds them

    @classmethod
    def build(
        cls,
        rows: np.ndarray,
        vectors: np.ndarray,
        *,
        exact_up_to: int = EXACT_UP_TO,
        lists: int = LISTS,
        probes: int = PROBES,
    ) -> Dense:
        """An index over int64 [n] rows and float [n, d] vectors, of the kind that suits their number."""
        count, dimension = vectors.shape
        if count <= exact_up_to:
            flat = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
            index = faiss.IndexIDMap2(flat)
            flat.this.disown()  # owned by the index around it from here on
            index.own_fields = True
        else:
            index = faiss.index_factory(dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
            sample = np.random.default_rng(0).permutation(count)[: lists * _TRAIN_PER_LIST]
            index.train(np.ascontiguousarray(vectors[np.sort(sample)], dtype=np.float32))
            index.nprobe = probes
        dense = cls(index, np.zeros(0, dtype=np.int64), generation=0)
        for at in range(0, count, 1 << 16):
            dense.add(rows[at : at + (1 << 16)], vectors[at : at + (1 << 16)])
        return dense

    @property
    def kind(self) -> str:
        return f"ivf{self._index.nlist}-sq8" if self._lists else "flat-fp16"

    @property
    def approximate(self) -> bool:
        """Whether a search looks through some of the passages only."""
        return self._lists

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def rows(self) -> np.ndarray:
        """int64 [n]: the passages held, in no promised order."""
        return self._rows

    @property
    def _lists(self) -> bool:
        return isinstance(self._index, faiss.IndexIVF)

    def __len__(self) -> int:
        return len(self._rows)

    def copy(self) -> Dense:
        """One to write to while searches go on in this one."""
        return Dense(faiss.clone_index(self._index), self._rows, self.generation)

    def suits(self, exact_up_to: int = EXACT_UP_TO) -> bool:
        """False when another kind is due for this many passages; lists become a scan again at half the number."""
        return len(self) > exact_up_to // 2 if self._lists else len(self) <= exact_up_to

    def add(self, rows: np.ndarray, vectors: np.ndarray) -> None:
        """Put in int64 [n] rows with float [n, d] unit vectors; raises ValueError for a row that is there already."""
        if not len(rows):
            return
        if np.isin(rows, self._rows).any() or len(np.unique(rows)) != len(rows):
            raise ValueError("a passage row may stand in the index once only")
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), rows)
        self._rows = np.concatenate([self._rows, rows])

    def remove(self, rows: np.ndarray) -> None:
        """Take out int64 [n] rows; those that are not there are passed over."""
        gone = np.isin(self._rows, rows)
        if not gone.any():
            return
        self._index.remove_ids(np.ascontiguousarray(self._rows[gone]))
        self._rows = self._rows[~gone]

    def remove_reports(self, reports: set[int]) -> None:
        """Take out every passage of these reports."""
        self.remove(self._rows[self._of(frozenset(reports))])

    def search(
        self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None, *, every: bool = False
    ) -> list[tuple[int, float]]:
        """At most k (passage row, inner product), best first, of the reports allowed; None: of all.

        every: look through all lists, where there are lists.
        """
        query = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, -1)
        if query.shape[1] != self.dimension:
            raise ValueError(f"a vector of {self.dimension} numbers is needed, not {query.shape[1]}")
        mask = None if allowed is None else self._of(allowed)
        left = len(self) if mask is None else int(mask.sum())
        k = min(k, left)
        if k <= 0 or not np.isfinite(query).all():
            return []
        with _one_thread():
            if self._lists:
                scores, labels = self._lists_search(query, k, mask, left, every)
            else:
                scores, labels = self._flat_search(query, k, mask)
        found = [(int(row), float(score)) for row, score in zip(labels[0], scores[0], strict=True) if row >= 0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def _flat_search(self, query: np.ndarray, k: int, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Over positions rather than rows, so that the filter is one bit a passage."""
        if mask is None:
            found: tuple[np.ndarray, np.ndarray] = self._index.search(query, k)
            return found
        bits = np.packbits(mask, bitorder="little")
        only = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))
        scores, positions = faiss.downcast_index(self._index.index).search(query, k, params=only)
        return scores, np.where(positions >= 0, self._rows[positions], -1)

    def _lists_search(
        self, query: np.ndarray, k: int, mask: np.ndarray | None, left: int, every: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """The fewer passages a filter leaves, the more lists are probed, so that as many candidates are seen."""
        probes = self._index.nlist if every else min(self._index.nlist, math.ceil(self._index.nprobe * len(self) / left))
        only = faiss.SearchParametersIVF(nprobe=probes)
        if mask is not None:
            only.sel = selector = faiss.IDSelectorBatch(self._rows[mask])  # noqa: F841 - kept alive while the search runs
        found: tuple[np.ndarray, np.ndarray] = self._index.search(query, k, params=only)
        return found

    def _of(self, reports: frozenset[int]) -> np.ndarray:
        """bool [n]: which passages belong to these reports."""
        return np.isin(report_row(self._rows), np.fromiter(reports, dtype=np.int64, count=len(reports)))

    def vectors(self) -> Iterator[tuple[int, np.ndarray]]:
        """(row, float32 [d]) as an exact index holds them; nothing where lists hold them in a byte a number."""
        if self._lists or not len(self):
            return
        flat = faiss.downcast_index(self._index.index)
        for at in range(0, len(self), 1 << 16):
            size = min(1 << 16, len(self) - at)
            yield from zip(self._rows[at : at + size].tolist(), flat.reconstruct_n(at, size), strict=True)

    def save(self, path: Path, generation: int) -> None:
        """Write all or nothing, with the generation of the catalog that it holds."""
        data = faiss.serialize_index(self._index)
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.write(_TRAILER.pack(_MAGIC, generation, zlib.crc32(data)))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        self.generation = generation

    @classmethod
    def load(cls, path: Path) -> Dense:
        """What `save` wrote; raises StoreError when it is missing, cut short or changed."""
        try:
            content = memoryview(path.read_bytes())
        except OSError as error:
            raise StoreError(f"向量索引 {path} 读不出来：{error}") from error
        data, trailer = content[: -_TRAILER.size], content[-_TRAILER.size :].tobytes()
        if len(trailer) < _TRAILER.size or trailer[:8] != _MAGIC:
            raise StoreError(f"向量索引 {path} 不完整")
        _, generation, checksum = _TRAILER.unpack(trailer)
        if zlib.crc32(data) != checksum:
            raise StoreError(f"向量索引 {path} 已损坏")
        try:
            index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
        except RuntimeError as error:
            raise StoreError(f"向量索引 {path} 打不开：{error}") from error
        return cls(index, _rows(index), generation)

    @staticmethod
    def saved_generation(path: Path) -> int | None:
        """The generation of what stands at a path, without reading it whole; None when nothing of ours does."""
        try:
            with path.open("rb") as stream:
                stream.seek(-_TRAILER.size, os.SEEK_END)
                magic, generation, _ = _TRAILER.unpack(stream.read())
        except (OSError, struct.error):
            return None
        return int(generation) if magic == _MAGIC else None


@contextmanager
def _one_thread() -> Iterator[None]:
    """A scan for one question is too short to share: on busy cores, waiting for a second thread costs 30 scans."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _rows(index: Any) -> np.ndarray:
    """int64 [n]: the ids that a loaded index holds."""
    if not isinstance(index, faiss.IndexIVF):
        ids: np.ndarray = faiss.vector_to_array(index.id_map).astype(np.int64)
        return ids
    held = index.invlists
    return np.concatenate(
        [np.zeros(0, dtype=np.int64)]
        + [
            faiss.rev_swig_ptr(held.get_ids(at), held.list_size(at)).astype(np.int64)
            for at in range(index.nlist)
            if held.list_size(at)
        ]
    )
