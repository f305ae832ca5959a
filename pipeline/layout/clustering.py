"""Clusters of a layout at several levels, the coarsest first: the dense regions that one reads a map by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LEVELS", "cluster_layout"]

LEVELS = (10, 30, 120)
"""Clusters at most at each level: what one reads at a glance, on a screen, and while zooming in."""

# A level asks for a number of clusters, not for a size: a size that gave 9 clusters of one layout gave 23 of another.
# Smaller ones than these shares of all images say nothing at their level, however many it may have.
SMALLEST_SHARES = (1 / 50, 1 / 150, 1 / 500)
MIN_CLUSTER_SIZE = 8
MORE_CLUSTERS = 1.5  # times as many as the level before, or the level is not worth a name of its own
MIN_SAMPLES = 5
CLUSTERED_ROWS = 20_000


def cluster_layout(layout: NDArray[Any], *, at_most: Sequence[int] = LEVELS, seed: int) -> NDArray[np.int32]:
    """Find the dense regions of a layout, at several levels.

    One tree of HDBSCAN (Campello, Moulavi and Sander 2013, PAKDD) by scikit-learn, cut into leaves once a level: each
    level takes the smallest size that makes a cluster for which there are no more clusters than it may have. A leaf
    for a smaller size is a part of a leaf for a larger one or outside all of them, so the levels nest. Above 20,000
    images a seeded sample is clustered and every other image joins its nearest sampled one.

    Parameters
    ----------
    layout
        float ``(n, 2)``; NaN for images without a place, which are in no cluster.
    at_most
        Clusters at most at each level, ascending; 2 or more each.
    seed
        Draws the sample.

    Returns
    -------
    ndarray
        int32 ``(levels, n)``, the coarsest level first: number of the cluster, 0 the largest of its level (equal sizes
        by their leftmost image), -1 for none. Every cluster lies inside one cluster of a coarser level, or outside
        all of that level. A level that finds hardly more clusters than one before is left out, and so is one that
        finds none, but there is always one level.
        Up to 20,000 images, numbers do not depend on the order of rows, as long as no two distances are equal.

    Raises
    ------
    ParameterError
        If ``layout`` is not ``(n, 2)`` or holds infinities, or ``at_most`` is empty, not ascending or below 2.
    """
    places = np.asarray(layout, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or np.isinf(places).any():
        raise ParameterError(
            f"A layout of shape {places.shape} was given; it must be of shape (images, 2), with finite places or NaN "
            "for none. Lay out again."
        )
    if not at_most or min(at_most) < 2 or list(at_most) != sorted(set(at_most)):
        raise ParameterError(
            f"at_most={tuple(at_most)} was given; it lists the clusters at most at each level, 2 or more, ascending. "
            f"Pass for example {LEVELS}."
        )
    placed = np.flatnonzero(np.isfinite(places).all(axis=1))
    found = _nested_regions(places[placed], at_most, seed)
    labels = np.full((max(1, len(found)), len(places)), -1, dtype=np.int32)
    for level, inside in enumerate(found):
        labels[level, placed] = _by_size(inside, places[placed])
    return labels


def _nested_regions(places: NDArray[np.float64], at_most: Sequence[int], seed: int) -> list[NDArray[np.int64]]:
    """Cluster every place, or a sample that the others follow; one array of labels a level that says something new."""
    if len(places) <= CLUSTERED_ROWS:
        return _levels_of_tree(places, at_most)

    from scipy.spatial import cKDTree

    sampled = np.sort(np.random.default_rng(seed).choice(len(places), size=CLUSTERED_ROWS, replace=False))
    _, nearest = cKDTree(places[sampled]).query(places, workers=-1)
    return [labels[nearest] for labels in _levels_of_tree(places[sampled], at_most)]


def _levels_of_tree(places: NDArray[np.float64], at_most: Sequence[int]) -> list[NDArray[np.int64]]:
    if len(places) <= MIN_SAMPLES or not np.ptp(places, axis=0).any():
        return []

    from sklearn.cluster import HDBSCAN

    fitted = HDBSCAN(min_cluster_size=MIN_CLUSTER_SIZE, min_samples=MIN_SAMPLES, copy=True).fit(places)
    # The whole tree; scikit-learn's own `dbscan_clustering` cuts it too, but at one distance only.
    tree = fitted._single_linkage_tree_
    smaller_sides, sizes = _sides(tree)
    found: list[NDArray[np.int64]] = []
    wanted = 2.0
    for level, most in enumerate(at_most):
        share = SMALLEST_SHARES[min(level, len(SMALLEST_SHARES) - 1)]
        size = max(MIN_CLUSTER_SIZE, round(share * len(places)), _size_for(smaller_sides, most))
        splits = smaller_sides >= size
        count = int(np.count_nonzero(splits)) + 1
        if count >= wanted:
            found.append(_leaves(tree, splits, sizes))
            wanted = MORE_CLUSTERS * count
    return found


def _sides(tree: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the size of each merge's smaller side, int64 (n - 1,), and of each node, int64 (2n - 1,)."""
    count = len(tree) + 1
    sizes = np.concatenate([np.ones(count, dtype=np.int64), tree["cluster_size"].astype(np.int64)])
    return np.minimum(sizes[tree["left_node"]], sizes[tree["right_node"]]), sizes


def _size_for(smaller_sides: NDArray[np.int64], most: int) -> int:
    """Find the smallest size for which the tree has at most `most` leaves: one more than it has true splits."""
    if len(smaller_sides) < most:
        return 0
    return int(np.partition(smaller_sides, -most)[-most]) + 1


def _leaves(tree: NDArray[Any], splits: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Label the images under the lowest true splits: int64 (n,), -1 for none."""
    count = len(tree) + 1
    left, right = tree["left_node"].tolist(), tree["right_node"].tolist()
    divided = np.zeros(len(sizes), dtype=np.bool_)  # has a true split at or below it
    for merge, true_split in enumerate(splits.tolist()):  # children come before their parents
        divided[count + merge] = true_split or divided[left[merge]] or divided[right[merge]]
    labels = np.full(len(sizes), -1, dtype=np.int64)
    number = 0
    for merge in range(len(tree) - 1, -1, -1):
        for child in (left[merge], right[merge]):
            if splits[merge] and not divided[child]:
                labels[child], number = number, number + 1
            elif not splits[merge]:
                labels[child] = labels[count + merge]
    return labels[:count]


def _by_size(labels: NDArray[np.int64], places: NDArray[np.float64]) -> NDArray[np.int32]:
    """Renumber clusters from the largest down, so that numbers depend neither on the tree's walk nor on the rows."""
    order = np.lexsort((places[:, 1], places[:, 0]))
    numbers, leftmost, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    inside = numbers >= 0
    numbers, leftmost, sizes = numbers[inside], leftmost[inside], sizes[inside]
    renumbered = np.full(int(labels.max(initial=-1)) + 2, -1, dtype=np.int32)  # the last place is for none
    renumbered[numbers[np.lexsort((leftmost, -sizes))]] = np.arange(len(numbers))
    return renumbered[labels]
