"""How much may come in a while: a bucket that leaks."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["Bucket"]


class Bucket:
    """Takes bursts, and then no more than leaks out meanwhile.

    Parameters
    ----------
    rate
        What leaks out in a second, in any unit.
    burst
        What the bucket holds before anybody has to wait.
    clock
        Gives seconds.
    """

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._level, self._seen = 0.0, clock()

    def take(self, amount: float = 1.0) -> float:
        """Pour something in; give the seconds to wait until the bucket holds it."""
        now = self._clock()
        self._level = max(0.0, self._level - self._rate * (now - self._seen)) + amount
        self._seen = now
        return max(0.0, self._level - self._burst) / self._rate
