"""Find exact duplicates by the bytes of files and near-duplicates by the distance of embeddings. No input or output.

The leader algorithm makes the groups (Hartigan 1975, Clustering Algorithms, ch. 3). In ascending order of rows, an
image joins the first leader within the threshold, or becomes a leader. So every image of a group lies within the
threshold of the first one. With connected components, a chain of images that each resemble the next would become one
group.

A neighbour graph has a fixed number of neighbours for each image. If all of them are near, there may be more near
images. These images, a crowd, are also compared with each other, so a thousand copies of one picture are one group.
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
"""Euclidean distances of unit vectors below which two pictures are near-duplicates, measured for each network. The key
is the SHA-256 of the weights, because one backbone with other weights is another space."""

LARGEST = 2.0  # greatest distance of two unit vectors
BLOCK_CELLS = 8_000_000  # differences held at once
STAGE = "Finding duplicates"


@dataclass(frozen=True, slots=True, eq=False)
class DuplicateGroups:
    """The groups of duplicate images.

    Parameters
    ----------
    groups
        int64 (n,). Row of the first image of each image's group. An image without duplicates has its own row.
    exact
        bool (n,). Whether another image has the same bytes.
    """

    groups: NDArray[np.int64]
    exact: NDArray[np.bool_]

    @property
    def members(self) -> NDArray[np.int64]:
        """Rows of the images in groups of two or more, ascending."""
        sizes = np.bincount(self.groups, minlength=len(self.groups))
        return np.flatnonzero(sizes[self.groups] > 1)


def near_distance(weights_sha256: str, chosen: float | None) -> float:
    """Return the distance below which images are near-duplicates, or 0 to find only exact duplicates.

    Parameters
    ----------
    weights_sha256
        SHA-256 of the network's weights. For weights without a measured distance only exact duplicates are found.
    chosen
        The distance that a person chose instead, or None.

    Raises
    ------
    ParameterError
        If `chosen` is not between 0 and 2.
    """
    check_near_distance(chosen)
    return NEAR_DISTANCES.get(weights_sha256, 0.0) if chosen is None else chosen


def check_near_distance(chosen: float | None) -> None:
    """Raise the errors of `near_distance` before anything is loaded."""
    if chosen is not None and not 0 <= chosen <= LARGEST:
        raise ParameterError(
            f"A distance of {chosen} for near-duplicates is out of range: 0 (off) to 2 is allowed. A larger distance "
            "finds more near-duplicates and makes more errors. Usual are 0.3 to 0.5."
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
        n SHA-256 sums of the files, in the order of rows; "" for an image without a file, which equals no other.
    vectors
        float ``(n, d)``. Unit vectors of the images.
    graph
        Nearest neighbours of the n images by these vectors.
    distance
        Near-duplicates are nearer to the first image of their group than this. 0 finds exact duplicates only.
    progress
        Called as images are compared. It can raise to cancel.

    Returns
    -------
    DuplicateGroups
        The same for any order of import, because rows are in ascending `image_id`.

    Raises
    ------
    ParameterError
        If the numbers of rows differ.
    """
    count = len(hashes)
    if not len(vectors) == len(graph.indices) == count:
        raise ParameterError(
            f"{count:,} hashes, {len(vectors):,} vectors and neighbours of {len(graph.indices):,} images do not match. "
            "Each image needs one of each."
        )
    if not count:
        return DuplicateGroups(np.empty(0, np.int64), np.empty(0, np.bool_))
    sums = np.asarray([one or f"row {row}" for row, one in enumerate(hashes)])
    _, first, same, copies = np.unique(sums, return_index=True, return_inverse=True, return_counts=True)
    original = first[same].astype(np.int64)
    leader = _leaders(
        _near_pairs(original, graph, distance), _crowd(original, graph, distance), vectors, distance, progress
    )
    return DuplicateGroups(leader[original], copies[same] > 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of near rows, each in both directions, ascending by source."""

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]

    def of(self, row: int) -> NDArray[np.int64]:
        """Return the rows near ``row``."""
        start, stop = np.searchsorted(self.sources, [row, row + 1])
        return self.targets[start:stop]


def _near_pairs(original: NDArray[np.int64], graph: NeighborGraph, distance: float) -> _Pairs:
    """Return the near pairs of the graph. Files with the same bytes count as one."""
    rows, places = np.nonzero(graph.distances < distance)
    one, other = original[rows], original[graph.indices[rows, places].astype(np.int64)]
    apart = one != other
    # Neighbours are not always mutual, so both directions count.
    sources = np.concatenate([one[apart], other[apart]])
    targets = np.concatenate([other[apart], one[apart]])
    order = np.argsort(sources, kind="stable")
    return _Pairs(sources[order], targets[order])


def _crowd(original: NDArray[np.int64], graph: NeighborGraph, distance: float) -> NDArray[np.int64]:
    """Return the rows whose listed neighbours are all near, ascending, because more rows than these can be near.

    Two near rows that are in neither list are both of this kind.
    """
    if not 0 < graph.k < len(original) - 1:
        return np.empty(0, np.int64)
    return np.unique(original[graph.distances[:, -1] < distance])


def _nearer(vectors: NDArray[Any], row: int, others: NDArray[np.int64], distance: float) -> NDArray[np.int64]:
    """Return the rows of `others` that are near `row`."""
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
    """Return each row's leader, which is the first near row that has no other leader, or the row itself."""
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
