"""Which image is which file: both ways, without holding millions of names as Python texts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.collection import Collection
from pipeline.label_store import LabelStore

__all__ = ["FileNames"]

NOBODY = -1


class FileNames:
    """The files of a collection's images, as paths below the root of its source.

    Parameters
    ----------
    collection
        Names are read when they are first asked for.
    store
        Remembers what images were called that the collection does not hold any more; None where nobody asks for them.

    Attributes
    ----------
    absent
        Images that were named, as the collection does not hold them now.
    nameless
        Those of them whose name nobody wrote down while they were here.
    """

    def __init__(self, collection: Collection, store: LabelStore | None = None) -> None:
        self._collection = collection
        self._store = store
        self.absent: set[int] = set()
        self.nameless: set[int] = set()

    @cached_property
    def _names(self) -> Any:
        return self._collection.sources()

    @cached_property
    def _normal_names(self) -> Any:
        return pc.utf8_normalize(self._names, "NFC")

    def rows(self, image_ids: Sequence[int]) -> NDArray[np.int64]:
        """Find rows by id, int64 (m,); -1 for what the collection does not hold."""
        known = self._collection.image_ids
        wanted = np.asarray(image_ids, np.int64)
        rows = np.searchsorted(known, wanted).astype(np.int64)
        inside = rows < len(known)
        inside[inside] = known[rows[inside]] == wanted[inside]
        return np.where(inside, rows, NOBODY)

    def of(self, image_ids: Sequence[int]) -> list[str]:
        """Name the files of some images, in the order asked for.

        An absent image has the name that it had; empty where nobody wrote that down.
        """
        rows = self.rows(image_ids)
        names = [name or "" for name in self._names.take(pa.array(rows, mask=rows == NOBODY)).to_pylist()]
        gone = {image_id for image_id, row in zip(image_ids, rows.tolist(), strict=True) if row == NOBODY}
        if not gone or self._store is None:
            return names
        remembered = self._store.image_names(gone)
        self.absent |= gone
        self.nameless |= gone - remembered.keys()
        return [
            remembered[image_id].file if image_id in remembered else name
            for image_id, name in zip(image_ids, names, strict=True)
        ]

    def find(self, files: Sequence[str]) -> NDArray[np.int64]:
        """Find rows by file, int64 (m,); -1 for what the collection does not hold."""
        wanted = pc.utf8_normalize(pa.array(files, pa.string()), "NFC")  # as identities of images do
        found = pc.index_in(wanted, value_set=self._normal_names).fill_null(NOBODY)
        return np.ascontiguousarray(found.to_numpy(zero_copy_only=False), np.int64)

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the ids of rows, int64 (m,); -1 stays -1."""
        known = self._collection.image_ids
        return np.where(rows == NOBODY, NOBODY, known[rows] if len(known) else NOBODY)

    def same(self, files: Sequence[str], rows: NDArray[np.int64]) -> list[bool]:
        """Tell for each file whether it is that of the row beside it."""
        wanted = pc.utf8_normalize(pa.array(files, pa.string()), "NFC")
        equal: list[bool] = pc.equal(wanted, self._normal_names.take(pa.array(rows))).to_pylist()
        return equal
