"""Which images a store may speak of, what they are called, and which of them are near-duplicates. Pure.

The log may speak of others, too: of images that were deleted, renamed or damaged since. Who reads the log asks
`present` which answers are about images that are here, and sets the others aside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ParameterError, UnknownImageError

__all__ = ["ImageName", "KnownImages"]


@dataclass(frozen=True, slots=True)
class ImageName:
    """The name of an image.

    Parameters
    ----------
    image_id
        Its identity.
    source
        Name of its source, which is a part of the identity.
    file
        Path below the root of the source. Untrusted.
    sha256
        Of the file; empty for one that could not be read.
    """

    image_id: int
    source: str
    file: str
    sha256: str


def _nameless(image_ids: Sequence[int]) -> list[ImageName]:
    """Return no names: for a collection without file names."""
    del image_ids
    return []


class KnownImages:
    """The images of a collection with their groups of near-duplicates.

    Parameters
    ----------
    image_ids
        int64 (n,), ascending.
    groups
        Integers (n,): images with the same number are near-duplicates of each other; None where all stand alone.
    projects
        Integers (n,): images with the same number are of one project, -1 for none; None where nothing is known.
    names
        Gives the names of some images, readable or not; those that it does not know are left out.

    Raises
    ------
    ParameterError
        If ids do not ascend or the groups are not aligned to them.
    """

    def __init__(
        self,
        image_ids: NDArray[np.int64],
        groups: NDArray[np.integer] | None = None,
        projects: NDArray[np.integer] | None = None,
        names: Callable[[Sequence[int]], Sequence[ImageName]] = _nameless,
    ) -> None:
        if np.any(np.diff(image_ids) <= 0):
            raise ParameterError("The ids of the images must ascend and differ.")
        if groups is not None and len(groups) != len(image_ids):
            raise ParameterError(f"groups has {len(groups)} entries for {len(image_ids)} images; each image needs one.")
        if projects is not None and len(projects) != len(image_ids):
            raise ParameterError(
                f"projects has {len(projects)} entries for {len(image_ids)} images; each image needs one."
            )
        self.image_ids = image_ids
        self.names = names
        self.projects = np.full(len(image_ids), -1) if projects is None else np.asarray(projects)
        self.groups = np.arange(len(image_ids)) if groups is None else np.asarray(groups)
        self._by_group = np.argsort(self.groups, kind="stable")
        self._sorted_groups = self.groups[self._by_group]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the ids: another one as soon as an image comes or goes."""
        return hashlib.sha256(np.ascontiguousarray(self.image_ids, np.int64).tobytes()).hexdigest()

    def present(self, image_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return of each of some ids int64 (m,) whether the collection holds that image: bool (m,)."""
        wanted = np.asarray(image_ids, np.int64)
        rows = np.searchsorted(self.image_ids, wanted)
        inside = rows < len(self.image_ids)
        inside[inside] = self.image_ids[rows[inside]] == wanted[inside]
        return inside

    def rows_here(self, image_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Find the rows of those of some ids that the collection holds, in their order; the others are passed over."""
        wanted = np.asarray(image_ids, np.int64)
        return np.searchsorted(self.image_ids, wanted[self.present(wanted)]).astype(np.int64)

    def rows(self, image_ids: Iterable[int]) -> NDArray[np.int64]:
        """Find the rows of some ids, in the order of the ids.

        Raises
        ------
        UnknownImageError
            If one of them is not in the collection.
        """
        wanted = np.fromiter(image_ids, np.int64)
        known = self.present(wanted)
        if not known.all():
            missing = wanted[~known]
            raise UnknownImageError(
                f"The collection holds no image {missing[0]}"
                f"{f' (and {len(missing) - 1:,} more of those given)' if len(missing) > 1 else ''}. "
                "Give ids of this collection; another collection has other ids."
            )
        return np.searchsorted(self.image_ids, wanted).astype(np.int64)

    def with_near_duplicates(self, image_ids: Iterable[int]) -> NDArray[np.int64]:
        """Return these images and every near-duplicate of them: ids, ascending, each once; absent ones have none."""
        groups = np.unique(self.groups[self.rows_here(np.fromiter(image_ids, np.int64))])
        start = np.searchsorted(self._sorted_groups, groups, side="left")
        stop = np.searchsorted(self._sorted_groups, groups, side="right")
        counts = stop - start
        places = np.repeat(start - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
        return np.sort(self.image_ids[self._by_group[places]])

    def related(self, image_ids: Iterable[int]) -> NDArray[np.int64]:
        """Return these images, their near-duplicates, and every image of the projects of all these: ids, ascending.

        Raises
        ------
        UnknownImageError
            If one of these images is not in the collection.
        """
        near = self.with_near_duplicates(self.image_ids[self.rows(image_ids)].tolist())
        projects = np.unique(self.projects[self.rows_here(near)])
        projects = projects[projects >= 0]
        if not projects.size:
            return near
        place = np.minimum(np.searchsorted(projects, self.projects), projects.size - 1)
        return np.union1d(near, self.image_ids[projects[place] == self.projects])

    def group_of(self, image_ids: Iterable[int]) -> NDArray[np.integer]:
        """Return the group of each image, in the order of the ids."""
        return self.groups[self.rows(image_ids)]
