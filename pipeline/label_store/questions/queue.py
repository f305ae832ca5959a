"""The queue of an annotator: the next page over all batches of an attribute, open questions, cancelled batches.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select, update

from pipeline.errors import PurposeError, UnknownRecordError
from pipeline.label_store.attributes.definitions import check_asked
from pipeline.label_store.questions.draws import check_unpublished
from pipeline.label_store.questions.leases import first_looks, free_for, given, held, page_in_hand, refresh
from pipeline.label_store.questions.pages import new_page
from pipeline.label_store.questions.qualification import check_qualified, page_of_test
from pipeline.label_store.records import REPEAT, Page, Purpose
from pipeline.label_store.schema.statements import chunks
from pipeline.label_store.schema.tables import batches, draws, here

__all__ = ["BatchFacts", "Work", "cancel_batch", "next_page", "work_left"]


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """The progress of a batch, without repeats.

    Parameters
    ----------
    title
        Title of the batch, or empty. Untrusted.
    reason
        Reason of the draw of its first image.
    created
        Seconds since 1970.
    asked, answered
        Number of its images, and number of images that need no further answer.
    left_for_me
        Number of images that this annotator may still answer.
    """

    id: str
    title: str
    reason: str
    created: float
    asked: int
    answered: int
    left_for_me: int


@dataclass(frozen=True, slots=True)
class Work:
    """The open questions of an attribute for one annotator.

    Parameters
    ----------
    left
        Number of images that this annotator may still answer, including images on pages of others.
    held_by_others
        Number of these that are on pages of others now, so that this annotator cannot receive them.
    batches
        Unfinished batches, newest first.
    """

    left: int
    held_by_others: int
    batches: tuple[BatchFacts, ...]


# wide: the parameters are those of `Questions.next_page`, and the two of the transaction
def next_page(
    connection: Connection,
    annotator_id: str,
    attribute: str,
    purpose: Purpose,
    batch_id: str | None,
    size: int,
    beside: Sequence[str],
    share: float,
    now: float,
) -> Page | None:
    """Return the annotator's present page, else a new page of the newest batch with free images, else None.

    For gold it is a page of the current test, from any batch. The caller holds the attribute's lock, so that no image
    is given to two annotators at once.
    """
    check_asked(connection, attribute)
    check_qualified(connection, annotator_id, attribute, purpose)
    wanted = and_(batches.c.attribute == attribute, batches.c.purpose == purpose.value, batches.c.published.is_(None))
    if batch_id is not None:
        wanted &= batches.c.id == batch_id
    mine = page_in_hand(connection, annotator_id, wanted, beside, now)
    if mine is None and purpose is Purpose.GOLD:
        mine = page_of_test(connection, annotator_id, attribute, size, now)
        if mine is None:
            return None
    if mine is None:
        free = free_for(annotator_id, attribute, first_looks(batches.c.id), now).correlate(batches)
        newest = select(batches).where(wanted, free.exists()).order_by(batches.c.created.desc(), batches.c.id)
        batch = connection.execute(newest.limit(1)).first()
        if batch is None:
            return None
        mine = new_page(connection, annotator_id, batch, size, share, now)
    return refresh(connection, mine, now)


def work_left(connection: Connection, annotator_id: str, attribute: str, purpose: Purpose, now: float) -> Work:
    """Count the open questions of an attribute for an annotator."""
    open_draws = (
        select(
            draws.c.batch_id,
            case((given(annotator_id, attribute), 0), else_=1).label("mine"),
            case((draws.c.answered + held(annotator_id, now) >= draws.c.wanted, 1), else_=0).label("held"),
        )
        .join(batches, batches.c.id == draws.c.batch_id)
        .where(draws.c.attribute == attribute, draws.c.purpose == purpose.value, draws.c.answered < draws.c.wanted)
        .where(here(draws.c.image_id))
        .where(draws.c.only_for.in_(["", annotator_id]), draws.c.reason != REPEAT, batches.c.published.is_(None))
        .subquery()
    )
    counted = connection.execute(
        select(
            open_draws.c.batch_id,
            func.sum(open_draws.c.mine).label("left"),
            func.sum(open_draws.c.mine * open_draws.c.held).label("held"),
        ).group_by(open_draws.c.batch_id)
    ).all()
    left = {row.batch_id: int(row.left) for row in counted}
    facts = [
        BatchFacts(row.id, row.title, row.reason or "", row.created, row.asked, int(row.answered), left[row.id])
        for row in _facts(connection, annotator_id, list(left))
    ]
    facts.sort(key=lambda batch: (-batch.created, batch.id))
    return Work(sum(left.values()), sum(int(row.held) for row in counted), tuple(facts))


def cancel_batch(connection: Connection, batch_id: str, now: float) -> int:
    """Cancel the unanswered questions of a batch, and return their number.

    Images that are on a page now may still be answered there. The caller holds the attribute's lock.
    """
    batch = connection.execute(select(batches).where(batches.c.id == batch_id).with_for_update()).first()
    if batch is None:
        raise UnknownRecordError(f"The store holds no batch {batch_id!r}. Use the id that `draw` returned.")
    if batch.purpose != Purpose.TRAINING:
        raise PurposeError(
            f"A batch of {batch.purpose} cannot be cancelled, because estimates need all images of a random draw. "
            "Continue to answer it."
        )
    check_unpublished(batch)
    unanswered = and_(draws.c.batch_id == batch_id, draws.c.answered < draws.c.wanted)
    rows = connection.execute(
        select(draws.c.id, draws.c.image_id).where(unanswered).order_by(draws.c.id).with_for_update()
    ).all()
    connection.execute(update(draws).where(unanswered).values(opinions=draws.c.answered, wanted=draws.c.answered))
    connection.execute(
        update(batches).where(batches.c.id == batch_id).values(agree=None, cancelled=now, changes=batches.c.changes + 1)
    )
    return len({row.image_id for row in rows})


def _facts(connection: Connection, annotator_id: str, batch_ids: Sequence[str]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for part in chunks(batch_ids):
        query = (
            select(
                batches.c.id,
                batches.c.title,
                batches.c.created,
                func.count().label("asked"),
                func.sum(case((draws.c.answered >= draws.c.wanted, 1), else_=0)).label("answered"),
                func.min(case((draws.c.position == 0, draws.c.reason))).label("reason"),
            )
            .join(draws, draws.c.batch_id == batches.c.id)
            .where(batches.c.id.in_(part), or_(draws.c.wanted > 0, draws.c.answered > 0))
            .where(here(draws.c.image_id))
            .where(draws.c.only_for.in_(["", annotator_id]), draws.c.reason != REPEAT)
            .group_by(batches.c.id, batches.c.title, batches.c.created)
        )
        found += connection.execute(query).all()
    return found
