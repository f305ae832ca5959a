"""Stores: what lists and reads the objects behind addresses, one for each protocol. Uses the network through them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from pipeline.errors import StorageError
from pipeline.storage.addresses import WEB, StorageAddress, allow_protocol
from pipeline.storage.objects import Store, StoredObject, forget_queries, remember_query

if TYPE_CHECKING:
    from pipeline.fetching.records import FetchOptions

__all__ = [
    "forget_stores",
    "read_object",
    "register_store",
    "store_of",
    "use_address",
]


class _Known:
    """The stores of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.makers: dict[str, Callable[[], Store]] = {}
        self.stores: dict[str, Store] = {}


_KNOWN: Final = _Known()


def register_store(protocol: str, make: Callable[[], Store]) -> None:
    """Add a protocol, or replace the store of one.

    Parameters
    ----------
    protocol
        In lower case, e.g. ``"sftp"``. It must reach no file of this machine.
    make
        Makes the store when an address is first read.
    """
    with _KNOWN.lock:
        _KNOWN.makers[protocol] = make
        _KNOWN.stores.pop(protocol, None)
    allow_protocol(protocol)


def store_of(address: StorageAddress) -> Store:
    """Return the store that reads an address; it is made once.

    Raises
    ------
    StorageError
        Reason ``extra`` if a library is missing.
    """
    place = f"{address.protocol}://{address.root}" if address.is_web else address.protocol
    with _KNOWN.lock:
        store = _KNOWN.stores.get(place) or _KNOWN.stores.get(address.protocol)
        if store is None:
            store = _KNOWN.stores[address.protocol] = _made(address.protocol)
        return store


def use_address(address: StorageAddress, options: FetchOptions | None = None) -> None:
    """Remember, for this process only, how an address is read.

    Parameters
    ----------
    address
        A link's query is remembered, because it may be a secret and is stored nowhere.
    options
        How links of this host are read; only public hosts by default.
    """
    remember_query(address)
    with _KNOWN.lock:
        if address.is_web and options is not None:
            from pipeline.storage.web_store import WebStore

            _KNOWN.stores[f"{address.protocol}://{address.root}"] = WebStore(options)


def read_object(stored: StoredObject, start: int, count: int) -> bytes:
    """Return exactly `count` bytes of an object.

    Raises
    ------
    StorageError
        As `Store.read`; reason ``unreadable`` where the object ends before.
    """
    data = store_of(stored.address).read(stored, start, count)
    if len(data) < count:
        raise StorageError(f"{stored.address} ends at byte {start + len(data):,}.", reason="unreadable")
    return data


def forget_stores() -> None:
    """Forget all stores, so that the next one reads its credentials again, and what is remembered of addresses."""
    with _KNOWN.lock:
        _KNOWN.stores.clear()
    forget_queries()


def _made(protocol: str) -> Store:
    if protocol in _KNOWN.makers:
        return _KNOWN.makers[protocol]()
    if protocol in WEB:
        from pipeline.fetching.records import FetchOptions
        from pipeline.storage.web_store import WebStore

        return WebStore(FetchOptions())
    if protocol == "s3":
        from pipeline.storage.s3_store import S3Store

        return S3Store()
    from pipeline.storage.fsspec_store import FsspecStore, file_system

    return FsspecStore(file_system(protocol))
