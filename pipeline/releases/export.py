"""Export of releases, scores and labels into a folder, as CSV or Parquet. Reads and writes files.

Tables are written to a temporary folder and moved into place when all of them are complete. They are written in pieces:
an export holds columns in memory, never rows as Python objects.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ErrorKind, ParameterError, TableError
from pipeline.files.paths import check_name, is_within
from pipeline.files.small_files import write_json
from pipeline.label_store import LabelStore
from pipeline.label_tables import ExportOptions, export_table
from pipeline.label_tables.bam_images import stored_scores
from pipeline.label_tables.file_names import FileNames
from pipeline.label_tables.targets import check_new, new_file, put
from pipeline.progress import Progress, ProgressCallback
from pipeline.releases.files import Release, list_releases, read_release_table
from pipeline.tables import KINDS
from pipeline.text.formulas import FORMULA_STARTS

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["CollectionExport", "ExportedTable", "export_collection"]

AT_ONCE = 1 << 16
FORMULA = "^('*[" + "".join(f"\\x{ord(start):02x}" for start in FORMULA_STARTS) + "])"
"""What `pipeline.text.formulas.guarded` puts an apostrophe in front of, as a pattern."""


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A written table: its path below the folder, its number of rows, and for a release its verified SHA-256."""

    name: str
    rows: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class CollectionExport:
    """The written tables, the number of blind answers left out of the labels, and the number of absent images named."""

    tables: tuple[ExportedTable, ...]
    blind: int = 0
    absent: int = 0


def export_collection(
    collection: Collection,
    store: LabelStore | None,
    out: Path,
    kind: str,
    attributes: Sequence[str] = (),
    *,
    replace: bool = False,
    progress: ProgressCallback | None = None,
) -> CollectionExport:
    """Write ``releases/<attribute>-<number>``, ``scores`` and ``labels`` as tables into a folder.

    Empty tables are not written. The record of a release is written beside its table, as JSON.

    Parameters
    ----------
    collection
        The collection to export.
    store
        Its answers; None if there are none.
    out
        The folder; created if it does not exist.
    kind
        ``"csv"`` or ``"parquet"``.
    attributes
        Attributes to export; empty for all.
    replace
        Whether the folder may hold files. Tables of the same names are replaced; everything else stays.
    progress
        Called for each table; may raise to stop.

    Raises
    ------
    ParameterError
        For an unknown kind, an unknown attribute, or a folder in the collection.
    TableError
        If the folder is not empty and `replace` is not set, or if it cannot be written.
    CollectionDamagedError
        If a release was changed, or the collection cannot be read. In all these cases nothing is written.
    """
    if kind not in KINDS:
        raise ParameterError(f"kind={kind} is no format; allowed are {', '.join(KINDS)}.")
    wanted = _attributes(collection, store, attributes)
    if collection.path.resolve() in (out.resolve(), *out.resolve().parents):
        raise ParameterError(f"{out} is in the collection itself. Choose another folder.", kind=ErrorKind.OTHER_PLACE)
    tell = progress or (lambda _: None)
    with _beside(out, replace=replace) as folder:
        export = _Export(collection, store, kind, folder, tell)
        tables = [export.release(release) for name in wanted for release in list_releases(collection, name)]
        scored = [name for name in collection.scored if name in wanted]
        if scored:
            tables.append(export.scores(scored))
        blind = 0
        if store is not None:
            target = folder / f"labels.{kind}"
            labels = export_table(store, collection, target, ExportOptions(attributes=tuple(wanted)), progress=tell)
            tables.append(ExportedTable(target.name, labels.rows))
            blind = labels.blind
            export.absent = max(export.absent, labels.absent)
    return CollectionExport(tuple(tables), blind, export.absent)


def _attributes(collection: Collection, store: LabelStore | None, wanted: Sequence[str]) -> list[str]:
    """Return the attributes to export: the wanted ones, or all that are defined or have answers."""
    known = list(collection.manifest.taxonomy.names)
    if store is not None:
        known += [*(entry.name for entry in store.attributes.list_all()), *(name for name, _ in store.answers.counts())]
    known = list(dict.fromkeys(known))
    for name in wanted:
        if name not in known:
            raise ParameterError(f"There is no attribute {name!r} here. There are: {', '.join(known) or 'none'}.")
    return list(dict.fromkeys(wanted)) or known


