"""Change a finished collection: everything is written beside, and the new ``collection.json`` is the commit.

``collection.json`` names the version of each Lance dataset and the name of each other file that changed. So what an
update writes is invisible until `CollectionUpdate.commit` replaces that one file. A process that is killed leaves the
old revision or the new one. The next update removes what a killed one left.

A reader that is open goes on reading the revision that it opened. `KEPT` earlier revisions stay on disk. The files of
older ones are removed after a commit. A reader that is still open then gets a `CollectionChangedError` that says so.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from pipeline.collection.manifest import Manifest, Revision
from pipeline.collection.own_files import MANIFEST, is_own, remove_own
from pipeline.collection.tables import read_manifest
from pipeline.collection.target import lock_path, lock_place, place_of
from pipeline.errors import CollectionError, ParameterError
from pipeline.files.locks import close_lock, locked
from pipeline.files.paths import inside
from pipeline.files.small_files import write_json, writing

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["KEPT", "CollectionUpdate"]

KEPT = 3
"""Earlier revisions whose files stay."""

FOLDERS = ("", "embeddings", "graph", "layouts", "scores")
"""Folders that hold datasets. Each attribute has a folder of its own in ``scores``."""

CLOCK_STEP = datetime.timedelta(minutes=1)
"""Lance removes versions by their age. This much younger ones stay too."""

_NUMBERED = re.compile(
    r"clusters/(all|positives)-[a-z0-9]+\.\d+\.json(\.tmp)?|models/[a-z0-9_]+-reduction\.\d+\.safetensors"
)
"""Files of one revision; see `pipeline.collection.own_files`."""


_OF_SCORES = re.compile(r"models/[a-z0-9_]+-model-\d+\.safetensors")
"""Models of first scores."""


class CollectionUpdate:
    """One change of a finished collection; a context manager that holds the collection's lock.

    Leaving the block without `commit` changes nothing. Other builds and updates are refused meanwhile. People may
    answer, and rounds may run: they write other files.

    Parameters
    ----------
    path
        The collection's folder.

    Raises
    ------
    CollectionError
        If there is no collection, another process builds or changes it, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = place_of(path)
        self.manifest = read_manifest(self.path)
        """The manifest before the update."""
        self._versions: dict[str, int] = {}
        self._files: dict[str, str] = {}
        with writing(self.path):
            self._lock_path = lock_path(self.path)
            self._lock, self._lock_is_ours = lock_place(self._lock_path, self.path)
            try:
                self.manifest = self._note_versions()
                self._clean()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the lock. What was written and not committed stays unseen until the next update removes it."""
        if not self._lock.closed:
            close_lock(self._lock, self._lock_path, remove=self._lock_is_ours)

    @property
    def changed(self) -> bool:
        """Whether anything was written that is not committed yet."""
        return bool(self._versions or self._files)

    def exists(self, name: str) -> bool:
        """Return whether the collection, with this update, has a dataset."""
        return name in self._versions or name in self.manifest.revision.versions

    def dataset(self, name: str) -> Any:
        """Open a dataset with what this update wrote so far.

        Raises
        ------
        CollectionError
            If there is none.
        """
        import lance

        if not self.exists(name):
            raise CollectionError(f"{self.path} has no {name}. Restore it from a copy, or build it again.")
        version = self._versions.get(name, self.manifest.revision.versions.get(name))
        return lance.dataset(str(inside(self.path, *name.split("/"))), version=version)

    def take_over(self, name: str) -> None:
        """Take over the scores of a round that has ended since the update began; otherwise do nothing."""
        import lance

        path = inside(self.path, *name.split("/"))
        if not self.exists(name) and path.exists():
            self._versions[name] = int(lance.dataset(str(path)).version)

    def append(self, name: str, table: pa.Table) -> None:
        """Add rows to a dataset. Columns that the dataset lacks are created, null in the rows that were there."""
        import pyarrow as pa

        if not self.exists(name):
            self.overwrite(name, table)
            return
        self._bring_forward(name)
        dataset = self.dataset(name)
        new = [field for field in table.schema if field.name not in dataset.schema.names]
        with writing(self.path):
            if new:
                dataset.add_columns(pa.schema(new))
                self._versions[name] = dataset.version
            schema = self.dataset(name).schema
            columns = {
                field.name: table[field.name].cast(field.type)
                if field.name in table.column_names
                else pa.nulls(table.num_rows, field.type)
                for field in schema
            }
            self._write(name, pa.table(columns, schema=schema), "append")

    def overwrite(self, name: str, table: pa.Table | Iterable[pa.RecordBatch], schema: pa.Schema | None = None) -> None:
        """Give a dataset new content, or create it."""
        with writing(self.path):
            self._write(name, table, "overwrite" if self.exists(name) else "create", schema)

    def delete(self, name: str, condition: str) -> None:
        """Delete the rows of a dataset that meet a condition of Lance; they stay in the earlier revisions."""
        self._bring_forward(name)
        with writing(self.path):
            dataset = self.dataset(name)
            dataset.delete(condition)
            self._versions[name] = dataset.version

    def index_text(self, name: str, column: str) -> None:
        """Create Lance's inverted index of a column of terms separated by spaces, or bring it up to date."""
        from pipeline.collection.writer import INDEX_OPTIONS

        self._bring_forward(name)
        with writing(self.path):
            dataset = self.dataset(name)
            dataset.create_scalar_index(column, "INVERTED", replace=True, **INDEX_OPTIONS)
            self._versions[name] = dataset.version

    def write_json(self, name: str, values: Any) -> None:
        """Write a small JSON file, such as ``clusters/all-tsne.json``, under a name of this revision."""
        with writing(self.path):
            write_json(self._new_file(name), values)

    def write_arrays(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Write named arrays as safetensors under a name of this revision."""
        from safetensors.numpy import save_file

        with writing(self.path):
            save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, self._new_file(name))

    def file(self, name: str) -> Path:
        """Return the path of a small file, with what this update wrote so far."""
        return self.path / self._files.get(name, self.manifest.revision.files.get(name, name))

    def commit(self, change: Callable[[Manifest], Manifest]) -> Manifest:
        """Make everything that was written visible in one step; then remove revisions that are too old.

        Parameters
        ----------
        change
            Takes the manifest as it is now and returns the new one, without its revision. A round may have named new
            scores since the update began, so take other fields from its argument. It may write what is missing, and it
            may raise to stop the commit.

        Returns
        -------
        Manifest
            The new manifest.

        Raises
        ------
        CollectionError
            If the collection cannot be written. It then has the old revision.
        """
        with writing(self.path), locked(self.path / MANIFEST):
            now = read_manifest(self.path)
            new = change(now)
            revision = Revision(
                now.revision.number + 1,
                {**now.revision.versions, **self._versions},
                {**now.revision.files, **self._files},
            )
            made = replace(new, revision=revision, earlier=(now.revision, *now.earlier)[:KEPT])
            write_json(self.path / MANIFEST, made.as_mapping())
        self.manifest = made
        self._versions, self._files = {}, {}
        with writing(self.path):
            self._prune()
        return made

    def _write(self, name: str, table: Any, mode: str, schema: Any = None) -> None:
        import lance

        path = inside(self.path, *name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        self._versions[name] = lance.write_dataset(table, str(path), schema=schema, mode=mode).version

    def _new_file(self, name: str) -> Path:
        if _OF_SCORES.fullmatch(name):  # the manifest names them last, with their scores
            return self.path / name
        stem, _, ending = name.rpartition(".")
        file = f"{stem}.{self.manifest.revision.number + 1}.{ending}"
        if not _NUMBERED.fullmatch(file):
            raise ParameterError(f"{name} has no revisions. Allowed are the clusters of a layout and the reduction.")
        self._files[name] = file
        path = inside(self.path, *file.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _note_versions(self) -> Manifest:
        """Note the version of each dataset before anything is written, so that no reader sees a later one."""
        import lance

        with locked(self.path / MANIFEST):
            manifest = read_manifest(self.path)
            noted = manifest.revision.versions
            names = [name for name in self._datasets() if name not in noted]
            if noted:  # after the first update only rounds make datasets of their own
                names = [name for name in names if name.startswith("scores/")]
            new = {name: int(lance.dataset(str(self.path / name)).version) for name in names}
            there = {name: version for name, version in noted.items() if (self.path / name).exists()}
            if new or there != noted:
                manifest = replace(manifest, revision=replace(manifest.revision, versions=there | new))
                write_json(self.path / MANIFEST, manifest.as_mapping())
        return manifest

    def _datasets(self) -> Iterator[str]:
        """Iterate over the datasets in the folder, by their paths below it."""
        folders = [self.path / folder for folder in FOLDERS]
        folders += [path for path in (self.path / "scores").glob("*") if path.is_dir() and not path.is_symlink()]
        for folder in folders:
            for path in sorted(folder.glob("*.lance")):
                if not path.name.startswith(".") and path.is_dir() and not path.is_symlink():
                    yield path.relative_to(self.path).as_posix()

    def _clean(self) -> None:
        """Remove datasets and files that a killed update made, and that no revision names."""
        for name in list(self._datasets()):
            if name not in self.manifest.revision.versions and not name.startswith("scores/"):
                remove_own(self.path, name)
        self._remove_files()

    def _bring_forward(self, name: str) -> None:
        """Go on from the version that the manifest names, where a killed update left a newer one."""
        import lance

        if name in self._versions:
            return
        dataset = self.dataset(name)
        newest = lance.dataset(str(inside(self.path, *name.split("/"))))
        with writing(self.path):
            if newest.version != dataset.version:
                dataset.restore()
        self._versions[name] = dataset.version

    def _prune(self) -> None:
        """Remove the versions and files that only revisions name which are no longer kept."""
        import lance

        revisions = (self.manifest.revision, *self.manifest.earlier)
        for name in self.manifest.revision.versions:
            kept = {revision.versions[name] for revision in revisions if name in revision.versions}
            path = self.path / name
            if not path.exists():  # a later round replaced these scores
                continue
            dataset = lance.dataset(str(path))
            dates = {entry["version"]: entry["timestamp"] for entry in dataset.versions()}
            oldest = min((dates[version] for version in kept if version in dates), default=None)
            if oldest is None or min(dates.values()) >= oldest:
                continue
            age = datetime.datetime.now(oldest.tzinfo) - oldest + CLOCK_STEP
            dataset.cleanup_old_versions(older_than=age, delete_unverified=True)
        self._remove_files()

    def _remove_files(self) -> None:
        """Remove files of the form ``name.NUMBER.ending`` that no kept revision names."""
        named = {file for one in (self.manifest.revision, *self.manifest.earlier) for file in one.files.values()}
        for folder in ("clusters", "models"):
            for path in sorted((self.path / folder).glob("*.*.*")):
                name = f"{folder}/{path.name}"
                if _NUMBERED.fullmatch(name) and name not in named and is_own(self.path, name):
                    path.unlink()
