"""A rate limit: the leaky bucket."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Bucket"]


class Bucket:
    """Allows bursts, and afterwards a constant rate.

    Parameters
    ----------
    rate
        Amount a second that leaks out, in any unit.
    burst
        Amount that the bucket holds before a caller has to wait.
    clock
        Returns seconds.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._level, self._seen = 0.0, clock()

    def take(self, amount: float = 1.0) -> float:
        """Add an amount. Return the seconds to wait until the bucket can hold it."""
        now = self._clock()
        self._level = max(0.0, self._level - self._rate * (now - self._seen)) + amount
        self._seen = now
        return max(0.0, self._level - self._burst) / self._rate
