"""Who is at a browser: recognised by a token, present as long as they give signs of life, in one window at a time."""

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
"""Whoever does nothing for so long lets others have their page."""


class Attendance:
    """The person of one browser session.

    Parameters
    ----------
    labels
        The process's label store.
    state
        Whose `annotator` is set here.
    send
        Takes a message to the browser.
    clock
        Seconds that never jump.
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
        """Whether the person went on in another window."""
        self.idle = False

    async def hello(self, token: object) -> bool:
        """Recognise a browser's person by the token it kept; whether somebody was recognised."""
        identity = annotator_of(token, await self._secret())
        people = await self._labels.ask(lambda store: store.annotators.list_all) if identity else []
        known = {person.id: person for person in people}
        if identity not in known:
            if self._state.annotator is None:  # else the caller has them leave, which tells it
                self._tell(None, "")
            return False
        await self._become(known[identity])
        return True

    async def join(self, name: str) -> None:
        """Begin as somebody new.

        Raises
        ------
        ParameterError
            If the name is empty, too long or no plain text.
        """
        await self._become(await self._labels.ask(lambda store: store.annotators.add, name))

    async def leave(self) -> None:
        """Stop being anybody here."""
        await self._labels.ask(lambda store: store.annotators.leave, self.window)
        self._state.annotator = None
        self._tell(None, "")

    async def take_over(self) -> None:
        """Go on in this window; the person's other ones stop."""
        self.elsewhere = False
        self._active = self._clock()
        await self._seen(take_over=True)

    async def beat(self) -> bool:
        """Give a sign of life, notice a second window of the same person and long silence; whether they work here."""
        if self._state.annotator is None:  # they left
            return False
        live = await self._seen(take_over=False)
        self.elsewhere = bool(live) and live[0].session_id != self.window
        self.idle = self._clock() - self._active > IDLE_SECONDS
        return not (self.elsewhere or self.idle)

    def awake(self) -> bool:
        """Note that the person is there; whether they were away for so long that their pages must be looked at."""
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
