"""A few results kept of a costly function, the least recently used given up; safe for many threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Recent"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Like `functools.lru_cache`, but two threads that ask for the same key at once compute it once.

    Parameters
    ----------
    size
        Results kept.
    compute
        The function.
    """

    def __init__(self, size: int, compute: Callable[[Key], Value]) -> None:
        self._size = size
        self._compute = compute
        self._kept: OrderedDict[Key, Value] = OrderedDict()
        self._pending: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: Key) -> bool:
        """Tell whether a result is there already."""
        with self._lock:
            return key in self._kept

    def get(self, key: Key) -> Value:
        """Give the result for a key; errors of the function pass through and are not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            pending = self._pending.setdefault(key, threading.Lock())
        with pending:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            value = self._compute(key)
            with self._lock:
                self._kept[key] = value
                self._pending.pop(key, None)
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return value
