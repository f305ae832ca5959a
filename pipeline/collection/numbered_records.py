"""Numbered records of a collection: JSON, counted from 1, each in its own file or folder. Uses the disk.

Every write sets the time of the collection's file ``.changed``, so that readers notice new records.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import CollectionDamagedError, ParameterError
from pipeline.files.locks import open_lock
from pipeline.files.small_files import read_json, write_json, writing
from pipeline.files.system import set_modified

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.collection import Collection

__all__ = ["check_record", "last_change", "note_change", "numbered", "read_record", "write_record"]

CHANGED = ".changed"

Record = TypeVar("Record")


def numbered(folder: Path, pattern: str) -> list[Path]:
    """Return the numbered files of a folder, the smallest number first.

    Parameters
    ----------
    folder
        The folder. It need not exist.
    pattern
        Path below it, with one ``*`` in the place of the number: ``"*.json"`` or ``"*/release.json"``. Files with
        something else in that place are ignored, such as unfinished files and files of the user.
    """
    before, after = pattern.split("*")
    found = []
    for path in folder.glob(pattern):
        number = path.relative_to(folder).as_posix().removeprefix(before).removesuffix(after)
        if number.isascii() and number.isdecimal():
            found.append((int(number), path))
    return [path for _, path in sorted(found)]


def read_record(path: Path, make: Callable[[Any], Record], *, otherwise: str = "") -> Record:
    """Read a record.

    Parameters
    ----------
    path
        Its file.
    make
        Makes the record from the values in the file.
    otherwise
        Another remedy beside restoring the file, as the end of a sentence: ``", or move it away"``.

    Raises
    ------
    CollectionDamagedError
        If the file cannot be read or holds no such record.
    """
    try:
        return make(read_json(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, ParameterError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy{otherwise}."
        ) from error


def check_record(path: Path, attribute: str, found_attribute: str, *, number: int, found_number: int) -> None:
    """Check that a record belongs to its place, because its content names other files.

    Parameters
    ----------
    path
        Its file.
    attribute, number
        Attribute and number according to the path.
    found_attribute, found_number
        Attribute and number according to the content.

    Raises
    ------
    CollectionDamagedError
        If the two differ.
    """
    if (attribute, number) != (found_attribute, found_number):
        raise CollectionDamagedError(
            f"{path} says that it is {found_number} of {str(found_attribute)[:80]!r}, and lies where {number} of "
            f"{attribute} belongs. Restore it from a copy, or move it away."
        )


def write_record(collection: Collection, path: Path, values: Mapping[str, Any]) -> None:
    """Write a record of a collection completely or not at all; create its folder if needed.

    Raises
    ------
    CollectionError
        If it cannot be written.
    """
    with writing(collection.path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, values)
    note_change(collection)


def note_change(collection: Collection) -> None:
    """Note that a record was written, for `last_change`.

    Raises
    ------
    CollectionError
        If that cannot be written.
    """
    with writing(collection.path):
        now = time.time_ns()  # the file system's own clock may not advance between two changes
        path = collection.path / CHANGED
        with open_lock(path) as file:
            set_modified(file.fileno(), path, now)


def last_change(collection: Collection) -> int:
    """Return the time of the last write of a record in nanoseconds since 1970; 0 if there was none. Cheap."""
    try:
        return (collection.path / CHANGED).stat().st_mtime_ns
    except OSError:
        return 0
