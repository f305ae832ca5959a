"""Read the header of PPM, PGM and PBM (Netpbm) without its comments. Pure."""

from __future__ import annotations

import re

from pipeline.images.formats.contents import Contents

__all__ = ["ppm_contents"]

_MOST_HEADER = 16_384
_GAP = rb"(?:[ \t\r\n\x0b\x0c]|#[^\r\n]*[\r\n])+"
_NUMBER = rb"([0-9]{1,10})"
_BITMAP = re.compile(rb"(P[14])" + _GAP + _NUMBER + _GAP + _NUMBER + rb"[ \t\r\n\x0b\x0c]")
_PIXMAP = re.compile(rb"(P[2356])" + _GAP + _NUMBER + _GAP + _NUMBER + _GAP + _NUMBER + rb"[ \t\r\n\x0b\x0c]")


def ppm_contents(data: bytes) -> Contents:
    """Read the header without comments, as decoders read it byte by byte; a far too long header is cut off."""
    head = data[:_MOST_HEADER]
    found = _BITMAP.match(head) or _PIXMAP.match(head)
    if found is None:
        return Contents(data if head.startswith(b"Pf") else head)
    return Contents(b"\n".join([*found.groups(), b""]) + data[found.end() :], int(found[2]), int(found[3]))
