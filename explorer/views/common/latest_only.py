"""Running only the newest request: one at a time, and only the last of those that wait."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Newest"]

Work = Callable[[], Coroutine[Any, Any, None]]


class Newest:
    """Runs requests that replace each other: a pointer's place, a page of a gallery, the effect of a threshold.

    While one runs, only the last of the new requests is kept. It runs next.

    Parameters
    ----------
    start
        Starts work on the session's loop.
    """

    def __init__(self, start: Callable[[Work], None]) -> None:
        self._start = start
        self._waiting: Work | None = None
        self._busy = False

    def ask(self, work: Work) -> None:
        """Run `work` next. It replaces the work that waits."""
        self._waiting = work
        if not self._busy:
            self._busy = True
            self._start(self._until_done)

    async def _until_done(self) -> None:
        try:
            while (work := self._waiting) is not None:
                self._waiting = None
                await work()
        finally:
            self._busy = False
