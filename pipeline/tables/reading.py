"""The base of all tables: kinds by the ending of a file, names of columns, and iteration over rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from pipeline.errors import ParameterError, TableError
from pipeline.tables.answers import whole_number
from pipeline.tables.columns import column_names
from pipeline.tables.csv_rows import LONGEST_CELL
from pipeline.tables.text import trimmed

__all__ = ["KINDS", "READ_KINDS", "Row", "Table", "about_rows", "count_of", "kind_of"]

KINDS = ("csv", "parquet")
"""Kinds of tables that are written."""

READ_AT_ONCE = 20_000

READ_KINDS = (*KINDS, "tsv", "jsonl", "ndjson")
"""Kinds of tables that are read, by the endings of their files."""

Row = tuple[int, dict[str, str]]
"""Line (text) or row (Parquet) of the file, from 1, and its cells as text by the name of their column."""


def kind_of(path: Path, kinds: Sequence[str] = KINDS) -> str:
    """Return the kind of a table by the ending of its file.

    Parameters
    ----------
    path
        The file.
    kinds
        Endings that are allowed: `KINDS` for a table to be written, `READ_KINDS` for one to be read.

    Raises
    ------
    ParameterError
        If it is none of `kinds`.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in kinds:
        endings = f"{', '.join(f'.{kind}' for kind in kinds[:-1])} or .{kinds[-1]}"
        raise ParameterError(f"{path} does not end in {endings}. Give the file one of these endings.")
    return kind


class Table:
    """A table: the names of its columns, its rows by iteration, and notes about its form.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    names
        Names of the columns as `column_names` returns them, without empty ones.
    empty_rows
        Number of empty rows skipped so far.
    """

    unit = "line"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.empty_rows = 0
        try:
            self._all_names = column_names(self._header(), self.header_place)
        except OSError as error:
            raise self._unreadable(error) from error
        self.names = tuple(name for name in self._all_names if name)

    @property
    def header_place(self) -> str:
        """Place of the names of columns, for errors."""
        return str(self.path)

    def place(self, line: int) -> str:
        """Return the name of a place in the table, for errors."""
        return f"{self.path}, {self.unit} {line}"

    @property
    def unread(self) -> tuple[str, ...]:
        """Names of columns that are in no row, because their cells cannot be read as text."""
        return ()

    def typed(self, name: str) -> pa.ChunkedArray | None:
        """Return a column with its type, by its name in ``names``; None for a table of texts."""
        return None

    def form(self) -> list[str]:
        """Return notes about the form of the table, one sentence each; complete after reading all rows."""
        notes = []
        if self.empty_rows:
            were = "row was" if self.empty_rows == 1 else "rows were"
            notes.append(f"{self.empty_rows:,} empty {were} skipped.")
        if self._all_names[:1] == ("",):
            notes.append("The first column has no name and is not used.")
        return notes

    def __iter__(self) -> Iterator[Row]:
        """Iterate over the rows.

        Raises
        ------
        TableError
            If a row cannot be read, or its number of cells differs from the number of columns.
        """
        self.empty_rows = 0
        try:
            for line, cells in self._rows():
                if not any(map(trimmed, cells)):
                    self.empty_rows += 1
                else:
                    yield line, self._checked(line, cells)
        except OSError as error:
            raise self._unreadable(error) from error

    def _header(self) -> Sequence[str]:
        raise NotImplementedError

    def _rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        raise NotImplementedError

    def _checked(self, line: int, cells: Sequence[str]) -> dict[str, str]:
        if len(cells) != len(self._all_names):
            raise self._of_another_width(line, cells)
        row = dict(zip(self._all_names, cells, strict=True))
        if max(map(len, cells)) > LONGEST_CELL:
            column = next(number for number, cell in enumerate(cells) if len(cell) > LONGEST_CELL)
            raise TableError(
                f"{self.place(line)}, column {self._all_names[column] or column + 1!r}: the cell is longer than "
                f"{LONGEST_CELL:,} characters. Shorten it, or take the column out."
            )
        if row.pop("", None) is not None:
            self._check_nameless(line, cells)
        return row

    def _check_nameless(self, line: int, cells: Sequence[str]) -> None:
        for number, (name, cell) in enumerate(zip(self._all_names, cells, strict=True), 1):
            if not name and trimmed(cell) and not (number == 1 and _is_number(cell)):
                raise TableError(
                    f"{self.place(line)}: column {number} has no name, and holds {cell[:40]!r} here. Name the column, "
                    "or take it out."
                )

    def _of_another_width(self, line: int, cells: Sequence[str]) -> TableError:
        return TableError(
            f"{self.place(line)} has {count_of(len(cells), 'cell')}, and there are "
            f"{count_of(len(self._all_names), 'column')}. Give it as many."
        )

    def _unreadable(self, error: OSError) -> TableError:
        reason = error.strerror or str(error).strip().partition("\n")[0]
        return TableError(f"The table {self.path} cannot be read ({reason}). Check the path and its permissions.")


def about_rows(path: Path) -> int:
    """Return a quick count of a table's rows; for CSV the number of lines, of which a row may have several."""
    if kind_of(path, READ_KINDS) == "parquet":
        from pyarrow import parquet

        return int(parquet.read_metadata(path).num_rows)
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _is_number(cell: str) -> bool:
    """Return whether a cell may be the row number that pandas writes to a first column without a name."""
    try:
        return whole_number(cell) is not None
    except ValueError:
        return False


def count_of(number: int, what: str) -> str:
    """Return a number with its noun, in the singular or plural."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
