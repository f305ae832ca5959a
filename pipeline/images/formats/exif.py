"""Read the orientation from EXIF, the only field that pixels need. Pure."""

from __future__ import annotations

import struct

__all__ = ["orientation_of"]

_TAG = 0x0112
_SHORT, _LONG = 3, 4
_MOST_ENTRIES = 1000


def orientation_of(exif: bytes) -> int:
    """Read the orientation (EXIF 2.32, tag 0x0112) from a block of EXIF, with or without its preamble.

    Only the entries of the first directory are read. All other references in the block are ignored.

    Returns
    -------
    int
        1 to 8; 1 (upright) if the tag is absent or out of range, or the block is damaged.
    """
    block = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, at)
        for place in range(min(count, _MOST_ENTRIES)):
            tag, kind, values = struct.unpack_from(f"{order}HHI", block, at + 2 + 12 * place)
            if tag == _TAG and kind in {_SHORT, _LONG} and values == 1:
                (value,) = struct.unpack_from(f"{order}{'H' if kind == _SHORT else 'I'}", block, at + 10 + 12 * place)
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
