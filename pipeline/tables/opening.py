"""Open a table by the ending of its file."""

from __future__ import annotations

from pathlib import Path

from pipeline.tables.arrow_tables import ParquetTable
from pipeline.tables.csv_tables import CsvTable
from pipeline.tables.json_lines import JsonLinesTable
from pipeline.tables.reading import READ_KINDS, Table, kind_of

__all__ = ["open_table"]


def open_table(path: Path) -> Table:
    """Open a table for reading.

    Raises
    ------
    ParameterError
        If the file has another ending than `READ_KINDS`.
    TableError
        If it is no table or names a column twice.
    """
    kind = kind_of(path, READ_KINDS)
    if kind == "parquet":
        return ParquetTable(path)
    return JsonLinesTable(path) if kind in {"jsonl", "ndjson"} else CsvTable(path)
