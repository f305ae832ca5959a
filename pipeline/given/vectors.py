"""Vectors that were given, ready for a build: one for each image, in half precision, read in blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.embedding.spec import EmbeddingSpec

__all__ = ["GIVEN", "GivenVectors"]

GIVEN = "given"
"""Name of the embedding that holds given vectors, where a network's name stands otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class GivenVectors:
    """A vector for each image, in place of a network.

    Parameters
    ----------
    spec
        The record of their space: `GIVEN`, the name of the file, its SHA-256 and its width.
    rows
        float ``(m, d)``, checked; may be a memory map.
    ids
        int64 ``(n,)``, ascending: the images.
    places
        int64 ``(n,)``: row of each image's vector.
    scale
        Power of two that all numbers are multiplied by, so that half precision holds them.
    unchanged
        Called after each reading; raises if the file has changed since it was checked.
    """

    spec: EmbeddingSpec
    rows: NDArray[Any]
    ids: NDArray[np.int64]
    places: NDArray[np.int64]
    scale: float = 1.0
    unchanged: Callable[[], None] = lambda: None

    def of(self, ids: NDArray[np.int64]) -> NDArray[np.float16]:
        """Return the vectors of some images.

        Parameters
        ----------
        ids
            int64 ``(k,)``, each one of ``self.ids``.

        Returns
        -------
        ndarray
            float16 ``(k, d)``, in the order of ``ids``.

        Raises
        ------
        SourceError
            If the file has changed since it was checked.
        """
        places = self.places[np.searchsorted(self.ids, ids)]
        found: NDArray[np.float16] = (self.rows[places].astype(np.float64) * self.scale).astype(np.float16)
        self.unchanged()
        return found
