"""Fit the whitening of the distilled weights; `pipeline.embedding.whitening` explains its purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.embedding.whitening import Whitening
from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fit_whitening"]


def fit_whitening(features: NDArray[np.float32], *, power: float, floor: float = 1e-3) -> Whitening:
    """Fit a whitening to features.

    Parameters
    ----------
    features
        float32 ``(n, d)``, n above d.
    power
        From 0 (directions unchanged) to 1 (all equally strong).
    floor
        Added to every variance, as a share of the largest, so that directions with little variance are not amplified.

    Returns
    -------
    Whitening
        Its output has mean zero over these features. Its directions are principal components, the strongest first.

    Raises
    ------
    ParameterError
        If there are too few rows, or `power` is out of range.
    """
    if len(features) <= features.shape[1] or not 0 <= power <= 1:
        raise ParameterError(
            f"features of shape {features.shape} and power={power} are not allowed. Whitening needs more rows than "
            "features, and a power from 0 to 1."
        )
    mean = features.mean(0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov((features - mean).T))
    strengths = np.maximum(variances, 0) + floor * variances[-1]
    weight = (directions * strengths ** (-power / 2)).T[::-1]
    return Whitening(weight.astype(np.float32), (-weight @ mean).astype(np.float32))
