"""A corpus that holds nothing but some of the reports of another, and answers to the figure as one of those alone would.

Filtering here, rather than in each place that shows something, means that a place which forgets to ask shows nothing
either: what this class does not define fails, and what it defines never leaves the rows it was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from index.audit import Overlap
from index.corpus import Corpus
from index.encoder import Encoder
from index.lexical import Terms
from index.rows import report_row
from index.types import Passage, Report, ReportRef, StoreError


class Narrowed(Corpus):
    """Reads of a corpus, restricted to some report rows.  It cannot be written to."""

    def __init__(self, whole: Corpus, rows: frozenset[int]) -> None:
        self.encoder = whole.encoder
        self._whole = whole
        self._rows = rows

    @property
    def generation(self) -> int:
        """That of the whole corpus."""
        return self._whole.generation

    @property
    def terms(self) -> Terms:
        """Those of the whole corpus: a dictionary is of no report."""
        return self._whole.terms

    def reports(self) -> tuple[ReportRef, ...]:
        """The reports allowed, in the order they came."""
        return tuple(ref for ref in self._whole.reports() if ref.row in self._rows)

    def report(self, row: int) -> Report:
        """A report whole; raises StoreError, in the words of one that was removed, where it is not allowed."""
        self._allow(row)
        return self._whole.report(row)

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Passages by row; raises StoreError where one is not of a report allowed."""
        for row in rows:
            self._allow(report_row(row))
        return self._whole.passages(rows)

    def dense(
        self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None, *, among: frozenset[int] | None = None
    ) -> list[tuple[int, float]]:
        """Nearest among the reports allowed."""
        return self._whole.dense(vector, k, self._within(allowed), among=self._within(among))

    def lexical(
        self, text: str, k: int, allowed: frozenset[int] | None = None, *, among: frozenset[int] | None = None
    ) -> list[tuple[int, float]]:
        """Best by BM25 among the reports allowed, counted over these reports only."""
        return self._whole.lexical(text, k, self._within(allowed), among=self._within(among))

    def whole(self, text: str, *, among: frozenset[int] | None = None) -> float:
        """The BM25 of a passage that holds all of a text, counted over these reports only."""
        return self._whole.whole(text, among=self._within(among))

    @property
    def contextual(self) -> Encoder | None:
        """That of the whole corpus."""
        return self._whole.contextual

    def filled(self, *, among: frozenset[int] | None = None) -> tuple[int, int]:
        """How many passages of these reports have their contextual vector, and how many they have."""
        return self._whole.filled(among=self._within(among))

    def near_in_context(
        self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None, *, among: frozenset[int] | None = None
    ) -> list[tuple[int, float]]:
        """Nearest by contextual vectors among the reports allowed."""
        return self._whole.near_in_context(vector, k, self._within(allowed), among=self._within(among))

    def in_context(self, rows: Sequence[int]) -> Mapping[int, np.ndarray]:
        """Contextual vectors by passage row; raises StoreError where one is not of a report allowed."""
        for row in rows:
            self._allow(report_row(row))
        return self._whole.in_context(rows)

    def text_vectors(self, words: Sequence[str]) -> np.ndarray:
        """As of the whole corpus: they say nothing of any report."""
        return self._whole.text_vectors(words)

    def asked(self, text: str) -> np.ndarray:
        """As of the whole corpus."""
        return self._whole.asked(text)

    def asked_in_context(self, text: str) -> np.ndarray | None:
        """As of the whole corpus."""
        return self._whole.asked_in_context(text)

    def frequency(self, word: str, *, among: frozenset[int] | None = None) -> int:
        """How many of the passages of these reports hold a word."""
        return self._whole.frequency(word, among=self._within(among))

    def snapshot(self) -> Corpus:
        """The same reports, of one generation."""
        return Narrowed(self._whole.snapshot(), self._rows)

    def alike(self, row: int) -> list[Overlap]:
        """Reports nearly the same as one, among those allowed."""
        self._allow(row)
        held = {ref.id for ref in self.reports()}
        return [one for one in self._whole.alike(row) if {one.first.id, one.second.id} <= held]

    def refresh(self) -> bool:
        """See what other processes have committed; what is new stays out of sight until one asks again."""
        return self._whole.refresh()

    def close(self) -> None:
        """The whole corpus stays open."""

    def _within(self, allowed: frozenset[int] | None) -> frozenset[int]:
        return self._rows if allowed is None else self._rows & allowed

    def _allow(self, row: int) -> None:
        if row not in self._rows:
            raise StoreError(f"第 {row} 号报告不在索引中：它可能刚被移除，请重新提问")
