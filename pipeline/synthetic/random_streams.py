"""Random numbers by purpose and place, so that no block size and no order of work changes them. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np

__all__ = ["CHUNK", "Purpose", "stream"]

CHUNK: Final = 8192
"""Images that are drawn at once from a stream of their own. Part of the result: another number, other arrays."""


class Purpose(IntEnum):
    """What random numbers are for; each purpose has streams of its own."""

    CATALOGUE = 1
    IDENTITIES = 2
    PROJECTS = 3
    GROUPS = 4
    LEADERS = 5
    IMAGES = 6
    TRAINING = 7
    DETAILS = 8
    CROWD = 9
    PICTURES = 10


def stream(seed: int, purpose: Purpose, place: int = 0) -> np.random.Generator:
    """Give the generator of one purpose and place (the number of a chunk); always the same for the same three."""
    # SFC64 (Doty-Humphrey, PractRand) is NumPy's fastest; SeedSequence keeps the streams apart.
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, int(purpose), place])))
