"""Cache decoded square thumbnails in one block of memory, which the collage reads without copying."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BorrowedTiles", "TileCache", "TileLoader"]

TileLoader = Callable[["NDArray[np.int32]", int], "NDArray[np.uint8]"]
"""Reads the tiles of distinct int32 rows (m,) at a size in pixels, as uint8 RGB (m, size, size, 3) in that order."""


class BorrowedTiles(NamedTuple):
    """Tiles that keep their place while they are borrowed.

    Parameters
    ----------
    slab
        uint8 (capacity, size, size, 3). Read only.
    slots
        int32 (m,). Position in the slab of each requested row's tile.
    """

    slab: NDArray[np.uint8]
    slots: NDArray[np.int32]


class TileCache:
    """A bounded, thread-safe cache of tiles of one size. It replaces the least recently used tiles.

    All tiles lie in one block and a caller borrows slots of it, so the compiled collage reads the pixels in place. A
    general cache like `cachetools` keeps one object for each key, and every frame would copy thousands of tiles.

    The cache takes ``capacity * size**2 * 3`` bytes: 4,096 tiles of 64 pixels take 48 MiB, and so do 1,024 of 128
    pixels. It grows beyond ``capacity`` only if simultaneous requests need it, by exactly the number of missing tiles.

    One thread loads at a time, so that no tile is decoded twice. A thread with all tiles present does not wait for it.

    Parameters
    ----------
    load
        Reads the missing tiles of a request in one call.
    size
        Side of a tile in pixels.
    capacity
        Number of tiles kept.

    Raises
    ------
    ParameterError
        If ``size`` or ``capacity`` is less than 1.
    """

    def __init__(self, load: TileLoader, size: int, capacity: int) -> None:
        if size < 1 or capacity < 1:
            raise ParameterError(f"capacity={capacity} and size={size} are not allowed. Both must be 1 or more.")
        self._load = load
        self._size = size
        self._slab = np.empty((capacity, size, size, 3), dtype=np.uint8)
        self._row_of = np.full(capacity, -1, dtype=np.int64)
        self._slot_of: dict[int, int] = {}
        self._used = np.zeros(capacity, dtype=np.int64)
        self._borrowers = np.zeros(capacity, dtype=np.int64)
        self._clock = 0
        self._lock = threading.Lock()
        self._loading = threading.Lock()

    @property
    def size(self) -> int:
        """Side of a tile in pixels."""
        return self._size

    @property
    def capacity(self) -> int:
        """Number of tiles that fit."""
        return self._slab.shape[0]

    @property
    def slab(self) -> NDArray[np.uint8]:
        """The tiles, uint8 (capacity, size, size, 3). Growing replaces this array."""
        return self._slab

    def slots(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """Load missing tiles and return the position of each row's tile in `slab`.

        Read `slab` after this call, because it may have grown. Another thread may evict these tiles at any time, so use
        `borrow` if there are several threads.

        Parameters
        ----------
        rows
            int32 (m,). Rows of the collection in any order. They may repeat.

        Returns
        -------
        ndarray
            int32 (m,).

        Raises
        ------
        ParameterError
            If the loader returns a wrong shape or dtype. The loader's own errors pass through, and the cache does not
            change.
        """
        with self.borrow(rows) as borrowed:
            return borrowed.slots

    @contextmanager
    def borrow(self, rows: NDArray[np.int32]) -> Iterator[BorrowedTiles]:
        """Like `slots`, for a ``with`` block in which no other thread evicts these tiles."""
        wanted, place = np.unique(rows, return_inverse=True)
        borrowed = self._take(wanted)
        try:
            yield BorrowedTiles(borrowed.slab, borrowed.slots[place])
        finally:
            with self._lock:
                self._borrowers[borrowed.slots] -= 1

    def _take(self, wanted: NDArray[np.int32]) -> BorrowedTiles:
        with self._lock:
            slots = self._find(wanted)
            if (slots >= 0).all():
                return self._lend(slots)
        with self._loading:
            return self._take_loading(wanted)

    def _take_loading(self, wanted: NDArray[np.int32]) -> BorrowedTiles:
        with self._lock:
            slots = self._find(wanted)  # another thread may have loaded some of them
            present = slots[slots >= 0]
            missing = wanted[slots < 0]
            self._borrowers[present] += 1  # so that no thread evicts them
            free = self._evict(missing.size)
        try:
            tiles = self._checked_load(missing) if missing.size else None
        except BaseException:
            with self._lock:
                self._borrowers[present] -= 1
            raise
        with self._lock:
            self._borrowers[present] -= 1
            if tiles is not None:
                self._slab[free] = tiles
                self._row_of[free] = missing
                self._slot_of.update(zip(missing.tolist(), free.tolist(), strict=True))
                slots[slots < 0] = free
            return self._lend(slots)

    def _find(self, wanted: NDArray[np.int32]) -> NDArray[np.int32]:
        return np.array([self._slot_of.get(row, -1) for row in wanted.tolist()], dtype=np.int32)

    def _lend(self, slots: NDArray[np.int32]) -> BorrowedTiles:
        self._clock += 1
        self._used[slots] = self._clock
        self._borrowers[slots] += 1
        return BorrowedTiles(self._slab, slots)

    def _evict(self, count: int) -> NDArray[np.int32]:
        """Empty the least recently used slots. Only the caller, which holds the loading lock, fills them."""
        idle = np.flatnonzero(self._borrowers == 0)
        if idle.size < count:
            self._grow(count - idle.size)
            idle = np.flatnonzero(self._borrowers == 0)
        free = idle[np.argsort(self._used[idle], kind="stable")[:count]]
        for row in self._row_of[free][self._row_of[free] >= 0].tolist():
            del self._slot_of[row]
        self._row_of[free] = -1
        self._used[free] = 0
        return free.astype(np.int32)

    def _grow(self, count: int) -> None:
        # Make a new array. Borrowers of the old one continue to read it, and nothing writes to it any more.
        self._slab = np.concatenate([self._slab, np.empty((count, *self._slab.shape[1:]), dtype=np.uint8)])
        self._row_of = np.concatenate([self._row_of, np.full(count, -1, dtype=np.int64)])
        self._used = np.concatenate([self._used, np.zeros(count, dtype=np.int64)])
        self._borrowers = np.concatenate([self._borrowers, np.zeros(count, dtype=np.int64)])

    def _checked_load(self, missing: NDArray[np.int32]) -> NDArray[np.uint8]:
        tiles = self._load(missing, self._size)
        shape = (missing.size, self._size, self._size, 3)
        if tiles.shape != shape or tiles.dtype != np.uint8:
            raise ParameterError(
                f"The tile loader returned {tiles.dtype} of shape {tiles.shape}. It must be uint8 of shape {shape}."
            )
        return tiles
