"""Drawing images for a purpose, and the walls between purposes. Every function works inside the caller's transaction.

The walls, for one attribute:

- An image drawn for validation, certification or audit is drawn for none of the other two, ever.
- From then on it and its near-duplicates are barred from training: a training draw of one is an error, and training
  answers that it already has no longer teach (`pipeline.label_store.reading.training_answers`).
- A statistical draw is never thinned: it is taken as it is or not at all.
- Gold images have a settled answer; what is said of them measures annotators and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Column, ColumnElement, Connection, Row, and_, func, insert, select, update

from pipeline.errors import ParameterError, PublishedError, PurposeError, UnknownRecordError
from pipeline.label_store.images import KnownImages
from pipeline.label_store.records import STATISTICAL, Drawn, Purpose
from pipeline.label_store.tables import answers, barred, batches, draws, survives

__all__ = ["add_batch", "ask_again", "barred_images", "check_unpublished", "chunks", "publish"]

_T = TypeVar("_T")

CHUNK = 900  # SQLite takes at most 32,766 parameters a statement, older ones 999


def add_batch(
    connection: Connection,
    images: KnownImages,
    batch: dict[str, object],
    drawn: Sequence[Drawn],
    *,
    opinions: int,
    again: bool,
) -> int:
    """Add a batch of draws in the order in which they shall be asked; give the number of images taken.

    A training draw keeps one of each group of near-duplicates and, unless `again`, leaves out images whose answer for
    this attribute is already there or under way: a second opinion is asked on purpose, never by accident.

    Raises
    ------
    ParameterError, PurposeError, UnknownImageError
        As `LabelStore.draw` says; then nothing was added.
    """
    purpose, attribute = Purpose(str(batch["purpose"])), str(batch["attribute"])
    _check(drawn, purpose, opinions)
    ids = [entry.image_id for entry in drawn]
    images.rows(ids)
    kept = list(drawn)
    if purpose is Purpose.TRAINING:
        _check_not_barred(connection, attribute, ids)
        kept = _fresh(connection, images, attribute, kept, again=again)
    elif purpose in STATISTICAL:
        _check_no_other_statistics(connection, attribute, ids, purpose)
    connection.execute(insert(batches).values(**batch))
    shared = {"batch_id": batch["id"], "attribute": attribute, "purpose": purpose, "wanted": opinions, "answered": 0}
    rows = [
        shared
        | {
            "position": position,
            "image_id": entry.image_id,
            "reason": entry.reason,
            "probability": entry.probability,
            "expected": entry.expected,
        }
        for position, entry in enumerate(kept)
    ]
    if rows:
        connection.execute(insert(draws), rows)
    if purpose in STATISTICAL:
        _bar(connection, images, attribute, str(batch["id"]), ids)
    return len(kept)


def ask_again(connection: Connection, draw_ids: Sequence[int], opinions: int) -> None:
    """Ask these draws of more people, until `opinions` have answered each."""
    if opinions < 1:
        raise ParameterError(f"{opinions} opinions were asked for; give 1 or more.")
    for part in chunks(draw_ids):
        found = connection.execute(select(func.count()).where(draws.c.id.in_(part))).scalar_one()
        if found != len(set(part)):
            raise UnknownRecordError("The store holds no such draw. Give the ids that a page or the log showed.")
        connection.execute(
            update(draws).where(and_(draws.c.id.in_(part), draws.c.wanted < opinions)).values(wanted=opinions)
        )


def publish(connection: Connection, batch_id: str, now: float) -> None:
    """Seal a batch: its answers cannot be added to, undone or done again."""
    changed = connection.execute(
        update(batches).where(and_(batches.c.id == batch_id, batches.c.published.is_(None))).values(published=now)
    )
    if not changed.rowcount:
        known = connection.execute(select(batches.c.id).where(batches.c.id == batch_id)).first()
        if known is None:
            raise UnknownRecordError(f"The store holds no batch {batch_id!r}. Give the id that `draw` returned.")


def check_unpublished(batch: Row[Any]) -> None:
    """Refuse to touch what was published.

    The caller read the batch ``FOR SHARE``, so that nothing is published between this check and the answer.
    """
    if batch.published is not None:
        raise PublishedError(
            f"The {batch.purpose} of {batch.attribute} is published: its answers cannot change any more. "
            "Start a new round to go on."
        )


def barred_images(connection: Connection, attribute: str, image_ids: Sequence[int]) -> set[int]:
    """Give those of some images that must not train this attribute."""
    return _matching(connection, barred.c.image_id, barred.c.attribute == attribute, image_ids)


def chunks(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    """Cut a list into parts that fit into one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def _check(drawn: Sequence[Drawn], purpose: Purpose, opinions: int) -> None:
    if opinions < 1:
        raise ParameterError(f"{opinions} opinions an image were asked for; give 1 or more.")
    ids = [entry.image_id for entry in drawn]
    if len(set(ids)) != len(ids):
        raise ParameterError("An image is there twice in one draw. Each may be drawn once a batch.")
    for entry in drawn:
        if entry.probability is not None and not 0 < entry.probability <= 1:
            raise ParameterError(
                f"Image {entry.image_id} was drawn with probability {entry.probability}; it lies above 0 and up to 1."
            )
        if purpose in STATISTICAL and entry.probability is None:
            raise PurposeError(
                f"Image {entry.image_id} was drawn for {purpose} without a probability. "
                "Estimates need one: draw at random and say with what probability."
            )
        if (purpose is Purpose.GOLD) != (entry.expected is not None):
            raise PurposeError(
                f"Image {entry.image_id} was drawn for {purpose} {'without' if entry.expected is None else 'with'} an "
                "expected answer. Gold images need one, others must not have one."
            )


