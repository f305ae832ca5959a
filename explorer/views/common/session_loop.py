"""The event loop of one session, for calls from other threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import panel as pn

__all__ = ["SessionLoop"]


class SessionLoop:
    """Keeps the session in which it is made: on a server its document, in a notebook its loop."""

    def __init__(self) -> None:
        self._document: Any = pn.state.curdoc
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    @property
    def document(self) -> object | None:
        """The session's document, None in a notebook."""
        served = self._document is not None and self._document.session_context is not None
        return self._document if served else None

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call a callback when the session ends, if a server reports it."""
        if self.document is not None:
            self._document.on_session_destroyed(lambda _: callback())

    def call(self, callback: Callable[[], None]) -> None:
        """Schedule a callback on the loop, from any thread."""
        if self.document is not None:

            async def tick() -> None:
                callback()

            self._document.add_next_tick_callback(tick)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(callback)
