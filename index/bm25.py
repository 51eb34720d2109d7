"""BM25 over some of the passages of an index, to the figure what an index of those alone would give.

tantivy counts over all that it holds: in how many passages a word stands, and how long passages are on average.  What is
counted here is of some reports only.  The search weighs each word by its own rarity among them (a boost), and takes more
passages than are wanted; these are then scored anew with their own average length.  How far an average can move a score is
bounded, so the search knows when it has taken enough.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import tantivy

FIELDS = ("words", "pairs")
K1, B = 1.2, 0.75  # tantivy: src/query/bm25.rs
_FEW = 64  # reports up to which a query of as many terms is faster than a set
_MORE = 32  # passages taken beyond those wanted, at first
_MOST_WORDS = 200_000  # whose counts are remembered
_SHORT = np.array([*range(24), *(24 + (n if n < 8 else (n & 7 | 8) << (n >> 3) - 1) for n in range(232))])
"""The lengths that tantivy tells apart (src/fieldnorm/code.rs): to 40 all, then eight for each doubling."""

Term = tuple[str, str]  # field, word


def only(schema: tantivy.Schema, reports: frozenset[int]) -> tantivy.Query:
    """A filter that adds nothing to a score."""
    if len(reports) > _FEW:
        query = tantivy.Query.term_set_query(schema, "report", sorted(reports))
    else:
        query = tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "report", row)) for row in sorted(reports)]
        )
    return tantivy.Query.const_score_query(query, 0.0)


def ranked(found: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """(row, score) best first; scores that agree in the six digits that single precision can tell stand in order of rows."""
    return sorted(found, key=lambda pair: (-float(f"{pair[1]:.6g}"), pair[0]))


class Among:
    """The passages of some reports, as a searcher holds them.  Safe to read from many threads."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema, reports: frozenset[int]) -> None:
        self._searcher, self._schema = searcher, schema
        self._only = only(schema, reports)
        totals = searcher.aggregate(self._only, {field: {"sum": {"field": f"{field}_length"}} for field in FIELDS})
        self._documents = self._count(self._only) + 1  # an index of its own holds a marker besides, of no length
        self._average = {field: float(totals[field]["value"] or 0) / self._documents for field in FIELDS}
        self._held: dict[Term, int] = {}
        self._whole: dict[str, tuple[float, float]] = {}

    def frequency(self, field: str, word: str) -> int:
        """How many of the passages hold a word."""
        found = self._held.get((field, word))
        if found is None:
            found = 0
            if self._searcher.doc_freq(field, word):
                both = tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term(field, word)), (tantivy.Occur.Must, self._only)])
                found = self._count(both)
            if len(self._held) >= _MOST_WORDS:
                self._held.clear()
            self._held[field, word] = found
        return found

    def whole(self, terms: Sequence[Term]) -> float:
        """The sum of the terms' rarities among these passages."""
        return sum(rarity(self._documents, self.frequency(field, word)) for field, word in terms)

    def search(self, terms: Sequence[Term], k: int, allowed: frozenset[int]) -> list[tuple[int, float]]:
        """At most k (row, BM25), best first, of the reports allowed, which are among these."""
        weights = {(field, word): rarity(self._documents, held) for field, word in terms if (held := self.frequency(field, word))}
        if not weights or not allowed:
            return []
        query, stretch = self._query(weights, allowed)
        found: list[tuple[int, float]] = []
        take = k + _MORE
        while True:
            hits = self._searcher.search(query, take, count=False).hits
            addresses = [address for _, address in hits[len(found) :]]
            rows = self._searcher.fast_field_values("row", addresses) if addresses else []
            found += zip((int(row or 0) for row in rows), self._scores(addresses, weights), strict=True)
            best = ranked(found)[:k]
            if len(hits) < take or best[-1][1] > float(hits[-1][0]) * stretch * 1.0001:  # the rest cannot reach these
                return best
            take *= 2

    def _query(self, weights: dict[Term, float], allowed: frozenset[int]) -> tuple[tantivy.Query, float]:
        """What tantivy is to look for, and at most how many times as high as its score the right one is."""
        clauses, stretch = [], 1.0
        for (field, word), weight in weights.items():
            documents, average = self._counted(field, word)
            stretch = max(stretch, self._average[field] / average)
            boost = weight / rarity(documents, self._searcher.doc_freq(field, word))
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(self._term(field, word), boost)))
        query = tantivy.Query.boolean_query(clauses)
        must = tantivy.Occur.Must
        return tantivy.Query.boolean_query([(must, query), (must, only(self._schema, allowed))]), stretch

    def _scores(self, addresses: Sequence[Any], weights: dict[Term, float]) -> list[float]:
        """BM25 of passages, from the words that are kept with them."""
        sought = {field: {word: weight for (of, word), weight in weights.items() if of == field} for field in FIELDS}
        scores = []
        for address in addresses:
            document = self._searcher.doc(address)
            score = 0.0
            for field, asked in sought.items():
                tokens = str(document[field][0]).split()
                length = int(_SHORT[np.searchsorted(_SHORT, len(tokens), side="right") - 1])
                norm = K1 * (1 - B + B * length / self._average[field])
                there = asked.keys() & set(tokens)
                for word, weight in asked.items():
                    if word in there:
                        times = tokens.count(word)
                        score += weight * times * (K1 + 1) / (times + norm)
            scores.append(score)
        return scores

    def _counted(self, field: str, word: str) -> tuple[float, float]:
        """How many documents tantivy counts in all, and their average length; it tells so in explaining a score alone."""
        found = self._whole.get(field)
        if found is None:
            term = self._term(field, word)
            address = self._searcher.search(term, 1, count=False).hits[0][1]
            told = json.loads(term.explain(self._searcher, address).to_json())
            found = self._whole[field] = _value(told, "N, "), _value(told, "avgdl, ")
        return found

    def _count(self, query: tantivy.Query) -> int:
        return int(self._searcher.search(query, 1, count=True).count or 0)  # type: ignore[attr-defined]  # not in its stubs

    def _term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, word, "freq")


def rarity(documents: float, held: int) -> float:
    """What a word weighs that stands in `held` of so many documents."""
    return math.log(1 + (documents - held + 0.5) / (held + 0.5))


def _value(told: Any, begins: str) -> float:
    """The value in an explanation whose description begins so; raises KeyError where there is none."""
    stack = [told]
    while stack:
        one = stack.pop()
        if str(one.get("description", "")).startswith(begins):
            return float(one["value"])
        stack += one.get("details") or []
    raise KeyError(begins)
