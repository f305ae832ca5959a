"""Encode a frame as a JPEG, fast enough for panning and of limited size.

JPEG is the only usual format that is encoded in a few milliseconds. ``tests/benchmarks/encodings.py`` compares it with
WebP and PNG on real frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import simplejpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BYTES_A_PIXEL", "MIME", "encode_frame"]

MIME = "image/jpeg"

BYTES_A_PIXEL = 0.3
"""Greatest number of bytes for each pixel. A frame of 1200 x 800 pixels has at most 288 kB."""

_STEPS = ((84, "444", 1.0), (76, "444", 0.8), (72, "420", 0.62), (58, "420", 0.47), (42, "420", 0.37), (20, "420", 0.2))
"""Quality, colour resolution, and size relative to the first step. Halving the colour resolution smears coloured lines
of drawings, so it comes after some loss of quality."""

LEAST_LIMIT = 20_000  # bytes, so that a small frame keeps its quality


def encode_frame(rgb: NDArray[np.uint8]) -> bytes:
    """Return a frame as the best JPEG of at most `BYTES_A_PIXEL`.

    Parameters
    ----------
    rgb
        uint8 (height, width, 3), C-contiguous.

    Returns
    -------
    bytes
        A whole JPEG file. A frame of pure noise gets the lowest quality and can be larger.
    """
    limit = max(BYTES_A_PIXEL * rgb.shape[0] * rgb.shape[1], LEAST_LIMIT)
    step, data = 0, b""
    while step < len(_STEPS):
        quality, colors, share = _STEPS[step]
        data = simplejpeg.encode_jpeg(rgb, quality, "RGB", colors, fastdct=True)
        if len(data) <= limit:
            break
        allowed = limit / (len(data) / share)
        step = max(step + 1, next((at for at, entry in enumerate(_STEPS) if entry[2] <= allowed), len(_STEPS) - 1))
    return bytes(data)
