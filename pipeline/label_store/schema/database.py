"""The database of a store: transactions, sentences for errors, version of the schema. The only I/O of the store."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pipeline.errors import (
    LabelStoreError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnavailableError,
    StoreVersionError,
)
from pipeline.files.locks import lock, unlock
from pipeline.files.system import open_unfollowed
from pipeline.label_store.schema.engines import postgresql_engine, reading_engine, sqlite_engine
from pipeline.label_store.schema.read_only import is_read_only, refusal
from pipeline.label_store.schema.tables import REVISION

__all__ = ["Database"]

MIGRATIONS = Path(__file__).parent / "migrations"
KNOWN_REVISIONS = frozenset({"0001", "0002", "0003", REVISION})
"""Versions of the schema that this program can read or upgrade."""

_migrating = threading.Lock()  # Alembic hands its context to the scripts through a module

# SQLite's codes for "database or disk is full" and for failed writes, which a full disk can cause in WAL mode.
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DISK_FULL = "53100"  # PostgreSQL's code for a full disk


class Database:
    """One store's database: SQLite in a file, or one schema of a PostgreSQL database.

    Parameters
    ----------
    url
        URL of the database.
    schema
        Schema of PostgreSQL that holds the tables. None for SQLite.

    Attributes
    ----------
    read_only
        Whether the file is in a place where nothing can be written. It is read, and `writing` raises an error.
    """

    def __init__(self, url: URL, *, schema: str | None = None) -> None:
        self.url = url
        self.schema = schema
        self.sqlite = url.get_backend_name() == "sqlite"
        self.read_only = self.sqlite and is_read_only(Path(str(url.database)))
        self._engine = (
            reading_engine(Path(str(url.database)))
            if self.read_only
            else sqlite_engine(url)
            if self.sqlite
            else postgresql_engine(url, schema)
        )
        self._turns = _Turns(Path(str(url.database))) if self.sqlite else nullcontext()

    @property
    def place(self) -> str:
        """The place of the database for people, without a password."""
        return str(self.url.database) if self.sqlite else self.url.render_as_string(hide_password=True)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is durable when the block ends, and rolled back if the block raises.

        Raises
        ------
        StoreUnavailableError, StoreFullError
            If the database could not make it durable. Nothing was acknowledged, and it is safe to send it again.
        StoreReadOnlyError
            If the file is in a place where nothing can be written.
        """
        if self.read_only:
            raise refusal(Path(str(self.url.database)))
        with self._translated(), self._turns, self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that reads one consistent state."""
        with self._translated(), self._engine.connect() as connection:
            yield connection.execution_options(reading=True)

    def lock(self, connection: Connection, name: str) -> None:
        """Wait for the lock with this name. It lasts until the transaction ends. SQLite has only one writer anyway."""
        if not self.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})

    def revision(self) -> str | None:
        """Read the version of the schema. None for a database without tables."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version", schema=self.schema):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
            return None if found is None else str(found)

    def upgrade(self) -> None:
        """Upgrade the schema to this program's version.

        Raises
        ------
        StoreVersionError
            If a newer program wrote it.
        """
        found = self.revision()
        if found == REVISION:
            return
        if found is not None and found not in KNOWN_REVISIONS:
            raise StoreVersionError(
                f"The answers in {self.place} were written by a newer version (schema {found}; this program knows up "
                f"to {REVISION}). Install a newer bam-explorer."
            )
        if self.read_only:
            raise StoreReadOnlyError(
                f"The answers in {self.place} were written by an older version. They must be brought up to date, and "
                "their folder is read-only here. Copy the collection to a place where you may write."
            )
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        with _migrating, self._restructuring() as connection:
            self.lock(connection, f"migrate {self.schema}")
            if self.schema is not None:
                connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"'))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()
        if isinstance(self._turns, _Turns):
            self._turns.close()

    @contextmanager
    def _restructuring(self) -> Iterator[Connection]:
        """Open a writing transaction in which SQLite can recreate tables that other tables refer to.

        This setting of SQLite can only change between transactions. Its own check finds dangling references at the end.
        """
        if not self.sqlite:
            with self.writing() as connection:
                yield connection
            return
        with self._translated(), self._turns, self._engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - a fact for the type checker
            driver.execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                        raise LabelStoreError(
                            f"The file of answers {self.place} holds rows that refer to nothing. It was not "
                            "changed. Restore it from a copy."
                        )
            finally:
                driver.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Translate errors of the database into errors of the store."""
        try:
            yield
        except (DBAPIError, PoolTimeoutError) as error:
            original = getattr(error, "orig", None)
            if _is_full(original):
                raise StoreFullError(
                    f"There is no space left for answers in {self.place}. Nothing was saved by this step, and no "
                    "earlier answer is lost. Free some space, then send it again."
                ) from error
            if getattr(original, "sqlite_errorcode", None) in _DAMAGED:
                raise LabelStoreError(
                    f"The file of answers {self.place} is damaged ({original}). It was not changed. Restore it from a "
                    "copy."
                ) from error
            if getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:  # its tables are not as expected
                raise LabelStoreError(
                    f"The file of answers {self.place} is not as this program writes it ({original}). It was not "
                    "changed. Restore it from a copy."
                ) from error
            if isinstance(error, OperationalError | PoolTimeoutError) or getattr(
                error, "connection_invalidated", False
            ):
                reason = str(original or error).strip().splitlines()[0]
                raise StoreUnavailableError(
                    f"The store of answers at {self.place} does not answer ({reason}). Nothing was saved by this "
                    "step, and no earlier answer is lost. Send it again when the store is back."
                ) from error
            raise


class _Turns:
    """Writers of one SQLite file take turns, threads and processes alike.

    With SQLite alone, writers sleep and try again, longer each time. Of eight busy processes one can then wait for a
    minute. The lock of the operating system wakes them in order. The lock file is empty and stays beside the database.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f".{database.name}.turn")
        self._threads = threading.Lock()
        self._file: int | None = None

    def __enter__(self) -> None:
        self._threads.acquire()
        try:
            if self._file is None:
                # without writing to it, following a link, or waiting for a pipe
                self._file = open_unfollowed(self._path, os.O_RDWR | os.O_CREAT)
            lock(self._file)
        except BaseException as error:  # Ctrl-C too: `close` would wait for this turn without end
            self._threads.release()
            if isinstance(error, OSError):
                raise StoreUnavailableError(
                    f"The store of answers at {self._path.parent} cannot be written ({error.strerror}). Nothing was "
                    "saved by this step. Check permissions and free space, then send it again."
                ) from error
            raise

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            unlock(self._file)
        self._threads.release()

    def close(self) -> None:
        """Close the lock file."""
        with self._threads:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def _is_full(original: object) -> bool:
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", None) in _FULL
    return getattr(original, "sqlstate", None) == _DISK_FULL
