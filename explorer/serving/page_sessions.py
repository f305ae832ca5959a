"""How many pages a process makes and keeps: whoever asks for many waits, and those who work here do not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from explorer.serving.rate_limit import Bucket

__all__ = ["MOST_SESSIONS", "PageSessions", "TooManyPagesError", "sessions_of"]

MOST_SESSIONS = 200
"""Open pages of a process."""

MOST_UNSEEN = 40
"""Pages that were handed out and whose browser has not come back for the map yet."""

MOST_IN_LINE = 40
"""Visitors who wait for a page to be made."""

SECONDS_TO_COME_BACK = 5.0
"""After which a page that nobody came back for gives way to another; it is made again when its browser comes."""

SHARE, BURST_SECONDS = 0.5, 6.0
"""A page takes some tenths of a second, in which the process answers nobody: pages may have half of its time."""


class TooManyPagesError(Exception):
    """No page can be made now; the words say what to do."""


def sessions_of(context: Any) -> PageSessions:
    """Give what lets visitors into an app; there is one for each of Bokeh's contexts."""
    found: PageSessions | None = getattr(context, "page_sessions", None)
    if found is None:
        found = context.page_sessions = PageSessions(context)
    return found


class PageSessions:
    """Lets visitors of one app in, one after the other.

    Parameters
    ----------
    context
        Bokeh's, with the app's sessions.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._turn = asyncio.Lock()
        self._in_line = 0
        self._work = Bucket(SHARE, BURST_SECONDS)

    def knows(self, identity: str) -> bool:
        """Say whether a session of this identity is there."""
        return any(session.id == identity for session in self._context.sessions)

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Wait for one's turn to make a page; it is made inside.

        Raises
        ------
        TooManyPagesError
            If too many wait, or are there.
        """
        if self._in_line >= MOST_IN_LINE:
            raise TooManyPagesError("Too many people open the map at this moment. Wait half a minute, then reload.")
        self._in_line += 1
        try:
            async with self._turn:
                await asyncio.sleep(self._work.take(0))
                await self._make_tab()
                begun = time.perf_counter()
                try:
                    yield
                finally:
                    self._work.take(time.perf_counter() - begun)
        finally:
            self._in_line -= 1

    async def _make_tab(self) -> None:
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
            f"{MOST_SESSIONS} windows show this map already. Close one that is not needed, then reload."
        )
