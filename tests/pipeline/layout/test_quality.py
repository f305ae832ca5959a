"""Measures of a layout: equal to the reference, 1 for a perfect layout, chance for a random one."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.manifold import trustworthiness as reference_trustworthiness

from pipeline.embedding.neighbors import knn_graph
from pipeline.errors import ParameterError
from pipeline.layout.quality import neighbor_recall, point_trust, trustworthiness


@pytest.fixture(scope="module")
def cloud() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(400, 10))


@pytest.mark.parametrize("k", [1, 5, 15, 60])
def test_trustworthiness_is_scikit_learns(cloud, k):
    layout = (cloud[:, :2] + 0.1 * cloud[:, 2:4]).astype(np.float32)
    expected = reference_trustworthiness(cloud, layout, n_neighbors=k)
    assert 0.5 < expected < 0.95
    assert trustworthiness(cloud, layout, k=k) == pytest.approx(expected, abs=1e-6)


def test_blocks_do_not_show(cloud, monkeypatch):
    whole = trustworthiness(cloud, cloud[:, :2])
    monkeypatch.setattr("pipeline.layout.quality.BLOCK_CELLS", 900)
    assert trustworthiness(cloud, cloud[:, :2]) == whole


def test_a_sample_of_points_estimates_the_whole(cloud):
    whole = trustworthiness(cloud, cloud[:, :2])
    sampled = trustworthiness(cloud, cloud[:, :2], max_rows=150, seed=1)
    assert sampled != whole
    assert sampled == pytest.approx(whole, abs=0.02)
    assert sampled == trustworthiness(cloud, cloud[:, :2], max_rows=150, seed=1)


def test_a_faithful_layout_is_trusted_fully_and_a_shuffled_one_is_chance(cloud):
    flat = cloud[:, :2]
    assert trustworthiness(flat, flat) == 1.0
    shuffled = np.random.default_rng(1).permutation(flat)
    assert trustworthiness(flat, shuffled) == pytest.approx(0.5, abs=0.05)


def test_neighbour_recall_counts_shared_neighbours(cloud):
    graph = knn_graph(cloud[:, :2], 30, seed=0)
    assert neighbor_recall(graph, graph, k=10) == 1.0
    shuffled = knn_graph(np.random.default_rng(1).permutation(cloud[:, :2]), 30, seed=0)
    assert neighbor_recall(graph, shuffled, k=10) == pytest.approx(10 / 399, abs=0.02)


def test_point_trust_falls_where_a_point_was_torn_away(cloud):
    flat = cloud[:, :2]
    torn = flat.copy()
    torn[7] += 100
    trust = point_trust(knn_graph(flat, 15, seed=0), knn_graph(torn, 45, seed=0))
    assert trust.dtype == np.float32
    assert trust.shape == (400,)
    assert trust[7] < 0.5
    assert np.delete(trust, 7).min() > 0.9


def test_point_trust_forgives_order_within_three_neighbourhoods():
    line = np.column_stack([np.arange(60.0), np.zeros(60)])
    graph, layout_graph = knn_graph(line, 4, seed=0), knn_graph(line, 12, seed=0)
    reversed_order = type(layout_graph)(layout_graph.indices[:, ::-1], layout_graph.distances)
    assert point_trust(graph, reversed_order, k=4).min() == 1.0
    assert neighbor_recall(graph, reversed_order, k=4) < 0.5


@pytest.mark.parametrize("rows", range(13))
def test_any_small_number_of_points_has_a_measure(rows):
    vectors = np.random.default_rng(rows).normal(size=(rows, 4)).astype(np.float32)
    layout = vectors[:, :2]
    graph, layout_graph = knn_graph(vectors, 15, seed=0), knn_graph(layout, 45, seed=0)
    assert 0 <= trustworthiness(vectors, layout) <= 1
    assert 0 <= neighbor_recall(graph, layout_graph) <= 1
    assert point_trust(graph, layout_graph).shape == (rows,)


def test_identical_vectors_cannot_be_laid_out_wrongly():
    vectors = np.ones((12, 4), np.float32)
    assert trustworthiness(vectors, np.random.default_rng(0).normal(size=(12, 2))) == 1.0


def test_arrays_of_different_images_are_refused(cloud):
    with pytest.raises(ParameterError, match="400 vectors, 399 places"):
        trustworthiness(cloud, cloud[1:, :2])
    graph, other = knn_graph(cloud, 3, seed=0), knn_graph(cloud[1:], 3, seed=0)
    for measure in (neighbor_recall, point_trust):
        with pytest.raises(ParameterError, match="400 and 399 rows"):
            measure(graph, other)
    with pytest.raises(ParameterError, match="k=0"):
        point_trust(graph, graph, k=0)
