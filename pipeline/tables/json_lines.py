"""Read JSON Lines (https://jsonlines.org): one object a line. Every error names its line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import TableError
from pipeline.tables.arrow_tables import plain_cell
from pipeline.tables.columns import column_names
from pipeline.tables.reading import Table

__all__ = ["JsonLinesTable"]

LONGEST_LINE = 16_000_000
"""Bytes. A longer line is a sign of a file that is no JSON Lines."""

MOST_COLUMNS = 10_000


class JsonLinesTable(Table):
    """A file of JSON Lines. Its columns are the keys of all objects, in the order in which they first come.

    Parameters
    ----------
    path
        The file, in UTF-8.

    Attributes
    ----------
    unread
        Names of the columns that hold objects or lists of other things than text. They are in no row.

    Raises
    ------
    TableError
        When it is opened or read, if a line is no JSON object.
    """

    def __init__(self, path: Path) -> None:
        self._not_read: tuple[str, ...] = ()
        super().__init__(path)

    @property
    def unread(self) -> tuple[str, ...]:
        """See the class."""
        return self._not_read

    def _header(self) -> Sequence[str]:
        if self.path.exists() and not self.path.is_file() and not self.path.is_dir():
            raise TableError(f"{self.path} is no file of the disk. Give the table as a file.")
        names: dict[str, bool] = {}
        for line, values in self._objects():
            for name, value in values.items():
                names[name] = names.get(name, True) and _is_plain(value)
            if len(names) > MOST_COLUMNS:
                raise TableError(f"{self.place(line)}: there are more than {MOST_COLUMNS:,} different keys by now.")
        self._not_read = tuple(name for name, plain in names.items() if not plain)
        return [name for name, plain in names.items() if plain]

    def _rows(self) -> Iterator[tuple[int, Sequence[str]]]:
        for line, values in self._objects():
            yield line, [plain_cell(values.get(name)) for name in self._written]

    def typed(self, name: str) -> pa.ChunkedArray | None:
        """Return a column with the type of its values; text where they have several."""
        names = dict(zip(column_names(self._written, self.header_place), self._written, strict=True))
        values = [row.get(names[name]) for _, row in self._objects()]
        return pa.chunked_array([_array(values)])

    @property
    def _written(self) -> Sequence[str]:
        if not hasattr(self, "_names_written"):
            self._names_written = list(self._header())
        return self._names_written

    def _objects(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with self.path.open("rb") as file:
            number = 0
            while data := file.readline(LONGEST_LINE):
                number += 1
                if len(data) >= LONGEST_LINE:
                    raise TableError(
                        f"{self.place(number)} is longer than {LONGEST_LINE:,} bytes. Give an object a line."
                    )
                text = self._decoded(data, number)
                if text.strip():
                    yield number, self._object(text, number)

    def _decoded(self, data: bytes, number: int) -> str:
        try:
            return data.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise TableError(
                f"{self.place(number)} is not UTF-8: it holds the byte 0x{data[error.start]:02X} where none may be. "
                "Save it again as UTF-8."
            ) from error

    def _object(self, text: str, number: int) -> dict[str, Any]:
        def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            found = dict(pairs)
            if len(found) != len(pairs):
                raise ValueError("a key comes twice")
            return found

        try:
            values = json.loads(text, object_pairs_hook=once, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            reason = str(error).partition("\n")[0][:80]
            raise TableError(f"{self.place(number)} is no JSON object ({reason}). Give one object a line.") from error
        if not isinstance(values, dict):
            raise TableError(f"{self.place(number)} is no JSON object: {text.strip()[:40]!r}. Give one object a line.")
        return values


def _array(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    try:
        if kinds and (kinds <= {bool} or kinds <= {int}):
            return pa.array(values, pa.bool_() if kinds <= {bool} else pa.int64())
        if kinds and kinds <= {int, float}:
            return pa.array(values, pa.float64())
    except OverflowError:  # a number with more digits than Arrow holds stays text
        pass
    return pa.array([None if value is None else plain_cell(value) for value in values], pa.string())


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    return not isinstance(value, dict)
