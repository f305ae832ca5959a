"""Small pictures with a caption and a mark. Runs in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.controllers.shown_parts import PictureItem
from explorer.services.services import Services

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["picture_items"]


def picture_items(services: Services, rows: NDArray[np.int64], marks: list[str]) -> tuple[PictureItem, ...]:
    """Return pictures of some images.

    Parameters
    ----------
    services
        Services of the collection.
    rows
        int64 (m,).
    marks
        A short word for each image, written on its picture.

    Raises
    ------
    CollectionError
        If the images cannot be read, or the collection was built again.
    """
    services.check_unchanged()
    collection, places = services.collection, rows.astype(np.int32)
    return tuple(
        PictureItem(str(row), tile, (record.caption or record.source)[:300], mark)
        for row, tile, record, mark in zip(
            rows.tolist(), collection.tiles(places), collection.records(places), marks, strict=True
        )
    )
