"""All answers to one attribute as arrays. Works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from pipeline.label_store.annotators.people import list_annotators
from pipeline.label_store.log_reading import CODES, counting
from pipeline.label_store.records import REPEAT, SPOT_CHECK, Annotator, Purpose
from pipeline.label_store.schema.tables import acts, answers, undone

__all__ = ["AnswerTable", "answer_table"]


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """Surviving answers to one attribute, in the order of the log; m rows.

    Parameters
    ----------
    image_ids
        int64 (m,).
    annotators
        int32 (m,). Indexes in `people`.
    people
        All annotators, oldest first.
    values
        int8 (m,). `Label.YES`, `Label.NO` or `Label.UNSURE`.
    at
        float64 (m,), seconds since 1970.
    seconds
        float32 (m,). Time of each answer in seconds; 0 if it was not measured.
    definition_versions
        int32 (m,).
    sequences
        int64 (m,). Sequence numbers of the logged actions.
    purposes, reasons
        Texts (m,). Purpose of the answer, and reason of the draw.
    origins
        Texts (m,). ``"page"``, ``"second look"`` (a repeat, only in training, because other purposes count the first
        answer), ``"spot check"``, ``"stroke"`` (a bulk answer) or ``"import"``.
    """

    image_ids: NDArray[np.int64]
    annotators: NDArray[np.int32]
    people: tuple[Annotator, ...]
    values: NDArray[np.int8]
    at: NDArray[np.float64]
    seconds: NDArray[np.float32]
    definition_versions: NDArray[np.int32]
    sequences: NDArray[np.int64]
    purposes: NDArray[np.str_]
    reasons: NDArray[np.str_]
    origins: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.image_ids)


def answer_table(
    connection: Connection, attribute: str, purposes: Collection[Purpose], exclude: Collection[str] = ()
) -> AnswerTable:
    """Read the surviving, `counting` answers to an attribute for some purposes, barred images included."""
    rows = connection.execute(
        select(
            answers.c.image_id,
            answers.c.annotator_id,
            answers.c.value,
            answers.c.seconds,
            answers.c.definition_version,
            answers.c.sequence,
            answers.c.purpose,
            answers.c.reason,
            answers.c.draw_id.is_(None).label("undrawn"),
            acts.c.at,
        )
        .join(acts, acts.c.sequence == answers.c.sequence)
        .where(answers.c.attribute == attribute, answers.c.purpose.in_([Purpose(each).value for each in purposes]))
        .where(answers.c.sequence.not_in(undone()), counting(), answers.c.annotator_id.not_in(list(exclude)))
        .order_by(answers.c.sequence, answers.c.image_id)
    ).all()
    people = tuple(list_annotators(connection))
    places = {person.id: place for place, person in enumerate(people)}
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * 10
    images, annotator_ids, values, seconds, versions, sequences, said_for, reasons, undrawn, at = columns
    return AnswerTable(
        image_ids=np.array(images, np.int64),
        annotators=np.array([places[annotator_id] for annotator_id in annotator_ids], np.int32),
        people=people,
        values=np.array([CODES[value] for value in values], np.int8),
        at=np.array(at, np.float64),
        seconds=np.array(seconds, np.float32),
        definition_versions=np.array(versions, np.int32),
        sequences=np.array(sequences, np.int64),
        purposes=np.array(said_for, np.str_),
        reasons=np.array(reasons, np.str_),
        origins=np.array([_origin(*pair) for pair in zip(reasons, undrawn, strict=True)], np.str_),
    )


def _origin(reason: str, undrawn: bool) -> str:
    if undrawn:
        return "import" if reason.startswith("import") else "stroke"
    return reason if reason in {REPEAT, SPOT_CHECK} else "page"
