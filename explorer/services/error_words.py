"""What a visitor reads of an error: its words, without the places of folders on the server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["remember", "without_places", "words_of"]

_opened: set[str] = set()
"""Where the collections lie that this process has opened."""


def remember(place: Path) -> None:
    """Note where a collection lies, so that no visitor reads it."""
    _opened.add(str(place))


def words_of(error: Exception) -> str:
    """Give an error's words for a browser: of the collections that were opened, visitors read the names alone."""
    return without_places(str(error), tuple(_opened))


def without_places(words: str, folders: Iterable[str]) -> str:
    """Take the places of folders on the server out of a message."""
    for folder in filter(None, folders):
        named = Path(folder).expanduser()
        places = {str(named.resolve()), str(named.absolute()), str(named)}
        for place in sorted(places | {place.lstrip("/") for place in places}, key=len, reverse=True):
            if "/" in place or "\\" in place:  # libraries leave the first slash out
                words = words.replace(place, named.resolve().name)
    return words
