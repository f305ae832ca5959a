"""Progress of long work, as a frozen record for a callback. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Progress", "ProgressCallback"]


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a stage.

    Parameters
    ----------
    stage
        Name of the stage for people, e.g. ``"Embedding images"``.
    done, total
        Number of units finished and of all units; ``total`` 0 means unknown.
    unit
        Name of the units: ``"images"``, ``"iterations"``, ...
    note
        A remark to show next to the progress bar, or ``""``.
    """

    stage: str
    done: int
    total: int
    unit: str = "images"
    note: str = ""


ProgressCallback = Callable[[Progress], None]
"""Callback that the working thread calls often; may raise to cancel the work."""
