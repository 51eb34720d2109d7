"""Two runs compared question by question: the test is Fisher's, so small cases can be counted by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.compare import compare, paired_randomization
from eval.dataset import Case
from eval.metrics import Scored


def scored(metric: str, *values: float) -> list[Scored]:
    return [Scored(Case(f"q{at}", "青川有多少件？", "number"), {metric: value}) for at, value in enumerate(values)]


def test_wins_ties_and_losses_are_of_b_over_a() -> None:
    (one,) = compare(scored("recall@1", 0, 0, 1, 1), scored("recall@1", 1, 1, 1, 0))
    assert (one.a, one.b, one.n) == (0.5, 0.75, 4)
    assert (one.wins, one.ties, one.losses) == (("q0", "q1"), 1, ("q3",))


def test_where_less_is_better_less_wins() -> None:
    metric = "abstains when it should not"
    (one,) = compare(scored(metric, 1, 0), scored(metric, 0, 0))
    assert (one.wins, one.losses) == (("q0",), ())


def test_runs_of_other_lengths_are_not_compared() -> None:
    with pytest.raises(ValueError):
        compare(scored("recall@1", 0, 1), scored("recall@1", 0))


def test_no_difference_is_no_evidence() -> None:
    assert paired_randomization(np.zeros(50)) == 1


def test_ties_change_nothing() -> None:
    some = np.array([1.0, 1.0, -1.0, 1.0, 1.0, 1.0])
    assert paired_randomization(some) == paired_randomization(np.concatenate([some, np.zeros(40)]))


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.5, 1.0]), min_size=1, max_size=8))
def test_p_is_the_share_of_all_sign_flips_with_as_large_a_mean(differences: list[float]) -> None:
    observed = abs(sum(differences))
    flips = itertools.product([-1, 1], repeat=len(differences))
    sums = [abs(sum(sign * one for sign, one in zip(signs, differences, strict=True))) for signs in flips]
    exact = sum(total >= observed - 1e-9 for total in sums) / len(sums)
    assert paired_randomization(np.array(differences)) == pytest.approx(exact, abs=0.03)
