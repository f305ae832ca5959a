"""Read the log: lines, arrays of answers, captions. Every function works inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from pipeline.annotation.consensus import Label
from pipeline.label_store.records import REPEAT, Caption, LoggedAnswer, Purpose, Value
from pipeline.label_store.schema.tables import (
    acts,
    answers,
    attribute_settings,
    barred,
    batches,
    captions,
    definitions,
    draws,
    here,
    survives,
    undone,
)

__all__ = [
    "CODES",
    "AnswerArrays",
    "StoreState",
    "answer_arrays",
    "asked_images",
    "barred_images",
    "caption_log",
    "chances",
    "counting",
    "counts",
    "drawn_images",
    "log",
    "open_questions",
    "read_captions",
    "read_state",
    "said_in",
    "surviving_answers",
]

CODES = {Value.YES.value: Label.YES, Value.NO.value: Label.NO, Value.UNSURE.value: Label.UNSURE}
FETCHED = 20_000

AnswerArrays = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]
"""Images int64 (m,), numbers of annotators int64 (m,) and values int8 (m,) as `Label`, in the order of the log."""


@dataclass(frozen=True, slots=True)
class StoreState:
    """The state of a store. Two states are equal if nothing has changed between them.

    Parameters
    ----------
    sequence
        Sequence number of the last logged action.
    definitions, settings
        Number of versions of definitions, and of changes of settings of attributes.
    batches, changes
        Number of batches, and of changes of batches: published, cancelled, or asked of more annotators.
    """

    sequence: int
    definitions: int
    settings: int
    batches: int
    changes: int


def read_state(connection: Connection) -> StoreState:
    """Read the state of the store, from indexes and short tables."""
    parts = (
        select(func.coalesce(func.max(acts.c.sequence), 0)),
        select(func.count()).select_from(definitions),
        select(func.coalesce(func.sum(attribute_settings.c.changes + 1), 0)),
        select(func.count()).select_from(batches),
        select(func.coalesce(func.sum(batches.c.changes), 0)),
    )
    return StoreState(*connection.execute(select(*(part.scalar_subquery() for part in parts))).one())


def surviving_answers(
    connection: Connection,
    attribute: str,
    purpose: Purpose,
    definition_version: int | None,
    exclude: Collection[str] = (),
) -> AnswerArrays:
    """Read the surviving answers to one attribute for one purpose.

    For training, images that were drawn later for validation, certification or audit, and their near-duplicates, are
    left out, because they must not be used for training any more. Only `counting` answers are read, without those of
    the excluded annotators.
    """
    conditions: list[ColumnElement[bool]] = [answers.c.annotator_id.not_in(list(exclude))]
    if definition_version is not None:
        conditions.append(answers.c.definition_version == definition_version)
    if purpose is Purpose.TRAINING:
        wall = and_(barred.c.attribute == attribute, barred.c.image_id == answers.c.image_id)
        conditions.append(~exists().where(wall))
    return answer_arrays(connection, attribute, purpose, *conditions)


def answer_arrays(
    connection: Connection, attribute: str, purpose: Purpose, *conditions: ColumnElement[bool]
) -> AnswerArrays:
    """Read the surviving answers to one attribute for one purpose that are `counting` and meet some conditions."""
    query = select(answers.c.image_id, answers.c.annotator_id, answers.c.value).where(
        answers.c.attribute == attribute, answers.c.purpose == purpose.value, answers.c.sequence.not_in(undone())
    )
    query = query.where(counting(), *conditions)
    rows = connection.execute(query.order_by(answers.c.sequence)).all()
    numbers: dict[str, int] = {}
    images = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    people = np.fromiter((numbers.setdefault(row[1], len(numbers)) for row in rows), np.int64, len(rows))
    values = np.fromiter((CODES[row[2]] for row in rows), np.int8, len(rows))
    return images, people, values


def counting() -> ColumnElement[bool]:
    """Return the SQL condition that an answer may count as its annotator's word on an image.

    For validation, certification and audit the first answer does, and a repeat never: the sample says how often a
    person says yes when asked once, and a figure must not depend on whom chance asked twice. In training it counts as
    any later word does: who looks again knows better, and nothing is estimated from it.
    """
    return or_(answers.c.purpose.in_([Purpose.TRAINING.value, Purpose.GOLD.value]), answers.c.reason != REPEAT)


def log(connection: Connection, attribute: str | None, after: int) -> Iterator[LoggedAnswer]:
    """Stream the log of answers, undone ones too, in order; `after` leaves out acts up to that sequence."""
    query: Select[Any] = (
        select(
            answers.c.sequence,
            answers.c.annotator_id,
            acts.c.at,
            answers.c.image_id,
            answers.c.attribute,
            answers.c.definition_version,
            answers.c.purpose,
            answers.c.value,
            answers.c.seconds,
            answers.c.page_id,
            answers.c.draw_id,
            answers.c.reason,
            answers.c.probability,
            answers.c.model_version,
            survives(answers.c.sequence).label("survives"),
        )
        .join(acts, acts.c.sequence == answers.c.sequence)
        .where(answers.c.sequence > after)
        .order_by(answers.c.sequence, answers.c.image_id)
    )
    if attribute is not None:
        query = query.where(answers.c.attribute == attribute)
    for row in connection.execution_options(yield_per=FETCHED).execute(query):
        facts = row._asdict()
        facts |= {"purpose": Purpose(row.purpose), "value": Value(row.value), "survives": bool(row.survives)}
        yield LoggedAnswer(**facts)


def caption_log(connection: Connection) -> Iterator[Caption]:
    """Stream all captions that were not undone, oldest first."""
    query = (
        select(captions.c.sequence, captions.c.image_id, captions.c.text, acts.c.annotator_id, acts.c.at)
        .join(acts, acts.c.sequence == captions.c.sequence)
        .where(captions.c.sequence.not_in(undone()))
        .order_by(captions.c.sequence)
    )
    for row in connection.execution_options(yield_per=FETCHED).execute(query):
        yield Caption(*row)


def said_in(connection: Connection, sequence: int) -> tuple[str | None, dict[int, str]]:
    """Return the page that an action answered, and the answer or caption of each draw.

    Returns None and an empty dict for an action without a page: a bulk answer, an import, a caption without a question.
    """
    columns = [(answers, answers.c.value), (captions, captions.c.text)]
    for table, column in columns:
        query = select(table.c.page_id, table.c.draw_id, column).where(table.c.sequence == sequence)
        rows = connection.execute(query.where(table.c.draw_id.is_not(None))).all()
        if rows:
            return rows[0][0], {row[1]: row[2] for row in rows}
    return None, {}


def asked_images(connection: Connection, attribute: str) -> tuple[NDArray[np.int64], list[str]]:
    """Return every image that was asked or answered for an attribute, and the model of each draw.

    Bulk answers and imports are first, then draws in their order. The last entry of an image is its latest.
    """
    strokes = select(answers.c.image_id).where(answers.c.attribute == attribute, answers.c.draw_id.is_(None))
    drawn = (
        select(draws.c.image_id, batches.c.model_version)
        .join(batches, batches.c.id == draws.c.batch_id)
        .where(draws.c.attribute == attribute)
        .order_by(draws.c.id)
    )
    rows = [(row[0], "") for row in connection.execute(strokes)] + [tuple(row) for row in connection.execute(drawn)]
    return np.fromiter((row[0] for row in rows), np.int64, len(rows)), [str(row[1]) for row in rows]


def barred_images(connection: Connection, attribute: str) -> NDArray[np.int64]:
    """Return the images that are barred from training an attribute, ascending."""
    query = select(barred.c.image_id).where(barred.c.attribute == attribute)
    return np.sort(np.array(connection.execute(query).scalars().all(), np.int64))


def chances(
    connection: Connection, attribute: str, purpose: Purpose
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the draws for a purpose in their order: image, number of the batch from 0, probability."""
    query = (
        select(draws.c.image_id, draws.c.batch_id, draws.c.probability)
        .where(draws.c.attribute == attribute, draws.c.purpose == purpose.value, draws.c.probability.is_not(None))
        .order_by(draws.c.id)
    )
    rows = connection.execute(query).all()
    numbers: dict[str, int] = {}
    images = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    batch = np.fromiter((numbers.setdefault(row[1], len(numbers)) for row in rows), np.int64, len(rows))
    return images, batch, np.fromiter((row[2] for row in rows), np.float64, len(rows))


