"""Read the files of a collection as tables, arrays and rows. The base of `pipeline.collection`. Uses the disk.

All files join on `image_id`. All arrays are aligned to the ids of the readable images in ascending order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.collection.manifest import Manifest
from pipeline.errors import (
    CollectionChangedError,
    CollectionDamagedError,
    CollectionError,
    CollectionMissingError,
    ErrorKind,
    ParameterError,
)
from pipeline.files.paths import inside
from pipeline.files.small_files import check_plain_tree, read_json, reason_of
from pipeline.images.identity import image_id

__all__ = ["CollectionTables", "read_manifest"]

UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    RuntimeError,
    pa.ArrowException,
)
"""Errors that Lance, Arrow, NumPy and Python raise for damaged files."""


PANIC = "PanicException"
"""Class name of Lance's error for bytes that it cannot interpret. It is no `Exception`, and no module exports it."""


class CollectionTables:
    """The tables of a collection; safe to share between threads.

    Parameters
    ----------
    path
        The collection's folder.

    Raises
    ------
    CollectionMissingError, CollectionDamagedError, CollectionVersionError
        As in `pipeline.collection.Collection`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()  # Lance reads a relative path with a colon as an address
        self.manifest = read_manifest(path)
        self._folders = _folders(self.path)
        self._check_counts()

    @cached_property
    def image_ids(self) -> NDArray[np.int64]:
        """Ids of the readable images, ascending, (n,)."""
        return self._ids_and_places[0]

    def __len__(self) -> int:
        return self.manifest.images

    def is_current(self) -> bool:
        """Return whether the files are still the opened ones: a build replaces the whole folder."""
        return _folders(self.path) == self._folders

    def row_of(self, image_id: int) -> int:
        """Return the row of an id, or -1."""
        row = int(np.searchsorted(self.image_ids, image_id))
        return row if row < len(self.image_ids) and self.image_ids[row] == image_id else -1

    @property
    def embedding_name(self) -> str:
        """Dataset of the vectors: ``image_id`` and ``vector``, float16."""
        return f"embeddings/{self.manifest.embedding.backbone}.lance"

    def open_dataset(self, name: str) -> Any:
        """Open one of the collection's Lance datasets for a reader in another module; read it through `guarded`."""
        return self._dataset(name)

    def guarded(self, read: Callable[[], Any]) -> Any:
        """Run a read and return its result.

        Raises
        ------
        CollectionDamagedError
            If Lance or the disk raise an error.
        """
        return self._guarded(read)

    @cached_property
    def _image_data(self) -> Any:
        return self._dataset("images.lance")

    @cached_property
    def _image_columns(self) -> tuple[str, ...]:
        return tuple(self._image_data.schema.names)

    @cached_property
    def _ids_and_places(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Ids of the readable images and their rows in ``images.lance``; None where the two orders agree."""
        readable = None
        table = self._table("images.lance", ["image_id", "status"] if self.manifest.failed else ["image_id"])
        ids = np.ascontiguousarray(table["image_id"].to_numpy(), np.int64)
        if self.manifest.failed:
            readable = np.flatnonzero(np.asarray(pc.equal(table["status"], "ok").to_numpy(), np.bool_))
            ids = ids[readable]
        if not np.all(np.diff(ids) > 0):
            order = np.argsort(ids, kind="stable")
            readable = order if readable is None else readable[order]
            ids = ids[order]
        return ids, None if readable is None else readable.astype(np.int64)

    @cached_property
    def _every_id(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Ids of all images, readable or not, ascending, and their rows in ``images.lance``."""
        ids = self._table("images.lance", ["image_id"])["image_id"].to_numpy()
        order = np.argsort(ids, kind="stable")
        return ids[order], order.astype(np.int64)

    def every_id(self) -> NDArray[np.int64]:
        """Return the ids of all images, readable or not, ascending."""
        return self._every_id[0]

    def added_in(self) -> NDArray[np.int32]:
        """Return the revision with which each image came: int32 (n,), 0 for the images of the build."""
        if "added_in" not in self._image_columns:
            return np.zeros(len(self.image_ids), np.int32)
        values = self._guarded(lambda: self._image_column("added_in").fill_null(0))
        return np.ascontiguousarray(values.to_numpy(), np.int32)

    def source_names(self, image_ids: Sequence[int], files: Sequence[str]) -> list[str]:
        """Return the name of the source of each image; `files` are their paths below the roots of their sources."""
        names = list(dict.fromkeys([self.manifest.source_name, *(one.name for one in self.manifest.added)]))
        if len(names) == 1:
            return names * len(files)
        return [
            next((name for name in names if image_id(name, file) == one), names[0])
            for one, file in zip(image_ids, files, strict=True)
        ]

    def _image_column(self, name: str) -> pa.ChunkedArray:
        """Read one column of the readable images, in the order of rows."""
        column = self._table("images.lance", [name])[name]
        places = self._ids_and_places[1]
        return column if places is None else column.take(pa.array(places))

    def _image_row(self, row: int, columns: list[str]) -> dict[str, Any]:
        """Read some columns of one row; IndexError outside 0 .. n-1."""
        if not 0 <= row < len(self.image_ids):
            raise IndexError(row)
        if not columns:
            return {}
        places = self._ids_and_places[1]
        place = row if places is None else int(places[row])
        table = self._guarded(lambda: self._image_data.take([place], columns=columns))
        values: dict[str, Any] = table.to_pylist()[0]
        return values

    def _rows_of(self, ids: NDArray[np.int64], what: str) -> NDArray[np.int64]:
        """Return the rows of some ids, all of which must exist."""
        if np.array_equal(ids, self.image_ids):
            return np.arange(len(ids))
        rows = np.searchsorted(self.image_ids, ids)
        if len(rows) and (rows.max() >= len(self.image_ids) or np.any(self.image_ids[rows] != ids)):
            raise self._damaged(f"{what} names images that are not there")
        return rows

    @cached_property
    def _thumbnail_rows(self) -> NDArray[np.int64]:
        """Place of each row's thumbnails in their dataset, which may have any order.

        Images may share thumbnails. The column ``thumbnail`` of ``images.lance`` then holds the `image_id` under which
        the thumbnails of an image are stored.
        """
        ids = self._table("thumbnails.lance", ["image_id"])["image_id"].to_numpy()
        order = np.argsort(ids, kind="stable").astype(np.int64)
        if self.manifest.thumbnails is None:
            self._check_ids(ids[order], "the thumbnails")
            return order
        wanted = self._guarded(lambda: self._image_column("thumbnail")).to_numpy()
        places = np.minimum(np.searchsorted(ids[order], wanted), len(ids) - 1)
        if not np.array_equal(ids[order][places], wanted):
            raise self._damaged("images name thumbnails that are not there")
        found: NDArray[np.int64] = order[places]
        return found

    def _thumbnails(self, rows: Sequence[int] | NDArray[np.int32], column: str) -> list[bytes]:
        places = self._thumbnail_rows[np.asarray(rows, np.int64)]
        table = self._guarded(lambda: self._thumbnail_data.take(places.tolist(), columns=[column]))
        values: list[bytes] = table[column].to_pylist()
        return values

    @cached_property
    def _thumbnail_data(self) -> Any:
        return self._dataset("thumbnails.lance")

    def _dataset(self, name: str) -> Any:
        """Open a dataset at the version of the opened revision: later updates do not change what this object reads."""
        import lance

        def opened() -> Any:
            path = self._inside(name)
            check_plain_tree(path)
            version = self._version_of(name)
            if version is not None:
                return lance.dataset(str(path), version=version)
            dataset = lance.dataset(str(path))
            version = self._noted_version(name)  # after opening: an update notes it before it writes
            return dataset if version in (None, dataset.version) else lance.dataset(str(path), version=version)

        return self._guarded(opened)

    def _version_of(self, name: str) -> int | None:
        return self.manifest.revision.versions.get(name)

    def _noted_version(self, name: str) -> int | None:
        """Return the version that a later update noted for the opened revision; None where none was noted."""
        newest = read_manifest(self.path)
        number = self.manifest.revision.number
        noted = next((one for one in (newest.revision, *newest.earlier) if one.number == number), None)
        if noted is None:
            raise self._damaged(f"{name} has no version of revision {number}")
        return noted.versions.get(name)

    def is_newest(self) -> bool:
        """Return whether no update has changed the collection since it was opened."""
        return read_manifest(self.path).revision.number == self.manifest.revision.number

    def _table(self, name: str, columns: list[str] | None = None, filter: str | None = None) -> pa.Table:  # noqa: A002
        dataset = self._dataset(name)
        table: pa.Table = self._guarded(lambda: dataset.to_table(columns=columns, filter=filter))
        return table

    def _of_images(self, name: str, columns: list[str], what: str) -> pa.Table:
        """Read a dataset in the order of rows. It may hold other images too: a round may see more than this object."""
        table = self._sorted(self._table(name, columns))
        ids = table["image_id"].to_numpy()
        if len(ids) > len(self.image_ids):
            table = table.filter(pa.array(np.isin(ids, self.image_ids)))
        self._check_ids(table["image_id"].to_numpy(), what)
        return table

    def _sorted(self, table: pa.Table) -> pa.Table:
        ids = table["image_id"].to_numpy()
        return table if np.all(np.diff(ids) > 0) else table.take(pa.array(np.argsort(ids, kind="stable")))

    def _json(self, name: str) -> Any:
        return self._guarded(lambda: read_json(self._inside(self.manifest.revision.files.get(name, name))), name)

    def _inside(self, name: str) -> Path:
        """Return the path of one of the collection's files; parts of its name come from the manifest."""
        try:
            return inside(self.path, *name.split("/"))
        except ParameterError as error:
            raise self._damaged(str(error).removesuffix(".")) from error

    def _is_superseded(self) -> bool:
        """Return whether so many updates were made that the files of the opened revision may be gone."""
        try:
            newest = read_manifest(self.path)
        except CollectionError:
            return False
        number = self.manifest.revision.number
        return number != newest.revision.number and all(one.number != number for one in newest.earlier)

    def _guarded(self, read: Any, name: str = "") -> Any:
        """Run a read of files; turn any error of Lance or the disk into one error with a remedy."""
        try:
            return read()
        except UNREADABLE as error:
            raise self._damaged(f"{name}: {reason_of(error)}" if name else reason_of(error)) from error
        except BaseException as error:
            if type(error).__name__ != PANIC:
                raise
            raise self._damaged(f"{name or 'a dataset'} cannot be read by Lance") from error

    def _check_ids(self, ids: NDArray[np.int64], what: str) -> None:
        if not np.array_equal(ids, self.image_ids):
            raise self._damaged(f"{what} and the images do not name the same ids")

    def _check_counts(self) -> None:
        """Check the number of rows of each dataset at once, so that no wrong image is ever shown."""
        expected = {"images.lance": self.manifest.images + self.manifest.failed}
        if self.manifest.images:
            shared = self.manifest.thumbnails
            expected |= {"thumbnails.lance": self.manifest.images if shared is None else shared}
            expected |= {f"embeddings/{self.manifest.embedding.backbone}.lance": self.manifest.images}
            expected |= {f"layouts/{facts.name}.lance": facts.images for facts in self.manifest.layouts}
        for name, count in expected.items():
            found = self._guarded(self._dataset(name).count_rows)
            if found != count:
                raise self._damaged(f"{name} has {found} rows instead of {count}")

    def _damaged(self, reason: str) -> CollectionError:
        if self._is_superseded():
            return CollectionChangedError(
                f"{self.path} was changed several times since it was opened, and its former files are gone. Open it "
                "again."
            )
        return CollectionDamagedError(
            f"The collection {self.path} is damaged: {reason}. Restore it from a copy, or build it again."
        )


def _folders(path: Path) -> tuple[int, ...]:
    """Return the device and number of the collection's folders; 0 for a missing one."""
    found = []
    for place in (path, path / "images.lance"):
        try:
            found += [place.stat().st_dev, place.stat().st_ino]
        except OSError:
            found += [0, 0]
    return tuple(found)


def read_manifest(path: Path) -> Manifest:
    """Read the manifest of a collection.

    Raises
    ------
    CollectionMissingError, CollectionDamagedError, CollectionVersionError
        If it is missing or cannot be read.
    """
    file = path / "collection.json"
    try:
        if not path.exists():
            raise CollectionMissingError(
                f"There is no collection at {path}: the folder does not exist. Build one.",
                kind=ErrorKind.COLLECTION_MISSING,
            )
        if not os.path.lexists(file):
            raise CollectionMissingError(
                f"{path} is not a collection (it has no collection.json). Build one.", kind=ErrorKind.COLLECTION_MISSING
            )
        values = read_json(file)
    except (OSError, ValueError) as error:
        raise CollectionDamagedError(f"{file} cannot be read ({reason_of(error)}). Restore it from a copy.") from error
    if not isinstance(values, dict):
        raise CollectionDamagedError(f"{file} holds no JSON object. Restore it from a copy.")
    return Manifest.from_mapping(values, where=str(file))
