"""The store's methods about annotators as such: who may answer what, gold questions, and what everybody said."""

from __future__ import annotations

from pipeline.label_store.annotators import people
from pipeline.label_store.annotators.requirements import Qualification, Requirements
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.attributes import definitions
from pipeline.label_store.attributes.records import AttributeEntry
from pipeline.label_store.questions import gold
from pipeline.label_store.questions import qualification as qualifying
from pipeline.label_store.questions.gold import GoldStanding
from pipeline.label_store.records import Batch
from pipeline.label_store.summaries import annotator_answers
from pipeline.label_store.summaries.annotator_answers import AnnotatorAnswers

__all__ = ["AnnotatorMethods"]


class AnnotatorMethods(Transactions):
    """Methods of `pipeline.label_store.LabelStore`."""

    def set_requirements(self, annotator_id: str, name: str, requirements: Requirements) -> AttributeEntry:
        """Set who may answer an attribute, from the next page on, and how many gold questions are hidden.

        Raises
        ------
        UnknownRecordError
            If there is no such annotator or attribute.
        """
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self.database.lock(connection, f"attributes {self.uuid}")
            return definitions.set_requirements(connection, annotator_id, name, requirements, self._clock())

    def permit(self, by: str, name: str, annotator_id: str, allowed: bool | None) -> None:
        """Let an annotator answer an attribute, or not, whatever it requires; None lets the requirements decide again.

        Raises
        ------
        UnknownRecordError
            If there is no such annotator or attribute.
        """
        with self.database.writing() as connection:
            people.check_annotator(connection, by)
            self.database.lock(connection, f"attributes {self.uuid}")
            qualifying.permit(connection, by, name, annotator_id, allowed, self._clock())

    def qualification(self, annotator_id: str, name: str) -> Qualification:
        """Tell whether somebody may answer an attribute, and what is missing."""
        with self.database.reading() as connection:
            return qualifying.qualification(connection, annotator_id, name)

    def disqualified(self, name: str) -> frozenset[str]:
        """Give the ids of those who answered an attribute and were kept out since, or failed their last test.

        Their answers stay in the log and count; `labels` and `answer_table` leave them out with ``exclude``.
        """
        with self.database.reading() as connection:
            return qualifying.disqualified(connection, name)

    def make_gold(self, name: str, count: int, *, seed: int) -> Batch:
        """Draw settled images of an attribute as gold questions, half of them yes as far as there are.

        Settled is what the attribute's rule settles from answers to single images, strokes left out; one of a group of
        near-duplicates is drawn, none that was gold before.

        Parameters
        ----------
        name
            The attribute.
        count
            How many, 2 to 2,000; fewer are drawn where fewer are settled.
        seed
            Of the draw.

        Raises
        ------
        ParameterError
            If the number is not allowed, or there is no settled yes or no settled no.
        UnknownRecordError, ArchivedError
            If there is no such attribute, or it is archived.
        """
        with self.database.writing() as connection:
            self.database.lock(connection, f"draw {self.uuid} {name}")
            return Batch(*gold.make_gold(connection, self.images, name, count, seed, self._clock()))

    def retire_gold(self, annotator_id: str, name: str, image_id: int) -> None:
        """Take a gold question back that is itself wrong: it is asked no more, and its answers count for nobody.

        Raises
        ------
        UnknownRecordError
            If there is no such annotator, or the image is no gold question of the attribute.
        """
        with self.database.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self.database.lock(connection, f"attributes {self.uuid}")
            gold.retire_gold(connection, annotator_id, name, image_id, self._clock())

    def gold_standing(self, name: str) -> GoldStanding:
        """Tell what gold an attribute has, and of how many images more could be made."""
        with self.database.reading() as connection:
            return gold.standing(connection, self.images, name)

    def annotator_answers(self, name: str) -> AnnotatorAnswers:
        """Read all answers to single images of an attribute, with what gold and second looks say of each."""
        with self.database.reading() as connection:
            return annotator_answers.annotator_answers(connection, name)
