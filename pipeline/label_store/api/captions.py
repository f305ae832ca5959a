"""The captions of a store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Connection

from pipeline.label_store import absent_images as absence
from pipeline.label_store import log_reading as reading
from pipeline.label_store.annotators import people
from pipeline.label_store.answers import captions
from pipeline.label_store.api.transactions import Receipt, Transactions
from pipeline.label_store.records import Caption

__all__ = ["Captions"]

LONGEST_CAPTION = 2_000


class Captions:
    """The captions of a store."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def add(
        self,
        action_id: str,
        annotator_id: str,
        image_id: int,
        text: str,
        *,
        page_id: str | None = None,
        draw_id: int | None = None,
    ) -> Receipt:
        """Record a text about an image, of up to 2,000 characters.

        With the page and the draw that asked for it, it counts as their answer.

        Raises
        ------
        UnknownImageError, UnknownRecordError
            If the collection lacks the image, or the page did not ask for it.
        PublishedError, ParameterError
            If the batch is sealed, or the text is empty, too long or no plain text.
        """
        self._shared.images.rows([image_id])
        words = people.plain_text(text, LONGEST_CAPTION, "caption")

        def record(connection: Connection) -> tuple[int, ...]:
            people.check_annotator(connection, annotator_id)
            absence.remember(connection, self._shared.images, [image_id])
            captions.add_caption(
                connection, action_id, annotator_id, image_id, words, page_id, draw_id, self._shared.now()
            )
            return ()

        return self._shared.once(action_id, annotator_id, record, late=False)

    def log(self) -> Iterator[Caption]:
        """Stream all captions that were not undone, oldest first, of one state of the store."""
        with self._shared.reading() as connection:
            yield from reading.caption_log(connection)

    def of_images(self, image_ids: Iterable[int]) -> list[Caption]:
        """Read the captions that people gave to some images, oldest first."""
        with self._shared.reading() as connection:
            return reading.read_captions(connection, image_ids)

    def search(self, words: Sequence[str], limit: int = 10_000) -> list[int]:
        """Find images with a caption in which each of some words begins a word, whatever its case.

        Parameters
        ----------
        words
            Up to 20, of up to 100 characters each; none find nothing.
        limit
            How many images at most.

        Returns
        -------
        list of int
            Ids of the images, that with the newest caption first.
        """
        with self._shared.reading() as connection:
            return captions.search_captions(connection, words, limit)
