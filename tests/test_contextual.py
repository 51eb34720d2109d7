"""The contextual encoder and the script that trains it: begins as the static model, learns, and is saved as a plain folder."""

from __future__ import annotations

import dataclasses
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("rjieba", reason="训练用的分词器 rjieba 未安装")
pytest.importorskip("jieba")

from index.encoder import load_encoder, unit_rows
from index.transformer import LATE, LateEncoder
from index.types import EncoderError
from models import contextual, train
from models.pairs import Paraphraser
from models.train import Bags
from models.vocabulary import build_tokenizer, choose_pieces, count_words, jieba_dictionary, silent_rows
from tests.test_train import PAIRS

TEXTS = [pair.passage for pair in PAIRS[:6]] + ["，。", "", "青川市（2025年）：办理 A、B 两类事项……" * 12]
Pieces = list[tuple[str, float]]
Trained = tuple[contextual.Network, list[list[float]]]


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return choose_pieces(count_words([text for pair in PAIRS for text in (pair.query, pair.passage)]), 9000, jieba_dictionary())


@pytest.fixture(scope="module")
def config(pieces: Pieces) -> contextual.Config:
    return contextual.Config(
        pieces=len(pieces), width=32, layers=2, heads=2, inner=32, window=8, late=8, batch=32, group=16, mix=(0, 0, 0, 1), like=2,
        kinds=4, steps=40, rate=0.003, threads=1, compiled=False, query_tokens=16, passage_tokens=32,
    )  # fmt: skip


@pytest.fixture(scope="module")
def rows(pieces: Pieces) -> np.ndarray:
    table = np.random.default_rng(5).normal(size=(len(pieces), 32)).astype(np.float32) * np.linspace(1, 0.05, 32, dtype=np.float32)
    table[silent_rows(pieces)] = 0.0
    return table


@pytest.fixture(scope="module")
def pool(config: contextual.Config, pieces: Pieces) -> train.Pool:
    shape = train.Config(query_tokens=config.query_tokens, passage_tokens=config.passage_tokens)
    return train.pool_of(PAIRS, Paraphraser([("行政复议", ["告政府的复议"])]), build_tokenizer(pieces), silent_rows(pieces), shape)


def begun(config: contextual.Config, rows: np.ndarray) -> contextual.Network:
    torch.manual_seed(0)
    network = contextual.Network(config)
    network.start_from(rows)
    return network


def disturbed(network: contextual.Network) -> contextual.Network:
    """Layers whose last matrices are not zero any more, so that every part has a say."""
    for name, weights in network.named_parameters():
        if name.endswith("Wo.weight"):
            torch.nn.init.normal_(weights, std=0.2)
    return network


