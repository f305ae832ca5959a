"""Whitening: a fixed linear last step of a network, which makes the strength of its directions more equal.

A few directions of a network's features have most of the variance and dominate every cosine. With more equal strength,
pictures of one subject in different styles are neighbours more often (PCA whitening: Jégou and Chum 2012, *Negative
evidences and co-occurences in image retrieval*, ECCV, section 3; by a power below one: Mukundan et al. 2019,
*Understanding and improving kernel local descriptors*, IJCV 127, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import WeightsError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

__all__ = ["Whitening", "take_whitening"]

_WEIGHT, _BIAS = "whitening.weight", "whitening.bias"


@dataclass(frozen=True, slots=True)
class Whitening:
    """The map of a row ``x`` to ``weight @ x + bias``.

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
        """Return its arrays by their names in a file of weights."""
        return {_WEIGHT: self.weight, _BIAS: self.bias}


def take_whitening(
    state: dict[str, torch.Tensor], width: int, *, origin: str
) -> tuple[Whitening | None, dict[str, torch.Tensor]]:
    """Separate the whitening from the other entries of a state dictionary.

    Parameters
    ----------
    state
        State dictionary of a file of weights. Most have no whitening.
    width
        Width of the network's output.
    origin
        Origin of the state, for people.

    Returns
    -------
    Whitening or None, dict
        The whitening, and the other entries.

    Raises
    ------
    WeightsError
        If the whitening does not fit the network, or is not finite.
    """
    others = {name: value for name, value in state.items() if name not in (_WEIGHT, _BIAS)}
    if len(others) == len(state):
        return None, others
    arrays = [state[name].float().numpy() for name in (_WEIGHT, _BIAS) if name in state]
    if [array.shape for array in arrays] != [(width, width), (width,)] or not all(np.isfinite(a).all() for a in arrays):
        raise WeightsError(
            f"The whitening of {origin} does not fit a network of {width} dimensions. "
            f"It needs {_WEIGHT} ({width} x {width}) and {_BIAS} ({width}), both finite, or none of them."
        )
    return Whitening(*arrays), others
