"""Whether a file is a store of answers as this program writes it: looked at before anything writes to it. An edge.

A collection may come from another person, and its ``labels.sqlite`` with it. A trigger in that file could change
answers after they were acknowledged, a view could compute for ever, a conflict clause could drop rows without a word.
So the file is first opened read-only, nothing of it is run, and its schema is compared with the one that the program
makes.
"""

from __future__ import annotations

import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from pipeline.errors import LabelStoreError, StoreUnavailableError
from pipeline.label_store.schema.read_only import connect_for_reading
from pipeline.label_store.schema.tables import REVISION, metadata

__all__ = ["FileFacts", "check_schema", "look"]

BUSY_SECONDS = 30
COMPANIONS = ("-wal", "-shm", "-journal")
VERSIONS = "alembic_version"
FORBIDDEN = re.compile(r"\bON\s+CONFLICT\b|\bCOLLATE\b|\bGENERATED\b|\bWITHOUT\s+ROWID\b", re.IGNORECASE)
"""SQL that the program's own tables never contain. It could change or drop an answer, or find a wrong one."""

_LEFT = "It was not changed. Restore labels.sqlite from a copy of your own, or move it away to start without answers."


@dataclass(frozen=True, slots=True)
class FileFacts:
    """The schema version and the identity of a file.

    Parameters
    ----------
    revision
        Version of its schema. None for an unfinished file without tables.
    identity
        UUID of the store. Empty if it has none yet.
    """

    revision: str | None
    identity: str


def _check_regular(file: Path) -> None:
    """Refuse a path that is not a plain file. A link could lead anywhere, and a pipe would block permanently.

    Raises
    ------
    LabelStoreError
        If `file`, or one of SQLite's files beside it, is a link, a folder, a pipe or a device.
    """
    for path in (file, *(file.with_name(file.name + suffix) for suffix in COMPANIONS)):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise LabelStoreError(f"{path} cannot be examined ({error.strerror}). Check the path.") from error
        if not stat.S_ISREG(mode):
            kind = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no plain file"
            raise LabelStoreError(
                f"{path} is {kind}, but answers are kept in a plain file of the collection's own folder. Put the file "
                "itself there, or move this away."
            )


def look(file: Path) -> FileFacts:
    """Look at a file without changing it, and refuse it where this program did not write it so.

    Raises
    ------
    LabelStoreError
        If it is no plain file, no SQLite database, or one with tables, triggers or views that are not the program's.
    StoreUnavailableError
        If it cannot be opened.
    """
    _check_regular(file)
    if not file.exists() or not file.stat().st_size:
        return FileFacts(None, "")
    with _opened(file) as connection:
        return _facts(connection, file)


def check_schema(file: Path) -> None:
    """Compare the schema of an upgraded file with the program's own, table by table.

    Raises
    ------
    LabelStoreError
        If it differs in a way that could change the meaning of an answer, or lose it.
    """
    with _opened(file) as connection:
        _check_structure(connection, file)


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a database read-only, and translate its errors."""
    try:
        with closing(connect_for_reading(file, timeout=BUSY_SECONDS)) as connection:
            for pragma in ("query_only = ON", "trusted_schema = OFF"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            yield connection
    except (sqlite3.OperationalError, OSError) as error:
        raise StoreUnavailableError(
            f"The store of answers at {file} cannot be read ({error}). Nothing was changed: check permissions, then "
            "try again."
        ) from error
    except sqlite3.Error as error:
        raise LabelStoreError(f"The file of answers {file} is damaged ({error}). {_LEFT}") from error


def _facts(connection: sqlite3.Connection, file: Path) -> FileFacts:
    entries = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    for kind, name, sql in entries:
        own = kind in {"table", "index"} and not re.match(r"\s*CREATE\s+VIRTUAL", sql, re.IGNORECASE)
        if not own:
            raise _foreign(file, f"holds the {kind if kind in {'trigger', 'view'} else 'virtual table'} {name[:60]!r}")
        if FORBIDDEN.search(sql):
            raise _foreign(file, f"has a rule in {name[:60]!r} that could drop or change answers")
    if not entries:
        return FileFacts(None, "")
    if VERSIONS not in {name for _, name, _ in entries}:
        raise _foreign(file, "holds tables, but no version of this program")
    versions = connection.execute(f"SELECT version_num FROM {VERSIONS} LIMIT 2").fetchall()  # noqa: S608 -- our word
    if len(versions) != 1 or not isinstance(versions[0][0], str):
        raise _foreign(file, f"names {len(versions)} versions of its schema instead of one")
    revision = versions[0][0]
    if revision == REVISION:
        _check_structure(connection, file)
    if "store" not in {name for kind, name, _ in entries if kind == "table"}:
        raise _foreign(file, "lacks the table 'store'")
    found = connection.execute("SELECT uuid FROM store LIMIT 2").fetchall()
    if len(found) > 1:
        raise _foreign(file, "has two identities")
    return FileFacts(revision, str(found[0][0]) if found else "")


def _check_structure(connection: sqlite3.Connection, file: Path) -> None:
    expected, there = _own_structure(), _structure(connection)
    for table, parts in expected.items():
        if table not in there:
            raise _foreign(file, f"lacks the table {table!r}")
        for what, values in parts.items():
            if values != there[table][what]:
                raise _foreign(file, f"has other {what} in the table {table!r} than this program makes")


def _foreign(file: Path, how: str) -> LabelStoreError:
    return LabelStoreError(f"The file of answers {file} {how}: this program did not write it so. {_LEFT}")


@cache
def _own_structure() -> dict[str, dict[str, frozenset[tuple[object, ...]]]]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connection:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - a fact for the type checker
        found = _structure(driver)
    engine.dispose()
    return found


def _structure(connection: sqlite3.Connection) -> dict[str, dict[str, frozenset[tuple[object, ...]]]]:
    """Return columns, references and unique keys of the program's tables, as SQLite itself understands them.

    Names of indexes and the words of the schema do not matter: versions of the tools that write them differ.
    """
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {}
    for (table,) in names:
        if table not in metadata.tables:
            continue
        columns = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (table,)).fetchall()
        references = connection.execute("SELECT * FROM pragma_foreign_key_list(?)", (table,)).fetchall()
        indexes = connection.execute("SELECT * FROM pragma_index_list(?)", (table,)).fetchall()
        found[table] = {
            "columns": frozenset(
                (name, kind.upper(), notnull, _plain(default), bool(key), hidden)
                for _, name, kind, notnull, default, key, hidden in columns
            ),
            "references": frozenset(
                (other, own, theirs, update, delete) for _, _, other, own, theirs, update, delete, _ in references
            ),
            "keys": frozenset(
                (bool(partial), _key(connection, name)) for _, name, unique, _, partial in indexes if unique
            ),
            "indexed columns": frozenset(
                (column,) for _, name, *_ in indexes for column in _key(connection, name) if column == ""
            ),
        }
    return found


def _key(connection: sqlite3.Connection, index: str) -> tuple[str, ...]:
    """Return the columns of an index in order; an expression is an empty name, which none of the program's has."""
    rows = connection.execute("SELECT name, key FROM pragma_index_xinfo(?) ORDER BY seqno", (index,)).fetchall()
    return tuple(name or "" for name, key in rows if key)


def _plain(default: str | None) -> str:
    """Return a default without the quotes and brackets that tools write differently."""
    return "" if default is None else f"={default.strip(chr(34) + chr(39) + '() ')}"
