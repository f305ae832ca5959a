"""Dot products of half-precision vectors with a query, without a separate conversion to single precision. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["dot_products", "warm_up"]


HALF_TO_SINGLE = np.float32(2.0**112)
"""Ratio between the exponent biases of single and half precision; exact, also for subnormal numbers."""


def dot_products(vectors: NDArray[np.float16], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the dot product of every vector with a query.

    NumPy converts half to single precision one number at a time, thirty times slower than it multiplies. Here vector
    instructions do both.

    Parameters
    ----------
    vectors
        float16 (n, d), C-contiguous, finite.
    query
        float32 (d,), numbers below 2**15.

    Returns
    -------
    ndarray
        float32 (n,).
    """
    out = np.empty(len(vectors), np.float32)
    scaled = np.ascontiguousarray(query, np.float32) * HALF_TO_SINGLE
    _dot_products(np.ascontiguousarray(vectors).view(np.uint16), scaled, out)
    return out


def warm_up() -> None:
    """Compile the kernel of a search, or load it from the cache."""
    dot_products(np.zeros((1, 2), np.float16), np.zeros(2, np.float32))


def _multiply(halves: NDArray[np.uint16], query: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for row in range(halves.shape[0]):
        total = np.float32(0)
        for column in range(halves.shape[1]):
            half = np.uint32(halves[row, column])
            # Exponent and fraction of a half, moved to their places in a single. The remaining factor is part of the
            # query. Applied to the sum it would come too late, after products too small for a single.
            bits = ((half & np.uint32(0x7FFF)) << np.uint32(13)) | ((half & np.uint32(0x8000)) << np.uint32(16))
            total += np.uint32(bits).view(np.float32) * query[column]
        out[row] = total


def _compiled() -> numba.core.dispatcher.Dispatcher:
    # Sums in any order, unlike `pipeline.compilation.compiled`: the written order prevents vector instructions.
    options = {"nogil": True, "fastmath": {"reassoc", "contract", "nsz"}}
    try:
        return numba.njit(cache=True, **options)(_multiply)
    except RuntimeError:  # no place to store the machine code
        return numba.njit(**options)(_multiply)


_dot_products = _compiled()
