"""Permissions and qualification requirements of a store's attributes."""

from __future__ import annotations

from pipeline.label_store.annotators import people
from pipeline.label_store.annotators.requirements import Qualification, Requirements
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.attributes import definitions
from pipeline.label_store.attributes.records import (
    AttributeEntry,
)
from pipeline.label_store.questions import qualification as qualifying
from pipeline.label_store.questions import repeats
from pipeline.label_store.summaries import annotator_answers
from pipeline.label_store.summaries.annotator_answers import AnnotatorAnswers

__all__ = ["Qualifications"]


class Qualifications:
    """Permissions and qualification requirements of a store's attributes."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def set_requirements(self, annotator_id: str, name: str, requirements: Requirements) -> AttributeEntry:
        """Set the requirements of an attribute and its share of hidden gold questions, from the next page on.

        Raises
        ------
        UnknownRecordError
            If the annotator or the attribute does not exist.
        """
        with self._shared.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self._shared.lock(connection, "attributes")
            return definitions.set_requirements(connection, annotator_id, name, requirements, self._shared.now())

    def permit(self, by: str, name: str, annotator_id: str, allowed: bool | None) -> None:
        """Allow or exclude an annotator by hand, regardless of the requirements; None lets the requirements decide.

        Raises
        ------
        UnknownRecordError
            If the annotator or the attribute does not exist.
        """
        with self._shared.writing() as connection:
            people.check_annotator(connection, by)
            self._shared.lock(connection, "attributes")
            qualifying.permit(connection, by, name, annotator_id, allowed, self._shared.now())

    def find(self, annotator_id: str, name: str) -> Qualification:
        """Return whether an annotator may answer an attribute, and which requirement is missing."""
        with self._shared.reading() as connection:
            return qualifying.qualification(connection, annotator_id, name)

    def disqualified(self, name: str) -> frozenset[str]:
        """Return the annotators who answered an attribute and were excluded since, or failed their last test.

        Their answers stay in the log and count; `labels` and `answer_table` leave them out with ``exclude``.
        """
        with self._shared.reading() as connection:
            return qualifying.disqualified(connection, name)

    def annotator_answers(self, name: str) -> AnnotatorAnswers:
        """Read all answers to single images of an attribute, with the gold answer and the earlier answer to each."""
        with self._shared.reading() as connection:
            return annotator_answers.annotator_answers(connection, name)

    def consistency(self, annotator_id: str, attribute: str | None = None) -> tuple[int, int]:
        """Count an annotator's repeats with the same answer as before, and all answered repeats."""
        with self._shared.reading() as connection:
            return repeats.consistency(connection, annotator_id, attribute)
