"""What the tabs of one attribute's work have in common: which attribute, and opening an image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from explorer.services.label_service import LabelService
from explorer.services.services import Services
from explorer.state.view_state import ViewState
from explorer.views.shared.session_loop import SessionLoop
from explorer.views.shared.tab import Tab
from pipeline.errors import ParameterError
from pipeline.label_store import Annotator

__all__ = ["AttributeTab"]

NOTHING_CHOSEN = "Choose an attribute first."


class AttributeTab(Tab):
    """The server's half of a tab about one attribute, which rounds change as well as answers.

    Parameters
    ----------
    services, labels, view, who
        As `Tab` has them.
    on_answer
        Called with the attribute whose questions somebody wants to answer.
    """

    signed = "promised, released and audited"

    def __init__(
        self,
        services: Services,
        labels: LabelService,
        view: ViewState,
        *,
        who: Callable[[], Annotator | None],
        on_answer: Callable[[str], None],
    ) -> None:
        super().__init__(services, labels, view, who=who)
        self._on_answer = on_answer
        self._attribute = ""

    def _begin(self, tab: Any) -> None:
        super()._begin(tab)
        self._view.param.watch(lambda event: self._follow(event.new), "label_attribute")

    def choose(self, attribute: str) -> None:
        """Open the tab at an attribute."""
        self._attribute = attribute
        self._view.open_tab(self.key)
        self.refresh()

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_answer(self, _: dict[str, Any]) -> None:
        self._on_answer(self._chosen())

    async def _do_open(self, message: dict[str, Any]) -> None:
        row = int(message["row"])
        if 0 <= row < len(self._services.collection):
            self._view.selected_row = row
            self._view.open_tab("image")

    def _chosen(self) -> str:
        if not self._attribute:
            raise ParameterError(NOTHING_CHOSEN)
        return self._attribute

    # ---- what is shown -----------------------------------------------------------------------------------------------
    def _follow(self, attribute: str) -> None:
        """Whoever goes from answering one attribute to another finds that one's work."""
        if attribute and attribute != self._attribute:
            self._attribute = attribute
            self.refresh()

    def _watched(self) -> list[Callable[[], None]]:
        session = SessionLoop()
        return [*super()._watched(), self._services.rounds.watch(partial(session.call, self.refresh))]
