"""Cluster a layout into its dense regions at several levels, the coarsest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LEVELS", "cluster_layout"]

LEVELS = (10, 30, 120)
"""Greatest number of clusters at each level, for a glance, for a screen, and for zooming in."""

# A level limits the number of clusters and not their size. One size gave 9 clusters of one layout and 23 of another.
# Clusters below these shares of all images are too small for their level, even if the level has few clusters.
SMALLEST_SHARES = (1 / 50, 1 / 150, 1 / 500)
MIN_CLUSTER_SIZE = 8
MORE_CLUSTERS = 1.5  # a level with fewer clusters than this multiple of the previous level is left out
MIN_SAMPLES = 5
CLUSTERED_ROWS = 20_000


def cluster_layout(layout: NDArray[Any], *, at_most: Sequence[int] = LEVELS, seed: int) -> NDArray[np.int32]:
    """Return the dense regions of a layout at several levels.

    One tree of HDBSCAN (Campello, Moulavi and Sander 2013, PAKDD) by scikit-learn is cut into leaves once for each
    level. Each level uses the smallest cluster size that gives at most its number of clusters. A leaf for a smaller
    size is part of a leaf for a larger size or outside all of them, so the levels nest. Above 20,000 images a seeded
    sample is clustered, and every other image joins its nearest sampled one.

    Parameters
    ----------
    layout
        float ``(n, 2)``. NaN for images without a place, which are in no cluster.
    at_most
        Greatest number of clusters at each level, ascending, each 2 or more.
    seed
        Seed of the sample.

    Returns
    -------
    ndarray
        int32 ``(levels, n)``, the coarsest level first. Number of the cluster, 0 for the largest of its level (equal
        sizes by their leftmost image), -1 for none. Every cluster lies inside one cluster of a coarser level, or
        outside all of that level. A level with hardly more clusters than a previous one is left out, and so is a level
        without clusters, but there is always one level.
        Up to 20,000 images, numbers do not depend on the order of rows if no two distances are equal.

    Raises
    ------
    ParameterError
        If ``layout`` is not ``(n, 2)`` or contains infinities, or ``at_most`` is empty, not ascending or below 2.
    """
    places = np.asarray(layout, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or np.isinf(places).any():
        raise ParameterError(
            f"A layout of shape {places.shape} is not allowed. It must have the shape (images, 2), with finite places "
            "or NaN for none. Compute the layout again."
        )
    if not at_most or min(at_most) < 2 or list(at_most) != sorted(set(at_most)):
        raise ParameterError(
            f"at_most={tuple(at_most)} is not allowed. It lists the greatest number of clusters at each level, 2 or "
            f"more, ascending. Pass for example {LEVELS}."
        )
    placed = np.flatnonzero(np.isfinite(places).all(axis=1))
    found = _nested_regions(places[placed], at_most, seed)
    labels = np.full((max(1, len(found)), len(places)), -1, dtype=np.int32)
    for level, inside in enumerate(found):
        labels[level, placed] = _by_size(inside, places[placed])
    return labels


def _nested_regions(places: NDArray[np.float64], at_most: Sequence[int], seed: int) -> list[NDArray[np.int64]]:
    """Cluster every place, or a sample that the others follow. Returns one array of labels for each level kept."""
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
    # The whole tree is needed, because scikit-learn's `dbscan_clustering` cuts it at one distance only.
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
    """Return the size of each merge's smaller side, int64 (n - 1,), and of each node, int64 (2n - 1,)."""
    count = len(tree) + 1
    sizes = np.concatenate([np.ones(count, dtype=np.int64), tree["cluster_size"].astype(np.int64)])
    return np.minimum(sizes[tree["left_node"]], sizes[tree["right_node"]]), sizes


def _size_for(smaller_sides: NDArray[np.int64], most: int) -> int:
    """Return the smallest size for which the tree has at most `most` leaves, one more than its true splits."""
    if len(smaller_sides) < most:
        return 0
    return int(np.partition(smaller_sides, -most)[-most]) + 1


def _leaves(tree: NDArray[Any], splits: NDArray[np.bool_], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels of the images under the lowest true splits, int64 (n,), -1 for none."""
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
    """Renumber clusters from the largest down, so that numbers depend neither on the tree nor on the order of rows."""
    order = np.lexsort((places[:, 1], places[:, 0]))
    numbers, leftmost, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    inside = numbers >= 0
    numbers, leftmost, sizes = numbers[inside], leftmost[inside], sizes[inside]
    renumbered = np.full(int(labels.max(initial=-1)) + 2, -1, dtype=np.int32)  # the last place is for none
    renumbered[numbers[np.lexsort((leftmost, -sizes))]] = np.arange(len(numbers))
    return renumbered[labels]
