"""Cards that stand in for the pictures of images. Images with the same title share one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.images.cards import draw_card
from pipeline.images.thumbnails import Thumbnails, make_thumbnails

__all__ = ["Cards", "Title", "cards_of"]


@dataclass(frozen=True, slots=True)
class Title:
    """What a card says.

    Parameters
    ----------
    text
        The words in its middle. Untrusted.
    hue
        0 to 1: the tint of its paper.
    """

    text: str
    hue: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Cards:
    """The cards of images without a picture.

    Parameters
    ----------
    ids
        int64 (m,), ascending: images without a picture.
    owners
        int64 (m,): the first image with the same card, under whose id its thumbnails are stored.
    titles
        What each card says, by its owner.
    note
        The words below each title.
    """

    ids: NDArray[np.int64]
    owners: NDArray[np.int64]
    titles: Mapping[int, Title]
    note: str

    def owner_of(self, image_id: int) -> int | None:
        """Return the owner of an image's card; None for an image with a picture."""
        place = int(np.searchsorted(self.ids, image_id))
        return int(self.owners[place]) if place < len(self.ids) and self.ids[place] == image_id else None

    def drawn(self, owner: int) -> Thumbnails:
        """Draw the card of an owner, at all sizes."""
        title = self.titles[owner]
        return make_thumbnails(draw_card(title.text, self.note, hue=title.hue))

    def table(self) -> pa.Table:
        """Return all cards as ``thumbnails.lance`` holds them."""
        made = [self.drawn(owner) for owner in self.titles]
        return pa.table(
            {
                "image_id": pa.array(list(self.titles), pa.int64()),
                "small": pa.array([one.small for one in made], pa.binary()),
                "tile": pa.array([one.tile for one in made], pa.binary()),
                "preview": pa.array([one.preview for one in made], pa.binary()),
            }
        )


NOBODY: Final = np.empty(0, np.int64)


def cards_of(ids: NDArray[np.int64], numbers: NDArray[np.int64], titles: Sequence[Title], note: str) -> Cards:
    """Return the cards of images.

    Parameters
    ----------
    ids
        int64 (m,), ascending: images without a picture.
    numbers
        int64 (m,): the number of each image's title in `titles`; -1 for the last one.
    titles
        What the cards say.
    note
        The words below each title.
    """
    if not len(ids):
        return Cards(NOBODY, NOBODY, {}, note)
    shown, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    owners = ids[first]
    named = {int(owner): titles[number] for owner, number in zip(owners.tolist(), shown.tolist(), strict=True)}
    return Cards(ids, owners[inverse.reshape(-1)], named, note)
