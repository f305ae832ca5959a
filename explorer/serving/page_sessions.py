"""Limits of a process's pages: new pages wait in a line, so that open pages stay fast."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from explorer.serving.rate_limit import Bucket

__all__ = ["MOST_SESSIONS", "PageSessions", "TooManyPagesError", "sessions_of"]

MOST_SESSIONS = 200
"""Most open pages of a process."""

MOST_UNSEEN = 40
"""Most pages that were sent and whose browser has not connected yet."""

MOST_IN_LINE = 40
"""Most visitors who wait for a page."""

SECONDS_TO_COME_BACK = 5.0
"""Time after which a page without a connection may be replaced. It is made again when its browser connects."""

SHARE, BURST_SECONDS = 0.5, 6.0
"""Making a page blocks the process for some tenths of a second. New pages may use half of its time."""


class TooManyPagesError(Exception):
    """No page can be made now. The message says what to do."""


def sessions_of(context: Any) -> PageSessions:
    """Return the page limits of one of Bokeh's application contexts. Each context has its own."""
    found: PageSessions | None = getattr(context, "page_sessions", None)
    if found is None:
        found = context.page_sessions = PageSessions(context)
    return found


class PageSessions:
    """Makes the pages of one app, one after the other.

    Parameters
    ----------
    context
        Bokeh's application context with the app's sessions.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._turn = asyncio.Lock()
        self._in_line = 0
        self._work = Bucket(SHARE, BURST_SECONDS)

    def knows(self, identity: str) -> bool:
        """Return whether there is a session of this identity."""
        return any(session.id == identity for session in self._context.sessions)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn to make a page. The caller makes it inside the context.

        Raises
        ------
        TooManyPagesError
            If too many visitors wait, or too many pages are open.
        """
        if self._in_line >= MOST_IN_LINE:
            raise TooManyPagesError("Too many people open the map at this moment. Wait half a minute, then reload.")
        self._in_line += 1
        try:
            async with self._turn:
                await asyncio.sleep(self._work.take(0))
                await self._free_a_place()
                begun = time.perf_counter()
                try:
                    yield
                finally:
                    self._work.take(time.perf_counter() - begun)
        finally:
            self._in_line -= 1

    async def _free_a_place(self) -> None:
        sessions = list(self._context.sessions)
        unseen = sorted(
            (session for session in sessions if session.connection_count == 0),
            key=lambda session: -session.milliseconds_since_last_unsubscribe,
        )
        if len(sessions) < MOST_SESSIONS and len(unseen) < MOST_UNSEEN:
            return
        if unseen and unseen[0].milliseconds_since_last_unsubscribe >= 1000 * SECONDS_TO_COME_BACK:
            await self._context._discard_session(unseen[0], lambda session: session.connection_count == 0)  # noqa: SLF001
            return
        if len(sessions) < MOST_SESSIONS:
            raise TooManyPagesError("Too many people open the map at this moment. Wait half a minute, then reload.")
        raise TooManyPagesError(
            f"{MOST_SESSIONS} windows show this map already. Close one that you do not need, then reload."
        )
