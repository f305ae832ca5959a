"""Engines for SQLite files and PostgreSQL, with the settings that make an answer durable."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from pipeline.errors import (
    ParameterError,
)
from pipeline.label_store.schema.read_only import connect_for_reading

__all__ = [
    "BUSY_PAUSE",
    "BUSY_SECONDS",
    "CONNECT_SECONDS",
    "keep_write_ahead_log",
    "postgresql_engine",
    "postgresql_url",
    "reading_engine",
    "sqlite_engine",
]

BUSY_SECONDS = 30
BUSY_PAUSE = 0.02
CONNECT_SECONDS = 5


def postgresql_url(text_url: str) -> URL:
    """Check the PostgreSQL URL of a person. The driver is always psycopg.

    Raises
    ------
    ParameterError
        If it is not a URL of PostgreSQL. The message does not contain a password.
    """
    allowed = "Use one like postgresql://user@host/database, or none to keep the answers inside the collection."
    try:
        url = make_url(text_url)
    except ArgumentError:
        raise ParameterError(f"The URL of the label store cannot be read. {allowed}") from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ParameterError(f"The URL of the label store begins with {url.drivername!r}. {allowed}")
    return url.set(drivername="postgresql+psycopg")


def sqlite_engine(url: URL) -> Engine:
    """Return an engine for an SQLite file whose transactions are durable when they end."""
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: object) -> None:
        del record
        connection.isolation_level = None  # transactions begin where this module says, not where the driver guesses
        keep_write_ahead_log(connection)
        # A file may come from another person, so functions in its schema are not trusted.
        for pragma in ("trusted_schema = OFF", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once. SQLite cannot upgrade a reading transaction while another writer is active.
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def reading_engine(file: Path) -> Engine:
    """Return an engine that opens the file for each transaction, so that it reads what other processes write."""
    engine = create_engine(
        "sqlite://", creator=lambda: connect_for_reading(file, timeout=BUSY_SECONDS), poolclass=NullPool
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: object) -> None:
        del record
        for pragma in ("trusted_schema = OFF", "query_only = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def keep_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Set a file to write-ahead logging.

    If another connection does this for a new file at the same time, SQLite refuses at once, without its timeout.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(BUSY_PAUSE)
        else:
            return


def postgresql_engine(url: URL, schema: str | None) -> Engine:
    """Return an engine for a schema of a PostgreSQL database."""
    options = f'-c search_path="{schema}"' if schema else ""
    arguments = {"connect_timeout": CONNECT_SECONDS, "options": f"{options} -c synchronous_commit=on".strip()}
    try:
        return create_engine(url, connect_args=arguments, pool_pre_ping=True)
    except (ImportError, NoSuchModuleError) as error:
        raise ParameterError(
            "A PostgreSQL store needs the driver psycopg. Install it: python -m pip install 'bam-explorer[postgresql]'"
        ) from error
