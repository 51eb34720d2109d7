"""Which encoder to take?  BM25, dense and hybrid side by side, on retrieval datasets and on one's own gold questions."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.ablate import SWITCHES
from eval.beir import Collection, read_collection
from eval.dataset import Found, Result, read_gold
from eval.metrics import Scored, score_all, summarise
from eval.ranking import STANDARD, means, per_query
from eval.report import name_of, table
from eval.run import HITS, Progress, index_folder, refuse_unknown, reports_in, stem
from eval.trec import Run
from index.corpus import Corpus
from index.encoder import Encoder, load_encoder
from index.lexical import Lexical
from retrieval.ask import understood
from retrieval.fuse import Ranking, weighted_scores
from retrieval.search import DEPTH, WEIGHTS, search

BATCH = 256  # texts encoded between two steps of the progress bar
BY_PHRASING = ("recall@1", "recall@5", "nDCG@10")


@dataclass(frozen=True)
class Row:
    """One system on one collection."""

    collection: str
    system: str
    scores: Mapping[str, float]
    seconds: float  # encoding the documents; 0 for BM25

    def as_json(self) -> dict[str, Any]:
        return {"collection": self.collection, "system": self.system, "seconds": round(self.seconds, 1)} | {
            name: round(value, 4) for name, value in self.scores.items()
        }


def beir_table(
    folders: Sequence[Path], names: Sequence[str | None], queries: int, split: str | None, progress: Progress
) -> tuple[str, list[dict[str, Any]]]:
    """Markdown and figures: for each folder BM25, and each encoder alone and with BM25, by ir_measures.

    names: None is the shipped encoder.  queries: most of a folder's, drawn with a fixed seed; 0 takes all.
    """
    collections = [_sample(read_collection(folder, split), queries) for folder in folders]
    encoders = [load_encoder(name) for name in names]
    rows: list[Row] = []
    for collection in collections:
        rows += _compare(collection, encoders, progress)
    systems = list(dict.fromkeys(row.system for row in rows))
    rows += [_mean(system, [row for row in rows if row.system == system]) for system in systems if len(collections) > 1]
    lines = table(
        ("数据集", "系统", *STANDARD, "编码秒数"),
        [(row.collection, row.system, *(f"{row.scores[name]:.4f}" for name in STANDARD), f"{row.seconds:.0f}") for row in rows],
    )
    return "\n".join(lines), [row.as_json() for row in rows]


def gold_table(
    gold: Path, folders: Sequence[Path], names: Sequence[str | None], cache: Path, progress: Progress
) -> tuple[str, list[dict[str, Any]]]:
    """Markdown and figures: gold questions by phrasing, each encoder dense only and as the product mixes it."""
    cases = [case for case in read_gold(gold) if case.evidence]
    files = reports_in(folders)
    refuse_unknown(cases, files)
    rows: list[tuple[str, list[Scored]]] = []
    for name in names:
        encoder = load_encoder(name)
        with Corpus.open(index_folder(files, encoder, cache, progress), encoder) as corpus:
            questions = [understood(corpus, case.question) for case in cases]
            ways = {"只用字面": SWITCHES["lexical-only"][1]} if not rows else {}
            ways |= {f"{encoder.name} 只用语义": SWITCHES["dense-only"][1], f"{encoder.name} 混合": lambda c, q: search(c, q, HITS)}
            for way, part in ways.items():
                results = {}
                for done, (case, question) in enumerate(zip(cases, questions, strict=True), 1):
                    hits = part(corpus, question)
                    results[case.id] = Result(case.id, tuple(Found(stem(hit.report.name), hit.passage.text) for hit in hits))
                    progress(way, done, len(cases))
                rows.append((way, score_all(cases, results, {})))
    lines, figures = [], []
    for way, scored in rows:
        for summary in summarise(scored):
            if summary.group == "all" or summary.group.startswith("phrasing:"):
                group = "全部" if summary.group == "all" else summary.group.partition(":")[2]
                lines.append((way, group, str(summary.n), *(f"{summary.means[name]:.4f}" for name in BY_PHRASING)))
                figures.append({"system": way, "group": group, "n": summary.n} | {n: round(summary.means[n], 4) for n in BY_PHRASING})
    said = "候选来自哪一路；之后的重排都一样"
    return "\n".join([said, "", *table(("检索", "提法", "问题数", *map(name_of, BY_PHRASING)), lines)]), figures


def _compare(collection: Collection, encoders: Sequence[Encoder], progress: Progress) -> list[Row]:
    ids = list(collection.corpus)
    lexical = _bm25(collection, progress)
    rows = [_row(collection, "BM25", {q: [ids[at] for at, _ in found] for q, found in lexical.items()}, 0.0)]
    for encoder in encoders:
        started = time.perf_counter()
        documents = _encode(encoder, list(collection.corpus.values()), False, f"{collection.name}：{encoder.name}", progress)
        seconds = time.perf_counter() - started
        questions = _encode(encoder, list(collection.queries.values()), True, f"{collection.name}：{encoder.name} 问题", progress)
        dense, hybrid = {}, {}
        for query, vector in zip(collection.queries, questions, strict=True):
            found = _nearest(documents, vector)
            dense[query] = [ids[at] for at, _ in found]
            fused = weighted_scores({"lexical": lexical[query], "dense": found}, WEIGHTS)
            hybrid[query] = [ids[at] for at, _ in fused[:DEPTH]]
        rows += [_row(collection, encoder.name, dense, seconds), _row(collection, f"BM25 + {encoder.name}", hybrid, seconds)]
    return rows


def _bm25(collection: Collection, progress: Progress) -> dict[str, Ranking]:
    """The product's own keyword index over a collection."""
    with tempfile.TemporaryDirectory(prefix="youju-bm25-") as folder:
        index = Lexical.create(Path(folder))
        texts = list(collection.corpus.values())
        index.add([(1 << 20) + at for at in range(len(texts))], texts, [""] * len(texts))
        index.commit(1)
        found: dict[str, Ranking] = {}
        for done, (query, text) in enumerate(collection.queries.items(), 1):
            found[query] = [(row - (1 << 20), score) for row, score in index.search(text, DEPTH)]
            progress(f"{collection.name}：BM25", done, len(collection.queries))
    return found


