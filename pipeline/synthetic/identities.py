"""Draw the ids, projects and groups of duplicates of a synthetic collection, before its images. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.synthetic.catalogue import Catalogue
from pipeline.synthetic.random_streams import Purpose, stream
from pipeline.synthetic.spec import SyntheticSpec

__all__ = ["LICENSES", "Groups", "Projects", "draw_groups", "draw_image_ids", "draw_projects"]

LICENSES: Final = ("CC BY-NC-ND 4.0", "CC BY-NC 4.0", "CC BY 4.0", "CC0 1.0", "")
LICENSE_SHARES: Final = (0.45, 0.25, 0.15, 0.05, 0.10)
FIRST_ID, MEAN_GAP = 5000, 3.0
GROUP_SIZES, GROUP_SHARES = (2, 3, 4, 5), (0.6, 0.25, 0.1, 0.05)


@dataclass(frozen=True, slots=True, eq=False)
class Projects:
    """Projects, which consist of neighbouring images.

    Parameters
    ----------
    of_image
        int32 (n,): number of each image's project, ascending from 0.
    ids
        int64 (p,): ``project_id``, ascending with gaps.
    clusters
        int16 (p,): cluster with most images of the project.
    licenses
        int8 (p,): index into `LICENSES`.
    dead
        bool (p,): whether its URLs no longer answer.
    """

    of_image: NDArray[np.int32]
    ids: NDArray[np.int64]
    clusters: NDArray[np.int16]
    licenses: NDArray[np.int8]
    dead: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Groups of equal or almost equal images.

    Parameters
    ----------
    of_image
        int32 (n,): number of each image's group, -1 for most.
    exact
        bool (g,): whether a group's images are equal in every bit.
    """

    of_image: NDArray[np.int32]
    exact: NDArray[np.bool_]


def draw_image_ids(spec: SyntheticSpec) -> NDArray[np.int64]:
    """Draw ids similar to BAM's ``mid``: int64 (n,), small, ascending, with gaps."""
    rng = stream(spec.seed, Purpose.IDENTITIES)
    return FIRST_ID + np.cumsum(rng.geometric(1.0 / MEAN_GAP, spec.images), dtype=np.int64)


def draw_projects(spec: SyntheticSpec, catalogue: Catalogue) -> Projects:
    """Divide neighbouring images into projects, and draw the shared facts of each project."""
    rng = stream(spec.seed, Purpose.PROJECTS)
    begins = rng.random(spec.images, np.float32) < 1.0 / spec.images_a_project
    begins[0] = True
    of_image = np.cumsum(begins, dtype=np.int32) - 1
    count = int(of_image[-1]) + 1
    return Projects(
        of_image=of_image.astype(np.int32),
        ids=FIRST_ID + np.cumsum(rng.geometric(0.5, count), dtype=np.int64),
        clusters=np.searchsorted(catalogue.cumulative, rng.random(count), side="right").astype(np.int16),
        licenses=rng.choice(len(LICENSES), count, p=LICENSE_SHARES).astype(np.int8),
        dead=rng.random(count) < spec.dead_urls,
    )


def draw_groups(spec: SyntheticSpec) -> Groups:
    """Draw groups of duplicates from the whole collection."""
    rng = stream(spec.seed, Purpose.GROUPS)
    wanted = int(spec.images * spec.duplicates)
    sizes = rng.choice(GROUP_SIZES, wanted // min(GROUP_SIZES), p=GROUP_SHARES)
    sizes = sizes[np.cumsum(sizes) <= wanted]
    rows = rng.choice(spec.images, int(sizes.sum()), replace=False, shuffle=True)
    of_image = np.full(spec.images, -1, np.int32)
    of_image[rows] = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    return Groups(of_image, rng.random(len(sizes)) < spec.exact_groups)
