"""The store's methods about work: what is asked, and whose it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection

from pipeline.errors import ParameterError
from pipeline.label_store.annotators import people
from pipeline.label_store.api.transactions import Transactions, new_batch_id, word
from pipeline.label_store.attributes import definitions
from pipeline.label_store.attributes.records import AttributeEntry
from pipeline.label_store.questions import draws, leases
from pipeline.label_store.questions import pages as new_pages
from pipeline.label_store.questions import qualification as qualifying
from pipeline.label_store.questions import queue as work
from pipeline.label_store.questions.queue import Work
from pipeline.label_store.records import EVERYBODY, Batch, Drawn, Page, Purpose

__all__ = ["WorkMethods"]

LARGEST_PAGE = 500
LARGEST_SHARE = 0.5
MOST_BESIDE = 100
LONGEST_TITLE = 200


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
        opinions: int | None = None,
        again: bool = False,
        agree: int | None = None,
        title: str = "",
        about: str | None = None,
        only_for: str | None = None,
        batch_id: str | None = None,
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
            How many people are asked each image at first: as many as must agree unless given, 1 without `agree`, and
            everybody for gold.
        again
            For training: also images that are asked or answered already.
        agree
            How many must say the same, 1 to 5. An image on which those asked do not is asked of one more, until
            2 `agree` - 1 people have answered. None: nobody else is asked.
        title
            What the batch is called, for people, up to 200 characters, e.g. "search: bird".
        about
            Id of the act that the batch checks.
        only_for
            The one annotator who is asked.
        batch_id
            Chosen by a caller who may have to draw again after a failure: a batch of this id is drawn once, and drawing
            it again changes nothing. From `new_batch_id`.

        Returns
        -------
        Batch
            Its `images` may be fewer than given for training only, which asks one of each group of near-duplicates.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        PurposeError
            If a wall between purposes would be crossed: see `pipeline.label_store.questions.draws`.
        ArchivedError
            If the attribute is archived.
        ParameterError, UnknownRecordError
            If a probability, number or word is outside what is allowed, or there is no such annotator or act.
        """
        number = opinions if opinions is not None else EVERYBODY if purpose is Purpose.GOLD else agree or 1
        batch = {
            "id": batch_id or new_batch_id(),
            "attribute": word(attribute, "attribute"),
            "definition_version": definition_version,
            "purpose": Purpose(purpose).value,
            "model_version": model_version if not model_version else word(model_version, "model version"),
            "created": self._clock(),
            "title": people.plain_text(title, LONGEST_TITLE, "title of a batch") if title.strip() else "",
            "agree": agree,
            "about": about,
        }
        if not re.fullmatch("[0-9a-f]{32}", str(batch["id"])):
            raise ParameterError("The id of a batch has 32 hexadecimal digits. Take one from `new_batch_id`.")
        for reason in {entry.reason for entry in drawn}:
            word(reason, "reason of a draw")
        with self.database.writing() as connection:
            self.database.lock(connection, f"draw {self.uuid} {attribute}")
            known = draws.count_of(connection, str(batch["id"]))
            if known is not None:
                return Batch(str(batch["id"]), known)
            draws.check_batch(connection, batch, number, only_for)
            taken = draws.add_batch(
                connection, self.images, batch, drawn, opinions=number, again=again, only_for=only_for or ""
            )
        return Batch(str(batch["id"]), taken)

    def askable(self, attribute: str, image_ids: Sequence[int], limit: int | None = None) -> list[int]:
        """Give those of some images that `draw` would have asked for training, in their order, `limit` at most.

        Images that are asked or answered already, that must not train, and near-duplicates of one before are left out.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        """
        with self.database.reading() as connection:
            return draws.askable(connection, self.images, attribute, image_ids)[:limit]

    def ask_again(self, draw_ids: Sequence[int], opinions: int) -> None:
        """Ask draws of more people, until `opinions` have answered each; never takes a question back."""
        with self.database.writing() as connection:
            draws.ask_again(connection, draw_ids, opinions)

    def publish(self, batch_id: str) -> None:
        """Seal a batch: nobody can answer it, or undo an answer to it, any more. A second time changes nothing."""
        with self.database.writing() as connection:
            draws.publish(connection, batch_id, self._clock())

    def batch_images(self, batch_id: str) -> int | None:
        """Count the images of a batch; None where no batch of this id was drawn."""
        with self.database.reading() as connection:
            return draws.count_of(connection, batch_id)

    def batches_about(self, attribute: str, purpose: Purpose, model_version: str) -> list[str]:
        """List the batches that were drawn for a purpose with a version of the scores, the first one first."""
        with self.database.reading() as connection:
            return draws.batches_about(connection, attribute, purpose, model_version)

    def cancel_batch(self, batch_id: str) -> int:
        """Ask nobody any more what is not answered yet in a training batch; give the number of images.

        What is on somebody's page now may still be answered there.

        Raises
        ------
        PurposeError, PublishedError, UnknownRecordError
            If it was drawn for another purpose, is published, or is not there.
        """
        with self.database.writing() as connection:
            self._lock_pages(connection, leases.attribute_of_batch(connection, batch_id))
            return work.cancel_batch(connection, batch_id, self._clock())

    def set_agreement(self, annotator_id: str, name: str, agree: int) -> AttributeEntry:
        """Set how many must say the same of an attribute, 1 to 5, for its open and answered training draws, too.

        More: people are asked until that many agree. Fewer: nothing is asked in vain any more. Second looks, spot
        checks and batches that were called off or published stay as they are.
        """
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self.database.lock(connection, f"attributes {self.uuid}")
            self._lock_pages(connection, name)
            entry = definitions.set_rule(connection, annotator_id, name, agree, self._clock())
            draws.ask_of(connection, name, agree)
            return entry

    def take_page(
        self,
        annotator_id: str,
        batch_id: str,
        size: int = 24,
        *,
        beside: Sequence[str] = (),
        repeats: float = 0.0,
    ) -> Page:
        """Give an annotator images of a batch: the oldest page they have, else the next that nobody else has.

        Parameters
        ----------
        annotator_id, batch_id, size
            Who answers, which batch, and how many images a new page has, 1 to 500.
        beside
            Ids of pages already in hand: another one is given. No image is on two live pages of one annotator.
        repeats
            Share of the annotator's own earlier answers for the batch's purpose, 0 to 0.5, that are asked again,
            unmarked, on its new pages.

        Raises
        ------
        UnknownRecordError
            If there is no such annotator or batch.
        PublishedError, ArchivedError, NotQualifiedError
            If the batch is sealed, its attribute archived, or not open to this annotator.
        ParameterError
            If a number lies outside what is allowed.
        """
        _check_page(size, beside, repeats)
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            batch = leases.find_batch(connection, batch_id)
            self._lock_pages(connection, batch.attribute)
            qualifying.check_qualified(connection, annotator_id, batch.attribute, batch.purpose)
            return new_pages.take_page(connection, annotator_id, batch_id, size, beside, repeats, self._clock())

    def next_page(
        self,
        annotator_id: str,
        attribute: str,
        size: int = 24,
        *,
        beside: Sequence[str] = (),
        repeats: float = 0.0,
        batch_id: str | None = None,
        purpose: Purpose = Purpose.TRAINING,
    ) -> Page | None:
        """Give an annotator images of an attribute: a page in hand, else the newest batch that has some for them.

        Parameters
        ----------
        annotator_id, attribute, purpose
            Who answers what. Gold gives the questions of the test under way: see
            `pipeline.label_store.annotators.requirements`.
        batch_id
            Of this batch alone.
        size, beside, repeats
            As in `take_page`.

        Returns
        -------
        Page or None
            None where nothing is left for this annotator now; `work_left` tells what others hold.

        Raises
        ------
        UnknownRecordError, ArchivedError, NotQualifiedError, ParameterError
            As `take_page` says.
        """
        _check_page(size, beside, repeats)
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self._lock_pages(connection, attribute)
            wanted = Purpose(purpose)
            return work.next_page(
                connection, annotator_id, attribute, wanted, batch_id, size, beside, repeats, self._clock()
            )

    def work_left(self, attribute: str, annotator_id: str, *, purpose: Purpose = Purpose.TRAINING) -> Work:
        """Count what an annotator may still answer of an attribute, and how far its unfinished batches are."""
        with self.database.reading() as connection:
            return work.work_left(connection, annotator_id, attribute, Purpose(purpose), self._clock())

    def renew_page(self, page_id: str, annotator_id: str) -> Page:
        """Keep a page for `LEASE_SECONDS` more; give it, less what others got while it had expired."""
        with self.database.writing() as connection:
            self._lock_pages(connection, leases.attribute_of_page(connection, page_id))
            return leases.renew_page(connection, page_id, annotator_id, self._clock())

    def give_back(self, page_id: str, annotator_id: str) -> None:
        """Let others have at once what is not answered on a page."""
        with self.database.writing() as connection:
            leases.give_back(connection, page_id, annotator_id, self._clock())

    def skip(self, page_id: str, annotator_id: str, draw_ids: Sequence[int]) -> None:
        """Let others have images of a page at once; this annotator is not given them again.

        Answering one of them on that page all the same is recorded, and takes the skip back.

        Raises
        ------
        UnknownRecordError
            If the page is not this annotator's, or a draw not on it.
        """
        with self.database.writing() as connection:
            leases.skip(connection, page_id, annotator_id, draw_ids, self._clock())

    def _lock_pages(self, connection: Connection, attribute: str) -> None:
        """Let one at a time give out images of an attribute, so that two never see the same one free."""
        self.database.lock(connection, f"lease {self.uuid} {attribute}")


def _check_page(size: int, beside: Sequence[str], repeats: float) -> None:
    if not 1 <= size <= LARGEST_PAGE:
        raise ParameterError(f"A page of {size} images was asked for; 1 to {LARGEST_PAGE} are allowed.")
    if len(beside) > MOST_BESIDE:
        raise ParameterError(f"{len(beside)} pages in hand were named; up to {MOST_BESIDE} are allowed.")
    if not 0 <= repeats <= LARGEST_SHARE:
        raise ParameterError(f"A share of {repeats} second looks was asked for; 0 to {LARGEST_SHARE} is allowed.")
