"""Checks that keep purposes separate, and images barred from training.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, insert

from pipeline.errors import ParameterError, PurposeError
from pipeline.label_store.images import KnownImages
from pipeline.label_store.records import STATISTICAL, Drawn, Purpose
from pipeline.label_store.schema.statements import matching
from pipeline.label_store.schema.tables import barred, draws

__all__ = ["bar", "barred_images", "check_drawn", "check_no_other_statistics", "check_not_barred"]


def barred_images(connection: Connection, attribute: str, image_ids: Sequence[int]) -> set[int]:
    """Return the images among ``image_ids`` that are barred from training an attribute."""
    return matching(connection, barred.c.image_id, barred.c.attribute == attribute, image_ids)


def check_drawn(drawn: Sequence[Drawn], purpose: Purpose, opinions: int) -> None:
    """Refuse draws whose image, probability or expected answer is not allowed for the purpose."""
    if opinions < 1:
        raise ParameterError(f"opinions={opinions} must be 1 or more.")
    ids = [entry.image_id for entry in drawn]
    if len(set(ids)) != len(ids):
        raise ParameterError("An image occurs twice in one draw. A batch holds each image once.")
    for entry in drawn:
        if entry.probability is not None and not 0 < entry.probability <= 1:
            raise ParameterError(
                f"Image {entry.image_id} has probability={entry.probability}. It must be above 0 and at most 1."
            )
        if purpose in STATISTICAL and entry.probability is None:
            raise PurposeError(
                f"Image {entry.image_id} was drawn for {purpose} without a probability. "
                "Estimates need one. Draw at random, and record the inclusion probability."
            )
        if (purpose is Purpose.GOLD) != (entry.expected is not None):
            raise PurposeError(
                f"Image {entry.image_id} was drawn for {purpose} {'without' if entry.expected is None else 'with'} an "
                "expected answer. Gold images need one, and other images must not have one."
            )


def check_not_barred(connection: Connection, attribute: str, ids: Sequence[int]) -> None:
    """Refuse a training draw of images that are barred from training."""
    found = barred_images(connection, attribute, ids)
    if found:
        raise PurposeError(
            f"Image {min(found)}{f' and {len(found) - 1:,} more' if len(found) > 1 else ''} cannot train {attribute}: "
            "it, a near-duplicate or an image of its project was drawn for validation, certification or audit. Leave "
            "it out."
        )


def check_no_other_statistics(connection: Connection, attribute: str, ids: Sequence[int], purpose: Purpose) -> None:
    """Refuse a statistical draw of images that another statistical purpose has."""
    others = [other.value for other in STATISTICAL if other is not purpose]
    wall = and_(draws.c.attribute == attribute, draws.c.purpose.in_(others))
    found = matching(connection, draws.c.image_id, wall, ids)
    if found:
        raise PurposeError(
            f"Image {min(found)}{f' and {len(found) - 1:,} more' if len(found) > 1 else ''} cannot be drawn for "
            f"{purpose} of {attribute}: it was drawn for one of {', '.join(sorted(others))}. Draw other images."
        )


def bar(connection: Connection, images: KnownImages, attribute: str, batch_id: str, ids: Sequence[int]) -> None:
    """Bar images, their near-duplicates and the images of their projects from training an attribute."""
    everyone = images.related(ids).tolist()
    known = barred_images(connection, attribute, everyone)
    rows = [
        {"attribute": attribute, "image_id": image_id, "batch_id": batch_id}
        for image_id in everyone
        if image_id not in known
    ]
    if rows:
        connection.execute(insert(barred), rows)
