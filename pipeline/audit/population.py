"""The audit population: images decided by the threshold and never used for training, validation or certification.

Reads the collection and the label store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audit.records import Population
from pipeline.errors import AuditError, CollectionDamagedError, ErrorKind
from pipeline.label_store import LabelStore, Purpose
from pipeline.releases.files import Release, check_counts, list_releases, read_release_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection

__all__ = ["AuditSets", "release_of", "sets_of", "words_outside"]


@dataclass(frozen=True, slots=True, eq=False)
class AuditSets:
    """The images of a release and the audit population; n is the number of its images, rows ascend by ``image_id``.

    Parameters
    ----------
    values
        int8 (n,). 1 positive, 0 negative, -1 unsure.
    scores
        float32 (n,). Scores of the release.
    free
        bool (n,). Whether the image may be drawn.
    population
        Counts of the sets.
    """

    values: NDArray[np.int8]
    scores: NDArray[np.float32]
    free: NDArray[np.bool_]
    population: Population


def sets_of(collection: Collection, store: LabelStore, release: Release, *, verify: bool = False) -> AuditSets:
    """Divide the images of a release into those that an audit may draw and all others.

    Parameters
    ----------
    collection, store, release
        Collection, store and release.
    verify
        Whether to compare also the counts of the release with its table.

    Raises
    ------
    CollectionDamagedError
        If the release was edited, or its images are not those of the collection.
    LabelStoreError
        If the store cannot be read.
    """
    columns = read_release_columns(collection, release)
    if verify:
        check_counts(release, columns)
    if not np.isin(columns.image_ids, collection.image_ids).all():
        raise CollectionDamagedError(
            f"The images of release {release.number} of {release.attribute} are not those of the collection now. Make "
            "a new release, and audit that."
        )
    asked = np.unique(store.batches.asked_images(release.attribute)[0])
    gold = store.batches.drawn_images(release.attribute, Purpose.GOLD)
    near = store.images.with_near_duplicates(np.union1d(asked, gold).tolist())
    free = ~columns.by_people
    free[np.isin(columns.image_ids, near)] = False
    return AuditSets(columns.values, columns.scores, free, _counted(columns.values, columns.by_people, free))


def words_outside(collection: Collection, attribute: str, number: int) -> str:
    """Return a sentence about images that were added after a release was made; empty without any.

    Raises
    ------
    CollectionDamagedError
        If the release cannot be read.
    """
    found = [one for one in list_releases(collection, attribute) if one.number == number]
    if not collection.manifest.added or not found:
        return ""
    release = found[0]
    ids = read_release_columns(collection, release).image_ids
    later = int(np.count_nonzero(~np.isin(collection.image_ids, ids)))
    if not later:
        return ""
    what = "1 image was" if later == 1 else f"{later:,} images were"
    return f"{what} added to the collection after release {release.number}. The audit says nothing about them."


def release_of(collection: Collection, attribute: str, number: int | None = None) -> Release:
    """Return the release of an attribute with a number, or the last release.

    Raises
    ------
    AuditError
        If it does not exist.
    """
    releases = list_releases(collection, attribute)
    found = [release for release in releases if number is None or release.number == number]
    if not found:
        which = "no release" if number is None else f"no release {number}"
        available = ", ".join(str(release.number) for release in releases) or "none"
        raise AuditError(
            f"{attribute} has {which} to audit (available: {available}).",
            kind=ErrorKind.NO_RELEASE,
            attribute=attribute,
            available=tuple(release.number for release in releases),
        )
    return found[-1]


def _counted(values: NDArray[np.int8], by_people: NDArray[np.bool_], free: NDArray[np.bool_]) -> Population:
    def count(side: int, among: NDArray[np.bool_]) -> int:
        return int(np.count_nonzero((values == side) & among))

    left_out = ~by_people & ~free
    return Population(
        positives=count(1, free),
        negatives=count(0, free),
        positives_left_out=count(1, left_out),
        negatives_left_out=count(0, left_out),
        positives_by_people=count(1, by_people),
        negatives_by_people=count(0, by_people),
        unsure=int(np.count_nonzero(values == -1)),
    )
