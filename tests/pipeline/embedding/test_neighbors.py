"""One neighbour graph: exact, without self, ties by row number, alike at every scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.embedding.neighbors import knn_graph
from pipeline.errors import ParameterError


def brute_force(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    rows = vectors.astype(np.float64)
    squared = np.square(rows[:, None] - rows[None]).sum(axis=2)
    np.fill_diagonal(squared, np.inf)
    order = np.argsort(squared, axis=1, kind="stable")[:, :k]
    return order, np.sqrt(np.take_along_axis(squared, order, axis=1))


@pytest.mark.parametrize("width", [1, 2, 3, 20, 100])
def test_neighbours_are_those_of_all_pairs(width):
    vectors = np.random.default_rng(0).normal(size=(300, width)).astype(np.float32)
    indices, distances = brute_force(vectors, 12)
    graph = knn_graph(vectors, 12, seed=0)
    assert (graph.indices.dtype, graph.distances.dtype) == (np.int32, np.float32)
    np.testing.assert_array_equal(graph.indices, indices)
    np.testing.assert_allclose(graph.distances, distances, rtol=1e-5)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 12), st.sampled_from([2, 5, 70]), st.integers(1, 20), st.integers(0, 2))
def test_few_rows_with_many_ties_are_ordered_by_row_number(rows, width, k, values):
    vectors = np.random.default_rng(rows).integers(0, values + 1, size=(rows, width)).astype(np.float32)
    graph = knn_graph(vectors, k, seed=0)
    kept = max(0, min(k, rows - 1))
    assert graph.k == kept
    if kept:
        indices, distances = brute_force(vectors, kept)
        np.testing.assert_array_equal(graph.indices, indices)
        np.testing.assert_allclose(graph.distances, distances, rtol=1e-6)


@pytest.mark.parametrize("width", [5, 100])
def test_among_identical_vectors_the_first_rows_are_the_neighbours(width):
    graph = knn_graph(np.full((400, width), 0.1, np.float32), 4, seed=0)
    np.testing.assert_array_equal(graph.indices[10:], np.tile(np.arange(4), (390, 1)))
    np.testing.assert_array_equal(graph.indices[0], [1, 2, 3, 4])
    assert not graph.distances.any()


def test_cosine_order_on_unit_vectors():
    vectors = np.random.default_rng(1).normal(size=(200, 90))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    graph = knn_graph(vectors.astype(np.float32), 10, seed=0)
    np.testing.assert_array_equal(graph.indices, np.argsort(-cosines, axis=1)[:, :10])


def test_a_common_shift_costs_no_precision():
    vectors = np.random.default_rng(2).normal(size=(200, 80)).astype(np.float32)
    shifted = vectors + np.float32(100)
    np.testing.assert_array_equal(knn_graph(shifted, 5, seed=0).indices, brute_force(shifted, 5)[0])


def test_blocks_do_not_show_and_are_reported(monkeypatch):
    vectors = np.random.default_rng(3).normal(size=(150, 80)).astype(np.float32)
    whole = knn_graph(vectors, 7, seed=0)
    monkeypatch.setattr("pipeline.embedding.neighbors.BLOCK_CELLS", 150 * 40)
    told = []
    parts = knn_graph(vectors, 7, seed=0, progress=told.append)
    np.testing.assert_array_equal(whole.indices, parts.indices)
    assert [step.done for step in told] == [40, 80, 120, 150]


def test_raising_from_progress_cancels():
    def cancel(_step):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        knn_graph(np.ones((9, 80), np.float32), 2, seed=0, progress=cancel)


@pytest.mark.slow
def test_the_approximate_search_finds_nearly_all_and_repeats():
    rng = np.random.default_rng(4)
    vectors = (rng.normal(size=(3000, 5)) @ rng.normal(size=(5, 40))).astype(np.float32)
    exact = knn_graph(vectors, 15, seed=0)
    graph = knn_graph(vectors, 15, seed=0, exact_rows=1000)
    found = np.mean([len(set(a) & set(b)) / 15 for a, b in zip(exact.indices, graph.indices, strict=True)])
    assert found > 0.95
    assert np.all(graph.indices != np.arange(3000)[:, None])
    assert np.all(np.diff(graph.distances, axis=1) >= 0)
    np.testing.assert_array_equal(graph.indices, knn_graph(vectors, 15, seed=0, exact_rows=1000).indices)


def test_wrong_input_is_refused():
    with pytest.raises(ParameterError, match="two dimensions"):
        knn_graph(np.ones(4, np.float32), 2, seed=0)
    with pytest.raises(ParameterError, match="k=0"):
        knn_graph(np.ones((4, 2), np.float32), 0, seed=0)
    with pytest.raises(ParameterError, match="not finite"):
        knn_graph(np.array([[np.nan, 0], [1, 2]], np.float32), 1, seed=0)
