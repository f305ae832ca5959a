"""The store's methods that record what people say, and take it back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pipeline.errors import ParameterError
from pipeline.label_store import absent_images as absence
from pipeline.label_store.annotators import people
from pipeline.label_store.answers import bulk_answers, captions
from pipeline.label_store.answers import log as acts
from pipeline.label_store.answers.bulk_answers import BulkAnswer
from pipeline.label_store.api.transactions import Receipt, Transactions, word
from pipeline.label_store.questions import qualification as qualifying
from pipeline.label_store.records import CAPTIONS, Act, Batch, Purpose, Reply, Value

__all__ = ["AnswerMethods"]

LONGEST_CAPTION = 2_000


class AnswerMethods(Transactions):
    """Methods of `pipeline.label_store.LabelStore`."""

    def answer(
        self,
        act_id: str,
        page_id: str,
        annotator_id: str,
        replies: Sequence[Reply],
        *,
        purpose: Purpose | None = None,
    ) -> Receipt:
        """Record replies to images of a page as one act. Answering keeps the page, as `renew_page` does.

        Parameters
        ----------
        act_id
            From `new_act_id`; the same for every attempt to send the same replies.
        page_id, annotator_id
            The page, which must be this annotator's.
        replies
            One for each image answered; a second answer to an image replaces the first as the annotator's last word.
        purpose
            What the caller believes to be answering; checked against the page.

        Raises
        ------
        LeaseError
            If every reply came too late: the page had expired and others have answered since.
        PurposeError, PublishedError, UnknownRecordError, ParameterError
            If the purpose differs, the batch is sealed, a draw is not on the page, or a reply is not allowed.
        StoreUnavailableError, StoreFullError
            If it could not be made durable. Nothing was recorded; send the same again.
        """

        def record(connection: Connection) -> tuple[int, ...]:
            now = self._clock()
            return acts.answer_page(connection, act_id, page_id, annotator_id, replies, purpose, now)

        return self._once(act_id, annotator_id, record, late=True)

    def stroke(
        self,
        act_id: str,
        annotator_id: str,
        attribute: str,
        definition_version: int,
        image_ids: Sequence[int],
        value: Value,
        *,
        reason: str = "stroke",
    ) -> Receipt:
        """Record one training answer for many images at once, as one act.

        Images that must not train are left out and named in the receipt.

        Raises
        ------
        UnknownImageError
            If the collection lacks one of the images.
        PurposeError, NotQualifiedError
            If none of them may train, or the attribute is not open to this annotator.
        ParameterError
            If there are more than `LARGEST_BULK_ANSWER`, or captions are asked, which have no such answers.
        """
        if attribute == CAPTIONS:
            raise ParameterError("A caption is a text, not a yes or no. Send a text for each image.")
        bulk_answers.check_length(image_ids)
        self.images.rows(image_ids)
        common: dict[str, object] = {
            "attribute": word(attribute, "attribute"),
            "definition_version": definition_version,
            "reason": word(reason, "reason"),
            "model_version": "",
        }

        def record(connection: Connection) -> tuple[int, ...]:
            people.check_annotator(connection, annotator_id)
            absence.remember(connection, self.images, image_ids)
            qualifying.check_qualified(connection, annotator_id, attribute, Purpose.TRAINING)
            return acts.stroke(connection, act_id, annotator_id, image_ids, Value(value), common, self._clock())

        return self._once(act_id, annotator_id, record, late=False)

    def spot_check(self, act_id: str, annotator_id: str, size: int = 30, *, seed: int) -> Batch:
        """Draw images of a stroke for one annotator to look at one by one; asked a second time, give the same batch.

        Parameters
        ----------
        act_id
            The stroke.
        annotator_id
            Who looks; nobody else is asked.
        size
            How many, 1 to 500; all where the stroke has no more.
        seed
            Of the draw, which is uniform and without replacement.

        Raises
        ------
        UnknownRecordError, ActError
            If there is no such stroke, or it was undone.
        ArchivedError, PurposeError, ParameterError
            If the attribute is archived, no image of it may train any more, or the size is not allowed.
        """
        with self.database.writing() as connection:
            attribute = bulk_answers.bulk_answer_facts(connection, act_id).attribute
            self.database.lock(connection, f"draw {self.uuid} {attribute}")
            return Batch(*bulk_answers.spot_check(connection, act_id, annotator_id, size, seed, self._clock()))

    def strokes(self, attribute: str) -> list[BulkAnswer]:
        """List the strokes of an attribute with what their spot checks said, undone ones too, newest first."""
        with self.database.reading() as connection:
            return bulk_answers.list_bulk_answers(connection, attribute)

    def caption(
        self,
        act_id: str,
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
        self.images.rows([image_id])
        words = people.plain_text(text, LONGEST_CAPTION, "caption")

        def record(connection: Connection) -> tuple[int, ...]:
            people.check_annotator(connection, annotator_id)
            absence.remember(connection, self.images, [image_id])
            captions.add_caption(connection, act_id, annotator_id, image_id, words, page_id, draw_id, self._clock())
            return ()

        return self._once(act_id, annotator_id, record, late=False)

    def undo(self, act_id: str, annotator_id: str, target_id: str | None = None) -> Act:
        """Undo an act of this annotator, the latest that survives if none is named; give the act undone.

        Raises
        ------
        ActError
            If there is nothing to undo.
        PublishedError
            If it answered a sealed batch.
        """
        return self._change(acts.undo, act_id, annotator_id, target_id)

    def redo(self, act_id: str, annotator_id: str, target_id: str | None = None) -> Act:
        """Do an undone act again; if none is named, the last one undone since the annotator's last new act."""
        return self._change(acts.redo, act_id, annotator_id, target_id)

    def latest_acts(self, annotator_id: str, limit: int = 20) -> list[Act]:
        """List an annotator's answers and captions, newest first."""
        with self.database.reading() as connection:
            return acts.latest_acts(connection, annotator_id, limit)
