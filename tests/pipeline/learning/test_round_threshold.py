"""A round places its threshold by validation, else by cross-validation, else so that as many images pass as before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.learning.round_threshold import PlacedBy, PreviousThreshold, known_figures, place_threshold
from pipeline.statistics.validation_estimates import ValidationEstimates

NOTHING = ValidationEstimates(np.empty(0), np.empty(0, np.bool_))
SCORES = np.linspace(0, 1, 1001).astype(np.float32)


def known(seed: int, count: int = 200, apart: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Scores of known answers, a fifth of them yes, more or less apart."""
    generator = np.random.default_rng(seed)
    yes = np.arange(count) % 5 == 0
    margins = generator.normal(size=count) + np.where(yes, apart, -apart)
    return (1 / (1 + np.exp(-margins))).astype(np.float32), yes


def passing(scores: np.ndarray, threshold: float) -> int:
    return int((scores >= np.float32(threshold)).sum())


def test_validation_places_it_where_it_can_whatever_else_is_known() -> None:
    scores, yes = known(0)
    estimates = ValidationEstimates(scores, yes)
    placed = place_threshold(estimates, known(1), SCORES, PreviousThreshold(0.9, 10, boundary=False), 0.9)
    assert placed.by is PlacedBy.VALIDATION
    assert estimates.at(placed.threshold).precision.value >= 0.85
    assert "promise" not in placed.words
    assert "not guaranteed" in placed.words


def test_until_then_cross_validation_on_known_answers_places_it_and_its_sentence_warns() -> None:
    scores, yes = known(1)
    placed = place_threshold(NOTHING, (scores, yes), SCORES, PreviousThreshold(0.9, 10, boundary=False), 0.9)
    assert placed.by is PlacedBy.CROSS_VALIDATION
    passes = scores >= np.float32(placed.threshold)
    assert yes[passes].mean() >= 0.9
    assert "200 known answers" in placed.words
    assert "too optimistic" in placed.words


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1000), st.integers(0, 1000), st.booleans())
def test_where_nothing_reaches_the_aim_no_more_images_pass_than_before(seed: int, before: int, answers: bool) -> None:
    scores = np.random.default_rng(seed).beta(0.5, 0.5, 1000).astype(np.float32)
    hopeless = known(seed, apart=0.0) if answers else None
    placed = place_threshold(NOTHING, hopeless, scores, PreviousThreshold(0.7, before, boundary=False), 0.999)
    if placed.by is PlacedBy.CROSS_VALIDATION:  # luck may reach any aim
        return
    assert placed.by is PlacedBy.SHARE
    assert f"about as many images pass as before, {before:,}." in placed.words
    assert passing(scores, placed.threshold) <= max(before, int((scores == 1).sum())), "scores of 1 stay together"
    lower = np.float32(placed.threshold) - np.float32(1 / 1200)
    assert lower < 0 or passing(scores, float(lower)) > before, "and as many as the edges allow"


def test_the_boundary_of_a_model_stays_the_boundary_of_the_next() -> None:
    for before in (None, PreviousThreshold(0.5, 900, boundary=True)):
        placed = place_threshold(NOTHING, None, SCORES, before, 0.9)
        assert (placed.by, placed.threshold) == (PlacedBy.BOUNDARY, 0.5)
        assert "the classifier's own boundary" in placed.words


def test_a_first_threshold_that_misses_the_aim_is_the_best_one_and_says_so() -> None:
    scores, yes = known(3, apart=0.0)
    placed = place_threshold(NOTHING, (scores, yes), SCORES, None, 0.99)
    assert placed.by is PlacedBy.CROSS_VALIDATION
    assert "misses 99%" in placed.words
    assert 0 < placed.threshold < 1


@pytest.mark.parametrize("scale", [1e-6, 1.0])
def test_a_threshold_never_lets_everything_pass_however_small_scores_are(scale: float) -> None:
    scores, yes = known(4, apart=0.0)
    assert place_threshold(NOTHING, (scores * np.float32(scale), yes), SCORES, None, 0.9).threshold > 0


def test_figures_of_known_answers_are_those_at_the_threshold() -> None:
    scores, yes = known(5)
    threshold = place_threshold(NOTHING, (scores, yes), SCORES, None, 0.9).threshold
    figures = known_figures(scores, yes, threshold)
    passes = scores >= np.float32(threshold)
    assert (figures.answers, figures.yes) == (200, 40)
    assert figures.at(threshold) == (
        pytest.approx(yes[passes].mean(), abs=1e-4),
        pytest.approx(passes[yes].mean(), abs=1e-4),
    )
    assert 0.9 < figures.average_precision <= 1
    lowest = figures.lowest(0.9)
    assert lowest is not None
    assert lowest <= threshold
    assert figures.lowest(1.1) is None
