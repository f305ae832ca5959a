"""Who is shown: one picture for each cell of a grid that is anchored in the layout.

The layout lies in a square; at level ``k`` it is cut into ``2**k`` by ``2**k`` cells, so that each cell is exactly
four cells of the next level (a region quadtree; Samet, "The Quadtree and Related Hierarchical Data Structures", ACM
Computing Surveys 16(2), 1984). Rows are kept in the order of the Morton code of their deepest cell, in which the rows
of any cell of any level are neighbours: a view walks down the tree and touches the rows in sight alone.

Among the rows of a cell the one of highest priority is shown. The order is global, so the winner of a cell is the
winner of whichever child cell holds it (pictures stay while zooming in), and no cell's winner depends on the view
(pictures stay while panning).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError
from pipeline.quadtree import DEEPEST_LEVEL, choose, gather, morton_codes, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "DEEPEST_LEVEL",
    "Bounds",
    "LayoutIndex",
    "Representatives",
    "default_priority",
    "points_in_view",
    "representatives",
    "row_at",
    "rows_in_cell",
]

Bounds = tuple[float, float, float, float]
"""Rectangle in layout units: left, bottom, right, top."""

STANDARD_SIDE = 2.5  # layouts of this project are scaled into [-1, 1]; a margin keeps the outermost pictures whole


@dataclass(frozen=True, slots=True)
class Representatives:
    """The images shown in a view, one for each cell that holds any, in the order of the cells' Morton codes.

    Parameters
    ----------
    rows
        int32 (m,). Best passing row of the cell; where none passes, the best of the excluded.
    cell_x, cell_y
        int32 (m,). Column from the left and row from the bottom of the cell at ``level``.
    count_passing, count_all
        int32 (m,). Passing and all images in the cell. With ``count_passing`` 0 the picture is drawn dimmed.
    level
        Level of the cells.
    """

    rows: NDArray[np.int32]
    cell_x: NDArray[np.int32]
    cell_y: NDArray[np.int32]
    count_passing: NDArray[np.int32]
    count_all: NDArray[np.int32]
    level: int


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
            rank=_rank(priority)[order],
            x=np.ascontiguousarray(points[:, 0], dtype=np.float32),
            y=np.ascontiguousarray(points[:, 1], dtype=np.float32),
        )

    def with_priority(self, priority: NDArray[np.uint32] | NDArray[np.float32]) -> LayoutIndex:
        """Return the same layout with other winners, without sorting the places again."""
        if priority.shape != (self.n_images,):
            raise ParameterError(f"Priorities of shape {priority.shape} were given for {self.n_images} images.")
        return dataclasses.replace(self, rank=_rank(priority)[self.order])

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


def representatives(index: LayoutIndex, mask: NDArray[np.bool_], bounds: Bounds, level: int) -> Representatives:
    """Choose one image for each cell in sight that holds any.

    Parameters
    ----------
    index
        The layout.
    mask
        bool (images,). Images that pass the filters, in the collection's order.
    bounds
        The view. Cells that reach into it count whole, so that their winner is the same in every view.
    level
        Level of the cells, 0 to `DEEPEST_LEVEL`.

    Raises
    ------
    ParameterError
        For a mask of another length or a level that does not exist.
    """
    _check(index, mask, level)
    left, bottom, right, top = _cell_range(index, bounds, level)
    capacity = min(max(right - left + 1, 0) * max(top - bottom + 1, 0), index.codes.size)
    found = np.empty((5, capacity), dtype=np.int32)
    count = choose(index.codes, index.order, index.rank, _bits(mask), left, bottom, right, top, level, found)
    rows, cell_x, cell_y, passing, everyone = found[:, :count]
    return Representatives(rows, cell_x, cell_y, passing, everyone, level)


def points_in_view(
    index: LayoutIndex, mask: NDArray[np.bool_], bounds: Bounds, *, keep_one_of: int = 1
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Gather the places of the passing images in sight and a little around it.

    Parameters
    ----------
    index, mask
        As for `representatives`.
    bounds
        The view. Points up to a sixteenth of its size outside may be returned as well.
    keep_one_of
        Look at every so many-th place in Morton order alone: an even sample, the same in every view.

    Returns
    -------
    x, y : ndarray
        float32 (m,), in layout units.
    """
    extent = max(bounds[2] - bounds[0], bounds[3] - bounds[1], index.cell_side(DEEPEST_LEVEL))
    level = min(max(math.ceil(math.log2(16 * index.side / extent)), 0), DEEPEST_LEVEL)
    _check(index, mask, level)
    left, bottom, right, top = _cell_range(index, bounds, level)
    found = np.empty((5, min(max(right - left + 1, 0) * max(top - bottom + 1, 0), index.codes.size)), dtype=np.int32)
    count = spans(index.codes, left, bottom, right, top, level, found)
    return gather(index.order, index.x, index.y, _bits(mask), found[3, :count], found[4, :count], max(keep_one_of, 1))


