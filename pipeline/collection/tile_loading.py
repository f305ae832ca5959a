"""Decode the thumbnails of a collection at the size that a frame needs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from pipeline.collection import Collection
from pipeline.errors import ImageError
from pipeline.images.decoding import decode_rgb
from pipeline.images.square_fit import fit_square
from pipeline.images.thumbnails import PREVIEW_SIDE, SMALL_SIDE, TILE_SIZES, decode_tile
from pipeline.limits import Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DAMAGED_GREY", "TileLoader"]

DAMAGED_GREY = 128
"""Grey level of a tile with damaged bytes: one bad thumbnail must not stop the map."""

PREVIEW_THREADS = 2  # a preview takes milliseconds outside Python; a tile takes microseconds, too short for threads


_PREVIEWS = Limits(max_pixels=PREVIEW_SIDE * PREVIEW_SIDE, max_bytes=4_000_000)
"""Limits of a preview. A larger picture in its place is damage."""


class TileLoader:
    """Read and decode tiles; safe for many threads. `load` fits `pipeline.map.tile_cache.TileCache`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._threads = ThreadPoolExecutor(PREVIEW_THREADS, thread_name_prefix="preview")

    def load(self, rows: NDArray[np.int32], size: int) -> NDArray[np.uint8]:
        """Return square tiles.

        Parameters
        ----------
        rows
            int32 (m,). Rows of the collection.
        size
            Side in pixels. Sides up to 256 come from the stored tiles, larger ones from the previews.

        Returns
        -------
        ndarray
            uint8 (m, size, size, 3), in the order of ``rows``; grey where the stored bytes are damaged.

        Raises
        ------
        CollectionError
            If the thumbnails' file cannot be read at all.
        """
        tiles = np.empty((len(rows), size, size, 3), np.uint8)
        if size in TILE_SIZES:
            stored = cast("Literal[32, 64, 128, 256]", size)
            for place, data in enumerate(self._collection.tiles(rows, small=size <= SMALL_SIDE)):
                tiles[place] = _decoded(partial(decode_tile, data, stored))
        else:
            previews = self._collection.previews(rows)
            for place, tile in enumerate(self._threads.map(partial(_from_preview, size=size), previews)):
                tiles[place] = tile
        return tiles


def _from_preview(data: bytes, size: int) -> NDArray[np.uint8] | int:
    return _decoded(lambda: fit_square(decode_rgb(data, limits=_PREVIEWS).rgb, size))


def _decoded(decode: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8] | int:
    try:
        return decode()
    except ImageError:
        return DAMAGED_GREY
