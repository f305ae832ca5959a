"""Where the rows of a table say that their images lie: in files, behind links, or in cells of bytes. Opens no image."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from pipeline.errors import TableError
from pipeline.images.locations import CellLocation, FileLocation, LinkLocation, Location, NoLocation
from pipeline.tables import Table, path_below
from pipeline.tables.arrow_tables import ParquetTable
from pipeline.tables.text import trimmed

__all__ = ["LINK_COLUMNS", "Places", "places_of"]

LINK_COLUMNS: Final = ("url", "image_url", "src")
"""Names of a column of links, without regard to capitals."""

LONGEST_LINK = 8_192
_ROW_DIGITS = 9
_ROUNDED = re.compile(r"[+-]?\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)
"""A whole number that a spreadsheet wrote as 1.23E+18."""


class Places(Protocol):
    """The images of a table's rows."""

    used: frozenset[str]
    """Columns whose only meaning is to hold the images."""

    def of(self, row: Mapping[str, str], line: int) -> tuple[str, Location]:
        """Return the key and the location of a row's image.

        Raises
        ------
        TableError
            If the row names none, or one that is not allowed. The sentence names the line.
        """

    def notes(self) -> list[str]:
        """Return notes about all rows, one sentence each."""


def places_of(table: Table, folder: Path, *, without_pictures: bool = False, ids: str | None = None) -> Places:
    """Return where the images of a table lie.

    Parameters
    ----------
    table
        A table with a column ``file``, one column of links, or a Parquet table with one column of bytes.
    folder
        Paths are relative to it.
    without_pictures
        Whether a table may have none of these columns. Its images then have no picture.
    ids
        Column of their identities in that case; None for ``id`` if there is one, else the numbers of the rows.

    Raises
    ------
    TableError
        If the table has none of these columns, or several columns of links or bytes and no ``file``.
    """
    if "file" in table.names:
        return _Files(table, folder)
    links = [name for name in table.names if name.lower() in LINK_COLUMNS]
    cells = _bytes_columns(table)
    if len(links) == 1 and not cells:
        return _Links(table, links[0])
    if len(cells) == 1 and not links and isinstance(table, ParquetTable):
        return _Cells(table, cells[0])
    if without_pictures and not links and not cells:
        wanted = (ids or "id").casefold()
        return _Nowhere(table, next((name for name in table.names if name.casefold() == wanted), None))
    found = ", ".join(repr(name) for name in [*table.names, *table.unread][:10]) or "none"
    if links or cells:
        raise TableError(
            f"{table.path} has several columns that could hold the images: {', '.join([*links, *cells])}. Keep one, or "
            "add a column 'file'."
        )
    raise TableError(
        f"{table.path} has no column 'file' (found: {found}). Add one with paths of images, or a column 'url' with "
        "links, and separate columns by commas."
    )


class _Files:
    used: frozenset[str] = frozenset()

    def __init__(self, table: Table, folder: Path) -> None:
        self._table, self._folder = table, folder
        self._inside = folder.resolve()
        self._roots = (folder.absolute().as_posix(), self._inside.as_posix())
        self._absolute = 0

    def of(self, row: Mapping[str, str], line: int) -> tuple[str, Location]:
        cell, place = row["file"], self._table.place(line)
        try:
            key = path_below(cell, self._roots)
        except ValueError as error:
            raise TableError(
                f"{place}: {cell[:200]!r} is not a path below {self._folder}: {error}. Give "
                "paths relative to that folder."
            ) from None
        self._absolute += cell.strip().startswith(("/", "\\"))
        key = key if key.isascii() else _on_disk(self._folder, key)
        file = self._folder / key
        if not file.resolve().is_relative_to(self._inside):
            raise TableError(f"{place}: {cell[:200]!r} leads out of {self._folder} through a link. Copy the file in.")
        return key, FileLocation(file)

    def notes(self) -> list[str]:
        if not self._absolute:
            return []
        many = self._absolute > 1
        paths = "absolute paths were read as paths" if many else "absolute path was read as a path"
        return [f"{self._absolute:,} {paths} below {self._folder}."]


