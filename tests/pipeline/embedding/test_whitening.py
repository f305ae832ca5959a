"""Whitening: directions become nearer equally strong, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assets.make_weights.whitening import fit_whitening
from pipeline.embedding.whitening import Whitening, take_whitening
from pipeline.errors import ParameterError, WeightsError

WIDTH = 6


def features(seed: int = 0, rows: int = 400) -> np.ndarray:
    """Rows whose directions are very unequally strong, about a mean that is not zero."""
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]
    return ((rng.normal(size=(rows, WIDTH)) * 2.0 ** -np.arange(WIDTH)) @ turned + 5).astype(np.float32)


def applied(whitening: Whitening, rows: np.ndarray) -> np.ndarray:
    return rows @ whitening.weight.T + whitening.bias


@given(seed=st.integers(0, 99), power=st.floats(0, 1))
def test_variances_shrink_to_their_share_and_nothing_is_correlated(seed: int, power: float) -> None:
    rows = features(seed)
    variances = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    whitened = applied(fit_whitening(rows, power=power, floor=0.0), rows)
    np.testing.assert_allclose(np.cov(whitened.T), np.diag(variances ** (1 - power)), atol=1e-3 * variances[0])
    np.testing.assert_allclose(whitened.mean(axis=0), 0, atol=1e-3)


def test_without_power_only_the_mean_goes() -> None:
    rows = features()
    whitened, centred = applied(fit_whitening(rows, power=0.0), rows), rows - rows.mean(axis=0)
    np.testing.assert_allclose(whitened @ whitened.T, centred @ centred.T, rtol=1e-3, atol=1e-3)


def test_what_hardly_varies_is_not_blown_up() -> None:
    rows = features() @ np.diag([1, 1, 1, 1, 1, 0.0]).astype(np.float32)
    whitened = applied(fit_whitening(rows, power=1.0, floor=1e-2), rows)
    assert np.isfinite(whitened).all()
    assert whitened.std(axis=0).argmin() == WIDTH - 1


@pytest.mark.parametrize(("rows", "power"), [(WIDTH, 0.5), (100, -0.1), (100, 1.1), (100, float("nan"))])
def test_too_few_rows_and_powers_out_of_range_are_refused(rows: int, power: float) -> None:
    with pytest.raises(ParameterError, match="more rows than features, and a power from 0 to 1"):
        fit_whitening(features(rows=rows), power=power)


def test_a_whitening_is_taken_out_of_a_state_and_most_have_none() -> None:
    other = {"conv1.weight": torch.zeros(1)}
    whitening = fit_whitening(features(), power=0.5)
    held = {name: torch.from_numpy(array).half() for name, array in whitening.state().items()}
    found, rest = take_whitening(other | held, WIDTH, origin="w.pth")
    assert found is not None
    assert rest == other
    np.testing.assert_allclose(found.weight, whitening.weight, rtol=1e-2, atol=1e-3)
    assert take_whitening(other, WIDTH, origin="w.pth") == (None, other)


@pytest.mark.parametrize(
    "state",
    [
        {"whitening.weight": torch.eye(WIDTH)},
        {"whitening.weight": torch.eye(WIDTH + 1), "whitening.bias": torch.zeros(WIDTH + 1)},
        {"whitening.weight": torch.eye(WIDTH), "whitening.bias": torch.full((WIDTH,), float("inf"))},
    ],
)
def test_a_whitening_that_does_not_fit_is_refused(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(WeightsError, match=rf"whitening of w.pth does not fit a network of {WIDTH} dimensions"):
        take_whitening(state, WIDTH, origin="w.pth")
