"""Warm-up: opens, compiles and indexes before the first visitor, so that the first frame is fast."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explorer.services.compilation_steps import FIRST, LATER, TINT
from explorer.services.services import Services
from pipeline.map.coloring import color_by_value
from pipeline.progress import Progress, ProgressCallback

__all__ = ["warm_up"]

STAGE = "Preparing the map"


def warm_up(services: Services, progress: ProgressCallback | None = None, *, whole: bool = True) -> None:
    """Compile the kernels, and build the default layout's index.

    Compiled code is kept on disk where that is possible, see `pipeline.compilation.compiled`.

    Parameters
    ----------
    services
        Services of the collection that is shown.
    progress
        Called before each step and at the end, but not if the services are warm already.
    whole
        Whether to compile everything. False leaves out what the first frame can do without; `Services.start` compiles
        it in a thread.

    Raises
    ------
    CollectionError
        If the collection cannot be read.
    """
    tell = progress if progress is not None else lambda _: None
    steps: list[tuple[str, Callable[[], object]]] = [
        *FIRST,
        *((TINT, *LATER) if whole else ()),
        ("reading the scores", lambda: _read(services)),
        ("sorting the layout", lambda: _index(services)),
    ]
    if services.is_warm:
        return
    for done, (words, work) in enumerate(steps):
        tell(Progress(STAGE, done, len(steps), "steps", words))
        work()
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
