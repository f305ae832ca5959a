"""Writers of CSV and Parquet tables. A table is written in parts and gets its name when it is complete."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol

from pipeline.label_tables.cells import Column, ColumnKind, csv_cell

__all__ = ["TableWriter", "table_writer"]


class TableWriter(Protocol):
    """Writes rows in parts, each row with one value for each column. Call `close` before using the file."""

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Write the end of the file."""


def table_writer(kind: str, columns: tuple[Column, ...], sink: BinaryIO) -> TableWriter:
    """Return a writer of a kind, csv or parquet."""
    return _CsvWriter(columns, sink) if kind == "csv" else _ParquetWriter(columns, sink)


class _CsvWriter:
    def __init__(self, columns: tuple[Column, ...], sink: BinaryIO) -> None:
        self._kinds = [column.kind for column in columns]
        self._text = io.TextIOWrapper(sink, encoding="utf-8", newline="")
        self._rows = csv.writer(self._text, quoting=csv.QUOTE_NONNUMERIC)
        self._rows.writerow([column.name for column in columns])

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._rows.writerows([map(csv_cell, row, self._kinds) for row in rows])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class _ParquetWriter:
    def __init__(self, columns: tuple[Column, ...], sink: BinaryIO) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types = {
            ColumnKind.ID: pa.int64(),
            ColumnKind.COUNT: pa.int64(),
            ColumnKind.NUMBER: pa.float64(),
            ColumnKind.TIME: pa.timestamp("us", tz="UTC"),
            ColumnKind.TRUTH: pa.bool_(),
        }
        self._times = [column.kind is ColumnKind.TIME for column in columns]
        self._schema = pa.schema([(column.name, types.get(column.kind, pa.string())) for column in columns])
        self._table = parquet.ParquetWriter(sink, self._schema, compression="zstd")

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        import pyarrow as pa

        if rows:
            columns = [
                [round(value * 1e6) for value in column] if is_time else column
                for column, is_time in zip(zip(*rows, strict=True), self._times, strict=True)
            ]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
            self._table.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._table.close()
