"""Refreshing a tab: after every change, in a thread, and only while the tab is open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

__all__ = ["Reading"]


class Reading:
    """Coalesces refreshes: at most one read runs and one is queued, however often it is called.

    Parameters
    ----------
    read
        Reads once, and reports its own errors.
    wanted
        Returns whether the tab is open.
    later
        Starts work on the session's loop.
    fresh_seconds, rest
        Shortest pause after a read, in seconds and as a multiple of the time that the read took.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[None]],
        *,
        wanted: Callable[[], bool],
        later: Callable[[Callable[[], Coroutine[Any, Any, None]]], None],
        fresh_seconds: float,
        rest: float,
    ) -> None:
        self._read, self._wanted, self._start = read, wanted, later
        self._fresh_seconds, self._rest = fresh_seconds, rest
        self._reading, self.stale = False, True

    def refresh(self) -> None:
        """Read again, now or after the read that is running."""
        self.stale = True
        if self._wanted() and not self._reading:
            self._reading = True
            self._start(self._until_current)

    async def _until_current(self) -> None:
        try:
            while self.stale and self._wanted():
                self.stale = False
                started = time.monotonic()
                await self._read()
                await asyncio.sleep(max(self._fresh_seconds, self._rest * (time.monotonic() - started)))
        finally:
            self._reading = False
