"""The shipped contextual encoder: known sentences find each other, alone or beside others, with and without sentence-transformers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.contextual import GRAPH, REFERENCE, TOKENIZER, ContextualEncoder
from index.types import EncoderError
from models.e5 import BEST, KNOWN, PIECES, SPECIAL


@pytest.fixture(scope="module")
def best() -> ContextualEncoder:
    return ContextualEncoder(BEST, "models/best", "")


def test_a_question_is_nearest_to_its_own_passage(best: ContextualEncoder) -> None:
    questions = best.encode([question for question, _ in KNOWN], query=True)
    passages = best.encode([passage for _, passage in KNOWN])
    assert (questions @ passages.T).argmax(axis=1).tolist() == list(range(len(KNOWN)))


def test_its_vectors_are_close_to_those_of_full_precision(best: ContextualEncoder) -> None:
    for stored in json.loads((BEST / REFERENCE).read_text("utf-8")):
        assert best.encode([stored["text"]], query=stored["query"])[0] @ np.array(stored["vector"]) > 0.99


texts = st.text("青川市临江县办结行政复议案件，。2024年3.6万人次%（一）", max_size=60)


@settings(max_examples=25, deadline=None)
@given(st.lists(texts, max_size=4), texts)
def test_a_vector_does_not_depend_on_what_is_encoded_beside_it(best: ContextualEncoder, others: list[str], text: str) -> None:
    alone = best.encode([text])[0]
    assert np.array_equal(best.encode([*others, text])[-1], alone)
    assert np.linalg.norm(alone) == pytest.approx(1 if text.strip() else 0, abs=1e-5)


def test_nothing_gives_nothing(best: ContextualEncoder) -> None:
    assert best.encode([]).shape == (0, best.dimension)
    assert not best.encode(["", " \n　"]).any()


def test_a_text_without_end_is_read_to_the_limit(best: ContextualEncoder) -> None:
    long = "全年办结行政复议案件一千二百件，" * 400
    assert np.array_equal(best.encode([long])[0], best.encode([long + "粮食总产量二十万吨"])[0])


def test_sentence_transformers_gives_the_same_vectors(best: ContextualEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(BEST), device="cpu", local_files_only=True, trust_remote_code=True)
    asked, held = zip(*KNOWN, strict=True)
    for mine, theirs in (
        (best.encode(asked, query=True), model.encode_query(list(asked))),
        (best.encode(held), model.encode_document(list(held))),
    ):
        assert np.allclose(mine, theirs, atol=1e-6)


def test_a_processor_that_computes_something_else_is_told(tmp_path: Path) -> None:
    shutil.copytree(BEST, tmp_path / "best")
    stored = json.loads((BEST / REFERENCE).read_text("utf-8"))
    stored[0]["vector"] = stored[1]["vector"]
    (tmp_path / "best" / REFERENCE).write_text(json.dumps(stored), "utf-8")
    with pytest.raises(EncoderError, match=r"与随附的不同.*--encoder fast"):
        ContextualEncoder(tmp_path / "best", "models/best", "")


@pytest.mark.parametrize("name", [GRAPH, TOKENIZER])
def test_a_file_that_is_cut_short_is_named_by_its_folder(tmp_path: Path, name: str) -> None:
    shutil.copytree(BEST, tmp_path / "best")
    whole = (BEST / name).read_bytes()
    (tmp_path / "best" / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EncoderError, match="重新取得完整的"):
        ContextualEncoder(tmp_path / "best", "models/best", "")


def test_the_folder_is_as_small_as_was_promised() -> None:
    vocabulary = json.loads((BEST / TOKENIZER).read_text("utf-8"))["model"]["vocab"]
    assert len(vocabulary) == PIECES
    assert tuple(piece for piece, _ in vocabulary[: len(SPECIAL)]) == SPECIAL
    assert sum(path.stat().st_size for path in BEST.rglob("*") if path.is_file()) <= 35_000_000
