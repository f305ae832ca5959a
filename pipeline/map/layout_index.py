"""Index a layout for fast views: images sorted by cell of a region quadtree, each with its rank by priority.

The layout lies in a square. Level ``k`` divides the square into ``2**k`` by ``2**k`` cells, so each cell is exactly
four cells of the next level (Samet, "The Quadtree and Related Hierarchical Data Structures", ACM Computing Surveys
16(2), 1984). Rows are sorted by the Morton code of their deepest cell. In this order the rows of any cell of any level
are neighbours.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError
from pipeline.map.quadtree import DEEPEST_LEVEL, morton_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LayoutIndex", "rank_by_priority"]

STANDARD_SIDE = 2.5  # layouts of this project lie in [-1, 1]; the margin keeps the outermost pictures whole


@dataclass(frozen=True, slots=True, eq=False)
class LayoutIndex:
    """An immutable layout index, made by `LayoutIndex.build`. It takes 24 bytes for each image.

    Parameters
    ----------
    origin_x, origin_y, side
        Left, bottom and side of the square in layout units.
    n_images
        Length of the layout, including images without a place.
    max_level
        Deepest useful level, see `LayoutIndex.build`.
    codes
        uint64 (placed,), ascending. Morton code of each placed image's cell at `DEEPEST_LEVEL`.
    order
        int32 (placed,). Row of each code.
    rank
        uint32 (placed,). Rank of that row by priority, 0 for the highest. Ranks are distinct.
    x, y
        float32 (placed,). Coordinates of that row in layout units, y up.
    """

    origin_x: float
    origin_y: float
    side: float
    n_images: int
    max_level: int
    codes: NDArray[np.uint64]
    order: NDArray[np.int32]
    rank: NDArray[np.uint32]
    x: NDArray[np.float32]
    y: NDArray[np.float32]

    @classmethod
    def build(
        cls,
        layout: NDArray[np.float32],
        priority: NDArray[np.uint32] | NDArray[np.float32],
        *,
        own_cell_share: float = 0.97,
    ) -> LayoutIndex:
        """Return the index of a layout. It costs one sort, about a second for 2.5 million images.

        The square is [-1.25, 1.25] in both directions if that contains the layout. Else it starts at the floor of the
        least coordinates, and its side is the smallest power of two that reaches the greatest. The square depends on
        the layout only.

        Parameters
        ----------
        layout
            float32 (images, 2), x right and y up. An image with a coordinate that is not finite has no place and is
            neither shown nor counted.
        priority
            uint32 or float32 (images,). The highest is shown. NaN comes last. The lowest row wins a tie, which in the
            collection's order is the lowest ``image_id``.
        own_cell_share
            ``max_level`` is the first level with at least this number of occupied cells for each distinct place. At
            that level nearly every image that can have a cell alone has one. Deeper levels would only add empty cells.

        Raises
        ------
        ParameterError
            If the shapes of the arrays do not match.
        """
        if layout.ndim != 2 or layout.shape[1] != 2 or priority.shape != layout.shape[:1]:
            raise ParameterError(
                f"A layout of shape {layout.shape} does not match priorities of shape {priority.shape}. "
                "They need the shapes (images, 2) and (images,), in the same order."
            )
        placed = np.flatnonzero(np.isfinite(layout).all(axis=1))
        points = layout[placed]
        origin_x, origin_y, side = _square(points)
        codes = morton_codes(np.ascontiguousarray(points, dtype=np.float32), origin_x, origin_y, side)
        by_code = np.argsort(codes, kind="stable")
        codes, order, points = codes[by_code], placed[by_code].astype(np.int32), points[by_code]
        return cls(
            origin_x=origin_x,
            origin_y=origin_y,
            side=side,
            n_images=layout.shape[0],
            max_level=_useful_level(codes, own_cell_share),
            codes=codes,
            order=order,
            rank=rank_by_priority(priority)[order],
            x=np.ascontiguousarray(points[:, 0], dtype=np.float32),
            y=np.ascontiguousarray(points[:, 1], dtype=np.float32),
        )

    def with_rank(self, rank: NDArray[np.uint32]) -> LayoutIndex:
        """Return the same layout with other ranks, without a new sort of the places.

        Parameters
        ----------
        rank
            uint32 (images,), from `rank_by_priority`. All layouts of a collection can share it.

        Raises
        ------
        ParameterError
            If ``rank`` does not have one entry for each image.
        """
        if rank.shape != (self.n_images,):
            raise ParameterError(
                f"Ranks of shape {rank.shape} do not match {self.n_images} images. Each image needs one rank."
            )
        return dataclasses.replace(self, rank=rank[self.order])

    def level_for(self, scale: float, *, target: float = 56.0) -> int:
        """Return the level whose cells are closest to a size on the screen.

        Parameters
        ----------
        scale
            Pixels for each layout unit.
        target
            Target side of a cell in the same pixels.

        Returns
        -------
        int
            A level whose cells measure between 0.71 and 1.42 times ``target``. At ``max_level`` cells can be larger,
            and at level 0 they can be smaller.
        """
        if not (scale > 0 and target > 0 and math.isfinite(scale)):
            raise ParameterError(f"scale={scale} and target={target} are not allowed. Both must be positive.")
        return min(max(round(math.log2(self.side * scale / target)), 0), self.max_level)

    def cell_side(self, level: int) -> float:
        """Return the side of a cell of ``level`` in layout units."""
        return math.ldexp(self.side, -level)


def _square(points: NDArray[np.float32]) -> tuple[float, float, float]:
    half = STANDARD_SIDE / 2
    if not points.size or float(np.abs(points).max()) <= half:
        return -half, -half, STANDARD_SIDE
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    origin = np.floor(low)
    extent = float((high - origin).max())
    return float(origin[0]), float(origin[1]), 2.0 ** math.ceil(math.log2(extent)) if extent > 0 else 1.0


def rank_by_priority(priority: NDArray[np.uint32] | NDArray[np.float32]) -> NDArray[np.uint32]:
    """Return the rank of each image, from the highest priority down.

    Parameters
    ----------
    priority
        uint32 or float32 (images,). NaN comes last. The lowest row of equal ones comes first.

    Returns
    -------
    rank : ndarray
        uint32 (images,), distinct, 0 for the first.
    """
    # Both turn the highest priority into the least key without overflow. A stable sort keeps equals in row order.
    key = np.iinfo(np.uint32).max - priority if priority.dtype == np.uint32 else -priority
    rank = np.empty(priority.size, dtype=np.uint32)
    rank[np.argsort(key, kind="stable")] = np.arange(priority.size, dtype=np.uint32)
    return rank


def _useful_level(codes: NDArray[np.uint64], share: float) -> int:
    if codes.size < 2:
        return 0
    # Two neighbours in Morton order separate at the level where their codes first differ. n cells have n - 1 of these.
    differing = codes[1:] ^ codes[:-1]
    bits = np.frexp(differing.astype(np.float64))[1]  # bit length, exact because codes have 40 bits
    parting_level = DEEPEST_LEVEL - (bits + 1) // 2 + 1
    partings = np.bincount(parting_level[differing != 0], minlength=DEEPEST_LEVEL + 1)
    occupied = 1 + np.cumsum(partings)
    return int(np.argmax(occupied >= share * occupied[-1]))
