"""Run a coroutine in a thread of its own: a browser test before it may have left an event loop in this one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["run_apart"]

T = TypeVar("T")


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine, or raise its error."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(work)).result()
