"""The reranker's features say what they claim, its weights load, and a passage in other words rises."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.corpus import Corpus
from index.types import Facts, Report
from retrieval import confidence, overlap, rerank, sentences
from retrieval.linear import Linear, WeightsError, read, shipped
from retrieval.question import understand
from retrieval.search import candidates, search


@pytest.fixture
def office(corpus: Corpus, build: Callable[..., Report]) -> Corpus:
    facts = Facts("望海区民政局工作总结", "望海区民政局", "望海区", 2024, "工作总结")
    corpus.add([build("望海.txt", ["全年新建养老站点14个，改造床位220张。", "组织志愿者走访独居老人3600人次。", "社会组织年检率98%。"], facts=facts)])
    return corpus


@pytest.mark.parametrize(("name", "features"), [
    ("rank", rerank.FEATURES), ("sentence", sentences.FEATURES), ("confidence", confidence.FEATURES)])
def test_shipped_weights_are_of_the_features_there_are(name: str, features: tuple[str, ...]) -> None:
    model = shipped(name)
    assert model.features == features
    assert all(scale > 0 for scale in model.scale) and any(model.weight)


def test_features_are_the_shares_they_claim(office: Corpus) -> None:
    question = understand("望海区新建养老站点多少个？", office.reports())
    vector, found = candidates(office, question, None)
    rows = rerank.features(office, question, vector, found)
    best = dict(zip(rerank.FEATURES, rows[0].tolist(), strict=True))
    assert "养老站点14个" in found[0].passage.text
    assert best["lexical"] == pytest.approx(1.0) and best["asked"] > 0
    assert all(0 <= best[name] <= 1.0001 for name in ("words", "words_path", "pairs", "order", "sentence_words"))
    assert best["words_path"] >= best["words"] and rows.shape == (len(found), len(rerank.FEATURES))


def test_scores_are_the_sum_of_their_parts(office: Corpus) -> None:
    question = understand("走访独居老人多少人次", office.reports())
    vector, found = candidates(office, question, None)
    model = shipped("rank")
    rows = rerank.features(office, question, vector, found)
    for row, score in zip(rows, model.score(rows), strict=True):
        assert sum(model.parts(row).values()) + model.bias == pytest.approx(score, rel=1e-4)


def test_order_is_by_score_and_no_candidate_is_lost(office: Corpus) -> None:
    question = understand("床位改造", office.reports())
    vector, found = candidates(office, question, None)
    ranked = rerank.rerank(office, question, vector, found)
    assert {c.row for c, *_ in ranked} == {c.row for c in found}
    scores = [score for _, score, _ in ranked]
    assert scores == sorted(scores, reverse=True)
    assert [hit.passage.id for hit in search(office, question)] == [c.passage.id for c, *_ in ranked]


def test_soft_match_is_one_for_the_words_themselves_and_brute_force_for_others(office: Corpus) -> None:
    weights = {"养老": 2.0, "床位": 1.0}
    texts = ["养老床位。", "志愿者走访。", "，。"]
    own = office.text_vectors(list(weights))
    there = office.text_vectors(overlap.distinct(texts[1]))
    expected = float(np.asarray([2 / 3, 1 / 3]) @ (own @ there.T).max(axis=1))
    assert overlap.soft(office, weights, texts) == pytest.approx([1.0, expected, 0.0], abs=1e-4)


def test_a_chance_is_low_where_nothing_of_the_question_stands(office: Corpus) -> None:
    def chance(text: str) -> float:
        question = understand(text, office.reports())
        rarity = overlap.rarity(office, question)
        ranked = sentences.rank_sentences(office, question, search(office, question), rarity)
        return confidence.probability(office, question, sentences.able(question, ranked), rarity)

    assert 0 <= chance("地铁三号线票价几元") < chance("全年新建养老站点多少个") <= 1
    assert confidence.probability(office, understand("养老", office.reports()), [], {}) == 0.0


def test_broken_weights_are_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "rank.json"
    with pytest.raises(WeightsError, match=r"rank\.json"):
        read(path)
    path.write_text('{"features": {"a": {"mean": 0}}}', encoding="utf8")
    with pytest.raises(WeightsError, match=r"rank\.json"):
        read(path)
    path.write_text(json.dumps({"features": {"a": {"mean": 1, "scale": 2, "weight": 3}}, "bias": 0.5}), encoding="utf8")
    assert read(path) == Linear(("a",), (1.0,), (2.0,), (3.0,), 0.5)
    assert read(path).score(np.asarray([[5.0]])).tolist() == [6.5]
