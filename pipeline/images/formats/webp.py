"""Read the canvas size of a WebP, for which a decoder allocates memory at once. Pure."""

from __future__ import annotations

import struct

from pipeline.images.formats.contents import Contents

__all__ = ["webp_contents"]


def webp_contents(data: bytes) -> Contents:
    """Read the size (RFC 9649); the decoder reads profile and orientation."""
    kind = data[12:16]
    width = height = 0
    if kind == b"VP8X" and len(data) >= 30:
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif kind == b"VP8L" and len(data) >= 25:
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    elif kind == b"VP8 " and len(data) >= 30:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    return Contents(data, width, height)
