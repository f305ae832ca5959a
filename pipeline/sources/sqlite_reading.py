"""Read an SQLite file that anybody may have written: read-only, without extensions, and only plain tables of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pipeline.errors import SourceError

__all__ = ["BLOCK", "GOOD_ID", "BadId", "SqliteFile", "is_sqlite"]

HEADER: Final = b"SQLite format 3\0"
BLOCK: Final = 50_000
"""Rows that are held as Python objects at once."""

LONGEST_VALUE: Final = 64_000_000
"""Bytes of one row. SQLite refuses a longer one instead of holding it in memory."""

GOOD_ID: Final = "typeof(mid) = 'integer' and mid >= 0"
"""SQL condition for a row whose ``mid`` can be used."""


def is_sqlite(path: Path) -> bool:
    """Return whether a file is an SQLite database, by its first bytes; False where it cannot be read."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(HEADER)) == HEADER
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class BadId:
    """Rows of a table whose ``mid`` is none.

    Parameters
    ----------
    count
        Number of rows.
    row
        Number of the first of them in the table, from 1.
    kind
        Its type in SQLite: ``null``, ``integer`` (then it is negative), ``real``, ``text`` or ``blob``.
    text
        The value, at most 40 characters.
    """

    count: int
    row: int
    kind: str
    text: str


class SqliteFile:
    """An SQLite file, opened for reading one state of it; a context manager for one thread.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    SourceError
        From every method, if the file is no database, is damaged or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._reading():
            address = f"{path.resolve().as_uri()}?mode=ro"
            self._database = sqlite3.connect(address, uri=True, isolation_level=None)
        try:
            with self._reading():
                self._database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
                # bytes: whether a text is UTF-8 is looked at here, where the row can be named.
                self._database.text_factory = bytes
                for statement in ("trusted_schema = off", "query_only = on", "cell_size_check = on", "mmap_size = 0"):
                    self._database.execute(f"pragma {statement}")
                self._database.execute("begin")
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._database.close()

    def tables(self) -> dict[str, tuple[str, ...]]:
        """Return the plain tables and their columns in order, in lower case. Views and virtual tables are none."""
        # A virtual table and a view run code of their own. They have no page of the file.
        rows = self.all_rows(
            "select name from sqlite_master where type = 'table' and rootpage > 0 and name not like 'sqlite_%'"
        )
        found = {}
        for (name,) in rows:
            table = _text(name)
            columns = self.all_rows("select name from pragma_table_info(?)", (table,))
            found[table.lower()] = tuple(_text(column).lower() for (column,) in columns)
        return found

    def count(self, table: str, condition: str = "1") -> int:
        """Return the number of rows of one of this program's tables that satisfy a condition of its own."""
        rows = self.all_rows(f"select count(*) from {table} where {condition}")  # noqa: S608 -- words of our own
        return int(rows[0][0])

    def bad_ids(self, table: str) -> BadId | None:
        """Return the rows of a table whose ``mid`` is no whole number of 0 or more; None where there are none."""
        bad = f"not ({GOOD_ID})"
        count = self.count(table, bad)
        if not count:
            return None
        # A wrong type says more about the file than a missing number.
        order = "typeof(mid) in ('null', 'integer'), rowid"
        query = f"select rowid, typeof(mid), cast(mid as text) from {table} where {bad} order by {order} limit 1"  # noqa: S608
        rowid, kind, text = self.all_rows(query)[0]
        row = self.count(table, f"rowid <= {int(rowid)}")
        return BadId(count, row, _text(kind), "" if text is None else _text(text)[:40])

    def blocks(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        """Run one of this program's own queries and give its rows in blocks of `BLOCK`. Texts are bytes."""
        with self._reading():
            cursor = self._database.execute(query)
            while rows := cursor.fetchmany(BLOCK):
                yield rows

    def all_rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one of this program's own queries and return its rows, few of them."""
        with self._reading():
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise SourceError(
                f"{self.path} cannot be read as an SQLite database ({error}). Check the file and its permissions, or "
                "copy it again."
            ) from error


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
