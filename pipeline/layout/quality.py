"""Quality of a layout: measures that compare neighbourhoods before and after the projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.embedding.neighbors import NeighborGraph, knn_graph
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["neighbor_recall", "point_trust", "trustworthiness"]

BLOCK_CELLS = 4_000_000  # distances held at once


def trustworthiness(
    vectors: NDArray[Any], layout: NDArray[Any], *, k: int = 15, max_rows: int = 5000, seed: int = 0
) -> float:
    """Return the trustworthiness of a layout, which is high if its neighbours are neighbours in the embedding.

    Venna and Kaski (2001, ICANN, section 3) define it. A neighbour in the layout that is none in the embedding is
    penalised by its rank in the embedding. 1 is perfect, and about 0.5 is chance. Above ``max_rows`` rows the mean is
    taken over a seeded sample of points, each ranked against all rows.

    Parameters
    ----------
    vectors
        float ``(n, d)``. The embedding. float64 is compared in float64, other types in float32.
    layout
        float ``(n, 2)``, in the same order of rows.
    k
        Size of the neighbourhood. It is limited to less than ``n / 2``, where the measure ends.
    max_rows
        Greatest number of points measured.
    seed
        Seed of the sample.

    Returns
    -------
    float
        Between 0 and 1. It is 1 for fewer than three rows, whose layout cannot be wrong.

    Raises
    ------
    ParameterError
        If the two arrays differ in rows, or ``k`` or ``max_rows`` is below 1.
    """
    count = len(vectors)
    if len(layout) != count or min(k, max_rows) < 1:
        raise ParameterError(
            f"{count} vectors, {len(layout)} places, k={k} and max_rows={max_rows} are not allowed. Each vector needs "
            "one place, and both numbers must be 1 or more. Pass arrays of the same images."
        )
    k = min(k, (count - 1) // 2)
    if k < 1:
        return 1.0
    neighbors = knn_graph(layout, k, seed=seed).indices
    sampled = np.arange(count)
    if count > max_rows:
        sampled = np.sort(np.random.default_rng(seed).choice(count, size=max_rows, replace=False))
    points = np.asarray(vectors, dtype=np.float64 if vectors.dtype == np.float64 else np.float32)
    points = points - points.mean(axis=0)
    squares = np.einsum("ij,ij->i", points, points)
    penalty = 0.0
    block_rows = max(1, BLOCK_CELLS // count)
    for start in range(0, len(sampled), block_rows):
        block = sampled[start : start + block_rows]
        squared = squares[block, None] + squares[None, :] - 2.0 * (points[block] @ points.T)
        squared[np.arange(len(block)), block] = np.inf
        penalty += _rank_excess(squared, neighbors[block], k)
    return 1.0 - penalty * 2.0 / (len(sampled) * k * (2.0 * count - 3.0 * k - 1.0))


def neighbor_recall(graph: NeighborGraph, layout_graph: NeighborGraph, *, k: int = 15) -> float:
    """Return the share of the embedding's nearest neighbours that are also nearest neighbours in the layout.

    Parameters
    ----------
    graph
        Neighbours in the embedding. The first ``k`` columns are used.
    layout_graph
        Neighbours in the layout. The first ``k`` columns are used.
    k
        Size of the neighbourhood on both sides.

    Returns
    -------
    float
        Mean over all points, between 0 and 1. It is 1 if there are no neighbours.

    Raises
    ------
    ParameterError
        If the graphs differ in rows, or ``k`` is below 1.
    """
    share = _share_found(graph, layout_graph, k, k)
    return float(share.mean(dtype=np.float64)) if len(share) else 1.0


def point_trust(graph: NeighborGraph, layout_graph: NeighborGraph, *, k: int = 15) -> NDArray[np.float32]:
    """Return for every point the share of its neighbourhood that the projection kept.

    This is the share of the ``k`` nearest neighbours in the embedding that are among the ``3 k`` nearest in the layout.
    The factor is three, because a layout can be right without keeping the order inside a small group.

    Parameters
    ----------
    graph
        Neighbours in the embedding. The first ``k`` columns are used.
    layout_graph
        Neighbours in the layout. The first ``3 k`` columns are used, so it should have that number.
    k
        Size of the neighbourhood.

    Returns
    -------
    ndarray
        float32 ``(n,)`` between 0 and 1. It is 1 for a point without neighbours.

    Raises
    ------
    ParameterError
        If the graphs differ in rows, or ``k`` is below 1.
    """
    return _share_found(graph, layout_graph, k, 3 * k)


def _share_found(graph: NeighborGraph, layout_graph: NeighborGraph, k: int, among: int) -> NDArray[np.float32]:
    """Return for every point the share of its ``k`` nearest that is among the ``among`` nearest in the layout."""
    if len(graph.indices) != len(layout_graph.indices) or k < 1:
        raise ParameterError(
            f"Graphs of {len(graph.indices)} and {len(layout_graph.indices)} rows and k={k} are not allowed. Both "
            "graphs need the same images, and k must be 1 or more. Build both from arrays in the same order."
        )
    wanted, offered = graph.indices[:, :k], layout_graph.indices[:, :among]
    share = np.ones(len(wanted), dtype=np.float32)
    if wanted.shape[1] == 0:
        return share
    block_rows = max(1, BLOCK_CELLS // max(1, wanted.shape[1] * offered.shape[1]))
    for start in range(0, len(wanted), block_rows):
        stop = start + block_rows
        found = (wanted[start:stop, :, None] == offered[start:stop, None, :]).any(axis=2)
        share[start:stop] = found.mean(axis=1)
    return share


def _rank_excess(squared: NDArray[Any], neighbors: NDArray[np.int32], k: int) -> float:
    """Return the sum of the ranks beyond k of layout neighbours in the embedding. Equal distances share a rank."""
    ordered = np.sort(squared, axis=1)
    places = np.take_along_axis(squared, neighbors.astype(np.intp), axis=1)
    excess = 0
    for row, values in zip(ordered, places, strict=True):
        ranks = np.searchsorted(row, values, side="left") + 1
        excess += int(np.maximum(ranks - k, 0).sum())
    return float(excess)
