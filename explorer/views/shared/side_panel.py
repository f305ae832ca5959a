"""The side panel: one room at a time under a row of tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import panel as pn
import param

from explorer.state.view_state import ViewState
from explorer.views.shared.component import Component
from explorer.views.shared.component_files import module_of, styles_of

__all__ = ["Room", "SidePanelView", "Tabs"]


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the side panel: its key in `ViewState.room`, the words on its tab, help, and what is in it."""

    key: str
    title: str
    help: str
    content: pn.viewable.Viewer


class Tabs(Component):
    """The browser's half."""

    tabs = param.List(default=[], item_type=dict, doc="key, title and help of each room.")
    open = param.String(default="", doc="Key of the open room.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = module_of("shared/side_panel.js")
    _stylesheets: ClassVar[list[str]] = styles_of("shared/side_panel.css")


class SidePanelView(pn.viewable.Viewer):
    """The server's half: shows the room that `ViewState.room` names."""

    def __init__(self, view: ViewState, rooms: Sequence[Room]) -> None:
        super().__init__()
        self._view = view
        self._rooms: Mapping[str, pn.Column] = {
            room.key: pn.Column(room.content, sizing_mode="stretch_both", margin=0, scroll=True) for room in rooms
        }
        tabs = [{"key": room.key, "title": room.title, "help": room.help} for room in rooms]
        self.tabs = Tabs(tabs=tabs, dark=view.dark, sizing_mode="stretch_width", margin=0)
        self.tabs.on_msg(lambda event: self._open(event.data))
        self._layout = pn.Column(self.tabs, *self._rooms.values(), sizing_mode="stretch_both", margin=0)
        view.param.watch(lambda _: self._show(), "room")
        view.param.watch(lambda event: setattr(self.tabs, "dark", event.new), "dark")
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        """Give tabs and rooms."""
        return self._layout

    def _open(self, message: object) -> None:
        key = message.get("open") if isinstance(message, dict) else None
        if key in self._rooms:
            self._view.room = key

    def _show(self) -> None:
        room = self._view.room
        self.tabs.open = room
        for key, column in self._rooms.items():
            column.visible = key == room
