"""Fit what ranks and trusts: python -m eval.fit rank | sentence | confidence, in that order.

Questions whose evidence is known are asked of their corpora.  `rank` weighs the first fused passages
(retrieval/search/rerank.py), `sentence` the sentences of the first hits (retrieval/answer/sentences.py): a linear model with a listwise
softmax loss (ListNet, top one: Cao et al., ICML 2007) and an L2 penalty, by scipy's L-BFGS.  `confidence` is a logistic
regression (scikit-learn) on whether the best sentence is right (retrieval/answer/confidence.py); its wrong cases are near misses
written by hand, unanswerable questions, every question asked again with the passages that answer it taken out, and questions of
another corpus.

Figures are cross-validated by collection: the questions of each are ranked by weights fitted on all the others, so that they say
what a new pile may expect; a collection is a folder of reports, or a public set.  The weights written are fitted on all.  Data:
development questions over real reports, the hand-written questions kept aside from the encoder's training, and five public sets.

With `--encoder best` the passages have contextual vectors too, and the weights go to rank-best.json and so on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from eval.dataset import read_gold
from eval.metrics import plain, shares_half
from eval.run import reports_in
from index import backfill
from index.clean import clean
from index.corpus import Corpus
from index.encoder import Encoder, load_encoder
from index.read import read
from index.types import Facts, Passage, Report
from retrieval.answer import confidence, sentences
from retrieval.ask import understood
from retrieval.question.understand import understand
from retrieval.search import overlap, rerank
from retrieval.search.linear import Linear
from retrieval.search.search import candidates, search
from retrieval.types import Hit, Question

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = {"official_questions": 1000, "dureader_robust_dev": 200, "gov_message_reply": 200, "ncp_policy_qa": 200,
          "stard_statute": 200, "lawbench_consult": 150}  # questions taken of each
FOREIGN = "questions of another corpus"
WEIGHT = {"official_questions": 1.0, FOREIGN: 1.0, **dict.fromkeys(list(PUBLIC)[1:], 0.3)}  # of a question in the loss; gold: 2
PENALTY = 1e-3
PILES = {"reports": ("seeds", "provinces-2026"), "genres": ("genres",)}  # folders of reports that are asked about together
SEED = 20261123

Right = Callable[[str, str], list[bool]]
"""A text and the name of its report → which pieces of evidence it holds."""


@dataclass(frozen=True)
class Case:
    """A question over a corpus, with how to tell what is right; no pieces of evidence: nothing answers it."""

    source: str
    question: Question
    pieces: int
    right: Right

    @property
    def weight(self) -> float:
        return WEIGHT.get(self.source, 2.0)


@dataclass(frozen=True)
class Asked:
    """Rows of features float [n, F] in the order before weighing, evidence bool [n, m]."""

    case: Case
    rows: np.ndarray
    right: np.ndarray


def of_gold(path: Path, corpus: Corpus) -> Iterator[Case]:
    """Questions of a gold file: a text is right when it and a piece of evidence share half, in one of the question's reports."""
    folders = {Path(ref.name).stem: Path(ref.source).parent.name for ref in corpus.reports()}
    for case in read_gold(path):
        if case.type != "ambiguous":
            def right(text: str, name: str, case: Any = case) -> list[bool]:
                return [Path(name).stem in case.reports and (shares_half(text, e) or shares_half(e, text)) for e in case.evidence]

            yield Case(folders[case.reports[0]] if case.reports else path.stem, understood(corpus, case.question), len(case.evidence), right)


def of_beir(folder: Path, limit: int, answers: Path) -> Iterator[Case]:
    """The first questions of a BEIR folder, no report understood: a text is right when its document is, and, where the answer's
    own words are known, holds them."""
    known = {}
    if folder.name == "official_questions":
        known = {row["question"]: row["answer"] for row in map(json.loads, answers.read_text(encoding="utf8").splitlines())}
    wanted: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels.tsv").read_text(encoding="utf8").splitlines()[1:]:
        query, document, relevance = line.split("\t")
        if int(relevance) > 0:
            wanted[query].add(document)
    queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf8").splitlines()]
    asked = [(q["text"], sorted(wanted[q["_id"]])) for q in queries if wanted[q["_id"]]][:limit]
    asked += [(text, []) for text, answer in known.items() if not answer]  # near misses
    for text, documents in asked:
        answer = plain(known.get(text, ""))

        def right(held: str, name: str, documents: Sequence[str] = documents, answer: str = answer) -> list[bool]:
            return [name == document and answer in plain(held) for document in documents]

        yield Case(folder.name, replace(understand(text[:500], ()), allowed=None, nothing=""), len(documents), right)


