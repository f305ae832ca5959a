"""The folder of fetched pictures and its record of links: what is recorded as arrived is whole and on the disk.

A run of pictures becomes durable in four steps: the received files are synced; their rows are written as ``placing``;
the files are renamed to their final names and their folders synced; the rows become ``arrived``. A process that is
killed between two steps leaves at most one run of rows as ``placing``, and the next start finishes these by comparing
the files with the SHA-256 in the rows. So a final name always holds a whole picture, and a row never promises one that
is not there.

The folder holds ``links.sqlite``; ``pictures/`` with 4,096 folders by the last three hexadecimal digits of the key; and
``parts/`` with the files that are being received. Names come from keys alone, never from the text of an address.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.errors import FetchError
from pipeline.fetching.addresses import LONGEST
from pipeline.fetching.records import Arrival, Failure, Link, Outcome
from pipeline.files.locks import lock, open_lock
from pipeline.files.small_files import reason_of

__all__ = ["DATABASE", "Journal", "Known", "connect", "picture_path"]

DATABASE = "links.sqlite"
PICTURES, PARTS, LOCK = "pictures", "parts", ".links.lock"
APPLICATION, VERSION = 0x42414D4C, 1
SYNC_THREADS = 8
"""Files that are synced at a time: a file system writes several in one go."""
READ_STEP = 1 << 20

_TABLE = """
create table links (
    key integer primary key,
    url text not null,
    state text not null,
    reason text not null,
    status integer not null,
    told text not null,
    size integer not null,
    image_format text not null,
    sha256 blob not null,
    tries integer not null,
    seconds real not null,
    at real not null,
    run integer not null
) strict
"""
_ROW = "insert or replace into links values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Known:
    """What the record says of a link.

    Parameters
    ----------
    url
        The address that was fetched.
    state, reason
        Whether it arrived, and the reason if not.
    size
        Bytes of the picture.
    run
        Number of the run in which it was fetched.
    """

    url: str
    state: str
    reason: str
    size: int
    run: int


def picture_path(into: Path, key: int) -> Path:
    """Return where the picture of a key is once it has arrived.

    Parameters
    ----------
    into
        The folder that was fetched into.
    key
        Identity of the image.
    """
    return into / PICTURES / f"{key & 0xFFF:03x}" / f"{key:016x}"


def connect(into: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open the record of a folder.

    Raises
    ------
    FetchError
        If it is missing, damaged, or written by a newer version.
    """
    path = into / DATABASE
    try:
        mode = "ro" if read_only else "rwc"
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        connection.execute("pragma trusted_schema = off")
        application = connection.execute("pragma application_id").fetchone()[0]
        version = connection.execute("pragma user_version").fetchone()[0]
        is_empty = connection.execute("select count(*) from sqlite_schema").fetchone()[0] == 0
    except sqlite3.Error as error:
        raise FetchError(f"The record of links {path} cannot be read ({error}). Choose another folder.") from error
    if (application, version) == (APPLICATION, VERSION) or (is_empty and not read_only):
        return connection
    connection.close()
    if application == APPLICATION and version > VERSION:
        raise FetchError(f"{path} was written by a newer version of this program. Update it, or choose another folder.")
    raise FetchError(f"{path} is not a record of links of this program. Choose another folder.")


