"""The store's methods about people: who answers, and who is here."""

from __future__ import annotations

from functools import cached_property

from pipeline.label_store.annotators import people
from pipeline.label_store.annotators.people import Presence
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.records import Annotator

__all__ = ["PeopleMethods"]


class PeopleMethods(Transactions):
    """Methods of `pipeline.label_store.LabelStore`."""

    def add_annotator(self, name: str) -> Annotator:
        """Record somebody who will answer.

        Raises
        ------
        ParameterError
            If the name is empty also to the eye, longer than 80 characters or no plain text.
        """
        with self.database.writing() as connection:
            return people.add_annotator(connection, name, self._clock())

    def annotators(self) -> list[Annotator]:
        """List everybody, oldest first."""
        with self.database.reading() as connection:
            return people.list_annotators(connection)

    def annotator(self, annotator_id: str) -> Annotator:
        """Give somebody by id.

        Raises
        ------
        UnknownRecordError
            If nobody has it.
        """
        with self.database.reading() as connection:
            return people.find_annotator(connection, annotator_id)

    def seen(self, session_id: str, annotator_id: str, doing: str = "", *, take_over: bool = False) -> list[Presence]:
        """Note that somebody's window is alive; give all live windows of that person, the one that began last first.

        Parameters
        ----------
        session_id
            Names the window, 1 to 64 characters.
        annotator_id
            Who works in it.
        doing
            What is done in it, for the others, up to 100 characters.
        take_over
            Let this window count as the one that began last.

        Raises
        ------
        UnknownRecordError, ParameterError
            If there is no such annotator, or a text is not allowed.
        """
        with self.database.writing() as connection:
            self.database.lock(connection, f"session {session_id}")
            now = self._clock()
            people.heartbeat(connection, session_id, annotator_id, doing, now, take_over=take_over)
            return people.list_present(connection, now, annotator_id)

    def gone(self, session_id: str) -> None:
        """Note that a window was closed; one that is not known changes nothing."""
        with self.database.writing() as connection:
            people.forget(connection, session_id)

    def present(self) -> list[Presence]:
        """List everybody's live windows: those that were `seen` within `PRESENCE_SECONDS`."""
        with self.database.reading() as connection:
            return people.list_present(connection, self._clock())

    @cached_property
    def secret(self) -> bytes:
        """32 random bytes to sign what browsers bring back; the same for all servers of this store."""
        with self.database.reading() as connection:
            return people.read_secret(connection)
