"""Write a collection beside its final place, in commits, and move it there when it is complete.

A build writes to ``.<name>.building`` next to the target. Images arrive in ascending `image_id`. Each commit adds rows
to the thumbnails, then the vectors, then what EXIF says, then the images, so the last id in ``images.lance`` shows how
far an interrupted build came. A resumed build drops all rows above that id.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.collection.manifest import Manifest
from pipeline.collection.own_files import MANIFEST, STATE, remove_own
from pipeline.collection.replacing import clear_aside, clear_build, put_in_place
from pipeline.collection.target import check_occupied, lock_path, lock_place, place_of, work_beside
from pipeline.files.locks import close_lock
from pipeline.files.small_files import json_object, write_json, writing
from pipeline.images.locations import FileLocation, location_text
from pipeline.images.records import ImageRow, SourceItem

if TYPE_CHECKING:
    from pipeline.images.records import ProcessedBatch

from pipeline.collection.vector_table import read_vectors, vector_table

__all__ = ["EXIF", "INDEX_OPTIONS", "RAW", "CollectionWriter", "check_writable"]

RAW, EXIF = "raw.lance", "exif.lance"
"""Datasets of a build that the finished collection does not have."""

REMOVALS = 20
LARGE_FRAGMENT = 100_000  # rows; commits of this size need no joining

INDEX_OPTIONS: dict[str, Any] = {
    "base_tokenizer": "whitespace",
    "lower_case": False,
    "ascii_folding": False,
    "with_position": False,
    "stem": False,
    "remove_stop_words": False,
    "max_token_length": 400,
}
"""Options of the index of terms. The texts are folded and split already. Stems and stop words depend on the language,
and captions may be in any. The length is in bytes: four for each of forty characters, with a reserve."""


class CollectionWriter:
    """Owns the files of one build until `publish` moves them to their place.

    Parameters
    ----------
    target
        Path of the finished collection.
    state
        Everything that decides the result (source, backbone, ...). An interrupted build with the same state is resumed;
        one with another state is discarded.

    Raises
    ------
    CollectionError
        If the target is in the way or cannot be written.
    """

    def __init__(self, target: Path, state: dict[str, Any], *, may_replace: bool = False) -> None:
        self.target = target
        self._place = place_of(target)
        self._may_replace = may_replace
        self.folder = work_beside(self._place)
        with writing(target):
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self._lock_path = lock_path(self._place)
            self._lock, self._lock_is_ours = lock_place(self._lock_path, target)
            try:
                new = self._left_behind() != state
                clear_aside(self._place)
                if new:
                    clear_build(self._place)
                    self.folder.mkdir()
                self._begin(state, new=new)
            except BaseException:
                self.close()
                raise

    def _begin(self, state: dict[str, Any], *, new: bool) -> None:
        try:
            if new:
                write_json(self.folder / STATE, state)
            _probe(self.folder)
            self.last_id = self._last_committed_id()
            self._drop_above(self.last_id)
        except BaseException:  # Ctrl-C too: do not leave an empty build behind
            if new:
                remove_own(self.folder)
            raise

    def add(
        self, batches: list[ProcessedBatch], items: dict[int, SourceItem], attributes: tuple[str, ...], root: Path
    ) -> None:
        """Commit batches of images in ascending id; `items` maps their ids to the source's rows below `root`."""
        rows = [row for batch in batches for row in batch.rows]
        if not rows:
            return
        if any(batch.ok_ids.size for batch in batches):
            ids = np.concatenate([batch.ok_ids for batch in batches])
            vectors = np.concatenate([batch.vectors for batch in batches if batch.ok_ids.size])
            shown = [batch.ok_ids if batch.shown_ids is None else batch.shown_ids for batch in batches]
            thumbnails = {
                "image_id": pa.array(np.concatenate(shown), pa.int64()),
                "small": pa.array([small for batch in batches for small in batch.smalls], pa.binary()),
                "tile": pa.array([tile for batch in batches for tile in batch.tiles], pa.binary()),
                "preview": pa.array([preview for batch in batches for preview in batch.previews], pa.binary()),
            }
            self.append("thumbnails.lance", pa.table(thumbnails))
            self.append(RAW, vector_table(ids, vectors))
            self._add_facts(batches)
        self.append("images.lance", _image_table(rows, items, attributes, root))
        self.last_id = rows[-1].image_id

    def _add_facts(self, batches: list[ProcessedBatch]) -> None:
        """Commit what EXIF says about images, only of those about which it says anything."""
        found = [entry for batch in batches for entry in batch.facts.items()]
        if found:
            columns = {
                "image_id": pa.array([image_id for image_id, _ in found], pa.int64()),
                "taken": pa.array([said.taken for _, said in found], pa.timestamp("us")),
                "camera": pa.array([said.camera or None for _, said in found], pa.string()),
                "place": pa.array([said.place or None for _, said in found], pa.string()),
            }
            self.append(EXIF, pa.table(columns))

    def append(self, name: str, table: pa.Table) -> None:
        """Add rows to a dataset of the build, as one atomic commit."""
        import lance

        path = self.folder / name
        with writing(self.target):
            path.parent.mkdir(parents=True, exist_ok=True)
            lance.write_dataset(table, str(path), mode="append" if path.exists() else "create")

    def replace(self, name: str, table: pa.Table | Iterator[pa.RecordBatch], schema: pa.Schema | None = None) -> None:
        """Write a dataset of the build again, for steps that an interruption may have left half done."""
        import lance

        path = self.folder / name
        with writing(self.target):
            path.parent.mkdir(parents=True, exist_ok=True)
            remove_own(self.folder, name)
            lance.write_dataset(table, str(path), schema=schema, mode="create")

    def index_text(self, name: str, column: str) -> None:
        """Create Lance's inverted index of a column of terms separated by spaces."""
        import lance

        with writing(self.target):
            lance.dataset(str(self.folder / name)).create_scalar_index(column, "INVERTED", **INDEX_OPTIONS)

    def batches(self, name: str, columns: list[str], size: int) -> Iterator[pa.RecordBatch]:
        """Read some columns of a dataset of the build in blocks."""
        yield from self.dataset(name).to_batches(columns=columns, batch_size=size)

    def count(self, name: str) -> int:
        """Count the rows of a dataset of the build."""
        return int(self.dataset(name).count_rows())

    def exists(self, name: str) -> bool:
        """Return whether the build has a dataset."""
        return (self.folder / name).exists()

    def dataset(self, name: str) -> Any:
        """Open a dataset of the build."""
        import lance

        return lance.dataset(str(self.folder / name))

    def file(self, name: str) -> Path:
        """Return the path of a small file of the build."""
        return self.folder / name

    def write_arrays(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Write named arrays as safetensors."""
        from safetensors.numpy import save_file

        with writing(self.target):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, self.folder / name)

    def write_json(self, name: str, values: Any) -> None:
        """Write a small JSON file of the build."""
        with writing(self.target):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            write_json(self.folder / name, values)

    def raw_vectors(self) -> tuple[NDArray[np.int64], NDArray[np.float16]]:
        """Return the vectors of the backbone: ids ascending (n,), float16 (n, d)."""
        return read_vectors(self.dataset(RAW))

    def image_files(self) -> tuple[NDArray[np.int64], list[str], list[str]]:
        """Return id, SHA-256 and source path of the usable images, in ascending id."""
        table = self.dataset("images.lance").to_table(["image_id", "sha256", "source"], "status = 'ok'")
        table = table.sort_by("image_id")
        return table["image_id"].to_numpy(), table["sha256"].to_pylist(), table["source"].to_pylist()

    def exif_facts(self) -> pa.Table | None:
        """Return what EXIF says: ``image_id``, ``taken``, ``camera``, ``place``; None where it says nothing."""
        return self.dataset(EXIF).to_table() if (self.folder / EXIF).exists() else None

    def failures(self) -> tuple[int, str]:
        """Return the number of unusable images, and the reason of one of them."""
        rows = self.dataset("images.lance").to_table(["error"], "status != 'ok'")
        return rows.num_rows, str(rows["error"][0]) if rows.num_rows else ""

    def discard(self) -> None:
        """Discard the build."""
        # An interrupted write may still finish a file in its own thread and create its folder again.
        try:
            with writing(self.target):
                for _ in range(REMOVALS):
                    remove_own(self.folder)
                    time.sleep(0.1)
                    if not self.folder.exists():
                        break
        finally:
            self.close()

    def finish(self, manifest: Manifest) -> Path:
        """Write ``collection.json`` as the last file; return the folder, to be checked before `publish`."""
        self.compact()
        with writing(self.target):
            write_json(self.folder / MANIFEST, manifest.as_mapping())
        return self.folder

    def compact(self) -> None:
        """Join the small commits of the images and their thumbnails; datasets that are joined already stay."""
        with writing(self.target):
            for name in ("images.lance", "thumbnails.lance"):
                _compact(self.folder / name)

    def publish(self) -> None:
        """Move the finished collection to its place; replace an older one there.

        Raises
        ------
        CollectionError
            If the place was taken meanwhile and may not be replaced, or the disk refuses.
        """
        with writing(self.target):
            check_occupied(self.target, self._place, replace=self._may_replace)
            put_in_place(self.folder, self._place)
            for name in (RAW, EXIF):  # last, so that a build that was killed before can go on
                remove_own(self._place, name)
            (self._place / STATE).unlink(missing_ok=True)
            self.close()

    def close(self) -> None:
        """Release the lock, so that another build can use the place."""
        if not self._lock.closed:
            close_lock(self._lock, self._lock_path, remove=self._lock_is_ours)

    def _left_behind(self) -> dict[str, Any] | None:
        return json_object(self.folder / STATE) or None if not self.folder.is_symlink() else None

    def _last_committed_id(self) -> int:
        import lance

        path = self.folder / "images.lance"
        if not path.exists():
            return -1
        ids = lance.dataset(str(path)).to_table(columns=["image_id"])["image_id"].to_numpy()
        return int(ids.max()) if len(ids) else -1

    def _drop_above(self, last_id: int) -> None:
        import lance

        for name in ("thumbnails.lance", RAW, EXIF):
            path = self.folder / name
            if path.exists() and last_id < 0:
                remove_own(self.folder, name)
            elif path.exists():
                lance.dataset(str(path)).delete(f"image_id > {last_id}")


def check_writable(target: Path) -> None:
    """Refuse a place that cannot be written; create the parent folder of `target`."""
    with writing(target):
        place = place_of(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        _probe(place.parent)


def _image_table(
    rows: Iterable[ImageRow], items: dict[int, SourceItem], attributes: tuple[str, ...], root: Path
) -> pa.Table:
    rows = list(rows)
    sources = [items[row.image_id] for row in rows]
    columns: dict[str, pa.Array] = {
        "image_id": pa.array([row.image_id for row in rows], pa.int64()),
        "source": pa.array([_utf8(row.source) for row in rows], pa.string()),
        "sha256": pa.array([row.sha256 for row in rows], pa.string()),
        "width": pa.array([row.width for row in rows], pa.int32()),
        "height": pa.array([row.height for row in rows], pa.int32()),
        "project_id": pa.array([item.project_id for item in sources], pa.int64()),
        "license": pa.array([_utf8(item.license) for item in sources], pa.string()),
        "origin": pa.array([_utf8(item.origin) for item in sources], pa.string()),
        "author": pa.array([_utf8(item.author) for item in sources], pa.string()),
        "caption": pa.array([_utf8(item.caption) for item in sources], pa.string()),
        "keywords": pa.array([_utf8(item.keywords) for item in sources], pa.string()),
        "mature_content": pa.array([None] * len(rows), pa.bool_()),
        "location": pa.array([_stored_location(item, root) for item in sources], pa.string()),
        "status": pa.array([row.status for row in rows], pa.string()),
        "error": pa.array([_utf8(row.error) for row in rows], pa.string()),
    }
    if rows[0].thumbnail is not None:  # in a build with cards every row has one
        columns["thumbnail"] = pa.array([row.thumbnail for row in rows], pa.int64())
    for name in attributes:
        columns[f"known_{name}"] = pa.array([item.labels.get(name) for item in sources], pa.bool_())
    return pa.table(columns)


def _stored_location(item: SourceItem, root: Path) -> str:
    """Return the place of an image's bytes; "" where it is the file that its path below the root names."""
    location = item.location
    if isinstance(location, FileLocation) and location.path == root / item.key:
        return ""
    return _utf8(location_text(location, root))


def _utf8(text: str) -> str:
    """Replace bytes of a file name that are no text by escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _compact(path: Path) -> None:
    """Join the small commits of a build into large fragments, so that reading takes one pass."""
    import lance

    if not path.exists():
        return
    dataset = lance.dataset(str(path))
    if len(dataset.get_fragments()) > 1 + dataset.count_rows() // LARGE_FRAGMENT:
        dataset.optimize.compact_files()
    from datetime import timedelta

    dataset.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)


def _probe(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        return
