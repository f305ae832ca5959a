"""Align a new layout to an old one, so that people find their way. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Alignment", "fit_alignment"]


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """A rotation or reflection, a scale and a shift of the plane.

    Parameters
    ----------
    turn
        float64 (2, 2), orthogonal.
    scale
        Positive.
    centre, target
        float64 (2,): the point that is moved to the other one.
    """

    turn: NDArray[np.float64]
    scale: float
    centre: NDArray[np.float64]
    target: NDArray[np.float64]

    def of(self, places: NDArray[Any]) -> NDArray[np.float32]:
        """Return places (n, 2) after the alignment, float32."""
        moved: NDArray[np.float32] = ((places - self.centre) @ self.turn * self.scale + self.target).astype(np.float32)
        return moved


def fit_alignment(places: NDArray[Any], reference: NDArray[Any]) -> Alignment:
    """Return the alignment of places to a reference with the least sum of squares (Gower 1975, Psychometrika 40).

    Parameters
    ----------
    places, reference
        float (n, 2): the same images in two layouts. Fewer than two different places are only shifted.

    Returns
    -------
    Alignment
        It keeps shapes: distances change by one factor.
    """
    one, other = np.asarray(places, np.float64), np.asarray(reference, np.float64)
    if not len(one):
        return Alignment(np.eye(2), 1.0, np.zeros(2), np.zeros(2))
    centre, target = one.mean(axis=0), other.mean(axis=0)
    left, strengths, right = np.linalg.svd((one - centre).T @ (other - target))
    spread = float(((one - centre) ** 2).sum())
    scale = float(strengths.sum()) / spread if spread else 1.0
    return Alignment(left @ right, scale or 1.0, centre, target)