@contextmanager
def _beside(out: Path, *, replace: bool) -> Iterator[Path]:
    """Yield a temporary folder. Its files are moved to `out` if the block succeeds."""
    made = not os.path.lexists(out)
    temporary: Path | None = None
    try:
        if not made and not out.is_dir():
            raise TableError(f"{out} is not a folder. Give the name of a folder.", kind=ErrorKind.OTHER_PLACE)
        if not made and not replace and any(out.iterdir()):
            raise TableError(
                f"{out} is not empty. Choose another folder, or allow tables to be replaced.",
                kind=ErrorKind.PLACE_TAKEN,
            )
        out.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=out))
        yield temporary
        _put_all(temporary, out)
    except OSError as error:
        raise TableError(
            f"The tables cannot be written to {out} ({error.strerror or type(error).__name__}). "
            "Check the folder, permissions and free space."
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if made and out.is_dir() and not any(out.iterdir()):
            out.rmdir()


def _put_all(temporary: Path, out: Path) -> None:
    """Move finished tables into place. If one may not be replaced, none is moved."""
    files = {path: out / path.relative_to(temporary) for path in sorted(temporary.rglob("*")) if not path.is_dir()}
    for target in files.values():
        if target.parent != out and os.path.lexists(target.parent) and not is_within(target.parent, out):
            raise TableError(
                f"{target.parent} leads elsewhere through a link. Choose another folder.", kind=ErrorKind.OTHER_PLACE
            )
        check_new(target, replace=True)
    for path, target in files.items():
        target.parent.mkdir(exist_ok=True)
        put(path, target, replace=True)


class _Export:
    """Writes the tables of one collection into a folder."""

    def __init__(
        self, collection: Collection, store: LabelStore | None, kind: str, folder: Path, tell: ProgressCallback
    ) -> None:
        self._collection, self._kind, self._folder, self._tell = collection, kind, folder, tell
        self._names = FileNames(collection, store)
        self._files = collection.sources()
        self.absent = 0

    def release(self, release: Release) -> ExportedTable:
        """Write one release with the file names of its images. Absent images keep their last known names."""
        table = read_release_table(self._collection, release)
        ids = table["image_id"].to_numpy()
        files = self._files
        if not np.array_equal(ids, self._collection.image_ids):
            files = pa.array(self._names.of(ids.tolist()), pa.string())
            self.absent = max(self.absent, int(np.count_nonzero(self._names.rows(ids) < 0)))
        columns = {"image_id": table["image_id"], "file": files, "value": table["value"]}
        columns |= {"by": table["by"].cast(pa.string()), "score": table["score"]}
        name = f"releases/{check_name(f'{release.attribute}-{release.number}')}"
        (self._folder / "releases").mkdir(exist_ok=True)
        written = self._write(name, pa.table(columns))
        write_json(self._folder / f"{name}.json", asdict(release))
        return ExportedTable(written.name, written.rows, release.sha256)

    def scores(self, attributes: Sequence[str]) -> ExportedTable:
        """Write the current scores, one column for each attribute; empty cells where an image has no score.

        Imported scores are on their own scale.
        """
        scored, scores = self._collection.scored, self._collection.scores
        columns: dict[str, Any] = {"image_id": self._collection.image_ids, "file": self._files}
        for name in attributes:
            own = self._collection.manifest.scale(name) is not None
            values = stored_scores(self._collection, name) if own else scores[scored.index(name)]
            columns[name] = pa.array(values, from_pandas=True)  # NaN becomes null
        return self._write("scores", pa.table(columns))

    def _write(self, name: str, table: pa.Table) -> ExportedTable:
        """Write a table in pieces."""
        path = self._folder / f"{name}.{self._kind}"
        prepare: Callable[[Any], Any] = _spreadsheet if self._kind == "csv" else lambda piece: piece
        with new_file(path, replace=False) as sink, _writer(self._kind, prepare(table.slice(0, 0)).schema, sink) as to:
            for start in range(0, len(table), AT_ONCE):
                to.write_table(prepare(table.slice(start, AT_ONCE)))
                done = min(len(table), start + AT_ONCE)
                self._tell(Progress(f"Writing {path.name}", done, len(table), "images"))
        return ExportedTable(path.relative_to(self._folder).as_posix(), len(table))


def _writer(kind: str, schema: pa.Schema, sink: BinaryIO) -> Any:
    from pyarrow import csv, parquet

    if kind == "csv":
        return csv.CSVWriter(sink, schema)  # only texts are quoted
    return parquet.ParquetWriter(sink, schema, compression="zstd")


def _spreadsheet(table: pa.Table) -> pa.Table:
    """Convert ids to text, which spreadsheets would round, and protect file names from being run as formulas."""
    columns = dict(zip(table.column_names, table.columns, strict=True))
    columns["image_id"] = columns["image_id"].cast(pa.string())
    columns["file"] = pc.replace_substring_regex(columns["file"], FORMULA, "'\\1")
    return pa.table(columns)