class _Links:
    def __init__(self, table: Table, column: str) -> None:
        self._table, self._column = table, column
        self.used: frozenset[str] = frozenset()

    def of(self, row: Mapping[str, str], line: int) -> tuple[str, Location]:
        url = row[self._column].strip()
        plain = url.isprintable() and not any(map(str.isspace, url)) and len(url) <= LONGEST_LINK
        if not plain or not url.lower().startswith(("http://", "https://")):
            raise TableError(
                f"{self._table.place(line)}: {url[:80]!r} is no link. Give one that begins with https:// or http://, "
                f"with at most {LONGEST_LINK:,} characters and no space."
            )
        return url, LinkLocation(url)

    def notes(self) -> list[str]:
        return []


class _Cells:
    def __init__(self, table: ParquetTable, column: str) -> None:
        self._table, self._column = table, column
        self.used = frozenset({column.removesuffix(".bytes")})
        self._names = _names_beside(table, column)

    def of(self, row: Mapping[str, str], line: int) -> tuple[str, Location]:
        key = self._names[line - 1] if self._names else f"row-{line - 1:0{_ROW_DIGITS}d}"
        return key, CellLocation(self._table.path, self._column, line - 1)

    def notes(self) -> list[str]:
        named = "their names in the table" if self._names else "the numbers of their rows"
        return [f"Images are read from the column {self._column!r}; their identities are {named}."]


class _Nowhere:
    used: frozenset[str] = frozenset()

    def __init__(self, table: Table, ids: str | None) -> None:
        self._table, self._ids = table, ids

    def of(self, row: Mapping[str, str], line: int) -> tuple[str, Location]:
        if self._ids is None:
            return f"row-{line:0{_ROW_DIGITS}d}", NoLocation()
        key = trimmed(row[self._ids])
        if not key or _ROUNDED.fullmatch(key):
            what = f"was rounded by a spreadsheet ({key[:40]!r}), and its last digits are lost" if key else "is empty"
            raise TableError(
                f"{self._table.place(line)}: the id in {self._ids!r} {what}. Give each row the id of its "
                "image, as text."
            )
        return key, NoLocation()

    def notes(self) -> list[str]:
        named = "the numbers of their rows" if self._ids is None else f"the column {self._ids!r}"
        return [f"The table names no pictures, so cards stand in for them; the identities of the images are {named}."]


def _bytes_columns(table: Table) -> list[str]:
    """Return the columns of bytes that a Parquet table has, with ``.bytes`` for a structure that holds them."""
    if not isinstance(table, ParquetTable):
        return []
    found = []
    for name in table.unread:
        kind = table.schema.field(name).type
        if _is_bytes(kind):
            found.append(name)
        elif pa.types.is_struct(kind) and "bytes" in kind.names and _is_bytes(kind.field("bytes").type):
            found.append(f"{name}.bytes")
    return found


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _names_beside(table: ParquetTable, column: str) -> list[str]:
    """Return the paths beside the bytes of a structure, if every image has one of its own; else nothing."""
    name, _, field = column.rpartition(".")
    if field != "bytes" or "path" not in table.schema.field(name).type.names:
        return []
    paths: list[str | None] = table.field_of(name, "path").to_pylist()
    texts = [unicodedata.normalize("NFC", path) for path in paths if path]
    return texts if len(set(texts)) == len(paths) else []


def _on_disk(folder: Path, key: str) -> str:
    """Return the form of a name, composed or decomposed, that a file has; unchanged where no file has it."""
    forms = (key, unicodedata.normalize("NFC", key), unicodedata.normalize("NFD", key))
    return next((form for form in forms if (folder / form).exists()), key)
