"""Linear models: many attributes in one product are as each alone, and probabilities keep the order of margins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.learning.linear_model import LinearModel, margins, probabilities


def models(count: int, width: int, seed: int) -> list[LinearModel]:
    generator = np.random.default_rng(seed)
    return [
        LinearModel(generator.standard_normal(width).astype(np.float32), float(generator.normal()), 0.5 + k, 0.1 * k)
        for k in range(count)
    ]


@given(st.integers(0, 4), st.integers(0, 30), st.integers(1, 9), st.integers(0, 99))
def test_a_block_gives_every_model_its_margins_and_probabilities(count: int, rows: int, width: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float16)
    given_models = models(count, width, seed)
    values, chances = margins(given_models, vectors), probabilities(given_models, vectors)
    assert values.shape == chances.shape == (rows, count)
    assert values.dtype == chances.dtype == np.float32
    for column, model in enumerate(given_models):
        expected = vectors.astype(np.float64) @ model.weights + model.intercept
        np.testing.assert_allclose(values[:, column], expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(
            chances[:, column], 1 / (1 + np.exp(-(model.slope * expected + model.offset))), rtol=1e-3, atol=1e-4
        )


def test_more_rows_than_a_block_are_scored_alike() -> None:
    vectors = np.random.default_rng(0).standard_normal((20_000, 3)).astype(np.float16)
    whole = margins(models(2, 3, 1), vectors)
    np.testing.assert_allclose(whole[15_000:], margins(models(2, 3, 1), vectors[15_000:]), rtol=1e-5, atol=1e-6)


def test_a_calibration_keeps_the_order_and_must_not_turn_it_round() -> None:
    model = models(1, 3, 0)[0].calibrated(2, -1)
    assert np.all(np.diff(model.probability(np.linspace(-4, 4, 50))) > 0)
    for slope, offset in ((-0.1, 0.0), (np.nan, 0.0), (1.0, np.inf)):
        with pytest.raises(ParameterError, match="slope 0 or more"):
            model.calibrated(slope, offset)


def test_other_widths_and_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ParameterError, match="width 3"):
        margins(models(1, 3, 0), np.zeros((2, 4), np.float32))
    with pytest.raises(ParameterError, match="not finite"):
        margins(models(1, 3, 0), np.full((2, 3), np.nan, np.float32))
    with pytest.raises(ParameterError, match="Train it again"):
        margins([LinearModel(np.full(3, np.nan, np.float32), 0.0)], np.zeros((2, 3), np.float32))
