"""Compiled search in a quadtree that is stored only as the sorted Morton codes of its rows.

A Morton code interleaves the bits of a cell's column and row (Morton, "A Computer Oriented Geodetic Data Base", IBM,
1966). The rows of any cell of any level are neighbours, and two bits of the code give the child cell of a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.compilation import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DEEPEST_LEVEL", "choose", "gather", "interleave", "morton_codes", "spans"]

DEEPEST_LEVEL = 20
"""Level of the finest cells. Their side is a millionth of the square's, about the step of float32 coordinates."""


@compiled
def morton_codes(points: NDArray[np.float32], origin_x: float, origin_y: float, side: float) -> NDArray[np.uint64]:
    """Return the Morton code of each point's cell at the deepest level, with x in the even bits.

    Parameters
    ----------
    points
        float32 (n, 2), all within the square. Its right and upper edges belong to the last cells.
    origin_x, origin_y, side
        The square in layout units.

    Returns
    -------
    ndarray
        uint64 (n,).
    """
    cells = 2**DEEPEST_LEVEL
    codes = np.empty(points.shape[0], dtype=np.uint64)
    for row in range(points.shape[0]):
        x = min(int((points[row, 0] - origin_x) / side * cells), cells - 1)
        y = min(int((points[row, 1] - origin_y) / side * cells), cells - 1)
        code = 0
        for bit in range(DEEPEST_LEVEL):
            code |= ((x >> bit & 1) << 2 * bit) | ((y >> bit & 1) << (2 * bit + 1))
        codes[row] = code
    return codes


@compiled
def interleave(cell_x: NDArray[np.int32], cell_y: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Return the Morton codes of cells, each at the level of the cell, uint64 (m,)."""
    codes = np.empty(cell_x.size, dtype=np.uint64)
    for place in range(cell_x.size):
        code = 0
        for bit in range(DEEPEST_LEVEL):
            code |= ((cell_x[place] >> bit & 1) << 2 * bit) | ((cell_y[place] >> bit & 1) << (2 * bit + 1))
        codes[place] = code
    return codes


# wide: compiled code takes plain arrays and numbers
@compiled
def choose(
    codes: NDArray[np.uint64],
    order: NDArray[np.int32],
    rank: NDArray[np.uint32],
    bits: NDArray[np.uint8],
    left: int,
    bottom: int,
    right: int,
    top: int,
    level: int,
    found: NDArray[np.int32],
) -> int:
    """Find the occupied cells in a range of cells and the representative of each.

    Parameters
    ----------
    codes, order, rank
        As in `pipeline.map.level_of_detail.LayoutIndex`.
    bits
        uint8. Mask of the passing rows. Each byte holds eight rows, the first in the lowest bit.
    left, bottom, right, top
        First and last column and row of cells, all inclusive.
    level
        Level of the cells.
    found
        int32 (5, enough for all cells). Filled for each cell with the row of the representative, the cell's column and
        row, and the numbers of passing rows and of all rows.

    Returns
    -------
    int
        Number of cells found.
    """
    count = spans(codes, left, bottom, right, top, level, found)
    for cell in range(count):
        start, stop = np.int64(found[3, cell]), np.int64(found[4, cell])
        found[0, cell], found[3, cell] = _best(order, rank, bits, start, stop)
        found[4, cell] = stop - start
    return count


@compiled
def spans(
    codes: NDArray[np.uint64], left: int, bottom: int, right: int, top: int, level: int, found: NDArray[np.int32]
) -> int:
    """Find the occupied cells in a range of cells, in Morton order.

    Like `choose`, but the last four lines of ``found`` receive column, row, first position and end position.
    """
    stack = np.empty((3 * DEEPEST_LEVEL + 4, 5), dtype=np.int64)  # depth, x, y, first position, end position
    # Single numbers, as a row assigned from a tuple takes two seconds more to compile.
    stack[0, 0] = stack[0, 1] = stack[0, 2] = stack[0, 3] = 0
    stack[0, 4] = codes.size
    height = 1
    count = 0
    while height > 0:
        height -= 1
        depth, x, y = stack[height, 0], stack[height, 1], stack[height, 2]
        start, stop = stack[height, 3], stack[height, 4]
        rest = level - depth
        outside = (x << rest) > right or ((x + 1) << rest) <= left or (y << rest) > top or ((y + 1) << rest) <= bottom
        if start == stop or outside:
            continue
        if depth == level:
            found[1, count], found[2, count] = x, y
            found[3, count], found[4, count] = start, stop
            count += 1
            continue
        # The two bits below the cell's prefix give the child of a row.
        shift = np.uint64(2 * (DEEPEST_LEVEL - depth - 1))
        end = stop
        for child in range(3, -1, -1):  # the last child is pushed first, so it comes last
            first = start if child == 0 else _position(codes, start, end, shift, child)
            stack[height, 0] = depth + 1
            stack[height, 1], stack[height, 2] = 2 * x + (child & 1), 2 * y + (child >> 1)
            stack[height, 3], stack[height, 4] = first, end
            height += 1
            end = first
    return count


@compiled
def _position(codes: NDArray[np.uint64], low: int, high: int, shift: np.uint64, child: int) -> int:
    while low < high:
        middle = (low + high) // 2
        if np.int64((codes[middle] >> shift) & np.uint64(3)) < child:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _passes(bits: NDArray[np.uint8], row: np.int32) -> np.uint64:
    at = np.uint32(row)  # an unsigned index needs no test for negative values
    return np.uint64((bits[at >> np.uint32(3)] >> (at & np.uint32(7))) & np.uint32(1))


@compiled
def _best(
    order: NDArray[np.int32], rank: NDArray[np.uint32], bits: NDArray[np.uint8], start: np.int64, stop: np.int64
) -> tuple[np.int64, np.int64]:
    """Return the representative's row and the number of passing rows of the cell."""
    # One key orders passing rows before excluded ones, then by rank, and contains the position. A minimum without
    # branches is three times as fast as comparing if a third of the images pass the filter.
    best = np.uint64(2**64 - 1)
    passing = np.int64(0)
    for position in range(start, stop):
        passes = _passes(bits, order[position])
        key = (
            ((np.uint64(1) - passes) << np.uint64(63))
            | (np.uint64(rank[position]) << np.uint64(31))
            | np.uint64(position)
        )
        best = min(best, key)
        passing += np.int64(passes)
    return np.int64(order[np.int64(best & np.uint64(2**31 - 1))]), passing


@compiled
def gather(
    order: NDArray[np.int32],
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    bits: NDArray[np.uint8],
    starts: NDArray[np.int32],
    stops: NDArray[np.int32],
    step: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """Return x, y and row of the passing rows at every ``step``-th position within spans of positions."""
    size = 0
    for span in range(starts.size):  # a sum of arrays takes a third of a second more to compile
        size += (stops[span] - starts[span]) // step + 1
    some_x, some_y = np.empty(size, dtype=np.float32), np.empty(size, dtype=np.float32)
    rows = np.empty(size, dtype=np.int32)
    count = 0
    for span in range(starts.size):
        for position in range((starts[span] + step - 1) // step * step, stops[span], step):
            if _passes(bits, order[position]):
                some_x[count], some_y[count], rows[count] = x[position], y[position], order[position]
                count += 1
    return some_x[:count], some_y[:count], rows[:count]
