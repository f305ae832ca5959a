"""The annotator of a browser: identified by a token, present while heartbeats arrive, active in one window."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from explorer.controllers.labeling.annotator_token import annotator_of, token_of
from explorer.controllers.labeling.messages import WhoMessage
from explorer.messages.encoding import Message
from explorer.services.label_service import LabelService
from explorer.state.labeling_state import LabelingState
from pipeline.label_store import Annotator, Presence

__all__ = ["IDLE_SECONDS", "Attendance"]

IDLE_SECONDS = 300.0
"""Inactivity in seconds after which other annotators may get the page."""


class Attendance:
    """The annotator of one browser session.

    Parameters
    ----------
    labels
        The label service of the process.
    state
        The state whose `annotator` is set here.
    send
        Sends a message to the browser.
    clock
        Monotonic time in seconds.
    """

    def __init__(
        self,
        labels: LabelService,
        state: LabelingState,
        send: Callable[[Message], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._labels = labels
        self._state = state
        self._send = send
        self._clock = clock
        self._active = clock()
        self.window = uuid.uuid4().hex
        self.elsewhere = False
        """Whether the annotator continued in another window."""
        self.idle = False

    async def hello(self, token: object) -> bool:
        """Identify the annotator by the browser's token. Return whether there is one."""
        identity = annotator_of(token, await self._secret())
        people = await self._labels.ask(lambda store: store.annotators.list_all) if identity else []
        known = {person.id: person for person in people}
        if identity not in known:
            if self._state.annotator is None:  # otherwise the caller makes them leave, which sends it
                self._tell(None, "")
            return False
        await self._become(known[identity])
        return True

    async def join(self, name: str) -> None:
        """Start as a new annotator.

        Raises
        ------
        ParameterError
            If the name is empty, too long or not plain text.
        """
        await self._become(await self._labels.ask(lambda store: store.annotators.add, name))

    async def leave(self) -> None:
        """Leave: this window has no annotator any more."""
        await self._labels.ask(lambda store: store.annotators.leave, self.window)
        self._state.annotator = None
        self._tell(None, "")

    async def take_over(self) -> None:
        """Continue in this window; the annotator's other windows stop."""
        self.elsewhere = False
        self._active = self._clock()
        await self._seen(take_over=True)

    async def beat(self) -> bool:
        """Send a heartbeat and check for another window and for inactivity. Return whether the annotator works here."""
        if self._state.annotator is None:  # the annotator left
            return False
        live = await self._seen(take_over=False)
        self.elsewhere = bool(live) and live[0].session_id != self.window
        self.idle = self._clock() - self._active > IDLE_SECONDS
        return not (self.elsewhere or self.idle)

    def awake(self) -> bool:
        """Record activity. Return whether the annotator was inactive so long that the pages must be taken again."""
        away, self._active, self.idle = self.idle, self._clock(), False
        return away

    async def _become(self, annotator: Annotator) -> None:
        self._state.annotator = annotator
        self._tell(annotator, token_of(annotator.id, await self._secret()))
        await self.take_over()

    async def _seen(self, *, take_over: bool) -> list[Presence]:
        doing = "captions" if self._state.captions else self._state.attribute
        return await self._labels.ask(
            lambda store: store.annotators.heartbeat, self.window, self._state.annotator.id, doing, take_over=take_over
        )

    async def _secret(self) -> bytes:
        return await self._labels.run(lambda: self._labels.store.secret)

    def _tell(self, annotator: Annotator | None, token: str) -> None:
        self._send(WhoMessage(annotator.id, annotator.name, token) if annotator else WhoMessage(token=token))
