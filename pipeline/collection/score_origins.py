"""Which scores of an attribute a collection shows: first scores, or those of a round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.collection.tables import read_manifest

if TYPE_CHECKING:
    from pipeline.collection import Collection

__all__ = ["ROUND_PREFIX", "named_origin", "origin_of_round", "round_of_origin"]

ROUND_PREFIX = "round-"


def origin_of_round(number: int) -> str:
    """Return the name of the scores that a round wrote."""
    return f"{ROUND_PREFIX}{number}"


def round_of_origin(origin: str) -> int | None:
    """Return the number of the round that wrote scores of this name, or None if no round did."""
    number = origin.removeprefix(ROUND_PREFIX)
    return int(number) if number != origin and number.isdecimal() else None


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
    facts = read_manifest(collection.path).facts(attribute)
    return facts.origin if facts is not None else ""
