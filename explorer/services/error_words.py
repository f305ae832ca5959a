"""Error messages for visitors: with a remedy, and without the places of folders on the server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import BamExplorerError, ErrorKind

__all__ = ["ErrorWords", "with_remedy", "without_places"]

REMEDIES = {
    ErrorKind.ANSWERS_ELSEWHERE: "Move them with the command explorer labels move.",
    ErrorKind.COLLECTION_MISSING: "Use the command explorer build.",
    ErrorKind.COLLECTION_OUTDATED: "Use the command explorer build with --replace.",
    ErrorKind.COPIED_ANSWERS: "Use the command explorer labels fork.",
    ErrorKind.NO_POSITIVES: (
        "Find some in the Label tab: by words, a cluster, a selection, or images like an example."
    ),
    ErrorKind.NO_RELEASE: "Make one in the Rounds tab, or restore it from a copy.",
    ErrorKind.TOO_MANY_ANSWERS: "Use the command explorer labels export.",
}
"""Remedies for a person at the screen. The other kinds of errors occur only by command."""


class ErrorWords:
    """Error messages for a browser. Visitors read the names of folders, but not their places on the server.

    Parameters
    ----------
    folders
        Folders of the server that errors may name.
    """

    def __init__(self, folders: Iterable[str | Path]) -> None:
        self._folders = tuple(str(folder) for folder in folders)

    def __call__(self, error: Exception) -> str:
        """Return the words of an error."""
        return without_places(with_remedy(error), self._folders)


def with_remedy(error: Exception) -> str:
    """Return an error's words, with its remedy on the screen if there is one."""
    if isinstance(error, BamExplorerError) and error.kind in REMEDIES:
        return f"{error} {REMEDIES[error.kind]}"
    return str(error)


def without_places(words: str, folders: Iterable[str]) -> str:
    """Return a message without the places of folders on the server."""
    for folder in filter(None, folders):
        named = Path(folder).expanduser()
        places = {str(named.resolve()), str(named.absolute()), str(named)}
        for place in sorted(places | {place.lstrip("/") for place in places}, key=len, reverse=True):
            if "/" in place or "\\" in place:  # libraries leave the first slash out
                words = words.replace(place, named.resolve().name)
    return words
