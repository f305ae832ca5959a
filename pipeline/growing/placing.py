"""Place new images among their neighbours in a layout that exists. No image that was there moves. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.embedding.neighbors import NeighborGraph, neighbors_of
from pipeline.layout.quality import point_trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NEAREST", "Placed", "nearest_placed", "place_among"]

NEAREST = 10
"""Neighbours among which an image is placed."""

TRUST_NEIGHBORS = 15
"""The size of a neighbourhood for the trust of a point, as a build has it."""

APART = 0.3
"""Greatest distance from the mean place, in distances of neighbours on the map. It keeps equal images apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Places of m new images.

    Parameters
    ----------
    positions
        float32 (m, 2), in the layout's units.
    trust
        float32 (m,): see `pipeline.layout.quality.point_trust`.
    clusters
        int32 (levels, m): the clusters of their neighbours; -1 for none.
    """

    positions: NDArray[np.float32]
    trust: NDArray[np.float32]
    clusters: NDArray[np.int32]


def nearest_placed(vectors: NDArray[Any], graph: NeighborGraph, is_new: NDArray[np.bool_]) -> NeighborGraph:
    """Return the nearest images with a place of each new image.

    Parameters
    ----------
    vectors
        float (n, d): old and new images together.
    graph
        Neighbours of the m new images among all n, in their order.
    is_new
        bool (n,).

    Returns
    -------
    NeighborGraph
        (m, k) with k at most `NEAREST`, only old images.
    """
    queries = np.flatnonzero(is_new)
    old = np.flatnonzero(~is_new)
    k = min(NEAREST, len(old))
    usable = ~is_new[graph.indices]
    enough = usable.sum(axis=1) >= k
    order = np.argsort(~usable, axis=1, kind="stable")[:, :k]
    indices = np.take_along_axis(graph.indices, order, axis=1)
    distances = np.take_along_axis(graph.distances, order, axis=1)
    for query in np.flatnonzero(~enough).tolist():  # its neighbours are new themselves
        rows = np.append(old, queries[query])
        found = neighbors_of(vectors[rows], np.array([len(old)]), k)
        indices[query], distances[query] = rows[found.indices[0]], found.distances[0]
    return NeighborGraph(indices, distances)


def place_among(
    nearest: NeighborGraph,
    graph: NeighborGraph,
    positions: NDArray[np.float32],
    clusters: NDArray[np.int32],
    is_new: NDArray[np.bool_],
    ids: NDArray[np.int64],
) -> Placed:
    """Place new images.

    The neighbours of an image may lie in several parts of a map, and their mean would lie in none. So the part with the
    greatest weight of neighbours is found first, and the place is the weighted mean of the neighbours around it. A
    neighbour's weight falls with its distance in the embedding.

    Parameters
    ----------
    nearest
        From `nearest_placed`.
    graph
        Neighbours of the m new images among all n.
    positions
        float32 (n, 2); rows of new images are ignored.
    clusters
        int32 (levels, n), likewise.
    is_new
        bool (n,).
    ids
        int64 (m,): ids of the new images, which decide the small steps that keep equal images apart.
    """
    from scipy.spatial import cKDTree

    k = nearest.indices.shape[1]
    places = positions[nearest.indices].astype(np.float64)
    near = np.maximum(nearest.distances.astype(np.float64), 1e-6)
    weights = (near[:, :1] / near) ** 2
    spacing = _spacing(positions[~is_new], k)
    squared = ((places[:, :, None, :] - places[:, None, :, :]) ** 2).sum(axis=3)
    kernel = np.exp(-squared / (2 * spacing**2))
    densest = (kernel * weights[:, None, :]).sum(axis=2).argmax(axis=1)
    rows = np.arange(len(densest))
    around = weights * kernel[rows, densest]
    mean = (places * around[:, :, None]).sum(axis=1) / around.sum(axis=1)[:, None]
    found = positions.copy()
    found[is_new] = mean + _steps(ids) * spacing * APART
    labels = clusters[:, nearest.indices]
    same = (labels[:, :, :, None] == labels[:, :, None, :]).all(axis=0)
    chosen = (same * around[:, None, :]).sum(axis=2).argmax(axis=1)
    joined = labels[:, rows, chosen]
    tree = cKDTree(found)
    own = np.flatnonzero(is_new)
    count = min(3 * TRUST_NEIGHBORS + 1, len(found))
    _, offered = tree.query(found[own], k=count)
    others = _without(np.atleast_2d(offered).reshape(len(own), count), own)
    trust = point_trust(graph, NeighborGraph(others, np.zeros(others.shape, np.float32)), k=TRUST_NEIGHBORS)
    return Placed(found[own], trust, np.ascontiguousarray(joined, np.int32))


def _spacing(positions: NDArray[np.float32], k: int) -> float:
    """Return the usual distance of the k-th neighbour on the map, from a sample."""
    from scipy.spatial import cKDTree

    if len(positions) < 2:
        return 1.0
    sample = positions[:: max(1, len(positions) // 2000)]
    distances, _ = cKDTree(positions).query(sample, k=min(k + 1, len(positions)))
    return max(float(np.median(distances[:, -1])), 1e-6)


def _steps(ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a small step of each image in a direction of its own, float (m, 2), at most 1 long."""
    bits = ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    angle = (bits >> np.uint64(40)).astype(np.float64) * (2 * np.pi / 2**24)
    length = np.sqrt(((bits >> np.uint64(16)) & np.uint64(0xFFFFFF)).astype(np.float64) / 2**24)
    return np.column_stack([np.cos(angle) * length, np.sin(angle) * length])


def _without(found: NDArray[Any], own: NDArray[np.intp]) -> NDArray[np.int32]:
    """Remove each row's own number from its neighbours; the last one where it is not among them."""
    is_own = found == own[:, None]
    is_own[~is_own.any(axis=1), -1] = True
    others: NDArray[np.int32] = found[~is_own].reshape(len(found), -1).astype(np.int32)
    return others
