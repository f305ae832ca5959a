"""Making the first frame as quick as the thousandth: open, index, compile, before anyone looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.services import Services, services_for
from pipeline import density
from pipeline import frame as frames
from pipeline.coloring import color_by_value

__all__ = ["warm_up"]


def warm_up(collection: Path) -> Services:
    """Open the collection, build the default layout's index and compile every kernel of the map.

    Raises
    ------
    CollectionError
        If the collection cannot be opened.
    """
    services = services_for(collection)
    frames.warm_up()
    density.warm_up()
    color_by_value(np.zeros(1), "").colors(dark=True)  # loads the scales
    manifest = services.collection.manifest
    _ = services.histograms
    if len(services.collection):
        services.collection.preview(0)  # opens the files that the first card needs
    if manifest.layouts:
        services.index(manifest.layouts[0].name)
    return services
