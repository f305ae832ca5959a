"""Read a JPEG 2000 (ITU-T T.800) up to its pixels: size, available resolutions, number of packets. Pure."""

from __future__ import annotations

import struct

from pipeline.images.formats.contents import Contents, too_costly

__all__ = ["jpeg2000_contents"]

_START = b"\xff\x4f\xff\x51"
_SIZE, _CODING, _COMPONENT_CODING, _TILE = 0x51, 0x52, 0x53, 0x90
_MOST_SECTIONS = 1000
_MOST_PACKETS = 500_000
"""Maximum number of packets (quality layers x resolutions x components of all tiles); photographs have hundreds."""


def jpeg2000_contents(data: bytes) -> Contents:
    """Read the main header of the code stream.

    Raises
    ------
    ImageError
        Reason ``too_costly`` for millions of packets, or hundreds of megapixels of tiles.
    """
    at = data.find(_START)
    width = height = 0
    tiles = components = layers = 1
    levels: list[int] = []
    at += 2
    try:
        for _ in range(_MOST_SECTIONS if at >= 2 else 0):
            marker, length = struct.unpack_from(">xBH", data, at)
            if marker == _TILE or length < 2:
                break
            if marker == _SIZE:
                right, down, left, top, wide, high, first, upper, components = struct.unpack_from(">8IH", data, at + 6)
                width, height = right - left, down - top
                tiles = -(-(right - first) // max(wide, 1)) * -(-(down - upper) // max(high, 1))
            elif marker == _CODING:
                layers, level = struct.unpack_from(">HxB", data, at + 6)
                levels.append(level)
            elif marker == _COMPONENT_CODING:
                levels.append(data[at + 4 + (1 if components < 257 else 2) + 1])
            at += 2 + length
    except (struct.error, IndexError):
        return Contents(data)  # truncated: the decoder reports it
    packets = tiles * components * layers * (max(levels, default=0) + 1)
    if packets > _MOST_PACKETS:
        raise too_costly(f"{packets:,} packets")
    return Contents(data, max(width, 0), max(height, 0), halvings=min(levels, default=0))
