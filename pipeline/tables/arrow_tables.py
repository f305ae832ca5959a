"""Tables with types, as Parquet files or in memory. Cells are read as text, or whole columns with their type."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import TableError
from pipeline.tables.columns import begins_as_attribute, column_names, is_known
from pipeline.tables.reading import READ_AT_ONCE, Table
from pipeline.tables.text import trimmed

__all__ = ["ArrowTable", "ParquetTable", "plain_cell"]

_INDEX = re.compile(r"__index_level_\d+__")
"""Names that pandas gives to an index without a name. It is no column of the table."""


class ArrowTable(Table):
    """A table in memory.

    Parameters
    ----------
    path
        A name for errors, such as ``the table``.
    table
        The table.

    Attributes
    ----------
    unread
        Names of the columns that hold no text, number or date, such as bytes and structures. They are in no row.
    """

    unit = "row"

    def __init__(self, path: Path, table: pa.Table) -> None:
        self._memory = table
        super().__init__(path)

    @cached_property
    def schema(self) -> pa.Schema:
        """Names and types of all columns."""
        return self._memory.schema

    @property
    def unread(self) -> tuple[str, ...]:
        """See the class."""
        return tuple(
            name for name, kind in zip(self.schema.names, self.schema.types, strict=True) if not _is_read(name, kind)
        )

    def typed(self, name: str) -> pa.ChunkedArray:
        """Return a column with its type, by its name in ``names``."""
        written = dict(zip(column_names(self._read, self.header_place), self._read, strict=True))
        return self._column(written[name])

    def _column(self, written: str) -> pa.ChunkedArray:
        return self._memory[written]

    def batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield some columns, by the names of the schema, in blocks of rows."""
        yield from self._memory.select(columns).to_batches(READ_AT_ONCE)

    @cached_property
    def _read(self) -> list[str]:
        """Names of the columns that are read as text, as they are written."""
        unread = set(self.unread)
        return [name for name in self.schema.names if name not in unread and not _INDEX.fullmatch(name)]

    def _header(self) -> Sequence[str]:
        return self._read

    def _rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        row = 0
        for batch in self.batches(self._read):
            columns = [self._texts(number, column, row) for number, column in enumerate(batch.columns)]
            for cells in zip(*columns, strict=True):
                row += 1
                yield row, cells

    def _texts(self, number: int, column: Any, before: int) -> list[str]:
        """Return the cells of a column as text."""
        try:
            return [plain_cell(value) for value in column.to_pylist()]
        except (ValueError, OverflowError) as error:
            raise TableError(
                f"{self.path}, rows {before + 1:,} to {before + len(column):,}, column {self._all_names[number]!r} "
                f"cannot be read as text ({str(error).partition(chr(10))[0]}). Write it as text, or take it out."
            ) from error


class ParquetTable(ArrowTable):
    """A Parquet file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    TableError
        When it is opened or read, if the file is no Parquet table.
    """

    def __init__(self, path: Path) -> None:
        Table.__init__(self, path)

    def _opened(self) -> Any:
        """Return what pyarrow reads the file from."""
        return self.path

    @cached_property
    def schema(self) -> pa.Schema:
        """Names and types of all columns."""
        from pyarrow import parquet

        try:
            with parquet.ParquetFile(self._opened()) as file:
                return file.schema_arrow
        except (pa.ArrowException, UnicodeDecodeError) as error:  # names of columns are stored as bytes
            raise self._no_parquet(error) from error

    def field_of(self, name: str, field: str) -> pa.ChunkedArray:
        """Return one field of a column of structures; its other fields are not read."""
        return pc.struct_field(self._column(f"{name}.{field}"), field)

    def _column(self, written: str) -> pa.ChunkedArray:
        from pyarrow import parquet

        try:
            with parquet.ParquetFile(self._opened()) as file:
                return file.read(columns=[written]).column(0)
        except pa.ArrowException as error:
            raise self._no_parquet(error) from error

    def batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Yield some columns, by the names of the schema, in blocks of rows."""
        from pyarrow import parquet

        with parquet.ParquetFile(self._opened()) as file:
            yield from file.iter_batches(READ_AT_ONCE, columns=columns)

    def _rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        try:
            yield from super()._rows()
        except pa.ArrowException as error:
            raise self._no_parquet(error) from error

    def _unreadable(self, error: OSError) -> TableError:
        return super()._unreadable(error) if error.strerror else self._no_parquet(error)  # damaged pages have no code

    def _no_parquet(self, error: Exception) -> TableError:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        return TableError(f"{self.path} is not a Parquet table: {reason}. Save it again as one.")


def plain_cell(value: Any) -> str:
    """Return a typed cell as it would be written in CSV; whole numbers have no decimal point."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list):
        return "; ".join(plain_cell(one) for one in value)
    return str(value)


def _is_read(name: str, kind: pa.DataType) -> bool:
    """Return whether a column is read as text. Bytes are, where the name has a meaning: old files store text so."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return is_known(trimmed(name)) or begins_as_attribute(trimmed(name))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return bool(pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type))
    return not (pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind) or pa.types.is_null(kind))
