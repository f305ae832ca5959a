"""Find images by file and files by image, without millions of names as Python strings."""

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
from pipeline.tables import path_below

__all__ = ["UNKNOWN_ROW", "FileNames"]

UNKNOWN_ROW = -1


class FileNames:
    """The files of a collection's images, as paths below the root of its source.

    Parameters
    ----------
    collection
        The collection. Its names are read at the first use.
    store
        Store with the names of absent images. None if these are not needed.

    Attributes
    ----------
    absent
        Absent images that were looked up.
    nameless
        Those of them whose name was never stored.
    """

    def __init__(self, collection: Collection, store: LabelStore | None = None) -> None:
        self._collection = collection
        self._store = store
        self.absent: set[int] = set()
        self.nameless: set[int] = set()
        root = collection.manifest.source_root
        self._roots = (root,) if root else ()

    @cached_property
    def _names(self) -> Any:
        return self._collection.sources()

    @cached_property
    def _normal_names(self) -> Any:
        return pc.utf8_normalize(self._names, "NFC")

    def rows(self, image_ids: Sequence[int]) -> NDArray[np.int64]:
        """Return the rows of ids, int64 (m,); -1 for absent images."""
        known = self._collection.image_ids
        wanted = np.asarray(image_ids, np.int64)
        rows = np.searchsorted(known, wanted).astype(np.int64)
        inside = rows < len(known)
        inside[inside] = known[rows[inside]] == wanted[inside]
        return np.where(inside, rows, UNKNOWN_ROW)

    def of(self, image_ids: Sequence[int]) -> list[str]:
        """Return the files of images, in their order.

        An absent image has its last known name, or an empty text.
        """
        rows = self.rows(image_ids)
        names = [name or "" for name in self._names.take(pa.array(rows, mask=rows == UNKNOWN_ROW)).to_pylist()]
        gone = {image_id for image_id, row in zip(image_ids, rows.tolist(), strict=True) if row == UNKNOWN_ROW}
        if not gone or self._store is None:
            return names
        remembered = self._store.absent_images.names(gone)
        self.absent |= gone
        self.nameless |= gone - remembered.keys()
        return [
            remembered[image_id].file if image_id in remembered else name
            for image_id, name in zip(image_ids, names, strict=True)
        ]

    def find(self, files: Sequence[str]) -> NDArray[np.int64]:
        """Return the rows of files, int64 (m,); -1 for files that the collection does not hold.

        A name is looked for as it is written, and if there is none such, in the spelling of `path_below`.
        """
        rows = self._find_as_written(files)
        lost = np.flatnonzero(rows == UNKNOWN_ROW).tolist()
        rows[lost] = self._find_as_written([self._spelled(files[place]) for place in lost])
        return rows

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the ids of rows, int64 (m,); -1 stays -1."""
        known = self._collection.image_ids
        return np.where(rows == UNKNOWN_ROW, UNKNOWN_ROW, known[rows] if len(known) else UNKNOWN_ROW)

    def same(self, files: Sequence[str], rows: NDArray[np.int64]) -> list[bool]:
        """Return for each file whether it belongs to the row beside it, in any spelling."""
        theirs = self._normal_names.take(pa.array(rows))
        equal = pc.equal(_normal(files), theirs).to_pylist()
        unlike = [place for place, same in enumerate(equal) if not same]
        spelled = _normal([self._spelled(files[place]) for place in unlike])
        again = pc.equal(spelled, theirs.take(pa.array(unlike, pa.int64()))).to_pylist()
        for place, same in zip(unlike, again, strict=True):
            equal[place] = same
        return [bool(same) for same in equal]

    def why_not(self, file: str) -> str:
        """Return why a file cannot belong to a source, as the end of a sentence; empty if it can."""
        try:
            path_below(file, self._roots)
        except ValueError as error:
            return str(error)
        return ""

    def _spelled(self, file: str) -> str | None:
        try:
            return path_below(file, self._roots)
        except ValueError:
            return None

    def _find_as_written(self, files: Sequence[str | None]) -> NDArray[np.int64]:
        if not files:
            return np.empty(0, np.int64)
        found = pc.index_in(_normal(files), value_set=self._normal_names).fill_null(UNKNOWN_ROW)
        return np.array(found.to_numpy(zero_copy_only=False), np.int64)


def _normal(files: Sequence[str | None]) -> Any:
    return pc.utf8_normalize(pa.array(files, pa.string()), "NFC")  # as identities of images do
