"""Margins into probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from pipeline.errors import ParameterError
from pipeline.learning.calibration import calibrate
from pipeline.learning.linear_model import LinearModel


def mapped(margins, slope, offset):
    """Probabilities by a map, as a classifier gives them."""
    return LinearModel(np.empty(0, np.float32), 0.0, slope, offset).probability(margins)


def test_the_map_behind_many_answers_is_found() -> None:
    rng = np.random.default_rng(0)
    margins = rng.normal(0, 2, 20_000)
    slope, offset = calibrate(margins, rng.random(20_000) < expit(1.5 * margins - 1))
    assert slope == pytest.approx(1.5, abs=0.1)
    assert offset == pytest.approx(-1, abs=0.1)


def test_a_margin_that_is_wrong_about_everything_is_held_flat() -> None:
    slope, offset = calibrate(np.array([-2.0, -1, 1, 2]), np.array([1, 1, 0, 0]))
    assert slope == 0
    assert expit(offset) == pytest.approx(0.5)


@given(st.integers(1, 30), st.booleans())
def test_one_side_alone_is_smoothed_not_certain(count: int, yes: bool) -> None:
    probability = mapped(np.zeros(1), *calibrate(np.linspace(-1, 1, count), np.full(count, yes)))[0]
    expected = (count + 1) / (count + 2) if yes else 1 / (count + 2)
    assert probability == pytest.approx(expected, abs=1e-3)


def test_without_answers_nothing_is_known() -> None:
    assert calibrate(np.empty(0), np.empty(0)) == (0.0, 0.0)


def test_equal_weights_change_nothing_whatever_they_are() -> None:
    rng = np.random.default_rng(1)
    margins, truth = rng.normal(size=50), rng.random(50) < 0.4
    plain = calibrate(margins, truth)
    assert calibrate(margins, truth, np.full(50, 170.0)) == pytest.approx(plain, abs=1e-4)


def test_weights_undo_a_sample_that_looked_at_the_top() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(200_000) < 0.02
    margins = rng.normal(size=200_000) + 3 * truth
    chances = np.where(margins > 2, 0.2, 0.005)
    drawn = rng.random(200_000) < chances
    probability = mapped(margins, *calibrate(margins[drawn], truth[drawn], 1 / chances[drawn]))
    assert probability.mean() == pytest.approx(0.02, abs=0.004)
    top = margins > 3
    assert probability[top].mean() == pytest.approx(truth[top].mean(), abs=0.05)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_margin_that_is_no_number_is_said(bad: float) -> None:
    with pytest.raises(ParameterError, match="Score the images again"):
        calibrate(np.array([0.0, bad]), np.array([0, 1]))


def test_a_weight_of_nothing_is_said() -> None:
    with pytest.raises(ParameterError, match="inclusion probability"):
        calibrate(np.zeros(2), np.array([0, 1]), np.array([1.0, 0.0]))


def test_lists_of_different_images_are_said() -> None:
    with pytest.raises(ParameterError, match="same images"):
        calibrate(np.zeros(3), np.array([0, 1]))
