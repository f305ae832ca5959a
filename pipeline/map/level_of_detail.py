"""Level of detail of the map: one representative image for each cell of a grid that is anchored in the layout.

The layout lies in a square. Level ``k`` divides the square into ``2**k`` by ``2**k`` cells, so each cell is exactly
four cells of the next level (a region quadtree; Samet, "The Quadtree and Related Hierarchical Data Structures", ACM
Computing Surveys 16(2), 1984). Rows are sorted by the Morton code of their deepest cell. In this order the rows of any
cell of any level are neighbours, so a view walks down the tree and reads only the visible rows.

The row of highest priority represents its cell. The order is global, so the representative of a cell also represents
the child cell that contains it, and pictures stay while a person zooms in. It does not depend on the view, so pictures
stay while a person pans.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError
from pipeline.map.filters import PassingSet
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.quadtree import DEEPEST_LEVEL, choose, gather, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "DEEPEST_LEVEL",
    "Bounds",
    "Representatives",
    "points_in_view",
    "representatives",
    "row_at",
]

Bounds = tuple[float, float, float, float]
"""Rectangle in layout units: left, bottom, right, top."""


@dataclass(frozen=True, slots=True)
class Representatives:
    """The images shown in a view, one for each occupied cell, in the order of the cells' Morton codes.

    Parameters
    ----------
    rows
        int32 (m,). Best passing row of the cell, or the best excluded row if none passes.
    cell_x, cell_y
        int32 (m,). Column from the left and row from the bottom of the cell at ``level``.
    count_passing, count_all
        int32 (m,). Number of passing images and of all images in the cell. If ``count_passing`` is 0, the picture is
        dimmed.
    level
        Level of the cells.
    """

    rows: NDArray[np.int32]
    cell_x: NDArray[np.int32]
    cell_y: NDArray[np.int32]
    count_passing: NDArray[np.int32]
    count_all: NDArray[np.int32]
    level: int


def representatives(
    index: LayoutIndex, passing: PassingSet, bounds: Bounds, level: int, *, with_excluded: bool = True
) -> Representatives:
    """Return one image for each occupied cell in the view.

    Parameters
    ----------
    index
        The layout.
    passing
        Images that pass the filters.
    bounds
        The view. A cell partly in the view counts as a whole, so that its representative is the same in every view.
    level
        Level of the cells, 0 to `DEEPEST_LEVEL`.
    with_excluded
        Whether a cell without a passing image shows an excluded one.

    Raises
    ------
    ParameterError
        If ``passing`` has another number of images than ``index``, or ``level`` does not exist.
    """
    _check(index, passing, level)
    left, bottom, right, top = _cell_range(index, bounds, level)
    capacity = min(max(right - left + 1, 0) * max(top - bottom + 1, 0), index.codes.size)
    found = np.empty((5, capacity), dtype=np.int32)
    count = choose(index.codes, index.order, index.rank, passing.bits, left, bottom, right, top, level, found)
    found = found[:, :count]
    if not with_excluded:
        found = found[:, found[3] > 0]
    rows, cell_x, cell_y, count_passing, count_all = found
    return Representatives(rows, cell_x, cell_y, count_passing, count_all, level)


def points_in_view(
    index: LayoutIndex, passing: PassingSet, bounds: Bounds, *, keep_one_of: int = 1
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Return the places of the passing images in the view and a little around it.

    Parameters
    ----------
    index, passing
        As for `representatives`.
    bounds
        The view. Points outside it, up to a sixteenth of its size, can be returned as well.
    keep_one_of
        Return only every ``keep_one_of``-th place in Morton order, an even sample that is the same in every view.

    Returns
    -------
    x, y : ndarray
        float32 (m,), in layout units.
    rows : ndarray
        int32 (m,), the images' rows.
    """
    extent = max(bounds[2] - bounds[0], bounds[3] - bounds[1], index.cell_side(DEEPEST_LEVEL))
    level = min(max(math.ceil(math.log2(16 * index.side / extent)), 0), DEEPEST_LEVEL)
    _check(index, passing, level)
    left, bottom, right, top = _cell_range(index, bounds, level)
    found = np.empty((5, min(max(right - left + 1, 0) * max(top - bottom + 1, 0), index.codes.size)), dtype=np.int32)
    count = spans(index.codes, left, bottom, right, top, level, found)
    return gather(index.order, index.x, index.y, passing.bits, found[3, :count], found[4, :count], max(keep_one_of, 1))


def row_at(index: LayoutIndex, passing: PassingSet, x: float, y: float, level: int) -> int:
    """Return the row of the image shown at a point, the representative of its cell, or -1. Reads only that cell.

    Parameters
    ----------
    index, passing, level
        As for `representatives`.
    x, y
        The point in layout units.
    """
    _check(index, passing, level)
    left, bottom, right, top = _cell_range(index, (x, y, x, y), level)
    if left > right or bottom > top:
        return -1  # outside the square
    span = _cell_span(index, left, bottom, level)
    rows, rank = index.order[span], index.rank[span].astype(np.int64)
    rank[~passing.holds(rows)] += index.n_images  # excluded rows come after all others
    return int(rows[np.argmin(rank)]) if rows.size else -1


def _check(index: LayoutIndex, passing: PassingSet, level: int) -> None:
    if passing.n_images != index.n_images:
        raise ParameterError(
            f"A selection from {passing.n_images} images does not match a layout of {index.n_images}. "
            "Make both from the same collection."
        )
    if not 0 <= level <= DEEPEST_LEVEL:
        raise ParameterError(f"Level {level} does not exist. Use 0 to {DEEPEST_LEVEL}.")


def _cell_range(index: LayoutIndex, bounds: Bounds, level: int) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = bounds
    cells, cell = 2**level, index.cell_side(level)
    left, bottom = math.floor((x0 - index.origin_x) / cell), math.floor((y0 - index.origin_y) / cell)
    # An edge on the border of a cell does not reach into the next cell. A point is always in one cell.
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
