"""What changed in a source since its images came to a collection. Reads files of the source, and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ImageError
from pipeline.images.identity import image_ids
from pipeline.images.locations import page_of
from pipeline.images.pages import picture_sha256
from pipeline.limits import Limits
from pipeline.progress import Progress, ProgressCallback
from pipeline.sources.reading import read_location

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.collection import Collection
    from pipeline.sources.source import Source

__all__ = ["SourceChanges", "known_name", "source_changes"]

STAGE = "Comparing files"


@dataclass(frozen=True, slots=True)
class SourceChanges:
    """Changes of a source, as paths below its root, sorted.

    Parameters
    ----------
    new
        Images that the collection does not have.
    gone
        Images of the collection that the source does not have any more.
    edited
        Images whose bytes are others now.
    unreadable
        Images of both whose file cannot be read now.
    """

    new: tuple[str, ...]
    gone: tuple[str, ...]
    edited: tuple[str, ...]
    unreadable: tuple[str, ...]


def known_name(collection: Collection, place: Path) -> str | None:
    """Return the name under which a folder is a source of the collection; None where it is none."""
    manifest = collection.manifest
    known = {manifest.source_root: manifest.source_name} | {one.root: one.name for one in manifest.added}
    return known.get(str(place.resolve()))


def source_changes(
    collection: Collection, source: Source, limits: Limits | None = None, *, progress: ProgressCallback | None = None
) -> SourceChanges:
    """Compare a source with the images that came from it.

    Parameters
    ----------
    collection
        The collection.
    source
        The source as it is now, with the name that it had.
    limits
        Limits of one image.
    progress
        Called as files are compared; may raise to stop.
    """
    allowed = limits or Limits()
    ids = image_ids(source.name, [item.key for item in source.items])
    every = collection.every_id()
    there = np.isin(ids, every)
    known = collection.files_of(ids[there].tolist())
    edited, unreadable = [], []
    places = np.flatnonzero(there).tolist()
    for done, place in enumerate(places):
        item, (_, sha256) = source.items[place], known[int(ids[place])]
        if progress is not None and done % 32 == 0:
            progress(Progress(STAGE, done, len(places), "files"))
        try:
            found = picture_sha256(read_location(item.location, allowed), page_of(item.location))
        except ImageError:
            unreadable += [item.key] if sha256 else []  # others could not be read before either
            continue
        if sha256 and found != sha256:
            edited.append(item.key)
    if progress is not None:
        progress(Progress(STAGE, len(places), len(places), "files"))
    others = every[~np.isin(every, ids)]
    files = collection.files_of(others.tolist())
    names = collection.source_names(list(files), [file for file, _ in files.values()])
    gone = [file for (file, _), name in zip(files.values(), names, strict=True) if name == source.name]
    new = [source.items[place].key for place in np.flatnonzero(~there).tolist()]
    return SourceChanges(tuple(sorted(new)), tuple(sorted(gone)), tuple(sorted(edited)), tuple(sorted(unreadable)))
