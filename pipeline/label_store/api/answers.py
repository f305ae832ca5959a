"""The log of answers: recording, undoing, reading."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection

from pipeline.annotation.consensus import AgreementRule, Labels, fold_answers
from pipeline.errors import ParameterError
from pipeline.label_store import absent_images as absence
from pipeline.label_store import log_reading as reading
from pipeline.label_store.annotators import people
from pipeline.label_store.answers import bulk_answers
from pipeline.label_store.answers import log as acts
from pipeline.label_store.answers.bulk_answers import BulkAnswer
from pipeline.label_store.answers.imported_hits import HitAnswers, HitReceipt, record_hits
from pipeline.label_store.answers.page_answers import answer_page
from pipeline.label_store.api.transactions import Receipt, Transactions, word
from pipeline.label_store.attributes.definitions import list_attributes
from pipeline.label_store.questions import qualification as qualifying
from pipeline.label_store.records import CAPTIONS, Batch, LoggedAction, LoggedAnswer, Purpose, Reply, Value
from pipeline.label_store.summaries.answer_table import AnswerTable
from pipeline.label_store.summaries.answer_table import answer_table as read_table

__all__ = ["Answers"]


class Answers:
    """The log of answers: recording, undoing, reading."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def record(
        self,
        action_id: str,
        page_id: str,
        annotator_id: str,
        replies: Sequence[Reply],
        *,
        purpose: Purpose | None = None,
    ) -> Receipt:
        """Record replies to images of a page as one action. This renews the page, like `renew_page`.

        Parameters
        ----------
        action_id
            Id from `new_action_id`. Use the same id for every attempt to send the same replies.
        page_id, annotator_id
            A page of this annotator.
        replies
            One for each image answered. A second answer of an annotator to an image replaces the first one.
        purpose
            The expected purpose, compared with that of the page.

        Raises
        ------
        LeaseError
            If all replies are too late: the page had expired, and others have answered since.
        PurposeError, PublishedError, UnknownRecordError, ParameterError
            If the purpose differs, the batch is published, a draw is not on the page, or a reply is not allowed.
        StoreUnavailableError, StoreFullError
            If the action could not be made durable. Nothing was recorded, and it is safe to send it again.
        """

        def record(connection: Connection) -> tuple[int, ...]:
            now = self._shared.now()
            return answer_page(connection, action_id, page_id, annotator_id, replies, purpose, now)

        return self._shared.once(action_id, annotator_id, record, late=True)

    def bulk_answer(
        self,
        action_id: str,
        annotator_id: str,
        attribute: str,
        definition_version: int,
        image_ids: Sequence[int],
        value: Value,
        *,
        reason: str = "stroke",
    ) -> Receipt:
        """Record one training answer for many images, as one action.

        Barred images are left out and listed in the receipt.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        PurposeError, NotQualifiedError
            If all of them are barred, or the annotator may not answer the attribute.
        ParameterError
            If there are more than `LARGEST_BULK_ANSWER` images, or the attribute is `CAPTIONS`.
        """
        if attribute == CAPTIONS:
            raise ParameterError("A caption is a text, not a yes or no. Send a text for each image.")
        bulk_answers.check_length(image_ids)
        self._shared.images.rows(image_ids)
        common: dict[str, object] = {
            "attribute": word(attribute, "attribute"),
            "definition_version": definition_version,
            "reason": word(reason, "reason"),
            "model_version": "",
        }

        def record(connection: Connection) -> tuple[int, ...]:
            people.check_annotator(connection, annotator_id)
            absence.remember(connection, self._shared.images, image_ids)
            qualifying.check_qualified(connection, annotator_id, attribute, Purpose.TRAINING)
            return acts.record_bulk_answer(
                connection, action_id, annotator_id, image_ids, Value(value), common, self._shared.now()
            )

        return self._shared.once(action_id, annotator_id, record, late=False)

    def record_hits(self, hits: Sequence[HitAnswers]) -> HitReceipt:
        """Record pages that workers answered elsewhere, as training answers without a draw, in one transaction.

        Pages that the log holds already are passed over, and images that are barred from training are left out.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        """
        asked = {image_id for hit in hits for image_id in hit.answers}
        self._shared.images.rows(asked)
        with self._shared.writing() as connection:
            absence.remember(connection, self._shared.images, asked)
            versions = {entry.name: entry.definition.version for entry in list_attributes(connection)}
            return record_hits(connection, hits, versions, self._shared.now())

    def spot_check(self, action_id: str, annotator_id: str, size: int = 30, *, seed: int) -> Batch:
        """Draw images of a bulk answer for one annotator to check one by one. A repeated call returns the same batch.

        Parameters
        ----------
        action_id
            Id of the bulk answer.
        annotator_id
            The only annotator who is asked.
        size
            Number of images, 1 to 500. All images if the bulk answer has fewer.
        seed
            Seed of the draw, which is uniform and without replacement.

        Raises
        ------
        UnknownRecordError, ActionError
            If the bulk answer does not exist, or was undone.
        ArchivedError, PurposeError, ParameterError
            If the attribute is archived, all images are barred now, or the size is not allowed.
        """
        with self._shared.writing() as connection:
            attribute = bulk_answers.bulk_answer_facts(connection, action_id).attribute
            self._shared.lock(connection, f"draw {attribute}")
            return Batch(*bulk_answers.spot_check(connection, action_id, annotator_id, size, seed, self._shared.now()))

    def list_bulk_answers(self, attribute: str) -> list[BulkAnswer]:
        """Return the bulk answers of an attribute and their spot checks, newest first, also undone ones."""
        with self._shared.reading() as connection:
            return bulk_answers.list_bulk_answers(connection, attribute)

    def undo(self, action_id: str, annotator_id: str, target_id: str | None = None) -> LoggedAction:
        """Undo an action of this annotator, by default the latest surviving one, and return it.

        Raises
        ------
        ActionError
            If there is nothing to undo.
        PublishedError
            If the batch of its answers is published.
        """
        return self._shared.change(acts.undo, action_id, annotator_id, target_id)

    def redo(self, action_id: str, annotator_id: str, target_id: str | None = None) -> LoggedAction:
        """Redo an undone action, by default the last one undone since the annotator's last new action."""
        return self._shared.change(acts.redo, action_id, annotator_id, target_id)

    def latest(self, annotator_id: str, limit: int = 20) -> list[LoggedAction]:
        """Return the actions of an annotator, newest first."""
        with self._shared.reading() as connection:
            return acts.latest_actions(connection, annotator_id, limit)

    def values_of(self, act: LoggedAction) -> tuple[str | None, dict[int, str]]:
        """Return the page that an action answered, and the answer or caption of each draw.

        Returns None and an empty dict for an action without a page: a bulk answer, an import, a caption without a
        question.
        """
        with self._shared.reading() as connection:
            return reading.said_in(connection, act.sequence)

    def log(self, attribute: str | None = None, after: int = 0) -> Iterator[LoggedAnswer]:
        """Stream the log of answers in order, also undone ones, from one consistent state of the store."""
        with self._shared.reading() as connection:
            yield from reading.log(connection, attribute, after)

    def counts(self) -> dict[tuple[str, Purpose], int]:
        """Count surviving answers by attribute and purpose."""
        with self._shared.reading() as connection:
            return reading.counts(connection)

    def labels(
        self,
        attribute: str,
        purpose: Purpose,
        rule: AgreementRule,
        definition_version: int | None = None,
        *,
        exclude: Collection[str] = (),
    ) -> Labels:
        """Return the labels from the surviving answers for one purpose, for all versions of the definition or for one.

        Labels for training contain no image that was drawn for validation, certification or audit, and no
        near-duplicate of one. For these three purposes the first answer of an annotator to an image counts, and repeats
        do not.

        Parameters
        ----------
        attribute, purpose, rule, definition_version
            Attribute, purpose, agreement rule, and version of the definition. None: all versions.
        exclude
            Ids of annotators whose answers are left out: see `disqualified`. Some images may be open without them.
        """
        with self._shared.reading() as connection:
            arrays = reading.surviving_answers(connection, attribute, purpose, definition_version, exclude)
        return fold_answers(*arrays, rule)

    def table(
        self,
        attribute: str,
        purposes: Collection[Purpose] = (Purpose.TRAINING, Purpose.VALIDATION),
        *,
        exclude: Collection[str] = (),
    ) -> AnswerTable:
        """Read all surviving answers to an attribute for some purposes as arrays, in the order of the log.

        Answers to barred images are included, while `labels` leaves them out of training. Repeats are included for
        training only. `exclude` contains annotators whose answers are left out.
        """
        with self._shared.reading() as connection:
            return read_table(connection, attribute, purposes, exclude)
