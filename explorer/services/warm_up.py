"""Making the first frame as quick as the thousandth: open, compile, index, before anyone looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from explorer.services.services import Services, services_for
from pipeline.map import density
from pipeline.map import frame as frames
from pipeline.map.coloring import color_by_value
from pipeline.progress import Progress, ProgressCallback
from pipeline.rounds import scoring
from pipeline.search import dot_products as similarity

__all__ = ["warm_up"]

STAGE = "Preparing the map"


def warm_up(collection: Path, progress: ProgressCallback | None = None) -> Services:
    """Open the collection, compile every kernel of the map, and build the default layout's index.

    Compiled code is kept on disk where that is possible, see `pipeline.compilation.compiled`.

    Parameters
    ----------
    collection
        Folder of a built collection.
    progress
        Told before each step and at the end; of nothing where all was done before.

    Raises
    ------
    CollectionError
        If the collection cannot be opened.
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
    services = services_for(collection)
    if services.is_warm:
        return services
    for done, (words, work) in enumerate(steps):
        tell(Progress(STAGE, done, len(steps), "steps", words))
        work(services)
    services.is_warm = True
    tell(Progress(STAGE, len(steps), len(steps), "steps"))
    return services


def _read(services: Services) -> None:
    _ = services.histograms
    color_by_value(np.zeros(1), "").colors(dark=True)  # loads the scales of colours
    if len(services.collection):
        services.collection.preview(0)  # opens the files that the first card needs


def _index(services: Services) -> None:
    layouts = services.collection.manifest.layouts
    if layouts:
        services.index(layouts[0].name)
