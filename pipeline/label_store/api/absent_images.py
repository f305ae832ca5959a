"""Images of the log that the collection does not hold now."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pipeline.label_store import absent_images as absence
from pipeline.label_store.absent_images import SetAside
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.images import ImageName

__all__ = ["AbsentImages"]


class AbsentImages:
    """Images of the log that the collection does not hold now."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def set_aside(self, attribute: str | None = None) -> SetAside:
        """Count the answers about images that the collection does not hold, of one attribute or of all."""
        with self._shared.reading() as connection:
            return absence.set_aside(connection, attribute)

    def list_all(self) -> list[int]:
        """Return the images of the log that the collection does not hold now, ascending."""
        with self._shared.reading() as connection:
            return absence.absent_of(connection)

    def count_answers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Count the surviving answers and captions of each image: ids ascending, and counts."""
        with self._shared.reading() as connection:
            return absence.answers_by_image(connection)

    def names(self, image_ids: Iterable[int]) -> dict[int, ImageName]:
        """Return the names of images of the log, absent ones included, as far as they are known."""
        with self._shared.reading() as connection:
            return absence.names_of(connection, image_ids)

    def remember(self, image_ids: Iterable[int]) -> None:
        """Store the names of images of the collection, for the time when it no longer holds them."""
        with self._shared.writing() as connection:
            absence.remember(connection, self._shared.images, image_ids)

    def compare(self) -> None:
        """Find the absent images of the log, unless this is known for this version of the collection."""
        with self._shared.reading() as connection:
            if absence.compared(connection, self._shared.images):
                return
        with self._shared.writing() as connection:
            self._shared.lock(connection, "images")
            absence.compare(connection, self._shared.images)
