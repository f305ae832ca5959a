"""Files in the formats of the extra, made by the libraries themselves, and a camera raw made by hand."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

from tests.helpers.image_files import encode, quadrants

__all__ = ["MAKERS", "camera_raw", "heic", "jpeg_xl", "many_page_tiff", "pdf", "svg"]

SHAPES = {"tl": ("#dc1e1e", 0, 0), "tr": ("#1eb428", 32, 0), "bl": ("#1e32d2", 0, 24)}
"""The three coloured quarters of `quadrants`, on white."""


def heic(image: Image.Image | None = None, **options: object) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(image or quadrants()).save(buffer, **({"quality": 95} | options))
    return buffer.getvalue()


def jpeg_xl(image: Image.Image | None = None, *, lossless: bool = True, icc: bytes | None = None) -> bytes:
    import pylibjxl

    pixels = np.asarray(image or quadrants())
    return pylibjxl.encode(pixels if pixels.ndim == 3 else pixels[..., None], lossless=lossless, icc=icc)


def pdf(*pages: Image.Image, **options: object) -> bytes:
    """A page for each picture, as many points as it has pixels."""
    first, *rest = [page.copy() for page in pages or (quadrants(),)]  # Pillow writes notes of its own into them
    return encode(first, "PDF", save_all=True, append_images=rest, resolution=72, **options)


def many_page_tiff(*pages: Image.Image, **options: object) -> bytes:
    first, *rest = [page.copy() for page in pages]
    return encode(first, "TIFF", save_all=True, append_images=rest, **options)


def svg(body: str = "", head: str = "", size: str = 'width="64" height="48"') -> bytes:
    """The quarters of `quadrants`, and more."""
    quarters = "".join(
        f'<rect x="{x}" y="{y}" width="32" height="24" fill="{colour}"/>' for colour, x, y in SHAPES.values()
    )
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{head}<svg {names} {size}>{quarters}{body}</svg>".encode()


def camera_raw(
    preview: bytes | None = None, *, orientation: int = 1, size: tuple[int, int] = (64, 48), packed: bool = True
) -> bytes:
    """A digital negative (DNG 1.4, little-endian): a JPEG as the first picture, the sensor's data below it.

    `preview` is the JPEG, or its plain pixels unless `packed`; ``b""`` for a file without one.
    """
    jpeg = encode(quadrants(*size), "JPEG", quality=95) if preview is None else preview
    width, height = size
    sensor = np.full((height, width), 500, "<u2").tobytes()
    head = 8
    jpeg_at = head
    sensor_at = jpeg_at + len(jpeg) + len(jpeg) % 2
    matrix_at = sensor_at + len(sensor)
    matrix = struct.pack(
        "<18i", *(value for row in np.eye(3, dtype=int).tolist() for cell in row for value in (cell, 1))
    )
    make_at = matrix_at + len(matrix)
    bits_at = make_at + 8
    below_at = bits_at + 6
    below = _directory(
        [
            (254, 4, 1, 0),
            (256, 4, 1, width),
            (257, 4, 1, height),
            (258, 3, 1, 16),
            (259, 3, 1, 1),
            (262, 3, 1, 32803),
            (273, 4, 1, sensor_at),
            (277, 3, 1, 1),
            (278, 4, 1, height),
            (279, 4, 1, len(sensor)),
            (33421, 3, 2, 2 | 2 << 16),
            (33422, 1, 4, int.from_bytes(bytes([0, 1, 1, 2]), "little")),
        ]
    )
    picture = [
        (254, 4, 1, 1),
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8) if packed else (258, 3, 3, bits_at),
        (259, 3, 1, 7 if packed else 1),
        (262, 3, 1, 6 if packed else 2),
        (273, 4, 1, jpeg_at),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, len(jpeg)),
    ]
    first = _directory(
        [
            *(picture if jpeg else []),
            (271, 2, 8, make_at),
            (272, 2, 8, make_at),
            (274, 3, 1, orientation),
            (330, 4, 1, below_at),
            (50706, 1, 4, int.from_bytes(bytes([1, 4, 0, 0]), "little")),
            (50721, 10, 9, matrix_at),
        ]
    )
    body = jpeg + b"\0" * (len(jpeg) % 2) + sensor + matrix + b"Example\0" + struct.pack("<3H", 8, 8, 8) + below
    return struct.pack("<2sHI", b"II", 42, head + len(body)) + body + first


def _directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    packed = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", 0)


MAKERS = {"HEIC": heic, "JPEG XL": jpeg_xl, "SVG": svg, "PDF": pdf, "camera raw": camera_raw}
"""A sound file of each format, which shows `quadrants`."""
