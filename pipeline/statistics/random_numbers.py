"""Permanent random numbers of images: the same image and seed always give the same number. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["chance"]


def chance(image_ids: NDArray[np.int64], seed: int) -> NDArray[np.uint32]:
    """Return a uniform random number for each image, which depends only on its id and the seed.

    Parameters
    ----------
    image_ids
        int64 (images,).
    seed
        Another seed gives other numbers.

    Returns
    -------
    ndarray
        uint32 (images,), the upper half of splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
        Generators", OOPSLA 2014).
    """
    golden = 0x9E3779B97F4A7C15
    z = image_ids.astype(np.int64).view(np.uint64) + np.uint64((seed + 1) * golden % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(32)).astype(np.uint32)
