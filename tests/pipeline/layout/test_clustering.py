"""Clusters are the dense regions, at levels that nest. An image without a place is in none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.layout.clustering import LEVELS, cluster_layout


def islands(sizes: list[int], seed: int = 0, spread: float = 0.03) -> tuple[np.ndarray, np.ndarray]:
    """Islands on a circle, and the island of each image."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    angles = truth * 2 * np.pi / len(sizes)
    return np.column_stack([np.cos(angles), np.sin(angles)]) + spread * rng.normal(size=(len(truth), 2)), truth


def archipelago(seed: int = 0) -> np.ndarray:
    """Four groups of six islands of four hamlets: three scales to be found."""
    rng = np.random.default_rng(seed)
    groups = rng.uniform(-1, 1, (4, 1, 1, 2)) * 8
    inside = rng.uniform(-1, 1, (4, 6, 1, 2))
    hamlets = rng.uniform(-1, 1, (4, 6, 4, 2)) * 0.12
    centres = (groups + inside + hamlets).reshape(-1, 2)
    sizes = rng.integers(30, 60, len(centres))
    return np.repeat(centres, sizes, axis=0) + 0.012 * rng.normal(size=(sizes.sum(), 2))


def check_nested(labels: np.ndarray) -> None:
    """Every cluster lies inside one cluster of each coarser level, or outside all of that level."""
    for finer in range(1, len(labels)):
        for coarser in range(finer):
            for number in range(labels[finer].max() + 1):
                assert len(np.unique(labels[coarser][labels[finer] == number])) == 1


def test_islands_are_found_largest_first() -> None:
    layout, truth = islands([60, 200, 120])
    (labels,) = cluster_layout(layout, at_most=[3], seed=0)
    assert labels.dtype == np.int32
    for rank, island in enumerate([1, 2, 0]):
        inside = labels[truth == island]
        assert np.mean(inside == rank) > 0.8
        assert set(inside) <= {rank, -1}


def test_levels_go_from_coarse_to_fine() -> None:
    labels = cluster_layout(archipelago(), seed=0)
    counts = labels.max(axis=1) + 1
    assert len(counts) == len(LEVELS)
    assert (counts <= LEVELS).all()
    assert (counts >= [4, 20, 60]).all()
    assert (np.diff(labels.max(axis=1)) > 0).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 1000))
def test_levels_nest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layout = np.cumsum(rng.normal(size=(400, 2)) * rng.pareto(2.0, (400, 1)), axis=0)
    labels = cluster_layout(layout, at_most=[3, 7, 20], seed=0)
    check_nested(labels)
    for level in labels:
        sizes = np.bincount(level[level >= 0])
        assert (sizes >= 8).all()
        assert (np.diff(sizes) <= 0).all()
    assert (labels.max(axis=1) + 1 <= [3, 7, 20][-len(labels) :]).all()


@settings(max_examples=10)
@given(order=st.permutations(range(500)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    layout = archipelago(1)[::7][:500]
    rows = np.array(order)[np.array(order) < len(layout)]
    np.testing.assert_array_equal(cluster_layout(layout[rows], seed=0), cluster_layout(layout, seed=0)[:, rows])


def test_a_stray_belongs_to_none() -> None:
    layout, _ = islands([80, 80])
    layout[0] = [30, 30]
    assert (cluster_layout(layout, seed=0)[:, 0] == -1).all()


def test_a_finer_level_that_says_nothing_new_is_left_out() -> None:
    layout, _ = islands([80, 90, 100])
    assert cluster_layout(layout, at_most=[3, 4], seed=0).shape == (1, 270)


def test_large_collections_are_clustered_by_a_seeded_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.layout.clustering.CLUSTERED_ROWS", 600)
    layout, truth = islands([900, 600, 300])
    labels = cluster_layout(layout, at_most=[3, 8], seed=0)
    assert labels[0].max() == 2
    for island in range(3):
        assert np.mean(labels[0, truth == island] == island) > 0.7
    check_nested(labels)
    np.testing.assert_array_equal(labels, cluster_layout(layout, at_most=[3, 8], seed=0))


def test_images_without_a_place_are_in_no_cluster() -> None:
    layout, _ = islands([80, 90, 100])
    with_gaps = np.insert(layout, [0, 50, 270], np.nan, axis=0)
    placed = np.isfinite(with_gaps).all(axis=1)
    labels = cluster_layout(with_gaps, seed=0)
    assert (labels[:, ~placed] == -1).all()
    np.testing.assert_array_equal(labels[:, placed], cluster_layout(layout, seed=0))
    assert (cluster_layout(np.full((30, 2), np.nan), seed=0) == -1).all()


@pytest.mark.parametrize("rows", [*range(13), 300])
def test_few_or_identical_places_are_no_trouble(rows: int) -> None:
    for layout in (np.zeros((rows, 2)), np.random.default_rng(rows).normal(size=(rows, 2))):
        labels = cluster_layout(layout, seed=0)
        assert labels.shape[0] >= 1
        assert labels.shape[1] == rows


def test_images_on_one_spot_are_never_parted() -> None:
    layout, truth = islands([150, 150, 40], spread=0.0)
    layout[truth == 2] += 0.1 * np.random.default_rng(0).normal(size=(40, 2))
    for labels in cluster_layout(layout, seed=0):
        assert all(len(np.unique(labels[truth == spot])) == 1 for spot in (0, 1))


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ParameterError, match="shape"):
        cluster_layout(np.zeros((4, 3)), seed=0)
    with pytest.raises(ParameterError, match="finite"):
        cluster_layout(np.full((4, 2), np.inf), seed=0)
    for at_most in ([], [1], [5, 5], [9, 3]):
        with pytest.raises(ParameterError, match="at_most="):
            cluster_layout(np.zeros((4, 2)), at_most=at_most, seed=0)
