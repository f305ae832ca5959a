"""Tables as files, CSV or Parquet by their ending: written in pieces and put in place when whole, read row by row."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from pipeline.errors import ParameterError, TableError
from pipeline.label_tables.cells import Column, ColumnKind, csv_cell, plain_cell

__all__ = ["KINDS", "Rows", "TableWriter", "about_rows", "kind_of", "new_file", "read_rows", "table_writer"]

KINDS = ("csv", "parquet")
LONGEST_CELL = 100_000
"""Characters; longer cells are a sign of a broken or hostile table."""

READ_AT_ONCE = 20_000

Rows = Iterator[tuple[int, dict[str, str]]]
"""Line (CSV) or row (Parquet) of the file, from 1, and its cells as text, each under its column's name."""


def kind_of(path: Path) -> str:
    """Tell the kind of table by a file's ending.

    Raises
    ------
    ParameterError
        If it is neither .csv nor .parquet.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise ParameterError(f"{path} ends neither in .csv nor in .parquet. Give the file one of these endings.")
    return kind


class TableWriter(Protocol):
    """Takes rows in pieces, each row one value a column; `close` before the file is used."""

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows."""

    def close(self) -> None:
        """Write what belongs at the end."""


def table_writer(kind: str, columns: tuple[Column, ...], sink: BinaryIO) -> TableWriter:
    """Make a writer of one of `KINDS`."""
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


@contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Open a file that takes its name when the block ends, and never is when the block raises.

    Raises
    ------
    TableError
        If there is something of that name and it shall not be replaced, or it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _check_target(path, replace=replace)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _check_target(path, replace=replace)  # somebody may have made one meanwhile
        temporary.replace(path)
    except OSError as error:
        raise TableError(
            f"The table {path} cannot be written ({error.strerror}). Check the folder, permissions and free space."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _check_target(path: Path, *, replace: bool) -> None:
    if path.is_dir():
        raise TableError(f"{path} is a folder. Give the name of a file.")
    if path.exists() and not replace:
        raise TableError(f"{path} exists already. Choose another name, or add --replace.")


def about_rows(path: Path) -> int:
    """Count a table's rows quickly; a CSV file's lines, of which a row may have several."""
    if kind_of(path) == "parquet":
        from pyarrow import parquet

        return int(parquet.read_metadata(path).num_rows)
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def read_rows(path: Path) -> tuple[tuple[str, ...], Rows]:
    """Open a table for reading; give the names of its columns and its rows.

    Raises
    ------
    TableError
        Now or while rows are read, if it is no table, or names a column twice.
    """
    kind = kind_of(path)
    names, rows = _told(path, kind, _open_csv if kind == "csv" else _open_parquet)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"{path} has two columns {twice[0]!r}. Names of columns must differ.")
    return names, rows


def _told(path: Path, kind: str, opened: Any) -> tuple[tuple[str, ...], Rows]:
    """Say in words what readers raise, when the file is opened and when it is read."""
    from pyarrow import ArrowException

    def guarded_rows(rows: Iterable[tuple[int, dict[str, str]]]) -> Rows:
        try:
            yield from rows
        except (csv.Error, UnicodeDecodeError, ArrowException, OSError) as error:
            raise _unreadable(path, kind, error) from error

    try:
        names, rows = opened(path)
    except (csv.Error, UnicodeDecodeError, ArrowException, OSError) as error:
        raise _unreadable(path, kind, error) from error
    return names, guarded_rows(rows)


def _unreadable(path: Path, kind: str, error: Exception) -> TableError:
    if isinstance(error, OSError) and error.strerror:
        return TableError(f"The table {path} cannot be read ({error.strerror}). Check the path and its permissions.")
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    wanted = "a CSV table in UTF-8" if kind == "csv" else "a Parquet table"
    return TableError(f"{path} is not {wanted}: {reason}. Save it again as one.")


def _open_csv(path: Path) -> tuple[tuple[str, ...], Rows]:
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = tuple(next(csv.reader(file, strict=True), ()))
    return names, _csv_rows(path, len(names), names)


def _csv_rows(path: Path, width: int, names: tuple[str, ...]) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        next(reader, None)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) > width:
                raise csv.Error(f"line {reader.line_num} has {len(cells)} cells, and there are {width} columns")
            yield reader.line_num, dict(zip(names, cells, strict=False)) | dict.fromkeys(names[len(cells) :], "")


def _open_parquet(path: Path) -> tuple[tuple[str, ...], Rows]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        names = tuple(file.schema_arrow.names)
    return names, _parquet_rows(path, names)


def _parquet_rows(path: Path, names: tuple[str, ...]) -> Rows:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        row = 0
        for batch in file.iter_batches(READ_AT_ONCE):
            columns = [[plain_cell(value) for value in column.to_pylist()] for column in batch.columns]
            for cells in zip(*columns, strict=True):
                row += 1
                yield row, dict(zip(names, cells, strict=True))
