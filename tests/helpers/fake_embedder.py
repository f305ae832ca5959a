"""An embedder without a network: colour and layout statistics. For tests and synthetic collections; fast, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipeline.embedding.spec import EmbeddingSpec
from pipeline.images.square_fit import fit_square

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["FakeEmbedder"]

_SPEC = EmbeddingSpec(
    backbone="fake",
    weights="none: colour and layout statistics",
    weights_sha256="none",
    dimensions=32,
    reason="No network was used: the vectors hold mean colours on a 3 x 3 grid, their spread and the edges.",
)


@dataclass(frozen=True, slots=True)
class FakeEmbedder:
    """Embeds by mean colours on a 3 x 3 grid (27), deviation of each channel (3), and mean edges in x and y (2).

    Parameters
    ----------
    input_size
        Side of the square input in pixels, a multiple of 3.
    spec
        What is recorded of it.
    """

    input_size: int = 48
    spec: EmbeddingSpec = field(default=_SPEC)

    def prepare(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Frame a picture uint8 (h, w, 3) as uint8 (input_size, input_size, 3)."""
        return fit_square(rgb, self.input_size)

    def embed(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Embed pictures uint8 (n, input_size, input_size, 3) as float32 (n, 32); each row knows its picture alone."""
        pixels = batch.astype(np.float32) / 255.0
        n, side = len(pixels), self.input_size
        cells = pixels.reshape(n, 3, side // 3, 3, side // 3, 3).mean(axis=(2, 4)).reshape(n, 27)
        grey = pixels.mean(axis=3)
        across = np.abs(np.diff(grey, axis=2)).mean(axis=(1, 2))
        down = np.abs(np.diff(grey, axis=1)).mean(axis=(1, 2))
        return np.column_stack([cells, pixels.std(axis=(1, 2)), across, down]).astype(np.float32)
