"""The label store: questions, answers, and the rules for using them.

The methods are grouped by subject: `LabelStore.questions`, `LabelStore.answers` and so on. Each method is one
transaction. When it returns, its changes are on disk. When it raises, nothing was changed. Writing methods that take an
`action_id` can be repeated with the same id after a lost reply; the repetition changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Self

from pipeline.label_store import log_reading
from pipeline.label_store.annotators import people
from pipeline.label_store.api.absent_images import AbsentImages
from pipeline.label_store.api.annotators import Annotators
from pipeline.label_store.api.answers import Answers
from pipeline.label_store.api.attributes import Attributes
from pipeline.label_store.api.batches import Batches
from pipeline.label_store.api.captions import Captions
from pipeline.label_store.api.gold import Gold
from pipeline.label_store.api.qualifications import Qualifications
from pipeline.label_store.api.questions import Questions
from pipeline.label_store.api.transactions import Transactions
from pipeline.label_store.images import KnownImages
from pipeline.label_store.log_reading import StoreState
from pipeline.label_store.schema.database import Database

__all__ = ["LabelStore"]


class LabelStore:
    """The label store of one collection. It is safe to share between threads.

    Parameters
    ----------
    database
        An upgraded database; `pipeline.label_store.opening.open_label_store` makes one.
    images
        Images of the collection, with their groups of near-duplicates.
    store_uuid
        Identity of the store.
    clock
        Returns seconds since 1970. Clocks of machines that share a store must agree to within a few seconds.

    Attributes
    ----------
    annotators, attributes, qualifications
        Annotators, attributes, and the permissions of annotators.
    batches, questions
        Draws of images, and the pages that annotators take from them.
    answers, captions
        The log.
    gold
        Gold questions, which test annotators.
    absent_images
        Images of the log that the collection does not hold now.
    """

    def __init__(
        self, database: Database, images: KnownImages, store_uuid: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database
        self.uuid = store_uuid
        transactions = self._transactions = Transactions(database, images, store_uuid, clock)
        self.annotators = Annotators(transactions)
        self.attributes = Attributes(transactions)
        self.qualifications = Qualifications(transactions)
        self.batches = Batches(transactions)
        self.questions = Questions(transactions)
        self.answers = Answers(transactions)
        self.captions = Captions(transactions)
        self.gold = Gold(transactions)
        self.absent_images = AbsentImages(transactions)

    @property
    def images(self) -> KnownImages:
        """The images of the collection."""
        return self._transactions.images

    def state(self) -> StoreState:
        """Return the state of the store as a few numbers. Equal states have the same questions and answers.

        It is fast enough to read once a second. Presence and leases are not part of it.
        """
        with self._transactions.reading() as connection:
            return log_reading.read_state(connection)

    @cached_property
    def secret(self) -> bytes:
        """32 random bytes that sign the tokens of browsers. All servers of this store use the same."""
        with self._transactions.reading() as connection:
            return people.read_secret(connection)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
