"""The label store: who was asked what, what they said, and what may be done with it.

Every method is one transaction. When it returns, what it did is on disk; when it raises, it did nothing. Writing
methods that take an `act_id` may be called again with the same one after a lost reply, and then change nothing.
"""

from __future__ import annotations

from typing import Self

from pipeline.label_store.api.annotators import PeopleMethods
from pipeline.label_store.api.answers import AnswerMethods
from pipeline.label_store.api.attributes import AttributeMethods
from pipeline.label_store.api.qualification import AnnotatorMethods
from pipeline.label_store.api.questions import WorkMethods
from pipeline.label_store.api.reading import ReadingMethods

__all__ = ["LabelStore"]


class LabelStore(PeopleMethods, AttributeMethods, WorkMethods, AnswerMethods, AnnotatorMethods, ReadingMethods):
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

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
