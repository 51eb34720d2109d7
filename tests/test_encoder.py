"""Texts to unit vectors: any sentence-transformers folder, nothing from the network, and clear errors."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.encoder import SHIPPED, Encoder, load_encoder, unit_rows
from index.types import EncoderError
from tests.conftest import REPOSITORY

needs_model = pytest.mark.skipif(
    not (REPOSITORY / SHIPPED / "modules.json").exists(), reason=f"{SHIPPED} 不在：先运行 python -m models.train"
)


@pytest.fixture(scope="module")
def shipped() -> Encoder:
    return load_encoder()


@needs_model
def test_rows_are_float32_of_length_one_and_as_wide_as_said(shipped: Encoder) -> None:
    vectors = shipped.encode(["青川市办结行政复议案件", "白石县粮食总产量"])
    assert vectors.dtype == np.float32
    assert vectors.shape == (2, shipped.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@needs_model
def test_empty_text_gives_no_nan_and_no_text_gives_no_rows(shipped: Encoder) -> None:
    assert np.isfinite(shipped.encode(["", " ", "\n"], query=True)).all()
    assert shipped.encode([]).shape == (0, shipped.dimension)


@needs_model
def test_a_question_is_nearer_to_its_passage_than_to_another(shipped: Encoder) -> None:
    question = shipped.encode(["办结了多少行政复议案件"], query=True)[0]
    near, far = shipped.encode(["全年办结行政复议案件123件。", "改造老旧小区36个，惠及居民5800户。"]) @ question
    assert near > far


@needs_model
def test_the_fingerprint_follows_the_weights_and_not_the_card(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for copy in (first, second):
        shutil.copytree(REPOSITORY / SHIPPED, copy)
    (second / "README.md").write_text("另一份说明", encoding="utf-8")
    assert load_encoder(str(first)).fingerprint == load_encoder(str(second)).fingerprint
    weights = next(second.rglob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert load_encoder(str(first)).fingerprint != load_encoder(str(second)).fingerprint


@needs_model
def test_another_folder_goes_by_the_name_it_was_asked_for_with(tmp_path: Path) -> None:
    copy = tmp_path / "模型"
    shutil.copytree(REPOSITORY / SHIPPED, copy)
    assert load_encoder(str(copy)).name == str(copy)


@pytest.mark.parametrize("name", ["没有这个模型", "nobody/nothing-of-this-name"])
def test_a_name_that_is_not_here_says_how_to_bring_it(name: str) -> None:
    with pytest.raises(EncoderError, match=f"{name}.*不联网.*--encoder"):
        load_encoder(name)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="不是模型文件夹"):
        load_encoder(str(tmp_path))


def test_a_file_is_not_a_model(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"\0")
    with pytest.raises(EncoderError, match="不是文件夹"):
        load_encoder(str(path))


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("{", encoding="utf-8")
    with pytest.raises(EncoderError, match="无法加载"):
        load_encoder(str(tmp_path))


@given(arrays(np.float32, (5, 4), elements=st.floats(width=32)))
def test_unit_rows_are_of_length_one_or_zero_whatever_comes(rows: np.ndarray) -> None:
    lengths = np.linalg.norm(unit_rows(rows).astype(np.float64), axis=1)
    assert (np.isclose(lengths, 1, atol=1e-4) | np.isclose(lengths, 0)).all()
