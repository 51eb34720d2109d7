"""Nearest by cosine: what numpy would give, under any filter, through any additions and removals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.dense import Dense
from index.types import StoreError
from index.vectors import unit_rows

DIMENSION = 16


def some(count: int, seed: int = 0, reports: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Rows of passages spread over reports 1 to `reports`, and their unit vectors in half precision."""
    drawn = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    rows = np.array([(n % reports + 1) << 20 | n // reports for n in range(count)], dtype=np.int64)
    return rows, unit_rows(drawn.astype(np.float32)).astype(np.float16)


def brute(rows: np.ndarray, vectors: np.ndarray, query: np.ndarray, allowed: frozenset[int] | None) -> dict[int, float]:
    """Every allowed row with its inner product, by numpy."""
    scores = vectors.astype(np.float32) @ query
    return {
        int(row): float(score)
        for row, score in zip(rows, scores, strict=True)
        if allowed is None or int(row) >> 20 in allowed
    }


def question(seed: int) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(1, DIMENSION)).astype(np.float32))[0]


allowed_sets = st.none() | st.frozensets(st.integers(0, 9))


@given(st.integers(0, 60), st.integers(0, 1000), st.integers(0, 80), allowed_sets)
def test_scores_are_those_of_numpy_and_no_better_row_is_missed(
    count: int, seed: int, k: int, allowed: frozenset[int] | None
) -> None:
    rows, vectors = some(count, seed)
    expected = brute(rows, vectors, question(seed + 1), allowed)
    found = Dense.build(rows, vectors).search(question(seed + 1), k, allowed)
    assert len(found) == min(k, len(expected))
    for row, score in found:
        assert score == pytest.approx(expected[row], abs=1e-5)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    best = sorted(expected.values(), reverse=True)[: len(found)]
    assert [score for _, score in found] == pytest.approx(best, abs=1e-5)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 1000))
def test_add_then_remove_restores(count: int, more: int, seed: int) -> None:
    rows, vectors = some(count, seed)
    extra, others = some(more, seed + 1)
    dense = Dense.build(rows, vectors)
    before = dense.search(question(seed), count)
    dense.add(extra + (20 << 20), others)
    assert len(dense) == count + more
    dense.remove(extra + (20 << 20))
    assert dense.search(question(seed), count + more) == before
    assert dict(dense.vectors()).keys() == set(rows.tolist())


@given(st.integers(1, 60), st.sets(st.integers(1, 9)), st.integers(0, 1000))
def test_a_removed_report_is_never_found(count: int, gone: set[int], seed: int) -> None:
    rows, vectors = some(count, seed)
    dense = Dense.build(rows, vectors)
    dense.remove_reports(gone)
    assert {row >> 20 for row, _ in dense.search(question(seed), count)} == {int(row) >> 20 for row in rows} - gone


@pytest.fixture(scope="module")
def lists() -> tuple[Dense, np.ndarray, np.ndarray]:
    rows, vectors = some(2000)
    return Dense.build(rows, vectors, exact_up_to=1000, lists=16, probes=4), rows, vectors


def test_the_kind_follows_the_number(lists: tuple[Dense, np.ndarray, np.ndarray]) -> None:
    dense, rows, vectors = lists
    assert dense.kind == "ivf16-sq8"
    assert Dense.build(rows, vectors).kind == "flat-fp16"
    assert dense.suits(1000)
    assert not dense.suits(4000)  # as few as that are scanned
    assert not Dense.build(rows, vectors).suits(1000)


@settings(deadline=None)
@given(st.integers(0, 1000), allowed_sets)
def test_lists_give_scores_near_numpy_and_nothing_filtered_out(
    lists: tuple[Dense, np.ndarray, np.ndarray], seed: int, allowed: frozenset[int] | None
) -> None:
    dense, rows, vectors = lists
    expected = brute(rows, vectors, question(seed), allowed)
    for row, score in dense.search(question(seed), 10, allowed):
        assert score == pytest.approx(expected[row], abs=0.15)  # a byte a number, over what k-means saw


def test_lists_find_every_passage_of_a_narrow_filter(lists: tuple[Dense, np.ndarray, np.ndarray]) -> None:
    dense, rows, _ = lists
    wanted = set(rows[rows >> 20 == 3].tolist())
    assert {row for row, _ in dense.search(question(5), 1000, frozenset({3}))} == wanted


def test_lists_add_and_remove(lists: tuple[Dense, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    dense, rows, _ = lists
    copy = dense.copy()
    extra, others = some(50, seed=9)
    copy.add(extra + (30 << 20), others)
    copy.remove_reports({1, 2})
    copy.save(tmp_path / "dense.faiss", 4)
    held = set(Dense.load(tmp_path / "dense.faiss").rows.tolist())
    assert held == {row for row in rows.tolist() if row >> 20 > 2} | set((extra + (30 << 20)).tolist())
    assert len(dense) == len(rows), "the one copied is as it was"


@pytest.mark.parametrize("exact_up_to", [1000, 10])
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, exact_up_to: int) -> None:
    rows, vectors = some(800)
    dense = Dense.build(rows, vectors, exact_up_to=exact_up_to, lists=8, probes=8)
    dense.save(tmp_path / "dense.faiss", generation=12)
    loaded = Dense.load(tmp_path / "dense.faiss")
    assert (loaded.generation, Dense.saved_generation(tmp_path / "dense.faiss"), loaded.kind) == (12, 12, dense.kind)
    assert loaded.search(question(1), 20) == dense.search(question(1), 20)
    assert [path.name for path in tmp_path.iterdir()] == ["dense.faiss"]


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "foreign", "missing"])
def test_a_damaged_file_is_refused_before_faiss_sees_it(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "dense.faiss"
    rows, vectors = some(20)
    Dense.build(rows, vectors).save(path, 1)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    harmed = {"cut": path.read_bytes()[:-30], "changed": bytes(content), "empty": b"", "foreign": b"x" * 500}
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(harmed[harm])
    with pytest.raises(StoreError):
        Dense.load(path)


def test_nothing_in_it_and_nothing_asked_for() -> None:
    empty = Dense.build(*some(0))
    assert empty.search(question(0), 5) == []
    full = Dense.build(*some(10))
    assert full.search(question(0), 0) == []
    assert full.search(question(0), 5, frozenset()) == []


def test_a_row_stands_in_it_once() -> None:
    rows, vectors = some(10)
    with pytest.raises(ValueError, match="once"):
        Dense.build(rows, vectors).add(rows[:1], vectors[:1])


def test_a_vector_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        Dense.build(*some(10)).search(np.ones(4, dtype=np.float32), 3)
