"""What a visitor reads of an error: its words, without the places of folders on the server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["ErrorWords", "without_places"]


class ErrorWords:
    """Words of errors for a browser: visitors read the names of folders, never where they lie on the server.

    Parameters
    ----------
    folders
        Folders of the server that errors may name.
    """

    def __init__(self, folders: Iterable[str | Path]) -> None:
        self._folders = tuple(str(folder) for folder in folders)

    def __call__(self, error: Exception) -> str:
        """Return the words of an error."""
        return without_places(str(error), self._folders)


def without_places(words: str, folders: Iterable[str]) -> str:
    """Take the places of folders on the server out of a message."""
    for folder in filter(None, folders):
        named = Path(folder).expanduser()
        places = {str(named.resolve()), str(named.absolute()), str(named)}
        for place in sorted(places | {place.lstrip("/") for place in places}, key=len, reverse=True):
            if "/" in place or "\\" in place:  # libraries leave the first slash out
                words = words.replace(place, named.resolve().name)
    return words
