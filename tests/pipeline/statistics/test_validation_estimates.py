"""Estimates of a classifier from validation answers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from pipeline.errors import ParameterError
from pipeline.statistics.proportions import clopper_pearson
from pipeline.statistics.validation_estimates import (
    ValidationEstimates,
    average_precision,
    precision_recall_at,
)
from pipeline.statistics.validation_sampling import draw_validation

answers = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.9, 1.0]), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
        st.lists(st.floats(0.5, 200), min_size=n, max_size=n),
    )
)


@settings(max_examples=60, deadline=None)
@given(answers, st.sampled_from([-1.0, 0.0, 0.3, 0.5, 1.0, 2.0]))
def test_figures_at_a_threshold_are_weighted_shares_inside_their_intervals(
    given_answers: tuple[list[float], list[bool], list[float]], cut: float
) -> None:
    scores, truth, weights = map(np.array, given_answers)
    point = precision_recall_at(scores, truth, weights, cut)
    passing = scores >= cut
    if passing.any():
        assert point.precision.value == pytest.approx(weights[passing & truth].sum() / weights[passing].sum())
    if truth.any():
        assert point.recall.value == pytest.approx(weights[passing & truth].sum() / weights[truth].sum())
    for estimate in (point.precision, point.recall):
        assert 0 <= estimate.low <= estimate.high <= 1
        assert np.isnan(estimate.value) or estimate.low <= estimate.value <= estimate.high
    assert (point.precision.n_yes, point.precision.n_no) == ((passing & truth).sum(), (passing & ~truth).sum())


@settings(max_examples=40, deadline=None)
@given(answers)
def test_average_precision_is_that_of_scikit_learn(given_answers: tuple[list[float], list[bool], list[float]]) -> None:
    scores, truth, weights = map(np.array, given_answers)
    estimate = average_precision(scores, truth, weights)
    if truth.any() and not truth.all():
        assert estimate.value == pytest.approx(average_precision_score(truth, scores, sample_weight=weights))
        assert estimate.low <= estimate.value <= estimate.high
    else:
        assert not estimate.enough


@pytest.mark.parametrize(("yes", "count"), [(40, 40), (0, 40), (33, 40), (90, 100)])
def test_with_equal_weights_the_interval_of_precision_is_the_exact_one(yes: int, count: int) -> None:
    point = precision_recall_at(np.ones(count), np.arange(count) < yes, None, 0.5)
    low, high = clopper_pearson(yes, count)
    assert point.precision.low == pytest.approx(low, abs=0.02)
    assert point.precision.high == pytest.approx(high, abs=0.02)


def test_the_curve_falls_in_score_and_rises_in_recall() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(80) < 0.4
    curve = ValidationEstimates(rng.normal(size=80).round(1) + truth, truth, None, confidence=0.95, seed=0).curve()
    assert all(one.threshold > other.threshold for one, other in pairwise(curve))
    assert all(one.recall.value <= other.recall.value for one, other in pairwise(curve))
    assert curve[-1].recall.value == 1
    assert (
        len(ValidationEstimates(rng.random(300), rng.random(300) < 0.4, None, confidence=0.95, seed=0).curve()) == 100
    )


def test_estimates_equal_the_census_in_the_mean_and_intervals_hold_it() -> None:
    """Stratified draws of 200 from 5,000 images whose truth is known."""
    rng = np.random.default_rng(5)
    truth = rng.random(5000) < 0.05
    scores = rng.normal(size=5000) + 2.5 * truth
    cut, every = 2.0, np.ones(5000, bool)
    passing = scores >= cut
    census = np.array([truth[passing].mean(), passing[truth].mean(), average_precision_score(truth, scores)])
    values, held = [], []
    for seed in range(100):
        draw = draw_validation(scores, every, 200, seed=seed)
        estimates = ValidationEstimates(scores[draw.rows], truth[draw.rows], 1 / draw.probabilities, seed=seed)
        point = estimates.at(cut)
        three = [point.precision, point.recall, estimates.average_precision()]
        values.append([estimate.value for estimate in three])
        held.append([estimate.low <= true <= estimate.high for estimate, true in zip(three, census, strict=True)])
    mean, error = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(len(values))
    # A ratio of unbiased sums is itself off by about one over the number of answers.
    assert (np.abs(mean - census) <= 3.5 * error + 0.015).all()
    precision, recall, average = np.mean(held, axis=0)
    assert precision >= 0.93
    assert recall >= 0.93
    assert average >= 0.93


def test_a_side_on_which_nothing_was_missed_is_not_called_certain() -> None:
    """Thirty yes found, none missed, but each answer below the threshold stands for a thousand images."""
    scores, truth = np.repeat([0.9, 0.1], 30), np.repeat([True, False], 30)
    point = precision_recall_at(scores, truth, np.where(truth, 1.0, 1000.0), 0.5)
    assert point.recall.value == 1
    assert point.recall.low < 0.05


def test_too_few_is_said_instead_of_a_figure() -> None:
    scores, truth = np.array([0.9, 0.8, 0.1]), np.array([1, 1, 0])
    point = precision_recall_at(scores, truth, None, 0.5)
    assert not point.precision.enough
    assert "too few to say, only 2 answered images pass this threshold" in point.precision.words
    assert "too few to say, only 2 answers are yes" in point.recall.words


@pytest.mark.parametrize("truth", [[0, 0, 0], [1, 1, 1], []])
def test_one_side_alone_or_none_is_no_error(truth: list[int]) -> None:
    estimates = ValidationEstimates(np.linspace(0, 1, len(truth)), np.array(truth))
    assert not estimates.average_precision().enough
    assert 0 <= estimates.at(0.5).recall.low <= estimates.at(0.5).recall.high <= 1
    assert len(estimates.curve()) == len(truth)


def test_nothing_passing_has_no_precision() -> None:
    point = precision_recall_at(np.zeros(20), np.ones(20), None, 0.5)
    assert np.isnan(point.precision.value)
    assert point.precision.words == "precision: too few to say, none of the answered images passes this threshold"
    assert point.recall.value == 0


def test_the_same_seed_gives_the_same_interval() -> None:
    rng = np.random.default_rng(0)
    scores, truth = rng.random(60), rng.random(60) < 0.5
    assert precision_recall_at(scores, truth, None, 0.5, seed=7) == precision_recall_at(
        scores, truth, None, 0.5, seed=7
    )


@pytest.mark.parametrize(
    ("scores", "weights"), [([0.1, np.nan], [1, 1]), ([0.1, 0.2], [1, 0]), ([0.1, 0.2], [1, np.inf]), ([0.1], [1, 1])]
)
def test_what_cannot_be_weighed_is_said(scores: list[float], weights: list[float]) -> None:
    with pytest.raises(ParameterError, match=r"again|same length|above 0"):
        ValidationEstimates(np.array(scores), np.array([0, 1]), np.array(weights))
