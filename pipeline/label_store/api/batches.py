"""The batches of a store: draws of images for one attribute and one purpose."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ParameterError
from pipeline.label_store import log_reading as reading
from pipeline.label_store.annotators import people
from pipeline.label_store.api.transactions import Transactions, new_batch_id, word
from pipeline.label_store.questions import draws, leases, walls
from pipeline.label_store.questions import queue as work
from pipeline.label_store.records import EVERYBODY, Batch, Drawn, Purpose

__all__ = ["Batches"]

LONGEST_TITLE = 200


class Batches:
    """The batches of a store: draws of images for one attribute and one purpose."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    # wide: a batch has many independent facts, which are keyword arguments because most callers need three
    def draw(
        self,
        attribute: str,
        definition_version: int,
        purpose: Purpose,
        drawn: Sequence[Drawn],
        *,
        model_version: str = "",
        opinions: int | None = None,
        again: bool = False,
        agree: int | None = None,
        title: str = "",
        about: str | None = None,
        only_for: str | None = None,
        batch_id: str | None = None,
    ) -> Batch:
        """Add a batch of questions about images, in this order.

        Parameters
        ----------
        attribute, definition_version
            Attribute, and version of its definition.
        purpose
            Purpose of the answers. It never changes.
        drawn
            Images with the reason and probability of their draw. Each image occurs at most once.
        model_version
            Version of the model that the draw used, ``""`` for none.
        opinions
            Number of annotators who are asked about each image at first. If omitted: `agree`, or 1 without `agree`, or
            all annotators for gold.
        again
            For training: whether images that are already asked or answered are included.
        agree
            Number of annotators who must agree, 1 to 5. Otherwise one more is asked, until 2 `agree` - 1 have answered.
            None: no more are asked.
        title
            Title of the batch for people, up to 200 characters, such as "search: bird".
        about
            Id of the logged action that the batch checks.
        only_for
            Id of the only annotator who is asked.
        batch_id
            Id from `new_batch_id`, for a caller who may have to repeat the call after a failure. A batch with a known
            id is not drawn again.

        Returns
        -------
        Batch
            For training its `images` may be fewer than in ``drawn``: one of each group of near-duplicates is asked.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        PurposeError
            If an image is not allowed for this purpose: see `pipeline.label_store.questions.draws`.
        ArchivedError
            If the attribute is archived.
        ParameterError, UnknownRecordError
            If a probability, number or text is not allowed, or the annotator or the action does not exist.
        """
        number = opinions if opinions is not None else EVERYBODY if purpose is Purpose.GOLD else agree or 1
        batch = {
            "id": batch_id or new_batch_id(),
            "attribute": word(attribute, "attribute"),
            "definition_version": definition_version,
            "purpose": Purpose(purpose).value,
            "model_version": model_version if not model_version else word(model_version, "model version"),
            "created": self._shared.now(),
            "title": people.plain_text(title, LONGEST_TITLE, "title of a batch") if title.strip() else "",
            "agree": agree,
            "about": about,
        }
        if not re.fullmatch("[0-9a-f]{32}", str(batch["id"])):
            raise ParameterError("The id of a batch has 32 hexadecimal digits. Take one from `new_batch_id`.")
        for reason in {entry.reason for entry in drawn}:
            word(reason, "reason of a draw")
        with self._shared.writing() as connection:
            self._shared.lock(connection, f"draw {attribute}")
            known = draws.count_of(connection, str(batch["id"]))
            if known is not None:
                return Batch(str(batch["id"]), known)
            draws.check_batch(connection, batch, number, only_for)
            taken = draws.add_batch(
                connection,
                self._shared.images,
                batch,
                drawn,
                opinions=number,
                again=again,
                only_for=only_for or "",
            )
        return Batch(str(batch["id"]), taken)

    def askable(self, attribute: str, image_ids: Sequence[int], limit: int | None = None) -> list[int]:
        """Return the images that `draw` would ask for training, in their order, up to `limit`.

        Left out are images that are already asked or answered, barred images, and near-duplicates of an earlier image.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        """
        with self._shared.reading() as connection:
            return draws.askable(connection, self._shared.images, attribute, image_ids)[:limit]

    def ask_more(self, draw_ids: Sequence[int], opinions: int) -> None:
        """Ask more annotators, until `opinions` have answered each draw. Questions are only added."""
        with self._shared.writing() as connection:
            draws.ask_again(connection, draw_ids, opinions)

    def publish(self, batch_id: str) -> None:
        """Seal a batch: its answers can no longer change. Sealing it again changes nothing."""
        with self._shared.writing() as connection:
            draws.publish(connection, batch_id, self._shared.now())

    def cancel(self, batch_id: str) -> int:
        """Cancel the unanswered questions of a training batch, and return their number.

        Images that are on a page now can still be answered there.

        Raises
        ------
        PurposeError, PublishedError, UnknownRecordError
            If the batch has another purpose, is published, or does not exist.
        """
        with self._shared.writing() as connection:
            self._shared.lock_pages(connection, leases.attribute_of_batch(connection, batch_id))
            return work.cancel_batch(connection, batch_id, self._shared.now())

    def count_images(self, batch_id: str) -> int | None:
        """Return the number of images of a batch, or None if it does not exist."""
        with self._shared.reading() as connection:
            return draws.count_of(connection, batch_id)

    def drawn_with(self, attribute: str, purpose: Purpose, model_version: str) -> list[str]:
        """Return the batches that were drawn for a purpose with a version of the scores, the first one first."""
        with self._shared.reading() as connection:
            return draws.batches_about(connection, attribute, purpose, model_version)

    def drawn_images(self, attribute: str, purpose: Purpose) -> NDArray[np.int64]:
        """Return the images that were ever drawn for a purpose, as ascending ids int64 (m,) without repeats."""
        with self._shared.reading() as connection:
            return reading.drawn_images(connection, attribute, purpose)

    def probabilities(
        self, attribute: str, purpose: Purpose
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the draws for a purpose with their probabilities, answered or not, in the order of the draws.

        Images int64 (m,), number of the batch of each int64 (m,) from 0, and probabilities float64 (m,).
        """
        with self._shared.reading() as connection:
            return reading.chances(connection, attribute, purpose)

    def asked_images(self, attribute: str) -> tuple[NDArray[np.int64], list[str]]:
        """Return every image that was asked or answered for an attribute, and the model of each draw.

        Ids int64 (m,) in the order of the questions, in which an image may occur more than once, and texts (m,): the
        version of the model, or ``""`` for a draw without a model, a bulk answer or an import.
        """
        with self._shared.reading() as connection:
            return reading.asked_images(connection, attribute)

    def barred_images(self, attribute: str) -> NDArray[np.int64]:
        """Return the images that are barred from training an attribute, as ascending ids int64 (m,)."""
        with self._shared.reading() as connection:
            return reading.barred_images(connection, attribute)

    def barred_among(self, attribute: str, image_ids: Sequence[int]) -> set[int]:
        """Return the images among ``image_ids`` that are barred from training an attribute."""
        with self._shared.reading() as connection:
            return walls.barred_images(connection, attribute, image_ids)

    def count_open(self, attribute: str) -> int:
        """Count the open questions of an attribute, without repeats and gold."""
        with self._shared.reading() as connection:
            return reading.open_questions(connection, attribute)
