"""Thresholds: never below a target that can be reached, and never between equal scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.build.layouts import positive_subset
from pipeline.errors import ParameterError
from pipeline.learning.thresholds import threshold_for_precision

scored_answers = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0]) | st.floats(0, 1, width=32), st.booleans()),
    min_size=1,
    max_size=40,
)


def outcome(scores: np.ndarray, truth: np.ndarray, threshold: float) -> tuple[float, float]:
    released = scores >= threshold
    return truth[released].mean(), truth[released].sum() / truth.sum()


@settings(deadline=None, max_examples=300)
@given(scored_answers, st.floats(0.05, 1.0))
def test_the_cut_finds_the_most_that_the_target_allows_and_lets_the_fewest_others_pass(rows, target):
    scores = np.array([score for score, _ in rows], np.float32)
    truth = np.array([yes for _, yes in rows])
    estimate = threshold_for_precision(scores, truth, precision=target)
    assert estimate.n_yes == truth.sum()
    if not truth.any():
        assert not np.any(scores >= estimate.threshold)
        assert (estimate.precision, estimate.recall) == (0.0, 0.0)
        return
    precision, recall = outcome(scores, truth, estimate.threshold)
    assert estimate.precision == pytest.approx(precision)
    assert estimate.recall == pytest.approx(recall)
    every_cut = {float(cut): outcome(scores, truth, cut) for cut in np.unique(scores)}
    reaching = {cut: found for cut, (reached, found) in every_cut.items() if reached >= target}
    if reaching:
        assert precision >= target
        most = max(reaching.values())
        highest = max(cut for cut, found in reaching.items() if found == most)
        assert np.array_equal(scores >= estimate.threshold, scores >= highest)
        assert estimate.reason.startswith("Finds the most")
    else:
        f1 = {cut: 2 * p * r / (p + r) if p + r else 0.0 for cut, (p, r) in every_cut.items()}
        assert 2 * precision * recall / (precision + recall) == pytest.approx(max(f1.values()))
        assert "best F1" in estimate.reason


def test_the_cut_lies_between_two_scores():
    scores = np.array([0.9, 0.8, 0.4, 0.2], np.float32)
    estimate = threshold_for_precision(scores, np.array([1, 1, 0, 0], np.int8), precision=0.9)
    assert 0.4 < estimate.threshold < 0.8
    assert (estimate.precision, estimate.recall, estimate.n_yes) == (1.0, 1.0, 2)


def test_scores_that_touch_are_still_parted_rightly():
    low = np.float32(0.5)
    high = np.nextafter(low, np.float32(1))
    estimate = threshold_for_precision(np.array([low, high]), np.array([0, 1]), precision=1.0)
    assert estimate.threshold == high


def test_one_tie_of_yes_and_no_is_never_split():
    estimate = threshold_for_precision(np.full(10, 0.7), np.arange(10) < 5, precision=0.9)
    assert estimate.precision == 0.5
    assert estimate.recall == 1.0


def test_nothing_known_gives_a_cut_that_lets_nothing_pass():
    estimate = threshold_for_precision(np.zeros(0, np.float32), np.zeros(0, np.int8))
    assert estimate.threshold > 1
    assert np.isfinite(estimate.threshold)


@pytest.mark.parametrize("precision", [0.0, -1, 1.01, float("nan")])
def test_an_impossible_target_is_refused(precision):
    with pytest.raises(ParameterError, match="above 0"):
        threshold_for_precision(np.ones(2), np.ones(2), precision=precision)


def test_unlike_or_unfinite_lists_are_refused():
    with pytest.raises(ParameterError, match="one list of the same rows"):
        threshold_for_precision(np.ones(3), np.ones(2))
    with pytest.raises(ParameterError, match="finite"):
        threshold_for_precision(np.array([np.nan, 1]), np.ones(2))


@settings(deadline=None, max_examples=150)
@given(st.data(), st.integers(0, 12), st.integers(0, 3), st.integers(1, 6))
def test_the_subset_is_the_union_of_the_best_of_each_attribute(data, rows, attributes, per_attribute):
    cell = st.tuples(st.sampled_from([0.1, 0.4, 0.6, 0.9]), st.sampled_from([-1, 0, 1]))
    cells = data.draw(st.lists(cell, min_size=rows * attributes, max_size=rows * attributes))
    scores = np.array([score for score, _ in cells], np.float32).reshape(rows, attributes)
    known = np.array([answer for _, answer in cells], np.int8).reshape(rows, attributes)
    mask = positive_subset(scores, known, np.full(attributes, 0.5), per_attribute=per_attribute)
    expected = set()
    for column in range(attributes):
        yes = [row for row in range(rows) if known[row, column] == 1]
        above = [row for row in range(rows) if known[row, column] == -1 and scores[row, column] >= 0.5]
        ranked = [*sorted(yes, key=lambda r: (-scores[r, column], r)), *sorted(above, key=lambda r: -scores[r, column])]
        expected |= set(ranked[:per_attribute])
    assert mask.shape == (rows,)
    assert set(np.flatnonzero(mask)) == expected


def test_one_attribute_brings_in_a_thousand_at_most():
    scores = np.linspace(0.5, 1, 1500, dtype=np.float32)[:, None]
    known = np.full((1500, 1), -1, np.int8)
    known[:20] = 1
    mask = positive_subset(scores, known, np.array([0.5]))
    assert mask.sum() == 1000
    assert mask[:20].all()  # known yes, though they score lowest
    assert mask[-980:].all()


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ParameterError, match="per_attribute=1000 are not allowed"):
        positive_subset(np.ones((4, 2)), np.ones((4, 1), np.int8), np.ones(2))
    with pytest.raises(ParameterError, match="per_attribute=0"):
        positive_subset(np.ones((4, 2)), np.ones((4, 2), np.int8), np.ones(2), per_attribute=0)
