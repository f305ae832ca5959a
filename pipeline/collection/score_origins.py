"""Which scores of an attribute a collection shows: first scores, or those of a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.collection.tables import read_manifest

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["named_origin"]


def named_origin(collection: Collection, attribute: str) -> str:
    """Return the version of an attribute's scores on disk, which may be newer than the opened one.

    Returns
    -------
    str
        Its name; ``""`` without scores.

    Raises
    ------
    CollectionDamagedError
        If ``collection.json`` cannot be read.
    """
    manifest = read_manifest(collection.path)
    return next((entry.origin for entry in manifest.attributes if entry.name == attribute), "")
