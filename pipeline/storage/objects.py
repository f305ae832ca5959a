"""One object of a store, and what every store can do. Also what is remembered of links but never stored. Pure."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from pipeline.storage.addresses import StorageAddress

__all__ = ["MOST_OBJECTS", "Store", "StoredObject", "forget_queries", "query_of", "remember_query"]

MOST_OBJECTS = 5_000_000
"""Objects of one folder that are listed."""

_MOST_REMEMBERED = 1_000
_LOCK: Final = threading.Lock()
_QUERIES: Final[dict[str, str]] = {}


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of a store.

    Parameters
    ----------
    address
        Its address.
    size
        Number of bytes; -1 if the store does not say.
    tag
        Text that changes with the bytes (an ETag); "" if the store has none.
    """

    address: StorageAddress
    size: int
    tag: str


class Store(Protocol):
    """The objects behind the addresses of one protocol. All methods may be called from many threads at once."""

    def files(self, folder: StorageAddress) -> Iterator[StoredObject]:
        """Yield all objects below a folder, subfolders included, as they are listed; none for a folder without any.

        Raises
        ------
        StorageError
            If the folder cannot be listed.
        """

    def facts(self, address: StorageAddress) -> StoredObject | None:
        """Return the size and tag of an object; None where no object has this address.

        Raises
        ------
        StorageError
            If the storage does not answer, or refuses.
        """

    def read(self, stored: StoredObject, start: int, count: int) -> bytes:
        """Return bytes of an object, fewer than `count` only at its end.

        Parameters
        ----------
        stored
            The object. If it has a tag, the object behind the address must still have it.
        start, count
            From which byte, and how many at most.

        Raises
        ------
        StorageError
            Reason ``changed`` for another tag; others as in `facts`.
        """


def remember_query(address: StorageAddress) -> None:
    """Remember the query of a link for this process only, because it may be a secret and is stored nowhere."""
    if address.query:
        with _LOCK:
            if len(_QUERIES) >= _MOST_REMEMBERED:
                _QUERIES.pop(next(iter(_QUERIES)))
            _QUERIES[address.text] = address.query


def query_of(address: StorageAddress) -> str:
    """Return the query of a link, as the address has it or as it was remembered."""
    return address.query or _QUERIES.get(address.text, "")


def forget_queries() -> None:
    """Forget all queries."""
    with _LOCK:
        _QUERIES.clear()
