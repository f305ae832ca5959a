"""Reduce a backbone's vectors to the stored embedding: centred, reduced and L2-normalised, in that order.

Centring comes first, because the features of an image backbone are all non-negative. They share one large common
direction that would dominate every cosine. Normalising comes last, because subtraction would change the length again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["Reduction", "apply_reduction", "fit_reduction", "leading_directions", "principal_components"]

BLOCK_ROWS = 8192
# The directions of a covariance are stable with far fewer rows than this. The mean still uses every row.
MAX_FIT_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Reduction:
    """The map from a backbone's vectors to stored ones, kept with the collection for new images.

    Parameters
    ----------
    mean
        float32 ``(d,)``. Mean of the rows that it was fitted on.
    components
        float32 ``(w, d)``. Orthonormal rows, largest variance first. ``None`` if the native width is kept.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32] | None

    @property
    def input_width(self) -> int:
        """Width of the input vectors."""
        return int(self.mean.shape[0])

    @property
    def width(self) -> int:
        """Width of the output vectors."""
        return self.input_width if self.components is None else int(self.components.shape[0])


def fit_reduction(
    vectors: NDArray[Any], *, max_native_rows: int = 5000, width: int = 512, seed: int, max_fit_rows: int = MAX_FIT_ROWS
) -> Reduction:
    """Fit the mean and, for large collections of wide vectors, the principal components.

    The covariance is summed block by block in float64 and decomposed exactly, so memory does not grow with the
    number of rows. Rows of zeros stand for images without features and are left out.

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``. The backbone's output in ascending order of ``image_id``. Can be a memory map.
    max_native_rows
        Greatest number of rows for which the native width is kept.
    width
        Width for more rows, if ``d`` is larger.
    seed
        Seed of the sample of rows, if there are more than ``max_fit_rows``.
    max_fit_rows
        Greatest number of rows used for the components. The mean always uses all.

    Returns
    -------
    Reduction
        Mean and components, the same for the same arguments.

    Raises
    ------
    ParameterError
        If ``vectors`` is not two-dimensional, contains a value that is not finite, or an option is below 1.
    """
    _check_matrix(vectors)
    if min(max_native_rows, width, max_fit_rows) < 1:
        raise ParameterError(
            f"max_native_rows={max_native_rows}, width={width} and max_fit_rows={max_fit_rows} are not allowed. "
            "Each must be 1 or more."
        )
    rows, native = vectors.shape
    total, count = np.zeros(native), 0
    for block in _blocks(vectors):
        present = block[block.any(axis=1)]
        total += present.sum(axis=0, dtype=np.float64)
        count += len(present)
    mean = (total / max(count, 1)).astype(np.float32)
    if rows <= max_native_rows or native <= width:
        return Reduction(mean=mean, components=None)
    return Reduction(
        mean=mean, components=leading_directions(vectors, width, mean=mean, seed=seed, max_rows=max_fit_rows)
    )


def apply_reduction(reduction: Reduction, vectors: NDArray[Any]) -> NDArray[np.float16]:
    """Centre, reduce and L2-normalise vectors.

    Parameters
    ----------
    reduction
        From `fit_reduction`.
    vectors
        float16 or float32 ``(n, d)`` in the caller's order, which is kept.

    Returns
    -------
    ndarray
        float16 ``(n, w)``. Rows of norm 1 to the precision of float16. A row of zeros, or a row equal to the mean, has
        no direction and becomes zero. No value becomes NaN.

    Raises
    ------
    ParameterError
        If the width differs from the fitted one, or a value is not finite.
    """
    _check_matrix(vectors)
    if vectors.shape[1] != reduction.input_width:
        raise ParameterError(
            f"Vectors of width {vectors.shape[1]} do not match a reduction fitted on width {reduction.input_width}. "
            "Use vectors of the backbone that this embedding was built with."
        )
    reduced = np.zeros((len(vectors), reduction.width), dtype=np.float16)
    start = 0
    for block in _blocks(vectors):
        centred = block - reduction.mean
        centred[~block.any(axis=1)] = 0
        if reduction.components is not None:
            centred = centred @ reduction.components.T
        reduced[start : start + len(block)] = _unit_rows(centred, np.abs(block).max(axis=1, initial=0))
        start += len(block)
    return reduced


