"""Check and write the file of a table. Only earlier tables of this program are replaced. Writes files."""

from __future__ import annotations

import csv
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import ErrorKind, TableError, TaxonomyError
from pipeline.files.small_files import check_plain, json_object, new_plain_file, reason_of
from pipeline.label_tables.cells import ANSWERS, CAPTIONS, LABELS
from pipeline.sources.sqlite_reading import is_sqlite
from pipeline.taxonomy import attribute_from_name

__all__ = ["BAM_MARK", "RELEASE", "SIMULATED", "check_new", "is_export", "new_file", "put"]

BAM_MARK = 0x42414D58
"""The ``application_id`` of SQLite files that this program exported. A file of BAM itself has none."""

RELEASE = ("image_id", "file", "value", "by", "score")
"""Columns of a release's table."""
SCORES = ("image_id", "file")
"""First columns of a table of scores, before one for each attribute."""
SIMULATED = ("round", "image_id", "score", "truth")
"""Columns of the hidden scores of simulated rounds."""
RELEASE_KEYS = {"attribute", "number", "origin", "scores_sha256", "sha256", "threshold"}

_FORMS = {tuple(column.name for column in columns) for columns in (LABELS, ANSWERS, CAPTIONS)} | {RELEASE, SIMULATED}
_HEADER = 1 << 16  # bytes in which the names of the columns end
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


@contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Open a file that gets its name when the block ends, and is deleted if the block raises.

    Raises
    ------
    TableError
        If the name is in use and must not be replaced, or the file cannot be written.
    """
    temporary: Path | None = None
    try:
        check_new(path, replace=replace)
        temporary, file = new_plain_file(path)
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        put(temporary, path, replace=replace)
    except OSError as error:
        raise TableError(
            f"The table {path} cannot be written ({reason_of(error)}). Check the folder, permissions and free space."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def check_new(path: Path, *, replace: bool) -> None:
    """Refuse a file that must not be replaced.

    Raises
    ------
    TableError
        If it is a folder, or exists without `replace`, or is not a table that this program wrote.
    """
    if not os.path.lexists(path):
        return
    if path.is_dir():
        raise TableError(f"{path} is a folder. Give the name of a file.")
    if not is_export(path):
        raise TableError(f"{path} exists already, and is no table that this program wrote. Choose another name.")
    if not replace:
        raise TableError(
            f"{path} exists already. Choose another name, or allow it to be replaced.", kind=ErrorKind.PLACE_TAKEN
        )


def put(temporary: Path, path: Path, *, replace: bool) -> None:
    """Give a finished file its name.

    Raises
    ------
    TableError
        If another file has been created meanwhile that must not be replaced.
    OSError
        If the operating system refuses.
    """
    check_new(path, replace=replace)
    if os.path.lexists(path):
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)  # never over what came in this moment
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        temporary.rename(path)
    else:
        temporary.unlink()


def is_export(path: Path) -> bool:
    """Return whether a file has the columns or keys of a file of this program. A link does not count."""
    if path.is_symlink():
        return False
    try:
        check_plain(path)
        if path.suffix.lower() == ".json":
            return json_object(path).keys() >= RELEASE_KEYS
        if is_sqlite(path):
            return _application_id(path) == BAM_MARK
        columns = _parquet_columns(path) if path.suffix.lower() == ".parquet" else _csv_columns(path)
    except (OSError, ValueError, csv.Error):
        return False
    return columns in _FORMS or (columns[:2] == SCORES and len(columns) > 2 and all(map(_is_attribute, columns[2:])))


def _application_id(path: Path) -> int:
    """Return the number by which an SQLite file names the program that wrote it; it stands at byte 68."""
    with path.open("rb") as file:
        return int.from_bytes(file.read(72)[68:], "big")


def _csv_columns(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        head = file.read(_HEADER)
    lines = head.decode("utf-8", "replace").splitlines()
    return tuple(next(csv.reader(lines[:1]), ()))


def _parquet_columns(path: Path) -> tuple[str, ...]:
    from pyarrow import parquet

    return tuple(parquet.read_schema(path).names)


def _is_attribute(name: str) -> bool:
    try:
        attribute_from_name(name)
    except TaxonomyError:
        return False
    return True
