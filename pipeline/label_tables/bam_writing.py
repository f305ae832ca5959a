"""Write an SQLite file with the tables of a BAM release, beside its place, and put it there when it is whole."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from pipeline.errors import TableError
from pipeline.files.small_files import new_plain_file, reason_of
from pipeline.label_tables.targets import BAM_MARK, check_new, put
from pipeline.sources.bam_tables import create_statements

__all__ = ["BamWriter", "new_bam_file"]

PLACES: Final = {
    "modules": 5,
    "crowd_labels": 3,
    "crowd_raw_hits": 6,
    "crowd_raw_choices": 4,
    "crowd_raw_captions": 5,
}
"""Number of columns of each table; ``scores`` and ``automatic_labels`` have one more than there are attributes."""


class BamWriter:
    """The tables of a file that is being written.

    Parameters
    ----------
    database
        Connection to the new file.
    attributes
        Names of the columns of ``scores`` and ``automatic_labels``, all of them checked names.
    """

    def __init__(self, database: sqlite3.Connection, attributes: Sequence[str]) -> None:
        self._database = database
        self._widths = PLACES | dict.fromkeys(("scores", "automatic_labels"), 1 + len(attributes))

    def add(self, table: str, rows: Iterable[Sequence[Any]]) -> int:
        """Add rows to a table; return their number."""
        marks = ", ".join("?" * self._widths[table])
        cursor = self._database.executemany(f"insert into {table} values ({marks})", rows)  # noqa: S608 -- own names
        return max(0, cursor.rowcount)


@contextmanager
def new_bam_file(path: Path, attributes: Sequence[str], *, replace: bool) -> Iterator[BamWriter]:
    """Open a file that gets its name when the block ends, and is deleted if the block raises.

    Parameters
    ----------
    path
        The file.
    attributes
        Names of the columns of ``scores``.
    replace
        Whether a file that this program exported may be replaced. No other file ever is.

    Raises
    ------
    TableError
        If the name is in use and must not be replaced, or the file cannot be written.
    """
    temporary: Path | None = None
    try:
        check_new(path, replace=replace)
        temporary, file = new_plain_file(path)
        file.close()
        with closing(sqlite3.connect(temporary, isolation_level=None)) as database:
            # A file that is not whole is deleted, so it needs no journal.
            for statement in (
                "pragma journal_mode = off",
                "pragma synchronous = off",
                "pragma page_size = 8192",
                f"pragma application_id = {BAM_MARK}",
            ):
                database.execute(statement)
            for statement in create_statements(attributes):
                database.execute(statement)
            database.execute("begin")
            yield BamWriter(database, attributes)
            database.execute("commit")
        with temporary.open("rb+") as whole:
            os.fsync(whole.fileno())
        put(temporary, path, replace=replace)
    except (OSError, sqlite3.Error) as error:
        raise TableError(
            f"The file {path} cannot be written ({reason_of(error)}). Check the folder, permissions and free space."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
