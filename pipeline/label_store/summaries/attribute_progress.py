"""The progress of all attributes. Works inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from pipeline.annotation.consensus import Label, agreement_rule, label_of_counts
from pipeline.label_store.attributes.definitions import list_attributes
from pipeline.label_store.attributes.records import AttributeEntry
from pipeline.label_store.records import REPEAT, Purpose, Value
from pipeline.label_store.schema.tables import acts, answers, barred, batches, draws, here, undone

__all__ = ["AttributeProgress", "list_progress"]


@dataclass(frozen=True, slots=True)
class AttributeProgress:
    """The progress of an attribute.

    Parameters
    ----------
    entry
        The attribute.
    yes, no, unsure, split, open
        Number of images with each training label, by the attribute's rule.
    answers, people, last_at
        Number of surviving answers for all purposes, number of their annotators, and time of the last one in seconds
        since 1970, or None.
    left
        Number of draws that need further answers, for all purposes, without repeats and gold.
    absent
        Number of surviving answers, for all purposes, about absent images. They are included in `answers`, but these
        images are not counted in labels and in `left`.
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


def list_progress(connection: Connection) -> list[AttributeProgress]:
    """Return the progress of all attributes in their order, also of archived ones."""
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
            AttributeProgress(
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


def _tallies(connection: Connection, attribute: str) -> dict[tuple[int, int, int], int]:
    """Count images by their numbers of yes, no and unsure answers.

    The database finds the last answer of each annotator to an image: the one with the largest sequence number, which
    carries the code of the answer in its last two bits. So the result has one row for each combination of counts, not
    for each answer. Attributes are counted one by one, because smaller sets are sorted then.
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
    """Count the answers and annotators of each attribute, with the time of the last answer."""
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
    """Count the answers of each attribute about images that the collection does not hold."""
    query = (
        select(answers.c.attribute, func.count())
        .where(~here(answers.c.image_id), answers.c.sequence.not_in(undone()))
        .group_by(answers.c.attribute)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _left(connection: Connection) -> dict[str, int]:
    """Count the draws of each attribute that need further answers."""
    query = (
        select(draws.c.attribute, func.count())
        .join(batches, batches.c.id == draws.c.batch_id)
        .where(draws.c.answered < draws.c.wanted, batches.c.published.is_(None), draws.c.reason != REPEAT)
        .where(draws.c.purpose != Purpose.GOLD.value, here(draws.c.image_id))
        .group_by(draws.c.attribute)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
