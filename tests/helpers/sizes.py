"""How much a test tries: a part by default, everything with ``pytest --all``.

What is asserted is the same; there are fewer cases to assert it of.
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
    """Whether everything runs."""
    return os.environ.get(_VARIABLE) == "full"


def sizes(quick: Size, full: Size) -> Size:
    """Return the size of this run."""
    return full if are_full() else quick
