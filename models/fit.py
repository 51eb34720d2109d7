"""Fit the weights of the reranker: python -m models.fit [--data DIR] [--gold GOLD.jsonl --reports DIR…]…

Questions whose evidence is known are asked of their corpora; the first fused passages become rows of features
(retrieval/rerank.py), and a linear model is fitted to put the right one first: listwise softmax loss (ListNet, top one)
with an L2 penalty, by L-BFGS (scipy).  Figures are cross-validated by question, in five parts, against the fused order
before it, with a paired randomization test; the weights written are fitted on all.

Encoder data: the questions that were kept aside from the encoder's training (official_questions) and five public sets.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from index.clean import clean
from index.corpus import Corpus
from index.encoder import load_encoder
from index.read import read
from index.types import Facts, Passage, Report
from eval.metrics import shares_half
from retrieval.ask import understood
from retrieval.linear import Linear
from retrieval.question import understand
from retrieval.rerank import FEATURES, features
from retrieval.search import candidates

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = {"official_questions": 1000, "dureader_robust_dev": 200, "gov_message_reply": 200, "ncp_policy_qa": 200,
          "stard_statute": 200, "lawbench_consult": 150}  # questions taken of each
WEIGHT = {"gold": 2.0, "official_questions": 1.0}  # of a question in the loss; other sets: 0.3
PENALTY = 1e-3
FOLDS = 5
SEED = 20261123


@dataclass(frozen=True)
class Asked:
    """A question's candidates: features float [n, F], evidence bool [n, m], place in the fused order."""

    source: str
    weight: float
    rows: np.ndarray
    right: np.ndarray
    wanted: int  # pieces of evidence


