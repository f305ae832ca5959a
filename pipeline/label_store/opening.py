"""Open, create, move and fork the label store of a collection, and refuse a second store with the same identity.

A collection holds only the UUID of its store. The store is ``labels.sqlite`` in the collection's folder. With a URL, it
is a schema of that PostgreSQL database, named after the UUID, so that one database can serve many collections.
"""

from __future__ import annotations

import os
import secrets
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, count, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, func, insert, select, text, update
from sqlalchemy.engine import URL, MappingResult

from pipeline.errors import CollectionError, ErrorKind, LabelStoreError, StoreConflictError, StoreMissingError
from pipeline.label_store.images import ImageName, KnownImages
from pipeline.label_store.schema.database import Database
from pipeline.label_store.schema.engines import postgresql_url
from pipeline.label_store.schema.file_check import check_schema, look
from pipeline.label_store.schema.read_only import is_read_only, refusal
from pipeline.label_store.schema.tables import metadata, store
from pipeline.label_store.store import LabelStore
from pipeline.label_store.value_check import check_values

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["FILE", "URL_VARIABLE", "fork_store", "move_store", "open_label_store", "store_exists", "store_of"]

FILE = "labels.sqlite"
URL_VARIABLE = "BAM_EXPLORER_LABELS_URL"
MOVED = ".moved"
ROWS = 5_000


def open_label_store(collection: Collection, url: str | None = None) -> LabelStore:
    """Open the label store of a collection. The first call creates it and writes its UUID into the collection.

    Attributes of the collection that are missing in the store are added, and the absent images of the log are found.

    Parameters
    ----------
    collection
        The collection.
    url
        URL of a PostgreSQL database. None: ``labels.sqlite`` in the collection's folder.

    Raises
    ------
    StoreMissingError
        If the collection already has answers in another place. A lost store is never replaced by an empty one.
    StoreConflictError
        If there are two stores with this UUID, or the file belongs to another collection.
    StoreReadOnlyError
        If the folder is read-only and holds no answers, or answers of an older version.
    StoreVersionError, StoreUnavailableError, ParameterError
        If a newer program wrote the store, the database does not answer, or the URL is not one of PostgreSQL.
    """
    database, identity = store_of(collection, url)
    known = KnownImages(
        collection.image_ids, collection.duplicates(), collection.projects(), partial(_names, collection)
    )
    opened = LabelStore(database, known, identity)
    try:
        if not database.read_only:
            opened.absent_images.compare()
            opened.attributes.seed(collection.manifest.taxonomy)
    except BaseException:
        opened.close()
        raise
    return opened


def _names(collection: Collection, image_ids: Sequence[int]) -> list[ImageName]:
    """Return the names of images, or none if the files are gone because the collection was rebuilt.

    Answers are not refused then. The names are looked up again when the store is opened the next time.
    """
    with suppress(CollectionError):
        known = collection.files_of(image_ids)
        sources = collection.source_names(list(known), [file for file, _ in known.values()])
        return [
            ImageName(image_id, source, *facts)
            for (image_id, facts), source in zip(known.items(), sources, strict=True)
        ]
    return []


def store_exists(collection: Collection) -> bool:
    """Return whether a store was ever opened for this collection. No store is created."""
    return bool(collection.manifest.label_store) or (collection.path / FILE).exists()


def store_of(collection: Collection, url: str | None = None) -> tuple[Database, str]:
    """Return the database and the identity of a collection's store, like `open_label_store` without the images."""
    recorded = collection.manifest.label_store
    file = collection.path / FILE
    local = look(file).identity  # check that the file is this program's before writing anything
    if recorded and local and recorded != local:
        raise StoreConflictError(
            f"{file} is the store {local}, but the collection's answers are in the store {recorded}: the file belongs "
            "to another collection. Move it away, and restore the right one from a copy."
        )
    identity = recorded or local or str(uuid.uuid4())
    if recorded and not local and not url:
        raise StoreMissingError(
            f"The collection's answers are in the store {recorded}, which is not at {file}. If they are in "
            f"PostgreSQL, set {URL_VARIABLE}; else restore {FILE} from a copy."
        )
    if not url and not local and is_read_only(file):
        raise refusal(file)
    database = _postgresql(url, identity) if url else _sqlite(file)
    try:
        if url:
            _check_postgresql(database, identity, file if local else None, known=bool(recorded))
        database.upgrade()
        if not url:
            check_schema(file)
        if database.read_only:
            with database.reading() as connection:
                check_values(connection, database.place)
            return database, local
        claimed = _claim(database, identity, file)
        noted = collection.note_label_store(claimed)
    except BaseException:
        database.close()
        raise
    if noted != claimed:  # another process created the store at the same time, and was first
        database.close()
        return store_of(collection, url)
    return database, claimed


