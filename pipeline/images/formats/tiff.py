"""Check the first directory of a TIFF 6 or BigTIFF before a decoder follows it. Pure."""

from __future__ import annotations

import struct

from pipeline.images.formats.contents import Contents, too_costly

__all__ = ["tiff_contents"]

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_MOST_ENTRIES = 4096
_MOST_VALUES = {
    258: 1000,  # bits of each sample
    273: 300_000,  # offsets of strips
    277: 1,
    279: 300_000,
    320: 3 * 65_536,  # palette
    324: 300_000,  # offsets of tiles
    325: 300_000,
    338: 1000,
    339: 1000,
}


def tiff_contents(data: bytes) -> Contents:
    """Check the first directory.

    Raises
    ------
    ImageError
        Reason ``too_costly`` if the values together are longer than the file, or far too many.
    """
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in {b"+\0", b"\0+"}
    try:
        at = struct.unpack_from(f"{order}Q", data, 8)[0] if big else struct.unpack_from(f"{order}I", data, 4)[0]
        count = struct.unpack_from(f"{order}{'Q' if big else 'H'}", data, at)[0]
        at += 8 if big else 2
        total = 0
        for _ in range(min(count, _MOST_ENTRIES)):
            tag, kind, values = struct.unpack_from(f"{order}HH{'Q' if big else 'I'}", data, at)
            at += 20 if big else 12
            if values > _MOST_VALUES.get(tag, values):
                raise too_costly(f"{values:,} values of tag {tag}")
            total += values * _SIZES.get(kind, 0)
    except (struct.error, OverflowError):
        return Contents(data)  # truncated: the decoder reports it
    if count > _MOST_ENTRIES or total > 2 * len(data) + 65_536:
        raise too_costly("its directory claims more than the file holds")
    return Contents(data)
