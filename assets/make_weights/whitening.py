"""Fitting the whitening that ships with the distilled weights; `pipeline.embedding.whitening` says what it is for."""

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
        From 0, directions as strong as they are, to 1, all equally strong.
    floor
        Added to every variance, as a share of the largest: what hardly varies is not blown up.

    Returns
    -------
    Whitening
        Of mean zero over these features; principal components, the strongest first.

    Raises
    ------
    ParameterError
        For too few rows, or a power out of range.
    """
    if len(features) <= features.shape[1] or not 0 <= power <= 1:
        raise ParameterError(
            f"{len(features)} rows of {features.shape[1]} features and power {power} were given. "
            "Whitening needs more rows than features, and a power from 0 to 1."
        )
    mean = features.mean(0, dtype=np.float64)
    variances, directions = np.linalg.eigh(np.cov((features - mean).T))
    strengths = np.maximum(variances, 0) + floor * variances[-1]
    weight = (directions * strengths ** (-power / 2)).T[::-1]
    return Whitening(weight.astype(np.float32), (-weight @ mean).astype(np.float32))
