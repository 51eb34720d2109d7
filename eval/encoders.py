"""Which encoder to take?  BM25, dense and hybrid side by side, on retrieval datasets and on one's own gold questions."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from eval.ablate import SWITCHES
from eval.beir import Collection, read_collection
from eval.compare import paired_randomization
from eval.dataset import Found, Result, read_gold
from eval.intervals import holm
from eval.metrics import NDCG, Scored, score_all
from eval.ranking import STANDARD, per_query
from eval.report import name_of, table
from eval.run import HITS, Progress, index_folder, refuse_unknown, reports_in, stem
from eval.trec import Run
from index.corpus import Corpus
from index.encoder import Encoder, WordEncoder, load_encoder
from index.lexical import Lexical
from index.rows import passage_row
from index.vectors import unit_rows
from retrieval.ask import understood
from retrieval.search.fuse import Ranking, summed_scores, weighted_scores
from retrieval.search.search import DEPTH, READ_AGAIN, WEIGHTS, WEIGHTS_IN_CONTEXT, search
from retrieval.types import CONTEXT

BATCH = 256  # texts encoded between two steps of the progress bar
BY_PHRASING = ("recall@1", "recall@5", NDCG)
SHOWN = (*STANDARD, "R@50")  # the product reads the first 50 again, so what is among them counts
ORDER: Mapping[str, float] = {"lexical": 1.0, "dense": 0.5}  # where the fused order is the last word
# the same for encoders whose cosines are all high, so that only what is above the hundredth nearest tells: a difference of
# .09 weighs as much as all of the question's words.  Chosen over `APART`, which is in no mean, as the least within .001 of
# the best: 8 gave .926, 11 .928, 15 .929, 20 .928
ABOVE: Mapping[str, float] = {"lexical": WEIGHTS_IN_CONTEXT["lexical"], "dense": WEIGHTS_IN_CONTEXT[CONTEXT]}
LATE = 1.0  # of the late score over the first one's, beside ORDER's, for the passages that are read again
COMPARED = ("比 BM25", "p", "胜/平/负")  # nDCG@10
APART = ("official_questions",)  # asked by those who asked the shipped encoder's training questions: in no mean


def compared(encoder: Encoder) -> Encoder:
    """What a table of encoders compares: of the shipped pair the contextual one, since the other has its own row."""
    return getattr(encoder, "contextual", None) or encoder


@dataclass(frozen=True)
class Against:
    """A system's nDCG@10 beside BM25's, question by question."""

    gain: float
    p: float  # two-sided, by paired randomization; after `_adjusted` Holm's, over the whole table
    wins: int
    ties: int
    losses: int

    @classmethod
    def of(cls, before: Mapping[str, float], after: Mapping[str, float]) -> Against:
        gains = np.array([after[query] - before[query] for query in before])
        wins, losses = int((gains > 0).sum()), int((gains < 0).sum())
        return cls(float(gains.mean()), paired_randomization(gains), wins, len(gains) - wins - losses, losses)

    def cells(self) -> tuple[str, str, str]:
        return f"{self.gain:+.4f}", f"{self.p:.4f}", f"{self.wins}/{self.ties}/{self.losses}"

    def as_json(self) -> dict[str, Any]:
        return {"gain": round(self.gain, 4), "p": round(self.p, 4), "wins": self.wins, "ties": self.ties, "losses": self.losses}


@dataclass(frozen=True)
class Row:
    """One system on one collection."""

    collection: str
    system: str
    values: Mapping[str, Mapping[str, float]]  # metric → query → value
    seconds: float  # encoding the documents; 0 for BM25
    against: Against | None = None  # None for BM25 itself
    beside: Against | None = None  # the first encoder used the same way; None for that one, and for BM25

    @property
    def scores(self) -> dict[str, float]:
        return {name: sum(column.values()) / len(column) if column else 0.0 for name, column in self.values.items()}

    def as_json(self) -> dict[str, Any]:
        return {
            "collection": self.collection,
            "system": self.system,
            "seconds": round(self.seconds, 1),
            **{name: round(value, 4) for name, value in self.scores.items()},
            "against BM25": self.against.as_json() if self.against else None,
            "against the first": self.beside.as_json() if self.beside else None,
        }


def beir_table(
    folders: Sequence[Path], names: Sequence[str | None], queries: int, split: str | None, progress: Progress
) -> tuple[str, list[dict[str, Any]]]:
    """Markdown and figures: for each folder BM25, and each encoder alone and with BM25, by ir_measures.

    names: None is the shipped encoder; each further one is compared with the first too.  queries: most of a folder's, drawn with a fixed seed; 0 takes all.
    """
    collections = [_sample(read_collection(folder, split), queries) for folder in folders]
    encoders = [compared(load_encoder(name)) for name in names]
    rows: list[Row] = []
    for collection in collections:
        rows += _compare(collection, encoders, progress)
    systems = list(dict.fromkeys(row.system for row in rows))
    meant = [row for row in rows if row.collection not in APART]
    if len({row.collection for row in meant}) > 1:
        rows += _means(meant, systems)
    rows = _beside_first(_adjusted(rows), [encoder.name for encoder in encoders])
    said = (
        f"“（候选）”是产品交给重排的前 {READ_AGAIN} 段的次序，“BM25 + …”是不再重排时的次序，"
        f"“（逐词重排）”再把其中前 {READ_AGAIN} 段与问题逐词相比；平均不含 {'、'.join(APART)}"
    )
    lines = table(
        ("数据集", "系统", *SHOWN, *COMPARED, "编码秒数"),
        [
            (
                row.collection,
                row.system,
                *(f"{value:.4f}" for value in row.scores.values()),
                *(row.against.cells() if row.against else ("", "", "")),
                f"{row.seconds:.0f}",
            )
            for row in rows
        ],
    )
    if beside := [(row.collection, row.system, *row.beside.cells()) for row in rows if row.beside]:
        lines += ["", f"同样的用法，比 {encoders[0].name}（nDCG@10）", "", *table(("数据集", "系统", "相差", *COMPARED[1:]), beside)]
    return "\n".join([said, "", *lines]), [row.as_json() for row in rows]


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
    groups = ("全部", *dict.fromkeys(case.phrasing for case in cases if case.phrasing))
    ps = holm([one.p for way, scored in rows[1:] for one in _by_phrasing(groups, rows[0][1], scored)])
    adjusted = iter(ps)
    lines, figures = [], []
    for way, scored in rows:
        beside = _by_phrasing(groups, rows[0][1], scored) if scored is not rows[0][1] else [None] * len(groups)
        for group, one in zip(groups, beside, strict=True):
            own = _of(group, scored)
            values = {name: sum(each.values[name] for each in own) / len(own) for name in BY_PHRASING}
            against = replace(one, p=next(adjusted)) if one else None
            lines.append((way, group, str(len(own)), *(f"{value:.4f}" for value in values.values()), *(against.cells() if against else ("", "", ""))))
            figures.append(
                {"system": way, "group": group, "n": len(own)}
                | {name: round(value, 4) for name, value in values.items()}
                | {"against lexical": against.as_json() if against else None}
            )
    said = "候选来自哪一路；之后的重排都一样。比的是只用字面时的 nDCG@10"
    head = ("检索", "提法", "问题数", *map(name_of, BY_PHRASING), "比只用字面", *COMPARED[1:])
    return "\n".join([said, "", *table(head, lines)]), figures


def _of(group: str, scored: Sequence[Scored]) -> list[Scored]:
    return [one for one in scored if group in ("全部", one.case.phrasing)]


def _by_phrasing(groups: Sequence[str], before: Sequence[Scored], after: Sequence[Scored]) -> list[Against]:
    """Two ways of searching beside each other, group by group."""
    values = [[{one.case.id: one.values[NDCG] for one in _of(group, scored)} for group in groups] for scored in (before, after)]
    return [Against.of(*pair) for pair in zip(*values, strict=True)]


def _compare(collection: Collection, encoders: Sequence[Encoder], progress: Progress) -> list[Row]:
    ids = list(collection.corpus)
    lexical = _bm25(collection, progress)
    rows = [_row(collection, "BM25", {q: [ids[at] for at, _ in found] for q, found in lexical.items()}, 0.0)]
    for encoder in encoders:
        started = time.perf_counter()
        documents = _encode(encoder, list(collection.corpus.values()), False, f"{collection.name}：{encoder.name}", progress)
        seconds = time.perf_counter() - started
        questions = _encode(encoder, list(collection.queries.values()), True, f"{collection.name}：{encoder.name} 问题", progress)
        dense, candidates, hybrid, fused = {}, {}, {}, {}
        for query, vector in zip(collection.queries, questions, strict=True):
            cosines = documents @ vector
            near = _nearest(cosines)
            known = near + [(at, float(cosines[at])) for at, _ in lexical[query] if at not in dict(near)]
            dense[query] = [ids[at] for at, _ in near]
            first = weighted_scores({"lexical": lexical[query], "dense": near}, WEIGHTS)
            low = 0.0 if isinstance(encoder, WordEncoder) else near[-1][1]  # a sum of words' vectors has cosines down to nothing
            lists = {"lexical": lexical[query], "dense": _above(known, low)}
            both = summed_scores(lists, ABOVE) if low else weighted_scores(lists, ORDER)
            candidates[query] = [ids[at] for at, _ in first[:DEPTH]]
            hybrid[query] = [ids[at] for at, _ in both[:DEPTH]]
            fused[query] = both[:READ_AGAIN]
        named = {encoder.name: dense, f"BM25 + {encoder.name}": hybrid, f"BM25 + {encoder.name}（候选）": candidates}
        if isinstance(encoder, WordEncoder):
            named[f"BM25 + {encoder.name}（逐词重排）"] = _late(encoder, collection, fused, progress)
        rows += [_row(collection, name, run, seconds) for name, run in named.items()]
    before = rows[0].values[NDCG]
    return rows[:1] + [replace(row, against=Against.of(before, row.values[NDCG])) for row in rows[1:]]


def _late(encoder: WordEncoder, collection: Collection, fused: Mapping[str, Ranking], progress: Progress) -> dict[str, list[str]]:
    """The first of the fused passages by their fused score and how well their words meet the question's, one by one."""
    ids, texts = list(collection.corpus), list(collection.corpus.values())
    documents: list[np.ndarray] = []
    for start in range(0, len(texts), BATCH):
        documents += [unit_rows(words) for words in encoder.words(texts[start : start + BATCH])]
        progress(f"{collection.name}：{encoder.name} 逐词", len(documents), len(texts))
    run = {}
    for query, words in zip(collection.queries, encoder.words(list(collection.queries.values())), strict=True):
        weights, asked = np.linalg.norm(words, axis=1), unit_rows(words)
        likest = {at: (asked @ documents[at].T).max(axis=1, initial=0.0) for at, _ in fused[query]}
        late = {at: float(weights @ best) / max(float(weights.sum()), 1e-9) for at, best in likest.items()}
        top = max(late.values(), default=1.0) or 1.0
        order = sorted(fused[query], key=lambda found: -(found[1] + LATE * late[found[0]] / top))
        run[query] = [ids[at] for at, _ in order]
    return run


