"""Out of the published packages: weights as they were packed, fewer pieces that cut as before, products that cannot overflow."""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tokenizers import Tokenizer

from models.e5 import Model as Made
from models.e5 import Package, changed_cuts, count_pieces, from_floats, kept_pieces, read_weights, trimmed, write_floats
from models.graph import RANGE, quantise

LAYERS, HEADS, WIDTH, INNER, WORDS, PLACES = 2, 2, 64, 96, 7, 5


def blocks(rows: np.ndarray) -> bytes:
    """float32 [n, m] as 4-bit blocks of 32: what the reader must give back to within half a step."""
    packed = bytearray()
    for block in rows.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1)
        numbers = np.clip(np.round(block / np.float32(scale)), -8, 7).astype(np.int16) + 8
        packed += scale.tobytes() + bytes((numbers[:16] | numbers[16:] << 4).astype(np.uint8))
    return bytes(packed)


def packed(weights: dict[str, np.ndarray]) -> bytes:
    """A file of the layout that e5.h and e5.c describe; products and the table of words in blocks, the rest as they are."""
    inside = {name: blocks(value) if (name.endswith(".w") and value.ndim == 2) or name == "emb.word" else value.astype("<f4").tobytes()
              for name, value in weights.items()}  # fmt: skip
    pieces, charsmap = b"abc", b"xy"
    head = b"E5S1" + struct.pack("<i", 1) + struct.pack("<7i", WIDTH, LAYERS, HEADS, INNER, WORDS, PLACES, 2)
    head += struct.pack("<fi5iQ", 1e-12, 32, 3, 0, 2, 1, 3, len(pieces)) + struct.pack("<4I3f", 0, 1, 2, 3, 0, 0, 0) + pieces
    head += struct.pack("<iI", 0, len(charsmap)) + charsmap + struct.pack("<i", len(inside))
    size = len(head) + sum(2 + len(name) + 1 + 4 + 16 for name in inside)
    directory, body = b"", b""
    for name, content in inside.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, size + len(body), len(content))
        body += content
    return head + directory + body


def some_weights() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (WORDS, WIDTH), "emb.pos": (PLACES, WIDTH), "emb.type": (2, WIDTH), "emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,),
    }  # fmt: skip
    for layer in range(LAYERS):
        for name, out, into in (*((each, WIDTH, WIDTH) for each in ("q", "k", "v", "ao")), ("fi", INNER, WIDTH), ("fo", WIDTH, INNER)):
            shapes |= {f"l{layer}.{name}.w": (out, into), f"l{layer}.{name}.b": (out,)}
        shapes |= {f"l{layer}.{name}.{part}": (WIDTH,) for name in ("aln", "oln") for part in "wb"}
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def test_weights_are_read_as_they_were_packed(tmp_path: Path) -> None:
    given_ = some_weights()
    weights, shape = read_weights(packed(given_))
    assert (shape.layers, shape.heads) == (LAYERS, HEADS)
    assert shape.epsilon == pytest.approx(1e-12)
    assert np.array_equal(weights["embeddings.LayerNorm.bias"], given_["emb.ln.b"])
    assert np.array_equal(weights["encoder.layer.1.output.LayerNorm.weight"], given_["l1.oln.w"])
    assert np.array_equal(weights["encoder.layer.0.intermediate.dense.bias"], given_["l0.fi.b"])
    for name, mine in (
        ("embeddings.word_embeddings.weight", "emb.word"),
        ("encoder.layer.1.attention.self.key.weight", "l1.k.w"),
        ("encoder.layer.0.output.dense.weight", "l0.fo.w"),
    ):
        steps = np.abs(given_[mine]).reshape(-1, 32).max(axis=1) / 7
        off = np.abs(weights[name] - given_[mine]).reshape(-1, 32).max(axis=1)
        assert (off <= 0.51 * steps).all(), "half a step of a block"


def test_a_file_of_another_layout_is_refused() -> None:
    with pytest.raises(SystemExit, match="不是预期的格式"):
        read_weights(b"XXXX" + packed(some_weights())[4:])


