"""Estimate the memory of decoding a picture before it is decoded. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipeline.images.formats.contents import too_costly

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from pipeline.images.formats.contents import Contents

__all__ = ["memory_needed"]

_MODE_BYTES: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
"""Pillow stores every other mode in four bytes per pixel."""

_DECODER_BYTES: Final = {"WEBP": 12, "AVIF": 12, "JPEG2000": 16, "GIF": 4, "PPM": 4, "HEIF": 12, "JPEG XL": 12}
"""Bytes per pixel that the decoder of a format needs in addition to the picture, measured."""

_TILE_WIDTH, _TILE_LENGTH, _ROWS = 322, 323, 278
_MOST_TILE_SIDE = 2**20


def memory_needed(image: ImageFile, contents: Contents) -> int:
    """Estimate the bytes of loading a picture, at the size at which it will be loaded."""
    width, height = image.size
    halvings: int = image.__dict__.get("_reduce", 0)
    pixels = (width >> halvings) * (height >> halvings)
    needed = pixels * (_MODE_BYTES.get(image.mode, 4) + _DECODER_BYTES.get(image.format or "", 0))
    if image.format == "TIFF":
        packed = image.info.get("compression") != "raw"
        needed += (_piece(image) if packed else 0) + (needed if _is_turned(image) else 0)
    return needed + contents.coefficients + 2 * len(contents.data)


def _piece(image: ImageFile) -> int:
    """Return the bytes of one tile or strip, which a TIFF decoder holds whole; a tile may exceed the picture."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    width, height = tags.get(_TILE_WIDTH), tags.get(_TILE_LENGTH)
    if not isinstance(width, int) or not isinstance(height, int):
        width, height = image.size[0], min(_number(tags.get(_ROWS), image.size[1]), image.size[1])
    if width > _MOST_TILE_SIDE or height > _MOST_TILE_SIDE:
        raise too_costly(f"tiles of {width:,} x {height:,} pixels")
    return width * height * 8


def _is_turned(image: ImageFile) -> bool:
    return _number(image.tag_v2.get(0x0112), 1) != 1  # type: ignore[attr-defined]


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
