"""Which image each row of a table is about: by its id, and where the collection has no such id, by its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.label_tables.cells import unguarded
from pipeline.label_tables.file_names import NOBODY, FileNames
from pipeline.tables import Row, whole_number

__all__ = ["KEYS", "RowImages", "find_images"]

KEYS = ("image_id", "file")
"""Columns that name images."""


@dataclass(frozen=True, slots=True, eq=False)
class RowImages:
    """The images of some rows.

    Parameters
    ----------
    rows
        The collection's row of each, int64 (m,); -1 for what it does not hold.
    unknown
        Place among the rows of each such, and in words what it names.
    two_images
        Places of rows whose id and file name two images.
    """

    rows: NDArray[np.int64]
    unknown: tuple[tuple[int, str], ...]
    two_images: tuple[int, ...]


def find_images(part: Sequence[Row], files: FileNames, *, guards: bool) -> RowImages:
    """Find the images of some rows.

    Parameters
    ----------
    part
        Rows of a table that has one of the columns `KEYS`.
    files
        Of the collection.
    guards
        Whether names of files are guarded against spreadsheets, as in CSV.
    """
    ids = [_number(cells.get("image_id", "")) for _, cells in part]
    names = [cells.get("file", "") for _, cells in part]
    names = [unguarded(name) for name in names] if guards else names
    rows = files.rows(ids)
    lost = np.flatnonzero(rows == NOBODY)
    rows[lost] = files.find([names[place] for place in lost])
    unknown = [(place, _words(part[place], names[place], files)) for place in np.flatnonzero(rows == NOBODY).tolist()]
    both = [place for place, name in enumerate(names) if name and rows[place] != NOBODY and ids[place] != NOBODY]
    same = files.same([names[place] for place in both], rows[both])
    two = [place for place, is_same in zip(both, same, strict=True) if not is_same]
    return RowImages(rows, tuple(unknown), tuple(two))


def _number(cell: str) -> int:
    """Read an id; `NOBODY` for what is none, such as one that a spreadsheet rounded."""
    try:
        number = whole_number(cell)
    except ValueError:
        return NOBODY
    return NOBODY if number is None else number


def _words(row: Row, name: str, files: FileNames) -> str:
    """Return the name that a row gives its image, and why no image has it."""
    number = row[1].get("image_id", "")
    reason = files.why_not(name) if name.strip() and not number.strip() else ""
    return f"{(number or name)[:80]!r}{f' ({reason})' if reason else ''}"
