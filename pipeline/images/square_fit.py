"""Fit a picture of any shape into a square: whole on its own background colour, or cropped. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["fit_square", "uniform_border"]

_SAMPLES = 64
"""Pixels sampled along each edge: enough to see a line that touches it, at the same cost for every size."""


def uniform_border(
    rgb: npt.NDArray[np.uint8], *, tolerance: int = 12, share: float = 0.95
) -> npt.NDArray[np.uint8] | None:
    """Return the colour of a (nearly) uniform border, as in drawings on a plain background.

    Parameters
    ----------
    rgb
        uint8 (h, w, 3).
    tolerance
        Largest difference from the border's median, in any channel, that still counts as the same colour.
    share
        Part of the border's pixels that must be of that colour.

    Returns
    -------
    numpy.ndarray or None
        uint8 (3,), or None if the border has several colours.
    """
    height, width = rgb.shape[:2]
    columns = np.linspace(0, width - 1, min(width, _SAMPLES)).astype(np.intp)
    rows = np.linspace(0, height - 1, min(height, _SAMPLES)).astype(np.intp)
    border = np.concatenate([rgb[0, columns], rgb[-1, columns], rgb[rows, 0], rgb[rows, -1]])
    colour = np.median(border, axis=0).astype(np.uint8)
    differences = np.abs(border.astype(np.int16) - colour).max(axis=1)
    return colour if float(np.mean(differences <= tolerance)) >= share else None


def fit_square(rgb: npt.NDArray[np.uint8], side: int, *, max_crop: float | None = None) -> npt.NDArray[np.uint8]:
    """Resize a picture into a square without distortion.

    A picture with a uniform border is shown whole, centred on a square of the border's colour. Any other picture fills
    the square: its shorter side becomes ``side`` and the middle is kept.

    Parameters
    ----------
    rgb
        uint8 (h, w, 3).
    side
        Side of the square in pixels.
    max_crop
        Largest ratio of longer to shorter side that is cropped to a square. A longer picture is cropped to that ratio
        and then shown whole on the mean colour of its border. None crops every picture.

    Returns
    -------
    numpy.ndarray
        uint8 (side, side, 3).
    """
    height, width = rgb.shape[:2]
    short, long = min(height, width), max(height, width)
    ground = uniform_border(rgb) if short != long else None
    if ground is not None:
        return _contain(rgb, side, ground)
    if max_crop is not None and long > max_crop * short:
        rgb = _crop_longer(rgb, max(round(max_crop * short), 1))
        edges = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
        return _contain(rgb, side, np.rint(edges.mean(axis=0)).astype(np.uint8))
    return _resize(_crop_longer(rgb, short), side, side)


def _crop_longer(rgb: npt.NDArray[np.uint8], length: int) -> npt.NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    if height > width:
        top = (height - length) // 2
        return rgb[top : top + length]
    left = (width - length) // 2
    return rgb[:, left : left + length]


def _contain(rgb: npt.NDArray[np.uint8], side: int, ground: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    inner_height, inner_width = max(1, round(height * scale)), max(1, round(width * scale))
    square = np.empty((side, side, 3), np.uint8)
    square[:] = ground
    top, left = (side - inner_height) // 2, (side - inner_width) // 2
    square[top : top + inner_height, left : left + inner_width] = _resize(rgb, inner_height, inner_width)
    return square


def _resize(rgb: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Resize with antialiased bicubic; a reducing gap of 2 is fast and almost equal to full resampling."""
    image = Image.fromarray(np.ascontiguousarray(rgb))
    return np.array(image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0))
