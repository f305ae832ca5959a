"""The contents of a picture file before it is decoded. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import ImageError

__all__ = ["MOST_PROFILE_BYTES", "Contents", "too_costly"]

MOST_PROFILE_BYTES = 4_000_000
"""Larger colour profiles are ignored; profiles of printing presses have up to 3 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """A picture file without the parts that its pixels do not need.

    Parameters
    ----------
    data
        Input of the decoder: the file without text and other metadata.
    width, height
        Size in pixels, as stored; 0 where only the decoder knows it.
    profile
        The ICC colour profile; ``b""`` if it is absent or too large.
    orientation
        1 to 8, as in EXIF; 0 where the decoder reports it or undoes it.
    exif
        The block of EXIF, where it was taken out of `data`. Of a TIFF, the file itself.
    gamma
        Exponent of the values of a PNG without a profile, as the file states it; 0 if it does not.
    coefficients
        Bytes that a decoder holds in addition to the pixels until it has read the whole file.
    halvings
        Number of times that the decoder can halve the size while it loads, where the file states it.
    """

    data: bytes
    width: int = 0
    height: int = 0
    profile: bytes = b""
    orientation: int = 0
    exif: bytes = b""
    gamma: float = 0.0
    coefficients: int = 0
    halvings: int = 0


def too_costly(what: str) -> ImageError:
    """Return the error for a file that takes far too much time or memory to decode."""
    message = f"Decoding the file would cost too much ({what}); save it again as a plain picture."
    return ImageError(message, reason="too_costly")
