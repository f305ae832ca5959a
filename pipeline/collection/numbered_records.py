"""Records of a collection that are kept as JSON and numbered from 1, a file or a folder each. An edge: it uses files.

Each time that one is written, the time of the collection's file ``.changed`` says so to whoever shows them.
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
    """List the files of a folder that bear a number, the smallest first.

    Parameters
    ----------
    folder
        Where; it need not be there.
    pattern
        Path below it, with one ``*`` in the number's place: ``"*.json"`` or ``"*/release.json"``. What has something
        else there is passed over: a part of a file that is being written, or somebody's own.
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
        Makes it of the values that the file holds.
    otherwise
        What else than restoring the file helps, for people: ``", or move it away"``.

    Raises
    ------
    CollectionDamagedError
        If the file cannot be read, or holds no such record.
    """
    try:
        return make(read_json(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, ParameterError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy{otherwise}."
        ) from error


def check_record(path: Path, attribute: str, of: str, *, number: int, said: int) -> None:
    """Make sure that a record is of what its place says: it names files in its turn.

    Parameters
    ----------
    path
        Its file.
    attribute, number
        By its place.
    of, said
        Attribute and number that are written in it.

    Raises
    ------
    CollectionDamagedError
        If it is of another attribute, or has another number.
    """
    if (attribute, number) != (of, said):
        raise CollectionDamagedError(
            f"{path} says that it is {said} of {str(of)[:80]!r}, and lies where {number} of {attribute} belongs. "
            "Restore it from a copy, or move it away."
        )


def write_record(collection: Collection, path: Path, values: Mapping[str, Any]) -> None:
    """Write a record of a collection, whole or not at all; its folder is made if it is not there.

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
    """Say that a record was written, for `last_change`.

    Raises
    ------
    CollectionError
        If that cannot be written.
    """
    with writing(collection.path):
        now = time.time_ns()  # the file system's own clock may stand still between two changes
        path = collection.path / CHANGED
        with open_lock(path) as file:
            set_modified(file.fileno(), path, now)


def last_change(collection: Collection) -> int:
    """Tell when a record was last written, in nanoseconds since 1970; 0 where none ever was. Cheap to ask."""
    try:
        return (collection.path / CHANGED).stat().st_mtime_ns
    except OSError:
        return 0
