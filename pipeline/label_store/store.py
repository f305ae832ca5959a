"""The label store: who was asked what, what they said, and what may be done with it.

Every method is one transaction. When it returns, what it did is on disk; when it raises, it did nothing. Writing
methods that take an `act_id` may be called again with the same one after a lost reply, and then change nothing.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pipeline.agreement import AgreementRule, Labels, fold_answers
from pipeline.errors import ActError, ParameterError, UnknownRecordError
from pipeline.label_store import acts, draws, leases, people, reading
from pipeline.label_store.database import Database
from pipeline.label_store.images import KnownImages
from pipeline.label_store.records import Act, Annotator, Caption, Drawn, LoggedAnswer, Page, Purpose, Reply, Value

__all__ = ["Batch", "LabelStore", "Receipt", "new_act_id"]

LONGEST_CAPTION = 2_000
LONGEST_WORD = 100
LARGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Batch:
    """What a draw became: its id, and how many of the images given are asked."""

    id: str
    images: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was recorded.

    Parameters
    ----------
    act
        The act; it is on disk.
    late
        Draws whose reply was not recorded because others had answered them after the page expired.
    left_out
        Images of a stroke that must not train, ascending.
    """

    act: Act
    late: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()


def new_act_id() -> str:
    """Make an id for an act; keep it until the store has acknowledged the act."""
    return uuid.uuid4().hex


class LabelStore:
    """Answers of annotators about the images of one collection; safe to share between threads.

    Parameters
    ----------
    database
        An upgraded database; `pipeline.label_store.opening.open_label_store` makes one.
    images
        Images that may be asked about, and their groups of near-duplicates.
    store_uuid
        Identity of the store.
    clock
        Gives seconds since 1970. Machines that share a store must agree to within a few seconds.
    """

    def __init__(
        self, database: Database, images: KnownImages, store_uuid: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database
        self.images = images
        self.uuid = store_uuid
        self._clock = clock

    def add_annotator(self, name: str) -> Annotator:
        """Record somebody who will answer.

        Raises
        ------
        ParameterError
            If the name is empty, longer than 80 characters or no plain text.
        """
        with self.database.writing() as connection:
            return people.add_annotator(connection, name, self._clock())

    def annotators(self) -> list[Annotator]:
        """List everybody, oldest first."""
        with self.database.reading() as connection:
            return people.list_annotators(connection)

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
            "attribute": _word(attribute, "attribute"),
            "definition_version": definition_version,
            "purpose": Purpose(purpose).value,
            "model_version": model_version if not model_version else _word(model_version, "model version"),
            "created": self._clock(),
        }
        for reason in {entry.reason for entry in drawn}:
            _word(reason, "reason of a draw")
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
            "attribute": _word(attribute, "attribute"),
            "definition_version": definition_version,
            "reason": _word(reason, "reason"),
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

    def labels(
        self, attribute: str, purpose: Purpose, rule: AgreementRule, definition_version: int | None = None
    ) -> Labels:
        """Fold the surviving answers for one purpose into labels; all versions of the definition unless one is given.

        Labels for training hold no image that was drawn for validation, certification or audit, nor a near-duplicate.
        """
        with self.database.reading() as connection:
            arrays = reading.surviving_answers(connection, attribute, purpose, definition_version)
        return fold_answers(*arrays, rule)

    def counts(self) -> dict[tuple[str, Purpose], int]:
        """Count surviving answers by attribute and purpose."""
        with self.database.reading() as connection:
            return reading.counts(connection)

    def log(self, attribute: str | None = None, after: int = 0) -> Iterator[LoggedAnswer]:
        """Stream the log of answers in order, undone ones too, of one state of the store."""
        with self.database.reading() as connection:
            yield from reading.log(connection, attribute, after)

    def captions(self, image_ids: Iterable[int]) -> list[Caption]:
        """Read the captions that people gave to some images, oldest first."""
        with self.database.reading() as connection:
            return reading.read_captions(connection, image_ids)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def _acting(self, act_id: str, annotator_id: str) -> Iterator[tuple[Connection, Act | None]]:
        """Open a transaction, with the act if it was recorded before."""
        if not 1 <= len(act_id) <= 36:
            raise ParameterError("The id of an act has 1 to 36 characters. Take one from `new_act_id`.")
        with self.database.writing() as connection:
            yield connection, acts.find_act(connection, act_id, annotator_id)

    def _once(
        self, act_id: str, annotator_id: str, record: Callable[[Connection], tuple[int, ...]], *, late: bool
    ) -> Receipt:
        """Record an act unless it is there; two senders of one act meet at the unique id, and one of them waits."""
        try:
            with self._acting(act_id, annotator_id) as (connection, done):
                rest = () if done else record(connection)
                act = done or acts.find_act(connection, act_id, annotator_id)
        except IntegrityError:
            with self._acting(act_id, annotator_id) as (_, act):
                rest = ()
        if act is None:
            raise UnknownRecordError("The act refers to something the store does not hold. Nothing was recorded.")
        return Receipt(act, late=rest) if late else Receipt(act, left_out=rest)

    def _change(self, change: Callable[..., Act], act_id: str, annotator_id: str, target_id: str | None) -> Act:
        with self._acting(act_id, annotator_id) as (connection, done):
            if done is None:
                return change(connection, act_id, annotator_id, target_id, self._clock())
            if done.target is None:
                raise ActError(f"The id {act_id} is that of an answer. Every act needs an id of its own.")
            return acts.by_sequence(connection, done.target)


def _word(text: str, what: str) -> str:
    return people.plain_text(text, LONGEST_WORD, what)
