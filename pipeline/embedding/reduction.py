"""From a backbone's vectors to the embedding as stored: centred, reduced, L2-normalised, in that order.

Centring first, because the features of an image backbone are all non-negative and share one large common direction
that would drown every cosine; normalising last, because a vector is only a direction once nothing else is subtracted.
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
# The directions of a covariance settle long before this many rows; the mean still uses every row.
MAX_FIT_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Reduction:
    """What turns a backbone's vectors into stored ones; kept with the collection for images to come.

    Parameters
    ----------
    mean
        float32 ``(d,)``: mean of the rows that it was fitted on.
    components
        float32 ``(w, d)``: orthonormal rows, largest variance first; ``None`` where the native width is kept.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32] | None

    @property
    def input_width(self) -> int:
        """Width of the vectors that go in."""
        return int(self.mean.shape[0])

    @property
    def width(self) -> int:
        """Width of the vectors that come out."""
        return self.input_width if self.components is None else int(self.components.shape[0])


def fit_reduction(
    vectors: NDArray[Any], *, max_native_rows: int = 5000, width: int = 512, seed: int, max_fit_rows: int = MAX_FIT_ROWS
) -> Reduction:
    """Fit the mean and, for large collections of wide vectors, the principal components.

    The covariance is summed block by block in float64 and decomposed exactly, so memory does not grow with the
    number of rows. Rows that are wholly zero stand for images without features and are left out.

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``: the backbone's output in ascending order of ``image_id``. May be a memory map.
    max_native_rows
        Up to this many rows the native width is kept.
    width
        Width above that, where ``d`` is larger.
    seed
        Draws the rows behind the components where there are more than ``max_fit_rows``.
    max_fit_rows
        At most this many rows decide the components; the mean always uses all.

    Returns
    -------
    Reduction
        Mean and components; a function of the arguments alone.

    Raises
    ------
    ParameterError
        If ``vectors`` is not two-dimensional, holds a value that is not finite, or an option is below 1.
    """
    _check_matrix(vectors)
    if min(max_native_rows, width, max_fit_rows) < 1:
        raise ParameterError(
            f"max_native_rows={max_native_rows}, width={width} and max_fit_rows={max_fit_rows} were given; "
            "each must be 1 or more. Pass positive numbers."
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
        float16 ``(n, w)``: rows of norm 1 to the precision of float16. A row that was wholly zero, or that equals the
        mean, has no direction and becomes zero; nothing ever becomes NaN.

    Raises
    ------
    ParameterError
        If the width is not the one fitted, or a value is not finite.
    """
    _check_matrix(vectors)
    if vectors.shape[1] != reduction.input_width:
        raise ParameterError(
            f"Vectors of width {vectors.shape[1]} were given to a reduction fitted on width {reduction.input_width}. "
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
    """Find the orthonormal directions along which rows vary most, by an exact eigendecomposition.

    Parameters
    ----------
    vectors
        float16 or float32 ``(n, d)``; rows wholly zero stand for images without features and do not count.
    width
        How many directions, at most ``d``.
    mean
        float32 ``(d,)``: subtracted first; left out for rows that are centred already.
    seed
        Draws the rows that decide where there are more than ``max_rows``.
    max_rows
        At most this many rows decide.

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
    # An eigenvector has no sign of its own: fix it, so that another LAPACK gives the same embedding.
    largest = np.abs(leading).argmax(axis=1)
    signs = np.sign(leading[np.arange(len(leading)), largest])
    return np.ascontiguousarray(leading * signs[:, None], dtype=np.float32)


def principal_components(vectors: NDArray[Any], count: int = 50, *, seed: int) -> NDArray[np.float32]:
    """Project rows on their leading principal components, as layouts want them.

    Randomised range finder of Halko, Martinsson and Tropp (2011, SIAM Review 53, algorithm 5.1) by scikit-learn, whose
    sign rule makes the largest loading of each component positive.

    Parameters
    ----------
    vectors
        float ``(n, d)`` in ascending order of ``image_id``.
    count
        How many components.
    seed
        Seeds the random test matrix.

    Returns
    -------
    ndarray
        float32 ``(n, min(count, d))``, variance falling from left to right. Where the rows span fewer dimensions
        (few images, identical vectors) the remaining columns are zero.

    Raises
    ------
    ParameterError
        If ``vectors`` is not two-dimensional or holds a value that is not finite, or ``count`` is below 1.
    """
    from sklearn.decomposition import PCA

    _check_matrix(vectors)
    if count < 1:
        raise ParameterError(f"{count} components were asked for; 1 or more are possible. Pass a positive count.")
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
            f"An array of shape {vectors.shape} was given; vectors are two-dimensional, one row an image. Reshape it."
        )


def _blocks(vectors: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = np.asarray(vectors[start : start + BLOCK_ROWS], dtype=np.float32)
        if not np.isfinite(block).all():
            row = start + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise ParameterError(
                f"Row {row} of the vectors holds a value that is not finite; only finite numbers can be reduced. "
                "Embed that image again, or leave it out."
            )
        yield block


def _unit_rows(rows: NDArray[np.float32], magnitude: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to norm 1; what is only float32 rounding of a vector equal to the mean becomes zero."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    # Dividing by the largest entry first keeps squares of tiny or huge values inside float32.
    scaled = np.divide(rows, largest, out=np.zeros_like(rows), where=largest > 1e-6 * magnitude[:, None])
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(np.divide(scaled, norms, out=np.zeros_like(rows), where=norms > 0), dtype=np.float32)
