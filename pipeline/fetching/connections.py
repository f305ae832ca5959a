"""Keep connections open from one request to the next. Uses the network.

httpcore's own pool looks at all its connections for every request, which took two thirds of the time with 64
of them. Here each host has a short list. How many requests a host gets at a time is decided by
`pipeline.fetching.frontier`, so nothing ever waits here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import httpcore

__all__ = ["Connections", "Held"]

MOST_ABANDONED = 50
"""Answers of one HTTP/2 connection that may be left unread. httpcore cannot tell the host to stop sending one, and
hosts allow about a hundred at a time."""

_Key = tuple[bytes, bytes, int]


@dataclass(slots=True, eq=False)
class Held:
    """An open connection.

    Parameters
    ----------
    connection
        httpcore's object.
    origin
        Where it leads to.
    users
        Requests that use it now; more than one only with HTTP/2.
    served
        Requests that it has served.
    is_shared
        Whether it speaks HTTP/2.
    abandoned
        Answers that were left unread.
    """

    connection: httpcore.AsyncConnectionInterface
    origin: httpcore.Origin
    users: int = 0
    served: int = 0
    is_shared: bool = False
    abandoned: int = 0

    def is_usable(self) -> bool:
        """Return whether another request can be made now."""
        if self.users and not self.is_shared:
            return False
        return self.abandoned < MOST_ABANDONED and self.connection.is_available() and not self.is_over()

    def is_over(self) -> bool:
        """Return whether no request can be made any more."""
        return self.connection.is_closed() or (not self.users and self.connection.has_expired())


class Connections:
    """All connections of a run.

    Parameters
    ----------
    make
        Function that makes a connection to an origin, which connects at the first request.
    most_unused
        Connections that are kept open without a request, over all hosts.
    """

    def __init__(self, make: Callable[[httpcore.Origin], httpcore.AsyncConnectionInterface], most_unused: int) -> None:
        self._make = make
        self._most_unused = most_unused
        self._by_origin: dict[_Key, list[Held]] = {}
        self._unused: dict[Held, None] = {}

    def take(self, url: httpcore.URL, *, new: bool = False) -> Held:
        """Lend a connection for one request and its answer; then call `give_back`.

        Parameters
        ----------
        url
            What is requested.
        new
            Whether it must be a connection that served no request before.
        """
        several = self._by_origin.setdefault(_key(url.origin), [])
        held = None if new else next((held for held in reversed(several) if held.is_usable()), None)
        if held is None:
            held = Held(self._make(url.origin), url.origin)
            several.append(held)
        self._unused.pop(held, None)
        held.users += 1
        return held

    async def give_back(self, held: Held) -> None:
        """Take a connection back; it is closed if it cannot serve another request, or too many are kept."""
        held.users -= 1
        held.served += 1
        if held.users:
            return
        if held.is_over() or held.abandoned >= MOST_ABANDONED or not held.connection.is_available():
            await self._close(held)
            return
        self._unused[held] = None
        while len(self._unused) > self._most_unused:
            await self._close(next(iter(self._unused)))

    async def aclose(self) -> None:
        """Close all connections."""
        for held in [held for several in self._by_origin.values() for held in several]:
            await self._close(held)

    async def _close(self, held: Held) -> None:
        self._unused.pop(held, None)
        several = self._by_origin.get(_key(held.origin), [])
        if held in several:
            several.remove(held)
            if not several:
                self._by_origin.pop(_key(held.origin), None)
        with suppress(httpcore.NetworkError, OSError):
            await held.connection.aclose()


def _key(origin: httpcore.Origin) -> _Key:
    return origin.scheme, origin.host, origin.port
