"""Find the images inside a box or an outline on a layout, and count them in the cells of a grid.

Outlines follow the even-odd rule. A point is inside if a ray to the right crosses the outline an odd number of times
(Shimrat, "Algorithm 112: Position of Point Relative to Polygon", Communications of the ACM 5(8), 1962). So an outline
that crosses itself is defined as well. The plane is divided into horizontal bands, and each band keeps the edges that
reach into it. A point is compared only with the few edges of its band.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.compilation import compiled
from pipeline.errors import ParameterError
from pipeline.map.filters import PassingSet
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.level_of_detail import Bounds, points_in_view
from pipeline.map.quadtree import DEEPEST_LEVEL, interleave

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MOST_VERTICES", "codes_of", "count_in_cells", "inside", "rows_in_box", "rows_in_outline", "warm_up"]

MOST_VERTICES = 2000
"""Greatest number of vertices of an outline, more than a person draws by hand."""

MOST_BANDS = 1024


def rows_in_box(index: LayoutIndex, passing: PassingSet, bounds: Bounds) -> NDArray[np.int32]:
    """Return the passing images inside a box, edges included.

    Parameters
    ----------
    index
        The layout. An image without a place is never inside.
    passing
        Images that pass the filters.
    bounds
        Left, bottom, right and top in layout units.

    Returns
    -------
    ndarray
        int32 (m,), ascending rows.

    Raises
    ------
    ParameterError
        If the bounds are not finite or not in order.
    """
    x0, y0, x1, y1 = bounds
    if not (np.isfinite(bounds).all() and x0 <= x1 and y0 <= y1):
        raise ParameterError(f"A box from ({x0}, {y0}) to ({x1}, {y1}) is not allowed. Left and bottom come first.")
    # A view ends before the border of the next cell. The images on that border belong to the box.
    finest = index.cell_side(DEEPEST_LEVEL)
    x, y, rows = points_in_view(index, passing, (x0, y0, x1 + finest, y1 + finest))
    return _ascending(rows[(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)], index.n_images)


def rows_in_outline(index: LayoutIndex, passing: PassingSet, vertices: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the passing images inside an outline, by the even-odd rule.

    Parameters
    ----------
    index, passing
        As for `rows_in_box`.
    vertices
        float64 (v, 2), 3 to `MOST_VERTICES` points in layout units. The last is joined to the first.

    Returns
    -------
    ndarray
        int32 (m,), ascending rows.

    Raises
    ------
    ParameterError
        If the outline has too few or too many vertices, or a vertex is not finite.
    """
    if vertices.ndim != 2 or vertices.shape[1] != 2 or not 3 <= len(vertices) <= MOST_VERTICES:
        raise ParameterError(
            f"An outline of shape {vertices.shape} is not allowed. Draw one of 3 to {MOST_VERTICES} points (x, y)."
        )
    if not np.isfinite(vertices).all():
        raise ParameterError("The outline has a vertex that is not a number. Draw it again.")
    (x0, y0), (x1, y1) = vertices.min(axis=0).tolist(), vertices.max(axis=0).tolist()
    x, y, rows = points_in_view(index, passing, (x0, y0, x1, y1))
    return _ascending(rows[inside(x, y, vertices)], index.n_images)


def _ascending(rows: NDArray[np.int32], n_images: int) -> NDArray[np.int32]:
    """Return distinct rows in ascending order. A mask is several times faster than sorting millions."""
    mask = np.zeros(n_images, np.bool_)
    mask[rows] = True
    return np.flatnonzero(mask).astype(np.int32)


def inside(x: NDArray[np.float32], y: NDArray[np.float32], vertices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether each point (m,) is inside a closed outline (v, 2), bool (m,)."""
    from_x, from_y = vertices.T
    to_x, to_y = np.roll(vertices, -1, axis=0).T
    bottom, top = float(from_y.min()), float(from_y.max())
    if not bottom < top:
        return np.zeros(x.size, np.bool_)
    bands = min(2 * len(vertices), MOST_BANDS)
    per_unit = bands / (top - bottom)
    # The same arithmetic puts points and ends of edges into bands, so rounding never separates a point from its edges.
    first = np.minimum((np.minimum(from_y, to_y) - bottom) * per_unit, bands - 1).astype(np.int64)
    last = np.minimum((np.maximum(from_y, to_y) - bottom) * per_unit, bands - 1).astype(np.int64)
    edges = np.repeat(np.arange(len(vertices)), last - first + 1)
    starts = np.cumsum(last - first + 1) - (last - first + 1)
    of_band = np.arange(edges.size) - np.repeat(starts, last - first + 1) + first[edges]
    by_band = np.argsort(of_band, kind="stable")
    begins = np.searchsorted(of_band[by_band], np.arange(bands + 1))
    lines = np.ascontiguousarray(np.column_stack([from_x, from_y, to_x, to_y])[edges[by_band]])
    return _inside(x, y, lines, begins, bottom, top, per_unit)


@compiled
def _inside(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    lines: NDArray[np.float64],
    begins: NDArray[np.int64],
    bottom: float,
    top: float,
    per_unit: float,
) -> NDArray[np.bool_]:
    found = np.zeros(x.size, dtype=np.bool_)
    bands = begins.size - 1
    for point in range(x.size):
        px, py = np.float64(x[point]), np.float64(y[point])
        if not bottom <= py <= top:
            continue
        band = np.int64(min((py - bottom) * per_unit, bands - 1.0))
        odd = False
        for at in range(begins[band], begins[band + 1]):
            x0, y0, x1, y1 = lines[at]
            # The upper end does not belong to the edge, so a ray through a vertex meets one of its two edges.
            if (y0 > py) != (y1 > py) and px < (x1 - x0) * (py - y0) / (y1 - y0) + x0:
                odd = not odd
        found[point] = odd
    return found


def codes_of(index: LayoutIndex, passing: PassingSet, chosen: PassingSet) -> NDArray[np.uint64]:
    """Return the Morton codes of the images that are both passing and chosen, uint64 (m,), ascending.

    They are computed after each change of either set. Then `count_in_cells` needs two searches for each cell.

    Parameters
    ----------
    index
        The layout.
    passing, chosen
        Two sets of the layout's images.
    """
    both = PassingSet(passing.bits & chosen.bits, passing.n_images, 0)
    return index.codes[both.holds(index.order)]


def count_in_cells(
    codes: NDArray[np.uint64], cell_x: NDArray[np.int32], cell_y: NDArray[np.int32], level: int
) -> NDArray[np.int64]:
    """Count the images of each cell.

    Parameters
    ----------
    codes
        From `codes_of`.
    cell_x, cell_y
        int32 (m,). Columns and rows of cells.
    level
        Level of the cells.

    Returns
    -------
    ndarray
        int64 (m,).
    """
    below = np.uint64(2 * (DEEPEST_LEVEL - level))
    first = interleave(cell_x, cell_y) << below
    counts: NDArray[np.int64] = np.searchsorted(codes, first + (np.uint64(1) << below)) - np.searchsorted(codes, first)
    return counts


def warm_up() -> None:
    """Compile the functions that an outline needs, or load them from the cache."""
    square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    point = np.zeros(1, np.float32)
    inside(point, point, square)
