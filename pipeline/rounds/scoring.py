"""Scoring a whole collection: one pass over the stored vectors for any number of attributes. Reads files.

Most of the time is spent on reading, so all attributes are multiplied at once, in two threads, each with its own part
of the file. NumPy converts half precision to single one number at a time; a compiled kernel uses vector instructions.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.collection.vectors import StoredVectors
from pipeline.compilation import compiled
from pipeline.errors import CollectionDamagedError, ModelMismatchError, ParameterError
from pipeline.learning.linear_model import LinearModel
from pipeline.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["score_margins", "warm_up"]

STAGE = "Scoring all images"
THREADS = 2
TOLD_EVERY = 16  # blocks
AT_ONCE = 1024  # vectors that are multiplied together: in single precision they stay in the processor's cache


def score_margins(
    collection: Collection, models: Sequence[LinearModel], progress: ProgressCallback | None = None
) -> NDArray[np.float32]:
    """Return the margin of every image for every model.

    Parameters
    ----------
    collection
        The collection with the stored embedding.
    models
        One for each attribute.
    progress
        Called with the progress; may raise to stop.

    Returns
    -------
    ndarray
        float32 (models, n): one row for each attribute, images in the order of rows.

    Raises
    ------
    ModelMismatchError
        If a model is older than the embedding, so that its vectors have another width.
    ParameterError
        If a vector is not finite.
    CollectionDamagedError
        If the vectors cannot be read.
    """
    vectors = StoredVectors(collection)
    if not models:
        return np.empty((0, len(collection)), np.float32)
    for model in models:
        if model.weights.shape != (vectors.width,):
            raise ModelMismatchError(
                f"The model has a width of {len(model.weights)}. The collection was embedded again, with "
                f"vectors of width {vectors.width}. Run a round to train a new model."
            )
    weights = np.ascontiguousarray(np.stack([model.weights for model in models]).T, np.float32)
    offsets = np.array([[model.intercept] for model in models], np.float32)
    count = len(collection)
    margins = np.empty((len(models), count), np.float32)
    counter = _Counter(count, progress)

    def score(part: tuple[int, Iterator[NDArray[np.float16]]]) -> None:
        _score_part(part, weights, offsets, margins, counter)

    def run() -> None:
        from threadpoolctl import threadpool_limits

        parts = vectors.parts(min(THREADS, os.cpu_count() or 1))
        # Each thread has its part of the file. More BLAS threads would only wait for each other.
        with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(len(parts)) as threads:
            for future in [threads.submit(score, part) for part in parts]:
                future.result()

    try:
        collection.guarded(run)
    except CollectionDamagedError:
        if counter.stopped is not None:  # an error raised by the callback is no damage
            raise counter.stopped from None
        raise
    if vectors.places is not None:
        margins = margins[:, vectors.places]
    return margins


class _Counter:
    """Reports the progress of several threads. Once the callback has raised, all threads stop."""

    def __init__(self, total: int, progress: ProgressCallback | None) -> None:
        self._total, self._progress = total, progress
        self._done, self._lock = 0, threading.Lock()
        self.stopped: BaseException | None = None

    def add(self, count: int) -> None:
        with self._lock:
            if self.stopped is not None:
                raise self.stopped
            self._done += count
            if self._progress is not None:
                try:
                    self._progress(Progress(STAGE, self._done, self._total, "images"))
                except BaseException as stop:
                    self.stopped = stop
                    raise


def _score_part(
    part: tuple[int, Iterator[NDArray[np.float16]]],
    weights: NDArray[np.float32],
    offsets: NDArray[np.float32],
    margins: NDArray[np.float32],
    counter: _Counter,
) -> None:
    start, blocks = part
    single = np.empty((AT_ONCE, weights.shape[0]), np.float32)
    untold = 0
    for number, block in enumerate(blocks):
        halves = np.ascontiguousarray(block).view(np.uint16)
        for first in range(0, len(halves), AT_ONCE):
            some = halves[first : first + AT_ONCE]
            features = single[: len(some)]
            _widen(some, features)
            products = (features @ weights).T + offsets
            if not np.isfinite(products).all():
                raise ParameterError(
                    f"A vector among the images {start:,} to {start + len(some) - 1:,} is not finite; only finite "
                    "vectors can be scored. Embed those images again."
                )
            margins[:, start : start + len(some)] = products
            start += len(some)
        untold += len(block)
        if number % TOLD_EVERY == 0:
            counter.add(untold)
            untold = 0
    counter.add(untold)


def _widen_halves(halves: NDArray[np.uint16], out: NDArray[np.float32]) -> None:
    bits = out.view(np.uint32)
    for row in range(halves.shape[0]):
        for column in range(halves.shape[1]):
            half = np.uint32(halves[row, column])
            sign = (half & np.uint32(0x8000)) << np.uint32(16)
            # All ones in the exponent are infinity or no number, in both formats: no other number may come of them.
            special = np.uint32(0x7F800000) if (half & np.uint32(0x7C00)) == np.uint32(0x7C00) else np.uint32(0)
            bits[row, column] = sign | special | ((half & np.uint32(0x7FFF)) << np.uint32(13))
    for row in range(halves.shape[0]):
        for column in range(halves.shape[1]):
            out[row, column] *= np.float32(2.0**112)


_widen: Any = compiled(_widen_halves)


def warm_up() -> None:
    """Compile the scoring kernel, or load it from the cache."""
    _widen(np.zeros((1, 2), np.uint16), np.empty((1, 2), np.float32))
    LinearModel(np.zeros(1, np.float32), 0.0).probability(np.zeros(1, np.float32))
