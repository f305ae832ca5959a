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

from pipeline.errors import WeightsError

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

__all__ = ["Whitening", "take_whitening"]

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
