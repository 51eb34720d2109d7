"""Contextual vectors come in behind: searchable before, whole after, and no kill, removal or other encoder leaves a wrong one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index import backfill
from index.corpus import Corpus
from index.types import EncoderError, Report, embedded
from retrieval.ask import ask
from tests.conftest import REPOSITORY, BigramEncoder, Pair, make_report


@pytest.fixture
def pair() -> Pair:
    return Pair(BigramEncoder(), BigramEncoder(48, seed=7))


@pytest.fixture
def data(tmp_path: Path, pair: Pair, qingchuan: Report, linjiang: Report, baishi: Report) -> Path:
    """Three reports of seven passages, without contextual vectors yet."""
    with Corpus.open(tmp_path / "data", pair, create=True) as made:
        made.add([qingchuan, linjiang, baishi])
    return tmp_path / "data"


def wanted(corpus: Corpus, encoder: BigramEncoder) -> dict[int, np.ndarray]:
    """By passage row the vector that it should have."""
    found = {}
    for ref in corpus.reports():
        for at, passage in enumerate(corpus.report(ref.row).passages):
            found[ref.row << 20 | at] = encoder.encode([embedded(ref.facts, passage)])[0]
    return found


def held(corpus: Corpus) -> dict[int, np.ndarray]:
    """By passage row the vector that the catalog holds."""
    return dict(corpus.in_context([ref.row << 20 | at for ref in corpus.reports() for at in range(ref.passages)]))


def right(corpus: Corpus, encoder: BigramEncoder) -> bool:
    have, want = held(corpus), wanted(corpus, encoder)
    return have.keys() == want.keys() and all(np.allclose(have[row], want[row], atol=1e-3) for row in want)


def test_a_passage_is_found_before_it_has_one(data: Path, pair: Pair) -> None:
    with Corpus.open(data, pair) as corpus:
        assert corpus.filled() == (0, 7)
        assert corpus.near_in_context(pair.contextual.encode(["粮食"])[0], 5) == []
        answer = ask(corpus, "白石县粮食总产量达到多少？")
        assert answer.citations
        assert "上下文向量（已有 0%）" in answer.note, "an answer given meanwhile says so"


def test_a_fill_gives_every_passage_its_own(data: Path, pair: Pair) -> None:
    heard: list[tuple[int, int]] = []
    with Corpus.open(data, pair) as corpus:
        assert backfill.fill(data, pair.contextual, heard=lambda *at: heard.append(at)) == (7, 7)
        assert heard[0] == (0, 7)
        assert heard[-1] == (7, 7)
        assert corpus.filled() == (7, 7), "an open corpus sees what was filled"
        assert right(corpus, pair.contextual)


def test_the_nearest_are_those_of_brute_force_under_a_filter(data: Path, pair: Pair) -> None:
    backfill.fill(data, pair.contextual)
    with Corpus.open(data, pair) as corpus:
        vector = pair.contextual.encode(["改造老旧小区多少个"], query=True)[0]
        for allowed in (None, frozenset(ref.row for ref in corpus.reports()[1:])):
            scores = {row: float(held(corpus)[row] @ vector) for row in held(corpus) if allowed is None or row >> 20 in allowed}
            found = corpus.near_in_context(vector, 4, allowed)
            assert [row for row, _ in found] == sorted(scores, key=lambda row: -scores[row])[:4]
            assert [score for _, score in found] == pytest.approx([scores[row] for row, _ in found], abs=2e-3)


def test_what_comes_in_later_is_filled_and_nothing_else_encoded_again(data: Path, pair: Pair, qingchuan: Report) -> None:
    backfill.fill(data, pair.contextual)
    with Corpus.open(data, pair) as corpus:
        corpus.add([make_report("新河县报告.txt", ["新增停车泊位800个。"])])
        assert corpus.filled() == (7, 8)
        pair.contextual.seen.clear()
        backfill.fill(data, pair.contextual)
        assert len(pair.contextual.seen) == 1
        assert right(corpus, pair.contextual)


def test_a_removed_report_leaves_no_vector_and_is_not_found(data: Path, pair: Pair) -> None:
    backfill.fill(data, pair.contextual)
    with Corpus.open(data, pair) as corpus:
        gone = corpus.reports()[0]
        vector = pair.contextual.encode(["办结行政复议案件多少件"], query=True)[0]
        assert {row >> 20 for row, _ in corpus.near_in_context(vector, 9)} >= {gone.row}
        corpus.remove(gone.id)
        assert gone.row not in {row >> 20 for row, _ in corpus.near_in_context(vector, 9)}
        assert right(corpus, pair.contextual)
    with closing(sqlite3.connect(data / "catalog.sqlite")) as db:
        assert not db.execute("SELECT 1 FROM contextual WHERE row >> 20 = ?", (gone.row,)).fetchall()


def test_a_report_removed_while_its_passages_are_encoded_gets_none(data: Path, pair: Pair) -> None:
    with Corpus.open(data, pair) as corpus:

        class Removing(BigramEncoder):
            def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
                if len(corpus.reports()) == 3:
                    corpus.remove(corpus.reports()[1].id)
                return super().encode(texts, query=query)

        assert backfill.fill(data, Removing(48, seed=7)) == (5, 5)
        assert right(corpus, pair.contextual)


def test_it_stops_when_told_and_goes_on_from_there(data: Path, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "BATCH", 2)
    stop = threading.Event()

    def heard(filled: int, _: int) -> None:
        if filled >= 4:
            stop.set()

    assert backfill.fill(data, pair.contextual, heard=heard, stop=stop) == (4, 7)
    pair.contextual.seen.clear()
    assert backfill.fill(data, pair.contextual) == (7, 7)
    assert len(pair.contextual.seen) == 3
    with Corpus.open(data, pair) as corpus:
        assert right(corpus, pair.contextual)


def test_a_kill_between_two_batches_loses_neither(data: Path, pair: Pair) -> None:
    code = f"""
import os
from pathlib import Path
from index import backfill
from tests.conftest import BigramEncoder
backfill.BATCH = 3
backfill.fill(Path({str(data)!r}), BigramEncoder(48, seed=7), heard=lambda filled, total: filled >= 3 and os._exit(9))
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 9
    with Corpus.open(data, pair) as corpus:
        assert corpus.filled() == (3, 7)
        backfill.fill(data, pair.contextual)
        assert right(corpus, pair.contextual)


def test_another_encoders_vectors_are_not_mixed_in(data: Path, pair: Pair) -> None:
    backfill.fill(data, pair.contextual)
    other = replace(pair, contextual=BigramEncoder(32, seed=9))
    with Corpus.open(data, other) as corpus:
        assert corpus.filled() == (0, 7)
        assert held(corpus) == {}
        backfill.fill(data, other.contextual)
        assert right(corpus, other.contextual)


def test_it_opens_with_the_static_encoder_alone(data: Path, pair: Pair) -> None:
    backfill.fill(data, pair.contextual)
    with Corpus.open(data, pair.static) as corpus:
        assert corpus.contextual is None
        assert corpus.filled() == (7, 7), "nothing is pending where no such vectors are wanted"
        assert held(corpus) == {}


def test_vectors_that_are_none_are_refused(data: Path) -> None:
    class Broken(BigramEncoder):
        def encode(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
            return np.full((len(texts), self.dimension), np.nan, np.float32)

    with pytest.raises(EncoderError, match="不合规格"):
        backfill.fill(data, Broken(48, seed=7))
