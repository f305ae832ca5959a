"""Draw images for a purpose, and keep purposes separate. Every function works inside the caller's transaction.

The rules for one attribute:

- An image drawn for validation, certification or audit is never drawn for one of the other two. - From then on, the
image, its near-duplicates and the images of its project are barred from training. A training draw of
  them is an error, and their earlier training answers are no longer used
  (`pipeline.label_store.log_reading.surviving_answers`).
- A statistical draw is used completely or not at all.
- Gold images have a settled answer. Answers to them only measure annotators.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, insert, or_, select, update

from pipeline.errors import ParameterError, PublishedError, PurposeError, UnknownRecordError
from pipeline.label_store.absent_images import remember
from pipeline.label_store.annotators.people import check_annotator
from pipeline.label_store.attributes.definitions import check_asked
from pipeline.label_store.attributes.records import MOST_AGREEING
from pipeline.label_store.images import KnownImages
from pipeline.label_store.questions.walls import (
    bar,
    barred_images,
    check_drawn,
    check_no_other_statistics,
    check_not_barred,
)
from pipeline.label_store.records import CAPTIONS, REPEAT, STATISTICAL, Drawn, Purpose
from pipeline.label_store.schema.statements import chunks, matching, recount
from pipeline.label_store.schema.tables import acts, answers, batches, captions, draws, survives

__all__ = [
    "add_batch",
    "add_draws",
    "ask_again",
    "ask_of",
    "askable",
    "batches_about",
    "check_batch",
    "check_unpublished",
    "count_of",
    "publish",
]


def add_batch(
    connection: Connection,
    images: KnownImages,
    batch: dict[str, object],
    drawn: Sequence[Drawn],
    *,
    opinions: int,
    again: bool,
    only_for: str = "",
) -> int:
    """Add a batch of draws in the order of the questions, and return its number of images.

    A training draw keeps one of each group of near-duplicates. Unless `again`, it leaves out images that are already
    asked or answered for this attribute, so that no second opinion is asked by accident.

    Raises
    ------
    ParameterError, PurposeError, UnknownImageError
        As for `Batches.draw`. Nothing was added.
    """
    purpose, attribute = Purpose(str(batch["purpose"])), str(batch["attribute"])
    check_drawn(drawn, purpose, opinions)
    ids = [entry.image_id for entry in drawn]
    images.rows(ids)
    kept = list(drawn)
    if purpose is Purpose.TRAINING:
        check_not_barred(connection, attribute, ids)
        kept = _fresh(connection, images, attribute, kept, again=again)
    elif purpose in STATISTICAL:
        check_no_other_statistics(connection, attribute, ids, purpose)
    connection.execute(insert(batches).values(**batch))
    add_draws(connection, batch, kept, opinions=opinions, only_for=only_for)
    remember(connection, images, [entry.image_id for entry in kept])
    if purpose in STATISTICAL:
        bar(connection, images, attribute, str(batch["id"]), ids)
    return len(kept)


def count_of(connection: Connection, batch_id: str) -> int | None:
    """Return the number of images of a batch, or None if it does not exist."""
    if connection.execute(select(batches.c.id).where(batches.c.id == batch_id)).first() is None:
        return None
    counted = select(func.count()).select_from(draws).where(draws.c.batch_id == batch_id)
    counted = counted.where(draws.c.reason != REPEAT)
    return int(connection.execute(counted).scalar_one())


def batches_about(connection: Connection, attribute: str, purpose: Purpose, model_version: str) -> list[str]:
    """Return the batches that were drawn for a purpose with a version of the scores, the first one first."""
    about = and_(batches.c.attribute == attribute, batches.c.purpose == Purpose(purpose).value)
    query = select(batches.c.id).where(about, batches.c.model_version == model_version)
    return list(connection.execute(query.order_by(batches.c.created, batches.c.id)).scalars())


def check_batch(connection: Connection, batch: Mapping[str, object], opinions: int, only_for: str | None) -> None:
    """Refuse a batch of an archived attribute, with numbers outside their range, or about an unknown action."""
    attribute, agree = str(batch["attribute"]), batch["agree"]
    check_asked(connection, attribute)
    if attribute == CAPTIONS and batch["purpose"] != Purpose.TRAINING:
        raise PurposeError(
            f"purpose={batch['purpose']} is not allowed for captions. Captions are only asked for training."
        )
    if isinstance(agree, int) and not 1 <= agree <= MOST_AGREEING:
        raise ParameterError(f"agree={agree} is outside 1 to {MOST_AGREEING}.")
    if only_for is not None:
        check_annotator(connection, only_for)
        if opinions != 1:
            raise ParameterError(f"opinions={opinions} exceeds 1 for a single annotator.")
    if batch["about"] is not None:
        found = connection.execute(select(acts.c.id).where(acts.c.id == batch["about"])).first()
        if found is None:
            raise UnknownRecordError(f"The store holds no action {batch['about']!r}. Use the id of a logged action.")


def add_draws(
    connection: Connection, batch: Mapping[str, object], drawn: Sequence[Drawn], *, opinions: int, only_for: str
) -> None:
    """Add draws to a batch, in this order."""
    shared = {
        "batch_id": batch["id"],
        "attribute": batch["attribute"],
        "purpose": batch["purpose"],
        "opinions": opinions,
        "wanted": opinions,
        "answered": 0,
        "only_for": only_for,
    }
    rows = [
        shared
        | {
            "position": position,
            "image_id": entry.image_id,
            "reason": entry.reason,
            "probability": entry.probability,
            "expected": entry.expected,
        }
        for position, entry in enumerate(drawn)
    ]
    if rows:
        connection.execute(insert(draws), rows)


def ask_again(connection: Connection, draw_ids: Sequence[int], opinions: int) -> None:
    """Ask more annotators about draws, until `opinions` have answered each."""
    if opinions < 1:
        raise ParameterError(f"opinions={opinions} must be 1 or more.")
    for part in chunks(sorted(set(draw_ids))):
        theirs = select(draws.c.batch_id).where(draws.c.id.in_(part))
        connection.execute(update(batches).where(batches.c.id.in_(theirs)).values(changes=batches.c.changes + 1))
        found = select(draws.c.id).where(draws.c.id.in_(part)).order_by(draws.c.id).with_for_update()
        if len(connection.execute(found).all()) != len(part):
            raise UnknownRecordError("The store holds no such draw. Use the ids of a page or of the log.")
        asked = and_(draws.c.id.in_(part), draws.c.opinions < opinions)
        connection.execute(update(draws).where(asked).values(opinions=opinions))
        recount(connection, part)


def ask_of(connection: Connection, attribute: str, agree: int) -> None:
    """Apply a number of agreeing answers to an attribute's training draws, open or answered.

    Repeats, spot checks, and cancelled or published batches do not change. The caller holds the attribute's lock.
    """
    asked = and_(
        batches.c.attribute == attribute,
        batches.c.purpose == Purpose.TRAINING.value,
        batches.c.published.is_(None),
        batches.c.cancelled.is_(None),
        batches.c.about.is_(None),
    )
    everybodys = and_(draws.c.batch_id.in_(select(batches.c.id).where(asked)), draws.c.only_for == "")
    connection.execute(update(batches).where(asked).values(agree=agree, changes=batches.c.changes + 1))
    rows = connection.execute(
        select(draws.c.id, draws.c.answered).where(everybodys).order_by(draws.c.id).with_for_update()
    ).all()
    # Only draws between these numbers depend on the answers. The others follow from the number alone.
    enough = case((draws.c.answered > agree, draws.c.answered), else_=agree)
    connection.execute(update(draws).where(everybodys).values(opinions=agree, wanted=enough))
    recount(connection, [row.id for row in rows if agree <= row.answered < 2 * agree - 1])


def publish(connection: Connection, batch_id: str, now: float) -> None:
    """Publish a batch. After this, its answers cannot be added, undone or redone."""
    changed = connection.execute(
        update(batches)
        .where(and_(batches.c.id == batch_id, batches.c.published.is_(None)))
        .values(published=now, changes=batches.c.changes + 1)
    )
    if not changed.rowcount:
        known = connection.execute(select(batches.c.id).where(batches.c.id == batch_id)).first()
        if known is None:
            raise UnknownRecordError(f"The store holds no batch {batch_id!r}. Use the id that `draw` returned.")


def check_unpublished(batch: Row[Any]) -> None:
    """Raise an error if a batch is published.

    The caller has read the batch ``FOR SHARE``, so that it is not published between this check and the answer.
    """
    if batch.published is not None:
        raise PublishedError(
            f"The {batch.purpose} of {batch.attribute} is published: its answers cannot change any more. "
            "Start a new round to continue."
        )


def askable(connection: Connection, images: KnownImages, attribute: str, ids: Sequence[int]) -> list[int]:
    """Return the images that a training draw would ask, in their order.

    Left out are barred images, images that are already asked or answered, and near-duplicates of an earlier image.
    """
    images.rows(ids)
    walled = barred_images(connection, attribute, ids)
    free = [Drawn(image_id, "") for image_id in dict.fromkeys(ids) if image_id not in walled]
    return [entry.image_id for entry in _fresh(connection, images, attribute, free, again=False)]


def _fresh(
    connection: Connection, images: KnownImages, attribute: str, drawn: list[Drawn], *, again: bool
) -> list[Drawn]:
    """Return the first of each group of near-duplicates, without images that are already asked or answered."""
    if not drawn:
        return []
    groups = images.group_of([entry.image_id for entry in drawn])
    first = np.sort(np.unique(groups, return_index=True)[1])
    kept = [drawn[place] for place in first]
    if again:
        return kept
    ids = [entry.image_id for entry in kept]
    asked = and_(draws.c.attribute == attribute, draws.c.purpose == Purpose.TRAINING.value)
    # A cancelled draw without answers, or a draw for a single annotator, may be drawn again for all.
    asked &= or_(draws.c.answered > 0, and_(draws.c.wanted > 0, draws.c.only_for == ""))
    taken = matching(connection, draws.c.image_id, asked, ids)
    if attribute == CAPTIONS:
        surviving: ColumnElement[bool] = and_(captions.c.draw_id.is_(None), survives(captions.c.sequence))
        taken |= matching(connection, captions.c.image_id, surviving, ids)
    else:
        surviving = and_(answers.c.attribute == attribute, answers.c.draw_id.is_(None), survives(answers.c.sequence))
        taken |= matching(connection, answers.c.image_id, surviving, ids)
    return [entry for entry in kept if entry.image_id not in taken]
