"""How many messages a browser may send in how short a time. Pure.

People press and drag; a program that sends thousands a second takes the server's time from everybody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["BURST", "PER_SECOND", "Budget"]

BURST = 1_000
PER_SECOND = 300.0
"""A map that is dragged sends some 150 a second: views, what was seen, and where the pointer is."""


class Budget:
    """A bucket of tokens: one a message, filled again over time.

    Parameters
    ----------
    burst
        Messages that may come at once.
    per_second
        Messages that may come all the time.
    clock
        Seconds that never jump.
    """

    def __init__(
        self, burst: int = BURST, per_second: float = PER_SECOND, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst, self._per_second, self._clock = burst, per_second, clock
        self._left, self._at = float(burst), clock()

    def spend(self) -> bool:
        """Take one message's worth; whether there was any left."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