class Journal:
    """The folder while links are fetched into it, by one process at a time. Use it as a context.

    Parameters
    ----------
    into
        The folder; it is made if it does not exist.

    Attributes
    ----------
    parts
        Folder for files that are being received.

    Raises
    ------
    FetchError
        On entering, if the folder cannot be written, or another process fetches into it.
    """

    def __init__(self, into: Path) -> None:
        self.into = into
        self.parts = into / PARTS
        self._run = 0

    def __enter__(self) -> Self:
        with _writing(self.into):
            self.parts.mkdir(parents=True, exist_ok=True)
            (self.into / PICTURES).mkdir(exist_ok=True)
            self._lock = open_lock(self.into / LOCK)
        try:
            lock(self._lock, wait=False)
        except BlockingIOError:
            self._lock.close()
            raise FetchError(
                f"Another process is fetching links into {self.into}. Wait for its end, or choose another folder."
            ) from None
        self._threads = ThreadPoolExecutor(SYNC_THREADS, thread_name_prefix="sync")
        try:
            self._database = connect(self.into, read_only=False)
            self._prepare()
        except BaseException:
            self._threads.shutdown()
            self._lock.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown()
        with suppress(sqlite3.Error):  # a reader at this moment keeps it as it is
            self._database.execute("pragma journal_mode = delete")  # or a folder without write permission is unreadable
        self._database.close()
        self._lock.close()

    def known(self, links: Sequence[Link]) -> dict[int, Known]:
        """Return what is recorded of some links, by key.

        A picture whose file is gone, or has another size than recorded, counts as unknown.
        """
        marks = ",".join("?" * len(links))
        rows = self._database.execute(
            f"select key, url, state, reason, size, run from links where key in ({marks})",  # noqa: S608 -- marks only
            [link.key for link in links],
        )
        found = {row[0]: Known(*row[1:]) for row in rows}
        return {key: row for key, row in found.items() if row.state == "failed" or self._has(key, row.size)}

    def is_of_this_run(self, known: Known) -> bool:
        """Return whether a link was fetched since the journal was opened."""
        return known.run == self._run

    def commit(self, outcomes: Sequence[Outcome]) -> None:
        """Make outcomes durable.

        Raises
        ------
        FetchError
            If the disk refuses. Nothing is then recorded that is not on the disk.
        """
        arrivals = [outcome for outcome in outcomes if isinstance(outcome, Arrival)]
        failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
        now = time.time()
        with _writing(self.into):
            if arrivals:
                list(self._threads.map(_sync_file, [arrival.part for arrival in arrivals]))
                self._write(_arrived_row(arrival, now, self._run) for arrival in arrivals)
                self._place([(arrival.link.key, arrival.part) for arrival in arrivals])
            for failure in failures:
                (self.parts / f"{failure.link.key:016x}").unlink(missing_ok=True)
                picture_path(self.into, failure.link.key).unlink(missing_ok=True)  # of an earlier address of the key
            with self._transaction():
                self._database.execute("update links set state = 'arrived' where state = 'placing'")
                self._database.executemany(_ROW, [_failed_row(failure, now, self._run) for failure in failures])

    def _prepare(self) -> None:
        """Make the table, finish what a killed process left, and remove what it was receiving."""
        with _writing(self.into):
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = full")
            with self._transaction():
                self._database.execute(f"pragma application_id = {APPLICATION}")
                self._database.execute(f"pragma user_version = {VERSION}")
                self._database.execute(_TABLE.replace("create table", "create table if not exists"))
            self._database.execute("create index if not exists placing on links (key) where state = 'placing'")
            self._finish()
            for path in self.parts.iterdir():
                path.unlink()
            latest = self._database.execute("select coalesce(max(run), 0) from links").fetchone()[0]
            self._run = latest + 1

    def _finish(self) -> None:
        """Finish or undo the rows that were being placed."""
        rows = self._database.execute("select key, size, sha256 from links where state = 'placing'").fetchall()
        waiting, lost = [], []
        for key, size, digest in rows:
            part = self.parts / f"{key:016x}"
            if _is_file(part, size, digest):
                waiting.append((key, part))
            elif not _is_file(picture_path(self.into, key), size, digest):
                lost.append((key,))
        list(self._threads.map(_sync_file, [part for _, part in waiting]))
        self._place(waiting)
        with self._transaction():
            self._database.executemany("delete from links where key = ?", lost)
            self._database.execute("update links set state = 'arrived' where state = 'placing'")

    def _place(self, files: Iterable[tuple[int, Path]]) -> None:
        """Rename files to their final names, and sync the folders that hold these."""
        folders, made = set(), False
        for key, part in files:
            path = picture_path(self.into, key)
            if path.parent not in folders and not path.parent.exists():
                path.parent.mkdir()
                made = True
            part.replace(path)
            folders.add(path.parent)
        if made:
            _sync_folder(self.into / PICTURES)
        list(self._threads.map(_sync_folder, folders))

    def _has(self, key: int, size: int) -> bool:
        try:
            return picture_path(self.into, key).stat().st_size == size
        except OSError:
            return False

    def _write(self, rows: Iterable[tuple[object, ...]]) -> None:
        with self._transaction():
            self._database.executemany(_ROW, rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("rollback")
            raise
        self._database.execute("commit")


def _arrived_row(arrival: Arrival, now: float, run: int) -> tuple[object, ...]:
    link = arrival.link
    return (
        *(link.key, link.url, "placing", "", arrival.status, ""),
        *(arrival.size, arrival.image_format, arrival.sha256, arrival.tries, arrival.seconds, now, run),
    )


def _failed_row(failure: Failure, now: float, run: int) -> tuple[object, ...]:
    url = failure.link.url[:LONGEST].encode("utf-8", "backslashreplace").decode("utf-8")  # no half characters
    return (
        *(failure.link.key, url, "failed", str(failure.reason), failure.status, failure.told),
        *(0, "", b"", failure.tries, failure.seconds, now, run),
    )


def _is_file(path: Path, size: int, digest: bytes) -> bool:
    """Return whether a file has a size and a SHA-256."""
    try:
        if path.is_symlink() or path.stat().st_size != size:
            return False
        found = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(READ_STEP):
                found.update(piece)
    except OSError:
        return False
    return found.digest() == digest


def _sync_file(path: Path) -> None:
    """Write a file through to the disk."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    """Write the names in a folder through to the disk; Windows does this by itself and cannot be asked to."""
    if sys.platform != "win32":
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _writing(into: Path) -> Iterator[None]:
    """Turn errors of the disk and of SQLite into a `FetchError`."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise FetchError(
            f"{into} cannot be written ({reason_of(error)}). "
            "What was fetched is kept. Free space or check permissions, and fetch again."
        ) from error
