"""Read a JPEG (ITU-T T.81) up to its pixels: size, profile, orientation and number of scans. Pure."""

from __future__ import annotations

import re
import struct
from typing import Final

from pipeline.images.formats.contents import MOST_PROFILE_BYTES, Contents, too_costly
from pipeline.images.formats.exif import orientation_of

__all__ = ["MOST_PIXELS_OVER_ALL_SCANS", "MOST_SCANS", "jpeg_contents"]

MOST_SCANS: Final = 200
"""Maximum number of passes over the picture. Encoders write about ten, at most some dozens."""

MOST_PIXELS_OVER_ALL_SCANS: Final = 6_000_000_000
"""Maximum of pixels times passes: thirty passes over a picture of 200 megapixels."""

_MOST_MARKERS = 20_000
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""The end of a scan's data: any marker except a stuffed zero or a restart (D0 to D7)."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI, _COM, _APP0, _APP1, _APP2, _APP14, _APP15 = 0xDA, 0xD9, 0xFE, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_EXIF, _ICC = b"Exif\0\0", b"ICC_PROFILE\0"


def jpeg_contents(data: bytes) -> Contents:
    """Parse a JPEG file.

    Parameters
    ----------
    data
        The file. A damaged file is passed on unchanged, and the decoder reports the damage.

    Raises
    ------
    ImageError
        Reason ``too_costly`` for thousands of scans or markers, which take a decoder minutes.
    """
    kept: list[bytes] = [data[:2]]
    parts: dict[int, bytes] = {}
    exif = b""
    frame = b""
    at, scans, markers, kept_from = 2, 0, 0, -1
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        markers += 1
        if markers > _MOST_MARKERS:
            raise too_costly(f"more than {_MOST_MARKERS:,} sections")
        if marker in {0x00, 0xFF} or marker in _ALONE:  # an escape or a fill byte, or a marker without a length
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _EOI:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker in _FRAMES and not frame:
            frame = body
        if marker == _APP1 and body.startswith(_EXIF) and not exif:
            exif = body
        elif marker == _APP2 and body.startswith(_ICC) and len(body) > 14:
            parts.setdefault(body[12], body[14:])
        if kept_from < 0 and not _is_metadata(marker, body):
            kept.append(data[at : at + 2 + length])
        at += 2 + length
        if marker == _SOS:
            if kept_from < 0:
                kept_from = at
            scans += 1
            _check_scans(scans, frame)
            found = _MARKER.search(data, at)
            if found is None:
                break
            at = found.start()
    kept.append(data[at if kept_from < 0 else kept_from :])  # if there is no scan, the decoder reports the damage
    width, height, coefficients = _size(frame)
    return Contents(
        b"".join(kept),
        width,
        height,
        profile=_joined(parts),
        orientation=orientation_of(exif),
        exif=exif,
        coefficients=coefficients if scans > 1 else 0,
    )


def _is_metadata(marker: int, body: bytes) -> bool:
    """Return whether no pixel depends on a section; JFIF and Adobe's marker state the colour space."""
    if marker == _APP0:
        return not body.startswith(b"JFIF\0")
    if marker == _APP14:
        return not body.startswith(b"Adobe")
    return marker == _COM or _APP0 < marker <= _APP15


def _check_scans(scans: int, frame: bytes) -> None:
    width, height, _ = _size(frame)
    if scans > MOST_SCANS:
        raise too_costly(f"more than {MOST_SCANS} scans")
    if scans * width * height > MOST_PIXELS_OVER_ALL_SCANS:
        raise too_costly(f"{scans} scans over {width:,} x {height:,} pixels")


def _size(frame: bytes) -> tuple[int, int, int]:
    """Return width, height and bytes of all coefficients: two each, at the resolution of each component."""
    if len(frame) < 6:
        return 0, 0, 0
    height, width, count = struct.unpack_from(">HHB", frame, 1)
    samplings = [(frame[at + 1] >> 4, frame[at + 1] & 15) for at in range(6, len(frame) - 2, 3)][:count]
    across = max((across for across, _ in samplings), default=1) or 1
    down = max((down for _, down in samplings), default=1) or 1
    share = sum(one * other for one, other in samplings) / (across * down)
    return width, height, int(width * height * share * 2)


def _joined(parts: dict[int, bytes]) -> bytes:
    """Join a profile from numbered parts of 64 kB; a profile with a missing part is ignored."""
    if sorted(parts) != list(range(1, len(parts) + 1)) or sum(map(len, parts.values())) > MOST_PROFILE_BYTES:
        return b""
    return b"".join(parts[number] for number in sorted(parts))