def _encode(encoder: Encoder, texts: Sequence[str], query: bool, doing: str, progress: Progress) -> np.ndarray:
    """float32 [n, d]."""
    parts = []
    for start in range(0, len(texts), BATCH):
        parts.append(encoder.encode(texts[start : start + BATCH], query=query))
        progress(doing, min(start + BATCH, len(texts)), len(texts))
    return np.concatenate(parts)


def _nearest(documents: np.ndarray, vector: np.ndarray) -> list[tuple[int, float]]:
    """The best by cosine, best first."""
    scores = documents @ vector
    best = np.argsort(-scores, kind="stable")[:DEPTH]
    return [(int(at), float(scores[at])) for at in best]


def _row(collection: Collection, system: str, run: Run, seconds: float) -> Row:
    return Row(collection.name, system, means(per_query(collection.qrels, run)), seconds)


def _mean(system: str, rows: Sequence[Row]) -> Row:
    scores = {name: sum(row.scores[name] for row in rows) / len(rows) for name in STANDARD}
    return Row("平均", system, scores, sum(row.seconds for row in rows))


def _sample(collection: Collection, queries: int) -> Collection:
    if not queries or queries >= len(collection.queries):
        return collection
    kept = sorted(random.Random(0).sample(sorted(collection.queries), queries))
    return Collection(
        collection.name,
        collection.corpus,
        {query: collection.queries[query] for query in kept},
        {query: collection.qrels[query] for query in kept},
    )
