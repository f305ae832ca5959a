"""Find pictures that repeat an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Two pictures repeat each other if their ink differs by less than this share of the ink of both.
NEAR = 0.10


class Seen:
    """Signatures of the pictures taken so far."""

    def __init__(self, capacity: int, width: int) -> None:
        self._signatures: NDArray[np.float32] = np.zeros((capacity, width), dtype=np.float32)
        self._totals: NDArray[np.float32] = np.zeros(capacity, dtype=np.float32)
        self._count = 0

    def repeats(self, signature: NDArray[np.float32]) -> bool:
        """Return whether a picture taken earlier looks almost the same."""
        total = np.float32(signature.sum())
        totals = self._totals[: self._count]
        # The difference of the ink is at least the difference of its sums, so most pictures need no comparison.
        close = np.flatnonzero(np.abs(totals - total) < NEAR * (totals + total))
        differences = np.abs(self._signatures[close] - signature).sum(axis=1)
        return bool((differences < NEAR * (totals[close] + total)).any())

    def add(self, signature: NDArray[np.float32]) -> None:
        """Remember a picture that was taken."""
        self._signatures[self._count] = signature
        self._totals[self._count] = signature.sum()
        self._count += 1
