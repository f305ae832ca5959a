"""A cache of a slow function's most recent results, shared by many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache, cached

__all__ = ["Recent"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Results of a function of one key. The least recently used are dropped. Safe for many threads.

    If two threads need the same key at the same time, it is computed once (`functools.lru_cache` computes it twice).
    Other keys are computed meanwhile.

    Parameters
    ----------
    size
        Number of results kept.
    compute
        The function.
    """

    def __init__(self, size: int, compute: Callable[[Key], Value]) -> None:
        self._kept: LRUCache[Key, Value] = LRUCache(size)
        self._changed = threading.Condition()
        self._compute = cached(self._kept, key=_itself, condition=self._changed)(compute)

    def __contains__(self, key: Key) -> bool:
        """Return whether the result of a key is kept."""
        with self._changed:
            return key in self._kept

    def get(self, key: Key) -> Value:
        """Return the result of a key. Errors of the function are raised and not kept."""
        return self._compute(key)


def _itself(key: Key) -> Key:
    return key
