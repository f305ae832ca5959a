"""Duplicates: exact by the bytes of the file, near by the distance of embeddings. Pure.

Groups are made by the leader algorithm (Hartigan 1975, Clustering Algorithms, ch. 3): in ascending order of rows, an
image joins the first leader within the threshold, or leads itself. So every image of a group lies within the threshold
of its first one; chains of images that are each a little like the next do not become one group, as they would with
connected components.

A neighbour graph holds so many neighbours an image and no more. Where they are all near, more may be: such images, a
crowd, are compared with each other besides, so that a thousand copies of one picture are one group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.distilled_weights import DISTILLED
from pipeline.embedding.neighbors import NeighborGraph
from pipeline.errors import ParameterError
from pipeline.progress import Progress, ProgressCallback

__all__ = ["NEAR_DISTANCES", "DuplicateGroups", "check_near_distance", "find_duplicates", "near_distance"]

NEAR_DISTANCES = {
    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db": 0.4,  # EfficientNet-Lite0, as packaged
    DISTILLED.sha256: 0.25,
}
"""Euclidean distances of unit vectors below which two pictures are near-duplicates, as measured for each network, told
by the SHA-256 of its weights: one backbone with other weights is another space."""

LARGEST = 2.0  # two unit vectors lie no further apart
BLOCK_CELLS = 8_000_000  # differences held at once
STAGE = "Finding duplicates"


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


def near_distance(weights_sha256: str, chosen: float | None) -> float:
    """Give the distance below which images are near-duplicates; 0 where only exact ones are looked for.

    Parameters
    ----------
    weights_sha256
        Of the network's weights; with some whose distances were never measured only exact duplicates are found.
    chosen
        What a person asked for instead, or None.

    Raises
    ------
    ParameterError
        If `chosen` is no distance between 0 and 2.
    """
    check_near_distance(chosen)
    return NEAR_DISTANCES.get(weights_sha256, 0.0) if chosen is None else chosen


def check_near_distance(chosen: float | None) -> None:
    """Refuse what `near_distance` would, before anything is loaded."""
    if chosen is not None and not 0 <= chosen <= LARGEST:
        raise ParameterError(
            f"A distance of {chosen} for near-duplicates was given; 0 (off) to 2 is allowed. A larger one finds more "
            "and errs more: 0.3 to 0.5 is usual."
        )


def find_duplicates(
    hashes: Sequence[str],
    vectors: NDArray[Any],
    graph: NeighborGraph,
    distance: float,
    *,
    progress: ProgressCallback | None = None,
) -> DuplicateGroups:
    """Group images that are the same file or nearly the same picture.

    Parameters
    ----------
    hashes
        n SHA-256 sums of the files, in the order of rows.
    vectors
        float ``(n, d)``: unit vectors of the images.
    graph
        Nearest neighbours of the n images by these vectors.
    distance
        Near-duplicates are nearer to their group's first image than this; 0 for exact duplicates only.
    progress
        Told as images are looked at; may raise to cancel.

    Returns
    -------
    DuplicateGroups
        The same for any order in which the images came, because rows are in ascending `image_id`.

    Raises
    ------
    ParameterError
        If the vectors or the graph have another number of rows.
    """
    count = len(hashes)
    if not len(vectors) == len(graph.indices) == count:
        raise ParameterError(
            f"{count:,} hashes, {len(vectors):,} vectors and neighbours of {len(graph.indices):,} images were given; "
            "give one of each an image."
        )
    if not count:
        return DuplicateGroups(np.empty(0, np.int64), np.empty(0, np.bool_))
    _, first, same, copies = np.unique(np.asarray(hashes), return_index=True, return_inverse=True, return_counts=True)
    original = first[same].astype(np.int64)
    leader = _leaders(
        _near_pairs(original, graph, distance), _crowd(original, graph, distance), vectors, distance, progress
    )
    return DuplicateGroups(leader[original], copies[same] > 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Rows near each other, each pair both ways, ascending by source."""

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]

    def of(self, row: int) -> NDArray[np.int64]:
        """Give the rows near this one."""
        start, stop = np.searchsorted(self.sources, [row, row + 1])
        return self.targets[start:stop]


def _near_pairs(original: NDArray[np.int64], graph: NeighborGraph, distance: float) -> _Pairs:
    """Give the near pairs that the graph knows; files with the same bytes act as one."""
    rows, places = np.nonzero(graph.distances < distance)
    one, other = original[rows], original[graph.indices[rows, places].astype(np.int64)]
    apart = one != other
    # Neighbours are not mutual: both directions count.
    sources = np.concatenate([one[apart], other[apart]])
    targets = np.concatenate([other[apart], one[apart]])
    order = np.argsort(sources, kind="stable")
    return _Pairs(sources[order], targets[order])


def _crowd(original: NDArray[np.int64], graph: NeighborGraph, distance: float) -> NDArray[np.int64]:
    """Give, ascending, the rows whose whole list of neighbours is near, so that more may be near than it holds.

    A pair that is in neither list is a pair of two such rows.
    """
    if not 0 < graph.k < len(original) - 1:
        return np.empty(0, np.int64)
    return np.unique(original[graph.distances[:, -1] < distance])


def _nearer(vectors: NDArray[Any], row: int, others: NDArray[np.int64], distance: float) -> NDArray[np.int64]:
    """Give those of `others` that are near `row`."""
    centre = vectors[row].astype(np.float32)
    found = []
    block = max(1, BLOCK_CELLS // vectors.shape[1])
    for start in range(0, len(others), block):
        rows = others[start : start + block]
        difference = vectors[rows].astype(np.float32) - centre
        squared = np.einsum("ij,ij->i", difference, difference, dtype=np.float64)
        found.append(rows[np.sqrt(squared).astype(np.float32) < distance])
    return np.concatenate([*found, np.empty(0, np.int64)])


def _leaders(
    pairs: _Pairs,
    crowd: NDArray[np.int64],
    vectors: NDArray[Any],
    distance: float,
    progress: ProgressCallback | None,
) -> NDArray[np.int64]:
    """Give each row's leader: the first near it that is not itself led, or itself."""
    leader = np.arange(len(vectors))
    taken = np.zeros(len(vectors), np.bool_)
    rows = np.union1d(pairs.sources, crowd)
    for done, row in enumerate(rows):
        if progress is not None and done % 1000 == 0:
            progress(Progress(STAGE, done, len(rows)))
        if taken[row]:
            continue
        near = pairs.of(row)
        place = int(np.searchsorted(crowd, row))
        if place < len(crowd) and crowd[place] == row:
            others = crowd[place + 1 :]
            near = np.concatenate([near, _nearer(vectors, row, others[~taken[others]], distance)])
        joining = near[~taken[near] & (near > row)]
        leader[joining], taken[joining] = row, True
    if progress is not None and len(rows):
        progress(Progress(STAGE, len(rows), len(rows)))
    return leader
