"""Choosing a threshold by its figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.learning.score_histogram import BINS, edge_below, score_histogram
from pipeline.learning.threshold_choice import figures_at, three_way, threshold_for_targets
from pipeline.statistics.validation_estimates import ValidationEstimates

probability = st.floats(0, 1, width=32)


@settings(max_examples=100, deadline=None)
@given(st.lists(probability, max_size=80), probability)
def test_what_passes_at_an_edge_is_counted_exactly(values: list[float], threshold: float) -> None:
    scores = np.array(values, np.float32)
    histogram = score_histogram(scores)
    edge = histogram.snap(threshold)
    assert abs(edge - threshold) <= 0.5 / BINS + 1e-6
    assert histogram.passing(float(edge)) == (scores >= edge).sum()
    assert histogram.images == len(scores)


def test_every_edge_itself_is_counted_above_it() -> None:
    edges = (np.arange(BINS) / BINS).astype(np.float32)
    histogram = score_histogram(edges)
    assert [histogram.passing(float(edge)) for edge in edges] == list(range(BINS, 0, -1))


@given(st.lists(probability, max_size=50), st.lists(st.floats(-0.5, 1.5), min_size=2, max_size=2).map(sorted))
def test_a_higher_threshold_never_lets_more_pass(values: list[float], cuts: list[float]) -> None:
    histogram = score_histogram(np.array(values, np.float32))
    low, high = cuts
    assert len(values) >= histogram.passing(low) >= histogram.passing(high) >= 0


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1])
def test_a_score_that_is_no_probability_is_said(bad: float) -> None:
    with pytest.raises(ParameterError, match="Score all images again"):
        score_histogram(np.array([0.5, bad]))


def validated(count: int = 200, seed: int = 0) -> ValidationEstimates:
    rng = np.random.default_rng(seed)
    scores = rng.random(count)
    return ValidationEstimates(scores, rng.random(count) < scores**0.7)


def test_all_figures_of_a_slider_are_of_one_threshold() -> None:
    estimates = validated()
    histogram = score_histogram(np.linspace(0, 1, 5000))
    figures = figures_at(histogram, estimates, 0.70001)
    assert figures.threshold == pytest.approx(0.7)
    assert figures.passing == pytest.approx(1500, abs=1)
    assert figures.images == 5000
    assert figures.precision == estimates.at(figures.threshold).precision


def test_targets_give_the_lowest_threshold_that_reaches_them_and_say_that_it_is_not_guaranteed() -> None:
    estimates = validated()
    choice = threshold_for_targets(estimates, precision=0.8)
    assert choice.threshold is not None
    assert choice.precision is not None
    assert choice.precision.value >= 0.8
    lower = estimates.scores[estimates.truth & (estimates.scores < choice.threshold)]
    assert all(estimates.at(float(score)).precision.value < 0.8 for score in lower)
    assert not choice.certified
    assert "not guaranteed" in choice.words


@pytest.mark.parametrize(
    ("truth", "why"),
    [([0] * 20, "no answer is a yes"), ([], "no validation answers"), ([0] * 19 + [1], "no threshold reaches")],
)
def test_targets_that_nothing_reaches_give_no_threshold(truth: list[int], why: str) -> None:
    choice = threshold_for_targets(ValidationEstimates(np.linspace(0, 1, len(truth)), np.array(truth)))
    assert choice.threshold is None
    assert why in choice.words


def test_three_way_output_has_both_edges_on_their_upper_side() -> None:
    assert three_way(np.array([0.1, 0.2, 0.5, 0.8, 0.9]), 0.8, 0.2).tolist() == [0, -1, -1, 1, 1]
    assert three_way(np.array([0.1, 0.5, 0.9]), 0.5, 0.5).tolist() == [0, 1, 1]


@pytest.mark.parametrize(("upper", "lower"), [(0.2, 0.8), (np.nan, 0.1), (0.5, np.nan)])
def test_thresholds_that_cross_are_an_error(upper: float, lower: float) -> None:
    with pytest.raises(ParameterError, match="Swap them"):
        three_way(np.zeros(3), upper, lower)


def test_an_image_without_a_score_is_on_no_side() -> None:
    with pytest.raises(ParameterError, match="NaN"):
        three_way(np.array([np.nan]), 0.5, 0.5)


@given(threshold=st.floats(0, 1, width=32))
def test_all_images_that_pass_a_threshold_pass_the_edge_below_it_and_figures_are_of_the_same_images(
    threshold: float,
) -> None:
    edge = edge_below(threshold)
    assert threshold - 1 / BINS <= edge <= np.float32(threshold) + 1e-7
    scores = np.linspace(0, 1, 997, dtype=np.float32)
    histogram = score_histogram(scores)
    assert histogram.snap(edge) == np.float32(edge)
    assert histogram.passing(edge) == int((scores >= np.float32(edge)).sum())


def test_the_figures_of_a_found_threshold_are_those_of_its_edge() -> None:
    above, between = 0.3557, 0.3552  # both lie above the edge 0.355
    scores = np.concatenate([np.linspace(0.6, 0.9, 40), [above], [between] * 20]).astype(np.float32)
    truth = np.concatenate([np.ones(41, bool), np.zeros(20, bool)])
    estimates = ValidationEstimates(scores, truth)
    choice = threshold_for_targets(estimates, precision=0.9)
    assert choice.threshold is not None
    assert choice.threshold > between
    assert choice.threshold == edge_below(choice.threshold + 1e-6), "an edge"
    assert choice.precision == estimates.at(choice.threshold).precision
