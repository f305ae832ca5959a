"""Wait for conditions, never for a time or a number of tries.

The deadline measures nothing. It only ends a test whose condition never holds, at any load of the machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["DEADLINE", "nothing_is_left_to_do", "until", "wait_until"]

DEADLINE = 120.0
"""Seconds after which a condition is taken never to hold."""
PAUSE = 0.01


async def until(holds: Callable[[], object], act: Callable[[], object] = lambda: None) -> None:
    """Let a loop run until a condition holds; before each look do something again that may bring it about."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "what was waited for never came"
        act()
        await asyncio.sleep(PAUSE)


async def nothing_is_left_to_do() -> None:
    """Run a loop until all its work has ended."""
    await asyncio.sleep(PAUSE)  # requested work begins
    await until(lambda: len(asyncio.all_tasks()) == 1)


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until a condition holds that another thread or process brings about."""
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, "what was waited for never came"
        time.sleep(PAUSE)
