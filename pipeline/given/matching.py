"""Match vectors to images, by id or by order. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import SourceError

__all__ = ["check_ids", "places_by_id", "places_by_order"]

_ROUNDED = re.compile(r"[+-]?\d+([.,]\d+)?e\+?\d+", re.IGNORECASE)


def check_ids(ids: Sequence[str], place: Callable[[int], str], what: str) -> dict[str, int]:
    """Return the place of each id.

    Parameters
    ----------
    ids
        n ids.
    place
        Returns the name of the place of an id, for errors.
    what
        What has the ids, for errors: ``"row"`` or ``"vector"``.

    Raises
    ------
    SourceError
        If an id is missing, is there twice, or was rounded by a spreadsheet. The sentence names the row.
    """
    found: dict[str, int] = {}
    for number, one in enumerate(ids):
        if not one:
            raise SourceError(f"{place(number)} has no id. Give each {what} one, or leave the {what} out.")
        if _ROUNDED.fullmatch(one):
            raise SourceError(
                f"{place(number)}: the id {one[:40]!r} was rounded by a spreadsheet, and its last digits are lost. "
                "Take the ids from where they came from, and open the table as text."
            )
        first = found.setdefault(one, number)
        if first != number:
            raise SourceError(
                f"{place(number)}: the id {one[:80]!r} is there already, at {place(first)}. Ids must differ: leave one "
                f"{what} of each."
            )
    return found


def places_by_id(
    wanted: Sequence[str],
    place_wanted: Callable[[int], str],
    given: Sequence[str],
    place_given: Callable[[int], str],
) -> NDArray[np.int64]:
    """Return the place of each image's vector.

    Parameters
    ----------
    wanted, place_wanted
        n ids of the images, and the function that names the place of one.
    given, place_given
        m ids of the vectors, and the function that names the place of one.

    Returns
    -------
    ndarray
        int64 ``(n,)``: a place in `given`.

    Raises
    ------
    SourceError
        If an id is missing or twice, an image has no vector, or a vector has no image.
    """
    known = check_ids(given, place_given, "vector")
    images = check_ids(wanted, place_wanted, "row")
    missing = [number for number, one in enumerate(wanted) if one not in known]
    if missing:
        raise SourceError(
            f"{place_wanted(missing[0])}: no vector has the id {wanted[missing[0]][:80]!r}{_more(len(missing))}. Each "
            "image needs one: add the vectors, or leave the rows out."
        )
    spare = [number for number, one in enumerate(given) if one not in images]
    if spare:
        raise SourceError(
            f"{place_given(spare[0])}: no row has the id {given[spare[0]][:80]!r}{_more(len(spare))}. Each "
            "vector needs one: add the rows, or leave the vectors out."
        )
    return np.array([known[one] for one in wanted], np.int64)


def places_by_order(images: int, vectors: int, name: str, what: str) -> NDArray[np.int64]:
    """Return the places of vectors that are in the order of the images: int64 ``(n,)``.

    Raises
    ------
    SourceError
        If the numbers differ.
    """
    if images != vectors:
        raise SourceError(
            f"{name} has {vectors:,} vectors, and {what} has {images:,} rows. Without ids they are matched by order, "
            "so both need as many: give one vector for each row, or ids beside the vectors."
        )
    return np.arange(images, dtype=np.int64)


def _more(count: int) -> str:
    return f", and so it is for {count - 1:,} more" if count > 1 else ""
