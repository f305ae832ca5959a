"""The two small versions kept of every picture: a square tile for the map and a preview for the card. Pure.

A map frame decodes hundreds of tiles, so these are JPEG: a decoder that shrinks while it loads reads the 64 and 32
pixel levels faster than WebP; at the full size the two are equal. A preview is read one at a time, so the smaller WebP
wins there.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from pipeline.errors import ImageError, ParameterError
from pipeline.framing import frame_square

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["PREVIEW_SIDE", "TILE_SIDE", "TILE_SIZES", "Thumbnails", "decode_tile", "make_thumbnails"]

TILE_SIDE: Final = 128
"""Side of a tile in pixels."""

TILE_SIZES: Final = (32, 64, 128)
"""Sizes at which a tile can be decoded."""

PREVIEW_SIDE: Final = 512
"""Longest side of a preview in pixels."""


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """The encoded small versions of one picture.

    Parameters
    ----------
    tile
        JPEG, ``TILE_SIDE`` x ``TILE_SIDE`` pixels.
    preview
        WebP, longest side at most ``PREVIEW_SIDE``, the picture's own proportions.
    """

    tile: bytes
    preview: bytes


def make_thumbnails(rgb: npt.NDArray[np.uint8]) -> Thumbnails:
    """Make tile and preview of one picture.

    Parameters
    ----------
    rgb
        uint8 (h, w, 3), upright. A preview is never larger than this.

    Returns
    -------
    Thumbnails
        Encoded bytes; the same pixels always give the same bytes.
    """
    tile = Image.fromarray(frame_square(rgb, TILE_SIDE))
    preview = Image.fromarray(rgb)
    # method 2 of WebP takes half the time of the default 4 for 3% more bytes
    preview.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Thumbnails(
        tile=_encode(tile, "JPEG", quality=85, subsampling=0),
        preview=_encode(preview, "WEBP", quality=80, method=2),
    )


def decode_tile(data: bytes, size: Literal[32, 64, 128]) -> npt.NDArray[np.uint8]:
    """Decode a tile at full, half or quarter size.

    Parameters
    ----------
    data
        A tile from :func:`make_thumbnails`.
    size
        32, 64 or 128 pixels.

    Returns
    -------
    numpy.ndarray
        uint8 (size, size, 3).

    Raises
    ------
    ImageError
        Reason ``damaged`` for bytes that are no tile.
    ParameterError
        For another size.
    """
    if size not in TILE_SIZES:
        raise ParameterError(f"A tile was asked for at {size} pixels; allowed are {', '.join(map(str, TILE_SIZES))}.")
    try:
        with JpegImageFile(io.BytesIO(data)) as image:
            whole = image.size
            image.draft("RGB", (size, size))
            pixels = np.array(image)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, RuntimeError, ArithmeticError) as error:
        message = f"A stored tile cannot be decoded ({error}); build the collection again to repair it."
        raise ImageError(message, reason="damaged") from error
    if whole != (TILE_SIDE, TILE_SIDE) or pixels.shape != (size, size, 3):
        message = (
            f"A stored tile is not a colour picture of {TILE_SIDE} x {TILE_SIDE} pixels; build the collection again."
        )
        raise ImageError(message, reason="damaged")
    return pixels


def _encode(image: Image.Image, form: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=form, **options)
    return buffer.getvalue()
