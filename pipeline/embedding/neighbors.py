"""Compute the graph of nearest neighbours that t-SNE, UMAP, clusters and measures of quality share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError
from pipeline.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NeighborGraph", "knn_graph", "neighbors_of"]

EXACT_ROWS = 50_000
BLOCK_CELLS = 8_000_000  # distances held at once, with 64 MB of sort keys
SPARE = 8  # neighbours kept beyond k, so that exact distances decide about the last ones
STAGE = "Finding neighbours"


@dataclass(frozen=True, slots=True)
class NeighborGraph:
    """The k nearest other rows of every row, nearest first.

    Parameters
    ----------
    indices
        int32 ``(n, k)``. Row numbers.
    distances
        float32 ``(n, k)``. Euclidean distances, not decreasing along a row.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]

    @property
    def k(self) -> int:
        """Number of neighbours of each row."""
        return int(self.indices.shape[1])


def knn_graph(
    vectors: NDArray[Any],
    k: int,
    *,
    seed: int,
    exact_rows: int = EXACT_ROWS,
    progress: ProgressCallback | None = None,
) -> NeighborGraph:
    """Return the k nearest neighbours of every row by Euclidean distance.

    On L2-normalised rows this is the order of cosine similarity, because the squared distance is ``2 - 2 cos``. Two or
    three columns (a layout) use a k-d tree. Up to ``exact_rows`` rows, blocked matrix products compare all pairs. Above
    that, neighbours are approximate, by nearest-neighbour descent (Dong, Moses and Li 2011, WWW, by pynndescent). Equal
    distances are ordered by row number, so the result depends only on the data.

    Parameters
    ----------
    vectors
        float ``(n, d)``, finite, in ascending order of ``image_id``.
    k
        Number of neighbours of each row, at most ``n - 1``.
    seed
        Seed of the approximate search.
    exact_rows
        Largest number of rows for which all pairs are compared.
    progress
        Called after each block. It can raise to cancel.

    Returns
    -------
    NeighborGraph
        Indices and distances of shape ``(n, min(k, n - 1))``.

    Raises
    ------
    ParameterError
        If ``vectors`` is not two-dimensional or not finite, or ``k`` is below 1.
    """
    if vectors.ndim != 2 or k < 1:
        raise ParameterError(
            f"An array of shape {vectors.shape} with k={k} is not allowed. A neighbour graph needs two dimensions and "
            "a k of 1 or more. Pass one row for each image and a positive k."
        )
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if not np.isfinite(rows).all():
        raise ParameterError("The vectors contain a value that is not finite. Distances need finite numbers.")
    k = max(0, min(k, len(rows) - 1))
    if k == 0:
        return NeighborGraph(np.zeros((len(rows), 0), np.int32), np.zeros((len(rows), 0), np.float32))
    if rows.shape[1] in (2, 3):
        candidates = _tree_candidates(rows, k)
    elif len(rows) <= exact_rows:
        return _exact(rows, np.arange(len(rows)), k, progress)
    else:
        candidates = _descent_candidates(rows, k, seed)
    graph, complete = _ranked(rows, np.arange(len(rows)), candidates, k)
    if not complete.all():
        # The descent sometimes finds too few neighbours of a row. These few rows are searched exactly.
        short = np.flatnonzero(~complete)
        repaired = _exact(rows, short, k, progress)
        graph.indices[short], graph.distances[short] = repaired.indices, repaired.distances
    return graph


