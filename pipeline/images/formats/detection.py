"""Detect the format of a file by its first bytes. Pure."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Final

__all__ = ["HEAD_BYTES", "READ_FORMATS", "UNREAD_FORMATS", "format_of"]

HEAD_BYTES: Final = 256
"""Bytes at the beginning of a file that `format_of` reads."""

READ_FORMATS: Final = ("JPEG", "PNG", "WebP", "GIF", "TIFF", "BMP", "AVIF", "JPEG 2000", "PPM")
"""Formats that are decoded by every installation."""

UNREAD_FORMATS: Final = (
    "Photoshop",
    "PostScript",
    "OpenEXR",
    "Radiance",
    "JPEG XR",
    "GIMP",
    "DICOM",
    "FITS",
    "icon",
    "DDS",
    "PAM",
)
"""Picture formats that are recognised, so that an error can name them, but never decoded."""

_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_PNM = re.compile(rb"P[1-6](?:[ \t\r\n]+|#[^\r\n]*[\r\n])+[0-9]+[ \t\r\n#]")
_PFM = re.compile(rb"Pf[ \t\r\n]+[0-9]+[ \t\r\n]+[0-9]+[ \t\r\n]+-?[0-9.]")
_SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^>]*>\s*)*<(?:[a-z]+:)?svg[\s>]")
_BEGINNINGS: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"%PDF-", "PDF"),
    (b"8BPS", "Photoshop"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance"),
    (b"#?RGBE", "Radiance"),
    (b"II\xbc", "JPEG XR"),
    (b"gimp xcf", "GIMP"),
    (b"SIMPLE  =", "FITS"),
    (b"\0\0\1\0", "icon"),
    (b"DDS ", "DDS"),
    (b"P7\n", "PAM"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"FOVb", "camera raw"),
    (b"\0MRM", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIRS", "camera raw"),
    (b"IIU\0", "camera raw"),
)
_TESTS: Final[tuple[tuple[str, Callable[[bytes], object]], ...]] = (
    ("camera raw", lambda head: head[:4] == b"II*\0" and head[8:10] == b"CR"),
    ("TIFF", lambda head: head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))),
    ("WebP", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    ("BMP", lambda head: head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS),
    ("PPM", lambda head: _PNM.match(head) or _PFM.match(head)),
    ("DICOM", lambda head: head[128:132] == b"DICM"),
    ("SVG", _SVG.match),
)
"""Tests for formats without a fixed beginning."""

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}


def format_of(head: bytes) -> str:
    """Return the format of a file.

    Parameters
    ----------
    head
        The first `HEAD_BYTES` bytes of the file, or the whole file.

    Returns
    -------
    str
        One of `READ_FORMATS`, `UNREAD_FORMATS` or `pipeline.images.formats.extras.EXTRA_FORMATS`; "" if the file is
        not a picture. The rest of the file may still be damaged. Many camera raw files begin as a TIFF does and are
        told apart by :func:`pipeline.images.formats.tiff.is_camera_raw`.
    """
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return name
    return next((name for name, fits in _TESTS if fits(head)), "") or _of_brands(head)


def _of_brands(head: bytes) -> str:
    """Return the format named by the box ``ftyp`` (ISO 14496-12), which lists the brands, the main one first."""
    if head[4:8] != b"ftyp":
        return ""
    length = min(max(struct.unpack_from(">I", head)[0], 16), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length - 3, 4))]
    if brands[0] == b"crx ":
        return "camera raw"
    if brands[0] in {b"jxr ", b"jxrc"}:
        return "JPEG XR"
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return "AVIF"
        if brand in _HEIC_BRANDS:
            return "HEIC"
    return "HEIC" if brands[0] in {b"mif1", b"msf1"} else ""
