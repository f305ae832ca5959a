"""What one process shares among its sessions: the opened collection, indices, caches, threads.

Everything here is safe to use from several threads. Built once by `services_for`, the only place that knows about
process-wide state.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from pipeline import density
from pipeline import frame as frames
from pipeline.collection import Collection, Layout
from pipeline.errors import ImageError
from pipeline.framing import frame_square
from pipeline.images import decode_rgb
from pipeline.level_of_detail import LayoutIndex, default_priority
from pipeline.thumbnails import decode_tile
from pipeline.tile_cache import TileCache

__all__ = ["EncodedFrame", "Services", "services_for"]

CACHE_BYTES = 160_000_000
"""Memory for decoded tiles of all sizes together, shared by all sessions."""

MIME = "image/jpeg"
DAMAGED_GREY = 128
StoredSize = Literal[32, 64, 128]
STORED_SIZES = get_args(StoredSize)
PRIORITY_SEED = 0


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """One picture of the map, ready to travel: encoded bytes, their kind, grid level and how many images it shows."""

    data: bytes
    mime: str
    level: int
    drawn: int


class Services:
    """The shared parts of one collection's app."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.executor = ThreadPoolExecutor(2, thread_name_prefix="frame")
        self.executor.submit(density.warm_up)  # a second of compilation that no first frame has to wait for
        self._lock = threading.Lock()
        self._layouts: dict[str, Layout] = {}
        self._indices: dict[str, LayoutIndex] = {}
        self._priority = default_priority(collection.image_ids, PRIORITY_SEED)
        share = CACHE_BYTES // len(frames.TILE_SIZES)
        self._caches = {
            size: TileCache(self._load_tiles, size, share // (size * size * 3)) for size in frames.TILE_SIZES
        }

    def layout(self, name: str) -> Layout:
        """Give a layout, read once."""
        with self._lock:
            if name not in self._layouts:
                self._layouts[name] = self.collection.layout(name)
            return self._layouts[name]

    def index(self, name: str) -> LayoutIndex:
        """Give a layout's spatial index, built once."""
        positions = self.layout(name).positions
        with self._lock:
            if name not in self._indices:
                self._indices[name] = LayoutIndex.build(positions, self._priority)
            return self._indices[name]

    def render(
        self, layout_name: str, mask: NDArray[np.bool_], view: frames.FrameView, palette: frames.Palette
    ) -> EncodedFrame:
        """Compose and encode one frame; runs in a worker thread."""
        frame = frames.compose_frame(self.index(layout_name), mask, self._caches.__getitem__, view, palette)
        data = frames.encode_frame(frame.rgb)
        return EncodedFrame(data, MIME, frame.level, len(frame.representatives.rows))

    def _load_tiles(self, rows: NDArray[np.int32], size: int) -> NDArray[np.uint8]:
        tiles = np.empty((len(rows), size, size, 3), np.uint8)
        if size in STORED_SIZES:
            for place, data in enumerate(self.collection.tiles(rows)):
                tiles[place] = _decoded(partial(decode_tile, data, cast(StoredSize, size)))
        else:  # larger than the stored tiles: from the large pictures, of which few fit on a screen
            for place, data in enumerate(self.collection.previews(rows)):
                tiles[place] = _decoded(partial(_from_preview, data, size))
        return tiles


def _from_preview(data: bytes, size: int) -> NDArray[np.uint8]:
    return frame_square(decode_rgb(data).rgb, size)


def _decoded(decode: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8] | int:
    """Give a tile, or a grey one where its bytes are damaged: one bad thumbnail must not take the map away."""
    try:
        return decode()
    except ImageError:
        return DAMAGED_GREY


_services: dict[Path, Services] = {}
_services_lock = threading.Lock()


def services_for(path: Path) -> Services:
    """Give the shared services of the collection at `path`, opening it on the first call.

    Raises
    ------
    CollectionError
        If it cannot be opened.
    """
    key = path.resolve()
    with _services_lock:
        if key not in _services:
            _services[key] = Services(Collection(key))
        return _services[key]
