"""The questions of a store, given to annotators as pages."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import ParameterError
from pipeline.label_store.annotators import people
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.questions import leases
from pipeline.label_store.questions import pages as new_pages
from pipeline.label_store.questions import qualification as qualifying
from pipeline.label_store.questions import queue as work
from pipeline.label_store.questions.queue import Work
from pipeline.label_store.records import Page, Purpose

__all__ = ["Questions"]

LARGEST_PAGE = 500
LARGEST_SHARE = 0.5
MOST_BESIDE = 100


class Questions:
    """The questions of a store, given to annotators as pages."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def take_page(
        self,
        annotator_id: str,
        batch_id: str,
        size: int = 24,
        *,
        beside: Sequence[str] = (),
        repeats: float = 0.0,
    ) -> Page:
        """Return a page of a batch: the annotator's oldest page, else a new page of images that no one else has.

        Parameters
        ----------
        annotator_id, batch_id, size
            Annotator, batch, and number of images of a new page, 1 to 500.
        beside
            Ids of pages that the caller already has, which are not returned. An image is on at most one live page of an
            annotator.
        repeats
            Share of the annotator's earlier answers for the purpose of the batch, 0 to 0.5, that is asked again,
            unmarked, on new pages.

        Raises
        ------
        UnknownRecordError
            If the annotator or the batch does not exist.
        PublishedError, ArchivedError, NotQualifiedError
            If the batch is published, its attribute is archived, or the annotator may not answer it.
        ParameterError
            If a number is outside its range.
        """
        _check_page(size, beside, repeats)
        with self._shared.writing() as connection:
            people.check_annotator(connection, annotator_id)
            batch = leases.find_batch(connection, batch_id)
            self._shared.lock_pages(connection, batch.attribute)
            qualifying.check_qualified(connection, annotator_id, batch.attribute, batch.purpose)
            return new_pages.take_page(connection, annotator_id, batch_id, size, beside, repeats, self._shared.now())

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
        """Return a page of an attribute: the annotator's present page, else a new page of the newest unfinished batch.

        Parameters
        ----------
        annotator_id, attribute, purpose
            Annotator, attribute and purpose. For gold, a page of the current test: see
            `pipeline.label_store.annotators.requirements`.
        batch_id
            Only this batch. None: any batch of the attribute.
        size, beside, repeats
            As for `take_page`.

        Returns
        -------
        Page or None
            None if no question is left for this annotator now. `count_left` includes questions on other people's pages.

        Raises
        ------
        UnknownRecordError, ArchivedError, NotQualifiedError, ParameterError
            As for `take_page`.
        """
        _check_page(size, beside, repeats)
        with self._shared.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self._shared.lock_pages(connection, attribute)
            wanted = Purpose(purpose)
            return work.next_page(
                connection, annotator_id, attribute, wanted, batch_id, size, beside, repeats, self._shared.now()
            )

    def count_left(self, attribute: str, annotator_id: str, *, purpose: Purpose = Purpose.TRAINING) -> Work:
        """Count the open questions of an attribute for an annotator, and the progress of its batches."""
        with self._shared.reading() as connection:
            return work.work_left(connection, annotator_id, attribute, Purpose(purpose), self._shared.now())

    def renew_page(self, page_id: str, annotator_id: str) -> Page:
        """Extend a page by `LEASE_SECONDS`, and return it without images that others received after it expired."""
        with self._shared.writing() as connection:
            self._shared.lock_pages(connection, leases.attribute_of_page(connection, page_id))
            return leases.renew_page(connection, page_id, annotator_id, self._shared.now())

    def give_back(self, page_id: str, annotator_id: str) -> None:
        """Return the unanswered images of a page to the queue."""
        with self._shared.writing() as connection:
            leases.give_back(connection, page_id, annotator_id, self._shared.now())

    def skip(self, page_id: str, annotator_id: str, draw_ids: Sequence[int]) -> None:
        """Return images of a page to the queue. This annotator does not receive them again.

        If one of them is answered on that page later, the answer is recorded, and the skip is removed.

        Raises
        ------
        UnknownRecordError
            If the annotator does not have the page, or a draw is not on it.
        """
        with self._shared.writing() as connection:
            leases.skip(connection, page_id, annotator_id, draw_ids, self._shared.now())


def _check_page(size: int, beside: Sequence[str], repeats: float) -> None:
    if not 1 <= size <= LARGEST_PAGE:
        raise ParameterError(f"size={size} is outside 1 to {LARGEST_PAGE}.")
    if len(beside) > MOST_BESIDE:
        raise ParameterError(f"beside contains {len(beside)} pages. At most {MOST_BESIDE} are allowed.")
    if not 0 <= repeats <= LARGEST_SHARE:
        raise ParameterError(f"repeats={repeats} is outside 0 to {LARGEST_SHARE}.")
