"""Find related images, which share a project or are near-duplicates. No input or output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["related_images_of"]


def related_images_of(projects: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join images that share a project or a group of near-duplicates, directly or through other images.

    Parameters
    ----------
    projects
        int64 (n,). Project of each image, -1 if unknown.
    groups
        int64 (n,). Near-duplicates share a number.

    Returns
    -------
    ndarray
        int64 (n,). The lowest row among each image's related images.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    rows = np.arange(len(groups))
    known = np.flatnonzero(projects >= 0)
    _, project = np.unique(projects[known], return_inverse=True)
    _, group = np.unique(groups, return_inverse=True)
    shape = len(rows) + len(known) + len(rows)
    ends = np.concatenate([len(rows) + project, len(rows) + len(known) + group])
    starts = np.concatenate([known, rows])
    links = coo_matrix((np.ones(len(ends), np.int8), (starts, ends)), shape=(shape, shape))
    _, label = connected_components(links, directed=False)
    _, first, inverse = np.unique(label[: len(rows)], return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.int64)
