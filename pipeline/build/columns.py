"""Store the source's own columns beside the images. An edge: it writes through the build's `CollectionWriter`."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.collection.writer import CollectionWriter
from pipeline.images.identity import image_ids
from pipeline.sources.source import Source
from pipeline.tables.typed_columns import ColumnFacts

__all__ = ["COLUMNS", "write_columns"]

COLUMNS = "columns.lance"
"""``image_id`` of every readable image, and the fields ``c0``, ``c1`` ... that the manifest names."""


def write_columns(writer: CollectionWriter, source: Source, ids: NDArray[np.int64]) -> tuple[ColumnFacts, ...]:
    """Write the source's own columns, and return facts about them.

    Names from a source may hold any character, so the dataset has names of its own and the manifest has the source's.

    Parameters
    ----------
    writer
        The build.
    source
        Its columns have a value for each item.
    ids
        int64 (n,): the readable images, ascending.

    Returns
    -------
    tuple of ColumnFacts
        In the order of the source. Empty without columns; then nothing is written.
    """
    if not source.columns:
        return ()
    listed = image_ids(source.name, [item.key for item in source.items])
    order = np.argsort(listed, kind="stable")
    places = pa.array(order[np.searchsorted(listed[order], ids)], pa.int64())
    table = {"image_id": pa.array(ids, pa.int64())}
    facts = []
    for number, column in enumerate(source.columns):
        values = column.values.take(places)
        field = f"c{number}"
        table[field] = values
        facts.append(ColumnFacts(column.name, field, column.kind.value, len(values) - values.null_count))
    writer.replace(COLUMNS, pa.table(table))
    return tuple(facts)
