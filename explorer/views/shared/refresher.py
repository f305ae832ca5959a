"""Reading what a tab shows: in a thread, as often as it changes, and not while nobody looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

__all__ = ["Reading"]


class Reading:
    """Reads again after every change: asked often, once and once more.

    Parameters
    ----------
    read
        Reads once; what goes wrong there it tells by itself.
    wanted
        Tells whether anybody looks.
    later
        Starts work on the session's loop.
    fresh_seconds, rest
        Pause after a reading: at least so many seconds, and so many times what the reading took.
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
        """Read anew, now or after the reading that is under way."""
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
