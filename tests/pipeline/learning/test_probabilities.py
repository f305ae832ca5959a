"""Margins become probabilities: Platt's map, in the order of the margins, however many there are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from pipeline.learning.linear_model import LinearModel

WEIGHTS = np.zeros(2, np.float32)


@given(
    st.lists(st.floats(-(2.0**99), 2.0**99, width=32), max_size=50),
    st.floats(0, 1e3),
    st.floats(-1e3, 1e3),
)
def test_probabilities_are_the_logistic_function_and_ascend(values: list[float], slope: float, offset: float) -> None:
    margins = np.sort(np.array(values, np.float32))
    found = LinearModel(WEIGHTS, 0.0).calibrated(slope, offset).probability(margins)
    assert found.dtype == np.float32
    assert np.allclose(found, expit(slope * margins.astype(np.float64) + offset), rtol=1e-6, atol=1e-37)
    assert (np.diff(found) >= 0).all()


def test_many_are_mapped_as_a_few_are() -> None:
    margins = np.random.default_rng(0).normal(0, 9, 70_000).astype(np.float32)
    margins[33_000] = np.nan
    found = LinearModel(WEIGHTS, 0.0, 0.7, -2.0).probability(margins)
    assert np.allclose(found, expit(0.7 * margins.astype(np.float64) - 2), rtol=1e-6, atol=0, equal_nan=True)
    assert LinearModel(WEIGHTS, 0.0).probability(margins[:0]).shape == (0,)
