"""Open a table by the ending of its file."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ParameterError
from pipeline.tables.arrow_tables import ParquetTable
from pipeline.tables.csv_tables import CsvTable
from pipeline.tables.encodings import codec_of
from pipeline.tables.json_lines import JsonLinesTable
from pipeline.tables.reading import READ_KINDS, Table, kind_of

__all__ = ["open_table"]


def open_table(path: Path, encoding: str | None = None) -> Table:
    """Open a table for reading.

    Parameters
    ----------
    path
        The file.
    encoding
        Encoding of a CSV file without a byte order mark, see `pipeline.tables.encodings`; None for UTF-8.

    Raises
    ------
    ParameterError
        If the file has another ending than `READ_KINDS`, or the encoding is unknown or not for this kind of table.
    TableError
        If it is no table or names a column twice.
    """
    kind = kind_of(path, READ_KINDS)
    codec = None if encoding is None else codec_of(encoding)
    if codec is not None and kind not in {"csv", "tsv"}:
        raise ParameterError(
            f"encoding={encoding!r} does nothing for {path.name}: only CSV and TSV have a choice. Leave it out."
        )
    if kind == "parquet":
        return ParquetTable(path)
    return JsonLinesTable(path) if kind in {"jsonl", "ndjson"} else CsvTable(path, codec)