def neighbors_of(
    vectors: NDArray[Any], queries: NDArray[np.intp], k: int, *, progress: ProgressCallback | None = None
) -> NeighborGraph:
    """Return the k nearest other rows of some rows, exactly.

    Parameters
    ----------
    vectors
        float ``(n, d)``, finite, in ascending order of ``image_id``.
    queries
        int ``(m,)``: the rows whose neighbours are found.
    k
        Number of neighbours of each row, at most ``n - 1``.
    progress
        Called after each block. It can raise to cancel.

    Returns
    -------
    NeighborGraph
        Indices into ``vectors``, and distances, of shape ``(m, min(k, n - 1))``.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    k = max(0, min(k, len(rows) - 1))
    if not k or not len(queries):
        return NeighborGraph(np.zeros((len(queries), k), np.int32), np.zeros((len(queries), k), np.float32))
    return _exact(rows, np.asarray(queries, np.intp), k, progress)


def _exact(
    rows: NDArray[np.float32], queries: NDArray[np.intp], k: int, progress: ProgressCallback | None
) -> NeighborGraph:
    """Compare ``queries`` with all rows, in blocks of one matrix product each."""
    count = len(rows)
    wide = rows.shape[1] > 64
    # Narrow data is compared in float64. Wide data is compared in float32, with rounding of about 1e-7 of the scale.
    points = (rows - rows.mean(axis=0)).astype(np.float32 if wide else np.float64)
    squares = np.einsum("ij,ij->i", points, points)
    step = max(float(squares.max()), float(np.finfo(np.float32).tiny)) * (2.0**-20 if wide else 2.0**-40)
    kept = min(k + SPARE, count - 1)
    block_rows = max(1, BLOCK_CELLS // count)
    indices = np.empty((len(queries), k), np.int32)
    distances = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), block_rows):
        block = queries[start : start + block_rows]
        squared = squares[block, None] + squares[None, :] - 2.0 * (points[block] @ points.T)
        # One integer for (distance in steps, row). No two are equal, so the result is unique.
        keys = np.rint(np.maximum(squared, 0.0) / step).astype(np.int64) * count + np.arange(count)
        keys[np.arange(len(block)), block] = np.iinfo(np.int64).max
        candidates = np.argpartition(keys, kept - 1, axis=1)[:, :kept]
        ranked, _ = _ranked(rows, block, candidates, k)
        indices[start : start + len(block)] = ranked.indices
        distances[start : start + len(block)] = ranked.distances
        if progress is not None:
            progress(Progress(STAGE, start + len(block), len(queries)))
    return NeighborGraph(indices, distances)


def _ranked(
    rows: NDArray[np.float32], queries: NDArray[np.intp], candidates: NDArray[Any], k: int
) -> tuple[NeighborGraph, NDArray[np.bool_]]:
    """Order candidates by exact distance, then by row number. Also return whether each row had k of them."""
    indices = np.empty((len(queries), k), np.int32)
    distances = np.empty((len(queries), k), np.float32)
    complete = np.empty(len(queries), np.bool_)
    block_rows = max(1, BLOCK_CELLS // (candidates.shape[1] * rows.shape[1]))
    for start in range(0, len(queries), block_rows):
        stop = start + block_rows
        found = candidates[start:stop]
        difference = rows[queries[start:stop], None, :] - rows[found]
        # Sum each pair in float64, because a matrix product rounds equal pairs differently at different positions.
        squared = np.einsum("ijk,ijk->ij", difference, difference, dtype=np.float64)
        unusable = (found == queries[start:stop, None]) | (found < 0)
        squared[unusable] = np.inf
        order = np.lexsort((found, squared), axis=1)[:, :k]
        indices[start:stop] = np.take_along_axis(found, order, axis=1)
        distances[start:stop] = np.sqrt(np.take_along_axis(squared, order, axis=1))
        complete[start:stop] = (~unusable).sum(axis=1) >= k
    return NeighborGraph(indices, distances), complete


def _tree_candidates(rows: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    from scipy.spatial import cKDTree

    _, found = cKDTree(rows).query(rows, k=min(k + 1 + SPARE, len(rows)))
    return np.asarray(found, dtype=np.int64)


def _descent_candidates(rows: NDArray[np.float32], k: int, seed: int) -> NDArray[np.int64]:
    from pipeline.compilation import let_import

    let_import("pynndescent")
    import pynndescent

    index = pynndescent.NNDescent(rows, metric="euclidean", n_neighbors=k + 1, random_state=seed)
    found, _ = index.neighbor_graph
    return np.asarray(found, dtype=np.int64)
