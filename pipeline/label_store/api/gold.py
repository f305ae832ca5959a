"""The gold questions of a store."""

from __future__ import annotations

from pipeline.label_store.annotators import people
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.questions import gold
from pipeline.label_store.questions.gold import GoldSummary
from pipeline.label_store.records import Batch

__all__ = ["Gold"]


class Gold:
    """The gold questions of a store."""

    def __init__(self, transactions: Transactions) -> None:
        self._shared = transactions

    def make(self, name: str, count: int, *, seed: int) -> Batch:
        """Draw settled images of an attribute as gold questions, half of them yes if possible.

        An image is settled if answers to single images settle it under the attribute's rule; bulk answers do not count.
        At most one image of each group of near-duplicates is drawn, and no earlier gold question.

        Parameters
        ----------
        name
            Name of the attribute.
        count
            Number of questions, 2 to 2,000. With fewer settled images, fewer are drawn.
        seed
            Seed of the draw.

        Raises
        ------
        ParameterError
            If the number is not allowed, or no yes or no no is settled.
        UnknownRecordError, ArchivedError
            If the attribute does not exist, or is archived.
        """
        with self._shared.writing() as connection:
            self._shared.lock(connection, f"draw {name}")
            return Batch(*gold.make_gold(connection, self._shared.images, name, count, seed, self._shared.now()))

    def retire(self, annotator_id: str, name: str, image_id: int) -> None:
        """Retire a wrong gold question. It is no longer asked, and its answers no longer count.

        Raises
        ------
        UnknownRecordError
            If the annotator does not exist, or the image is not a gold question of the attribute.
        """
        with self._shared.writing() as connection:
            people.check_annotator(connection, annotator_id)
            self._shared.lock(connection, "attributes")
            gold.retire_gold(connection, annotator_id, name, image_id, self._shared.now())

    def summary(self, name: str) -> GoldSummary:
        """Return the number of gold questions of an attribute, and of images that could become one."""
        with self._shared.reading() as connection:
            return gold.summary(connection, self._shared.images, name)
