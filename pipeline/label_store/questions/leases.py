"""Leases: the pages of annotators and their expiry. Every function works inside the caller's transaction.

A page belongs to its annotator until its lease expires, `LEASE_SECONDS` after the last renewal. Expired leases are
ignored, so no clean-up job is needed. Images are given out in the order of the batch. An annotator may have several
pages, because the next one is loaded in advance, but never the same image on two of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select, update

from pipeline.errors import UnknownRecordError
from pipeline.label_store.records import (
    CAPTIONS,
    CLOCK_SKEW_SECONDS,
    LEASE_SECONDS,
    REPEAT,
    Page,
    PageItem,
    Purpose,
)
from pipeline.label_store.schema.statements import alive
from pipeline.label_store.schema.tables import acts, answers, batches, captions, draws, here, leases, pages, survives

__all__ = [
    "attribute_of_batch",
    "attribute_of_page",
    "find_batch",
    "first_looks",
    "free_for",
    "give_back",
    "given",
    "held",
    "images_in_hand",
    "is_alive",
    "page_in_hand",
    "refresh",
    "renew_page",
    "skip",
]


def is_alive(expires: float, now: float) -> bool:
    """Return whether a lease with this expiry has not expired, like `alive` for a number."""
    return now < expires <= now + LEASE_SECONDS + CLOCK_SKEW_SECONDS


def page_in_hand(
    connection: Connection, annotator_id: str, condition: ColumnElement[bool], beside: Sequence[str], now: float
) -> str | None:
    """Return the annotator's oldest live page with images left to answer, except those in ``beside``."""
    return connection.execute(
        select(pages.c.id)
        .join(batches, batches.c.id == pages.c.batch_id)
        .where(pages.c.annotator_id == annotator_id, alive(pages.c.expires, now), pages.c.id.not_in(beside), condition)
        .where(
            exists().where(
                leases.c.page_id == pages.c.id, leases.c.open, draws.c.id == leases.c.draw_id, here(draws.c.image_id)
            )
        )
        .order_by(pages.c.created, pages.c.id)
        .limit(1)
    ).scalar()


def renew_page(connection: Connection, page_id: str, annotator_id: str, now: float) -> Page:
    """Renew a page. If it had expired, images that others received or answered since are removed from it."""
    page = _own_page(connection, page_id, annotator_id)
    if not is_alive(page.expires, now):
        on_it = draws.c.id.in_(select(leases.c.draw_id).where(leases.c.page_id == page_id, leases.c.open))
        free = free_for(annotator_id, attribute_of_page(connection, page_id), on_it, now).subquery()
        connection.execute(
            update(leases)
            .where(leases.c.page_id == page_id, leases.c.open, leases.c.draw_id.not_in(select(free.c.id)))
            .values(open=False)
        )
    return refresh(connection, page_id, now)


def refresh(connection: Connection, page_id: str, now: float) -> Page:
    """Extend the lease of a page, and return it with its open images."""
    connection.execute(update(pages).where(pages.c.id == page_id).values(expires=now + LEASE_SECONDS))
    return _find_page(connection, page_id, now)


def give_back(connection: Connection, page_id: str, annotator_id: str, now: float) -> None:
    """Return the unanswered images of a page to the queue."""
    _own_page(connection, page_id, annotator_id)
    connection.execute(update(leases).where(leases.c.page_id == page_id).values(open=False))
    connection.execute(update(pages).where(pages.c.id == page_id).values(expires=now))


def skip(connection: Connection, page_id: str, annotator_id: str, draw_ids: Sequence[int], now: float) -> None:
    """Release images of a page to others at once, and never give them to this annotator again."""
    page = _own_page(connection, page_id, annotator_id)
    wanted = set(draw_ids)
    on_it = select(leases.c.draw_id).where(leases.c.page_id == page_id, leases.c.draw_id.in_(wanted))
    if len(connection.execute(on_it).all()) < len(wanted):
        raise UnknownRecordError("A draw to skip is not on this page. Skip only images of the page.")
    connection.execute(
        update(leases)
        .where(leases.c.page_id == page_id, leases.c.draw_id.in_(wanted), leases.c.open)
        .values(open=False, skipped=True)
    )
    if is_alive(page.expires, now):
        connection.execute(update(pages).where(pages.c.id == page_id).values(expires=now + LEASE_SECONDS))


def attribute_of_page(connection: Connection, page_id: str) -> str:
    """Return the attribute of a page."""
    query = select(batches.c.attribute).join(pages, pages.c.batch_id == batches.c.id).where(pages.c.id == page_id)
    found = connection.execute(query).scalar()
    if found is None:
        raise UnknownRecordError(f"The store holds no page {page_id!r}. Take a page first.")
    return str(found)


def attribute_of_batch(connection: Connection, batch_id: str) -> str:
    """Return the attribute of a batch."""
    return str(find_batch(connection, batch_id).attribute)


