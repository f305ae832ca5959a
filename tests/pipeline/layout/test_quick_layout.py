"""The quick layout puts every image beside its nearest sampled one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.errors import ParameterError
from pipeline.layout.quality import trustworthiness
from pipeline.layout.quick_layout import quick_layout


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float16]:
    """Ten groups."""
    rng = np.random.default_rng(4)
    found = rng.standard_normal((10, 12))[rng.integers(0, 10, 900)] + 0.25 * rng.standard_normal((900, 12))
    unit: NDArray[np.float16] = (found / np.linalg.norm(found, axis=1)[:, None]).astype(np.float16)
    return unit


def test_it_keeps_neighbours_and_depends_only_on_the_seed(vectors: NDArray[np.float16]) -> None:
    positions, rows = quick_layout(vectors, seed=1, sampled=300)
    assert positions.shape == (900, 2)
    assert np.isfinite(positions).all()
    assert len(rows) == 300
    assert trustworthiness(vectors.astype(np.float32), positions) > 0.9
    np.testing.assert_array_equal(positions, quick_layout(vectors, seed=1, sampled=300)[0])


def test_an_image_lies_nearer_to_its_nearest_sampled_one_than_to_most(vectors: NDArray[np.float16]) -> None:
    positions, rows = quick_layout(vectors, seed=1, sampled=300)
    others = np.setdiff1d(np.arange(len(vectors)), rows)
    near = rows[np.argmax(vectors[others].astype(np.float32) @ vectors[rows].astype(np.float32).T, axis=1)]
    away = np.linalg.norm(positions[others] - positions[near], axis=1)
    assert np.median(away) < 0.05 * np.ptp(positions, axis=0).max()


def test_few_images_are_all_laid_out(vectors: NDArray[np.float16]) -> None:
    positions, rows = quick_layout(vectors[:40], seed=1)
    assert rows.tolist() == list(range(40))
    assert np.isfinite(positions).all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_one_image_has_a_place(vectors: NDArray[np.float16], count: int) -> None:
    assert np.isfinite(quick_layout(vectors[:count], seed=0)[0]).all()


def test_what_is_no_table_of_vectors_is_refused() -> None:
    with pytest.raises(ParameterError):
        quick_layout(np.zeros(3, np.float32), seed=0)
