"""The annotators of a store, and their open windows."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.label_store.annotators import people
from pipeline.label_store.annotators.imported_workers import add_workers
from pipeline.label_store.annotators.people import Presence
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.records import Annotator

__all__ = ["Annotators"]


class Annotators:
    """The annotators of a store, and their open windows."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def add(self, name: str) -> Annotator:
        """Add an annotator.

        Raises
        ------
        ParameterError
            If the name is empty or invisible, longer than 80 characters, or not plain text.
        """
        with self._shared.writing() as connection:
            return people.add_annotator(connection, name, self._shared.now())

    def add_workers(self, names: Iterable[str]) -> dict[str, str]:
        """Return the id of the annotator of each worker from elsewhere, adding those that are not there.

        Nobody can sign in as one of them, see `pipeline.label_store.annotators.imported_workers`.
        """
        with self._shared.writing() as connection:
            return add_workers(connection, names, self._shared.now())

    def list_all(self) -> list[Annotator]:
        """Return all annotators, oldest first."""
        with self._shared.reading() as connection:
            return people.list_annotators(connection)

    def find(self, annotator_id: str) -> Annotator:
        """Return the annotator with an id.

        Raises
        ------
        UnknownRecordError
            If it does not exist.
        """
        with self._shared.reading() as connection:
            return people.find_annotator(connection, annotator_id)

    def heartbeat(
        self, session_id: str, annotator_id: str, doing: str = "", *, take_over: bool = False
    ) -> list[Presence]:
        """Record that a window of an annotator is open, and return all their open windows, newest first.

        Parameters
        ----------
        session_id
            Id of the window, 1 to 64 characters.
        annotator_id
            Annotator who uses it.
        doing
            A note about the present work, shown to others, up to 100 characters.
        take_over
            Whether this window becomes the newest one.

        Raises
        ------
        UnknownRecordError, ParameterError
            If the annotator does not exist, or a text is not allowed.
        """
        with self._shared.writing() as connection:
            self._shared.database.lock(connection, f"session {session_id}")
            now = self._shared.now()
            people.heartbeat(connection, session_id, annotator_id, doing, now, take_over=take_over)
            return people.list_present(connection, now, annotator_id)

    def leave(self, session_id: str) -> None:
        """Record that a window was closed. An unknown window changes nothing."""
        with self._shared.writing() as connection:
            people.forget(connection, session_id)

    def list_present(self) -> list[Presence]:
        """Return all open windows: those with a `heartbeat` within `PRESENCE_SECONDS`."""
        with self._shared.reading() as connection:
            return people.list_present(connection, self._shared.now())
