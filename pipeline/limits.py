"""Limits on what is read from a picture file."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one image may cost before it is refused.

    Parameters
    ----------
    max_pixels
        Width x height allowed by the header, before anything is decoded.
    max_bytes
        Size of the encoded file in bytes.
    max_memory
        Bytes that decoding is estimated to take, at the size that is needed.
    """

    max_pixels: int = 200_000_000
    max_bytes: int = 200_000_000
    max_memory: int = 3_000_000_000
