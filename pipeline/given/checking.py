"""Check vectors before anything is built from them. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SourceError
from pipeline.given.vector_files import VectorRows, blocks
from pipeline.progress import Progress, ProgressCallback

__all__ = ["check_vectors"]

NOTHING: Final = 1e-290
"""A number below this counts as zero."""

WIDEST_RANGE: Final = 1e6
"""How many times larger the largest number of one row may be than that of another. Half precision holds no more."""

_STAGE: Final = "Checking vectors"
_TOP: Final = 7
"""The largest number becomes 2^7 to 2^8, in the middle of what half precision holds."""


def check_vectors(rows: VectorRows, progress: ProgressCallback) -> float:
    """Check all vectors, in blocks.

    Parameters
    ----------
    rows
        m vectors.
    progress
        Called after each block; may raise to stop.

    Returns
    -------
    float
        Power of two to multiply all numbers by, so that half precision holds them.

    Raises
    ------
    SourceError
        If a number is not finite, a vector is all zeros, all vectors are the same, or the numbers of one are a million
        times larger than those of another. The sentence names the row.
    """
    largest = np.zeros(len(rows.values))
    first, different, start = np.asarray(rows.values[:1], np.float64), False, 0
    for block in blocks(rows.values):
        wide = np.asarray(block, np.float64)
        _check_block(rows, wide, start)
        largest[start : start + len(wide)] = np.abs(wide).max(axis=1, initial=0.0)
        different = different or bool((wide != first).any())
        start += len(wide)
        progress(Progress(_STAGE, start, len(rows.values), "vectors"))
    if len(largest) > 1 and not different:
        raise SourceError(
            f"All {len(largest):,} vectors of {rows.name} are the same, so no image is nearer to another. Give vectors "
            "that differ."
        )
    return _scale(rows, largest)


def _check_block(rows: VectorRows, block: NDArray[np.float64], start: int) -> None:
    bad = np.argwhere(~np.isfinite(block))
    if len(bad):
        row, column = bad[0].tolist()
        raise SourceError(
            f"{rows.place(start + row)}: number {column + 1:,} of the vector is {block[row, column]}. All must be "
            "finite: leave the row out, or give it another vector."
        )
    empty = np.flatnonzero(np.abs(block).max(axis=1, initial=0.0) < NOTHING)
    if empty.size:
        raise SourceError(
            f"{rows.place(start + int(empty[0]))}: all numbers of the vector are 0, so it has no direction. Leave the "
            "row out, or give it another vector."
        )


def _scale(rows: VectorRows, largest: NDArray[np.float64]) -> float:
    if not len(largest):
        return 1.0
    low, high = int(np.argmin(largest)), int(np.argmax(largest))
    if largest[high] / WIDEST_RANGE > largest[low]:
        raise SourceError(
            f"{rows.place(high)}: the vector has numbers up to {largest[high]:.3g}, and row {low:,} only up to "
            f"{largest[low]:.3g}. Allowed is {WIDEST_RANGE:,.0f} times as much. Scale each vector to length 1."
        )
    exponent = _TOP - int(np.floor(np.log2(largest[high])))
    return float(np.ldexp(1.0, exponent))
