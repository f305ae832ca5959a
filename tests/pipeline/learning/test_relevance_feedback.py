"""From examples to candidates: the query and the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.learning.relevance_feedback import rank_candidates, rocchio

RNG = np.random.default_rng(3)


def test_the_query_is_the_mean_of_unit_vectors_less_a_share_of_the_others() -> None:
    positives, negatives = RNG.normal(size=(5, 8)).astype(np.float32), RNG.normal(size=(3, 8)).astype(np.float32)
    unit = lambda some: some / np.linalg.norm(some, axis=1, keepdims=True)  # noqa: E731
    expected = unit(positives).mean(0) - 0.3 * unit(negatives).mean(0)
    found = rocchio(positives, negatives, gamma=0.3)
    assert np.allclose(found, expected / np.linalg.norm(expected), atol=1e-6)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-6)


def test_no_example_counts_more_for_being_longer() -> None:
    positives = RNG.normal(size=(4, 6)).astype(np.float32)
    assert np.allclose(
        rocchio(positives), rocchio(positives * np.array([[1], [50], [0.1], [3]], np.float32)), atol=1e-6
    )


def test_negatives_push_the_query_away() -> None:
    positives, negatives = np.eye(4, dtype=np.float32)[:2], np.eye(4, dtype=np.float32)[1:2]
    plain, pushed = rocchio(positives), rocchio(positives, negatives, gamma=0.5)
    assert float(pushed @ negatives[0]) < float(plain @ negatives[0])


def test_what_cancels_out_is_no_direction_and_no_error() -> None:
    assert not rocchio(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), gamma=1.0).any()


@pytest.mark.parametrize(
    ("positives", "gamma"), [(np.empty((0, 4), np.float32), 0.2), (np.ones((1, 4), np.float32), -1)]
)
def test_no_example_and_a_negative_weight_are_refused(positives: np.ndarray, gamma: float) -> None:
    with pytest.raises(ParameterError, match=r"Select|gamma="):
        rocchio(positives, np.ones((1, 4), np.float32), gamma=gamma)


@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, float("nan")]), min_size=1, max_size=400),
    st.integers(0, 60),
    st.integers(1, 9),
    st.integers(0, 2**16),
)
def test_the_best_of_each_group_come_first_and_answered_groups_never(
    values: list[float], count: int, group_size: int, seed: int
) -> None:
    chance, n = np.random.default_rng(seed), len(values)
    similarity, groups = np.array(values, np.float32), np.arange(n) // group_size * group_size
    without, among = chance.random(n) < 0.2, chance.random(n) < 0.8
    expected: list[int] = []
    taken = set(groups[without].tolist())
    for row in sorted(range(n), key=lambda row: (-np.nan_to_num(similarity[row], nan=-9), row)):
        if among[row] and not np.isnan(similarity[row]) and groups[row] not in taken:
            taken.add(int(groups[row]))
            expected.append(row)
    found = rank_candidates(similarity, groups, count, without=without, among=among)
    assert found.tolist() == expected[:count]
    assert found.dtype == np.int32


def test_one_crowd_of_duplicates_does_not_use_up_the_list() -> None:
    similarity = np.linspace(1, 0, 5000, dtype=np.float32)
    groups = np.concatenate([np.zeros(4000, np.int64), np.arange(4000, 5000)])
    assert rank_candidates(similarity, groups, 3).tolist() == [0, 4000, 4001]


@pytest.mark.parametrize("order", ["by chance", "ascending", "where no sample looks", "few allowed", "equal"])
def test_among_many_the_best_are_found_however_they_lie(order: str) -> None:
    chance, n = np.random.default_rng(4), 60_000
    similarity, among = chance.random(n, np.float32), chance.random(n) < 0.9
    if order == "ascending":
        similarity = np.sort(similarity)
    elif order == "where no sample looks":
        similarity[::64] += 1  # the sample sees only the best, and there are too few of them
    elif order == "few allowed":
        among = chance.random(n) < 0.002
    elif order == "equal":
        similarity = np.round(similarity, 1)
    expected = sorted(np.flatnonzero(among).tolist(), key=lambda row: (-similarity[row], row))
    for count in (1, 96, 2_000):
        assert rank_candidates(similarity, np.arange(n), count, among=among).tolist() == expected[:count]


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(ParameterError, match="one of both"):
        rank_candidates(np.zeros(3, np.float32), np.zeros(4, np.int64), 1)
