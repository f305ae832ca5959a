"""What all faces of the store share: database, images, clock, and acts that are recorded once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pipeline.errors import ActError, ParameterError, UnknownRecordError
from pipeline.label_store.annotators import people
from pipeline.label_store.answers import log as acts
from pipeline.label_store.images import KnownImages
from pipeline.label_store.records import Act
from pipeline.label_store.schema.database import Database

__all__ = ["Receipt", "Transactions", "new_act_id", "new_batch_id", "word"]

LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of recording an act.

    Parameters
    ----------
    act
        The act; it is on disk.
    late
        Draws whose reply was not recorded because others had answered them after the page expired.
    left_out
        Images of a bulk answer that must not train, ascending.
    """

    act: Act
    late: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()


def new_batch_id() -> str:
    """Make the id of a batch that is to be drawn."""
    return uuid.uuid4().hex


def new_act_id() -> str:
    """Make an id for an act; keep it until the store has acknowledged the act."""
    return uuid.uuid4().hex


class Transactions:
    """The database of a store, its images, its identity and its clock, shared by all faces of the store.

    Parameters
    ----------
    database, images, uuid, clock
        As in `pipeline.label_store.store.LabelStore`.
    """

    def __init__(self, database: Database, images: KnownImages, uuid: str, clock: Callable[[], float]) -> None:
        self.database = database
        self.images = images
        self.uuid = uuid
        self.now = clock

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that only reads."""
        return self.database.reading()

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction that writes. It is durable when the block ends."""
        return self.database.writing()

    def lock(self, connection: Connection, subject: str) -> None:
        """Wait until no other transaction of this store holds the lock of a subject."""
        kind, _, rest = subject.partition(" ")
        self.database.lock(connection, f"{kind} {self.uuid} {rest}".rstrip())

    def lock_pages(self, connection: Connection, attribute: str) -> None:
        """Let one transaction at a time lease images of an attribute, so that two never lease the same image."""
        self.lock(connection, f"lease {attribute}")

    def once(
        self, act_id: str, annotator_id: str, record: Callable[[Connection], tuple[int, ...]], *, late: bool
    ) -> Receipt:
        """Record an act unless it is recorded already.

        Two senders of one act meet at its unique id, and one of them waits.
        """
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

    def change(self, change: Callable[..., Act], act_id: str, annotator_id: str, target_id: str | None) -> Act:
        """Record an undo or a redo unless it is recorded already, and return its target."""
        with self._acting(act_id, annotator_id) as (connection, done):
            if done is None:
                return change(connection, act_id, annotator_id, target_id, self.now())
            if done.target is None:
                raise ActError(f"The id {act_id} is that of an answer. Every act needs an id of its own.")
            return acts.by_sequence(connection, done.target)

    @contextmanager
    def _acting(self, act_id: str, annotator_id: str) -> Iterator[tuple[Connection, Act | None]]:
        """Open a transaction, with the act if it was recorded before."""
        if not 1 <= len(act_id) <= 36:
            raise ParameterError("The id of an act has 1 to 36 characters. Take one from `new_act_id`.")
        with self.database.writing() as connection:
            yield connection, acts.find_act(connection, act_id, annotator_id)


def word(text: str, what: str) -> str:
    """Check a short text that names something."""
    return people.plain_text(text, LONGEST_WORD, what)
