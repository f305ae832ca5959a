"""Base class of the tabs that show shared work: the session's person, and refreshes while the tab is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from explorer.views.common.messaging import NAME_MISSING, Conversation
from explorer.views.common.refresher import Reading
from explorer.views.common.session_loop import SessionLoop
from explorer.views.common.tab_context import TabContext
from pipeline.errors import ParameterError
from pipeline.label_store import Annotator

__all__ = ["Tab"]


class Tab(Conversation):
    """The server's half of a tab. It reads when it opens, and after every change while it is open.

    Parameters
    ----------
    context
        The services and the state of the session.
    """

    key: ClassVar[str]
    """Key of the tab in `ViewState.tab`."""

    fresh_seconds: ClassVar[float] = 0.4
    rest: ClassVar[float] = 1.0
    """See `Reading`."""

    def __init__(self, context: TabContext) -> None:
        super().__init__()
        self._context = context
        self._services = context.services
        self._labels = context.services.labels
        self._view = context.view
        self._forgets: list[Callable[[], None]] = []
        self._reading = Reading(
            self._read_once,
            wanted=lambda: self._open,
            later=self._later,
            fresh_seconds=self.fresh_seconds,
            rest=self.rest,
        )

    def _begin(self, tab: Any) -> None:
        """Listen to the browser's half and to the session. Called once the browser's half is made."""
        self._converse(tab)
        view = self._view
        view.param.watch(lambda event: setattr(tab, "dark", event.new), "dark")
        view.param.watch(lambda *_: self._on_tab(), ["tab", "panel_open"])
        SessionLoop().on_end(self._stop)

    def refresh(self) -> None:
        """Read the tab's content again, in a thread. At most one read runs and one is queued."""
        self._reading.refresh()

    async def _read_once(self) -> None:
        raise NotImplementedError

    async def _changed(self) -> None:
        """Refresh all sessions after a change in this one."""
        self._labels.nudge()
        self.refresh()

    def _me(self) -> Annotator:
        me = self._context.annotator
        if me is None:
            raise ParameterError(NAME_MISSING.format(self.signed))
        return me

    def _annotator(self) -> Annotator | None:
        return self._context.annotator

    @property
    def _open(self) -> bool:
        return self._view.panel_open and self._view.tab == self.key

    def _watched(self) -> list[Callable[[], None]]:
        """Watch the sources of the tab's content. Return the functions that end each watch."""
        return [self._labels.watch(self.refresh)]

    def _on_tab(self) -> None:
        if self._open and not self._forgets:
            self._forgets = self._watched()
            self.refresh()
        elif not self._open:
            self._stop()  # a closed tab reads nothing

    def _stop(self) -> None:
        for forget in self._forgets:
            forget()
        self._forgets = []
