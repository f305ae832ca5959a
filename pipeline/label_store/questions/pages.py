"""New pages: the next images of a batch, with repeats and gold questions hidden among them.

Every function works inside the caller's transaction, which holds the attribute's lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, insert

from pipeline.errors import PublishedError
from pipeline.label_store.attributes.definitions import check_asked, read_requirements
from pipeline.label_store.questions.gold import first_gold, hidden_count
from pipeline.label_store.questions.leases import (
    find_batch,
    first_looks,
    free_for,
    images_in_hand,
    page_in_hand,
    refresh,
)
from pipeline.label_store.questions.repeats import add_repeats, most_looks
from pipeline.label_store.records import CAPTIONS, REPEAT, Page, Purpose
from pipeline.label_store.schema.tables import draws, leases, pages

__all__ = ["add_page", "free_gold", "new_page", "take_page"]


def take_page(
    connection: Connection, annotator_id: str, batch_id: str, size: int, beside: Sequence[str], share: float, now: float
) -> Page:
    """Return an annotator's page of a batch: the oldest one, else a new page with the next free images.

    The caller holds the attribute's lock, so that no image is given to two annotators at once.
    """
    batch = find_batch(connection, batch_id)
    check_asked(connection, batch.attribute)
    if batch.published is not None:
        raise PublishedError(f"The {batch.purpose} of {batch.attribute} is published, so no question is left in it.")
    mine = page_in_hand(connection, annotator_id, pages.c.batch_id == batch_id, beside, now)
    if mine is None:
        mine = new_page(connection, annotator_id, batch, size, share, now)
    return refresh(connection, mine, now)


def new_page(connection: Connection, annotator_id: str, batch: Row[Any], size: int, share: float, now: float) -> str:
    """Make a page of the next free images of a batch, and return its id."""
    page_id = uuid.uuid4().hex
    fresh = connection.execute(
        free_for(annotator_id, batch.attribute, first_looks(batch.id), now)
        .add_columns(draws.c.image_id)
        .order_by(draws.c.position, draws.c.id)
        .limit(size)
    ).all()
    ids = [row.id for row in fresh]
    if fresh and batch.purpose != Purpose.GOLD and batch.attribute != CAPTIONS:
        chance = np.random.default_rng(int(page_id, 16))
        images = {row.image_id for row in fresh}
        hidden = _looks(connection, annotator_id, batch, most_looks(size, share), share, images, chance, now)
        count = min(
            hidden_count(len(fresh), read_requirements(connection, batch.attribute).gold_share, chance),
            size - len(hidden),
        )
        hidden += free_gold(connection, annotator_id, batch.attribute, count, images, chance, now)
        ids = _mixed(ids[: size - len(hidden)], hidden, chance)
    add_page(connection, page_id, annotator_id, batch.id, ids, now)
    return page_id


def free_gold(
    connection: Connection,
    annotator_id: str,
    attribute: str,
    count: int,
    images: set[int],
    chance: np.random.Generator,
    now: float,
) -> list[int]:
    """Choose gold draws for a page (see `pipeline.label_store.questions.gold`)."""

    def free(condition: ColumnElement[bool]) -> Select[tuple[int]]:
        return free_for(annotator_id, attribute, condition, now)

    return first_gold(connection, annotator_id, attribute, count, images, free, chance)


def add_page(
    connection: Connection, page_id: str, annotator_id: str, batch_id: str, draw_ids: Sequence[int], now: float
) -> None:
    """Add a page of draws in this order. Its lease begins with `refresh`."""
    connection.execute(
        insert(pages).values(id=page_id, annotator_id=annotator_id, batch_id=batch_id, created=now, expires=now)
    )
    if draw_ids:
        shared = {"page_id": page_id, "annotator_id": annotator_id, "open": True, "skipped": False}
        connection.execute(
            insert(leases), [shared | {"draw_id": draw_id, "place": place} for place, draw_id in enumerate(draw_ids)]
        )


def _looks(
    connection: Connection,
    annotator_id: str,
    batch: Row[Any],
    most: int,
    share: float,
    images: set[int],
    chance: np.random.Generator,
    now: float,
) -> list[int]:
    """Return repeats for a page: first earlier ones from expired pages, then new ones."""
    if share <= 0:
        return []
    again = and_(draws.c.batch_id == batch.id, draws.c.reason == REPEAT, draws.c.image_id.not_in(images))
    query = free_for(annotator_id, batch.attribute, again, now).order_by(draws.c.id).limit(most)
    looks = [row.id for row in connection.execute(query)]
    in_hand = connection.execute(images_in_hand(annotator_id, batch.attribute, now))
    unwanted = images | {row.image_id for row in in_hand}
    return looks + add_repeats(connection, annotator_id, batch, most - len(looks), share, unwanted, chance, now)


def _mixed(ids: list[int], looks: list[int], chance: np.random.Generator) -> list[int]:
    """Insert repeats and gold at random places among the others, which keep their order."""
    mixed = list(ids)
    for draw_id in looks:
        mixed.insert(int(chance.integers(len(mixed) + 1)), draw_id)
    return mixed
