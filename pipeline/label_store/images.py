"""The images of a collection as a store needs them: ids, names, near-duplicates and projects. Pure.

The log may also contain images that were deleted, renamed or damaged since. Code that reads the log uses `present` to
set answers about these images aside.
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
        Identity of the image.
    source
        Name of its source, which is a part of the identity.
    file
        Path below the root of the source. Untrusted.
    sha256
        SHA-256 of the file. Empty if it could not be read.
    """

    image_id: int
    source: str
    file: str
    sha256: str


def _nameless(image_ids: Sequence[int]) -> list[ImageName]:
    """Return no names, for a collection without file names."""
    del image_ids
    return []


class KnownImages:
    """The images of a collection with their groups of near-duplicates.

    Parameters
    ----------
    image_ids
        int64 (n,), ascending.
    groups
        Integers (n,). Near-duplicates have the same number. None: no image has a near-duplicate.
    projects
        Integers (n,). Images of one project have the same number, -1 means no project. None: projects are unknown.
    names
        Returns the names of images, readable or not, without images that it does not know.

    Raises
    ------
    ParameterError
        If the ids do not ascend, or groups or projects differ in length from them.
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
        """SHA-256 of the ids. It changes if an image is added or removed."""
        return hashlib.sha256(np.ascontiguousarray(self.image_ids, np.int64).tobytes()).hexdigest()

    def present(self, image_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether the collection holds each of the images int64 (m,), as bool (m,)."""
        wanted = np.asarray(image_ids, np.int64)
        rows = np.searchsorted(self.image_ids, wanted)
        inside = rows < len(self.image_ids)
        inside[inside] = self.image_ids[rows[inside]] == wanted[inside]
        return inside

    def rows_here(self, image_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the images that the collection holds, in the order of the ids. Others are left out."""
        wanted = np.asarray(image_ids, np.int64)
        return np.searchsorted(self.image_ids, wanted[self.present(wanted)]).astype(np.int64)

    def rows(self, image_ids: Iterable[int]) -> NDArray[np.int64]:
        """Return the rows of images, in the order of the ids.

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
                f"{f' (and {len(missing) - 1:,} more)' if len(missing) > 1 else ''}. "
                "Use ids of this collection. Other collections have other ids."
            )
        return np.searchsorted(self.image_ids, wanted).astype(np.int64)

    def with_near_duplicates(self, image_ids: Iterable[int]) -> NDArray[np.int64]:
        """Return images and all their near-duplicates, as ascending ids without repeats. Absent images are left out."""
        groups = np.unique(self.groups[self.rows_here(np.fromiter(image_ids, np.int64))])
        start = np.searchsorted(self._sorted_groups, groups, side="left")
        stop = np.searchsorted(self._sorted_groups, groups, side="right")
        counts = stop - start
        places = np.repeat(start - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
        return np.sort(self.image_ids[self._by_group[places]])

    def related(self, image_ids: Iterable[int]) -> NDArray[np.int64]:
        """Return images, their near-duplicates, and all images of the projects of these, as ascending ids.

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
