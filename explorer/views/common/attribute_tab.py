"""Base class of the Rounds and Audit tabs: the chosen attribute, its state on screen, and opening an image."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import panel as pn

from explorer.messages.encoding import Message
from explorer.state.view_state import Request
from explorer.views.common.component import Component
from explorer.views.common.session_loop import SessionLoop
from explorer.views.common.tab import Tab
from explorer.views.common.tab_context import TabContext
from pipeline.errors import BamExplorerError, ParameterError

__all__ = ["AttributeTab"]

log = logging.getLogger(__name__)

NOTHING_CHOSEN = "Choose an attribute first."


class AttributeTab(Tab, pn.viewable.Viewer):
    """The server's half of a tab about one attribute. Both rounds and answers change it.

    A subclass sets `tab`, and defines the four methods under "the state of the attribute".

    Parameters
    ----------
    context
        See `Tab`.
    """

    signed = "certifications, releases and audits"

    content: ClassVar[str]
    """The content of the tab, in the plural, for the message of an error."""

    tab: Component
    """The browser's half. Its parameter `standing` shows the state of the attribute."""

    def __init__(self, context: TabContext) -> None:
        super().__init__(context)
        self._attribute = ""
        self._pictures_sent: tuple[Any, ...] | None = ()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the tab."""
        return self.tab

    def _begin(self, tab: Any) -> None:
        super()._begin(tab)
        self._view.param.watch(lambda event: self._follow(event.new), "label_attribute")
        self._view.param.watch(lambda event: self._on_request(event.new), "requested")

    def _on_request(self, request: Request) -> None:
        if request.part == self.key and request.attribute:
            self._attribute = request.attribute
            self.refresh()

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_hello(self, _: dict[str, Any]) -> None:
        self._pictures_sent = ()
        self.refresh()

    async def _do_choose(self, message: dict[str, Any]) -> None:
        self._attribute, self._pictures_sent = message["attribute"], None
        self.refresh()

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

    # ---- the state of the attribute ----------------------------------------------------------------------------------
    def _choices(self) -> tuple[Any, ...]:
        """Return the attribute, then all other choices on which the state depends."""
        raise NotImplementedError

    def _standing(self, *choices: Any) -> Any:
        """Return the state of the attribute as a record. Runs in a thread."""
        raise NotImplementedError

    def _pictures_version(self, standing: Any) -> tuple[Any, ...]:
        """Return a version of the pictures that belong to a state. They are sent only if it changed."""
        raise NotImplementedError

    def _pictures(self, *choices: Any) -> Message:
        """Return these pictures. Runs in a thread."""
        raise NotImplementedError

    # ---- the display -------------------------------------------------------------------------------------------------
    async def _read_once(self) -> None:
        choices = self._choices()
        try:
            standing = await self._labels.study(self._standing, *choices)
            if choices != self._choices():
                self._reading.stale = True
                return
            self.tab.show_values(standing=standing)
            version = (choices[0], *self._pictures_version(standing)) if choices[0] else ()
            if version != self._pictures_sent:
                self._pictures_sent = version
                self._send(await self._labels.study(self._pictures, *choices))
        except BamExplorerError as error:
            self._note(self._services.words_of(error), "error")
        except Exception:
            log.exception("the %s of %s could not be read", self.content, choices[0])
            self._note(f"The {self.content} could not be read. The server's log says why.", "error")

    def _follow(self, attribute: str) -> None:
        """Show the attribute that the person labels now."""
        if attribute and attribute != self._attribute:
            self._attribute = attribute
            self.refresh()

    def _watched(self) -> list[Callable[[], None]]:
        session = SessionLoop()
        return [*super()._watched(), self._services.rounds.watch(partial(session.call, self.refresh))]
