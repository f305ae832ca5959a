"""Random numbers by purpose and chunk, so that block size and order of work do not change them. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np

__all__ = ["CHUNK", "Purpose", "stream"]

CHUNK: Final = 8192
"""Number of images drawn at once from one stream. It is part of the result: another number gives other arrays."""


class Purpose(IntEnum):
    """Purposes of random numbers; each purpose has its own streams."""

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
    """Return the generator of a seed, purpose and place (the number of a chunk); always the same for these three."""
    # SFC64 (Doty-Humphrey, PractRand) is NumPy's fastest; SeedSequence keeps the streams apart.
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, int(purpose), place])))