def given(annotator_id: str, attribute: str) -> ColumnElement[bool]:
    """Return the SQL condition that the annotator has answered a draw of this attribute, or skipped it."""
    answered = exists().where(
        answers.c.draw_id == draws.c.id, answers.c.annotator_id == annotator_id, survives(answers.c.sequence)
    )
    if attribute == CAPTIONS:
        answered = exists().where(
            captions.c.draw_id == draws.c.id,
            captions.c.sequence == acts.c.sequence,
            acts.c.annotator_id == annotator_id,
            survives(captions.c.sequence),
        )
    skipped = exists().where(leases.c.draw_id == draws.c.id, leases.c.annotator_id == annotator_id, leases.c.skipped)
    return or_(answered, skipped)


def held(annotator_id: str, now: float) -> ColumnElement[int]:
    """Return the SQL count of other annotators who have a draw on a live page."""
    return (
        select(func.count(leases.c.annotator_id.distinct()))
        .select_from(leases.join(pages, pages.c.id == leases.c.page_id))
        .where(leases.c.draw_id == draws.c.id, leases.c.open, alive(pages.c.expires, now))
        .where(leases.c.annotator_id != annotator_id)
        .correlate(draws)
        .scalar_subquery()
    )


def free_for(annotator_id: str, attribute: str, condition: ColumnElement[bool], now: float) -> Select[tuple[int]]:
    """Return the SQL query of draws under a condition that this annotator may receive.

    The answers and the live leases of others must be fewer than the wanted answers. The annotator must not have
    answered or skipped the draw, and not have its image on a live page. An absent image waits until it comes back.
    """
    return (
        select(draws.c.id)
        .where(
            condition,
            here(draws.c.image_id),
            draws.c.answered < draws.c.wanted,
            draws.c.only_for.in_(["", annotator_id]),
        )
        .where(draws.c.answered + held(annotator_id, now) < draws.c.wanted, ~given(annotator_id, attribute))
        .where(draws.c.image_id.not_in(images_in_hand(annotator_id, attribute, now)))
    )


def first_looks(batch_id: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Return the SQL condition that a draw of a batch is not a repeat. Repeats are only mixed among other draws."""
    return and_(draws.c.batch_id == batch_id, draws.c.reason != REPEAT)


def images_in_hand(annotator_id: str, attribute: str, now: float, besides: str = "") -> Select[tuple[int]]:
    """Return the SQL query of the images on an annotator's live pages of an attribute, except one page."""
    theirs = draws.alias()
    return (
        select(theirs.c.image_id)
        .join(leases, leases.c.draw_id == theirs.c.id)
        .join(pages, pages.c.id == leases.c.page_id)
        .where(pages.c.annotator_id == annotator_id, alive(pages.c.expires, now), pages.c.id != besides)
        .where(leases.c.open, theirs.c.attribute == attribute)
    )


def _find_page(connection: Connection, page_id: str, now: float) -> Page:
    page = connection.execute(select(pages).where(pages.c.id == page_id)).one()
    batch = find_batch(connection, page.batch_id)
    items = connection.execute(
        select(draws.c.id, draws.c.image_id)
        .join(leases, leases.c.draw_id == draws.c.id)
        .where(leases.c.page_id == page_id, leases.c.open, here(draws.c.image_id))
        .order_by(leases.c.place, draws.c.position)
    ).all()
    return Page(
        id=page_id,
        batch_id=batch.id,
        attribute=batch.attribute,
        definition_version=batch.definition_version,
        purpose=Purpose(batch.purpose),
        annotator_id=page.annotator_id,
        items=tuple(PageItem(draw_id, image_id) for draw_id, image_id in items),
        expires_at=page.expires,
        held_by_others=0 if items else _held_by_others(connection, page.annotator_id, batch.id, now),
    )


def _held_by_others(connection: Connection, annotator_id: str, batch_id: str, now: float) -> int:
    live = and_(leases.c.open, alive(pages.c.expires, now), leases.c.annotator_id != annotator_id)
    return int(
        connection.execute(
            select(func.count(draws.c.id.distinct()))
            .select_from(leases.join(pages, pages.c.id == leases.c.page_id).join(draws, draws.c.id == leases.c.draw_id))
            .where(draws.c.batch_id == batch_id, draws.c.answered < draws.c.wanted, here(draws.c.image_id), live)
            .where(draws.c.only_for.in_(["", annotator_id]))
        ).scalar_one()
    )


def find_batch(connection: Connection, batch_id: str) -> Row[Any]:
    """Return a batch. Raises UnknownRecordError if there is none."""
    found = connection.execute(select(batches).where(batches.c.id == batch_id)).first()
    if found is None:
        raise UnknownRecordError(f"The store holds no batch {batch_id!r}. Use the id that `draw` returned.")
    return found


def _own_page(connection: Connection, page_id: str, annotator_id: str) -> Row[Any]:
    query: Select[Any] = select(pages).where(pages.c.id == page_id, pages.c.annotator_id == annotator_id)
    found = connection.execute(query.with_for_update()).first()
    if found is None:
        raise UnknownRecordError(f"This annotator has no page {page_id!r}. Take a page first.")
    return found
