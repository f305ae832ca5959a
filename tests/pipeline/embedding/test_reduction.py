"""The embedding as stored: centred, reduced, L2-normalised, in that order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.embedding.reduction import apply_reduction, fit_reduction, leading_directions, principal_components
from pipeline.errors import ParameterError


def low_rank_rows(rows: int, width: int, rank: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    strengths = np.linspace(3, 1, rank)
    mixed = (rng.normal(size=(rows, rank)) * strengths) @ rng.normal(size=(rank, width))
    return (mixed + 0.01 * rng.normal(size=(rows, width)) + 5).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(
    hnp.arrays(
        np.float16,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
        elements=st.floats(-60000, 60000, width=16),
    ),
    st.sampled_from([1, 1000]),
)
def test_rows_have_norm_one_or_are_zero_and_are_always_finite(vectors, max_native_rows):
    reduction = fit_reduction(vectors, max_native_rows=max_native_rows, width=3, seed=0)
    reduced = apply_reduction(reduction, vectors)
    norms = np.linalg.norm(reduced.astype(np.float64), axis=1)
    assert reduced.dtype == np.float16
    assert reduced.shape == (len(vectors), reduction.width)
    assert np.all((np.abs(norms - 1) < 2e-3) | (norms == 0))


def test_a_native_embedding_is_the_centred_rows_made_unit_length():
    vectors = low_rank_rows(200, 40, 20)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    expected = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    reduction = fit_reduction(vectors, seed=0)
    assert reduction.components is None
    np.testing.assert_allclose(apply_reduction(reduction, vectors), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("rows", "native", "width"),
    [(5000, 600, 600), (5001, 600, 512), (5001, 512, 512), (5001, 100, 100)],
)
def test_width_is_native_up_to_5000_rows_and_512_above(rows, native, width):
    vectors = np.random.default_rng(0).normal(size=(rows, native)).astype(np.float16)
    reduction = fit_reduction(vectors, seed=0)
    assert reduction.width == width
    assert apply_reduction(reduction, vectors[:7]).shape == (7, width)


def test_reduced_components_span_what_the_svd_spans():
    vectors = low_rank_rows(400, 60, 8)
    reduction = fit_reduction(vectors, max_native_rows=100, width=8, seed=0)
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:8]
    overlap = np.abs(np.sum(reduction.components * directions, axis=1))
    np.testing.assert_allclose(overlap, 1, atol=1e-4)
    largest = np.abs(reduction.components).argmax(axis=1)
    assert np.all(reduction.components[np.arange(8), largest] > 0)


def test_reduction_keeps_the_order_of_cosines():
    vectors = low_rank_rows(300, 60, 8)
    native = apply_reduction(fit_reduction(vectors, seed=0), vectors).astype(np.float64)
    narrow = apply_reduction(fit_reduction(vectors, max_native_rows=100, width=10, seed=0), vectors).astype(np.float64)
    np.testing.assert_allclose(narrow @ narrow.T, native @ native.T, atol=5e-3)


def test_rows_without_features_do_not_move_the_mean_and_stay_zero():
    vectors = low_rank_rows(50, 10, 5)
    with_gaps = np.insert(vectors, [0, 20], 0, axis=0)
    reduction = fit_reduction(with_gaps, seed=0)
    np.testing.assert_array_equal(reduction.mean, fit_reduction(vectors, seed=0).mean)
    reduced = apply_reduction(reduction, with_gaps)
    assert not reduced[[0, 21]].any()
    np.testing.assert_array_equal(np.delete(reduced, [0, 21], axis=0), apply_reduction(reduction, vectors))


def test_identical_vectors_have_no_direction_and_become_zero():
    assert not apply_reduction(fit_reduction(np.full((9, 4), 0.3, np.float32), seed=0), np.full((9, 4), 0.3)).any()


def test_blocks_do_not_show():
    vectors = np.random.default_rng(0).normal(size=(20_000, 6)).astype(np.float16)
    reduction = fit_reduction(vectors, max_native_rows=10, width=4, seed=0)
    whole = apply_reduction(reduction, vectors)
    parts = np.concatenate([apply_reduction(reduction, part) for part in np.array_split(vectors, 7)])
    np.testing.assert_allclose(whole, parts, atol=1e-3)
    np.testing.assert_allclose(reduction.mean, vectors.mean(axis=0, dtype=np.float64), atol=1e-6)


def test_a_seeded_sample_of_rows_decides_the_directions_of_large_collections():
    vectors = low_rank_rows(3000, 20, 3)
    sampled = leading_directions(vectors, 3, mean=vectors.mean(axis=0), seed=1, max_rows=800)
    np.testing.assert_array_equal(
        sampled, leading_directions(vectors, 3, mean=vectors.mean(axis=0), seed=1, max_rows=800)
    )
    exact = leading_directions(vectors, 3, mean=vectors.mean(axis=0), seed=1)
    assert np.any(sampled != exact)
    # The same subspace: principal angles near zero.
    assert np.linalg.svd(sampled @ exact.T, compute_uv=False).min() > 0.999


@pytest.mark.parametrize("rows", range(13))
def test_any_small_number_of_rows_is_reduced(rows):
    vectors = low_rank_rows(rows, 30, 5) if rows else np.zeros((0, 30), np.float32)
    assert apply_reduction(fit_reduction(vectors, seed=0), vectors).shape == (rows, 30)
    components = principal_components(vectors, 50, seed=0)
    assert components.shape == (rows, 30)
    assert np.isfinite(components).all()


def test_principal_components_keep_distances_and_fall_in_variance():
    vectors = low_rank_rows(300, 80, 10)
    components = principal_components(vectors, 20, seed=3)
    np.testing.assert_array_equal(components, principal_components(vectors, 20, seed=3))
    assert np.all(np.diff(components.var(axis=0)) <= 1e-6)
    centred = vectors - vectors.mean(axis=0)
    np.testing.assert_allclose(components[:5] @ components.T, centred[:5] @ centred.T, atol=2.0)


def test_principal_components_of_identical_vectors_are_zero():
    assert not principal_components(np.ones((12, 8), np.float16), 4, seed=0).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_by_row(bad):
    vectors = np.ones((5, 3), np.float32)
    vectors[3, 1] = bad
    with pytest.raises(ParameterError, match="Row 3 "):
        fit_reduction(vectors, seed=0)


def test_wrong_shapes_and_options_are_refused():
    vectors = np.ones((5, 3), np.float32)
    with pytest.raises(ParameterError, match="two-dimensional"):
        fit_reduction(np.ones(5, np.float32), seed=0)
    with pytest.raises(ParameterError, match="width=0"):
        fit_reduction(vectors, width=0, seed=0)
    with pytest.raises(ParameterError, match="fitted on width 3"):
        apply_reduction(fit_reduction(vectors, seed=0), np.ones((5, 4), np.float32))
    with pytest.raises(ParameterError, match="0 components"):
        principal_components(vectors, 0, seed=0)
