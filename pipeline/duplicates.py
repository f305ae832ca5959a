"""Duplicates: exact by the bytes of the file, near by the distance of embeddings. Pure.

Groups are made by the leader algorithm (Hartigan 1975, Clustering Algorithms, ch. 3): in ascending order of rows, an
image joins the first leader within the threshold, or leads itself. So every image of a group lies within the threshold
of its first one; chains of images that are each a little like the next do not become one group, as they would with
connected components.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ParameterError
from pipeline.neighbors import NeighborGraph

__all__ = ["NEAR_DISTANCES", "DuplicateGroups", "find_duplicates", "near_distance"]

NEAR_DISTANCES = {"efficientnet_lite0": 0.4}
"""Euclidean distances of unit vectors below which two pictures are near-duplicates, as measured for each backbone."""

LARGEST = 2.0  # two unit vectors lie no further apart


@dataclass(frozen=True, slots=True, eq=False)
class DuplicateGroups:
    """Which images are duplicates of each other.

    Parameters
    ----------
    groups
        int64 (n,): the row of the group's first image; an image alone has its own.
    exact
        bool (n,): whether another image has the very same bytes.
    """

    groups: NDArray[np.int64]
    exact: NDArray[np.bool_]

    @property
    def members(self) -> NDArray[np.int64]:
        """Rows of the images that are in groups of two or more, ascending."""
        sizes = np.bincount(self.groups, minlength=len(self.groups))
        return np.flatnonzero(sizes[self.groups] > 1)


def near_distance(backbone: str, chosen: float | None) -> float:
    """Give the distance below which images are near-duplicates; 0 where only exact ones are looked for.

    Parameters
    ----------
    backbone
        Name of the backbone; one whose distances were never measured finds exact duplicates only.
    chosen
        What a person asked for instead, or None.

    Raises
    ------
    ParameterError
        If `chosen` is no distance between 0 and 2.
    """
    if chosen is None:
        return NEAR_DISTANCES.get(backbone, 0.0)
    if not 0 <= chosen <= LARGEST:
        raise ParameterError(
            f"A distance of {chosen} for near-duplicates was given; 0 (off) to 2 is allowed. A larger one finds more "
            "and errs more: 0.3 to 0.5 is usual."
        )
    return chosen


def find_duplicates(hashes: Sequence[str], graph: NeighborGraph, distance: float) -> DuplicateGroups:
    """Group images that are the same file or nearly the same picture.

    Parameters
    ----------
    hashes
        n SHA-256 sums of the files, in the order of rows.
    graph
        Nearest neighbours of the n images by their unit vectors.
    distance
        Near-duplicates are nearer to their group's first image than this; 0 for exact duplicates only.

    Returns
    -------
    DuplicateGroups
        The same for any order in which the images came, because rows are in ascending `image_id`.

    Raises
    ------
    ParameterError
        If the graph has another number of rows.
    """
    count = len(hashes)
    if len(graph.indices) != count:
        raise ParameterError(f"{count:,} hashes and neighbours of {len(graph.indices):,} images were given.")
    if not count:
        return DuplicateGroups(np.empty(0, np.int64), np.empty(0, np.bool_))
    _, first, same, copies = np.unique(np.asarray(hashes), return_index=True, return_inverse=True, return_counts=True)
    original = first[same].astype(np.int64)
    return DuplicateGroups(_led(original, graph, distance), copies[same] > 1)


def _led(original: NDArray[np.int64], graph: NeighborGraph, distance: float) -> NDArray[np.int64]:
    """Give each row's leader; files with the same bytes act as one."""
    rows, places = np.nonzero(graph.distances < distance)
    one, other = original[rows], original[graph.indices[rows, places].astype(np.int64)]
    apart = one != other
    # Neighbours are not mutual: both directions count.
    sources = np.concatenate([one[apart], other[apart]])
    targets = np.concatenate([other[apart], one[apart]])
    order = np.lexsort((targets, sources))
    sources, targets = sources[order], targets[order]
    leader = np.arange(len(original))
    taken = np.zeros(len(original), np.bool_)
    starts = np.flatnonzero(np.diff(sources, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(sources)], strict=False):
        row = sources[start]
        if taken[row]:
            continue
        near = targets[start:stop]
        joining = near[~taken[near] & (near > row)]
        leader[joining] = row
        taken[joining] = True
    led: NDArray[np.int64] = leader[original]
    return led
