"""Features of pictures by a folded network, framed as a build frames them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from pipeline.images.square_fit import fit_square

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.embedding.folded_network import FoldedNetwork

BATCH = 32


def features_of(
    network: FoldedNetwork, pictures: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], side: int
) -> NDArray[np.float32]:
    """Return the features of pictures uint8 (h, w, 3), fitted into squares of a side: float32 (n, d), rows in order."""
    features = []
    for start in range(0, len(pictures), BATCH):
        squares = [fit_square(picture, side, max_crop=2.0) for picture in pictures[start : start + BATCH]]
        features.append(network(torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)).numpy())
    return np.concatenate(features)
