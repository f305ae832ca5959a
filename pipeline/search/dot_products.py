"""Similarity of half-precision vectors to a query, without making them single-precision first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["dot_products", "warm_up"]


HALF_TO_SINGLE = np.float32(2.0**112)
"""What parts the zero points of the exponents of half and single precision; exact, and right for subnormal numbers."""


def dot_products(vectors: NDArray[np.float16], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply every vector with a query.

    NumPy turns half into single precision one number at a time, thirty times slower than it multiplies; here both
    happen in vector instructions.

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
    """Compile, or load from the cache, what a search needs."""
    dot_products(np.zeros((1, 2), np.float16), np.zeros(2, np.float32))


def _multiply(halves: NDArray[np.uint16], query: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for row in range(halves.shape[0]):
        total = np.float32(0)
        for column in range(halves.shape[1]):
            half = np.uint32(halves[row, column])
            # Exponent and fraction of a half, moved to where a single has them; the factor that is left stands in the
            # query: in the sum it would come too late, after products too small for a single.
            bits = ((half & np.uint32(0x7FFF)) << np.uint32(13)) | ((half & np.uint32(0x8000)) << np.uint32(16))
            total += np.uint32(bits).view(np.float32) * query[column]
        out[row] = total


def _compiled() -> numba.core.dispatcher.Dispatcher:
    # Sums in any order, unlike `pipeline.compilation.compiled`: in the written order no vector instruction fits.
    options = {"nogil": True, "fastmath": {"reassoc", "contract", "nsz"}}
    try:
        return numba.njit(cache=True, **options)(_multiply)
    except RuntimeError:  # no place to keep the machine code
        return numba.njit(**options)(_multiply)


_dot_products = _compiled()
