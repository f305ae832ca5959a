"""Pages: which images are whose, and for how long. Every function works inside the caller's transaction.

An annotator's page is theirs while they renew it; who vanishes loses it after `LEASE_SECONDS` without doing anything,
because a lease is only a time that has not yet passed. Images go out in the batch's order whoever asks.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, exists, func, insert, select, update

from pipeline.errors import PublishedError, UnknownRecordError
from pipeline.label_store.records import Page, PageItem, Purpose
from pipeline.label_store.tables import answers, batches, draws, leases, pages, survives

__all__ = ["LEASE_SECONDS", "batch_of", "find_page", "give_back", "renew_page", "take_page"]

LEASE_SECONDS = 45.0
"""How long a page is kept without a sign of life; with a sign every 15 s, three may be lost."""


def take_page(connection: Connection, annotator_id: str, batch_id: str, size: int, now: float) -> Page:
    """Give an annotator's page of this batch: the one they have, else the next images nobody else has.

    The caller holds the batch's lock, so that two takers never see the same image free.
    """
    batch = _batch(connection, batch_id)
    if batch["published"] is not None:
        raise PublishedError(
            f"The {batch['purpose']} of {batch['attribute']} is published: there is nothing left to answer in it."
        )
    mine = connection.execute(
        select(pages.c.id)
        .where(pages.c.annotator_id == annotator_id, pages.c.batch_id == batch_id, pages.c.expires > now)
        .where(exists().where(leases.c.page_id == pages.c.id, leases.c.open))
        .order_by(pages.c.created.desc())
        .limit(1)
    ).scalar()
    if mine is None:
        mine = _new_page(connection, annotator_id, batch_id, size, now)
    _extend(connection, mine, now)
    return find_page(connection, mine, now)


def renew_page(connection: Connection, page_id: str, annotator_id: str, now: float) -> Page:
    """Keep a page; where it had expired, what others got or answered meanwhile is no longer on it."""
    page = _own_page(connection, page_id, annotator_id)
    if page["expires"] <= now:
        free = _available(annotator_id, page["batch_id"], now).subquery()
        connection.execute(
            update(leases)
            .where(leases.c.page_id == page_id, leases.c.open, leases.c.draw_id.not_in(select(free.c.id)))
            .values(open=False)
        )
    _extend(connection, page_id, now)
    return find_page(connection, page_id, now)


def batch_of(connection: Connection, page_id: str) -> str:
    """Give the batch of a page."""
    found = connection.execute(select(pages.c.batch_id).where(pages.c.id == page_id)).scalar()
    if found is None:
        raise UnknownRecordError(f"The store holds no page {page_id!r}. Take a page first.")
    return str(found)


def give_back(connection: Connection, page_id: str, annotator_id: str, now: float) -> None:
    """Let others have at once what is not answered on a page."""
    _own_page(connection, page_id, annotator_id)
    connection.execute(update(leases).where(leases.c.page_id == page_id).values(open=False))
    connection.execute(update(pages).where(pages.c.id == page_id).values(expires=now))


def find_page(connection: Connection, page_id: str, now: float) -> Page:
    """Read a page with the images that are still to be answered on it."""
    page = connection.execute(select(pages).where(pages.c.id == page_id)).mappings().one()
    batch = _batch(connection, page["batch_id"])
    items = connection.execute(
        select(draws.c.id, draws.c.image_id)
        .join(leases, leases.c.draw_id == draws.c.id)
        .where(leases.c.page_id == page_id, leases.c.open)
        .order_by(draws.c.position)
    ).all()
    return Page(
        id=page_id,
        batch_id=batch["id"],
        attribute=batch["attribute"],
        definition_version=batch["definition_version"],
        purpose=Purpose(batch["purpose"]),
        annotator_id=page["annotator_id"],
        items=tuple(PageItem(draw_id, image_id) for draw_id, image_id in items),
        expires_at=page["expires"],
        held_by_others=0 if items else _held_by_others(connection, page["annotator_id"], batch["id"], now),
    )


def _new_page(connection: Connection, annotator_id: str, batch_id: str, size: int, now: float) -> str:
    page_id = uuid.uuid4().hex
    free = connection.execute(_available(annotator_id, batch_id, now).limit(size)).scalars().all()
    connection.execute(
        insert(pages).values(id=page_id, annotator_id=annotator_id, batch_id=batch_id, created=now, expires=now)
    )
    if free:
        rows = [{"page_id": page_id, "draw_id": draw, "annotator_id": annotator_id, "open": True} for draw in free]
        connection.execute(insert(leases), rows)
    return page_id


def _available(annotator_id: str, batch_id: str, now: float) -> Select[tuple[int]]:
    """Draws of a batch that this annotator may be asked, in order.

    Free is what has fewer answers and live leases of others together than answers wanted, and none of theirs.
    """
    held = (
        select(func.count())
        .select_from(leases.join(pages, pages.c.id == leases.c.page_id))
        .where(leases.c.draw_id == draws.c.id, leases.c.open, pages.c.expires > now)
        .where(leases.c.annotator_id != annotator_id)
        .correlate(draws)
        .scalar_subquery()
    )
    answered_by_them = exists().where(
        answers.c.draw_id == draws.c.id, answers.c.annotator_id == annotator_id, survives(answers.c.sequence)
    )
    return (
        select(draws.c.id)
        .where(draws.c.batch_id == batch_id, draws.c.answered < draws.c.wanted)
        .where(draws.c.answered + held < draws.c.wanted, ~answered_by_them)
        .order_by(draws.c.position)
    )


def _held_by_others(connection: Connection, annotator_id: str, batch_id: str, now: float) -> int:
    live = and_(leases.c.open, pages.c.expires > now, leases.c.annotator_id != annotator_id)
    return int(
        connection.execute(
            select(func.count(draws.c.id.distinct()))
            .select_from(leases.join(pages, pages.c.id == leases.c.page_id).join(draws, draws.c.id == leases.c.draw_id))
            .where(draws.c.batch_id == batch_id, draws.c.answered < draws.c.wanted, live)
        ).scalar_one()
    )


def _extend(connection: Connection, page_id: str, now: float) -> None:
    connection.execute(update(pages).where(pages.c.id == page_id).values(expires=now + LEASE_SECONDS))


def _batch(connection: Connection, batch_id: str) -> RowMapping:
    found = connection.execute(select(batches).where(batches.c.id == batch_id)).mappings().first()
    if found is None:
        raise UnknownRecordError(f"The store holds no batch {batch_id!r}. Give the id that `draw` returned.")
    return found


def _own_page(connection: Connection, page_id: str, annotator_id: str) -> RowMapping:
    query: Select[Any] = select(pages).where(pages.c.id == page_id, pages.c.annotator_id == annotator_id)
    found = connection.execute(query.with_for_update()).mappings().first()
    if found is None:
        raise UnknownRecordError(f"This annotator has no page {page_id!r}. Take a page first.")
    return found
