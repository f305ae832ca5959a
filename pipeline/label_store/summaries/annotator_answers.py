"""All answers to single images of an attribute, with the gold answer and the earlier answer, as arrays.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from pipeline.label_store.annotators.people import list_annotators
from pipeline.label_store.log_reading import CODES
from pipeline.label_store.questions.repeats import looks_of
from pipeline.label_store.records import Annotator, Purpose
from pipeline.label_store.schema.tables import answers, draws, retired_gold, undone

__all__ = ["AnnotatorAnswers", "annotator_answers"]

_NONE = -1


@dataclass(frozen=True, slots=True)
class AnnotatorAnswers:
    """Answers to single images for all purposes, one for each question and annotator, in the order of first answers.

    Bulk answers, imports and answers to retired gold questions are left out.

    Parameters
    ----------
    people
        All annotators, oldest first.
    annotators
        int32 (m,). Indexes in `people`.
    image_ids
        int64 (m,).
    values
        int8 (m,). The last answer: `Label.YES`, `Label.NO` or `Label.UNSURE`.
    seconds
        float32 (m,). Time of the answer in seconds; 0 if it was not measured.
    expected
        int8 (m,). `Label.YES` or `Label.NO` for a gold question, -1 for another question.
    before
        int8 (m,). The previous answer of the same annotator for a repeat, otherwise -1.
    """

    people: tuple[Annotator, ...]
    annotators: NDArray[np.int32]
    image_ids: NDArray[np.int64]
    values: NDArray[np.int8]
    seconds: NDArray[np.float32]
    expected: NDArray[np.int8]
    before: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.image_ids)


def annotator_answers(connection: Connection, attribute: str) -> AnnotatorAnswers:
    """Read all answers to single images of an attribute."""
    rows = connection.execute(
        select(
            answers.c.annotator_id,
            answers.c.draw_id,
            answers.c.image_id,
            answers.c.value,
            answers.c.seconds,
            draws.c.purpose,
            draws.c.expected,
        )
        .join(draws, draws.c.id == answers.c.draw_id)
        .where(answers.c.attribute == attribute, answers.c.sequence.not_in(undone()))
        .order_by(answers.c.sequence, answers.c.image_id)
    ).all()
    retired = select(retired_gold.c.image_id).where(retired_gold.c.attribute == attribute)
    gone = set(connection.execute(retired).scalars())
    kept = {
        (row.annotator_id, row.draw_id): row
        for row in rows
        if not (row.purpose == Purpose.GOLD and row.image_id in gone)
    }
    people = tuple(list_annotators(connection))
    places = {person.id: place for place, person in enumerate(people)}
    said_before = {
        draw_id: before
        for annotator_id in dict.fromkeys(row.annotator_id for row in kept.values())
        for draw_id, (before, _) in looks_of(connection, annotator_id, attribute).items()
    }
    last = list(kept.values())
    before = [CODES[said_before[row.draw_id]] if row.draw_id in said_before else _NONE for row in last]
    return AnnotatorAnswers(
        people=people,
        annotators=np.array([places[row.annotator_id] for row in last], np.int32),
        image_ids=np.array([row.image_id for row in last], np.int64),
        values=np.array([CODES[row.value] for row in last], np.int8),
        seconds=np.array([row.seconds for row in last], np.float32),
        expected=np.array([_NONE if row.expected is None else CODES[row.expected] for row in last], np.int8),
        before=np.array(before, np.int8),
    )
