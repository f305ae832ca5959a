"""A quick layout of any number of images: a sample by t-SNE, every other image beside its nearest sample. Pure."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.neighbors import knn_graph
from pipeline.embedding.reduction import principal_components
from pipeline.errors import ParameterError
from pipeline.layout.projection import tsne_layout
from pipeline.progress import Progress, ProgressCallback

__all__ = ["SAMPLED_ROWS", "quick_layout"]

SAMPLED_ROWS: Final = 8_000
"""Images that are laid out. All are, up to this number."""

COMPONENTS: Final = 50
NEIGHBORS: Final = 90
SPACING_OF: Final = 3
"""The distance to this neighbour is the space around a sampled image."""

BLOCK: Final = 512


def quick_layout(
    vectors: NDArray[Any], *, seed: int, sampled: int = SAMPLED_ROWS, progress: ProgressCallback | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return a layout in minutes where a full one would take hours.

    The place of an image that is not in the sample tells which sampled image is nearest, and hardly more: its direction
    from there follows its difference by the two main components, and its distance is at most the space around it.

    Parameters
    ----------
    vectors
        float ``(n, d)``, L2-normalised, finite.
    seed
        Seed of the sample and of t-SNE.
    sampled
        Number of images that t-SNE lays out.
    progress
        Called during both steps; may raise to stop.

    Returns
    -------
    positions
        float32 ``(n, 2)``.
    rows
        int64, ascending: the sampled rows.

    Raises
    ------
    ParameterError
        If `vectors` has not two dimensions, or `sampled` is below 1.
    """
    if vectors.ndim != 2 or sampled < 1:
        raise ParameterError(
            f"Vectors of shape {vectors.shape} with sampled={sampled} are not allowed. Give one row for each image, "
            "and a sample of 1 or more."
        )
    count = len(vectors)
    rows = np.arange(count)
    if count > sampled:
        rows = np.sort(np.random.default_rng(seed).choice(count, size=sampled, replace=False))
    part = np.asarray(vectors[rows], np.float32)
    graph = knn_graph(part, NEIGHBORS, seed=seed)
    components = principal_components(part, COMPONENTS, seed=seed)
    places = tsne_layout(components, graph, seed=seed, progress=progress)
    if count <= sampled:
        return places, rows.astype(np.int64)
    positions = _placed(vectors, part, places, components, progress)
    positions[rows] = places
    return positions, rows.astype(np.int64)


def _placed(
    vectors: NDArray[Any],
    part: NDArray[np.float32],
    places: NDArray[np.float32],
    components: NDArray[np.float32],
    progress: ProgressCallback | None,
) -> NDArray[np.float32]:
    """Return a place for each vector, beside the sampled one that is nearest."""
    spaces = knn_graph(places, SPACING_OF, seed=0).distances[:, -1]
    scales = np.maximum(knn_graph(part, SPACING_OF, seed=0).distances[:, -1], np.float32(1e-6))
    # Maps a difference of vectors to the two main components.
    directions = np.linalg.lstsq(part - part.mean(axis=0), components[:, :2], rcond=None)[0].astype(np.float32)
    others = np.ascontiguousarray(part.T)
    positions = np.empty((len(vectors), 2), np.float32)
    for start in range(0, len(vectors), BLOCK):
        block = np.asarray(vectors[start : start + BLOCK], np.float32)
        nearest = np.argmax(block @ others, axis=1)
        difference = block - part[nearest]
        toward = difference @ directions
        length = np.maximum(np.linalg.norm(toward, axis=1), np.float32(1e-12))
        distance = np.minimum(np.linalg.norm(difference, axis=1) / scales[nearest], 1.0) * spaces[nearest]
        positions[start : start + BLOCK] = places[nearest] + toward * (distance / length)[:, None]
        if progress is not None and start % (BLOCK * 64) == 0:
            progress(Progress("Placing the others", start + len(block), len(vectors)))
    return positions
