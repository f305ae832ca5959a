"""What is known of a picture file before a decoder sees it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.errors import ImageError

__all__ = ["MOST_PROFILE_BYTES", "Contents", "too_costly"]

MOST_PROFILE_BYTES = 4_000_000
"""A larger colour profile is ignored; those of printing presses have up to 3 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """A picture file without what its pixels do not need.

    Parameters
    ----------
    data
        What the decoder gets: the file, without text and other metadata.
    width, height
        Size in pixels, as stored; 0 where only the decoder can tell.
    profile
        The ICC colour profile, ``b""`` where there is none or it is too large.
    orientation
        1 to 8, as EXIF has it; 0 where the decoder says or undoes it.
    gamma
        Exponent by which a PNG without a profile says that its values were made; 0 where it does not say.
    coefficients
        Bytes that a decoder keeps beside the pixels until it has read all of the file.
    halvings
        How often the decoder can halve the size while it loads, where the file says so.
    """

    data: bytes
    width: int = 0
    height: int = 0
    profile: bytes = b""
    orientation: int = 0
    gamma: float = 0.0
    coefficients: int = 0
    halvings: int = 0


def too_costly(what: str) -> ImageError:
    """Make the error for a file whose decoding would take out of all proportion to what it shows."""
    message = f"Decoding the file would cost too much ({what}); save it again as a plain picture."
    return ImageError(message, reason="too_costly")
