"""The map: a canvas in the browser, frames from the server, one request at a time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import numpy as np
import panel as pn

from explorer.connection import send_at_once
from explorer.frames import ORIGINAL_FROM, Content, EncodedFrame, extent_of, passing_set, render
from explorer.map_choices import color_key, order_of
from explorer.services import Services
from explorer.state.filter_state import FilterState
from explorer.state.session_state import kept_choices, restore_choices
from explorer.state.view_state import CHOICES, ViewState
from explorer.views.map_canvas import MapCanvas
from pipeline.errors import BamExplorerError, ParameterError
from pipeline.filters import FilterSet, PassingSet
from pipeline.frame_view import DARK, LIGHT, PICTURE_SIZES, FrameStyle, FrameView
from pipeline.layout_index import LayoutIndex
from pipeline.level_of_detail import representatives, row_at
from pipeline.originals import read_original

__all__ = ["MapView"]

MAX_SIDE = 4096  # pixels of a frame; a larger window gets a coarser picture, not a larger one
ORIGINAL_SIDE = 1600
MOST_ORIGINALS = 4
LOOK = ("dark", "show_counts", "show_excluded", "priority", "color", "attribute", "picture_size")
LABELS = ("label_attribute", "answers_seen")


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
        self._shown_version = self._version = self._serial = self._era = 0
        self._rendering = self._prompt = False
        self._passing: tuple[FilterSet, PassingSet] | None = None
        self._content = self._wished()
        self.canvas = MapCanvas(sizing_mode="stretch_both", min_height=320, margin=0)
        self.canvas.on_msg(lambda event: self._on_message(event.data))
        self._on_theme()
        self._on_layout()
        self._on_change()
        view.param.watch(lambda _: self._on_layout(), "layout_name")
        view.param.watch(lambda _: self._on_theme(), "dark")
        view.param.watch(lambda _: self._on_selection(), ["selected_row"])
        view.param.watch(lambda event: setattr(self.canvas, "show_labels", event.new), "show_labels")
        view.param.watch(lambda *_: self._on_change(), [*LOOK, *LABELS])
        filters.param.watch(lambda *_: self._on_change(), ["minimums", "active"])
        view.param.watch(lambda *_: self._keep(), [*sorted(CHOICES), "dark"])
        filters.param.watch(lambda *_: self._keep(), ["minimums", "active"])
        self._keep()

    def __panel__(self) -> pn.viewable.Viewable:
        """Give the canvas."""
        return self.canvas

    @property
    def passing(self) -> PassingSet:
        """The images that pass the filters now; found once a change of the filters."""
        wanted = self._filters.filter_set()
        if self._passing is None or self._passing[0] != wanted:
            self._passing = wanted, passing_set(self._services, wanted)
        return self._passing[1]

    def _wished(self) -> Content:
        view, collection = self._view, self._services.collection
        style = FrameStyle(
            palette=DARK if view.dark else LIGHT,
            cell_px=PICTURE_SIZES[view.picture_size],
            excluded=view.show_excluded,
            counts=view.show_counts,
        )
        return Content(
            layout_name=view.layout_name,
            filters=self._filters.filter_set(),
            order=order_of(view, self._filters, collection),
            color=color_key(view, self._filters, collection, self._services.labels.state),
            style=style,
        )

    def _on_change(self) -> None:
        """Something that frames show was changed, unless it comes to the same."""
        content = self._wished()
        if content != self._content:
            self._content = content
            self._era += 1
            self._refresh()
        if content.color is None:
            self.canvas.legend = {}

    def _on_theme(self) -> None:
        palette = DARK if self._view.dark else LIGHT
        ground = "#{:02x}{:02x}{:02x}".format(*palette.ground)
        self.canvas.param.update(ground=ground, dark=self._view.dark)

    def _on_layout(self) -> None:
        layout = self._services.layout(self._view.layout_name)
        index = self._index()
        labels = [
            {"text": name.text, "x": name.x, "y": name.y, "level": name.level, "radius": name.radius}
            for name in layout.names
            if name.text
        ]
        self._request = None  # the old view means nothing in the new layout
        self._version += 1
        self._era += 1
        self._content = self._wished()
        self.canvas.param.update(
            labels=labels,
            finest_cell=index.cell_side(index.max_level),
            extent=extent_of(index),
            square=(index.origin_x, index.origin_y, index.side),
        )

    def _index(self) -> LayoutIndex:
        return self._services.index(
            self._view.layout_name, order_of(self._view, self._filters, self._services.collection)
        )

    def _on_selection(self) -> None:
        row = self._view.selected_row
        place = self._services.layout(self._view.layout_name).positions[row] if row >= 0 else np.empty(0)
        self.canvas.selected_place = [float(value) for value in place] if np.isfinite(place).all() else []

    def _on_message(self, message: dict[str, Any]) -> None:
        try:
            self._answer(message)
        except (KeyError, TypeError, ValueError, OverflowError, ParameterError):
            return  # a browser of ours sends none of these; another's is ignored

    def _answer(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "view":
            if not self._prompt:
                self._prompt = send_at_once(pn.state.curdoc) > 0
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
        elif kind == "restore":
            layouts = {facts.name for facts in self._services.collection.manifest.layouts}
            restore_choices(message["session"], self._view, self._filters, layouts)

    def _keep(self) -> None:
        self.canvas.session = kept_choices(self._view, self._filters)

    def _tap(self, x: float, y: float, level: int) -> None:
        index = self._index()
        row = row_at(index, self.passing, x, y, level)
        if row >= 0 and not self._view.show_excluded and not self.passing.holds(np.array([row]))[0]:
            row = -1
        self._view.select(row)

    def _hover(self, message: dict[str, Any]) -> None:
        index = self._index()
        x, y, level = float(message["x"]), float(message["y"]), int(message["level"])
        shown = representatives(index, self.passing, (x, y, x, y), level)
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
                version, request, content, era = self._version, self._request, self._content, self._era
                self._shown_version = version
                try:
                    passing = self.passing
                    encoded = await self._in_thread(render, self._services, content, passing, request.view)
                    if content.color is not None and era == self._era:
                        self._show_legend(content)
                except BamExplorerError as error:
                    self._problem(request, str(error))
                    continue
                except Exception as error:  # noqa: BLE001 -- a defect in one frame must not end the session
                    self._problem(
                        request, f"The map could not be drawn ({type(error).__name__}). Move it to try again."
                    )
                    continue
                self._send(request, encoded, era)
                await self._send_originals(request, encoded, version)
        finally:
            self._rendering = False

    async def _in_thread(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._services.executor, work, *arguments)

    def _problem(self, request: _Request, text: str) -> None:
        self.canvas._send_msg({"type": "problem", "id": request.id, "text": text})  # noqa: SLF001

    def _show_legend(self, content: Content) -> None:
        if content.color is not None:
            self.canvas.legend = self._services.coloring(content.color).legend(dark=content.style.palette.dark)

    async def _send_originals(self, request: _Request, encoded: EncodedFrame, version: int) -> None:
        """Follow a frame of few large pictures with the originals, where they exist and nobody has moved on."""
        if encoded.picture_px < ORIGINAL_FROM:
            return
        serial = self._serial
        for card in encoded.cards[:MOST_ORIGINALS]:
            if version != self._version:
                return
            data = await self._in_thread(read_original, self._services.collection, card.row, ORIGINAL_SIDE)
            if data is not None and version == self._version:
                self.canvas._send_msg(  # noqa: SLF001
                    {"type": "original", "serial": serial, "box": list(card.box), "picture": data}
                )

    def _send(self, request: _Request, encoded: EncodedFrame, era: int) -> None:
        self._serial += 1
        view = request.view
        self.canvas._send_msg(  # noqa: SLF001 -- Panel has no public name for it
            {
                "type": "frame",
                "id": request.id,
                "serial": self._serial,
                "era": era,
                "level": encoded.level,
                "drawn": encoded.drawn,
                "side": encoded.picture_px,
                "cards": [
                    {"box": list(card.box), "caption": card.caption[:300], "terms": list(card.terms)}
                    for card in encoded.cards
                ],
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
