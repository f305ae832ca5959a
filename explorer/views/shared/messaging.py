"""What a view and its browser's half say to each other: messages in, to methods of their names, and messages out."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import panel as pn

from explorer.messages.encoding import Message
from explorer.messages.outgoing import Note
from explorer.messages.table import Kind, Needs, kind_of
from explorer.services.label_service import LabelService
from explorer.services.services import Services
from explorer.state.view_state import ViewState
from explorer.views.shared.component import TOO_MANY, Component, refusal
from explorer.views.shared.latest_only import Newest
from pipeline.errors import BamExplorerError
from pipeline.label_store import Annotator

__all__ = ["MOST_WAITING", "NOBODY", "Conversation"]

log = logging.getLogger(__name__)

NOBODY = "Say who you are in the Label tab first: what is {} carries a name. Nothing was lost."
MOST_WAITING = 256
"""Messages of one component that wait for their turn; an act that finds no place is sent again."""

Handler = Callable[[dict[str, Any]], Awaitable[Any]]


class Conversation:
    """Takes a component's messages to methods ``_do_TYPE`` of a view, which it is mixed into.

    They are done one after the other, in the order in which they came; of those that the table calls newest, the last
    one that waits. A person's mistake becomes a note beside what they did. Whoever said no name changes nothing, and is
    led to where a name is said; what is changed is logged with who did it. A method gives what it made, for the log.
    """

    _component: Component
    _services: Services
    _labels: LabelService
    _view: ViewState

    signed = "changed"
    """What is done here in somebody's name, as a participle."""

    def _converse(self, component: Component) -> None:
        """Listen to a component from now on."""
        self._component = component
        self._waiting: deque[dict[str, Any]] = deque()
        self._working = False
        self._newest: dict[str, Newest] = {}
        component.on_msg(lambda event: self._on_message(event.data))

    def _somebody(self) -> Annotator | None:
        """Give whoever works in this session."""
        raise NotImplementedError

    def _on_message(self, message: dict[str, Any]) -> None:
        name = message["type"]
        if kind_of(self._name, name).newest:
            self._newest.setdefault(name, Newest(self._later)).ask(lambda: self._take(message))
        elif len(self._waiting) >= MOST_WAITING:
            self._send(refusal(message, TOO_MANY, again=True))
        else:
            self._waiting.append(message)
            if not self._working:
                self._working = True
                self._later(self._take_all)

    async def _take_all(self) -> None:
        try:
            while self._waiting:
                await self._take(self._waiting.popleft())
                await asyncio.sleep(0)  # others have their turn between two of ours
        finally:
            self._working = False

    async def _take(self, message: dict[str, Any]) -> None:
        await self._told(getattr(self, f"_do_{message['type']}"), message)

    @property
    def _name(self) -> str:
        return type(self._component).__name__

    def _later(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def task() -> None:
            await work()

        pn.state.execute(task, schedule=True)

    async def _told(self, handler: Handler, message: dict[str, Any], name: str = "") -> None:
        """Do what a message says, if its sender may; `name` of the message where the method's name is not it."""
        name = name or handler.__name__.removeprefix("_do_").removeprefix("_")
        kind, me = kind_of(self._name, name), self._somebody()
        if kind.needs is not Needs.NOBODY and me is None:
            self._want_a_name(message)
            return
        try:
            made = await handler(message)
            if kind.changes and me is not None:
                await self._log(kind, me, name, message, made)
        except BamExplorerError as error:
            self._note(self._services.words_of(error), "error")
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            log.debug("a message made no sense: %s %s", self._name, name, exc_info=True)
            self._note("This could not be done: the message made no sense. Load the page anew.", "error")

    async def _log(self, kind: Kind, me: Annotator, name: str, message: dict[str, Any], made: Any) -> None:
        if not kind.acts:
            about = {key: value for key, value in message.items() if key != "type"}
            things = [made] if isinstance(made, str) else list(made or [])
            await self._labels.run(self._services.changes.note, me, f"{self._name} {name}", about, things)

    def _want_a_name(self, message: dict[str, Any]) -> None:
        """Lead somebody who said no name to where it is said."""
        words = NOBODY.format(self.signed)
        self._send(refusal(message, words, again=True))
        self._view.want_name(words)

    def _send(self, message: Message) -> None:
        self._component.send(message)

    def _note(self, text: str, kind: str = "info") -> None:
        self._send(Note(text, kind))
