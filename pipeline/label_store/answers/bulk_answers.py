"""Bulk answers and their spot checks. Every function works inside the caller's transaction."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, func, insert, select

from pipeline.errors import ActionError, ParameterError, PurposeError, UnknownRecordError
from pipeline.label_store.annotators.people import check_annotator
from pipeline.label_store.answers.imported_hits import HIT_REASON
from pipeline.label_store.answers.log import actions_by_sequence
from pipeline.label_store.attributes.definitions import check_asked
from pipeline.label_store.questions.draws import add_draws
from pipeline.label_store.questions.walls import barred_images
from pipeline.label_store.records import SPOT_CHECK, Drawn, LoggedAction, Purpose, Value
from pipeline.label_store.schema.tables import acts, answers, batches, draws, here, survives, undone

__all__ = ["LARGEST_BULK_ANSWER", "BulkAnswer", "check_length", "list_bulk_answers", "spot_check"]

LARGEST_BULK_ANSWER = 100_000
"""Largest number of images of a bulk answer."""

LARGEST_CHECK = 500


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """One training answer for many images at once, and the results of its spot check.

    Parameters
    ----------
    act
        The logged action. `LoggedAction.survives` is True while it counts.
    reason
        The text with which it was recorded, by default ``"stroke"``.
    images
        Number of images.
    check_batch, check_size
        Id of the newest spot check, and number of images in all checks. Empty and 0 without a check.
    checked, wrong, unsure
        Number of these that have an answer, that have another answer than the bulk answer, and that have the answer
        unsure, which does not count as wrong.
    settled
        Whether a person decided after the check to keep the bulk answer. Its newest batch is published then.
    """

    act: LoggedAction
    attribute: str
    value: Value
    reason: str
    images: int
    check_batch: str
    check_size: int
    checked: int
    wrong: int
    unsure: int
    settled: bool = False


def check_length(image_ids: Sequence[int]) -> None:
    """Refuse a bulk answer of too many images."""
    if len(image_ids) > LARGEST_BULK_ANSWER:
        raise ParameterError(
            f"A bulk answer covers at most {LARGEST_BULK_ANSWER:,} images, but {len(image_ids):,} were chosen. "
            "Choose fewer, or answer them in parts."
        )


def spot_check(
    connection: Connection, action_id: str, annotator_id: str, size: int, seed: int, now: float
) -> tuple[str, int]:
    """Draw a spot check of a bulk answer for one annotator, and return its batch and its number of images.

    The draw is uniform and without replacement, from the images of the bulk answer that are not barred. A repeated call
    returns the same batch. The caller holds the attribute's lock for draws.
    """
    if not 1 <= size <= LARGEST_CHECK:
        raise ParameterError(f"size={size} is outside 1 to {LARGEST_CHECK} images of a spot check.")
    check_annotator(connection, annotator_id)
    facts = bulk_answer_facts(connection, action_id)
    check_asked(connection, facts.attribute)
    known = connection.execute(
        select(batches.c.id, func.count())
        .join(draws, draws.c.batch_id == batches.c.id)
        .where(batches.c.about == action_id, draws.c.only_for == annotator_id)
        .group_by(batches.c.id)
    ).first()
    if known is not None:
        return str(known[0]), int(known[1])
    query = select(answers.c.image_id).where(answers.c.sequence == facts.sequence, here(answers.c.image_id))
    query = query.order_by(answers.c.image_id)
    answered = list(connection.execute(query).scalars())
    walled = barred_images(connection, facts.attribute, answered)
    possible = [image_id for image_id in answered if image_id not in walled]
    if not possible:
        raise PurposeError(
            f"All images of this bulk answer were later drawn for validation, certification or audit of "
            f"{facts.attribute}. They are not used for training, so there is nothing to check."
        )
    number = min(size, len(possible))
    places = np.random.default_rng(seed).permutation(len(possible))[:number].tolist()
    drawn = [Drawn(possible[place], SPOT_CHECK, number / len(possible)) for place in places]
    batch = {
        "id": uuid.uuid4().hex,
        "attribute": facts.attribute,
        "definition_version": facts.definition_version,
        "purpose": Purpose.TRAINING.value,
        "model_version": "",
        "created": now,
        "title": SPOT_CHECK,
        "about": action_id,
    }
    connection.execute(insert(batches).values(**batch))
    add_draws(connection, batch, drawn, opinions=1, only_for=annotator_id)
    return str(batch["id"]), number


def bulk_answer_facts(connection: Connection, action_id: str) -> Any:
    """Return the sequence, attribute and definition version of a surviving bulk answer."""
    row = connection.execute(
        select(
            acts.c.sequence, answers.c.attribute, answers.c.definition_version, survives(acts.c.sequence).label("on")
        )
        .join(answers, answers.c.sequence == acts.c.sequence)
        .where(acts.c.id == action_id, answers.c.draw_id.is_(None))
        .limit(1)
    ).first()
    if row is None:
        raise UnknownRecordError(f"The store holds no bulk answer {action_id!r}. Use the id of a bulk answer.")
    if not row.on:
        raise ActionError("The bulk answer was undone, so there is nothing to check. Redo it first.")
    return row


def list_bulk_answers(connection: Connection, attribute: str) -> list[BulkAnswer]:
    """Return the bulk answers of an attribute, newest first, also undone ones."""
    rows = connection.execute(
        select(
            answers.c.sequence,
            func.min(answers.c.value).label("value"),
            func.min(answers.c.reason).label("reason"),
            func.count().label("images"),
        )
        .where(answers.c.attribute == attribute, answers.c.draw_id.is_(None), answers.c.reason != HIT_REASON)
        .group_by(answers.c.sequence)
        .order_by(answers.c.sequence.desc())
    ).all()
    made = actions_by_sequence(connection, [row.sequence for row in rows])
    checks = _checks(connection, attribute)
    found = []
    for row in rows:
        act = made[row.sequence]
        check = checks.get(act.id, _Check())
        given = [value for value in check.values if value is not None]
        wrong = sum(value not in {row.value, Value.UNSURE} for value in given)
        unsure = sum(value == Value.UNSURE and value != row.value for value in given)
        found.append(
            BulkAnswer(
                act,
                attribute,
                Value(row.value),
                row.reason,
                row.images,
                check.batch_id,
                len(check.values),
                len(given),
                wrong,
                unsure,
                check.settled,
            )
        )
    return found


@dataclass(slots=True)
class _Check:
    batch_id: str = ""
    values: tuple[str | None, ...] = ()
    settled: bool = False


def _checks(connection: Connection, attribute: str) -> dict[str, _Check]:
    """Return for each checked action the newest batch, and the last answer to each image, or None."""
    about = and_(batches.c.about.is_not(None), batches.c.attribute == attribute)
    rows = connection.execute(
        select(batches.c.about, batches.c.id, batches.c.published, draws.c.id.label("draw_id"), answers.c.value)
        .join(draws, draws.c.batch_id == batches.c.id)
        .outerjoin(answers, and_(answers.c.draw_id == draws.c.id, answers.c.sequence.not_in(undone())))
        .where(about)
        .order_by(batches.c.created, batches.c.id, draws.c.id, answers.c.sequence)
    )
    by_action: defaultdict[str, dict[int, str | None]] = defaultdict(dict)
    newest: dict[str, tuple[str, bool]] = {}
    for row in rows:
        by_action[row.about][row.draw_id] = row.value
        newest[row.about] = row.id, row.published is not None
    return {
        action_id: _Check(newest[action_id][0], tuple(words.values()), newest[action_id][1])
        for action_id, words in by_action.items()
    }
