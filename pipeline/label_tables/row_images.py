"""Find the image of each row of a table, by its id, or by its file if the collection does not have the id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.label_tables.file_names import UNKNOWN_ROW, FileNames
from pipeline.tables import Row, whole_number
from pipeline.text.formulas import unguarded

__all__ = ["KEYS", "RowImages", "find_images"]

KEYS = ("image_id", "file")
"""Columns with ids or files of images."""


@dataclass(frozen=True, slots=True, eq=False)
class RowImages:
    """The images of some rows.

    Parameters
    ----------
    rows
        Row of each image in the collection, int64 (m,); -1 for absent images.
    unknown
        Index and name of each absent image.
    two_images
        Indexes of rows whose id and file belong to different images.
    """

    rows: NDArray[np.int64]
    unknown: tuple[tuple[int, str], ...]
    two_images: tuple[int, ...]


def find_images(part: Sequence[Row], files: FileNames, *, guards: bool) -> RowImages:
    """Return the images of rows.

    Parameters
    ----------
    part
        Rows of a table with at least one of the columns `KEYS`.
    files
        File names of the collection.
    guards
        Whether names have the apostrophe of `guarded`, as in CSV.
    """
    ids = [_number(cells.get("image_id", "")) for _, cells in part]
    names = [cells.get("file", "") for _, cells in part]
    names = [unguarded(name) for name in names] if guards else names
    rows = files.rows(ids)
    lost = np.flatnonzero(rows == UNKNOWN_ROW)
    rows[lost] = files.find([names[place] for place in lost])
    unknown = [
        (place, _words(part[place], names[place], files)) for place in np.flatnonzero(rows == UNKNOWN_ROW).tolist()
    ]
    both = [
        place for place, name in enumerate(names) if name and rows[place] != UNKNOWN_ROW and ids[place] != UNKNOWN_ROW
    ]
    same = files.same([names[place] for place in both], rows[both])
    two = [place for place, is_same in zip(both, same, strict=True) if not is_same]
    return RowImages(rows, tuple(unknown), tuple(two))


def _number(cell: str) -> int:
    """Return an id, or `UNKNOWN_ROW` if it is not valid, for example if a spreadsheet has rounded it."""
    try:
        number = whole_number(cell)
    except ValueError:
        return UNKNOWN_ROW
    return UNKNOWN_ROW if number is None else number


def _words(row: Row, name: str, files: FileNames) -> str:
    """Return the id or file in a row, and the reason why there is no such image."""
    number = row[1].get("image_id", "")
    reason = files.why_not(name) if name.strip() and not number.strip() else ""
    return f"{(number or name)[:80]!r}{f' ({reason})' if reason else ''}"
