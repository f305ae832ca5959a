"""A source of images that has been listed: rows in a stable order, and where the bytes of each lie. Opens no image."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from pipeline.images.locations import (
    CellLocation,
    FileLocation,
    LinkLocation,
    RemoteCellLocation,
    file_behind,
    location_text,
)
from pipeline.images.records import SourceItem
from pipeline.sources.left_out import LeftOut
from pipeline.tables.typed_columns import ColumnKind

__all__ = ["Source", "SourceColumn", "sorted_source"]


@dataclass(frozen=True, slots=True, eq=False)
class SourceColumn:
    """A column of the source's own.

    Parameters
    ----------
    name
        Its name in the source.
    kind
        The kind of its values.
    values
        n values in the order of the items, as `pipeline.tables.typed_columns.typed_from_texts` returns them.
    """

    name: str
    kind: ColumnKind
    values: pa.Array


@dataclass(frozen=True, slots=True)
class Source:
    """A source that has been listed.

    Parameters
    ----------
    name
        Part of every identity.
    root
        Folder that the keys are relative to. Of no meaning for a source in other storage.
    items
        One for each image, sorted by key.
    attributes
        Attributes with answers in the source, in the order of its columns.
    notes
        Notes about how the source was read, one sentence each.
    ignored
        A note about its unused columns; empty where there are none.
    is_table
        Whether a table lists the images. Otherwise they are all images below `root`.
    left_out
        Files of a folder that were left out, with the reasons.
    columns
        The source's own columns, in its order.
    address
        Address of the folder in other storage that the keys are relative to; "" for a source on this machine.
    requested
        What was read of a folder on request only: some of ``pages`` and ``svg``.
    lines
        int64 (n,): line of the table for each item, from 1; None where no table lists the images.
    """

    name: str
    root: Path
    items: tuple[SourceItem, ...]
    attributes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: str = ""
    is_table: bool = False
    left_out: tuple[LeftOut, ...] = ()
    columns: tuple[SourceColumn, ...] = ()
    address: str = ""
    requested: tuple[str, ...] = ()
    lines: pa.Array | None = None

    @property
    def place(self) -> str:
        """Folder or address that the keys are relative to."""
        return self.address or str(self.root)

    def needs_pictures(self) -> bool:
        """Return whether some images cannot be read in place, because they lie behind links or in cells of bytes."""
        kinds = LinkLocation | CellLocation | RemoteCellLocation
        return any(isinstance(item.location, kinds) for item in self.items)

    def fingerprint(self) -> str:
        """Return a hash of names, sizes, times and metadata that shows changes of the source. Reads no image."""
        digest = hashlib.sha256()
        for item in self.items:
            facts = (item.source_name, item.key, *_state(item), item.caption, item.author, item.keywords, item.origin)
            digest.update(repr((*facts, item.license, item.project_id, sorted(item.labels.items()))).encode())
            if not isinstance(item.location, FileLocation):
                digest.update(location_text(item.location, self.root).encode())
        for column in self.columns:
            digest.update(repr((column.name, column.kind.value, column.values.to_pylist())).encode())
        return digest.hexdigest()


def sorted_source(source: Source) -> Source:
    """Return a source with its items, and the values of its columns, in the order of the keys.

    Parameters
    ----------
    source
        A source with items in any order; each column has a value for each item.
    """
    order = sorted(range(len(source.items)), key=lambda place: source.items[place].key)
    items = tuple(source.items[place] for place in order)
    places = pa.array(order, pa.int64())
    columns = tuple(SourceColumn(one.name, one.kind, one.values.take(places)) for one in source.columns)
    lines = None if source.lines is None else source.lines.take(places)
    return replace(source, items=items, columns=columns, lines=lines)


def _state(item: SourceItem) -> Sequence[int]:
    """Return the size and time of the file that holds an image's bytes; -1 where there is none."""
    file = file_behind(item.location)
    if file is None:
        return (-1, -1)
    try:
        status = file.stat()
    except (OSError, ValueError):
        return (-1, -1)
    return status.st_size, status.st_mtime_ns