def of_another(folder: Path, corpus: Corpus, every: int = 4) -> Iterator[Case]:
    """Questions of a BEIR folder asked of a corpus that does not answer them; those that name a report it lacks are left out."""
    for line in (folder / "queries.jsonl").read_text(encoding="utf8").splitlines()[::every]:
        question = understood(corpus, json.loads(line)["text"][:500])
        if not question.nothing:
            yield Case(FOREIGN, question, 0, lambda text, name: [])


def documents(folder: Path) -> Iterator[Report]:
    """Each document of a BEIR folder as a report of one passage."""
    for line in (folder / "corpus.jsonl").read_text(encoding="utf8").splitlines():
        held = json.loads(line)
        text = clean(held["text"]).text or held["text"].strip()
        id = hashlib.sha256(f"{folder.name}\0{held['_id']}".encode()).hexdigest()[:16]
        passage = Passage(f"{id}-0", id, 0, len(text), text)
        yield Report(id, f"{folder.name}/{held['_id']}", held["_id"], Facts(title=held.get("title") or ""), text, passages=(passage,))


def corpora(options: argparse.Namespace, encoder: Encoder) -> Iterator[tuple[Corpus, list[Case]]]:
    """Each corpus with its questions; built under options.work and kept there for the next step."""
    def opened(name: str, reports: Callable[[], list[Report]]) -> Corpus:
        folder = options.work / encoder.fingerprint[:12] / name
        corpus = Corpus.open(folder, encoder, create=True)
        if not corpus.reports():
            corpus.add(reports())
        if corpus.contextual is not None:
            backfill.fill(folder, corpus.contextual, heard=lambda filled, total: print(f"{name}：{filled}/{total} 段", end="\r", file=sys.stderr))
        return corpus

    for name, folders in PILES.items():
        files = reports_in([options.reports / folder for folder in folders])
        with opened(name, lambda files=files: [read(path) for path in files]) as corpus:  # type: ignore[misc]
            foreign = of_another(options.data / "test" / "official_questions", corpus) if name == "reports" else iter(())
            yield corpus, [*(case for folder in folders for case in of_gold(options.gold / f"{folder}.dev.jsonl", corpus)), *foreign]
    for name, limit in PUBLIC.items():
        folder = options.data / "test" / name
        with opened(name, lambda folder=folder: list(documents(folder))) as corpus:  # type: ignore[misc]
            yield corpus, list(of_beir(folder, limit, options.data / "questions" / "test.jsonl"))


def passages_of(corpus: Corpus, case: Case) -> Asked:
    """The fused list, as the reranker sees it."""
    vector, found = candidates(corpus, case.question, case.question.allowed)
    right = [case.right(c.passage.text, c.report.name) for c in found]
    return Asked(case, rerank.features(corpus, case.question, vector, found), _matrix(right, case))


def sentences_of(corpus: Corpus, case: Case) -> Asked:
    """Sentences of the first hits, those of the first hit first."""
    found = _sentences(corpus, case, search(corpus, case.question), _ZERO)
    found.sort(key=lambda s: (-s.hit.score, s.start))
    right = [case.right(s.text, s.hit.report.name) for s in found]
    rows = np.asarray([list(s.features.values()) for s in found], np.float32).reshape(len(found), len(sentences.FEATURES))
    return Asked(case, rows, _matrix(right, case))


_NONE = (0.0,) * len(sentences.FEATURES)
_ZERO = Linear(sentences.FEATURES, _NONE, (1.0,) * len(sentences.FEATURES), _NONE)


def trust_of(corpus: Corpus, case: Case) -> Asked:
    """One row for the question as it is, one for it with what answers it taken out; right: whether what would be shown is."""
    hits = search(corpus, case.question, 40)
    without = tuple(hit for hit in hits if not any(case.right(hit.passage.text, hit.report.name)))
    rows, right = [], []
    for left in (hits[:20], without[:20]) if case.pieces else (hits[:20],):
        rarity = overlap.rarity(corpus, case.question)
        ranked = _sentences(corpus, case, left, None)
        if able := sentences.able(case.question, ranked):
            best = able[0]
            shown = best.text if case.question.asks in ("number", "date", "name", "yesno") else best.hit.passage.text
            rows.append(confidence.features(corpus, case.question, ranked, rarity))
            right.append([any(case.right(shown, best.hit.report.name))])
    return Asked(case, np.asarray(rows, np.float32).reshape(len(rows), -1 if rows else 0), np.asarray(right, bool).reshape(-1, 1))


