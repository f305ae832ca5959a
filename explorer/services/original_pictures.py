"""Originals for everybody who looks: one thread of their own, one at a time, each read once, none that nobody awaits.

The map's threads never wait for a large picture, and whatever people look at, no more than one original is in memory
while it is decoded.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pipeline.collection import Collection
from pipeline.collection.originals import Original, original_path, read_original

__all__ = ["OriginalPictures"]

KEPT_BYTES = 24_000_000
MOST_KEPT = 200
MOST_WAITING = 24
"""Wishes that wait at once, of all sessions; who comes later keeps the preview until the next look."""

Key = tuple[int, int, int, int]
"""Row, longest side, and the file's size and time: an original that changed is another."""


class OriginalPictures:
    """The originals of one collection.

    Parameters
    ----------
    collection
        The collection.
    read
        Reads one; a parameter so that its time can be chosen.
    """

    def __init__(
        self, collection: Collection, read: Callable[[Collection, int, int], Original] = read_original
    ) -> None:
        self._collection = collection
        self._read = read
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="original")
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Original] = OrderedDict()
        self._bytes = self._waiting = 0

    async def get(self, row: int, longest_side: int, *, is_wanted: Callable[[], bool]) -> Original:
        """Give an original.

        Parameters
        ----------
        row, longest_side
            As `pipeline.collection.originals.read_original`.
        is_wanted
            Asked when its turn comes; what nobody wants any more is not read.

        Returns
        -------
        Original
            Empty, too, where it is not wanted any more, or too many wait.
        """
        with self._lock:
            if self._waiting >= MOST_WAITING:
                return Original()
            self._waiting += 1
        future = self._thread.submit(self._find, row, longest_side, is_wanted)
        future.add_done_callback(lambda _: self._leave())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the thread; originals that still wait are not read."""
        self._thread.shutdown(cancel_futures=True)

    def _leave(self) -> None:
        with self._lock:
            self._waiting -= 1

    def _find(self, row: int, longest_side: int, is_wanted: Callable[[], bool]) -> Original:
        """Look an original up, or read it; runs in the one thread, so that two wishes for one read it once."""
        if not is_wanted():
            return Original()
        key = self._key(row, longest_side)
        if key is None:
            return Original()
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        found = self._read(self._collection, row, longest_side)
        self._kept[key] = found
        self._bytes += len(found.picture)
        while self._bytes > KEPT_BYTES or len(self._kept) > MOST_KEPT:
            _, given_up = self._kept.popitem(last=False)
            self._bytes -= len(given_up.picture)
        return found

    def _key(self, row: int, longest_side: int) -> Key | None:
        path = original_path(self._collection, row)
        try:
            status = path.stat() if path is not None else None
        except OSError:
            return None
        return (row, longest_side, status.st_size, status.st_mtime_ns) if status is not None else None
