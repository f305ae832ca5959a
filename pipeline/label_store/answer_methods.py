"""The store's methods that record what people say, and take it back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pipeline.label_store import acts, people
from pipeline.label_store.records import Act, Purpose, Reply, Value
from pipeline.label_store.transactions import Receipt, Transactions, word

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
        PurposeError
            If none of them may train.
        """
        self.images.rows(image_ids)
        common: dict[str, object] = {
            "attribute": word(attribute, "attribute"),
            "definition_version": definition_version,
            "reason": word(reason, "reason"),
            "model_version": "",
        }

        def record(connection: Connection) -> tuple[int, ...]:
            people.check_annotator(connection, annotator_id)
            return acts.stroke(connection, act_id, annotator_id, image_ids, Value(value), common, self._clock())

        return self._once(act_id, annotator_id, record, late=False)

    def caption(self, act_id: str, annotator_id: str, image_id: int, text: str) -> Receipt:
        """Record a text about an image, of up to 2,000 characters."""
        self.images.rows([image_id])
        words = people.plain_text(text, LONGEST_CAPTION, "caption")

        def record(connection: Connection) -> tuple[int, ...]:
            people.check_annotator(connection, annotator_id)
            acts.add_caption(connection, act_id, annotator_id, image_id, words, self._clock())
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
