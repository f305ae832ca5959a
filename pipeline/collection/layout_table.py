"""A layout as the table ``layouts/<name>.lance``. No other module knows its columns.

``image_id`` int64, ``x``, ``y`` and ``trust`` float32, then one int32 column a level of clusters: ``cluster_0`` the
coarsest, ``cluster_1`` and so on; -1 for none. The clusters' names are in ``clusters/<name>.json``: a list of objects
with the fields of `pipeline.layout.cluster_names.ClusterName`.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["clusters_of", "layout_table"]

CLUSTER_COLUMN = "cluster_"


def layout_table(
    ids: NDArray[np.int64],
    positions: NDArray[np.float32],
    trust: NDArray[np.float32],
    clusters: NDArray[np.int32],
) -> pa.Table:
    """Return the table of a layout.

    Parameters
    ----------
    ids
        int64 ``(m,)``: the images of the layout.
    positions, trust
        float32 ``(m, 2)`` and ``(m,)``.
    clusters
        int32 ``(levels, m)``, the coarsest first.
    """
    columns = {
        "image_id": pa.array(ids, pa.int64()),
        "x": pa.array(np.ascontiguousarray(positions[:, 0]), pa.float32()),
        "y": pa.array(np.ascontiguousarray(positions[:, 1]), pa.float32()),
        "trust": pa.array(trust, pa.float32()),
    }
    levels = {f"{CLUSTER_COLUMN}{level}": pa.array(labels, pa.int32()) for level, labels in enumerate(clusters)}
    return pa.table(columns | levels)


def clusters_of(table: pa.Table, rows: NDArray[np.int64], count: int) -> NDArray[np.int32]:
    """Return the clusters of a layout: int32 ``(levels, count)``, -1 for none.

    Parameters
    ----------
    table
        The table of a layout.
    rows
        int64 ``(m,)``: row of the collection for each row of the table.
    count
        Number of images of the collection.

    Raises
    ------
    KeyError
        If the table has no clusters, or a level is missing.
    """
    levels = sum(name.startswith(CLUSTER_COLUMN) for name in table.column_names)
    clusters = np.full((max(1, levels), count), -1, np.int32)
    for level, labels in enumerate(clusters):
        labels[rows] = table[f"{CLUSTER_COLUMN}{level}"].to_numpy()
    return clusters
