"""Small pictures with words and a mark, as tabs send them to a browser. Runs in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.services.services import Services

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["picture_items"]


def picture_items(services: Services, rows: NDArray[np.int64], marks: list[str]) -> list[dict[str, Any]]:
    """Give pictures of some images.

    Parameters
    ----------
    services
        What the process shares.
    rows
        int64 (m,).
    marks
        A short word for each, written on its picture.

    Returns
    -------
    list of dict
        ``row`` as text, ``tile`` as bytes of a JPEG, ``caption``, which is untrusted, and ``mark``.

    Raises
    ------
    CollectionError
        If they cannot be read, or the collection was built again.
    """
    services.check_unchanged()
    collection, places = services.collection, rows.astype(np.int32)
    return [
        {"row": str(row), "tile": tile, "caption": (record.caption or record.source)[:300], "mark": mark}
        for row, tile, record, mark in zip(
            rows.tolist(), collection.tiles(places), collection.records(places), marks, strict=True
        )
    ]
