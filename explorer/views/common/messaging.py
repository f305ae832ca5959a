"""Messages between a view and its browser component. Each incoming message calls the method of its name."""

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
from explorer.views.common.component import TOO_MANY, Component, refusal
from explorer.views.common.latest_only import Newest
from pipeline.errors import BamExplorerError
from pipeline.label_store import Annotator

__all__ = ["MOST_WAITING", "NAME_MISSING", "Conversation"]

log = logging.getLogger(__name__)

NAME_MISSING = "Enter your name in the Label tab first; {} are signed. Nothing was lost."
MOST_WAITING = 256
"""Messages of one component that may wait. The browser sends a logged action again if there is no place for it."""

Handler = Callable[[dict[str, Any]], Awaitable[Any]]


class Conversation:
    """Mixin of a view that passes a component's messages to its methods ``_do_TYPE``.

    Messages run one after the other, in the order of their arrival. Of the kinds that the table calls newest, only the
    last one that waits is run. User errors are shown as a note. A person without a name can change nothing and is led
    to the name field. Every change is logged with its person. A method returns the names of new things, for the log.
    """

    _component: Component
    _services: Services
    _labels: LabelService
    _view: ViewState

    signed = "changes"
    """The things that are stored here with a person's name, in the plural."""

    def _converse(self, component: Component) -> None:
        """Listen to the messages of a component."""
        self._component = component
        self._waiting: deque[dict[str, Any]] = deque()
        self._working = False
        self._newest: dict[str, Newest] = {}
        component.on_msg(lambda event: self._on_message(event.data))

    def _annotator(self) -> Annotator | None:
        """Return the annotator of this session, or None."""
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
                await asyncio.sleep(0)  # let other tasks run between two messages
        finally:
            self._working = False

    async def _take(self, message: dict[str, Any]) -> None:
        await self._run_handler(getattr(self, f"_do_{message['type']}"), message)

    @property
    def _name(self) -> str:
        return type(self._component).__name__

    def _later(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def task() -> None:
            await work()

        pn.state.execute(task, schedule=True)

    async def _run_handler(self, handler: Handler, message: dict[str, Any], name: str = "") -> None:
        """Run the handler of a message, if its sender may.

        The `name` is that of the message, if it differs from the method's.
        """
        name = name or handler.__name__.removeprefix("_do_").removeprefix("_")
        kind, me = kind_of(self._name, name), self._annotator()
        if kind.needs is not Needs.NOTHING and me is None:
            self._want_a_name(message)
            return
        try:
            made = await handler(message)
            if kind.changes and me is not None:
                await self._log(kind, me, name, message, made)
        except BamExplorerError as error:
            self._note(self._services.words_of(error), "error")
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            log.debug("a malformed message: %s %s", self._name, name, exc_info=True)
            self._note("The server could not read this message. Reload the page and try again.", "error")

    async def _log(self, kind: Kind, me: Annotator, name: str, message: dict[str, Any], made: Any) -> None:
        if not kind.acts:
            about = {key: value for key, value in message.items() if key != "type"}
            things = [made] if isinstance(made, str) else list(made or [])
            await self._labels.run(self._services.changes.note, me, f"{self._name} {name}", about, things)

    def _want_a_name(self, message: dict[str, Any]) -> None:
        """Show the name field to a person who has not entered a name."""
        words = NAME_MISSING.format(self.signed)
        self._send(refusal(message, words, again=True))
        self._view.want_name(words)

    def _send(self, message: Message) -> None:
        self._component.send(message)

    def _note(self, text: str, kind: str = "info") -> None:
        self._send(Note(text, kind))
