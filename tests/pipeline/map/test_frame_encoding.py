"""An encoded frame is a JPEG of the same picture, and small enough whatever it shows."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.map.frame_encoding import BYTES_A_PIXEL, encode_frame


def blocks(side: int, shape: tuple[int, int] = (400, 600)) -> np.ndarray:
    """Draw a picture of coloured blocks; the smaller they are the more bytes it needs."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (-(-shape[0] // side), -(-shape[1] // side), 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(side, axis=0).repeat(side, axis=1)[: shape[0], : shape[1]])


def test_it_is_a_jpeg_of_the_same_picture() -> None:
    rgb = blocks(40)
    with Image.open(io.BytesIO(encode_frame(rgb))) as image:
        assert (image.format, image.size) == ("JPEG", (600, 400))
        assert np.abs(np.asarray(image).astype(int) - rgb).mean() < 4


@pytest.mark.parametrize("side", [2, 3, 4, 8])
def test_a_busy_frame_is_encoded_poorer_not_larger(side: int) -> None:
    rgb = blocks(side)
    assert len(encode_frame(rgb)) <= BYTES_A_PIXEL * 600 * 400


def test_a_quiet_frame_is_encoded_as_well_as_may_be() -> None:
    quiet, busy = (np.asarray(Image.open(io.BytesIO(encode_frame(blocks(side))))).astype(int) for side in (32, 4))
    assert np.abs(quiet - blocks(32)).mean() < np.abs(busy - blocks(4)).mean()


def test_noise_has_an_end_too() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(encode_frame(noise))) as image:
        assert image.size == (200, 200)