def fit(asked: Sequence[Asked], penalty: float = PENALTY) -> Linear:
    """Weights that put passages with evidence first."""
    usable = [a for a in asked if len(a.rows) and a.right.any()]
    stacked = np.concatenate([a.rows for a in usable])
    mean, scale = stacked.mean(axis=0), stacked.std(axis=0) + 1e-6
    width = max(len(a.rows) for a in usable)
    inputs = np.zeros((len(usable), width, stacked.shape[1]))
    target = np.zeros((len(usable), width))
    mask = np.full((len(usable), width), -np.inf)
    for i, a in enumerate(usable):
        inputs[i, :len(a.rows)] = (a.rows - mean) / scale
        hit = a.right.any(axis=1).astype(float)
        target[i, :len(a.rows)] = hit / hit.sum()
        mask[i, :len(a.rows)] = 0.0
    share = np.asarray([a.weight for a in usable])
    share = share / share.sum()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = inputs @ weights + mask
        top = scores.max(axis=1, keepdims=True)
        expo = np.exp(scores - top)
        softmax = expo / expo.sum(axis=1, keepdims=True)
        log = np.where(target > 0, scores - top - np.log(expo.sum(axis=1, keepdims=True)), 0.0)
        value = -(share[:, None] * target * log).sum() + penalty * weights @ weights
        gradient = np.einsum("q,qn,qnf->f", share, softmax - target, inputs) + 2 * penalty * weights
        return float(value), gradient

    found = minimize(loss, np.zeros(stacked.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return Linear(FEATURES, *(tuple(map(float, column)) for column in (mean, scale, found.x)))


def cross_validated(asked: Sequence[Asked], folds: int = FOLDS) -> list[np.ndarray]:
    """Scores of each question's candidates by weights fitted on the other parts."""
    part = np.random.default_rng(SEED).permutation(len(asked)) % folds
    scores: list[np.ndarray] = [np.zeros(0)] * len(asked)
    for fold in range(folds):
        model = fit([a for a, p in zip(asked, part, strict=True) if p != fold])
        for i, a in enumerate(asked):
            if part[i] == fold:
                scores[i] = model.score(a.rows) if len(a.rows) else np.zeros(0)
    return scores


def ranks(a: Asked, scores: np.ndarray) -> list[int]:
    """1-based rank of each piece of evidence; 10**6 where it is not among the candidates."""
    order = np.argsort(-scores, kind="stable")
    found = [next((place for place, i in enumerate(order, 1) if a.right[i, j]), 10**6) for j in range(a.right.shape[1])]
    return found + [10**6] * (a.wanted - len(found))


def table(asked: Sequence[Asked], before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> dict[str, dict[str, object]]:
    """By source: recall@1, recall@5 and MRR@10 before and after, win/tie/loss and p of the paired randomization test on MRR@10."""
    rng = np.random.default_rng(SEED)
    by: dict[str, list[tuple[list[int], list[int]]]] = defaultdict(list)
    for a, b, c in zip(asked, before, after, strict=True):
        by[a.source].append((ranks(a, b), ranks(a, c)))
    out: dict[str, dict[str, object]] = {}
    for source, pairs in by.items():
        reciprocal = np.asarray([[1 / min(r) if min(r) <= 10 else 0.0 for r in pair] for pair in pairs])
        change = reciprocal[:, 1] - reciprocal[:, 0]
        flips = rng.choice([-1.0, 1.0], size=(10_000, len(change))) @ change
        out[source] = {
            "questions": len(pairs),
            **{f"recall@{k}": [round(float(np.mean([np.mean([r <= k for r in pair[side]]) for pair in pairs])), 4) for side in (0, 1)]
               for k in (1, 5)},
            "RR@10": [round(float(x), 4) for x in reciprocal.mean(axis=0)],
            "win/tie/loss": [int((change > 0).sum()), int((change == 0).sum()), int((change < 0).sum())],
            "p": round(float((1 + (np.abs(flips) >= abs(change.sum()) - 1e-12).sum()) / 10_001), 4),
        }
    return out


def of_gold(path: Path, corpus: Corpus) -> Iterator[Asked]:
    """Questions of a gold file (eval/dataset.py) over reports; a passage is right when it shares half of a piece of evidence."""
    for line in path.read_text(encoding="utf8").splitlines():
        case = json.loads(line)
        if case.get("evidence"):
            question = understood(corpus, case["question"])
            vector, found = candidates(corpus, question, question.allowed)
            right = [[shares_half(c.passage.text, e) and Path(c.report.name).stem in case["reports"] for e in case["evidence"]]
                     for c in found]
            yield Asked(path.stem, WEIGHT["gold"], features(corpus, question, vector, found),
                        np.asarray(right, bool).reshape(len(found), -1), len(case["evidence"]))


def of_beir(folder: Path, corpus: Corpus, limit: int) -> Iterator[Asked]:
    """The first questions of a BEIR folder over its own corpus, no report understood."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels.tsv").read_text(encoding="utf8").splitlines()[1:]:
        query, document, relevance = line.split("\t")
        if int(relevance) > 0:
            wanted[query].add(document)
    queries = (json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf8").splitlines())
    for query in [q for q in queries if wanted[q["_id"]]][:limit]:
        question = replace(understand(query["text"][:500], ()), allowed=None, nothing="")
        vector, found = candidates(corpus, question, None)
        right = [[c.report.name == document for document in sorted(wanted[query["_id"]])] for c in found]
        yield Asked(folder.name, WEIGHT.get(folder.name, 0.3), features(corpus, question, vector, found),
                    np.asarray(right, bool).reshape(len(found), -1), len(wanted[query["_id"]]))


def documents(folder: Path) -> Iterator[Report]:
    """Each document of a BEIR folder as a report of one passage."""
    for line in (folder / "corpus.jsonl").read_text(encoding="utf8").splitlines():
        held = json.loads(line)
        text = clean(held["text"]).text or held["text"].strip()
        id = hashlib.sha256(f"{folder.name}\0{held['_id']}".encode()).hexdigest()[:16]
        passage = Passage(f"{id}-0", id, 0, len(text), text)
        yield Report(id, f"{folder.name}/{held['_id']}", held["_id"], Facts(title=held.get("title") or ""), text, passages=(passage,))


def main() -> int:
    cli = argparse.ArgumentParser(description="拟合重排权重，写入 models/rank.json")
    cli.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "encoder-data", help="编码器数据文件夹")
    cli.add_argument("--gold", type=Path, nargs="*", default=[ROOT.parent / "shared" / "gold" / f"{name}.dev.jsonl" for name in ("seeds", "provinces-2026")])
    cli.add_argument("--reports", type=Path, default=ROOT.parent / "shared" / "reports")
    cli.add_argument("--out", type=Path, default=ROOT / "models" / "rank.json")
    options = cli.parse_args()
    encoder = load_encoder()
    asked: list[Asked] = []
    with tempfile.TemporaryDirectory() as work:
        with Corpus.open(Path(work) / "reports", encoder, create=True) as corpus:
            corpus.add([read(path) for path in sorted(options.reports.rglob("*.txt"))])
            for path in options.gold:
                asked += of_gold(path, corpus)
                print(f"{path.stem}: {len(asked)} 题", file=sys.stderr)
        for name, limit in PUBLIC.items():
            with Corpus.open(Path(work) / name, encoder, create=True) as corpus:
                corpus.add(list(documents(options.data / "test" / name)))
                asked += of_beir(options.data / "test" / name, corpus, limit)
                print(f"{name}: {len(asked)} 题", file=sys.stderr)
    before = [-np.arange(len(a.rows), dtype=float) for a in asked]
    figures = table(asked, before, cross_validated(asked))
    model = fit(asked)
    held = {
        "features": {name: {"mean": round(m, 6), "scale": round(s, 6), "weight": round(w, 6)}
                     for name, m, s, w in zip(model.features, model.mean, model.scale, model.weight, strict=True)},
        "bias": 0.0,
        "encoder": encoder.fingerprint,
        "command": "python -m models.fit",
        "figures": {"before and after, cross-validated by question": figures},
    }
    temporary = options.out.with_suffix(".tmp")
    temporary.write_text(json.dumps(held, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    temporary.replace(options.out)
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
