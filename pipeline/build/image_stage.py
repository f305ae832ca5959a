"""The streaming stage: files in, rows, thumbnails and vectors out, in order, in bounded memory.

A pool of threads reads, hashes, decodes, shrinks and encodes (Pillow and hashing let other threads run meanwhile) while
the consumer's thread runs the network on the batch before.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, cast

import numpy as np

from pipeline.errors import ImageError, ParameterError
from pipeline.given import GivenVectors
from pipeline.images.decoding import decode_rgb
from pipeline.images.locations import page_of
from pipeline.images.memory_budget import MemoryBudget
from pipeline.images.pages import picture_sha256
from pipeline.images.records import NO_FACTS, ExifFacts, ImageRow
from pipeline.images.separate_decoding import close_idle
from pipeline.images.thumbnails import PREVIEW_SIDE, Thumbnails, make_thumbnails
from pipeline.limits import Limits
from pipeline.progress import Progress
from pipeline.sources.reading import location_size, read_location

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from concurrent.futures import Future

    import numpy.typing as npt

    from pipeline.build.cards import Cards
    from pipeline.embedding.embedders import Embedder
    from pipeline.images.records import SourceItem
    from pipeline.progress import ProgressCallback

from pipeline.images.records import ProcessedBatch

__all__ = ["process_images"]

_DEFAULT_BATCH = 32
FILE_BYTES = 256_000_000
"""Bytes of files that all threads together hold. A larger file is read alone."""

DECODE_BYTES = 1_000_000_000
"""Bytes that all threads together use to decode. A larger image is decoded alone."""

_WINDOW = 3
"""Batches in flight: one in the network, one ready, one being read."""


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """One image from the pool; ``pixels`` is None where it failed, and where no network will look at it."""

    row: ImageRow
    pixels: npt.NDArray[np.uint8] | None = None
    thumbnails: Thumbnails | None = None
    facts: ExifFacts = NO_FACTS


# wide: each is an option of its own
def process_images(
    items: Sequence[tuple[int, SourceItem]],
    embedder: Embedder | GivenVectors,
    *,
    limits: Limits | None = None,
    batch_size: int | None = None,
    workers: int | None = None,
    thumbnails: bool = True,
    exif: bool = True,
    cards: Cards | None = None,
    progress: ProgressCallback | None = None,
) -> Generator[ProcessedBatch]:
    """Read, hash, decode, shrink and embed images.

    An image that cannot be used becomes a row with ``status="failed"`` and ``error="reason: sentence"``. The build
    continues. Closing the iterator, an exception from ``progress`` and Ctrl-C cancel all work that has not begun.

    Parameters
    ----------
    items
        Pairs of ``image_id`` and image. Batches keep this order.
    embedder
        Makes the vectors, or has them.
    limits
        Limits of one image; ``Limits()`` by default.
    batch_size
        Images in a batch, 32 by default. The last batch may be smaller.
    workers
        Threads that read and decode, as many as processors by default.
    thumbnails
        Whether to create tiles and previews.
    exif
        Whether to keep what the EXIF of each image says.
    cards
        Cards of images without a picture, which then do not fail. Only with given vectors: a card has none of its own.
    progress
        Called after every batch.

    Yields
    ------
    ProcessedBatch
        One for each batch.

    Raises
    ------
    ParameterError
        For a batch size or number of workers below 1.
    """
    size = _DEFAULT_BATCH if batch_size is None else batch_size
    threads = (os.cpu_count() or 1) if workers is None else workers
    if size < 1 or threads < 1:
        raise ParameterError(f"batch_size={size} and workers={threads}: both must be at least 1.")
    allowed = limits or Limits()

    files, decoding = MemoryBudget(FILE_BYTES), MemoryBudget(DECODE_BYTES)

    def prepare(item: tuple[int, SourceItem]) -> _Prepared:
        owner = None if cards is None else cards.owner_of(item[0])
        if cards is not None and owner is not None:
            return _with_card(item, owner, cards)
        with files.take(location_size(item[1].location)):
            made = _prepare(item, embedder, allowed, decoding, thumbnails=thumbnails, exif=exif)
        return made if cards is None else replace(made, row=replace(made.row, thumbnail=item[0]))

    return _batches(items, prepare, embedder, size=size, threads=threads, progress=progress)


def _batches(
    items: Sequence[tuple[int, SourceItem]],
    prepare: Callable[[tuple[int, SourceItem]], _Prepared],
    embedder: Embedder | GivenVectors,
    *,
    size: int,
    threads: int,
    progress: ProgressCallback | None,
) -> Generator[ProcessedBatch]:
    waiting = iter(items)
    futures: deque[Future[_Prepared]] = deque()
    done = failed = 0
    with _pool(threads) as pool:
        futures.extend(pool.submit(prepare, item) for item in islice(waiting, _WINDOW * size))
        while futures:
            prepared = [futures.popleft().result() for _ in range(min(size, len(futures)))]
            futures.extend(pool.submit(prepare, item) for item in islice(waiting, size))
            batch = _embed(prepared, embedder)
            done += len(batch.rows)
            failed += len(batch.rows) - len(batch.ok_ids)
            if progress is not None:
                note = f"{failed} failed" if failed else ""
                progress(Progress("Embedding images", done, len(items), note=note))
            yield batch


@contextmanager
def _pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of threads. At the end it finishes the images begun and begins no others."""
    pool = ThreadPoolExecutor(threads, thread_name_prefix="images")
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        close_idle()


