"""An object behind an address as a file that can be read from any place, by ranges. Uses the network."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from cachetools import LRUCache

from pipeline.errors import StorageError
from pipeline.storage.addresses import stored_address
from pipeline.storage.objects import StoredObject
from pipeline.storage.stores import store_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["RangeFile", "opened_object"]

BLOCK: Final = 1 << 18
"""Bytes that are requested at least, because a request costs more than they do."""
_BLOCKS: Final = 16


class RangeFile(io.RawIOBase):
    """An object as a file to read. It is for one thread at a time.

    Parameters
    ----------
    stored
        The object, with its size.

    Raises
    ------
    StorageError
        When it is read, as `pipeline.storage.stores.Store.read` has it.
    """

    def __init__(self, stored: StoredObject) -> None:
        super().__init__()
        self._stored = stored
        self._store = store_of(stored.address)
        self._place = 0
        self._blocks: LRUCache[int, bytes] = LRUCache(_BLOCKS)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the current place."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to another place; raise ValueError for one before the beginning."""
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._stored.size}[whence]
        if place < 0:
            raise ValueError("the place is before the beginning of the file")
        self._place = place
        return place

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer; return the number of bytes, less than its length only at the end."""
        view = memoryview(buffer).cast("B")
        data = self._bytes(min(len(view), max(self._stored.size - self._place, 0)))
        view[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _bytes(self, count: int) -> bytes:
        if count >= BLOCK:
            return self._store.read(self._stored, self._place, count)
        held = b""
        while len(held) < count:
            number, inside = divmod(self._place + len(held), BLOCK)
            piece = self._block(number)[inside : inside + count - len(held)]
            if not piece:
                break
            held += piece
        return held

    def _block(self, number: int) -> bytes:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._store.read(self._stored, number * BLOCK, BLOCK)
        return block


def opened_object(text: str) -> RangeFile:
    """Open the object behind a stored address.

    Raises
    ------
    StorageError
        Reason ``missing`` if there is none; others as in `pipeline.storage.stores.Store.facts`.
    """
    address = stored_address(text)
    stored = store_of(address).facts(address)
    if stored is None:
        raise StorageError(f"{address} is not there any more.", reason="missing")
    return RangeFile(stored)
