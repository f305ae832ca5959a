"""Base class of the Rounds and Audit tabs: the chosen attribute, and opening an image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from explorer.state.view_state import Request
from explorer.views.common.session_loop import SessionLoop
from explorer.views.common.tab import Tab
from explorer.views.common.tab_context import TabContext
from pipeline.errors import ParameterError

__all__ = ["AttributeTab"]

NOTHING_CHOSEN = "Choose an attribute first."


class AttributeTab(Tab):
    """The server's half of a tab about one attribute. Both rounds and answers change it.

    Parameters
    ----------
    context
        See `Tab`.
    """

    signed = "certifications, releases and audits"

    def __init__(self, context: TabContext) -> None:
        super().__init__(context)
        self._attribute = ""

    def _begin(self, tab: Any) -> None:
        super()._begin(tab)
        self._view.param.watch(lambda event: self._follow(event.new), "label_attribute")
        self._view.param.watch(lambda event: self._on_request(event.new), "requested")

    def _on_request(self, request: Request) -> None:
        if request.part == self.key and request.attribute:
            self._attribute = request.attribute
            self.refresh()

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_answer(self, _: dict[str, Any]) -> None:
        self._view.open_tab("label", self._chosen())

    async def _do_open(self, message: dict[str, Any]) -> None:
        row = int(message["row"])
        if 0 <= row < len(self._services.collection):
            self._view.selected_row = row
            self._view.open_tab("image")

    def _chosen(self) -> str:
        if not self._attribute:
            raise ParameterError(NOTHING_CHOSEN)
        return self._attribute

    # ---- the display -------------------------------------------------------------------------------------------------
    def _follow(self, attribute: str) -> None:
        """Show the attribute that the person labels now."""
        if attribute and attribute != self._attribute:
            self._attribute = attribute
            self.refresh()

    def _watched(self) -> list[Callable[[], None]]:
        session = SessionLoop()
        return [*super()._watched(), self._services.rounds.watch(partial(session.call, self.refresh))]
