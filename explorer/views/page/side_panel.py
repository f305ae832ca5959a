"""The side panel: one tab at a time under a row of tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import panel as pn
import param

from explorer.messages.encoding import Record, encoded
from explorer.state.view_state import ViewState
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of

__all__ = ["SidePanelView", "TabEntry", "Tabs"]


@dataclass(frozen=True, slots=True)
class TabEntry:
    """A tab of the side panel: its key in `ViewState.tab`, its title, its tooltip and its content."""

    key: str
    title: str
    help: str
    content: pn.viewable.Viewer


@dataclass(frozen=True, slots=True)
class TabTitle(Record):
    """A tab in the row of tabs: its key, its title, and a tooltip."""

    key: str
    title: str
    help: str


class Tabs(Component):
    """The browser's half."""

    tabs = param.List(default=[], item_type=dict, doc="See `TabTitle`.")
    open = param.String(default="", doc="Key of the open tab.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("side_panel.js")
    _stylesheets: ClassVar[list[str]] = styles_of("page/side_panel.css")


class SidePanelView(pn.viewable.Viewer):
    """The server's half: shows the tab that `ViewState.tab` names."""

    def __init__(self, view: ViewState, tabs: Sequence[TabEntry]) -> None:
        super().__init__()
        self._view = view
        self._tabs: Mapping[str, pn.Column] = {
            tab.key: pn.Column(tab.content, sizing_mode="stretch_both", margin=0, scroll=True) for tab in tabs
        }
        titles = encoded([TabTitle(tab.key, tab.title, tab.help) for tab in tabs])
        self.tabs = Tabs(tabs=titles, dark=view.dark, sizing_mode="stretch_width", margin=0)
        self.tabs.on_msg(lambda event: self._open(event.data))
        self._layout = pn.Column(self.tabs, *self._tabs.values(), sizing_mode="stretch_both", margin=0)
        view.param.watch(lambda _: self._show(), "tab")
        view.param.watch(lambda event: setattr(self.tabs, "dark", event.new), "dark")
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the row of tabs and their content."""
        return self._layout

    def _open(self, message: object) -> None:
        key = message.get("open") if isinstance(message, dict) else None
        if key in self._tabs:
            self._view.tab = key

    def _show(self) -> None:
        tab = self._view.tab
        self.tabs.open = tab
        for key, column in self._tabs.items():
            column.visible = key == tab
