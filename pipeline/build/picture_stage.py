"""Bring pictures that cannot be read in place to files: those behind links, and those in cells of a table.

An edge: it uses the network and the disk. A build reads images in the order of their identities, which is the order of
no source. So a link is fetched first, and a cell, which can only be read together with thousands of others, is copied.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pipeline.errors import SourceError, StorageError
from pipeline.fetching import FetchOptions, FetchReport, Link, LinkState, fetch, link_records, picture_path
from pipeline.files.small_files import check_plain, new_plain_file, reason_of
from pipeline.images.identity import image_ids
from pipeline.images.locations import (
    CellLocation,
    FileLocation,
    LinkLocation,
    Location,
    NoLocation,
    RemoteCellLocation,
)
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.source import Source
from pipeline.storage.range_file import opened_object

__all__ = ["bring_pictures"]

_Cell = CellLocation | RemoteCellLocation

READ_AT_ONCE = 64
"""Cells in memory at a time."""

_STAGE = "Copying pictures out of the table"


def bring_pictures(
    source: Source,
    folder: Path,
    options: FetchOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
    say: Callable[[str], None] | None = None,
) -> Source:
    """Fetch the links of a source and copy its cells of bytes to files.

    What is in `folder` already is kept and not brought again, so an interrupted run goes on where it ended.

    Parameters
    ----------
    source
        The source.
    folder
        Folder of the pictures. It is made if missing, and stays: the collection reads originals there.
    options
        Limits, politeness and safety of fetching.
    progress
        Called with the progress of each part; may raise to stop.
    say
        Called with sentences about links without a picture.

    Returns
    -------
    Source
        The same images in the same order. Each lies in a file below `folder` or has a location that says why it does
        not.

    Raises
    ------
    FetchError
        If `folder` cannot be used.
    SourceError
        If the table of the cells cannot be read.
    """
    if not source.needs_pictures():
        return source
    keys = image_ids(source.name, [item.key for item in source.items]).tolist()
    tell = progress or (lambda _: None)
    places: dict[int, Location] = {}
    located = [(key, item.location) for key, item in zip(keys, source.items, strict=True)]
    links = {key: location.url for key, location in located if isinstance(location, LinkLocation)}
    if links:
        report = fetch([Link(key, url) for key, url in links.items()], folder, options, progress=tell)
        places |= _fetched(links, folder)
        if say is not None:
            for sentence in _sentences(report, folder):
                say(sentence)
    cells = {key: location for key, location in located if isinstance(location, _Cell)}
    places |= _copied(cells, folder, tell)
    moved = (places.get(key, location) for key, location in located)
    items = (replace(item, location=place) for item, place in zip(source.items, moved, strict=True))
    return replace(source, items=tuple(items), root=folder.resolve(), address="")


def _fetched(links: dict[int, str], folder: Path) -> dict[int, Location]:
    """Return where the pictures of links lie, or why there are none."""
    places: dict[int, Location] = dict.fromkeys(links, NoLocation("not_fetched", "The link was not fetched."))
    for record in link_records(folder):
        if record.key not in links:
            continue
        if record.state is LinkState.ARRIVED:
            places[record.key] = FileLocation(picture_path(folder.resolve(), record.key))
        else:
            places[record.key] = NoLocation(record.reason, record.told)
    return places


def _sentences(report: FetchReport, folder: Path) -> Iterator[str]:
    failed = report.failed + report.left
    if not failed:
        return
    count = "1 link gave" if failed == 1 else f"{failed:,} links gave"
    named = ", ".join(f"{number:,} {reason.replace('_', ' ')}" for reason, number in list(report.reasons.items())[:6])
    earlier = f"; {report.left:,} failed in an earlier run and were not tried again" if report.left else ""
    yield f"{count} no picture{f' ({named})' if named else ''}{earlier}. Pictures and reasons are kept in {folder}."


def _copied(
    cells: dict[int, CellLocation | RemoteCellLocation], folder: Path, tell: ProgressCallback
) -> dict[int, Location]:
    """Copy cells of bytes to files, table by table, in the order of rows."""
    by_table: dict[tuple[Path | str, str], dict[int, int]] = defaultdict(dict)
    for key, cell in cells.items():
        by_table[cell.table, cell.column][cell.row] = key
    places: dict[int, Location] = {}
    done = 0
    for (table, column), rows in by_table.items():
        for row, data in _cells(table, column):
            if row not in rows:
                continue
            key = rows[row]
            if data is None:
                places[key] = NoLocation("no_picture", "The cell of this image is empty.")
            else:
                path = _cell_path(folder.resolve(), key, data)
                _write(path, data)
                places[key] = FileLocation(path)
            done += 1
            if done % READ_AT_ONCE == 0:
                tell(Progress(_STAGE, done, len(cells), "images"))
    if cells:
        tell(Progress(_STAGE, done, len(cells), "images"))
    return places


def _cells(table: Path | str, column: str) -> Iterator[tuple[int, bytes | None]]:
    """Yield the rows of a column of bytes, in bounded memory."""
    row = 0
    try:
        with _batches(table, column) as batches:
            for batch in batches:
                array = batch.column(column.partition(".")[0]) if column.endswith(".bytes") else batch.column(0)
                if pa.types.is_struct(array.type):
                    array = array.field("bytes")
                for value in array:
                    yield row, value.as_py()
                    row += 1
    except (OSError, pa.ArrowException, StorageError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise SourceError(f"{table}, column {column!r} cannot be read after row {row:,} ({reason}).") from error


@contextmanager
def _batches(table: Path | str, column: str) -> Iterator[Iterator[pa.RecordBatch]]:
    """Open a Parquet table, here or in other storage, or an Arrow stream, of which the pages are mapped to memory."""
    from pyarrow import parquet

    if isinstance(table, Path) and table.suffix == ".arrow":
        with pa.memory_map(str(table)) as mapped, pa.ipc.open_stream(mapped) as reader:
            yield (_checked(batch.select([column.partition(".")[0]])) for batch in reader)
        return
    with parquet.ParquetFile(table if isinstance(table, Path) else opened_object(table)) as file:
        yield file.iter_batches(READ_AT_ONCE, columns=[column])


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    batch.validate(full=True)  # offsets of a damaged file could lead outside of it
    return batch


def _cell_path(folder: Path, key: int, data: bytes) -> Path:
    """Return the file of a cell. Its name has the hash of the bytes, so a file with other bytes is not ours."""
    return folder / "cells" / f"{key & 0xFFF:03x}" / f"{key:016x}-{hashlib.sha256(data).hexdigest()[:16]}"


def _write(path: Path, data: bytes) -> None:
    """Write a picture under its final name only when it is whole; keep one with the same bytes, and replace nothing."""
    temporary: Path | None = None
    try:
        if os.path.lexists(path):
            check_plain(path)
            if not path.is_symlink() and path.read_bytes() == data:
                return
            raise SourceError(
                f"{path} is in the way: it has the name of a picture and other bytes. Remove it, or choose another "
                "folder for the pictures."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary, file = new_plain_file(path)
        with file:
            file.write(data)
        temporary.rename(path)
        temporary = None
    except OSError as error:
        raise SourceError(
            f"{path} cannot be written ({reason_of(error)}). Make room, or choose another folder for the pictures."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
