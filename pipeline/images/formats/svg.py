"""Recognise a drawing in SVG, also behind long comments or packed as SVGZ, and unpack it within a limit. Pure."""

from __future__ import annotations

import re
import zlib
from typing import Final

from pipeline.images.formats.contents import Contents, too_costly

__all__ = ["is_svg", "svg_contents"]

_MOST_BYTES: Final = 50_000_000
"""Maximum number of bytes of a drawing, unpacked."""

_SEARCHED: Final = 65_536
_GZIP: Final = b"\x1f\x8b"
_WITH_HEADER: Final = 16 + zlib.MAX_WBITS
_ELEMENT = re.compile(rb"<(?:[a-z]+:)?(svg|html)[\s>]", re.IGNORECASE)


def is_svg(data: bytes) -> bool:
    """Return whether a file is a drawing in SVG; reads at most its first 64 kB."""
    head = _unpacked(data, _SEARCHED)[:_SEARCHED].removeprefix(b"\xef\xbb\xbf").lstrip()
    found = _ELEMENT.search(head) if head.startswith(b"<") and head[:14].lower() != b"<!doctype html" else None
    return found is not None and found[1].lower() == b"svg"


def svg_contents(data: bytes) -> Contents:
    """Unpack a drawing.

    Raises
    ------
    ImageError
        Reason ``too_costly`` if the text is longer than 50 MB.
    """
    text = _unpacked(data, _MOST_BYTES + 1)
    if len(text) > _MOST_BYTES:
        raise too_costly(f"a drawing of more than {_MOST_BYTES // 1_000_000} MB of text")
    return Contents(text, orientation=1)


def _unpacked(data: bytes, most: int) -> bytes:
    """Return the file, or its first `most` bytes unpacked if it is packed; a damaged one ends early."""
    if not data.startswith(_GZIP):
        return data
    try:
        return zlib.decompressobj(_WITH_HEADER).decompress(data, most)
    except zlib.error:
        return data
