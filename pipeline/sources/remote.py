"""Sources in other storage: a folder of objects, a table, an archive, and a folder of shards. Opens no image.

Nothing is followed out of the folder of the source: paths in a table are keys below it, and links are fetched
as links. A table is copied to a temporary file, except for Parquet, of which only the columns that are used are read.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from pipeline.errors import ErrorKind, SourceError, StorageError, TableError
from pipeline.images.formats.detection import HEAD_BYTES, format_of
from pipeline.images.locations import CellLocation, Location, RemoteCellLocation, RemoteLocation
from pipeline.images.records import SourceItem
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.archive import ARCHIVE_SUFFIXES, PACKED_SUFFIXES, source_of_archives
from pipeline.sources.archive_files import ArchiveFile
from pipeline.sources.folder import IMAGE_SUFFIXES
from pipeline.sources.left_out import (
    BAD_KEY,
    HIDDEN,
    LeftOut,
    format_by_ending,
    left_out_sentences,
    reason_of_format,
)
from pipeline.sources.source import Source
from pipeline.sources.table import TABLE_SUFFIXES, source_of_table
from pipeline.sources.table_places import Places, places_of
from pipeline.storage import StorageAddress, StoredObject, is_address, store_of
from pipeline.storage.objects import MOST_OBJECTS
from pipeline.storage.range_file import RangeFile
from pipeline.tables import Table, open_table, path_below
from pipeline.tables.arrow_tables import ParquetTable
from pipeline.text.plain_text import plain

__all__ = ["open_address"]

MOST_TABLE_BYTES: Final = 4_000_000_000
"""Bytes of a table that is copied."""

MOST_HEADS: Final = 1_000
"""Objects without an ending whose first bytes are read, because their names say nothing."""

_STAGE: Final = "Listing the storage"
REPORT_EVERY: Final = 1_000
_PIECE: Final = 8_000_000


def open_address(address: StorageAddress, name: str, progress: ProgressCallback | None = None) -> Source:
    """List the images of a source in other storage.

    Parameters
    ----------
    address
        A folder, or an object whose ending is that of a table or an archive.
    name
        Name of the source.
    progress
        Called while a folder is listed; may raise to stop.

    Returns
    -------
    Source
        With items in any order. Its address is that of the folder, or of the folder that holds the object.

    Raises
    ------
    SourceError
        If it cannot be listed or read, or holds no images. The sentence names the address.
    """
    try:
        return _opened(address, name, progress or (lambda _: None))
    except (StorageError, TableError) as error:
        raise SourceError(str(error)) from error


def _opened(address: StorageAddress, name: str, progress: ProgressCallback) -> Source:
    lower = address.name.lower()
    if lower.endswith(PACKED_SUFFIXES):
        raise SourceError(
            f"{address} would have to be unpacked from its beginning for every image. Pack it as .zip or .tar."
        )
    known = lower.endswith((*ARCHIVE_SUFFIXES, *TABLE_SUFFIXES))
    stored = store_of(address).facts(address) if known or address.is_web else None
    if stored is not None and lower.endswith(ARCHIVE_SUFFIXES):
        return _archives([stored], name, address.parent, many=False)
    if stored is not None and lower.endswith(TABLE_SUFFIXES):
        return _table(stored, name)
    if address.is_web:
        raise SourceError(
            f"{address} is not there. Check the address."
            if known
            else f"{address} ends neither like a table ({', '.join(TABLE_SUFFIXES)}) nor like an archive "
            f"({', '.join(ARCHIVE_SUFFIXES)}), and a folder behind a link cannot be listed."
        )
    return _folder(address, name, progress)


def _folder(address: StorageAddress, name: str, progress: ProgressCallback) -> Source:
    listing = _Listing(address, name)
    for number, stored in enumerate(store_of(address).files(address), 1):
        if number > MOST_OBJECTS:
            raise SourceError(f"{address} holds more than {MOST_OBJECTS:,} objects. Give a folder of it.")
        listing.take(stored)
        if number % REPORT_EVERY == 0:
            progress(Progress(_STAGE, number, 0, "objects"))
    if not listing.items and listing.shards:
        return _archives(sorted(listing.shards, key=lambda one: one.address.path), name, address, many=True)
    found = sorted(listing.left_out.items(), key=lambda entry: (-entry[1], entry[0]))
    left_out = tuple(LeftOut(plain(ending), reason, count) for (ending, reason), count in found)
    if not listing.items:
        nothing = "" if found or listing.shards else " Nothing is stored below this address: check its spelling."
        raise SourceError(
            f"There are no images below {address}.{nothing} {' '.join(left_out_sentences(left_out))}".rstrip(),
            kind=ErrorKind.NO_IMAGES,
            left_out=left_out,
        )
    return Source(name, Path(), tuple(listing.items), left_out=left_out, address=address.text)


class _Listing:
    """The objects below a folder, as they are listed."""

    def __init__(self, folder: StorageAddress, name: str) -> None:
        self.items: list[SourceItem] = []
        self.shards: list[StoredObject] = []
        self.left_out: Counter[tuple[str, str]] = Counter()
        self._folder, self._name = folder, name
        self._heads = 0

    def take(self, stored: StoredObject) -> None:
        """Add an object as an image, as a shard, or as left out."""
        above = f"{self._folder.path}/" if self._folder.path else ""
        key = stored.address.path.removeprefix(above)
        path = PurePosixPath(key)
        ending = path.suffix.lower()
        if any(part.startswith(".") and part not in {".", ".."} for part in key.split("/")):
            self.left_out["", HIDDEN] += 1
        elif not _is_plain(key):
            self.left_out["", BAD_KEY] += 1
        elif ending == ".tar" and "/" not in key:
            self.shards.append(stored)
        elif reason := "" if ending in IMAGE_SUFFIXES else self._reason(stored, ending):
            self.left_out[ending, reason] += 1
        else:
            location = RemoteLocation(stored.address.text, stored.tag, stored.size)
            self.items.append(SourceItem(self._name, key, location))

    def _reason(self, stored: StoredObject, ending: str) -> str:
        form = format_by_ending(ending)
        if not ending and not form and stored.size and self._heads < MOST_HEADS:
            self._heads += 1
            form = format_of(store_of(stored.address).read(stored, 0, HEAD_BYTES))
        return reason_of_format(form)


def _is_plain(key: str) -> bool:
    """Return whether a key is a path below the folder that a collection can keep."""
    parts = key.split("/")
    return all(part not in {"", ".", ".."} for part in parts) and "\\" not in key and "\0" not in key


def _archives(stored: Sequence[StoredObject], name: str, folder: StorageAddress, *, many: bool) -> Source:
    source = source_of_archives([ArchiveFile(one) for one in stored], name, many=many)
    return replace(source, is_table=True, address=folder.text)


def _table(stored: StoredObject, name: str) -> Source:
    folder = stored.address.parent
    with tempfile.TemporaryDirectory(prefix="bam-table-") as place:
        # The table is called by the name of a file until its sentences are written; they name the address.
        file = Path(place) / f"table{stored.address.suffix}"
        if stored.address.suffix == ".parquet":
            file.touch()
        else:
            _copy(stored, file)
        try:
            table = _RemoteParquet(file, stored) if stored.address.suffix == ".parquet" else open_table(file)
            source = source_of_table(table, name, _places(table, folder))
        except TableError as error:
            raise SourceError(str(error).replace(str(file), str(stored.address))) from error
    if not source.items:
        raise SourceError(f"{stored.address} has no row below its header. Add a row for each image.")
    items = tuple(replace(item, location=_remote(item.location, stored)) for item in source.items)
    notes = tuple(note.replace(str(file), str(stored.address)) for note in source.notes)
    return replace(source, items=items, notes=notes, address=folder.text)


def _copy(stored: StoredObject, file: Path) -> None:
    """Copy a table to a file, piece by piece, up to a limit."""
    address = stored.address
    if stored.size > MOST_TABLE_BYTES:
        raise SourceError(f"{address} has {stored.size:,} bytes; a table may have {MOST_TABLE_BYTES:,}. Split it.")
    if stored.size < 0:
        raise SourceError(f"{address}: the storage does not say how large it is. Download it and give its path.")
    with file.open("wb") as target:
        for start in range(0, stored.size, _PIECE if not address.is_web else max(stored.size, 1)):
            count = min(_PIECE if not address.is_web else stored.size, stored.size - start)
            data = store_of(address).read(stored, start, count)
            if len(data) < count:
                raise SourceError(f"{address} ends at byte {start + len(data):,}. Build again.")
            target.write(data)


class _RemoteParquet(ParquetTable):
    """A Parquet table in other storage, of which only what is used is read."""

    def __init__(self, path: Path, stored: StoredObject) -> None:
        self._stored = stored
        super().__init__(path)

    def _opened(self) -> Any:
        return RangeFile(self._stored)


def _places(table: Table, folder: StorageAddress) -> Places:
    return _Keys(table, folder) if "file" in table.names else places_of(table, Path())


class _Keys:
    """Images whose paths below the folder of the table are in its column ``file``."""

    used: frozenset[str] = frozenset()

    def __init__(self, table: Table, folder: StorageAddress) -> None:
        self._table, self._folder = table, folder
        self._roots = (folder.path,) if folder.path else ()

    def of(self, row: Mapping[str, str], line: int) -> tuple[str, Location]:
        """See `pipeline.sources.table_places.Places.of`."""
        try:
            key = path_below(self._below(row["file"]), self._roots)
        except ValueError as error:
            raise TableError(
                f"{self._table.place(line)}: {row['file'][:200]!r} is not a path below {self._folder}: {error}. Give "
                "paths relative to that folder."
            ) from None
        return key, RemoteLocation(self._folder.below(key).text)

    def notes(self) -> list[str]:
        """See `pipeline.sources.table_places.Places.notes`."""
        return []

    def _below(self, cell: str) -> str:
        """Return the path of an address below the folder, and any other cell as it is."""
        text, start = cell.strip(), f"{self._folder.text}/"
        if text.startswith(start):
            return text[len(start) :]
        if is_address(text):
            raise ValueError("it is an address of another place")
        return cell


def _remote(location: Location, stored: StoredObject) -> Location:
    if isinstance(location, CellLocation):
        return RemoteCellLocation(stored.address.text, location.column, location.row)
    return location