def row_at(index: LayoutIndex, mask: NDArray[np.bool_], x: float, y: float, level: int) -> int:
    """Find the image shown under a point: the representative of the point's cell, or -1. Touches that cell alone.

    Parameters
    ----------
    index, mask, level
        As for `representatives`.
    x, y
        The point in layout units.
    """
    _check(index, mask, level)
    left, bottom, right, top = _cell_range(index, (x, y, x, y), level)
    if left > right or bottom > top:
        return -1  # outside the square
    span = _cell_span(index, left, bottom, level)
    rows, rank = index.order[span], index.rank[span].astype(np.int64)
    rank[~mask[rows]] += index.n_images  # the excluded come after all others
    return int(rows[np.argmin(rank)]) if rows.size else -1


def rows_in_cell(index: LayoutIndex, cell_x: int, cell_y: int, level: int) -> NDArray[np.int32]:
    """List all images of a cell, passing or not: int32 rows, best priority first; none where there is no such cell."""
    if not (0 <= level <= DEEPEST_LEVEL and 0 <= cell_x < 2**level and 0 <= cell_y < 2**level):
        return np.empty(0, dtype=np.int32)
    span = _cell_span(index, cell_x, cell_y, level)
    return index.order[span][np.argsort(index.rank[span])]


def default_priority(image_ids: NDArray[np.int64], seed: int) -> NDArray[np.uint32]:
    """Give each image a fair, repeatable priority that depends on nothing but its id and the seed.

    Parameters
    ----------
    image_ids
        int64 (images,).
    seed
        Another seed shows other pictures.

    Returns
    -------
    ndarray
        uint32 (images,), the upper half of splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
        Generators", OOPSLA 2014).
    """
    golden = 0x9E3779B97F4A7C15
    z = image_ids.astype(np.int64).view(np.uint64) + np.uint64((seed + 1) * golden % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(32)).astype(np.uint32)


def _check(index: LayoutIndex, mask: NDArray[np.bool_], level: int) -> None:
    if mask.shape != (index.n_images,):
        raise ParameterError(
            f"A mask of shape {mask.shape} was given for {index.n_images} images. Give one value each."
        )
    if not 0 <= level <= DEEPEST_LEVEL:
        raise ParameterError(f"Level {level} does not exist. Use 0 to {DEEPEST_LEVEL}.")


def _bits(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    # Rows are looked up in no order: an eighth of the bytes stays in the processor's cache, which makes a view of
    # millions three times faster and costs a tenth of a millisecond.
    return np.packbits(mask, bitorder="little")


def _square(points: NDArray[np.float32]) -> tuple[float, float, float]:
    half = STANDARD_SIDE / 2
    if not points.size or float(np.abs(points).max()) <= half:
        return -half, -half, STANDARD_SIDE
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    origin = np.floor(low)
    extent = float((high - origin).max())
    return float(origin[0]), float(origin[1]), 2.0 ** math.ceil(math.log2(extent)) if extent > 0 else 1.0


def _rank(priority: NDArray[np.uint32] | NDArray[np.float32]) -> NDArray[np.uint32]:
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


def _cell_range(index: LayoutIndex, bounds: Bounds, level: int) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = bounds
    cells, cell = 2**level, index.cell_side(level)
    left, bottom = math.floor((x0 - index.origin_x) / cell), math.floor((y0 - index.origin_y) / cell)
    # An edge on a cell's border does not reach into the next cell; a point is in its own.
    right = max(math.ceil((x1 - index.origin_x) / cell) - 1, left)
    top = max(math.ceil((y1 - index.origin_y) / cell) - 1, bottom)
    return max(left, 0), max(bottom, 0), min(right, cells - 1), min(top, cells - 1)


def _cell_span(index: LayoutIndex, cell_x: int, cell_y: int, level: int) -> slice:
    below = 2 * (DEEPEST_LEVEL - level)
    first = _interleave(cell_x, cell_y) << below
    edges = np.array([first, first + (1 << below)], dtype=np.uint64)
    start, stop = np.searchsorted(index.codes, edges)
    return slice(int(start), int(stop))


def _interleave(x: int, y: int) -> int:
    return sum(((x >> bit & 1) << 2 * bit) | ((y >> bit & 1) << 2 * bit + 1) for bit in range(DEEPEST_LEVEL))
