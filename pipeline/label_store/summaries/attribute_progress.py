"""Where every attribute stands, and all that was said of one, as arrays. Works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, case, func, select

from pipeline.annotation.consensus import Label, agreement_rule, label_of_counts
from pipeline.label_store.annotators.people import list_annotators
from pipeline.label_store.attributes.definitions import list_attributes
from pipeline.label_store.attributes.records import AttributeEntry
from pipeline.label_store.log_reading import CODES, counting
from pipeline.label_store.records import SECOND_LOOK, SPOT_CHECK, Annotator, Purpose, Value
from pipeline.label_store.schema.tables import acts, answers, barred, batches, draws, here, undone

__all__ = ["AnswerTable", "Standing", "answer_table", "board"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an attribute stands.

    Parameters
    ----------
    entry
        The attribute.
    yes, no, unsure, split, open
        Images by their label for training, under the attribute's own rule.
    answers, people, last_at
        Surviving answers for every purpose, how many people gave them, and when the last was given: seconds since
        1970, None where there is none.
    left
        Draws that want further answers, for every purpose; second looks and gold are none of them.
    absent
        Surviving answers, for every purpose, about images that the collection does not hold. They are among `answers`;
        no label and no draw left counts such an image.
    """

    entry: AttributeEntry
    yes: int
    no: int
    unsure: int
    split: int
    open: int
    answers: int
    people: int
    left: int
    last_at: float | None
    absent: int = 0


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """Surviving answers to one attribute, in the order of the log; m rows.

    Parameters
    ----------
    image_ids
        int64 (m,).
    annotators
        int32 (m,), places in `people`.
    people
        Everybody, oldest first.
    values
        int8 (m,): `Label.YES`, `Label.NO` or `Label.UNSURE`.
    at
        float64 (m,), seconds since 1970.
    seconds
        float32 (m,) that each took; 0 where nobody measured.
    definition_versions
        int32 (m,).
    sequences
        int64 (m,), the acts.
    purposes, reasons
        Texts (m,): what the answer may be used for, and why its image was asked.
    origins
        Texts (m,): ``"page"``, ``"second look"`` (of training alone: other purposes count the first answer),
        ``"spot check"``, ``"stroke"`` or ``"import"``.
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
    """Read all that was said of an attribute for some purposes, survives and is `counting`, barred images too."""
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


def board(connection: Connection) -> list[Standing]:
    """Tell where every attribute stands, archived ones too, in their order."""
    entries = list_attributes(connection)
    work = _work(connection)
    left, absent = _left(connection), _absent(connection)
    found = []
    for entry in entries:
        labels = dict.fromkeys(Label, 0)
        rule = agreement_rule(entry.agree)
        for (yes, no, unsure), images in _tallies(connection, entry.name).items():
            labels[label_of_counts(yes, no, unsure, rule)] += images
        count, people, last_at = work.get(entry.name, (0, 0, None))
        found.append(
            Standing(
                entry,
                yes=labels[Label.YES],
                no=labels[Label.NO],
                unsure=labels[Label.UNSURE],
                split=labels[Label.SPLIT],
                open=labels[Label.OPEN],
                answers=count,
                people=people,
                left=left.get(entry.name, 0),
                last_at=last_at,
                absent=absent.get(entry.name, 0),
            )
        )
    return found


def _origin(reason: str, undrawn: bool) -> str:
    if undrawn:
        return "import" if reason.startswith("import") else "stroke"
    return reason if reason in {SECOND_LOOK, SPOT_CHECK} else "page"


def _tallies(connection: Connection, attribute: str) -> dict[tuple[int, int, int], int]:
    """Count the images that so many people called yes, no and unsure.

    The database folds: the last word of a person on an image is the one with the greatest sequence, and its code rides
    in that number's last digit. What remains to be read is a line for each way of answering, not for each answer. One
    attribute after the other, because what is sorted then stays small.
    """
    code = case((answers.c.value == Value.YES, 1), (answers.c.value == Value.NO, 2), else_=3)
    words = (
        select(answers.c.image_id, (func.max(answers.c.sequence * 4 + code) % 4).label("code"))
        .where(answers.c.attribute == attribute, answers.c.purpose == Purpose.TRAINING.value)
        .where(answers.c.sequence.not_in(undone()), here(answers.c.image_id))
        .where(answers.c.image_id.not_in(select(barred.c.image_id).where(barred.c.attribute == attribute)))
        .group_by(answers.c.image_id, answers.c.annotator_id)
        .subquery()
    )
    counts = [func.sum(case((words.c.code == each, 1), else_=0)).label(f"n{each}") for each in (1, 2, 3)]
    images = select(*counts).group_by(words.c.image_id).subquery()
    columns = (images.c.n1, images.c.n2, images.c.n3)
    rows = connection.execute(select(*columns, func.count()).group_by(*columns))
    return {(int(yes), int(no), int(unsure)): count for yes, no, unsure, count in rows}


def _work(connection: Connection) -> dict[str, tuple[int, int, float]]:
    """Count for each attribute answers and people, and tell when the last answer was given."""
    by_person = (
        select(
            answers.c.attribute,
            answers.c.annotator_id,
            func.count().label("said"),
            func.max(answers.c.sequence).label("last"),
        )
        .where(answers.c.sequence.not_in(undone()))
        .group_by(answers.c.attribute, answers.c.annotator_id)
        .subquery()
    )
    by_attribute = (
        select(
            by_person.c.attribute,
            func.sum(by_person.c.said).label("said"),
            func.count().label("people"),
            func.max(by_person.c.last).label("last"),
        )
        .group_by(by_person.c.attribute)
        .subquery()
    )
    query = select(by_attribute, acts.c.at).join(acts, acts.c.sequence == by_attribute.c.last)
    return {row.attribute: (int(row.said), row.people, row.at) for row in connection.execute(query)}


def _absent(connection: Connection) -> dict[str, int]:
    """Count for each attribute the answers about images that the collection does not hold."""
    query = (
        select(answers.c.attribute, func.count())
        .where(~here(answers.c.image_id), answers.c.sequence.not_in(undone()))
        .group_by(answers.c.attribute)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _left(connection: Connection) -> dict[str, int]:
    """Count for each attribute the draws that want further answers."""
    query = (
        select(draws.c.attribute, func.count())
        .join(batches, batches.c.id == draws.c.batch_id)
        .where(draws.c.answered < draws.c.wanted, batches.c.published.is_(None), draws.c.reason != SECOND_LOOK)
        .where(draws.c.purpose != Purpose.GOLD.value, here(draws.c.image_id))
        .group_by(draws.c.attribute)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
