"""Colour profiles drawn rather than stored: wide and swapped primaries, greys, and inks (ICC.1:2022 and ICC v2)."""

from __future__ import annotations

import io
import struct
from itertools import product

import numpy as np
from PIL import Image, ImageCms

WHITE_D50 = (0.9642, 1.0, 0.8249)
ADOBE_LIKE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
"""Primaries much wider than sRGB's, adapted to D50."""

SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139))
SWAPPED = (SRGB_PRIMARIES[1], SRGB_PRIMARIES[2], SRGB_PRIMARIES[0])
"""Red numbers show green, green ones blue, blue ones red."""


def rgb_profile(primaries: tuple[tuple[float, float, float], ...] = ADOBE_LIKE, gamma: float = 2.2) -> bytes:
    """A profile of three primaries and one gamma."""
    tags = {name: xyz(color) for name, color in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return profile(b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(gamma)))


def grey_profile(gamma: float = 1.0) -> bytes:
    """A profile of greys: of gamma 1, the middle grey 128 is light."""
    return profile(b"GRAY", b"XYZ ", {b"kTRC": curve(gamma)})


def ink_profile() -> bytes:
    """A profile of four inks whose cyan ink is red and whose magenta is green, unlike any real profile."""
    steps = []
    for cyan, magenta, yellow, black in product((0, 1), repeat=4):
        light = 100 * (1 - 0.5 * cyan) * (1 - 0.4 * magenta) * (1 - 0.1 * yellow) * (1 - black)
        a, b = 75 * cyan - 70 * magenta, 60 * cyan + 50 * magenta + 90 * yellow
        dark = 1 - black
        steps.append((light * 2.55, np.clip(128 + a * dark, 0, 255), np.clip(128 + b * dark, 0, 255)))
    identity = bytes(range(256))
    table = b"".join(bytes(round(value) for value in step) for step in steps)
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + identity * 4 + table + identity * 3
    return profile(b"CMYK", b"Lab ", {b"A2B0": lut, b"A2B1": lut}, kind=b"prtr")


def profile(space: bytes, between: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr") -> bytes:
    """Put a profile together."""
    words = b"drawn for a test"
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", len(words) + 1) + words + bytes(79), **tags}
    tags |= {b"wtpt": xyz(WHITE_D50), b"cprt": b"text" + bytes(4) + b"free\0"}
    at, places, bodies = 128 + 4 + 12 * len(tags), [], []
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        places.append(name + struct.pack(">II", at, len(body)))
        bodies.append(padded)
        at += len(padded)
    head = struct.pack(">I4sI4s4s4s12s4s", at, bytes(4), 0x02400000, kind, space, between, bytes(12), b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(round(value * 65536) for value in WHITE_D50))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + b"".join(places) + b"".join(bodies)


def xyz(color: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in color))


def curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))


def in_space(image: Image.Image, icc: bytes) -> Image.Image:
    """A picture's numbers in another space of the same kind, by which it looks the same."""
    source = ImageCms.createProfile("sRGB")
    made = ImageCms.profileToProfile(image, source, ImageCms.ImageCmsProfile(io.BytesIO(icc)), outputMode=image.mode)
    assert made is not None
    made.info.clear()  # only the file that stores it names its colour space
    return made
