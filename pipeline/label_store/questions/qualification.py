"""Qualification: stored requirements and permissions, and the pages of the test.

Every function works inside the caller's transaction. Answers of annotators who may not answer any more stay in the log.
Code that computes statistics can leave them out (`disqualified`).
"""

from __future__ import annotations

import uuid

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select

from pipeline.errors import NotQualifiedError
from pipeline.label_store.annotators.people import check_annotator
from pipeline.label_store.annotators.requirements import Qualification, Requirements, judge
from pipeline.label_store.attributes.definitions import find_attribute, read_requirements, touch
from pipeline.label_store.questions.gold import gold_in_hand, rightness
from pipeline.label_store.questions.pages import add_page, free_gold
from pipeline.label_store.records import CAPTIONS, Purpose
from pipeline.label_store.schema.tables import answers, draws, permissions, undone

__all__ = ["check_qualified", "disqualified", "page_of_test", "permit", "qualification"]


def qualification(connection: Connection, annotator_id: str, attribute: str) -> Qualification:
    """Return whether an annotator may answer an attribute."""
    requirements = read_requirements(connection, attribute)
    given = select(permissions.c.allowed).where(
        permissions.c.attribute == attribute, permissions.c.annotator_id == annotator_id
    )
    permission = connection.execute(given).scalar()
    right = rightness(connection, attribute, annotator_id) if requirements.accuracy > 0 else []
    allowed = None if permission is None else bool(permission)
    return judge(requirements, _answers_given(connection, annotator_id, requirements), right, allowed)


def check_qualified(connection: Connection, annotator_id: str, attribute: str, purpose: Purpose | str) -> None:
    """Refuse an annotator who may not answer. Gold questions are open to all who are not excluded by hand.

    Raises
    ------
    NotQualifiedError
        With the missing requirement, and the next step.
    """
    if attribute == CAPTIONS:
        return
    found = qualification(connection, annotator_id, attribute)
    if found.allowed or (purpose == Purpose.GOLD and found.test):
        return
    title = find_attribute(connection, attribute).definition.title
    if found.test:
        remedy = "Answer the questions of the test. The correct answers are not shown."
    elif found.by_hand:
        remedy = "Another annotator can change this in the settings of the attribute."
    else:
        remedy = "Answer other attributes first. Another annotator can also allow you in the settings of the attribute."
    raise NotQualifiedError(f"{title} is not open to you yet: {found.words}. {remedy}")


def page_of_test(connection: Connection, annotator_id: str, attribute: str, size: int, now: float) -> str | None:
    """Make a page of gold questions, at most those left in the current test. Return its id, or None if none is left."""
    left = qualification(connection, annotator_id, attribute).left - gold_in_hand(
        connection, annotator_id, attribute, now
    )
    page_id = uuid.uuid4().hex
    chance = np.random.default_rng(int(page_id, 16))
    ids = free_gold(connection, annotator_id, attribute, min(size, left), set(), chance, now)
    if not ids:
        return None
    batch_id = str(connection.execute(select(draws.c.batch_id).where(draws.c.id == ids[0])).scalar_one())
    add_page(connection, page_id, annotator_id, batch_id, ids, now)
    return page_id


def permit(
    connection: Connection, by: str, attribute: str, annotator_id: str, allowed: bool | None, now: float
) -> None:
    """Allow or exclude an annotator by hand. With None, the requirements decide."""
    check_annotator(connection, annotator_id)
    find_attribute(connection, attribute)
    mine = (permissions.c.attribute == attribute) & (permissions.c.annotator_id == annotator_id)
    connection.execute(delete(permissions).where(mine))
    if allowed is not None:
        values = {"attribute": attribute, "annotator_id": annotator_id, "allowed": allowed, "given_by": by, "at": now}
        connection.execute(insert(permissions).values(**values))
    touch(connection, attribute, by, now)


def disqualified(connection: Connection, attribute: str) -> frozenset[str]:
    """Return the annotators who answered an attribute and were excluded by hand since, or failed their last test."""
    people_query = select(answers.c.annotator_id).where(answers.c.attribute == attribute).distinct()
    people = connection.execute(people_query).scalars().all()
    return frozenset(one for one in people if qualification(connection, one, attribute).failed)


def _answers_given(connection: Connection, annotator_id: str, requirements: Requirements) -> int:
    """Count an annotator's training answers to single images of any attribute, up to the requirement."""
    if not requirements.answers:
        return 0
    some = (
        select(answers.c.sequence)
        .where(answers.c.annotator_id == annotator_id, answers.c.purpose == Purpose.TRAINING.value)
        .where(answers.c.draw_id.is_not(None), answers.c.sequence.not_in(undone()))
        .limit(requirements.answers)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
