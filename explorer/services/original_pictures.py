"""Original pictures, shared by all sessions: read in one thread, each once, and only while a session wants it.

The map's threads never wait for a large picture, and at most one original is decoded in memory at a time.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from pipeline.collection import Collection
from pipeline.collection.originals import Original, original_location, read_original
from pipeline.images.locations import RemoteLocation, RemoteMemberLocation, file_behind

__all__ = ["OriginalPictures"]

KEPT_BYTES = 24_000_000
MOST_KEPT = 200
MOST_WAITING = 24
"""Requests of all sessions that may wait. A later request keeps the preview until the image is opened again."""

Key = tuple[int, int, int, int]
"""Row, longest side, and the file's size and time, so that a changed file has another key."""


class OriginalPictures:
    """The originals of one collection.

    Parameters
    ----------
    collection
        The collection.
    read
        Reads one original. Tests pass another function.
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
        """Return an original.

        Parameters
        ----------
        row, longest_side
            See `pipeline.collection.originals.read_original`.
        is_wanted
            Called before the original is read. If it returns False, nothing is read.

        Returns
        -------
        Original
            Also empty if it is not wanted any more, or too many requests wait.
        """
        with self._lock:
            if self._waiting >= MOST_WAITING:
                return Original()
            self._waiting += 1
        future = self._thread.submit(self._find, row, longest_side, is_wanted)
        future.add_done_callback(lambda _: self._leave())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the thread. Waiting originals are not read."""
        self._thread.shutdown(cancel_futures=True)

    def _leave(self) -> None:
        with self._lock:
            self._waiting -= 1

    def _find(self, row: int, longest_side: int, is_wanted: Callable[[], bool]) -> Original:
        """Return a kept original, or read it. Runs in the one thread, so two requests read it once."""
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
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.picture)
        return found

    def _key(self, row: int, longest_side: int) -> Key | None:
        location = original_location(self._collection, row)
        if isinstance(location, RemoteLocation | RemoteMemberLocation):  # read once while the map is open
            return row, longest_side, -1, -1
        path = file_behind(location) if location is not None else None
        try:
            status = path.stat() if path is not None else None
        except OSError:
            return None
        return (row, longest_side, status.st_size, status.st_mtime_ns) if status is not None else None
