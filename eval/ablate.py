"""What is each part of retrieval worth?  The same questions with one part after another switched off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from eval.compare import Comparison, compare
from eval.dataset import Case, Found, Result
from eval.metrics import Scored, score_all
from eval.report import table
from eval.run import HITS, Progress, stem
from index.corpus import Corpus
from retrieval.ask import understood
from retrieval.search.fuse import reciprocal_rank_fusion
from retrieval.search.search import DEPTH, NAMES, WEIGHTS, first_order, search
from retrieval.types import Hit, Question

Switch = Callable[[Corpus, Question], Sequence[Hit]]
MAIN = ("recall@1", "recall@5", "RR@10", "nDCG@10", "right report first")


@dataclass(frozen=True)
class Muted:
    """A corpus some of whose lists find nothing; all else is the corpus's own."""

    corpus: Corpus
    silent: Collection[str]

    def dense(self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None) -> list[tuple[int, float]]:
        return [] if "dense" in self.silent else self.corpus.dense(vector, k, allowed)

    def near_in_context(self, vector: np.ndarray, k: int, allowed: frozenset[int] | None = None) -> list[tuple[int, float]]:
        return [] if "dense" in self.silent else self.corpus.near_in_context(vector, k, allowed)

    def lexical(self, text: str, k: int, allowed: frozenset[int] | None = None) -> list[tuple[int, float]]:
        return [] if "lexical" in self.silent else self.corpus.lexical(text, k, allowed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.corpus, name)


def _whole(corpus: Corpus, question: Question) -> Sequence[Hit]:
    return search(corpus, question, HITS)


def _without(name: str) -> Switch:
    return lambda corpus, question: search(cast(Corpus, Muted(corpus, [name])), question, HITS)


def _literal(corpus: Corpus, question: Question) -> Sequence[Hit]:
    return search(corpus, question, HITS, expand=False)


def _unfiltered(corpus: Corpus, question: Question) -> Sequence[Hit]:
    return search(corpus, replace(question, chips=(), allowed=None, rest=question.text, nothing=""), HITS)


def _unranked(corpus: Corpus, question: Question) -> Sequence[Hit]:
    """As the lists' scores alone put them."""
    wide = search(corpus, question, 2 * DEPTH)
    places = first_order(corpus, question)
    return sorted(wide, key=lambda hit: places.get(hit.passage.id, len(places) + 1))[:HITS]


def _by_rank(corpus: Corpus, question: Question) -> Sequence[Hit]:
    """By reciprocal rank fusion of the lists, other words at their low weight."""
    wide = search(corpus, question, 2 * DEPTH)
    lists = {}
    for name in NAMES:
        placed = [(dict(hit.ranks)[name], at) for at, hit in enumerate(wide) if name in dict(hit.ranks)]
        lists[name] = [(at, 0.0) for _, at in sorted(placed)]
    return [wide[at] for at, _ in reciprocal_rank_fusion(lists, {"expansion": WEIGHTS["expansion"]})[:HITS]]


SWITCHES: Mapping[str, tuple[str, Switch]] = {
    "dense-only": ("只用语义一路", _without("lexical")),
    "lexical-only": ("只用字面一路", _without("dense")),
    "no-expansion": ("不用词表里的别的说法", _literal),
    "no-filter": ("不按单位、地区、年份、文种筛选", _unfiltered),
    "no-rerank": ("融合之后不再调整", _unranked),
    "rrf": ("用倒数排名融合，不再调整", _by_rank),
}


@dataclass(frozen=True)
class Ablation:
    """Retrieval as it is (a) beside retrieval without a part (b)."""

    switch: str
    scores: tuple[Comparison, ...]


def ablate(corpus: Corpus, cases: Sequence[Case], switches: Sequence[str], progress: Progress) -> list[Ablation]:
    """Each switch over the questions that have evidence.  Answers are not composed: the parts are retrieval's."""
    asked = [case for case in cases if case.evidence]
    questions = [understood(corpus, case.question) for case in asked]

    def scored(name: str, part: Switch) -> list[Scored]:
        results = {}
        for done, (case, question) in enumerate(zip(asked, questions, strict=True), 1):
            hits = part(corpus, question)
            results[case.id] = Result(case.id, tuple(Found(stem(hit.report.name), hit.passage.text) for hit in hits))
            progress(name, done, len(asked))
        return [_retrieval_only(one) for one in score_all(asked, results, {})]

    whole = scored("完整", _whole)
    return [Ablation(name, tuple(compare(whole, scored(name, SWITCHES[name][1])))) for name in switches]


def _retrieval_only(one: Scored) -> Scored:
    return replace(one, values={name: one.values[name] for name in MAIN})


def markdown_ablation(found: Sequence[Ablation]) -> str:
    """A row a switch: its score, and in brackets the change with * where p after Holm is below 0.05."""

    def cell(one: Comparison) -> str:
        return f"{one.b:.4f}（{one.b - one.a:+.4f}{'*' if one.adjusted < 0.05 else ''}）"

    if not found:
        return ""
    first = found[0].scores
    rows = [("完整", *(f"{one.a:.4f}" for one in first))]
    rows += [(f"{SWITCHES[one.switch][0]}（{one.switch}）", *map(cell, one.scores)) for one in found]
    said = f"{first[0].n} 个有依据的问题；括号里是与完整相比的变化，* 为配对随机化检验经 Holm 校正后 p < 0.05"
    return "\n".join([said, "", *table(("检索", *(one.metric for one in first)), rows)])