def move_store(collection: Collection, url: str) -> str:
    """Move a collection's answers from its folder into a PostgreSQL database. Return the place, for people.

    The copy is one transaction. Only after it is durable, the file is renamed and stays as a copy. If an earlier move
    stopped between these two steps, the copy is compared row by row, and the move is completed.

    Raises
    ------
    StoreMissingError
        If there are no answers to move.
    StoreConflictError
        If the database already has a store with this UUID and other contents.
    """
    file = collection.path / FILE
    if not file.exists():
        raise StoreMissingError(f"There are no answers at {file}, so there is nothing to move.")
    source, identity = store_of(collection)
    target = _postgresql(url, identity)
    try:
        target.upgrade()
        with source.writing() as reader, target.writing() as writer:  # the source's lock keeps answers out meanwhile
            if writer.execute(select(store.c.uuid)).first() is None:
                for table in metadata.sorted_tables:
                    for part in _rows(reader, table).partitions(ROWS):
                        writer.execute(insert(table), [dict(row) for row in part])
                for name, column in (("draws", "id"), ("acts", "sequence")):
                    _restart_counter(writer, name, column)
            elif not _same_rows(reader, writer):
                raise _two_stores(identity, file, target.place)
    finally:
        source.close()
        target.close()
    names = chain([FILE + MOVED], (f"{FILE}{MOVED}-{again}" for again in count(2)))
    moved = next(name for name in names if not os.path.lexists(file.with_name(name)))  # never over an earlier copy
    for suffix in ("", "-wal", "-shm"):
        old = file.with_name(FILE + suffix)
        if old.exists():
            old.rename(file.with_name(moved + suffix))
    return target.place


def _rows(connection: Connection, table: Table) -> MappingResult:
    return connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()


def _same_rows(one: Connection, other: Connection) -> bool:
    """Return whether two stores hold the same rows, except the place of the store."""
    for table in metadata.sorted_tables:
        if table is store:
            continue
        for here, there in zip_longest(_rows(one, table), _rows(other, table)):
            if here is None or there is None or dict(here) != dict(there):
                return False
    return True


def fork_store(collection: Collection) -> str:
    """Give the store of a copied collection a new identity, and return the new UUID.

    After this, the copy and its original collect answers independently.
    """
    file = collection.path / FILE
    look(file)
    if not file.exists():
        raise StoreMissingError(f"There are no answers at {file}, so there is nothing to fork.")
    database = _sqlite(file)
    database.upgrade()
    identity = str(uuid.uuid4())
    with database.writing() as connection:
        connection.execute(update(store).values(uuid=identity, home=str(file.resolve()), secret=secrets.token_hex(32)))
    database.close()
    return collection.note_label_store(identity, instead=True)


def _sqlite(file: Path) -> Database:
    return Database(URL.create("sqlite", database=str(file)))


def _postgresql(url: str, identity: str) -> Database:
    return Database(postgresql_url(url), schema=f"labels_{uuid.UUID(identity).hex}")


def _check_postgresql(database: Database, identity: str, file: Path | None, *, known: bool) -> None:
    there = database.revision() is not None
    if there and file is not None:
        raise _two_stores(identity, file, database.place)
    if file is not None:
        raise StoreConflictError(
            f"The collection's answers are in {file}, but {URL_VARIABLE} names {database.place}. Unset it to go on "
            "with the file, or move the answers there.",
            kind=ErrorKind.ANSWERS_ELSEWHERE,
        )
    if known and not there:
        raise StoreMissingError(
            f"The collection's answers are in the store {identity}, which {database.place} does not hold. Set "
            f"{URL_VARIABLE} to the database that does, or restore it from a copy."
        )


def _claim(database: Database, identity: str, file: Path) -> str:
    """Write the identity into a new store, and the place of a file. Refuse a copy if its original is in use.

    Returns the identity of the store. It differs if another process wrote one at the same time and was first.
    """
    here = str(file.resolve()) if database.sqlite else ""
    with database.writing() as connection:
        database.lock(connection, f"claim {identity}")
        check_values(connection, database.place)  # before anything is written
        found = connection.execute(select(store.c.uuid, store.c.home)).first()
        if found is None:
            secret = secrets.token_hex(32)
            connection.execute(insert(store).values(uuid=identity, created=time.time(), home=here, secret=secret))
            return identity
        if found.home != here:
            if here and found.home and _is_same_store(Path(found.home), identity):
                raise _two_stores(identity, file, found.home)
            connection.execute(update(store).values(home=here))
        return str(found.uuid)


def _is_same_store(other: Path, identity: str) -> bool:
    """Return whether the store with this identity is at a place. The place comes from a file and is untrusted."""
    try:
        return other.name == FILE and look(other).identity == identity
    except (LabelStoreError, OSError, ValueError):
        return False  # an unreadable file collects no answers


def _two_stores(identity: str, first: object, second: object) -> StoreConflictError:
    return StoreConflictError(
        f"There are two stores with the identity {identity}: {first} and {second}. Answers given to one would be "
        "missing in the other. Remove the one that is out of date, or make this copy independent.",
        kind=ErrorKind.COPIED_ANSWERS,
    )


def _restart_counter(connection: Connection, table: str, column: str) -> None:
    """Set a counter of PostgreSQL to the number after the copied rows."""
    highest = connection.execute(select(func.max(metadata.tables[table].c[column]))).scalar() or 0
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:name, :column), :value, :called)"),
        {"name": table, "column": column, "value": max(highest, 1), "called": highest > 0},
    )