def _check_not_barred(connection: Connection, attribute: str, ids: Sequence[int]) -> None:
    found = barred_images(connection, attribute, ids)
    if found:
        raise PurposeError(
            f"Image {min(found)}{f' and {len(found) - 1:,} more' if len(found) > 1 else ''} cannot train {attribute}: "
            "it, or a near-duplicate, was drawn for validation, certification or audit. Leave it out."
        )


def _check_no_other_statistics(connection: Connection, attribute: str, ids: Sequence[int], purpose: Purpose) -> None:
    others = [other.value for other in STATISTICAL if other is not purpose]
    wall = and_(draws.c.attribute == attribute, draws.c.purpose.in_(others))
    found = _matching(connection, draws.c.image_id, wall, ids)
    if found:
        raise PurposeError(
            f"Image {min(found)}{f' and {len(found) - 1:,} more' if len(found) > 1 else ''} cannot be drawn for "
            f"{purpose} of {attribute}: another of {', '.join(sorted(others))} has it. Draw from the images outside."
        )


def _fresh(
    connection: Connection, images: KnownImages, attribute: str, drawn: list[Drawn], *, again: bool
) -> list[Drawn]:
    """Keep the first of each group of near-duplicates, and no image that is asked or answered already."""
    if not drawn:
        return []
    groups = images.group_of([entry.image_id for entry in drawn])
    first = np.sort(np.unique(groups, return_index=True)[1])
    kept = [drawn[place] for place in first]
    if again:
        return kept
    ids = [entry.image_id for entry in kept]
    asked = and_(draws.c.attribute == attribute, draws.c.purpose == Purpose.TRAINING.value)
    said = and_(answers.c.attribute == attribute, answers.c.draw_id.is_(None), survives(answers.c.sequence))
    taken = _matching(connection, draws.c.image_id, asked, ids) | _matching(connection, answers.c.image_id, said, ids)
    return [entry for entry in kept if entry.image_id not in taken]


def _bar(connection: Connection, images: KnownImages, attribute: str, batch_id: str, ids: Sequence[int]) -> None:
    everyone = images.with_near_duplicates(ids).tolist()
    known = barred_images(connection, attribute, everyone)
    rows = [
        {"attribute": attribute, "image_id": image_id, "batch_id": batch_id}
        for image_id in everyone
        if image_id not in known
    ]
    if rows:
        connection.execute(insert(barred), rows)


def _matching(
    connection: Connection, column: Column[Any], condition: ColumnElement[bool], ids: Sequence[int]
) -> set[int]:
    """Give those of `ids` for which the condition holds."""
    found: set[int] = set()
    for part in chunks(ids):
        found.update(connection.execute(select(column).where(and_(condition, column.in_(part))).distinct()).scalars())
    return found
