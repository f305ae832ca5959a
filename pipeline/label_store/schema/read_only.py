"""Files of answers that cannot be written, such as on a read-only disk. Reads files."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import StoreReadOnlyError

__all__ = ["connect_for_reading", "is_read_only", "refusal"]


def is_read_only(file: Path) -> bool:
    """Return whether answers cannot be written to a file or to its folder, where SQLite keeps temporary files."""
    folder_allows = os.access(file.parent, os.W_OK | os.X_OK)
    return file.parent.is_dir() and not (folder_allows and (not file.exists() or os.access(file, os.W_OK)))


def connect_for_reading(file: Path, *, timeout: float) -> sqlite3.Connection:
    """Open a file of answers for reading only.

    SQLite shares a log with writers in files beside the database. If these do not exist and cannot be created, no
    process can change the database, and it is read as immutable.

    Parameters
    ----------
    file
        An existing file.
    timeout
        Seconds to wait for a writer.

    Raises
    ------
    sqlite3.Error
        If it cannot be opened, or is no database.
    """
    address = f"file:{quote(str(file.absolute()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=timeout, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if not is_read_only(file) or _log_holds_something(file):
            raise
        return sqlite3.connect(
            f"{address}&immutable=1", uri=True, timeout=timeout, check_same_thread=False, isolation_level=None
        )
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def refusal(file: Path) -> StoreReadOnlyError:
    """Return the error for a file that cannot be written."""
    return StoreReadOnlyError(
        f"The folder {file.parent} is read-only here, so no answers can be kept in it. Nothing was saved by this step. "
        "To answer, copy the collection to a place where you may write, or change the folder's permissions."
    )


def _log_holds_something(file: Path) -> bool:
    log = file.with_name(f"{file.name}-wal")
    return log.exists() and log.stat().st_size > 0