def _bm25(collection: Collection, progress: Progress) -> dict[str, Ranking]:
    """The product's own keyword index over a collection; scores are shares of the question."""
    with tempfile.TemporaryDirectory(prefix="youju-bm25-") as folder:
        index = Lexical.create(Path(folder))
        texts = list(collection.corpus.values())
        first = passage_row(1, 0)
        index.add([first + at for at in range(len(texts))], texts, [""] * len(texts))
        index.commit(1)
        found: dict[str, Ranking] = {}
        for done, (query, text) in enumerate(collection.queries.items(), 1):
            whole = index.whole(text)
            found[query] = [(row - first, score / whole) for row, score in index.search(text, DEPTH)]
            progress(f"{collection.name}：BM25", done, len(collection.queries))
    return found


def _encode(encoder: Encoder, texts: Sequence[str], query: bool, doing: str, progress: Progress) -> np.ndarray:
    """float32 [n, d]."""
    parts = []
    for start in range(0, len(texts), BATCH):
        parts.append(encoder.encode(texts[start : start + BATCH], query=query))
        progress(doing, min(start + BATCH, len(texts)), len(texts))
    return np.concatenate(parts)


def _above(ranking: Ranking, low: float) -> Ranking:
    """Cosines as they stand above a low one."""
    return [(at, max(0.0, cosine - low)) for at, cosine in ranking]


