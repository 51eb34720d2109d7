"""Texts to unit vectors: any sentence-transformers folder, nothing from the network, and clear errors."""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tokenizers import Tokenizer, models, pre_tokenizers

from index.best import BestEncoder
from index.corpus import Corpus
from index.encoder import SHIPPED, Encoder, WordEncoder, load_encoder
from index.static import COUNTS, StaticEncoder
from index.transformer import SentenceTransformerEncoder
from index.types import EncoderError
from index.unigram import Cut, cutter
from index.vectors import unit_rows
from tests.conftest import REPOSITORY, make_report

FAST = REPOSITORY / SHIPPED["fast"]


@pytest.fixture(scope="module")
def shipped() -> Encoder:
    return load_encoder("fast")


def test_rows_are_float32_of_length_one_and_as_wide_as_said(shipped: Encoder) -> None:
    vectors = shipped.encode(["青川市办结行政复议案件", "白石县粮食总产量"])
    assert vectors.dtype == np.float32
    assert vectors.shape == (2, shipped.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_empty_text_gives_no_nan_and_no_text_gives_no_rows(shipped: Encoder) -> None:
    assert np.isfinite(shipped.encode(["", " ", "\n"], query=True)).all()
    assert shipped.encode([]).shape == (0, shipped.dimension)


def test_a_question_is_nearer_to_its_passage_than_to_another(shipped: Encoder) -> None:
    question = shipped.encode(["办结了多少行政复议案件"], query=True)[0]
    near, far = shipped.encode(["全年办结行政复议案件123件。", "改造老旧小区36个，惠及居民5800户。"]) @ question
    assert near > far


def test_the_fingerprint_follows_the_weights_and_not_the_card(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for copy in (first, second):
        shutil.copytree(FAST, copy)
    (second / "README.md").write_text("另一份说明", encoding="utf-8")
    assert load_encoder(str(first)).fingerprint == load_encoder(str(second)).fingerprint
    weights = next(second.rglob("*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert load_encoder(str(first)).fingerprint != load_encoder(str(second)).fingerprint


def test_another_folder_goes_by_the_name_it_was_asked_for_with(tmp_path: Path) -> None:
    copy = tmp_path / "模型"
    shutil.copytree(FAST, copy)
    assert load_encoder(str(copy)).name == str(copy)


def test_the_words_of_a_text_add_up_to_its_vector(shipped: Encoder) -> None:
    assert isinstance(shipped, WordEncoder)
    texts = ["青川市办结行政复议案件123件。", "，。", ""]
    words = shipped.words(texts)
    assert [len(each) > 0 for each in words] == [True, False, False]
    np.testing.assert_allclose(unit_rows(np.stack([each.sum(axis=0) for each in words])), shipped.encode(texts), atol=1e-5)


# ---------------------------------------------------------------- a static model, cut by sentencepiece

TEXTS = ["青川市全年办结行政复议案件123件。", "", "，。 \n", "ＡＢ２０２５年\u3000望海区", "白石县粮食总产量45.6万吨；𠮷野家\x00" * 40]


@pytest.fixture(scope="module")
def plain() -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(FAST), device="cpu")


def test_a_static_model_gives_what_plain_sentence_transformers_gives(plain: Any, tmp_path: Path) -> None:
    every = Path(shutil.copytree(FAST, tmp_path / "every"))
    (every / COUNTS).unlink()
    encoder = load_encoder(str(every))
    assert isinstance(encoder, StaticEncoder)
    for query in (False, True):
        np.testing.assert_allclose(encoder.encode(TEXTS, query=query), plain.encode(TEXTS), atol=1e-6)


def test_the_shipped_model_counts_a_word_that_comes_back_less_each_time(shipped: Encoder, plain: Any) -> None:
    table = plain[0].embedding.weight.detach().numpy()
    for text, vector in zip(TEXTS, shipped.encode(TEXTS), strict=True):
        times = Counter(plain[0].tokenizer.encode(text, add_special_tokens=False).ids)
        summed = np.zeros(shipped.dimension)
        for piece, number in times.items():
            summed += math.log(1 + number) * table[piece]
        np.testing.assert_allclose(vector, summed / max(float(np.linalg.norm(summed)), 1e-12), atol=1e-6)
    once, often = "本市停车泊位", "本市停车泊位" + "停车" * 5
    both = plain.encode([once, often]) @ plain.encode(["停车"])[0]
    ours = shipped.encode([once, often]) @ shipped.encode(["停车"])[0]
    assert ours[1] < both[1], "说五遍不等于五倍"


def test_the_vectors_do_not_depend_on_what_cuts_the_text(shipped: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.unigram.cutter", lambda held: None)  # as where sentencepiece is not installed
    slow = load_encoder("fast")
    assert slow.fingerprint == shipped.fingerprint
    np.testing.assert_allclose(slow.encode(TEXTS), shipped.encode(TEXTS), atol=1e-6)


@pytest.fixture(scope="module")
def cut(plain: Any) -> Cut:
    made = cutter(json.loads(plain[0].tokenizer.to_str()))
    assert made is not None
    return made


@given(text=st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("青川市行政复议人民政府0123. ，\n"), max_size=80))
def test_any_text_is_cut_into_the_pieces_of_its_own_tokenizer(plain: Any, cut: Cut, text: str) -> None:
    assert sorted(cut([text])[0]) == sorted(plain[0].tokenizer.encode(text, add_special_tokens=False).ids)  # equal scores: in any order


def test_more_texts_than_are_cut_at_once_keep_their_places(shipped: Encoder) -> None:
    one = shipped.encode(TEXTS)
    np.testing.assert_allclose(shipped.encode(TEXTS * 1000), np.tile(one, (1000, 1)), atol=1e-6)


def test_a_model_with_a_prompt_is_left_to_sentence_transformers(plain: Any, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    asked = SentenceTransformer(modules=list(plain), prompts={"query": "问题：", "document": ""}, device="cpu")
    asked.save(str(tmp_path / "asked"))
    encoder = load_encoder(str(tmp_path / "asked"))
    assert isinstance(encoder, SentenceTransformerEncoder)
    text = "望海区有多少公共停车泊位"
    np.testing.assert_allclose(encoder.encode([text], query=True), plain.encode(["问题：" + text]), atol=1e-6)


BGE = {"query": "为这个句子生成表示以用于检索相关文章："}
QWEN = {"query": "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:", "document": ""}


def transformer(folder: Path, kind: str) -> Path:
    """A model of one small layer in the form that BAAI/bge-small-zh-v1.5 or Qwen/Qwen3-Embedding-0.6B has."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, Qwen3Config, Qwen3Model

    characters = sorted(set("".join(TEXTS) + "".join(BGE.values()) + "".join(QWEN.values()) + "望海区有多少公共停车泊位建成个"))
    pieces = {piece: at for at, piece in enumerate(["[PAD]", "[UNK]", *characters])}
    cut = Tokenizer(models.WordLevel(pieces, unk_token="[UNK]"))
    cut.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    held = folder / "held"
    side = "left" if kind == "qwen" else "right"
    tokenizer: Any = PreTrainedTokenizerFast
    tokenizer(tokenizer_object=cut, pad_token="[PAD]", unk_token="[UNK]", padding_side=side).save_pretrained(held)
    small: dict[str, Any] = {"vocab_size": len(pieces), "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    if kind == "qwen":
        Qwen3Model(Qwen3Config(**small, num_key_value_heads=2, head_dim=16, max_position_embeddings=256)).save_pretrained(held)
    else:
        BertModel(BertConfig(**small, max_position_embeddings=256)).save_pretrained(held)
    modules = [Transformer(str(held)), Pooling(32, pooling_mode="lasttoken" if kind == "qwen" else "cls"), Normalize()]
    SentenceTransformer(modules=modules, prompts=QWEN if kind == "qwen" else BGE, device="cpu").save(str(folder / kind))
    return folder / kind


@pytest.mark.parametrize(("kind", "prompts"), [("bge", BGE), ("qwen", QWEN)])
def test_a_transformer_by_path_is_asked_with_its_own_prompt(kind: str, prompts: dict[str, str], tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    folder = transformer(tmp_path, kind)
    said = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8"))["prompts"]
    assert said["query"] == prompts["query"] and not said.get("document")
    encoder, model = load_encoder(str(folder)), SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    assert isinstance(encoder, SentenceTransformerEncoder) and encoder.dimension == 32
    question, passages = "望海区有多少公共停车泊位", ["望海区建成公共停车泊位1230个。", "停车"]
    asked, held = encoder.encode([question], query=True), encoder.encode(passages)
    np.testing.assert_allclose(asked, model.encode([prompts["query"] + question]), atol=1e-5)
    np.testing.assert_allclose(held, np.stack([model.encode(text) for text in passages]), atol=1e-5)
    assert abs(asked - model.encode([question])).max() > 1e-3, "问题前的话改变了向量"
    with Corpus.open(tmp_path / "data", encoder, create=True) as corpus:
        corpus.add([make_report("望海区.txt", passages)])
        assert len(corpus.dense(asked[0], 2)) == 2


def test_a_tokenizer_of_another_kind_is_left_as_it_is() -> None:
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "青川市": 1}, unk_token="[UNK]"))
    strange = Tokenizer(models.Unigram([("[UNK]", -9.0), ("青川", -2.0), ("市", -2.0)], unk_id=0))  # 青 and 川 are no pieces
    spaced = Tokenizer(models.Unigram([("[UNK]", -9.0), ("市", -2.0)], unk_id=0))
    assert cutter(json.loads(spaced.to_str())) is not None
    spaced.pre_tokenizer = pre_tokenizers.Whitespace()
    assert [cutter(json.loads(tokenizer.to_str())) for tokenizer in (words, strange, spaced)] == [None, None, None]


# ---------------------------------------------------------------- which one a name means


def test_the_best_is_both_and_the_default_and_opens_what_the_fast_one_built(shipped: Encoder) -> None:
    best = load_encoder("best")
    assert isinstance(best, BestEncoder)
    assert type(load_encoder()) is BestEncoder
    assert best.fingerprint == shipped.fingerprint
    np.testing.assert_array_equal(best.encode(TEXTS), shipped.encode(TEXTS))
    assert best.contextual.fingerprint != best.fingerprint


def test_where_the_best_cannot_run_the_default_is_the_fast_one_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(SHIPPED, "best", str(tmp_path))  # a folder without a model
    assert isinstance(load_encoder(), StaticEncoder)
    assert "改用 fast" in caplog.text
    with pytest.raises(EncoderError):
        load_encoder("best")


# ---------------------------------------------------------------- what is no model


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
