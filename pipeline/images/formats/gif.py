"""Read a GIF89a up to its first frame. Pure."""

from __future__ import annotations

import struct

from pipeline.images.formats.contents import Contents, too_costly

__all__ = ["gif_contents"]

_MOST_BLOCKS = 500_000
_EXTENSION, _IMAGE, _CONTROL = 0x21, 0x2C, 0xF9


def gif_contents(data: bytes) -> Contents:
    """Parse a GIF file. Before the first frame only its control block (transparency) is kept.

    Raises
    ------
    ImageError
        Reason ``too_costly`` for hundreds of thousands of comment blocks.
    """
    if len(data) < 13:
        return Contents(data, orientation=1)
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = start = 13 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)
    control, blocks = b"", 0
    while at + 2 < len(data) and data[at] == _EXTENSION:
        begin, kind = at, data[at + 1]
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
            blocks += 1
            if blocks > _MOST_BLOCKS:
                raise too_costly(f"more than {_MOST_BLOCKS:,} comment blocks")
        at += 1
        if kind == _CONTROL:
            control = data[begin:at]
    if at >= len(data) or data[at] != _IMAGE:
        return Contents(data, width, height, orientation=1)
    return Contents(
        data if at == start + len(control) else data[:start] + control + data[at:], width, height, orientation=1
    )
