"""The search box: a search by words sets the selection."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import param

from explorer.controllers.search import Searching
from explorer.messages.outgoing import Focus
from explorer.state.view_state import ViewState
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of

__all__ = ["SearchBox", "SearchBoxView"]

LONGEST = 1000
"""Most characters of a search text."""


class SearchBox(Component):
    """The browser's half."""

    busy = param.Boolean(default=False, doc="Whether a search has run for a while.")
    share = param.Number(default=0.0, doc="Progress from 0 to 1.")
    result = param.String(default="", doc="Result of the last search.")
    advice = param.String(default="", doc="Advice if it found nothing, or empty.")
    served = param.Boolean(default=False, doc="Whether this program serves the page, so that '/' may focus the box.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("search_box.js")
    _stylesheets: ClassVar[list[str]] = styles_of("browsing/search_box.css")


class SearchBoxView(pn.viewable.Viewer):
    """The server's half: passes words to the session's searches and shows the results."""

    def __init__(self, searching: Searching, view: ViewState) -> None:
        super().__init__()
        self._searching = searching
        self.box = SearchBox(
            dark=view.dark, sizing_mode="stretch_width", min_width=100, max_width=430, margin=(0, 12), align="center"
        )
        self.box.on_msg(lambda event: self._on_message(event.data))
        searching.param.watch(lambda *_: self._show(), ["busy", "share", "result", "advice"])
        view.param.watch(lambda event: setattr(self.box, "dark", event.new), "dark")
        view.param.watch(lambda event: self._focus(event.new.part), "opened")

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the box."""
        return self.box

    def _focus(self, part: str) -> None:
        """Focus the box in the browser if that was requested."""
        if part == "search":
            self.box.send(Focus())

    def _show(self) -> None:
        state = self._searching
        self.box.param.update(busy=state.busy, share=state.share, result=state.result, advice=state.advice)

    def _on_message(self, message: Any) -> None:
        text = message.get("text") if isinstance(message, dict) else None
        if isinstance(text, str):
            self._searching.words(text[:LONGEST])
