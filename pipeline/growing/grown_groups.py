"""Extend the neighbour graph and the groups of duplicates by new images. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.embedding.neighbors import NeighborGraph

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["extended_graph", "extended_groups"]


def extended_graph(
    old: NeighborGraph, old_rows: NDArray[np.intp], new: NeighborGraph, new_rows: NDArray[np.intp]
) -> NeighborGraph:
    """Return the graph of all images.

    An old image gets a new neighbour only where the new image has it as a neighbour too, so some neighbours that a
    full search would find may be missing.

    Parameters
    ----------
    old
        Graph of the old images; its indices are rows of all images.
    old_rows, new_rows
        Rows of the old and the new images among all of them.
    new
        Neighbours of the new images among all images.

    Returns
    -------
    NeighborGraph
        (n, k) with the k of the old graph.
    """
    k = old.k
    total = len(old_rows) + len(new_rows)
    indices, distances = np.empty((total, k), np.int32), np.full((total, k), np.inf, np.float32)
    indices[old_rows], distances[old_rows] = old.indices, old.distances
    width = min(k, new.k)
    indices[new_rows, :width], distances[new_rows, :width] = new.indices[:, :width], new.distances[:, :width]
    sources = np.repeat(new_rows, new.k)
    targets, apart = new.indices.reshape(-1).astype(np.int64), new.distances.reshape(-1)
    is_new = np.zeros(total, np.bool_)
    is_new[new_rows] = True
    nearer = ~is_new[targets] & (apart < distances[targets, -1])
    sources, targets, apart = sources[nearer], targets[nearer], apart[nearer]
    order = np.argsort(targets, kind="stable")
    sources, targets, apart = sources[order], targets[order], apart[order]
    starts = np.flatnonzero(np.r_[True, targets[1:] != targets[:-1]]) if len(targets) else np.empty(0, np.int64)
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(targets)], strict=True):
        row = targets[start]
        both = np.concatenate([indices[row], sources[start:stop].astype(np.int32)])
        far = np.concatenate([distances[row], apart[start:stop]])
        best = np.lexsort((both, far))[:k]
        indices[row], distances[row] = both[best], far[best]
    return NeighborGraph(indices, distances)


def extended_groups(
    groups: NDArray[np.int64],
    hashes: Sequence[str],
    vectors: NDArray[Any],
    graph: NeighborGraph,
    new_rows: NDArray[np.intp],
    distance: float,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Let new images join the groups of their duplicates. No image that was there changes its group.

    Parameters
    ----------
    groups
        int64 (n,): row of the first image of each group; of a new image its own row.
    hashes
        n SHA-256 sums.
    vectors
        float (n, d).
    graph
        Neighbours of the m new images among all n.
    new_rows
        Rows of the new images, ascending.
    distance
        Near-duplicates are nearer to the first image of their group than this. 0 finds exact duplicates only.

    Returns
    -------
    groups : ndarray
        int64 (n,).
    exact : ndarray
        bool (n,): whether another image has the same bytes.
    """
    groups = groups.copy()
    is_new = np.zeros(len(groups), np.bool_)
    is_new[new_rows] = True
    wanted = {hashes[row] for row in new_rows.tolist()}
    first = {hashes[row]: row for row in np.flatnonzero(~is_new)[::-1].tolist() if hashes[row] in wanted}
    for place, row in enumerate(new_rows.tolist()):
        twin = first.setdefault(hashes[row], row)
        if twin != row:
            groups[row] = groups[twin]
            continue
        near = graph.indices[place][graph.distances[place] < distance]
        leaders = np.unique(groups[near[~is_new[near] | (near < row)]])
        apart = np.linalg.norm(vectors[leaders].astype(np.float32) - vectors[row].astype(np.float32), axis=1)
        joined = leaders[apart < distance]
        if joined.size:
            groups[row] = joined[0]
    copies = Counter(hashes)
    return groups, np.array([copies[one] > 1 for one in hashes], np.bool_)