def test_floats_come_back_as_they_were_written(tmp_path: Path) -> None:
    weights, shape = read_weights(packed(some_weights()))
    write_floats(Made(weights, shape, {"model": {"vocab": []}}), tmp_path)
    again = from_floats(tmp_path)
    assert again.shape == shape
    assert again.weights.keys() == weights.keys()
    assert all(np.array_equal(again.weights[name], weights[name]) for name in weights)


def test_transformers_reads_the_floats(tmp_path: Path) -> None:
    from transformers import BertModel

    weights, shape = read_weights(packed(some_weights()))
    write_floats(Made(weights, shape, {"model": {"vocab": []}}), tmp_path)
    loaded: Any = BertModel.from_pretrained(tmp_path, add_pooling_layer=False, output_loading_info=True)
    model, told = loaded
    assert not told["missing_keys"] and not told["unexpected_keys"]
    assert model.config.num_attention_heads == HEADS


def test_a_wheel_that_is_another_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "made_up-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("a/b.bin", b"held")
    true = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert Package("made-up", "1.0", true, "a/b.bin").member_of(tmp_path) == b"held"
    with pytest.raises(SystemExit, match="SHA-256"):
        Package("made-up", "1.0", "0" * 64, "a/b.bin").member_of(tmp_path)


VOCABULARY: list[tuple[str, float]] = [
    ("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("行政", -3.0), ("复议", -3.1), ("行政复议", -5.0),
    ("行", -6.0), ("政", -6.1), ("复", -6.2), ("议", -6.3), ("的", -2.5), ("law", -7.0),
    ("l", -9.0), ("a", -9.0), ("w", -9.0), ("12", -5.0), ("1", -6.0), ("2", -6.0), ("ые", -4.0),
]  # fmt: skip


def tokenizer() -> dict[str, object]:
    added = [{"id": at, "content": piece, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
             for at, (piece, _) in enumerate(VOCABULARY[:4])]  # fmt: skip
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False},
        "post_processor": None, "decoder": None,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": [list(one) for one in VOCABULARY]},
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("行政复议的law12 ", min_size=1, max_size=20), min_size=1, max_size=6), st.integers(12, 21))
def test_a_text_whose_pieces_stay_is_cut_as_before(texts: list[str], most: int) -> None:
    whole = Tokenizer.from_str(json.dumps(tokenizer()))
    counts = count_pieces(whole, texts)
    kept = kept_pieces(VOCABULARY, counts, most)
    fewer = Tokenizer.from_str(json.dumps(trimmed(tokenizer(), kept)))
    for text in texts:
        pieces = whole.encode(text, add_special_tokens=False)
        if set(pieces.ids) <= set(kept):
            assert fewer.encode(text, add_special_tokens=False).tokens == pieces.tokens
            assert [kept[at] for at in fewer.encode(text, add_special_tokens=False).ids] == pieces.ids


def test_what_stays_is_special_or_short_or_used_most() -> None:
    whole = Tokenizer.from_str(json.dumps(tokenizer()))
    kept = kept_pieces(VOCABULARY, count_pieces(whole, ["行政复议的law"] * 3), 20)
    assert [VOCABULARY[at][0] for at in kept[:4]] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert "ые" not in {VOCABULARY[at][0] for at in kept}
    characters, other = changed_cuts(whole, Tokenizer.from_str(json.dumps(trimmed(tokenizer(), kept))), ["行政复议的law", "ые"])
    assert (characters, other > 0) == (10, True)


@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 40)), elements=st.floats(-1e4, 1e4, width=32)))
def test_a_quantised_product_is_close_and_cannot_overflow_sixteen_bits(rows: np.ndarray) -> None:
    numbers, scale = quantise(rows, RANGE)
    assert np.abs(numbers * scale[:, None] - rows).max() <= 0.51 * scale.max()
    assert 2 * 255 * int(np.abs(numbers.astype(int)).max()) <= 32_767, "two products of a byte each, added in 16 bits"
