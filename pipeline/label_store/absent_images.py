"""Absent images: images of the log that the collection does not hold, with their names and numbers of answers.

Log and collection may hold different images, because pictures are deleted, renamed and damaged. Answers about an absent
image stay in the log. They are set aside, and count again when the image comes back. The name of an image is stored
when it is first asked or answered, because it cannot be found later.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, union, update
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.label_store.images import ImageName, KnownImages
from pipeline.label_store.schema.statements import chunks
from pipeline.label_store.schema.tables import (
    absent_images,
    answers,
    captions,
    draws,
    here,
    named_images,
    store,
    undone,
)

__all__ = [
    "SetAside",
    "absent_of",
    "answers_by_image",
    "compare",
    "compared",
    "names_of",
    "remember",
    "set_aside",
    "spoken_of",
]

NAMED_AT_ONCE = 20_000
_SPOKEN = (draws, answers, captions)


@dataclass(frozen=True, slots=True)
class SetAside:
    """Answers that are set aside because the collection does not hold their images.

    Parameters
    ----------
    answers, images
        Number of answers, and number of their images.
    source
        Name of the source of most of these images. Empty if it is not known.
    """

    answers: int
    images: int
    source: str = ""

    @property
    def summary(self) -> str:
        """One sentence for people. Empty if no answer is set aside."""
        if not self.answers:
            return ""
        if self.answers == 1:
            return (
                "1 answer is set aside: the collection does not hold its image now. It is kept, and counts again when "
                "the image comes back."
            )
        images = "image" if self.images == 1 else f"{self.images:,} images"
        comes = "image comes" if self.images == 1 else "images come"
        return (
            f"{self.answers:,} answers are set aside: the collection does not hold their {images} now. They are kept, "
            f"and count again when the {comes} back."
        )


def remember(connection: Connection, images: KnownImages, image_ids: Iterable[int]) -> None:
    """Store the names of images that have none yet."""
    wanted = sorted(set(image_ids))
    known: set[int] = set()
    for part in chunks(wanted):
        known.update(connection.execute(select(named_images.c.image_id).where(_among(part))).scalars())
    fresh = [image_id for image_id in wanted if image_id not in known]
    if not fresh:
        return
    names = images.names(fresh)
    _write(connection, names)
    # The next opening of the store compares again, because names are missing, or because this process may still use
    # the collection as it was before a rebuild.
    stale = (
        store.c.images_sha256 != "" if len(names) < len(fresh) else store.c.images_sha256.not_in(["", images.digest])
    )
    connection.execute(update(store).where(stale).values(images_sha256=""))


def compared(connection: Connection, images: KnownImages) -> bool:
    """Return whether the last comparison was with exactly these images."""
    return connection.execute(select(store.c.images_sha256)).scalar() == images.digest


def compare(connection: Connection, images: KnownImages) -> None:
    """Find the absent images of the log, and store the names of the others."""
    spoken = spoken_of(connection)
    absent = spoken[~images.present(spoken)]
    connection.execute(delete(absent_images))
    if absent.size:
        connection.execute(insert(absent_images), [{"image_id": image_id} for image_id in absent.tolist()])
    known = np.array(connection.execute(select(named_images.c.image_id)).scalars().all(), np.int64)
    nameless = np.setdiff1d(spoken, known)
    for start in range(0, len(nameless), NAMED_AT_ONCE):
        _write(connection, images.names(nameless[start : start + NAMED_AT_ONCE].tolist()))
    connection.execute(update(store).values(images_sha256=images.digest))


def spoken_of(connection: Connection) -> NDArray[np.int64]:
    """Return all images that were ever asked or answered, as ascending ids."""
    found = connection.execute(union(*(select(table.c.image_id) for table in _SPOKEN))).scalars().all()
    return np.sort(np.array(found, np.int64))


def names_of(connection: Connection, image_ids: Iterable[int]) -> dict[int, ImageName]:
    """Return the stored names of images. Images without a name are left out."""
    found: dict[int, ImageName] = {}
    for part in chunks(sorted(set(image_ids))):
        for row in connection.execute(select(named_images).where(_among(part))):
            found[row.image_id] = ImageName(row.image_id, row.source, row.file, row.sha256)
    return found


def absent_of(connection: Connection) -> list[int]:
    """Return the images of the log that the collection does not hold, ascending."""
    query = select(absent_images.c.image_id).order_by(absent_images.c.image_id)
    return list(connection.execute(query).scalars())


def answers_by_image(connection: Connection) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the images with surviving answers or captions, ascending, and the number of these, both int64 (m,)."""
    counts: dict[int, int] = {}
    for table in (answers, captions):
        query = select(table.c.image_id, func.count()).where(table.c.sequence.not_in(undone()))
        for image_id, count in connection.execute(query.group_by(table.c.image_id)):
            counts[image_id] = counts.get(image_id, 0) + count
    images = np.array(sorted(counts), np.int64)
    return images, np.array([counts[image_id] for image_id in images.tolist()], np.int64)


def set_aside(connection: Connection, attribute: str | None) -> SetAside:
    """Count the surviving answers about absent images, of one attribute, or of all attributes with captions."""
    total, about = 0, set()
    for table in (answers, captions):
        if attribute is not None and table is captions:
            continue
        query = select(table.c.image_id, func.count()).where(~here(table.c.image_id))
        query = query.where(table.c.sequence.not_in(undone()))
        if attribute is not None:
            query = query.where(answers.c.attribute == attribute)
        for image_id, count in connection.execute(query.group_by(table.c.image_id)):
            total += count
            about.add(image_id)
    sources = [name.source for name in names_of(connection, about).values()]
    return SetAside(total, len(about), max(set(sources), key=sources.count) if sources else "")


def _among(ids: Sequence[int]) -> ColumnElement[bool]:
    return named_images.c.image_id.in_(ids)


def _write(connection: Connection, names: Sequence[ImageName]) -> None:
    """Add names, and keep names that another process wrote meanwhile."""
    add = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [
        {"image_id": name.image_id, "source": name.source, "file": name.file, "sha256": name.sha256}
        for name in sorted(names, key=lambda name: name.image_id)
    ]
    if rows:
        connection.execute(add(named_images).on_conflict_do_nothing(), rows)
