"""The map: a canvas in the browser, with frames rendered by the server, one request at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import numpy as np
import panel as pn

from explorer.controllers.map.choices import color_key, order_of
from explorer.controllers.map.messages import (
    CardShown,
    ClusterName,
    FrameMessage,
    GoMessage,
    ModeMessage,
    OriginalMessage,
    OriginalNote,
    ProblemMessage,
    TappedMessage,
    TipMessage,
)
from explorer.controllers.map.rendering import ORIGINAL_FROM, Content, EncodedFrame, extent_of, render
from explorer.messages.encoding import Message
from explorer.services.services import Services
from explorer.state.filter_state import FilterState
from explorer.state.saved_choices import kept_choices, restore_choices
from explorer.state.selection_state import SelectionState
from explorer.state.view_state import CHOICES, ViewState
from explorer.views.common.connection import send_at_once
from explorer.views.common.latest_only import Newest
from explorer.views.map.canvas.map_canvas import MapCanvas
from explorer.views.map.frame_request import FrameRequest, frame_request
from explorer.views.map.late_tint import LateTint
from pipeline.errors import BamExplorerError
from pipeline.map.filters import PassingSet
from pipeline.map.frame_view import DARK, LIGHT, PICTURE_SIZES, FrameStyle
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.level_of_detail import representatives, row_at

__all__ = ["MapView"]

Result = TypeVar("Result")

ORIGINAL_SIDE = 1600
MOST_ORIGINALS = 4
MALFORMED = (KeyError, TypeError, ValueError, OverflowError, BamExplorerError)  # errors of malformed messages
MOST_UNSEEN = 2  # frames on their way to the browser: one travels while the next is drawn
LOOK = ("dark", "show_counts", "show_excluded", "priority", "color", "attribute", "picture_size")
LABELS = ("label_attribute", "answers_seen", "scores_seen")


class MapView(pn.viewable.Viewer):
    """The server's half: turns views and filters into frames.

    A newer request replaces a waiting one, so there is no queue. Slow work runs in `Services.executor`, and the old
    frame stays until the new one is ready. Images under the pointer are looked up in the content on screen.
    """

    def __init__(self, services: Services, filters: FilterState, view: ViewState, selection: SelectionState) -> None:
        super().__init__()
        self._services = services
        self._filters = filters
        self._view = view
        self._selection = selection
        self._request: FrameRequest | None = None
        self._shown_version = self._version = self._serial = self._seen = self._content_number = 0
        self._rendering = self._prompt = False
        self._pointing, self._tapping = Newest(self._run), Newest(self._run)
        self._legend_content, self._tint = -1, LateTint(services, self._refresh)
        view.shown_layout = view.layout_name
        self._content = self._on_screen = self._wanted_content()
        self.canvas = MapCanvas(sizing_mode="stretch_both", min_height=160, margin=0)
        self.canvas.on_msg(lambda event: self._on_message(event.data))
        self._on_theme()
        self._show_layout(self._services.index(view.layout_name))
        self._on_change()
        view.param.watch(lambda _: self._run(self._change_layout), "layout_name")
        view.param.watch(lambda _: self._on_theme(), "dark")
        view.param.watch(lambda _: self._on_selection(), ["selected_row"])
        view.param.watch(lambda event: setattr(self.canvas, "show_labels", event.new), "show_labels")
        view.param.watch(lambda *_: self._on_change(), [*LOOK, *LABELS])
        filters.param.watch(lambda *_: self._on_change(), ["minimums", "active"])
        selection.param.watch(lambda _: self._on_change(), "change")
        view.param.watch(lambda event: self._go_to(*event.new), "place", onlychanged=False)
        view.param.watch(lambda event: self._begin(event.new.part, event.new.task), "opened")
        view.param.watch(lambda *_: self._keep(), [*sorted(CHOICES), "dark"])
        filters.param.watch(lambda *_: self._keep(), ["minimums", "active"])
        self._keep()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the canvas."""
        return self.canvas

    def _go_to(self, x: float, y: float, radius: float) -> None:
        """Move the browser to a place of the layout on screen, with a radius around it."""
        self.send(GoMessage(x, y, radius))

    def _begin(self, part: str, task: str) -> None:
        if part == "map" and task == "lasso":
            self.send(ModeMessage("lasso"))

    @property
    def passing(self) -> PassingSet:
        """The images that pass the filters now."""
        return self._services.passing(self._filters.filter_set())

    def _wanted_content(self) -> Content:
        view, collection, scored = self._view, self._services.collection, self._services.scored
        style = FrameStyle(
            palette=DARK if view.dark else LIGHT,
            cell_px=PICTURE_SIZES[view.picture_size],
            excluded=view.show_excluded,
            counts=view.show_counts,
        )
        return Content(
            layout_name=view.shown_layout,
            filters=self._filters.filter_set(),
            order=order_of(view, self._filters, scored),
            color=color_key(view, self._filters, collection, scored, self._services.labels.state),
            style=style,
            selected=self._selection.members,
            scores_version=self._services.scores_version,
        )

    def _on_change(self) -> None:
        """Draw a new frame if the content of frames has changed."""
        content = self._wanted_content()
        if content != self._content:
            self._content = content
            self._content_number += 1
            self._show_preparation()
            self._refresh()
        if content.color is None:
            self.canvas.legend = {}

    def _on_theme(self) -> None:
        palette = DARK if self._view.dark else LIGHT
        ground = "#{:02x}{:02x}{:02x}".format(*palette.ground)
        self.canvas.param.update(ground=ground, dark=self._view.dark)

    async def _change_layout(self) -> None:
        """Prepare the chosen layout, which takes seconds for millions of images; show it if it is still chosen."""
        name = self._view.layout_name
        self._show_preparation()
        if name == self._view.shown_layout:
            return  # changed back before the other one was ready
        order = order_of(self._view, self._filters, self._services.scored)
        try:
            index = await self._in_thread(self._services.index, name, order)
        except BamExplorerError as error:
            self._problem(self._request.id if self._request is not None else 0, self._services.words_of(error))
            self._view.layout_name = self._view.shown_layout
            return
        if name == self._view.layout_name:
            self._show_layout(index)
            self._show_preparation()

    def _show_preparation(self) -> None:
        name, content = self._view.layout_name, self._content
        facts = self._services.collection.manifest.layout(name)
        if name != self._view.shown_layout:
            self.canvas.preparing = f"Preparing {facts.title if facts is not None else name} …"
        else:
            ready = self._services.is_ready(content.layout_name, content.order, content.color)
            self.canvas.preparing = "" if ready else "Preparing the map …"

    def _show_layout(self, index: LayoutIndex) -> None:
        self._view.shown_layout = self._view.layout_name
        layout = self._services.layout(self._view.shown_layout)
        labels = [ClusterName(name.text, name.x, name.y, name.level, name.radius) for name in layout.names if name.text]
        self._request = None  # the old view is meaningless in the new layout
        self._version += 1
        self._content_number += 1
        self._content = self._wanted_content()
        self.canvas.show_values(labels=labels)
        self.canvas.param.update(
            finest_cell=index.cell_side(index.max_level),
            extent=extent_of(index),
            square=(index.origin_x, index.origin_y, index.side),
            layout_name=self._view.shown_layout,
        )
        self._on_selection()

    @property
    def index(self) -> LayoutIndex:
        """The layout on screen, prepared for views."""
        return self._services.index(self._on_screen.layout_name, self._on_screen.order)

    def _on_selection(self) -> None:
        row = self._view.selected_row
        place = self._services.layout(self._view.shown_layout).positions[row] if row >= 0 else np.empty(0)
        self.canvas.selected_place = [float(value) for value in place] if np.isfinite(place).all() else []

    def _on_message(self, message: dict[str, Any]) -> None:
        try:
            self._answer(message)
        except MALFORMED:
            return

    def _answer(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "view":
            if not self._prompt:
                self._prompt = send_at_once(pn.state.curdoc) > 0
            self._request = frame_request(message)
            if message.get("fresh"):  # a new or resumed page has lost all earlier frames
                self._seen = self._serial
            self._refresh()
        elif kind == "seen":
            self._seen = max(self._seen, min(int(message["serial"]), self._serial))
            self._draw()
        elif kind == "tap":
            self._tapping.ask(partial(self._tap, *_place(message)))
        elif kind == "hover":
            self._pointing.ask(partial(self._hover, *_place(message), str(message["at"])[:40]))
        elif kind == "labels":
            self._view.show_labels = not self._view.show_labels
        elif kind == "close":
            self._view.clear_selection()
        elif kind == "clear_filters":
            self._filters.clear()
        elif kind == "window":
            self._view.window_width = min(100_000, max(0, int(message["width"])))
        elif kind == "restore":
            layouts = {facts.name for facts in self._services.collection.manifest.layouts}
            restore_choices(message["session"], self._view, self._filters, layouts)

    def _keep(self) -> None:
        self.canvas.session = kept_choices(self._view, self._filters)

    async def _tap(self, x: float, y: float, level: int) -> None:
        try:
            row = await self._in_thread(_row_at, self._services, self._on_screen, x, y, level)
        except MALFORMED:
            return
        self._view.select(row)
        self.send(TappedMessage(row >= 0))

    async def _hover(self, x: float, y: float, level: int, at: str) -> None:
        try:
            words = await self._in_thread(_words_at, self._services, self._on_screen, x, y, level)
        except MALFORMED:
            return
        if words is not None:
            self.send(TipMessage(at, *words))

    def _refresh(self) -> None:
        """Draw a frame after a change; if one is being drawn, another follows it."""
        self._version += 1
        self._draw()

    def _draw(self) -> None:
        if self._is_wanted() and not self._rendering:
            self._rendering = True
            self._run(self._render_until_current)

    def _is_wanted(self) -> bool:
        unseen = self._serial - self._seen
        return self._request is not None and self._shown_version != self._version and unseen < MOST_UNSEEN

    async def _render_until_current(self) -> None:
        try:
            while self._request is not None and self._is_wanted():
                version, request, content, content_number = (
                    self._version,
                    self._request,
                    self._content,
                    self._content_number,
                )
                self._shown_version = version
                self._tint.expect()
                try:
                    encoded = await self._in_thread(render, self._services, content, request.view)
                except BamExplorerError as error:
                    self._problem(request.id, self._services.words_of(error))
                    continue
                except Exception as error:  # noqa: BLE001 -- a defect in one frame must not end the session
                    self._problem(
                        request.id, f"The map could not be drawn ({type(error).__name__}). Move it to try again."
                    )
                    continue
                self._send_frame(request, content, encoded, content_number)
                await self._show_legend(content, content_number)
                if encoded.picture_px >= ORIGINAL_FROM:
                    self._run(partial(self._send_originals, encoded, version, self._serial))
        finally:
            self._rendering = False

    @staticmethod
    def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        pn.state.execute(work, schedule=True)

    async def _in_thread(self, work: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._services.executor, work, *arguments)

    def send(self, message: Message) -> None:
        """Send a message to the browser's half."""
        self.canvas.send(message)

    def _problem(self, request_id: int, text: str) -> None:
        self.send(ProblemMessage(request_id, text))

    async def _show_legend(self, content: Content, content_number: int) -> None:
        if content.color is None or content_number != self._content_number or content_number == self._legend_content:
            return
        coloring, dark = self._services.coloring, content.style.palette.dark
        legend = await self._in_thread(lambda key: coloring(key).legend(dark=dark), content.color)
        if content_number == self._content_number:
            self.canvas.legend, self._legend_content = legend, content_number

    async def _send_originals(self, encoded: EncodedFrame, version: int, serial: int) -> None:
        """Send the originals after a frame of few large pictures, if they exist and the view has not changed."""
        for card in encoded.cards[:MOST_ORIGINALS]:
            if version != self._version:
                return
            found = await self._services.originals.get(
                card.row, ORIGINAL_SIDE, is_wanted=lambda: version == self._version
            )
            if version != self._version:
                return
            if found.picture:
                self.send(OriginalMessage(serial, card.box, found.picture))
            elif found.note:
                self.send(OriginalNote(serial, card.box, found.note))

    def _send_frame(self, request: FrameRequest, content: Content, encoded: EncodedFrame, content_number: int) -> None:
        self._serial += 1
        self._on_screen = content
        self._show_preparation()
        view = request.view
        self.send(
            FrameMessage(
                id=request.id,
                serial=self._serial,
                content_number=content_number,
                layout=content.layout_name,
                level=encoded.level,
                drawn=encoded.drawn,
                side=encoded.picture_px,
                seen=encoded.in_sight(request.margin),
                passing=encoded.passing,
                filtered=bool(content.filters.filters),
                dimmed=content.style.excluded,
                cards=tuple(CardShown(card.box, card.caption[:300], card.terms) for card in encoded.cards),
                x0=view.x0,
                y0=view.y0,
                x1=view.x1,
                y1=view.y1,
                width=view.width / view.pixel_ratio,
                height=view.height / view.pixel_ratio,
                mime=encoded.mime,
                picture=encoded.data,
            )
        )


def _place(message: dict[str, Any]) -> tuple[float, float, int]:
    """Return the checked place of a pointer: x and y in layout units, level of the grid."""
    return float(message["x"]), float(message["y"]), int(message["level"])


def _row_at(services: Services, content: Content, x: float, y: float, level: int) -> int:
    """Return the row of the picture at a place of the content on screen; -1 if there is none."""
    index, passing = services.index(content.layout_name, content.order), services.passing(content.filters)
    row = row_at(index, passing, x, y, level)
    return row if row >= 0 and (content.style.excluded or passing.holds(np.array([row]))[0]) else -1


def _words_at(services: Services, content: Content, x: float, y: float, level: int) -> tuple[str, str] | None:
    """Return the caption of the picture at a place of the content on screen, and a text for the further images."""
    index, passing = services.index(content.layout_name, content.order), services.passing(content.filters)
    shown = representatives(index, passing, (x, y, x, y), level)
    if not shown.rows.size:
        return None
    others = int(shown.count_all[0]) - 1
    record = services.collection.record(int(shown.rows[0]))
    more = f"and {others:,} more image{'s' if others > 1 else ''} here" if others else ""
    return record.caption or record.source, more
