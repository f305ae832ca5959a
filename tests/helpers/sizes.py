"""Sizes of tests: a part by default, everything with ``pytest --all``.

The assertions are the same. Only the number of cases differs.
"""

from __future__ import annotations

import os
from typing import TypeVar

Size = TypeVar("Size")

__all__ = ["are_full", "choose", "sizes"]

_VARIABLE = "BAM_EXPLORER_TEST_SIZES"


def choose(*, full: bool) -> None:
    """Choose the sizes of this run, before the tests are collected."""
    os.environ[_VARIABLE] = "full" if full else "quick"


def are_full() -> bool:
    """Return whether all tests run."""
    return os.environ.get(_VARIABLE) == "full"


def sizes(quick: Size, full: Size) -> Size:
    """Return the size of this run."""
    return full if are_full() else quick
