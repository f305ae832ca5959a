"""What the rooms of one attribute's work have in common: whose work, what is shown when, and opening an image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from explorer.label_service import LabelService
from explorer.services import Services
from explorer.session_loop import SessionLoop
from explorer.state.view_state import ViewState
from explorer.views.conversation import Conversation
from explorer.views.reading import Reading
from pipeline.errors import ParameterError
from pipeline.label_store import Annotator

__all__ = ["FRESH_SECONDS", "AttributeRoom"]

FRESH_SECONDS = 0.4
"""Between two readings of where the work is, however often something changes."""

NOBODY = "Say who you are in the room Label first: what is promised, released and audited carries a name."
NOTHING_CHOSEN = "Choose an attribute first."


class AttributeRoom(Conversation):
    """The server's half of a room about one attribute; it reads while somebody looks, and after every change.

    Parameters
    ----------
    services, labels
        What the process shares.
    view
        What the session looks at.
    who
        Gives whoever works here, None while nobody said.
    on_answer
        Called with the attribute whose questions somebody wants to answer.
    """

    key: ClassVar[str]
    """Of the room in `ViewState.room`."""

    def __init__(
        self,
        services: Services,
        labels: LabelService,
        view: ViewState,
        *,
        who: Callable[[], Annotator | None],
        on_answer: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._services = services
        self._labels = labels
        self._view = view
        self._who = who
        self._on_answer = on_answer
        self._attribute = ""
        self._forgets: list[Callable[[], None]] = []
        self._reading = Reading(
            self._read_once, wanted=lambda: self._open, later=self._later, fresh_seconds=FRESH_SECONDS, rest=1.0
        )

    def _begin(self, room: Any) -> None:
        """Listen to the browser's half and to the session, once that half is made."""
        self._converse(room)
        view = self._view
        view.param.watch(lambda event: setattr(room, "dark", event.new), "dark")
        view.param.watch(lambda *_: self._on_room(), ["room", "panel_open"])
        view.param.watch(lambda event: self._follow(event.new), "label_attribute")
        SessionLoop().on_end(self._stop)

    def choose(self, attribute: str) -> None:
        """Open the room at an attribute."""
        self._attribute = attribute
        self._view.open_room(self.key)
        self.refresh()

    def refresh(self) -> None:
        """Read anew where the work is, in a thread; asked often, it is read once and once more."""
        self._reading.refresh()

    async def _read_once(self) -> None:
        raise NotImplementedError

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_answer(self, _: dict[str, Any]) -> None:
        self._on_answer(self._chosen())

    async def _do_open(self, message: dict[str, Any]) -> None:
        row = int(message["row"])
        if 0 <= row < len(self._services.collection):
            self._view.selected_row = row
            self._view.open_room("image")

    def _chosen(self) -> str:
        if not self._attribute:
            raise ParameterError(NOTHING_CHOSEN)
        return self._attribute

    def _me(self) -> Annotator:
        me = self._who()
        if me is None:
            raise ParameterError(NOBODY)
        return me

    # ---- what is shown -----------------------------------------------------------------------------------------------
    @property
    def _open(self) -> bool:
        return self._view.panel_open and self._view.room == self.key

    def _follow(self, attribute: str) -> None:
        """Whoever goes from answering one attribute to another finds that one's work."""
        if attribute and attribute != self._attribute:
            self._attribute = attribute
            self.refresh()

    def _on_room(self) -> None:
        if self._open and not self._forgets:
            session = SessionLoop()
            self._forgets = [
                self._labels.watch(self.refresh),
                self._services.rounds.watch(partial(session.call, self.refresh)),
            ]
            self.refresh()
        elif not self._open:
            self._stop()

    def _stop(self) -> None:
        for forget in self._forgets:
            forget()
        self._forgets = []
