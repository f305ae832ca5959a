"""A memory limit that several threads share while they decode pictures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

__all__ = ["Budget", "MemoryBudget"]


class Budget(Protocol):
    """Interface of a budget, which makes work wait until its memory is free."""

    def take(self, wanted: int) -> AbstractContextManager[None]:
        """Hold `wanted` bytes during a block."""


class MemoryBudget:
    """Makes work wait until its memory is free. Work that needs more than the whole budget runs alone.

    Parameters
    ----------
    size
        Bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._taken = 0
        self._changed = threading.Condition()

    @contextmanager
    def take(self, wanted: int) -> Iterator[None]:
        """Hold `wanted` bytes during a block. Never nest it in a block of the same budget."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken or self._taken + wanted <= self.size)
            self._taken += wanted
        try:
            yield
        finally:
            with self._changed:
                self._taken -= wanted
                self._changed.notify_all()
