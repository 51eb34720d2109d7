"""Fusion of rankings: what the formulas say, and what holds for any lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.fuse import reciprocal_rank_fusion, summed_scores, weighted_scores

scored = st.dictionaries(st.integers(0, 30), st.floats(0.01, 100, allow_nan=False), max_size=12)
rankings = st.dictionaries(
    st.sampled_from(["dense", "lexical", "title"]),
    scored.map(lambda scores: sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))),
    max_size=3,
)


def test_scores_of_one_meaning_are_added_as_they_stand() -> None:
    fused = summed_scores({"lexical": [(7, 0.5), (3, 0.25)], "dense": [(3, 0.04)]}, {"lexical": 1.0, "dense": 15.0})

    assert [item for item, _ in fused] == [3, 7]
    assert dict(fused) == pytest.approx({3: 0.85, 7: 0.5})


def test_reciprocal_rank_fusion_adds_one_over_k_plus_rank() -> None:
    fused = reciprocal_rank_fusion({"dense": [(7, 0.9), (3, 0.8)], "lexical": [(3, 12.0)]}, k=60)

    assert [item for item, _ in fused] == [3, 7]
    assert dict(fused) == pytest.approx({3: 1 / 62 + 1 / 61, 7: 1 / 61})


def test_a_weight_of_zero_silences_a_list_without_hiding_what_it_found() -> None:
    fused = dict(reciprocal_rank_fusion({"dense": [(7, 0.9)], "lexical": [(3, 12.0)]}, {"dense": 0.0}))

    assert fused == pytest.approx({7: 0.0, 3: 1 / 61})


def test_weighted_scores_divide_each_list_by_its_best() -> None:
    fused = weighted_scores({"dense": [(7, 0.8), (3, 0.4)], "lexical": [(3, 10.0), (9, 5.0)]}, {"dense": 0.5})

    assert [item for item, _ in fused] == [3, 7, 9]
    assert dict(fused) == pytest.approx({3: 1.0 + 0.25, 7: 0.5, 9: 0.5})


def test_a_list_of_worthless_scores_adds_nothing() -> None:
    fused = weighted_scores({"dense": [(1, 0.0), (2, -0.3)], "lexical": [(2, 4.0)]}, {})

    assert fused == [(2, 1.0), (1, 0.0)]


def test_no_lists_fuse_to_nothing() -> None:
    assert reciprocal_rank_fusion({}) == []
    assert weighted_scores({}, {}) == []


@given(rankings)
def test_fusion_keeps_each_item_once_and_sorts(lists: dict[str, list[tuple[int, float]]]) -> None:
    for fused in (reciprocal_rank_fusion(lists), weighted_scores(lists, {"dense": 0.7})):
        items = [item for item, _ in fused]
        assert sorted(items) == sorted({item for ranking in lists.values() for item, _ in ranking})
        assert fused == sorted(fused, key=lambda pair: (-pair[1], pair[0]))


@given(rankings, st.floats(0.01, 1000))
def test_a_list_s_own_scale_does_not_matter(lists: dict[str, list[tuple[int, float]]], scale: float) -> None:
    stretched = {name: [(item, score * scale) for item, score in ranking] for name, ranking in lists.items()}

    assert dict(weighted_scores(stretched, {})) == pytest.approx(dict(weighted_scores(lists, {})))


@given(rankings)
def test_one_list_alone_keeps_its_order(lists: dict[str, list[tuple[int, float]]]) -> None:
    for ranking in lists.values():
        assert [item for item, _ in reciprocal_rank_fusion({"only": ranking})] == [item for item, _ in ranking]
