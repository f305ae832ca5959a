"""CSV and TSV files as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import TableError
from pipeline.tables.csv_rows import CsvFile, separator_words
from pipeline.tables.reading import Table, count_of

__all__ = ["CsvTable"]


class CsvTable(Table):
    """A CSV or TSV file, with the separator of its header.

    Parameters
    ----------
    path
        The file.
    codec
        Encoding of a file without a byte order mark; None for UTF-8.
    """

    def __init__(self, path: Path, codec: str | None = None) -> None:
        self._codec = codec
        super().__init__(path)

    def _header(self) -> Sequence[str]:
        self._file = CsvFile(self.path, self._codec)
        return self._file.header

    @property
    def header_place(self) -> str:
        """Line of the names of columns, for errors."""
        return self.place(self._file.header_line)

    def form(self) -> list[str]:
        """Return notes about separator, encoding and empty rows, one sentence each."""
        notes = []
        if self._file.separator != ",":
            notes.append(f"Columns are separated by {separator_words(self._file.separator)}.")
        if self._file.encoding != "UTF-8":
            notes.append(f"The text is {self._file.encoding}.")
        return notes + super().form()

    def _rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        rows = self._file.rows()
        if next(rows, (1, []))[1] != self._file.header:
            raise TableError(f"{self.path} was changed while it was read. Run the command again.")
        yield from rows

    def _of_another_width(self, line: int, cells: Sequence[str]) -> TableError:
        separator = separator_words(self._file.separator)
        advice = (
            f"Columns are separated by {separator}: put quotes around a cell that holds one."
            if len(cells) > len(self._all_names)
            else f"Columns are separated by {separator}: leave a cell empty rather than out."
        )
        return TableError(
            f"{self.place(line)} has {count_of(len(cells), 'cell')}, and there are "
            f"{count_of(len(self._all_names), 'column')}. {advice}"
        )
