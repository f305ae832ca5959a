"""A table beside its images as a source of images. Reads the table and opens no image."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import ErrorKind, SourceError, TableError
from pipeline.images.records import SourceItem
from pipeline.sources.source import Source, SourceColumn, sorted_source
from pipeline.sources.table_places import Places, places_of
from pipeline.tables import (
    READ_KINDS,
    ColumnUse,
    Table,
    answer_word,
    attribute_columns,
    ignored_sentence,
    open_table,
    whole_number,
)
from pipeline.tables.arrow_tables import ArrowTable
from pipeline.tables.typed_columns import typed_from_arrow, typed_from_texts, with_classes

__all__ = [
    "TABLE_SUFFIXES",
    "TableReading",
    "read_source_table",
    "source_of_frame",
    "source_of_table",
    "table_of_frame",
]

TABLE_SUFFIXES = tuple(f".{kind}" for kind in READ_KINDS)
"""Endings of tables that can be sources, in lower case."""

COLUMNS = ("file", "caption", "author", "keywords", "source", "licence", "license", "project_id")
ALLOWED = "allowed are yes, no and nothing"


@dataclass(frozen=True, slots=True)
class TableReading:
    """How a table of images is read.

    Parameters
    ----------
    encoding
        Encoding of a CSV file without a byte order mark; None for UTF-8.
    without_pictures
        Whether a table may name no pictures.
    ids
        Column of ids, which are the identities of images in a table without pictures; None for the column ``id`` if
        there is one, else the numbers of the rows.
    used
        Columns that are used otherwise, and not kept as the source's own.
    """

    encoding: str | None = None
    without_pictures: bool = False
    ids: str | None = None
    used: tuple[str, ...] = ()


AS_USUAL = TableReading()


def read_source_table(path: Path, source_name: str, reading: TableReading = AS_USUAL) -> Source:
    """Read a table of images.

    Parameters
    ----------
    path
        The table. The paths in its column ``file`` are relative to its folder.
    source_name
        Name of the source.
    reading
        How it is read.

    Returns
    -------
    Source
        With the items in the table's order, and every column that has no meaning of its own.

    Raises
    ------
    SourceError
        If it breaks a rule. The sentence names the line.
    """
    try:
        return _Reader(open_table(path, reading.encoding), path.parent, source_name, reading).read()
    except TableError as error:
        kind = ErrorKind.OTHER_ENCODING if error.fields.get("undecodable") else error.kind
        raise SourceError(str(error), kind=kind, **error.fields) from error


def source_of_table(table: Table, source_name: str, places: Places) -> Source:
    """Read an open table as a source of images whose places are known; the root of the source is not set.

    Raises
    ------
    TableError
        If it breaks a rule. The sentence names the line.
    """
    return _Reader(table, Path(), source_name, AS_USUAL, places).read()


def source_of_frame(frame: Any, folder: Path, source_name: str, reading: TableReading = AS_USUAL) -> Source:
    """Read a table in memory as a source of images.

    Parameters
    ----------
    frame
        An Arrow, pandas or polars table, or any object with ``__arrow_c_stream__``. Its columns mean the same as those
        of a file.
    folder
        The paths in the column ``file`` are relative to it.
    source_name
        Name of the source.
    reading
        How it is read.

    Returns
    -------
    Source
        Its items are sorted by key.

    Raises
    ------
    SourceError
        If the table breaks a rule. The sentence names the row, counted from 1.
    """
    try:
        source = _Reader(table_of_frame(frame), folder, source_name, reading).read()
    except TableError as error:
        raise SourceError(str(error)) from error
    if not source.items:
        raise SourceError("The table has no row. Add a row for each image.")
    return sorted_source(replace(source, root=folder.resolve()))


def table_of_frame(frame: Any) -> ArrowTable:
    """Return a table in memory as `source_of_frame` reads it.

    Raises
    ------
    SourceError
        If it is no table.
    """
    try:
        table = frame if isinstance(frame, pa.Table) else pa.table(frame)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise SourceError(
            f"frame={type(frame).__name__} cannot be read as a table ({str(error).partition(chr(10))[0][:200]}). "
            "Give an Arrow, pandas or polars table."
        ) from error
    return ArrowTable(Path("the table"), table)


class _Reader:
    def __init__(
        self, table: Table, folder: Path, source_name: str, reading: TableReading, places: Places | None = None
    ) -> None:
        self._table = table
        self._used = {name.casefold() for name in reading.used}
        self._folder = folder
        self._source_name = source_name
        self._places = places or places_of(table, folder, without_pictures=reading.without_pictures, ids=reading.ids)
        self._uses = self._columns()
        self._lines: dict[str, int] = {}
        self._unsettled = 0
        kept = [name for name in self._uses.ignored if name.casefold() not in self._used]
        self._cells: dict[str, list[str]] = {name: [] for name in kept}

    def read(self) -> Source:
        items, lines = [], []
        for line, row in self._table:
            items.append(self._item(row, line))
            lines.append(line)
            for name, cells in self._cells.items():
                cells.append(row[name])
        columns, ignored = self._kept_columns(len(items))
        return Source(
            self._source_name,
            self._folder,
            tuple(items),
            self._uses.attributes,
            tuple(self._notes()),
            ignored_sentence(ignored),
            is_table=True,
            columns=tuple(columns),
            lines=pa.array(lines, pa.int64()),
        )

    def _kept_columns(self, count: int) -> tuple[list[SourceColumn], list[str]]:
        """Return the table's own columns with their types, and the names of columns that cannot be kept."""
        kept: list[SourceColumn] = []
        refused = [
            name for name in self._table.unread if name not in self._places.used and name.casefold() not in self._used
        ]
        for name, cells in self._cells.items():
            column = self._table.typed(name)
            if column is None or len(column) != count:  # text, or rows were passed over
                typed = typed_from_texts(cells)
            else:
                found = typed_from_arrow(column)
                if found is None:
                    refused.append(name)
                    continue
                typed = found
            kept.append(SourceColumn(name, *with_classes(name, *typed)))
        return kept, refused

    def _columns(self) -> ColumnUse:
        table = self._table
        if {"licence", "license"} <= set(table.names):
            raise TableError(f"{table.header_place} has two columns of the licence, 'licence' and 'license'. Keep one.")
        return attribute_columns(table.names, COLUMNS, table.header_place)

    def _notes(self) -> list[str]:
        notes = self._table.form()
        notes.extend(self._places.notes())
        if self._unsettled:
            cells = "1 cell says" if self._unsettled == 1 else f"{self._unsettled:,} cells say"
            notes.append(f"{cells} unsure, open or split, which a source takes for unknown.")
        return notes

    def _item(self, row: dict[str, str], line: int) -> SourceItem:
        key, location = self._places.of(row, line)
        self._check_once(key, line)
        return SourceItem(
            source_name=self._source_name,
            key=key,
            location=location,
            caption=_text(row, "caption"),
            author=_text(row, "author"),
            keywords=_text(row, "keywords"),
            origin=_text(row, "source"),
            license=_text(row, "licence") or _text(row, "license"),
            project_id=self._project_id(row.get("project_id", ""), line),
            labels=self._labels(row, line),
        )

    def _check_once(self, key: str, line: int) -> None:
        first = self._lines.setdefault(unicodedata.normalize("NFC", key), line)
        if first != line:
            raise TableError(
                f"{self._table.path}: {self._table.unit}s {first} and {line} both name {key!r}. Leave one row of each "
                "image."
            )

    def _project_id(self, cell: str, line: int) -> int | None:
        try:
            return whole_number(cell)
        except ValueError:
            raise TableError(
                f"{self._table.place(line)}: project_id {cell.strip()[:40]!r} is no whole number from 0 to 2^63 - 1."
            ) from None

    def _labels(self, row: dict[str, str], line: int) -> dict[str, bool]:
        labels: dict[str, bool] = {}
        for name in self._uses.attributes:
            try:
                word = answer_word(row[name])
            except ValueError:
                raise TableError(
                    f"{self._table.place(line)}: {name} is {row[name].strip()[:40]!r}; {ALLOWED}."
                ) from None
            if word in {"yes", "no"}:
                labels[name] = word == "yes"
            elif word or row[name].strip().lower() in {"open", "split"}:
                self._unsettled += 1
        return labels


def _text(row: dict[str, str], column: str) -> str:
    return row.get(column, "").strip()
