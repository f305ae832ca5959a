"""Warm-up: opens, compiles and indexes before the first visitor, so that the first frame is fast."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.services.services import Services
from pipeline.map import density
from pipeline.map import frame as frames
from pipeline.map.coloring import color_by_value
from pipeline.progress import Progress, ProgressCallback
from pipeline.rounds import scoring
from pipeline.search import dot_products as similarity

__all__ = ["warm_up"]

STAGE = "Preparing the map"


def warm_up(services: Services, progress: ProgressCallback | None = None) -> None:
    """Compile every kernel of the map, and build the default layout's index.

    Compiled code is kept on disk where that is possible, see `pipeline.compilation.compiled`.

    Parameters
    ----------
    services
        Services of the collection that is shown.
    progress
        Called before each step and at the end, but not if the services are warm already.

    Raises
    ------
    CollectionError
        If the collection cannot be read.
    """
    tell = progress if progress is not None else lambda _: None
    steps: list[tuple[str, Callable[[Services], object]]] = [
        ("compiling (pictures)", lambda _: frames.warm_up()),
        ("compiling (tint)", lambda _: density.warm_up()),
        ("compiling (search)", lambda _: similarity.warm_up()),
        ("compiling (scores)", lambda _: scoring.warm_up()),
        ("reading the scores", _read),
        ("sorting the layout", _index),
    ]
    if services.is_warm:
        return
    for done, (words, work) in enumerate(steps):
        tell(Progress(STAGE, done, len(steps), "steps", words))
        work(services)
    services.is_warm = True
    tell(Progress(STAGE, len(steps), len(steps), "steps"))


def _read(services: Services) -> None:
    _ = services.histograms
    color_by_value(np.zeros(1), "").colors(dark=True)  # loads the scales of colours
    if len(services.collection):
        services.collection.preview(0)  # opens the files that the first card needs


def _index(services: Services) -> None:
    layouts = services.collection.manifest.layouts
    if layouts:
        services.index(layouts[0].name)
