"""Records of a collection that are kept as JSON and numbered from 1, a file or a folder each. An edge: reads files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import CollectionDamagedError, ParameterError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["numbered", "read_record"]

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
        return make(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ParameterError) as error:
        raise CollectionDamagedError(
            f"{path} cannot be read ({type(error).__name__}). Restore it from a copy{otherwise}."
        ) from error
