"""The reranker's features say what they claim, its weights load, and a passage in other words rises."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.corpus import Corpus
from index.types import EncoderError, Facts, Report
from retrieval.answer import confidence, sentences
from retrieval.question.understand import understand
from retrieval.search import overlap, rerank
from retrieval.search.linear import Linear, WeightsError, read, shipped
from retrieval.search.search import candidates, search


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
    for parts, score in zip(model.parts(rows), model.score(rows), strict=True):
        assert sum(parts.values()) + model.bias == pytest.approx(score, rel=1e-4)


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


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of random weights, whole: settings, weights, tokenizer."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder = tmp_path_factory.mktemp("model") / "cross"
    characters = "全年新建养老站点个改造床位张组织志愿者走访独居人次社会年检率多少1234567890%，。？"
    vocabulary = folder.with_suffix(".txt")
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(characters)]), encoding="utf8")
    torch.manual_seed(7)
    config = BertConfig(vocab_size=100, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
                        initializer_range=1.0)
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(vocab=str(vocabulary)).save_pretrained(folder)
    return folder


def test_a_cross_encoder_puts_the_first_in_its_own_order(office: Corpus, cross_encoder: Path) -> None:
    question = understand("走访独居老人多少人次", office.reports())
    reader = rerank.load_reader(cross_encoder)
    before = search(office, question)

    after = search(office, question, reranker=reader)

    assert {hit.passage.id for hit in after} == {hit.passage.id for hit in before}
    own = [dict(hit.scores)["cross-encoder"] for hit in after]
    assert own == sorted(own, reverse=True) and len(set(own)) > 1
    again = reader.read(question.text, [" ".join((*hit.passage.path, hit.passage.text)) for hit in after])
    assert own == pytest.approx(again.tolist(), abs=1e-3)
    assert [hit.score for hit in after] == [hit.score for hit in before], "the scale stays that of the learned weights"


def test_what_the_cross_encoder_does_not_read_stays_behind(office: Corpus) -> None:
    class Longest:
        def read(self, question: str, texts: Sequence[str]) -> np.ndarray:
            return np.asarray([float(len(text)) for text in texts])

    question = understand("床位改造", office.reports())
    vector, found = candidates(office, question, None)
    ranked = rerank.rerank(office, question, vector, found) * 10

    moved, read = rerank.reread(question, ranked, Longest())

    assert moved[rerank.READ_BY_MODEL:] == ranked[rerank.READ_BY_MODEL:] and len(moved) == len(ranked)
    assert len(moved[0][0].passage.text) >= len(moved[rerank.READ_BY_MODEL - 1][0].passage.text) and set(read) <= {c.row for c in found}


def test_no_cross_encoder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"nowhere.*config\.json"):
        rerank.load_reader(tmp_path / "nowhere")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}", encoding="utf8")
    with pytest.raises(EncoderError, match="broken 无法加载"):
        rerank.load_reader(broken)
