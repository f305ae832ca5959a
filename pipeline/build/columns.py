"""Store the columns of images: the source's own, then what EXIF says. An edge: it writes through a build's writer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.collection.writer import CollectionWriter
from pipeline.images.identity import image_ids
from pipeline.sources.source import Source, SourceColumn
from pipeline.tables.typed_columns import MOST_CATEGORIES, ColumnFacts, ColumnKind

__all__ = ["CAMERA", "COLUMNS", "DATE_TAKEN", "PLACE", "write_columns"]

COLUMNS = "columns.lance"
"""``image_id`` of every readable image, and the fields ``c0``, ``c1`` ... that the manifest names."""

DATE_TAKEN, CAMERA, PLACE = "date taken", "camera", "place"
"""Names of the columns from EXIF."""


def write_columns(writer: CollectionWriter, source: Source, ids: NDArray[np.int64]) -> tuple[ColumnFacts, ...]:
    """Write the columns of the images, and return facts about them.

    Names from a source may hold any character, so the dataset has names of its own and the manifest has the source's.

    Parameters
    ----------
    writer
        The build, with what EXIF says about its images.
    source
        Its columns have a value for each item.
    ids
        int64 (n,): the readable images, ascending.

    Returns
    -------
    tuple of ColumnFacts
        Those of the source in its order, then the date, the camera and the place from EXIF, each only if an image has
        one. Empty without columns; then nothing is written.
    """
    columns = [*_of_source(source, ids), *_of_exif(writer.exif_facts(), ids, [one.name for one in source.columns])]
    if not columns:
        return ()
    table = {"image_id": pa.array(ids, pa.int64())} | {f"c{number}": one.values for number, one in enumerate(columns)}
    writer.replace(COLUMNS, pa.table(table))
    return tuple(
        ColumnFacts(one.name, f"c{number}", one.kind.value, len(one.values) - one.values.null_count)
        for number, one in enumerate(columns)
    )


def _of_source(source: Source, ids: NDArray[np.int64]) -> list[SourceColumn]:
    if not source.columns:
        return []
    listed = image_ids(source.name, [item.key for item in source.items])
    order = np.argsort(listed, kind="stable")
    places = pa.array(order[np.searchsorted(listed[order], ids)], pa.int64())
    return [SourceColumn(one.name, one.kind, one.values.take(places)) for one in source.columns]


def _of_exif(exif: pa.Table | None, ids: NDArray[np.int64], taken: Iterable[str]) -> list[SourceColumn]:
    """Return the columns from EXIF that have a value; a name that the source has already gets an addition."""
    if exif is None:
        return []
    places = pc.index_in(pa.array(ids, pa.int64()), exif["image_id"].combine_chunks())
    dates, cameras, spots = (exif[name].combine_chunks().take(places) for name in ("taken", "camera", "place"))
    few = pc.count_distinct(cameras).as_py() <= MOST_CATEGORIES
    columns = (
        (DATE_TAKEN, ColumnKind.DATE, dates),
        (CAMERA, ColumnKind.CATEGORY if few else ColumnKind.TEXT, cameras),
        (PLACE, ColumnKind.PLACE, spots),
    )
    names = {name.casefold() for name in taken}
    return [
        SourceColumn(_free(name, names), kind, values)
        for name, kind, values in columns
        if values.null_count < len(values)
    ]


def _free(name: str, taken: set[str]) -> str:
    while name.casefold() in taken:
        name += " (EXIF)"
    return name
