"""What is compiled before the page can be reached, and what in a thread after that."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.map import density
from pipeline.map import frame as frames
from pipeline.rounds import scoring
from pipeline.search import dot_products as similarity

__all__ = ["FIRST", "LATER", "TINT", "Step"]

Step = tuple[str, Callable[[], None]]
"""Words for the progress, and the function that compiles or loads from the cache."""

FIRST: tuple[Step, ...] = (("compiling (pictures)", frames.warm_up),)
"""The kernels of a frame without the tint."""

TINT: Step = ("compiling (tint)", density.warm_up)
"""Not for the first frame: the tint takes two seconds the first time, and one every time."""

LATER: tuple[Step, ...] = (("compiling (search)", similarity.warm_up), ("compiling (scores)", scoring.warm_up))
"""What no frame needs."""
