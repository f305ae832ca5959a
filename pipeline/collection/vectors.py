"""Read the vectors of a collection in blocks, in parallel parts, or by row. Uses the disk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.collection.vector_pages import Page, plain_pages, read_pages, take_pages
from pipeline.errors import CollectionDamagedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["StoredVectors"]

BLOCK = 4096
MANY = 100
"""Number of vectors from which reading past Lance is worth the check of the layout."""


class StoredVectors:
    """The stored embedding of an opened collection; safe to share between threads."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self._collection.manifest.dimensions

    @cached_property
    def places(self) -> NDArray[np.int64] | None:
        """Place of each row's vector in the dataset; None where it is the number of the row.

        Raises
        ------
        CollectionDamagedError
            If the vectors belong to other images.
        """
        table = self._collection.guarded(lambda: self._data.to_table(columns=["image_id"]))
        ids = table["image_id"].to_numpy()
        if np.array_equal(ids, self._collection.image_ids):
            return None
        order = np.argsort(ids, kind="stable").astype(np.int64)
        if not np.array_equal(ids[order], self._collection.image_ids):
            raise CollectionDamagedError(
                f"The vectors of {self._collection.path} are not of its images. Restore it from a copy, or build it "
                "again."
            )
        return order

    def of(self, rows: NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Read the vectors of some rows: float32 (m, d)."""
        places = rows.astype(np.int64) if self.places is None else self.places[rows]
        if not places.size:
            return np.empty((0, self.width), np.float32)
        if places.size >= MANY and self._pages:
            halves: NDArray[np.float16] = self._collection.guarded(lambda: take_pages(self._pages, self.width, places))
            return halves.astype(np.float32)
        table = self._collection.guarded(lambda: self._data.take(places.tolist(), columns=["vector"]))
        return _halves(table["vector"].combine_chunks()).astype(np.float32)

    def blocks(self) -> Iterator[NDArray[np.float16]]:
        """Read all vectors in the order of the dataset. A block is valid until the next one is read."""
        for _, part in self.parts(1):
            yield from part

    def parts(self, count: int) -> list[tuple[int, Iterator[NDArray[np.float16]]]]:
        """Split the dataset for threads.

        Parameters
        ----------
        count
            Number of parts. There is only one where the files cannot be read in parallel.

        Returns
        -------
        list of (int, iterator)
            Place of a part's first vector in the dataset, and its blocks, float16 (m, d). A block is valid until the
            next one is read.
        """
        if not self._pages:
            batches = self._data.to_batches(columns=["vector"], batch_size=BLOCK)
            return [(0, (_halves(batch["vector"]) for batch in batches))]
        total = sum(page.rows for page in self._pages)
        ends = [total * (number + 1) // count for number in range(count)]
        starts = [0, *ends[:-1]]
        return [
            (start, read_pages(_cut(self._pages, start, end, 2 * self.width), self.width, BLOCK))
            for start, end in zip(starts, ends, strict=True)
            if end > start
        ]

    @cached_property
    def _pages(self) -> tuple[Page, ...]:
        return plain_pages(self._collection.path / self._collection.embedding_name, self._data, self.width)

    @cached_property
    def _data(self) -> Any:
        return self._collection.open_dataset(self._collection.embedding_name)


def _cut(pages: tuple[Page, ...], start: int, end: int, size: int) -> tuple[Page, ...]:
    """Return the runs that hold the vectors of a range of places; a vector has ``size`` bytes."""
    found, first = [], 0
    for page in pages:
        low, high = max(start - first, 0), min(end - first, page.rows)
        if low < high:
            found.append(Page(page.file, page.position + low * size, high - low))
        first += page.rows
    return tuple(found)


def _halves(vectors: Any) -> NDArray[np.float16]:
    """Return an Arrow array of vectors as one array (m, d)."""
    flat: NDArray[np.float16] = vectors.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(vectors), -1)