def open_questions(connection: Connection, attribute: str) -> int:
    """Count the open questions of an attribute, without gold and absent images."""
    query = (
        select(func.count(draws.c.image_id.distinct()))
        .join(batches, batches.c.id == draws.c.batch_id)
        .where(draws.c.attribute == attribute, draws.c.answered < draws.c.wanted, here(draws.c.image_id))
        .where(batches.c.published.is_(None), draws.c.reason != REPEAT, draws.c.purpose != Purpose.GOLD.value)
    )
    return int(connection.execute(query).scalar() or 0)


def drawn_images(connection: Connection, attribute: str, purpose: Purpose) -> NDArray[np.int64]:
    """Return the images that were drawn for a purpose, answered or not, as ascending ids without repeats."""
    query = select(draws.c.image_id).where(draws.c.attribute == attribute, draws.c.purpose == purpose.value).distinct()
    return np.sort(np.array(connection.execute(query).scalars().all(), np.int64))


def counts(connection: Connection) -> dict[tuple[str, Purpose], int]:
    """Count surviving answers by attribute and purpose."""
    query = (
        select(answers.c.attribute, answers.c.purpose, func.count())
        .where(answers.c.sequence.not_in(undone()))
        .group_by(answers.c.attribute, answers.c.purpose)
        .order_by(answers.c.attribute, answers.c.purpose)
    )
    return {(attribute, Purpose(purpose)): count for attribute, purpose, count in connection.execute(query)}


def read_captions(connection: Connection, image_ids: Iterable[int]) -> list[Caption]:
    """Read the surviving captions of images, oldest first."""
    query = (
        select(captions.c.sequence, captions.c.image_id, captions.c.text, acts.c.annotator_id, acts.c.at)
        .join(acts, acts.c.sequence == captions.c.sequence)
        .where(captions.c.image_id.in_(list(image_ids)), survives(captions.c.sequence))
        .order_by(captions.c.sequence)
    )
    return [Caption(*row) for row in connection.execute(query)]
