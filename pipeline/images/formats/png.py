"""Read a PNG (third edition) up to its pixels; only the chunks that these need are kept. Pure."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from pipeline.images.formats.contents import MOST_PROFILE_BYTES, Contents, too_costly
from pipeline.images.formats.exif import orientation_of

__all__ = ["png_contents"]

_SIGNATURE = 8
_MOST_CHUNKS = 250_000  # a picture of 200 MB in chunks of 1 kB
_NEEDED: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"})


def png_contents(data: bytes) -> Contents:
    """Parse a PNG file.

    Text, times and animation are removed. An animation keeps its default image, which every reader shows. The profile
    is also removed from the file; it is returned separately if it can be read.

    Raises
    ------
    ImageError
        Reason ``too_costly`` for hundreds of thousands of chunks.
    """
    kept = [data[:_SIGNATURE]]
    profile = exif = b""
    width = height = 0
    gamma, standard = 0.0, False
    at, chunks, run = _SIGNATURE, 0, _SIGNATURE
    end = len(data)
    while at + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, at)
        following = at + 12 + length
        chunks += 1
        if chunks > _MOST_CHUNKS:
            raise too_costly(f"more than {_MOST_CHUNKS:,} chunks")
        if name not in _NEEDED and not name[:1].isupper():
            kept.append(data[run:at])
            run = min(following, end)
            body = data[at + 8 : at + 8 + length] if name in {b"iCCP", b"eXIf", b"gAMA", b"sRGB"} else b""
            if name == b"iCCP" and not profile:
                profile = _profile(body)
            elif name == b"eXIf" and not exif:
                exif = body
            elif name == b"gAMA" and len(body) == 4:
                gamma = struct.unpack(">I", body)[0] / 100_000
            elif name == b"sRGB":
                standard = True
        elif name == b"IHDR" and following <= end and length >= 8:
            width, height = struct.unpack_from(">II", data, at + 8)
        elif name == b"IEND":
            end = min(following, end)
            break
        at = following
    kept.append(data[run:end])
    return Contents(
        data if len(kept) == 2 and end == len(data) else b"".join(kept),
        width,
        height,
        profile=b"" if standard else profile,
        orientation=orientation_of(exif),
        exif=exif,
        gamma=0.0 if standard or profile else gamma,
    )


def _profile(body: bytes) -> bytes:
    """Read a compressed profile after its name, a zero and the method 0; return b"" for any other content."""
    _, _, rest = body.partition(b"\0")
    if rest[:1] != b"\0":
        return b""
    stream = zlib.decompressobj()
    try:
        profile = stream.decompress(rest[1:], MOST_PROFILE_BYTES + 1)
    except zlib.error:
        return b""
    return profile if stream.eof and len(profile) <= MOST_PROFILE_BYTES else b""
