"""How well an encoder retrieves, alone and beside BM25, over test folders in the BEIR layout.

nDCG@10 and recall@5 of BM25 over jieba's words in search mode (k1 1.2, b 0.75), of the encoder's cosine, and of both together: 0.6 of
BM25's and 0.4 of the cosine's min-max normalised scores over each side's first 100.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

Encode = Callable[[Sequence[str]], np.ndarray]  # texts -> float32[n, d], unit rows
OFFICIAL = "official_questions"  # reported apart; the other folders make the mean
DEPTH = 100


class Test(NamedTuple):
    """A test folder: passages, the first queries, and for each query the rows of the passages that answer it."""

    name: str
    passages: list[str]
    queries: list[str]
    relevant: list[dict[int, float]]


def read_test(folder: Path, limit: int = 600) -> Test:
    """Reads ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.tsv``; the first `limit` queries that have an answer."""

    def rows(name: str) -> list[dict[str, str]]:
        return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines() if line]

    corpus = rows("corpus.jsonl")
    row = {passage["_id"]: number for number, passage in enumerate(corpus)}
    relevant: dict[str, dict[int, float]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8") as lines:
        for judged in csv.DictReader(lines, delimiter="\t"):
            if float(judged["score"]) > 0 and judged["corpus-id"] in row:
                relevant.setdefault(judged["query-id"], {})[row[judged["corpus-id"]]] = float(judged["score"])
    queries = [query for query in rows("queries.jsonl") if query["_id"] in relevant][:limit]
    passages = [(passage.get("title", "") + " " + passage["text"]).strip() for passage in corpus]
    return Test(
        folder.name, passages, [query["text"] for query in queries], [relevant[query["_id"]] for query in queries]
    )


def words(text: str) -> list[str]:
    """jieba's words and the shorter words inside them (its search mode) in lower case, without punctuation."""
    import rjieba

    return [word for word in rjieba.cut_for_search(text.lower()) if any(character.isalnum() for character in word)]


def bm25(passages: Sequence[str], queries: Sequence[str], k1: float = 1.2, b: float = 0.75) -> list[dict[int, float]]:
    """For each query the first 100 passages with their BM25 scores (Robertson & Zaragoza 2009)."""
    from scipy import sparse

    vocabulary: dict[str, int] = {}
    bags = [Counter(words(passage)) for passage in passages]
    lengths = np.array([sum(bag.values()) for bag in bags], dtype=np.float64)
    columns = [vocabulary.setdefault(word, len(vocabulary)) for bag in bags for word in bag]
    counts = np.array([count for bag in bags for count in bag.values()], dtype=np.float64)
    pointers = np.cumsum([0, *(len(bag) for bag in bags)])
    norm = np.repeat(k1 * (1 - b + b * lengths / lengths.mean()), np.diff(pointers))
    shape = (len(passages), len(vocabulary))
    weights = sparse.csr_matrix((counts * (k1 + 1) / (counts + norm), columns, pointers), shape=shape)
    having = np.bincount(weights.indices, minlength=len(vocabulary))
    idf = np.log1p((len(passages) - having + 0.5) / (having + 0.5))
    by_word = weights.multiply(idf[None, :]).tocsc()
    ranked = []
    for query in queries:
        scores = np.zeros(len(passages))
        for word, times in Counter(words(query)).items():
            if word in vocabulary:
                column = slice(by_word.indptr[vocabulary[word]], by_word.indptr[vocabulary[word] + 1])
                scores[by_word.indices[column]] += times * by_word.data[column]
        ranked.append({row: score for row, score in best(scores).items() if score > 0})
    return ranked


def best(scores: np.ndarray) -> dict[int, float]:
    """The first 100 of a row of scores, best first."""
    first = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
    first = first[np.argsort(-scores[first], kind="stable")]
    return {int(row): float(scores[row]) for row in first}


def dense(passages: Sequence[str], queries: Sequence[str], encode: Encode) -> list[dict[int, float]]:
    """For each query the first 100 passages with their cosines."""
    scores = encode(queries) @ encode(passages).T
    return [best(row) for row in scores]


def together(lexical: dict[int, float], vectors: dict[int, float], weight: float = 0.6) -> dict[int, float]:
    """`weight` of the first side's min-max normalised scores plus the rest of the second's."""
    total: dict[int, float] = {}
    for share, side in ((weight, lexical), (1 - weight, vectors)):
        low, high = min(side.values(), default=0.0), max(side.values(), default=0.0)
        for row, score in side.items():
            total[row] = total.get(row, 0.0) + share * ((score - low) / (high - low) if high > low else 1.0)
    return dict(sorted(total.items(), key=lambda item: -item[1])[:DEPTH])


def ndcg(ranked: dict[int, float], relevant: dict[int, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain with linear gains (Järvelin & Kekäläinen 2002)."""
    gained = sum(relevant.get(row, 0.0) / math.log2(rank + 2) for rank, row in enumerate(list(ranked)[:k]))
    ideal = sum(gain / math.log2(rank + 2) for rank, gain in enumerate(sorted(relevant.values(), reverse=True)[:k]))
    return gained / ideal


def recall(ranked: dict[int, float], relevant: dict[int, float], k: int = 5) -> float:
    """The share of the passages that answer which stand among the first `k`."""
    return sum(row in relevant for row in list(ranked)[:k]) / min(k, len(relevant))


def measure(data: Path, encode: Encode, cache: Path, limit: int = 600) -> dict[str, dict[str, float]]:
    """Figures by test folder, and their means over all but `OFFICIAL` under ``mean``.

    `cache` keeps BM25's rankings, which do not change from model to model.
    """
    figures: dict[str, dict[str, float]] = {}
    for folder in sorted(path for path in (data / "test").iterdir() if path.is_dir()):
        test = read_test(folder, limit)
        kept = cache / f"bm25-search-{test.name}-{limit}.json"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps([list(run.items()) for run in bm25(test.passages, test.queries)]))
        lexical = [{row: score for row, score in run} for run in json.loads(kept.read_text())]
        vectors = dense(test.passages, test.queries, encode)
        hybrid = [together(left, right) for left, right in zip(lexical, vectors, strict=True)]
        figures[test.name] = {
            f"{side} {name}": round(
                float(np.mean([score(run, seen) for run, seen in zip(runs, test.relevant, strict=True)])), 4
            )
            for side, runs in (("bm25", lexical), ("dense", vectors), ("hybrid", hybrid))
            for name, score in (("ndcg@10", ndcg), ("recall@5", recall))
        }
    eleven = [row for name, row in figures.items() if name != OFFICIAL]
    figures["mean"] = {key: round(float(np.mean([row[key] for row in eleven])), 4) for key in eleven[0]}
    return figures
