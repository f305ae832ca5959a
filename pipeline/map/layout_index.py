"""A layout prepared for views: its images sorted by cell of a region quadtree, each with its place by priority.

The layout lies in a square; at level ``k`` it is cut into ``2**k`` by ``2**k`` cells, so that each cell is exactly
four cells of the next level (Samet, "The Quadtree and Related Hierarchical Data Structures", ACM Computing Surveys
16(2), 1984). Rows are kept in the order of the Morton code of their deepest cell, in which the rows of any cell of any
level are neighbours.
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

STANDARD_SIDE = 2.5  # layouts of this project are scaled into [-1, 1]; a margin keeps the outermost pictures whole


@dataclass(frozen=True, slots=True, eq=False)
class LayoutIndex:
    """A layout prepared for views; made by `LayoutIndex.build`, never changed. 24 bytes an image.

    Parameters
    ----------
    origin_x, origin_y, side
        Left, bottom and side of the square in layout units.
    n_images
        Length of the layout, images without a place included.
    max_level
        Deepest level worth showing, see `LayoutIndex.build`.
    codes
        uint64 (placed,), ascending. Morton code of each placed image's cell at `DEEPEST_LEVEL`.
    order
        int32 (placed,). Row of each code.
    rank
        uint32 (placed,). Place of that row by priority, 0 best; no two equal.
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
        """Sort a layout for views. Cost: one sort; about a second at 2.5 million images.

        The square is [-1.25, 1.25] in both directions if that holds the layout, else it starts at the floor of the
        least coordinates and its side is the smallest power of two that reaches the greatest. It depends on nothing but
        the layout.

        Parameters
        ----------
        layout
            float32 (images, 2), x right and y up. An image with a coordinate that is not finite has no place: it is
            never shown nor counted.
        priority
            uint32 or float32 (images,). The highest is shown; NaN comes last; of equals the lowest row, which in the
            collection's order is the lowest ``image_id``.
        own_cell_share
            ``max_level`` is the first level with at least this many occupied cells for each distinct place, i.e. at
            which (nearly) every image that can have a cell of its own has one. Deeper cells would only empty the view.

        Raises
        ------
        ParameterError
            For arrays of other shapes.
        """
        if layout.ndim != 2 or layout.shape[1] != 2 or priority.shape != layout.shape[:1]:
            raise ParameterError(
                f"A layout of shape {layout.shape} with priorities of shape {priority.shape} was given. "
                "Give (images, 2) and (images,), in the same order."
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
        """Return the same layout with other winners, without sorting the places again.

        Parameters
        ----------
        rank
            uint32 (images,), from `rank_by_priority`, which every layout of a collection can share.

        Raises
        ------
        ParameterError
            For ranks of another number of images.
        """
        if rank.shape != (self.n_images,):
            raise ParameterError(f"Ranks of shape {rank.shape} were given for {self.n_images} images. Give one each.")
        return dataclasses.replace(self, rank=rank[self.order])

    def level_for(self, scale: float, *, target: float = 56.0) -> int:
        """Choose the level whose cells are closest to a size on the screen.

        Parameters
        ----------
        scale
            Pixels for each layout unit.
        target
            Wished side of a cell in the same pixels.

        Returns
        -------
        int
            A level whose cells measure between 0.71 and 1.42 times ``target``, or ``max_level``, beyond which cells
            grow with the zoom, or 0, below which they shrink.
        """
        if not (scale > 0 and target > 0 and math.isfinite(scale)):
            raise ParameterError(f"Scale {scale} and target {target} were given; both must be positive.")
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
    """Rank images from the highest priority down.

    Parameters
    ----------
    priority
        uint32 or float32 (images,). NaN comes last; of equals the lowest row comes first.

    Returns
    -------
    rank : ndarray
        uint32 (images,), 0 the first; no two equal.
    """
    # Both turn the highest priority into the least key without overflow; a stable sort leaves equals in row order.
    key = np.iinfo(np.uint32).max - priority if priority.dtype == np.uint32 else -priority
    rank = np.empty(priority.size, dtype=np.uint32)
    rank[np.argsort(key, kind="stable")] = np.arange(priority.size, dtype=np.uint32)
    return rank


def _useful_level(codes: NDArray[np.uint64], share: float) -> int:
    if codes.size < 2:
        return 0
    # Two neighbours in Morton order part at the level where their codes first differ; n cells have n - 1 partings.
    differing = codes[1:] ^ codes[:-1]
    bits = np.frexp(differing.astype(np.float64))[1]  # bit length; exact, for codes have 40 bits
    parting_level = DEEPEST_LEVEL - (bits + 1) // 2 + 1
    partings = np.bincount(parting_level[differing != 0], minlength=DEEPEST_LEVEL + 1)
    occupied = 1 + np.cumsum(partings)
    return int(np.argmax(occupied >= share * occupied[-1]))