def _sentences(corpus: Corpus, case: Case, hits: tuple[Hit, ...], model: Linear | None) -> list[sentences.Sentence]:
    return sentences.rank_sentences(corpus, case.question, hits, overlap.rarity(corpus, case.question), model)


def _matrix(right: list[list[bool]], case: Case) -> np.ndarray:
    return np.asarray(right, bool).reshape(len(right), case.pieces)


def fit(asked: Sequence[Asked], names: tuple[str, ...]) -> Linear:
    """Weights that put what is right first."""
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
    share = np.asarray([a.case.weight for a in usable])
    share = share / share.sum()

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = inputs @ weights + mask
        top = scores.max(axis=1, keepdims=True)
        expo = np.exp(scores - top)
        total = expo.sum(axis=1, keepdims=True)
        log = np.where(target > 0, scores - top - np.log(total), 0.0)
        value = -(share[:, None] * target * log).sum() + PENALTY * weights @ weights
        return float(value), np.einsum("q,qn,qnf->f", share, expo / total - target, inputs) + 2 * PENALTY * weights

    found = minimize(loss, np.zeros(stacked.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return _linear(names, mean, scale, found.x, 0.0)


def fit_trust(asked: Sequence[Asked], names: tuple[str, ...]) -> Linear:
    """Logistic regression: the chance that a row is right."""
    usable = [a for a in asked if len(a.rows)]
    rows = np.concatenate([a.rows for a in usable])
    right = np.concatenate([a.right[:, 0] for a in usable])
    share = np.concatenate([np.full(len(a.rows), a.case.weight) for a in usable])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    model = LogisticRegression(C=0.5, max_iter=1000).fit((rows - mean) / scale, right, sample_weight=share)
    return _linear(names, mean, scale, model.coef_[0], float(model.intercept_[0]))


def _linear(names: tuple[str, ...], mean: np.ndarray, scale: np.ndarray, weight: np.ndarray, bias: float) -> Linear:
    return Linear(names, tuple(mean.tolist()), tuple(scale.tolist()), tuple(weight.tolist()), bias)


def cross_validated(asked: Sequence[Asked], fitted: Callable[[Sequence[Asked]], Linear]) -> list[np.ndarray]:
    """Scores of each question's rows by weights fitted on the other collections."""
    scores: list[np.ndarray] = [np.zeros(0)] * len(asked)
    for source in dict.fromkeys(a.case.source for a in asked):
        model = fitted([a for a in asked if a.case.source != source])
        for i, a in enumerate(asked):
            if a.case.source == source and len(a.rows):
                scores[i] = model.score(a.rows)
    return scores


def ranking_table(asked: Sequence[Asked], after: Sequence[np.ndarray]) -> dict[str, dict[str, object]]:
    """By source: recall@1, recall@5, RR@10 before and after; win/tie/loss and p of a paired randomization test on RR@10."""
    rng = np.random.default_rng(SEED)
    by: dict[str, list[tuple[list[int], list[int]]]] = defaultdict(list)
    for a, scores in zip(asked, after, strict=True):
        if a.case.pieces:
            by[a.case.source].append((_ranks(a, -np.arange(len(a.rows), dtype=float)), _ranks(a, scores)))
    table: dict[str, dict[str, object]] = {}
    for source, pairs in by.items():
        reciprocal = np.asarray([[1 / min(r) if min(r) <= 10 else 0.0 for r in pair] for pair in pairs])
        change = reciprocal[:, 1] - reciprocal[:, 0]
        flips = rng.choice([-1.0, 1.0], size=(10_000, len(change))) @ change
        recall = {f"recall@{k}": [_mean(np.mean([r <= k for r in pair[side]]) for pair in pairs) for side in (0, 1)] for k in (1, 5)}
        table[source] = {
            "questions": len(pairs), **recall, "RR@10": [round(float(x), 4) for x in reciprocal.mean(axis=0)],
            "win/tie/loss": [int((change > 0).sum()), int((change == 0).sum()), int((change < 0).sum())],
            "p": round(float((1 + (np.abs(flips) >= abs(change.sum()) - 1e-12).sum()) / 10_001), 4),
        }
    return table


def _ranks(a: Asked, scores: np.ndarray) -> list[int]:
    order = np.argsort(-scores, kind="stable")
    return [next((place for place, i in enumerate(order, 1) if a.right[i, j]), 10**6) for j in range(a.case.pieces)]


def _mean(values: Iterator[np.floating]) -> float:
    return round(float(np.mean(list(values))), 4)


def trust_table(asked: Sequence[Asked], scores: Sequence[np.ndarray]) -> dict[str, object]:
    """Calibration in ten bins, and at each threshold: right ones kept, questions without an answer declined; by source."""
    chance = [1 / (1 + np.exp(-s)) for s in scores]
    flat = np.concatenate([c for c in chance if len(c)])
    truth = np.concatenate([a.right[:, 0] for a in asked if len(a.rows)])
    bins = [{"chance": round(float(flat[inside].mean()), 3), "right": round(float(truth[inside].mean()), 3), "n": int(inside.sum())}
            for low in np.arange(0, 1, 0.1) if (inside := (flat >= low) & (flat < low + 0.1 + 1e-9)).any()]
    thresholds = {}
    for bar in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6):
        row = {}
        for source in dict.fromkeys(a.case.source for a in asked):
            mine = [(a, c) for a, c in zip(asked, chance, strict=True) if a.case.source == source]
            answerable = [c[0] >= bar for a, c in mine if a.case.pieces and len(c)]
            nothing = [not len(c) or c[0] < bar for a, c in mine if not a.case.pieces]
            removed = [c[1] < bar for a, c in mine if a.case.pieces and len(c) > 1]
            row[source] = [round(float(np.mean(x)), 3) if x else None for x in (answerable, nothing, removed)]
        thresholds[f"{bar:.2f}"] = row
    return {"calibration": bins, "answered when it can be, declined when it cannot, declined with the evidence taken out": thresholds,
            "Brier": round(float(np.mean((flat - truth) ** 2)), 4)}


STEPS = {  # what is fitted; its features without and with contextual vectors
    "rank": (passages_of, rerank.FEATURES, rerank.IN_CONTEXT, fit, list(PUBLIC)),
    "sentence": (sentences_of, sentences.FEATURES, sentences.FEATURES, fit, ["official_questions"]),
    "confidence": (trust_of, confidence.FEATURES, confidence.IN_CONTEXT, fit_trust, ["official_questions"]),
}


def main() -> int:
    shared = ROOT.parent / "shared"
    cli = argparse.ArgumentParser(description="拟合排序与可信度的权重，写入 models/rank.json、sentence.json、confidence.json")
    cli.add_argument("step", choices=STEPS)
    cli.add_argument("--data", type=Path, default=shared / "encoder-data", help="编码器数据文件夹")
    cli.add_argument("--encoder", choices=("fast", "best"), default="fast")
    cli.add_argument("--gold", type=Path, default=shared / "gold", help="问题所在的文件夹")
    cli.add_argument("--reports", type=Path, default=shared / "reports")
    cli.add_argument("--work", type=Path, default=ROOT / "runs" / "fit", help="建好的索引放在这里，下一步接着用")
    options = cli.parse_args()
    encoder = load_encoder(options.encoder)
    rows_of, without, within, fitted, sources = STEPS[options.step]
    names = within if options.encoder == "best" else without
    asked: list[Asked] = []
    for corpus, cases in corpora(options, encoder):
        wanted = [case for case in cases if case.source in sources or case.source not in PUBLIC]
        asked += [rows_of(corpus, case) for case in wanted if case.pieces or options.step == "confidence"]
        print(f"{len(asked)} 题", file=sys.stderr)
    scores = cross_validated(asked, lambda part: fitted(part, names))
    figures = trust_table(asked, scores) if options.step == "confidence" else ranking_table(asked, scores)
    model = fitted(asked, names)
    held = {
        "features": {name: {"mean": round(m, 6), "scale": round(s, 6), "weight": round(w, 6)}
                     for name, m, s, w in zip(model.features, model.mean, model.scale, model.weight, strict=True)},
        "bias": round(model.bias, 6),
        "encoder": encoder.fingerprint,
        "command": f"python -m eval.fit {options.step} --encoder {options.encoder}",
        "figures, each collection by weights fitted on the others": figures,
    }
    out = ROOT / "models" / f"{options.step}{'-best' if options.encoder == 'best' else ''}.json"
    temporary = out.with_suffix(".tmp")
    temporary.write_text(json.dumps(held, ensure_ascii=False, indent=1) + "\n", encoding="utf8")
    temporary.replace(out)
    print(json.dumps(figures, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
