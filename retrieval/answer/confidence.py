"""How likely the best sentence is to answer the question: a probability, calibrated by `eval/fit.py confidence`.

Logistic regression over what search and sentence choice know; the weights are in models/confidence.json.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from index.corpus import Corpus
from retrieval.answer import short
from retrieval.answer.sentences import Sentence, able
from retrieval.question import spans
from retrieval.search import overlap
from retrieval.search.linear import Linear, shipped
from retrieval.types import CONTEXT, Hit, Question, in_context

ENOUGH = 0.12  # chance below which nothing is answered: on the cross-validated curve 5 % of what could be is lost
FEATURES = ("words", "around", "cosine", "soft", "pairs", "asked", "year", "hit", "lead", "worst", "missing", "clause",
            "clause_soft", "first", "soft_most", "pairs_near", "named",
            "number", "date", "name", "yesno", "list", "how")
IN_CONTEXT = (*FEATURES, CONTEXT)  # where the hits were compared by contextual vectors
_BESIDE = 5  # sentences beside which the best one is seen


def features(corpus: Corpus, question: Question, ranked: Sequence[Sentence], rarity: Mapping[str, float]) -> np.ndarray:
    """float32 [len(FEATURES)], or [len(IN_CONTEXT)], of a question and its sentences, best first, of which one at least is `able`."""
    fit = able(question, ranked)
    best = fit[0]
    other = next((s.score for s in fit if s.hit.passage.id != best.hit.passage.id), best.score - 5.0)
    worst, missing = _least(corpus, best.hit, rarity)
    hits = np.asarray(list({s.hit.passage.id: s.hit.score for s in ranked}.values()))
    f = best.features
    return np.asarray((
        f["words"], f["around"], f["cosine"], f["soft"], f["pairs"], f["asked"], f["year"], best.hit.score,
        min(best.score - other, 5.0), worst, missing, *_beside(corpus, question, best, rarity),
        -math.log(np.exp(hits - hits.max()).sum()),
        max(s.features["soft"] for s in ranked),
        sum(s.features["pairs"] for s in ranked[:_BESIDE]) / len(ranked[:_BESIDE]),
        float(any(c.slot in ("unit", "region") for c in question.chips)),
        *(float(question.asks == kind) for kind in ("number", "date", "name", "yesno", "list", "how")),
        *((best.hit.context,) if in_context([s.hit for s in ranked]) else ()),
    ), np.float32)


def probability(corpus: Corpus, question: Question, ranked: Sequence[Sentence], rarity: Mapping[str, float],
                model: Linear | None = None) -> float:
    """0 to 1: the chance that the best sentence that can answer the question does; 0 where none can."""
    if not able(question, ranked):
        return 0.0
    chosen = model or shipped("confidence", in_context([s.hit for s in ranked]))
    logit = float(chosen.score(features(corpus, question, ranked, rarity)[None])[0])
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _least(corpus: Corpus, hit: Hit, rarity: Mapping[str, float]) -> tuple[float, float]:
    """The likeness of the weighty word of the question that is least alike to any in the passage, its title and path; and
    the share of the question's weight that stands in none of them."""
    if not rarity:
        return 1.0, 0.0
    around = " ".join((hit.report.facts.title, *hit.passage.path, hit.passage.text))
    total, most = sum(rarity.values()), max(rarity.values())
    stands = overlap.matched(rarity, around)
    absent = [word for word, weight in rarity.items() if word not in stands and weight >= 0.5 * most]
    missing = 1 - sum(stands.values()) / total
    if not absent:
        return 1.0, missing
    there = overlap.distinct(around)
    likeness = corpus.text_vectors(absent) @ corpus.text_vectors(there).T if there else np.zeros((len(absent), 1))
    return float(likeness.max(axis=1).min()), missing


def _beside(corpus: Corpus, question: Question, best: Sentence, rarity: Mapping[str, float]) -> tuple[float, float]:
    """The share of the question that stands in the clause of what would be the short answer, and its soft match; of the whole
    sentence where no short answer is asked for."""
    found = short.short_answers(question, best.text, short.focus(question, rarity), 1)
    clauses = [best.text[a:b] for a, b in spans.clauses(best.text) if not found or (a < found[0][1] and found[0][0] < b)]
    clause = "".join(clauses) or best.text
    return overlap.share(rarity, clause), overlap.soft(corpus, rarity, [clause])[0]
