"""One finding of an examination. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "State"]


class State(StrEnum):
    """The states of what was examined."""

    GOOD = "good"
    NOTE = "note"
    """It works, and something is worth knowing."""

    BAD = "bad"
    """It does not work, or something is lost."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was examined.

    Parameters
    ----------
    subject
        Its name, e.g. "thumbnails".
    state
        Its state.
    words
        One sentence about it.
    remedy
        What to do; empty where nothing is to be done.
    """

    subject: str
    state: State
    words: str
    remedy: str = ""
