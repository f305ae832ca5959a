"""The record of links, by key: as records and as a CSV table. Uses the disk."""

from __future__ import annotations

import csv
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import FetchError
from pipeline.fetching.journal import connect
from pipeline.fetching.records import LinkRecord, LinkState
from pipeline.files.small_files import new_plain_file, reason_of
from pipeline.text.formulas import guarded

__all__ = ["link_records", "write_link_table"]

_COLUMNS = tuple(field.name for field in fields(LinkRecord))


def link_records(into: Path, *, state: LinkState | None = None, since: float = 0.0) -> Iterator[LinkRecord]:
    """Yield what is recorded of every link, in order of keys; also while a run goes on.

    Parameters
    ----------
    into
        The folder that was fetched into.
    state
        Only links in this state; all by default.
    since
        Only what became known at this time or later, in seconds since 1970.

    Raises
    ------
    FetchError
        If the record is missing or cannot be read.
    """
    with closing(connect(into, read_only=True)) as database:
        wanted = [state.value] if state is not None else [one.value for one in LinkState]
        marks = ",".join("?" * len(wanted))
        try:
            rows = database.execute(
                f"select {','.join(_COLUMNS)} from links where state in ({marks}) and at >= ? order by key",  # noqa: S608 -- own names
                [*wanted, since],
            )
            for row in rows:
                yield _record(row)
        except sqlite3.Error as error:
            raise FetchError(
                f"The record of links in {into} cannot be read ({error}). Fetch the links again."
            ) from error


def write_link_table(into: Path, path: Path, *, state: LinkState | None = None) -> int:
    """Write the records as a CSV table, in UTF-8; a file that is there is replaced once the table is whole.

    Keys are quoted, and texts that a spreadsheet would take for a formula get an apostrophe in front.

    Parameters
    ----------
    into, state
        As for `link_records`.
    path
        The table.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    FetchError
        As `link_records`, and if the table cannot be written.
    """
    count = 0
    try:
        temporary, binary = new_plain_file(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with binary:
            with open(binary.fileno(), "w", encoding="utf-8", newline="", closefd=False) as file:
                writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
                writer.writerow(_COLUMNS)
                for record in link_records(into, state=state):
                    writer.writerow([_cell(name, getattr(record, name)) for name in _COLUMNS])
                    count += 1
            os.fsync(binary.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _record(row: tuple[object, ...]) -> LinkRecord:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["state"] = LinkState(str(values["state"]))
    digest = values["sha256"]
    values["sha256"] = digest.hex() if isinstance(digest, bytes) else ""
    return LinkRecord(**values)  # type: ignore[arg-type]


def _cell(name: str, value: object) -> object:
    if name == "key":
        return str(value)  # a spreadsheet would round the number
    if name == "at" and isinstance(value, float):
        return datetime.fromtimestamp(value, UTC).isoformat(timespec="milliseconds")
    if name == "seconds" and isinstance(value, float):
        return round(value, 3)
    return guarded(value) if isinstance(value, str) else value


def _unwritten(path: Path, error: OSError) -> FetchError:
    return FetchError(f"The table {path} cannot be written ({reason_of(error)}). Choose another place.")
