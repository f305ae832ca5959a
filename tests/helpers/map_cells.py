"""All images of a cell of the map, whether they pass the filters or not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.map.layout_index import LayoutIndex
from pipeline.map.level_of_detail import DEEPEST_LEVEL, _cell_span


def rows_in_cell(index: LayoutIndex, cell_x: int, cell_y: int, level: int) -> NDArray[np.int32]:
    """Return all images of a cell: int32 rows, best priority first; none where there is no such cell."""
    if not (0 <= level <= DEEPEST_LEVEL and 0 <= cell_x < 2**level and 0 <= cell_y < 2**level):
        return np.empty(0, dtype=np.int32)
    span = _cell_span(index, cell_x, cell_y, level)
    return index.order[span][np.argsort(index.rank[span])]