def _prepare(
    item: tuple[int, SourceItem],
    embedder: Embedder | GivenVectors,
    limits: Limits,
    decoding: MemoryBudget,
    *,
    thumbnails: bool,
    exif: bool,
) -> _Prepared:
    image_id, source = item
    sha256 = ""
    try:
        data = read_location(source.location, limits)
        page = page_of(source.location)
        sha256 = picture_sha256(data, page)
        # The network needs less than a preview does, so one decoding serves both; the same one without thumbnails,
        # so that vectors do not depend on them.
        side = PREVIEW_SIDE if isinstance(embedder, GivenVectors) else max(PREVIEW_SIDE, embedder.input_size)
        image = decode_rgb(data, limits=limits, min_side=side, budget=decoding, page=page)
    except ImageError as error:
        return _Prepared(_failed(image_id, source.key, sha256, error.reason, str(error)))
    row = ImageRow(image_id, source.key, sha256, image.width, image.height, status="ok", error="")
    pictures = make_thumbnails(image.rgb) if thumbnails else None
    pixels = None if isinstance(embedder, GivenVectors) else embedder.prepare(image.rgb)
    return _Prepared(row, pixels, pictures, image.facts if exif else NO_FACTS)


def _with_card(item: tuple[int, SourceItem], owner: int, cards: Cards) -> _Prepared:
    """Return an image that a card stands in for. The card is drawn for its owner alone."""
    image_id, source = item
    row = ImageRow(image_id, source.key, "", 0, 0, status="ok", error="", thumbnail=owner)
    return _Prepared(row, thumbnails=cards.drawn(owner) if owner == image_id else None)


def _failed(image_id: int, key: str, sha256: str, reason: str, sentence: str) -> ImageRow:
    return ImageRow(image_id, key, sha256, 0, 0, status="failed", error=f"{reason}: {sentence}")


def _embed(prepared: list[_Prepared], embedder: Embedder | GivenVectors) -> ProcessedBatch:
    readable = [one for one in prepared if one.row.status == "ok"]
    vectors = _vectors(readable, embedder)
    finite = [bool(np.isfinite(vector).all()) for vector in vectors]
    kept = [one for one, good in zip(readable, finite, strict=True) if good]
    refused = {one.row.image_id for one, good in zip(readable, finite, strict=True) if not good}
    sentence = "The network gave numbers that are not finite; use other weights or leave the picture out."
    rows = [
        _failed(one.row.image_id, one.row.source, one.row.sha256, "not_finite", sentence)
        if one.row.image_id in refused
        else one.row
        for one in prepared
    ]
    shown = [one for one in kept if one.thumbnails is not None]
    pictures = [one.thumbnails for one in shown if one.thumbnails is not None]
    return ProcessedBatch(
        rows=rows,
        smalls=[picture.small for picture in pictures],
        tiles=[picture.tile for picture in pictures],
        previews=[picture.preview for picture in pictures],
        vectors=vectors[np.array(finite, bool)],
        ok_ids=np.array([one.row.image_id for one in kept], np.int64),
        facts={one.row.image_id: one.facts for one in kept if one.facts != NO_FACTS},
        shown_ids=np.array([one.row.image_id for one in shown], np.int64),
    )


def _vectors(readable: list[_Prepared], embedder: Embedder | GivenVectors) -> npt.NDArray[np.float16]:
    """Return the vectors of images, float16 (m, d)."""
    if isinstance(embedder, GivenVectors):
        return embedder.of(np.array([one.row.image_id for one in readable], np.int64))
    side = embedder.input_size
    pixels = np.empty((len(readable), side, side, 3), np.uint8)
    for place, one in enumerate(readable):
        pixels[place] = cast("npt.NDArray[np.uint8]", one.pixels)
    if not readable:
        return np.empty((0, embedder.spec.dimensions), np.float16)
    with np.errstate(over="ignore"):  # a value too large for float16 becomes infinite and is refused by the caller
        return embedder.embed(pixels).astype(np.float16)
