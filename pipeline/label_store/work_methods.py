"""The store's methods about work: what is asked, and whose it is."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import ParameterError
from pipeline.label_store import draws, leases, people
from pipeline.label_store.records import Drawn, Page, Purpose
from pipeline.label_store.transactions import Transactions, word

__all__ = ["Batch", "WorkMethods"]

LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What a draw became: its id, and how many of the images given are asked."""

    id: str
    images: int


class WorkMethods(Transactions):
    """Methods of `pipeline.label_store.LabelStore`."""

    def draw(
        self,
        attribute: str,
        definition_version: int,
        purpose: Purpose,
        drawn: Sequence[Drawn],
        *,
        model_version: str = "",
        opinions: int = 1,
        again: bool = False,
    ) -> Batch:
        """Have images asked, in this order.

        Parameters
        ----------
        attribute, definition_version
            What is asked, and by which version of its definition.
        purpose
            What the answers may be used for; fixed for good.
        drawn
            Images with the reason and probability of their draw; each at most once.
        model_version
            Which model the draw was made with, ``""`` for none.
        opinions
            How many people are asked each image.
        again
            For training: also images that are asked or answered already.

        Returns
        -------
        Batch
            Its `images` may be fewer than given for training only, which asks one of each group of near-duplicates.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        PurposeError
            If a wall between purposes would be crossed: see `pipeline.label_store.draws`.
        ParameterError
            If a probability, number or word is outside what is allowed.
        """
        batch = {
            "id": uuid.uuid4().hex,
            "attribute": word(attribute, "attribute"),
            "definition_version": definition_version,
            "purpose": Purpose(purpose).value,
            "model_version": model_version if not model_version else word(model_version, "model version"),
            "created": self._clock(),
        }
        for reason in {entry.reason for entry in drawn}:
            word(reason, "reason of a draw")
        with self.database.writing() as connection:
            self.database.lock(connection, f"draw {self.uuid} {attribute}")
            taken = draws.add_batch(connection, self.images, batch, drawn, opinions=opinions, again=again)
        return Batch(str(batch["id"]), taken)

    def ask_again(self, draw_ids: Sequence[int], opinions: int) -> None:
        """Ask draws of more people, until `opinions` have answered each; never takes a question back."""
        with self.database.writing() as connection:
            draws.ask_again(connection, draw_ids, opinions)

    def publish(self, batch_id: str) -> None:
        """Seal a batch: nobody can answer it, or undo an answer to it, any more. A second time changes nothing."""
        with self.database.writing() as connection:
            draws.publish(connection, batch_id, self._clock())

    def take_page(self, annotator_id: str, batch_id: str, size: int = 24) -> Page:
        """Give an annotator images to answer: the page they have, else the next that nobody else has.

        Raises
        ------
        UnknownRecordError
            If there is no such annotator or batch.
        PublishedError
            If the batch is sealed.
        ParameterError
            If `size` lies outside 1 .. 500.
        """
        if not 1 <= size <= LARGEST_PAGE:
            raise ParameterError(f"A page of {size} images was asked for; 1 to {LARGEST_PAGE} are allowed.")
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self.database.lock(connection, f"lease {batch_id}")
            return leases.take_page(connection, annotator_id, batch_id, size, self._clock())

    def renew_page(self, page_id: str, annotator_id: str) -> Page:
        """Keep a page for `LEASE_SECONDS` more; give it, less what others got while it had expired."""
        with self.database.writing() as connection:
            self.database.lock(connection, f"lease {leases.batch_of(connection, page_id)}")
            return leases.renew_page(connection, page_id, annotator_id, self._clock())

    def give_back(self, page_id: str, annotator_id: str) -> None:
        """Let others have at once what is not answered on a page."""
        with self.database.writing() as connection:
            leases.give_back(connection, page_id, annotator_id, self._clock())
