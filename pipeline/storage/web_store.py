"""The store of links: bytes by range from web servers, through the checked connections of `pipeline.fetching`.

The client of `fsspec` for the web is not used: it would connect to any address, follow any redirect and use the
proxies of the environment.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any, Final, TypeVar

from pipeline.errors import LinkError, StorageError
from pipeline.fetching.addresses import Address, parse_address
from pipeline.fetching.connecting import SystemResolver, connection_maker
from pipeline.fetching.connections import Connections
from pipeline.fetching.parts import Part, PartRequester
from pipeline.fetching.reasons import TRANSIENT, Reason
from pipeline.fetching.records import FetchOptions
from pipeline.storage.addresses import StorageAddress
from pipeline.storage.objects import StoredObject, query_of

__all__ = ["WebStore"]

TRIES: Final = 4
PAUSE: Final = 0.2
_UNUSED: Final = 8
_WORDS: Final = {
    Reason.NOT_FOUND: ("missing", "is not there. Check the address."),
    Reason.FORBIDDEN: ("permission", "may not be read: the host forbids it. A signed link may have expired."),
    Reason.PRIVATE_ADDRESS: ("private", "leads to this machine or a private network, and only public hosts are read."),
    Reason.TOO_LARGE: ("too_large", "is larger than allowed."),
}
T = TypeVar("T")


class _NoRangesError(LinkError):
    """The host sends whole files only."""


class _ChangedError(LinkError):
    """The file is another one by now."""


class WebStore:
    """The files of web servers.

    Parameters
    ----------
    options
        Limits and safety. Time of a whole answer counts for each range.
    """

    def __init__(self, options: FetchOptions) -> None:
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="web storage", daemon=True)
        self._thread.start()
        resolve = options.resolve or SystemResolver()
        connections = Connections(connection_maker(options, resolve), _UNUSED)
        self._requester = PartRequester(connections, options.limits, options.user_agent)

    def files(self, folder: StorageAddress) -> Iterator[StoredObject]:
        """Refuse: the web has no lists of folders."""
        raise StorageError(
            f"{folder} is a folder behind a link, and the web has no lists of folders. Give the address of a table or "
            "of an archive.",
            reason="no_list",
        )

    def facts(self, address: StorageAddress) -> StoredObject | None:
        """See `Store.facts`."""
        try:
            part = self._run(self._part(StoredObject(address, -1, ""), 0, 1, Part(), whole_too=True))
        except LinkError as error:
            if error.reason == Reason.NOT_FOUND:
                return None
            raise _failure(error, address) from error
        return StoredObject(address, part.whole, part.tag)

    def read(self, stored: StoredObject, start: int, count: int) -> bytes:
        """See `Store.read`."""
        held = b""
        tries = 0
        while len(held) < count:
            before = len(held)
            part = Part()
            try:
                self._run(self._part(stored, start + before, count - before, part))
                held += bytes(part.data)
                break
            except LinkError as error:
                held += bytes(part.data)
                if error.status == 416:
                    break
                tries = 0 if part.data else tries + 1
                if error.reason not in TRANSIENT or tries >= TRIES:
                    raise _failure(error, stored.address) from error
                time.sleep(PAUSE * 2.0**tries)
        return held[:count]

    async def _part(self, stored: StoredObject, start: int, count: int, part: Part, *, whole_too: bool = False) -> Part:
        query = query_of(stored.address)
        at: Address = parse_address(f"{stored.address.text}?{query}" if query else stored.address.text)
        for _ in range(self._options.limits.redirects + 1):
            found = await self._requester.part(at, start, count, part)
            if isinstance(found, Part):
                if stored.tag and found.tag != stored.tag:
                    raise _ChangedError("The file was changed.", reason=Reason.HTTP_STATUS)
                if not (found.is_range or whole_too or (start == 0 and found.whole == count)):
                    raise _NoRangesError("The host sends whole files only.", reason=Reason.HTTP_STATUS)
                return found
            at = found
        raise LinkError("The address was redirected too often.", reason=Reason.TOO_MANY_REDIRECTS)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _failure(error: LinkError, address: StorageAddress) -> StorageError:
    if isinstance(error, _ChangedError):
        return StorageError(f"{address} was changed while it was read. Build again.", reason="changed")
    if isinstance(error, _NoRangesError):
        return StorageError(
            f"{address}: the host sends no parts of files. Download the file and give its path.", reason="no_ranges"
        )
    known = _WORDS.get(Reason(error.reason))
    if known is not None:
        return StorageError(f"{address} {known[1]}", reason=known[0])
    reason = "network" if error.reason in TRANSIENT else "unreadable"
    words = str(error.reason).replace("_", " ")
    return StorageError(f"{address} cannot be read ({words}). Check the address and the network.", reason=reason)
