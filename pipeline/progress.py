"""Frozen descriptions that travel between modules: options in, facts out. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Progress", "ProgressCallback"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage has come.

    Parameters
    ----------
    stage
        Name of the stage in words for people, e.g. ``"Embedding images"``.
    done, total
        Units finished and in all; ``total`` 0 means unknown.
    unit
        What is counted: ``"images"``, ``"iterations"``, ...
    note
        Something worth saying beside the bar, or ``""``.
    """

    stage: str
    done: int
    total: int
    unit: str = "images"
    note: str = ""


ProgressCallback = Callable[[Progress], None]
"""Called often from the working thread; may raise to cancel the work."""
