"""The map: a canvas in the browser, frames from the server, one request at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import panel as pn
import param
from numpy.typing import NDArray

from explorer.services import EncodedFrame, Services
from explorer.state.filter_state import FilterState
from explorer.state.view_state import ViewState
from pipeline.errors import BamExplorerError, ParameterError
from pipeline.filters import passing_mask
from pipeline.frame import DARK, LIGHT, FrameView
from pipeline.level_of_detail import LayoutIndex, representatives, row_at

__all__ = ["MapCanvas", "MapView"]

_HERE = Path(__file__).parent
MAX_SIDE = 4096  # pixels of a frame; a larger window gets a coarser picture, not a larger one
MAX_ZOOM = 400.0


class MapCanvas(pn.custom.JSComponent):
    """The browser's half: draws frames and names, sends gestures."""

    extent = param.Tuple(default=(-1.0, -1.0, 1.0, 1.0), length=4, doc="What 'everything' shows: x0, y0, x1, y1.")
    max_zoom = param.Number(default=MAX_ZOOM, doc="Largest scale, as a multiple of the scale that shows everything.")
    labels = param.List(default=[], item_type=dict, doc="Names over clusters: text, x, y; most important first.")
    show_labels = param.Boolean(default=True, doc="Whether names are shown.")
    selected_cell = param.List(default=[], doc="x0, y0, x1, y1 of the chosen picture's cell, or empty.")
    ground = param.String(default="#14161a", doc="Colour behind the pictures.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = _HERE / "map_canvas.js"
    _stylesheets: ClassVar[list[str]] = [(_HERE / "map_canvas.css").read_text(encoding="utf-8")]


@dataclass(frozen=True, slots=True)
class _Request:
    """One wish of the browser: its id and the view it wants."""

    id: int
    view: FrameView


class MapView(pn.viewable.Viewer):
    """The server's half: turns views and filters into frames.

    A newer request replaces an older one that waits; nothing queues.
    """

    def __init__(self, services: Services, filters: FilterState, view: ViewState) -> None:
        super().__init__()
        self._services = services
        self._filters = filters
        self._view = view
        self._request: _Request | None = None
        self._shown_version = self._version = self._serial = 0
        self._rendering = False
        self.mask = self._passing()
        self.canvas = MapCanvas(sizing_mode="stretch_both", min_height=320, margin=0)
        self.canvas.on_msg(lambda event: self._on_message(event.data))
        self._on_theme()
        self._on_layout()
        view.param.watch(lambda _: self._on_layout(), "layout_name")
        view.param.watch(lambda _: self._on_theme(), "dark")
        view.param.watch(lambda _: self._on_selection(), ["selected_row"])
        view.param.watch(lambda event: setattr(self.canvas, "show_labels", event.new), "show_labels")
        filters.param.watch(lambda *_: self._on_filter(), ["minimums", "active"])

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the canvas."""
        return self.canvas

    def _passing(self) -> NDArray[np.bool_]:
        collection = self._services.collection
        return passing_mask(collection.scores, collection.scored, self._filters.filter_set())

    def _on_filter(self) -> None:
        mask = self._passing()
        if not np.array_equal(mask, self.mask):
            self.mask = mask
            self._refresh()

    def _on_theme(self) -> None:
        palette = DARK if self._view.dark else LIGHT
        ground = "#{:02x}{:02x}{:02x}".format(*palette.ground)
        self.canvas.param.update(ground=ground, dark=self._view.dark)
        self._refresh()

    def _on_layout(self) -> None:
        layout = self._services.layout(self._view.layout_name)
        largest_first = sorted(layout.names, key=lambda name: -name.size)
        labels = [{"text": name.text, "x": name.x, "y": name.y} for name in largest_first if name.text]
        self._request = None  # the old view means nothing in the new layout
        self._version += 1
        self.canvas.param.update(labels=labels, extent=_extent(layout.positions), selected_cell=[])

    def _on_selection(self) -> None:
        if self._view.selected_row < 0:
            self.canvas.selected_cell = []

    def _on_message(self, message: dict[str, Any]) -> None:
        try:
            self._answer(message)
        except (KeyError, TypeError, ValueError, OverflowError, ParameterError):
            return  # a browser of ours sends none of these; another's is ignored

    def _answer(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "view":
            self._request = _request(message)
            self._refresh()
        elif kind == "tap":
            self._tap(float(message["x"]), float(message["y"]), int(message["level"]))
        elif kind == "hover":
            self._hover(message)
        elif kind == "labels":
            self._view.show_labels = not self._view.show_labels
        elif kind == "close":
            self._view.clear_selection()

    def _tap(self, x: float, y: float, level: int) -> None:
        index = self._services.index(self._view.layout_name)
        self._view.select(row_at(index, self.mask, x, y, level))
        self.canvas.selected_cell = _cell(index, x, y, level) if self._view.selected_row >= 0 else []

    def _hover(self, message: dict[str, Any]) -> None:
        index = self._services.index(self._view.layout_name)
        x, y, level = float(message["x"]), float(message["y"]), int(message["level"])
        shown = representatives(index, self.mask, (x, y, x, y), level)
        if not shown.rows.size:
            return
        others = int(shown.count_all[0]) - 1
        record = self._services.collection.record(int(shown.rows[0]))
        more = f"and {others:,} more image{'s' if others > 1 else ''} here" if others else ""
        text = record.caption or record.source
        self.canvas._send_msg({"type": "tip", "at": str(message["at"])[:40], "text": text, "more": more})  # noqa: SLF001

    def _refresh(self) -> None:
        """Something changed: have a frame drawn, unless one is being drawn; then it is followed by another."""
        self._version += 1
        if self._request is None or self._rendering:
            return
        self._rendering = True
        pn.state.execute(self._render_until_current, schedule=True)

    async def _render_until_current(self) -> None:
        try:
            while self._request is not None and self._shown_version != self._version:
                version, request = self._version, self._request
                self._shown_version = version
                palette = DARK if self._view.dark else LIGHT
                loop = asyncio.get_running_loop()
                arguments = (self._view.layout_name, self.mask, request.view, palette)
                try:
                    encoded = await loop.run_in_executor(self._services.executor, self._services.render, *arguments)
                except BamExplorerError as error:
                    self.canvas._send_msg({"type": "problem", "id": request.id, "text": str(error)})  # noqa: SLF001
                else:
                    self._send(request, encoded)
        finally:
            self._rendering = False

    def _send(self, request: _Request, encoded: EncodedFrame) -> None:
        self._serial += 1
        view = request.view
        self.canvas._send_msg(  # noqa: SLF001 -- Panel has no public name for it
            {
                "type": "frame",
                "id": request.id,
                "serial": self._serial,
                "level": encoded.level,
                "drawn": encoded.drawn,
                "x0": view.x0,
                "y0": view.y0,
                "x1": view.x1,
                "y1": view.y1,
                "width": view.width / view.pixel_ratio,
                "height": view.height / view.pixel_ratio,
                "mime": encoded.mime,
                "picture": encoded.data,
            }
        )


def _request(message: dict[str, Any]) -> _Request:
    """Check a browser's wish; sizes are limited so that no message can cost much memory."""
    ratio = min(2.0, max(0.5, float(message["dpr"])))
    width, height = float(message["width"]), float(message["height"])
    ratio = min(ratio, MAX_SIDE / max(width, height, 1.0))
    x0, y0, x1, y1 = (float(message[key]) for key in ("x0", "y0", "x1", "y1"))
    view = FrameView(x0, y0, x1, y1, max(1, round(width * ratio)), max(1, round(height * ratio)), ratio)
    return _Request(int(message["id"]), view)


def _cell(index: LayoutIndex, x: float, y: float, level: int) -> list[float]:
    """Give the edges of the cell under a point: left, bottom, right, top in layout units."""
    side = index.cell_side(level)
    left = index.origin_x + np.floor((x - index.origin_x) / side) * side
    bottom = index.origin_y + np.floor((y - index.origin_y) / side) * side
    return [float(edge) for edge in (left, bottom, left + side, bottom + side)]


def _extent(positions: NDArray[np.float32]) -> tuple[float, float, float, float]:
    """Give the box of all placed images with a margin; a unit box where there are none."""
    placed = positions[np.isfinite(positions).all(axis=1)]
    if not len(placed):
        return (-1.0, -1.0, 1.0, 1.0)
    low, high = placed.min(axis=0), placed.max(axis=0)
    margin = max(float((high - low).max()) * 0.06, 0.02)
    return (float(low[0]) - margin, float(low[1]) - margin, float(high[0]) + margin, float(high[1]) + margin)
