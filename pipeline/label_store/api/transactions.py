"""The parts that all interfaces of the store share: database, images, clock, and logged actions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from pipeline.errors import ActionError, ParameterError, UnknownRecordError
from pipeline.label_store.annotators import people
from pipeline.label_store.answers import log as acts
from pipeline.label_store.images import KnownImages
from pipeline.label_store.records import LoggedAction
from pipeline.label_store.schema.database import Database

__all__ = ["Receipt", "Transactions", "new_action_id", "new_batch_id", "word"]

LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result of recording a logged action.

    Parameters
    ----------
    act
        The action, which is on disk.
    late
        Draws whose reply was not recorded, because others had answered them after the page expired.
    left_out
        Barred images of a bulk answer, ascending.
    """

    act: LoggedAction
    late: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()


def new_batch_id() -> str:
    """Return a new id for a batch."""
    return uuid.uuid4().hex


def new_action_id() -> str:
    """Return a new id for a logged action. Keep it until the store has acknowledged the action."""
    return uuid.uuid4().hex


class Transactions:
    """The database, images, identity and clock of a store, shared by all its interfaces.

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
        """Wait for the lock under which images of an attribute are leased, so that no image is leased twice."""
        self.lock(connection, f"lease {attribute}")

    def once(
        self, action_id: str, annotator_id: str, record: Callable[[Connection], tuple[int, ...]], *, late: bool
    ) -> Receipt:
        """Record an action unless it is already recorded.

        If two senders record the same id at the same time, one of them waits for the other.
        """
        try:
            with self._acting(action_id, annotator_id) as (connection, done):
                rest = () if done else record(connection)
                act = done or acts.find_action(connection, action_id, annotator_id)
        except IntegrityError:
            with self._acting(action_id, annotator_id) as (_, act):
                rest = ()
        if act is None:
            raise UnknownRecordError(
                "The action refers to a record that the store does not hold. Nothing was recorded."
            )
        return Receipt(act, late=rest) if late else Receipt(act, left_out=rest)

    def change(
        self, change: Callable[..., LoggedAction], action_id: str, annotator_id: str, target_id: str | None
    ) -> LoggedAction:
        """Record an undo or redo unless it is already recorded, and return its target."""
        with self._acting(action_id, annotator_id) as (connection, done):
            if done is None:
                return change(connection, action_id, annotator_id, target_id, self.now())
            if done.target is None:
                raise ActionError(f"The id {action_id} belongs to an answer. Every action needs an id of its own.")
            return acts.by_sequence(connection, done.target)

    @contextmanager
    def _acting(self, action_id: str, annotator_id: str) -> Iterator[tuple[Connection, LoggedAction | None]]:
        """Open a transaction. Yields also the action if it was recorded before."""
        if not 1 <= len(action_id) <= 36:
            raise ParameterError("The id of an action must have 1 to 36 characters. Use `new_action_id`.")
        with self.database.writing() as connection:
            yield connection, acts.find_action(connection, action_id, annotator_id)


def word(text: str, what: str) -> str:
    """Check a short name."""
    return people.plain_text(text, LONGEST_WORD, what)
