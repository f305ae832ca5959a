"""Whitening: a fixed linear last step of a network, after which its directions are nearer equally strong.

A few directions of a network's features hold most of their variance and drown the others in every cosine; brought
nearer to equal strength, pictures of one subject in different styles lie together more often (PCA whitening: Jégou and
Chum 2012, *Negative evidences and co-occurences in image retrieval*, ECCV, section 3; by a power below one: Mukundan et
al. 2019, *Understanding and improving kernel local descriptors*, IJCV 127, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import ParameterError, WeightsError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

__all__ = ["Whitening", "fit_whitening", "take_whitening"]

_WEIGHT, _BIAS = "whitening.weight", "whitening.bias"


@dataclass(frozen=True, slots=True)
class Whitening:
    """What a row ``x`` becomes: ``weight @ x + bias``.

    Parameters
    ----------
    weight
        float32 ``(d, d)``.
    bias
        float32 ``(d,)``.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def state(self) -> dict[str, NDArray[np.float32]]:
        """Give its arrays under the names that a file of weights has them by."""
        return {_WEIGHT: self.weight, _BIAS: self.bias}


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


def take_whitening(
    state: dict[str, torch.Tensor], width: int, *, origin: str
) -> tuple[Whitening | None, dict[str, torch.Tensor]]:
    """Take the whitening out of a state dictionary.

    Parameters
    ----------
    state
        What was read of a file of weights; most have none.
    width
        Numbers that the network gives.
    origin
        Where the state came from, for people.

    Returns
    -------
    Whitening or None, dict
        And the other entries.

    Raises
    ------
    WeightsError
        If it does not fit the network, or is not finite.
    """
    others = {name: value for name, value in state.items() if name not in (_WEIGHT, _BIAS)}
    if len(others) == len(state):
        return None, others
    arrays = [state[name].float().numpy() for name in (_WEIGHT, _BIAS) if name in state]
    if [array.shape for array in arrays] != [(width, width), (width,)] or not all(np.isfinite(a).all() for a in arrays):
        raise WeightsError(
            f"The whitening of {origin} does not fit a network of {width} dimensions. "
            f"Give {_WEIGHT} ({width} x {width}) and {_BIAS} ({width}), both finite, or leave both out."
        )
    return Whitening(*arrays), others