def read(network: contextual.Network, pieces: Pieces, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    bags = Bags.of(build_tokenizer(pieces), texts, silent_rows(pieces), 1000)
    ids, there = contextual.padded(bags, np.arange(len(texts)))
    with torch.inference_mode():
        return contextual.vectors(network, network.config, ids, there), there


def test_it_begins_as_the_static_model(config: contextual.Config, rows: np.ndarray, pieces: Pieces) -> None:
    texts = TEXTS[:6]
    words, _ = read(begun(dataclasses.replace(config, late=2), rows), pieces, texts)
    mine = contextual.whole(words).numpy()
    bags = Bags.of(build_tokenizer(pieces), texts, silent_rows(pieces), 1000)
    theirs = unit_rows(bags.rows(np.arange(len(bags)), len(rows)) @ rows)  # every time a word stands counts, as attention has it
    np.testing.assert_allclose(mine @ mine.T, theirs @ theirs.T, atol=0.05)  # two of 32 directions are given up, and bfloat16


def test_slabs_of_like_length_change_nothing(config: contextual.Config, rows: np.ndarray, pieces: Pieces) -> None:
    network = disturbed(begun(config, rows))
    ids, there = contextual.padded(Bags.of(build_tokenizer(pieces), TEXTS, silent_rows(pieces), 1000), np.arange(len(TEXTS)))
    with torch.inference_mode():
        at_once = contextual.vectors(network, config, ids, there)
        slabs = contextual.in_slabs(network, config, ids, there, slabs=3)
    np.testing.assert_allclose(contextual.whole(at_once).numpy(), contextual.whole(slabs).numpy(), atol=0.02)


def test_late_scores_are_those_of_a_plain_loop() -> None:
    chance = np.random.default_rng(1)
    queries, passages = chance.normal(size=(3, 4, 6)).astype(np.float32), chance.normal(size=(5, 7, 6)).astype(np.float32)
    there = chance.random((5, 7)) < 0.7
    there[:, 0] = True
    queries[1, 2:] = 0.0  # padding weighs nothing
    found = contextual.late_scores(torch.from_numpy(queries), torch.from_numpy(passages), torch.from_numpy(there), 4).numpy()
    for query, passage in np.ndindex(3, 5):
        total = weights = 0.0
        for word in queries[query][:, -4:]:
            length = float(np.linalg.norm(word))
            if length:
                held = passages[passage][there[passage]][:, -4:]
                total += length * float((held @ word / np.linalg.norm(held, axis=1)).max()) / length
                weights += length
        assert found[query, passage] == pytest.approx(total / weights, abs=0.02)


def test_what_must_not_count_as_wrong_does_not() -> None:
    scores = torch.tensor([[0.5, 0.9], [0.1, 0.6]])
    free = torch.zeros(2, 2, dtype=torch.bool)
    masked = torch.tensor([[False, True], [False, False]])
    assert contextual.contrast(scores, masked, 0.1) < contextual.contrast(scores, free, 0.1)


def test_batches_hold_each_kind_in_its_share(config: contextual.Config, pool: train.Pool) -> None:
    near = train.alike(pool, np.random.default_rng(0).normal(size=(config.pieces, 8)).astype(np.float32), train.Config(), kinds=4)
    for batch in islice(contextual.batches(pool, near, config), 3):
        assert len(batch) == config.batch and len(set(batch.tolist())) == config.batch


@pytest.fixture(scope="module")
def trained(config: contextual.Config, pool: train.Pool, rows: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    network = begun(config, rows)
    near = train.alike(pool, rows, train.Config(), config.kinds)
    keep = tmp_path_factory.mktemp("work") / "tiny.pt"
    return network, contextual.train(network, pool, torch.from_numpy(rows), near, config, keep)


def test_both_losses_fall(trained: Trained) -> None:
    losses = np.array(trained[1])
    assert (losses[-5:].mean(axis=0) < 0.6 * losses[:5].mean(axis=0)).all()


def test_training_goes_on_from_its_checkpoint(config: contextual.Config, pool: train.Pool, rows: np.ndarray, tmp_path: Path) -> None:
    near = np.zeros(len(pool.answers), np.int64)
    keep, table = tmp_path / "run.pt", torch.from_numpy(rows)
    short = dataclasses.replace(config, steps=4, checkpoint=2)
    first = contextual.train(begun(config, rows), pool, table, near, short, keep)
    again = begun(config, rows)
    assert contextual.train(again, pool, table, near, dataclasses.replace(short, steps=6), keep)[:4] == first
    assert not (tmp_path / "run.part").exists()


def test_the_saved_folder_is_a_plain_model_with_the_same_vectors(
    trained: Trained, pieces: Pieces, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    network = disturbed(trained[0])
    contextual.save(tmp_path / "model", pieces, network, {})
    words, there = read(network, pieces, TEXTS)
    vectors = SentenceTransformer(str(tmp_path / "model"), device="cpu").encode(TEXTS)
    assert vectors.dtype == np.float32
    assert (vectors * contextual.whole(words).numpy()).sum(axis=1).min() > 0.999  # long texts and empty ones too
    encoder = load_encoder(str(tmp_path / "model"))
    assert isinstance(encoder, LateEncoder)
    late = encoder.words(TEXTS)
    assert [each.shape for each in late] == [(int(n), network.config.late) for n in there.sum(1)]
    for mine, theirs, length in zip(late, words.float().numpy(), there.sum(1).tolist(), strict=True):
        np.testing.assert_allclose(mine, theirs[:length, -network.config.late :], atol=0.05 * np.abs(mine).max())
    assert encoder.words([]) == []


def test_a_folder_that_does_not_say_its_columns_is_refused_by_name(trained: Trained, pieces: Pieces, tmp_path: Path) -> None:
    contextual.save(tmp_path / "model", pieces, trained[0], {})
    (tmp_path / "model" / LATE).write_text("{}", encoding="utf-8")
    with pytest.raises(EncoderError, match="model"):
        load_encoder(str(tmp_path / "model"))
