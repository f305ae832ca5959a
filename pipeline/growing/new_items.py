"""Which images of a source a collection does not have yet. Reads files only to compare those of one name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.errors import ImageError, SourceError
from pipeline.images.identity import image_ids
from pipeline.images.locations import page_of
from pipeline.images.pages import picture_sha256
from pipeline.sources.reading import read_location
from pipeline.sources.source import Source, SourceColumn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.collection import Collection
    from pipeline.limits import Limits

__all__ = ["NewItems", "new_items"]


@dataclass(frozen=True, slots=True, eq=False)
class NewItems:
    """The part of a source that is new.

    Parameters
    ----------
    source
        The source with only its new images.
    ids
        int64 (m,): their ids, in the order of its items.
    there
        Number of its images that the collection has already.
    """

    source: Source
    ids: NDArray[np.int64]
    there: int


def new_items(collection: Collection, source: Source, limits: Limits) -> NewItems:
    """Find the images of a source whose identity the collection does not have.

    Raises
    ------
    SourceError
        If the source has the name of another one of the collection, and one of its files the name of another picture.
    """
    ids = image_ids(source.name, [item.key for item in source.items])
    there = np.isin(ids, collection.every_id())
    if there.any() and not _same_place(collection, source):
        _check_same_pictures(collection, source, ids, np.flatnonzero(there), limits)
    places = np.flatnonzero(~there)
    taken = pa.array(places, pa.int64())
    columns = tuple(SourceColumn(one.name, one.kind, one.values.take(taken)) for one in source.columns)
    part = replace(source, items=tuple(source.items[place] for place in places.tolist()), columns=columns)
    return NewItems(part, ids[places], int(np.count_nonzero(there)))


def _same_place(collection: Collection, source: Source) -> bool:
    """Return whether the collection has images of this source from this place."""
    manifest = collection.manifest
    known = [(manifest.source_name, manifest.source_root), *((one.name, one.root) for one in manifest.added)]
    return (source.name, source.place) in known


def _check_same_pictures(
    collection: Collection, source: Source, ids: NDArray[np.int64], places: NDArray[np.intp], limits: Limits
) -> None:
    known = collection.files_of(ids[places].tolist())
    for place in places.tolist():
        item, (_, sha256) = source.items[place], known[int(ids[place])]
        try:
            found = picture_sha256(read_location(item.location, limits), page_of(item.location))
        except ImageError:
            continue
        if sha256 and found != sha256:
            raise SourceError(
                f"The collection has images of a source named {source.name!r} already, and its {item.key} is another "
                "picture. Give this source a name of its own."
            )