def _nearest(cosines: np.ndarray) -> list[tuple[int, float]]:
    """The best by cosine, best first."""
    best = np.argsort(-cosines, kind="stable")[:DEPTH]
    return [(int(at), float(cosines[at])) for at in best]


def _row(collection: Collection, system: str, run: Run, seconds: float) -> Row:
    return Row(collection.name, system, per_query(collection.qrels, run, SHOWN), seconds)


def _means(rows: Sequence[Row], systems: Sequence[str]) -> list[Row]:
    """Each system over all collections, however many questions each has: means of means."""
    found = []
    for system in systems:
        own = [row for row in rows if row.system == system]
        values = {name: {row.collection: row.scores[name] for row in own} for name in SHOWN}
        found.append(Row("平均", system, values, sum(row.seconds for row in own)))
    before = found[0].values[NDCG]
    return found[:1] + [replace(row, against=Against.of(before, row.values[NDCG])) for row in found[1:]]


def _beside_first(rows: Sequence[Row], encoders: Sequence[str]) -> list[Row]:
    """The same, each further encoder beside the first one used the same way; p after Holm, over these comparisons."""
    first = {(row.collection, row.system): row.values[NDCG] for row in rows}
    found = {}
    for at, row in enumerate(rows):
        for name in encoders[1:]:
            before = first.get((row.collection, row.system.replace(name, encoders[0])))
            if name in row.system and before is not None:
                found[at] = Against.of(before, row.values[NDCG])
    ps = dict(zip(found, holm([one.p for one in found.values()]), strict=True))
    return [replace(row, beside=replace(found[at], p=ps[at])) if at in found else row for at, row in enumerate(rows)]


def _adjusted(rows: Sequence[Row]) -> list[Row]:
    """The same with p after Holm, over all the comparisons."""
    ps = iter(holm([row.against.p for row in rows if row.against]))
    return [replace(row, against=replace(row.against, p=next(ps))) if row.against else row for row in rows]


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