def leading_directions(
    vectors: NDArray[Any],
    width: int,
    *,
    mean: NDArray[np.float32] | None = None,
    seed: int,
    max_rows: int = MAX_FIT_ROWS,
) -> NDArray[np.float32]:
    """Return the orthonormal directions along which rows vary most, by an exact eigendecomposition.

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``. Rows of zeros stand for images without features and do not count.
    width
        Number of directions, at most ``d``.
    mean
        float32 ``(d,)``. It is subtracted first. None for rows that are already centred.
    seed
        Seed of the sample of rows, if there are more than ``max_rows``.
    max_rows
        Greatest number of rows used.

    Returns
    -------
    ndarray
        float32 ``(min(width, d), d)``, largest variance first, the largest loading of each positive.
    """
    rows = np.arange(len(vectors))
    if len(rows) > max_rows:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), size=max_rows, replace=False))
    covariance = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(rows), BLOCK_ROWS):
        block = np.asarray(vectors[rows[start : start + BLOCK_ROWS]], dtype=np.float64)
        block = block[block.any(axis=1)]
        if mean is not None:
            block = block - mean
        covariance += block.T @ block
    _, directions = np.linalg.eigh(covariance)  # ascending
    leading = directions[:, ::-1][:, :width].T
    # The sign of an eigenvector is arbitrary. Fix it, so that another LAPACK gives the same embedding.
    largest = np.abs(leading).argmax(axis=1)
    signs = np.sign(leading[np.arange(len(leading)), largest])
    return np.ascontiguousarray(leading * signs[:, None], dtype=np.float32)


def principal_components(vectors: NDArray[Any], count: int = 50, *, seed: int) -> NDArray[np.float32]:
    """Return rows projected on their leading principal components, for layouts.

    scikit-learn runs the randomised range finder of Halko, Martinsson and Tropp (2011, SIAM Review 53, algorithm 5.1).
    Its sign rule makes the largest loading of each component positive.

    Parameters
    ----------
    vectors
        float ``(n, d)`` in ascending order of ``image_id``.
    count
        Number of components.
    seed
        Seed of the random test matrix.

    Returns
    -------
    ndarray
        float32 ``(n, min(count, d))``, with variance falling from left to right. If the rows span fewer dimensions
        (few images, identical vectors), the remaining columns are zero.

    Raises
    ------
    ParameterError
        If ``vectors`` is not two-dimensional or contains a value that is not finite, or ``count`` is below 1.
    """
    from sklearn.decomposition import PCA

    _check_matrix(vectors)
    if count < 1:
        raise ParameterError(f"{count} components are not allowed. Pass a count of 1 or more.")
    rows = np.concatenate(list(_blocks(vectors)) or [np.zeros((0, vectors.shape[1]), np.float32)])
    projected = np.zeros((len(rows), min(count, rows.shape[1])), dtype=np.float32)
    if len(rows) > 1 and np.any(rows != rows[0]):
        kept = min(count, *rows.shape)
        pca = PCA(n_components=kept, svd_solver="randomized", random_state=seed)
        projected[:, :kept] = pca.fit_transform(rows)
    return projected


def _check_matrix(vectors: NDArray[Any]) -> None:
    if vectors.ndim != 2:
        raise ParameterError(
            f"An array of shape {vectors.shape} is not allowed. Vectors are two-dimensional, one row for each image."
        )


def _blocks(vectors: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = np.asarray(vectors[start : start + BLOCK_ROWS], dtype=np.float32)
        if not np.isfinite(block).all():
            row = start + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise ParameterError(
                f"Row {row} of the vectors contains a value that is not finite. Only finite numbers can be reduced. "
                "Embed that image again, or leave it out."
            )
        yield block


def _unit_rows(rows: NDArray[np.float32], magnitude: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to norm 1. A row that is only the float32 rounding of a vector equal to the mean becomes zero."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    # Divide by the largest entry first, to keep squares of tiny or huge values inside float32.
    scaled = np.divide(rows, largest, out=np.zeros_like(rows), where=largest > 1e-6 * magnitude[:, None])
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(np.divide(scaled, norms, out=np.zeros_like(rows), where=norms > 0), dtype=np.float32)
