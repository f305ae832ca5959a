"""The browser's half of the map: its properties and its files."""

from __future__ import annotations

from typing import ClassVar

import param

from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of

__all__ = ["MapCanvas"]


class MapCanvas(Component):
    """Draws frames and names, and sends gestures."""

    extent = param.Tuple(default=(-1.0, -1.0, 1.0, 1.0), length=4, doc="Area of all images: x0, y0, x1, y1.")
    finest_cell = param.Number(default=1.0, doc="Side of the finest cells in layout units; one may fill the window.")
    labels = param.List(default=[], item_type=dict, doc="Names over clusters, see `ClusterName`; coarse first.")
    show_labels = param.Boolean(default=True, doc="Whether names are shown.")
    legend = param.Dict(default={}, doc="Legend of the colours, see `pipeline.map.coloring.Coloring.legend`, or empty.")
    square = param.Tuple(default=(-1.25, -1.25, 2.5), length=3, doc="Left, bottom and side of the grid's square.")
    selected_place = param.List(default=[], doc="x, y of the chosen image in layout units, or empty.")
    selection = param.Dict(default={}, doc="See `SelectionShown`; empty without a selection.")
    layout_name = param.String(default="", doc="Layout shown; changes after all other properties of a layout.")
    preparing = param.String(default="", doc="Text while something is being prepared; else empty.")
    ground = param.String(default="#14161a", doc="Colour behind the pictures.")
    dark = param.Boolean(default=True, doc="Dark or light.")
    session = param.Dict(default={}, doc="Choices of the session as text and numbers; sent back by 'restore'.")
    served = param.Boolean(default=False, doc="Whether a server made the page, so that it can be reloaded.")

    _esm = script_of("map_canvas.js")
    _stylesheets: ClassVar[list[str]] = styles_of("map/canvas/map_canvas.css", "map/canvas/map_selection.css")
