"""Limits for reading a picture file."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one image; an image beyond them is refused.

    Parameters
    ----------
    max_pixels
        Maximum of width x height in the header, checked before decoding.
    max_bytes
        Maximum size of the encoded file in bytes.
    max_memory
        Maximum of the estimated bytes for decoding at the required size.
    """

    max_pixels: int = 200_000_000
    max_bytes: int = 200_000_000
    max_memory: int = 3_000_000_000
