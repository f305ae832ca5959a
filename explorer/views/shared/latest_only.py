"""Doing the newest of what is asked: one at a time, and of those that wait the last one only."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Newest"]

Work = Callable[[], Coroutine[Any, Any, None]]


class Newest:
    """Answers questions that replace each other: where a pointer is, which page of a gallery, what a cut does.

    However many come while one is answered, one more is answered after it.

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
        """Do this next, in the place of what waits."""
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
