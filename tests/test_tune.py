"""Training models/best further: batches of alike pairs, what may be right is no negative, a run that goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from index.contextual import ContextualEncoder
from models import tune
from models.e5 import BEST, NAME, Model, write_floats
from models.graph import Shape
from models.pairs import Pair, Paraphraser

WIDTH, INNER, LAYERS, PLACES = 32, 64, 6, 64
SUBJECTS = ("公交", "学校", "医院", "供水", "养老", "消防", "河道", "粮食", "图书馆", "停车", "垃圾", "就业")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # threads that wait for each other over so little are slower than one
    yield
    torch.set_num_threads(threads)


def pairs() -> list[Pair]:
    return [Pair(f"{subject}去年怎么样{number}", f"全年{subject}工作平稳，办理{number}件。", "made") for subject in SUBJECTS for number in range(4)]


def some_vectors(count: int, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


@pytest.fixture(scope="module")
def source() -> tune.Drawn:
    made = pairs()
    passages = some_vectors(len(made), 1)
    return tune.Drawn("made", made, passages, passages)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of the same form, with the shipped tokenizer."""
    tokenizer = json.loads((BEST / "tokenizer.json").read_text(encoding="utf-8"))
    draw = np.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(tokenizer["model"]["vocab"]), WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        of = f"encoder.layer.{layer}"
        products = {"attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH), "attention.self.value": (WIDTH, WIDTH),
                    "attention.output.dense": (WIDTH, WIDTH), "intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}  # fmt: skip
        shapes |= {f"{of}.{name}.weight": shape for name, shape in products.items()}
        shapes |= {f"{of}.{name}.bias": shape[:1] for name, shape in products.items()}
        norms += [f"{of}.attention.output.LayerNorm", f"{of}.output.LayerNorm"]
    weights = {name: draw.normal(scale=0.2, size=shape).astype(np.float32) for name, shape in shapes.items()}
    weights |= {f"{name}.weight": np.ones(WIDTH, np.float32) for name in norms} | {f"{name}.bias": np.zeros(WIDTH, np.float32) for name in norms}
    folder = tmp_path_factory.mktemp("start")
    write_floats(Model(weights, Shape(LAYERS, 2, 1e-12), tokenizer), folder)
    return folder


def losses_of(keep: Path) -> list[float]:
    found: list[float] = torch.load(keep, weights_only=True)["losses"]
    return found


def run(start: Path, source: tune.Drawn, steps: int, keep: Path) -> tune.Trained:
    torch.manual_seed(3)
    trained = tune.Trained(start, half=False)
    tune.train(trained, [source], Paraphraser([("公交", ["坐车"])]), steps, keep, seed=7)
    return trained


def test_every_pair_is_in_one_string_with_none_that_may_be_right(source: tune.Drawn) -> None:
    found = tune.strings(source, np.random.default_rng(0))
    assert sorted(np.concatenate(found).tolist()) == list(range(len(source.pairs)))
    assert max(map(len, found)) <= tune.STRING
    for first, *near in (each.tolist() for each in found):
        scores = source.passages @ source.queries[first]
        assert all(scores[at] <= scores[first] + tune.LIKELY for at in near)
        left = [at for other in found for at in other.tolist() if at not in (first, *near)]
        later = [at for at in left if any(at in each for each in found[[each[0] for each in found].index(first) + 1 :])]
        assert not near or len(near) < tune.STRING - 1 or min(scores[near]) >= max((scores[at] for at in later), default=-1.0)


def test_what_may_be_right_is_no_negative() -> None:
    queries = np.eye(3, dtype=np.float32)
    passages = np.array([[0.5, 0.0, 0.0], [0.9, 0.8, 0.0], [0.0, 0.0, 0.9]], np.float32)
    told = [Pair("甲", "同一段", "made"), Pair("乙", "另一段", "made"), Pair("丙", "同一段", "made")]
    likely = tune.Drawn("made", told, queries, passages).likely(np.arange(3))
    assert likely.tolist() == [[False, True, True], [False, False, False], [True, False, False]]


def test_the_loss_counts_nothing_for_what_may_be_right() -> None:
    vectors = torch.eye(3)
    near = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    none = torch.zeros(3, 3, dtype=torch.bool)
    masked = none.clone()
    masked[0, 1] = masked[1, 0] = True
    assert tune.contrast(vectors, near, masked) < tune.contrast(vectors, near, none)


def test_a_batch_is_of_one_source_and_holds_no_pair_twice(source: tune.Drawn) -> None:
    other = tune.Drawn("other", source.pairs[:20], source.queries[:20], source.passages[:20])
    found = list(islice(tune.batches([source, other], 4), 40))
    assert {drawn.source for drawn, _ in found} == {"made", "other"}
    assert all(len(set(chosen.tolist())) == len(chosen) <= tune.BATCH and chosen.max() < len(drawn.pairs) for drawn, chosen in found)


def test_the_loss_falls_and_what_is_frozen_stays(start: Path, source: tune.Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "RATE", 3e-3)
    monkeypatch.setattr(tune, "WARM", 1)
    trained = run(start, source, 24, tmp_path / "state.pt")
    losses = losses_of(tmp_path / "state.pt")
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    before, after = load_file(start / "model.safetensors"), {name: value.numpy() for name, value in trained.model.state_dict().items()}
    moved = {name for name in before if not np.array_equal(before[name], after[name])}
    assert "encoder.layer.5.output.dense.weight" in moved
    assert not any(name.startswith(("embeddings", *(f"encoder.layer.{layer}." for layer in range(tune.FROZEN)))) for name in moved)


def test_a_run_goes_on_where_it_was_stopped(start: Path, source: tune.Drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "EVERY", 2)
    whole = run(start, source, 5, tmp_path / "whole.pt")
    drawn = tune.batches

    def killed(sources: list[tune.Drawn], seed: int) -> Iterator[tuple[tune.Drawn, np.ndarray]]:
        for step, each in enumerate(drawn(sources, seed)):
            if step == 3:
                raise KeyboardInterrupt
            yield each

    monkeypatch.setattr(tune, "batches", killed)
    with pytest.raises(KeyboardInterrupt):
        run(start, source, 5, tmp_path / "stopped.pt")
    assert len(losses_of(tmp_path / "stopped.pt")) == 2
    monkeypatch.setattr(tune, "batches", drawn)
    again = run(start, source, 5, tmp_path / "stopped.pt")
    assert losses_of(tmp_path / "stopped.pt") == pytest.approx(losses_of(tmp_path / "whole.pt"), rel=1e-4)
    for one, other in zip(whole.learning, again.learning, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_part_of_the_way_lies_between(start: Path, source: tune.Drawn, tmp_path: Path) -> None:
    run(start, source, 2, tmp_path / "state.pt")
    name = "encoder.layer.5.output.dense.weight"
    ends = []
    for share in (0.0, 0.5, 1.0):
        tune.between(start, tmp_path / "state.pt", share, tmp_path / "between")
        ends.append(load_file(tmp_path / "between" / "model.safetensors")[name])
    assert np.array_equal(ends[0], load_file(start / "model.safetensors")[name])
    assert np.allclose(ends[1], (ends[0] + ends[2]) / 2, atol=1e-7)
    assert not np.array_equal(ends[0], ends[2])


def test_a_passage_that_is_nearest_has_the_first_rank() -> None:
    encoder = ContextualEncoder(BEST, NAME, "", 1)
    asked = [Pair("打官司没钱请律师怎么办", "为经济困难的当事人无偿提供律师代理服务。", "made"),
             Pair("坐公交要等多久", "公交车高峰时段平均间隔八分钟。", "made"),
             Pair("粮食收了多少", "全年粮食总产量三十二万吨。", "made")]  # fmt: skip
    assert tune.reciprocal_ranks(encoder, asked).tolist() == [1.0, 1.0, 1.0]
    crossed = [Pair(asked[0].query, asked[1].passage, "made"), *asked]
    assert tune.reciprocal_ranks(encoder, crossed)[0] < 1.0
