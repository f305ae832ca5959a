"""What a view and its browser's half say to each other: messages in, to methods of their names, and messages out."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import panel as pn

from pipeline.errors import BamExplorerError

__all__ = ["Conversation"]

log = logging.getLogger(__name__)


class Conversation:
    """Takes a component's messages to methods ``_do_TYPE`` of a view, which it is mixed into.

    A person's mistake becomes a note beside what they did; what no browser of ours says makes nothing.
    """

    _component: pn.custom.JSComponent

    def _converse(self, component: pn.custom.JSComponent) -> None:
        """Listen to a component from now on."""
        self._component = component
        component.on_msg(lambda event: self._on_message(event.data))

    def _on_message(self, message: Any) -> None:
        if isinstance(message, dict) and isinstance(message.get("type"), str):
            handler = getattr(self, f"_do_{message['type']}", None)
            if handler is not None:
                self._later(lambda: self._told(handler, message))

    def _later(self, work: Callable[[], Awaitable[None]]) -> None:
        async def task() -> None:
            await work()

        pn.state.execute(task, schedule=True)

    async def _told(self, handler: Callable[[dict[str, Any]], Awaitable[None]], message: dict[str, Any]) -> None:
        try:
            await handler(message)
        except BamExplorerError as error:
            self._note(str(error), "error")
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            log.debug("a message made no sense: %s", message.get("type"), exc_info=True)

    def _send(self, message: dict[str, Any]) -> None:
        self._component._send_msg(message)  # noqa: SLF001 -- Panel has no public name for it

    def _note(self, text: str, kind: str = "info") -> None:
        self._send({"type": "note", "text": text, "kind": kind})
