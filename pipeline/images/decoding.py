"""Decode one picture file to RGB pixels within limits; the only module that decodes picture files.

Pillow decodes. `pipeline.images.formats` reads the metadata first. JPEG and JPEG 2000 shrink while they load. Other
formats shrink in bands after loading, so that a picture of 200 megapixels never exists twice. The memory of decoding
is estimated before it begins. Every fault of a file raises one :class:`pipeline.errors.ImageError`.

The formats of the extra are decoded in a process of their own, by `pipeline.images.separate_decoding`.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from pipeline.errors import ImageError
from pipeline.files.reading import check_bytes
from pipeline.images.formats.contents import too_costly
from pipeline.images.formats.exif import NO_FACTS, ExifFacts, exif_facts
from pipeline.images.formats.extras import EXTRA_FORMATS
from pipeline.images.formats.flattening import Flattening
from pipeline.images.formats.memory import memory_needed
from pipeline.images.formats.opening import contents_of, open_picture, reason_unsupported
from pipeline.images.pillow_warnings import pillow_warnings_off
from pipeline.limits import Limits

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.ImageFile import ImageFile

    from pipeline.images.extra_formats.drawing import Drawing
    from pipeline.images.formats.contents import Contents
    from pipeline.images.memory_budget import Budget

__all__ = ["DecodedImage", "decode_drawing", "decode_picture", "decode_rgb", "image_errors"]

_BAND_PIXELS = 4_000_000
"""Pixels flattened at a time when a large picture is shrunk."""

_DEEP_BAND_PIXELS = 1_000_000
"""The same for greys of more than 8 bits, whose values are rescaled."""

_MOST_RESULT_PIXELS: Final = 16_000_000
"""Maximum number of pixels of a shrunken picture, even of a long and narrow one."""

_LONGEST_SIDE: Final = 1_000_000
"""Maximum number of pixels along one side."""

_SLOW_PIXELS: Final = 4_000_000
"""Maximum number of pixels for a decoder written in Python."""

_DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""Errors of Pillow's decoders for damaged data; they raise almost any class."""

_DRAWING_BYTES: Final = 24
"""Bytes per pixel that drawing takes: the pixels, a copy, and those of a few transparent layers."""

_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, tag 0x0112: the operation that undoes each stored orientation."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """A picture as pixels.

    Parameters
    ----------
    rgb
        uint8 (h, w, 3), C-contiguous and writable, sRGB, oriented upright, transparency flattened onto white. Smaller
        than the original if it was decoded with ``min_side``.
    width, height
        Size of the original in pixels, upright.
    facts
        When, with which camera and where it was taken, as its EXIF says.
    """

    rgb: npt.NDArray[np.uint8]
    width: int
    height: int
    facts: ExifFacts = NO_FACTS


def decode_rgb(
    data: bytes,
    *,
    limits: Limits | None = None,
    min_side: int | None = None,
    budget: Budget | None = None,
    page: int = 0,
) -> DecodedImage:
    """Decode the first frame of a picture file, or a page of a document, to upright sRGB on white.

    Parameters
    ----------
    data
        The encoded file.
    limits
        Largest sizes allowed, checked against the header before any pixel is decoded; ``Limits()`` by default.
    min_side
        Pixels that the caller needs on the shorter side. The picture is decoded at the smallest whole fraction of its
        size whose shorter side is still at least ``min_side``. Smaller pictures keep their size, except very long and
        narrow ones, which would still be large.
    budget
        Shared by threads that decode at the same time. Each thread waits until its picture fits.
    page
        Page of a TIFF or PDF, from 1; 0 for the file as one picture, which is its first page.

    Returns
    -------
    DecodedImage
        Pixels, and the size of the original.

    Raises
    ------
    ImageError
        Reasons ``empty``, ``too_large``, ``too_costly``, ``not_an_image``, ``unsupported``, ``truncated``,
        ``damaged``.
    """
    limits = limits or Limits()
    if not data:
        raise ImageError("The file is empty (0 bytes); copy it again from its source.", reason="empty")
    check_bytes(len(data), limits)
    form, contents = contents_of(data, page)
    if form in EXTRA_FORMATS:
        from pipeline.images.separate_decoding import decode_separately

        return DecodedImage(*decode_separately(form, contents.data, max(page, 1), limits, min_side, budget))
    _check_size(contents.width, contents.height, limits)
    with image_errors(form), open_picture(form, contents) as image:
        return decode_picture(image, contents, limits, min_side, budget)


@contextmanager
def image_errors(form: str) -> Iterator[None]:
    """Turn the errors of a decoder into an `ImageError`, and turn off Pillow's warnings, during a block."""
    with pillow_warnings_off():
        try:
            yield
        except Image.DecompressionBombError as error:  # Pillow's own limit, kept by its decoder of WebP
            message = f"The picture has more pixels than can be decoded safely ({error}); use a smaller version of it."
            raise ImageError(message, reason="too_large") from error
        except MemoryError as error:
            message = "The picture does not fit into memory; use a smaller version of it."
            raise ImageError(message, reason="too_large") from error
        except _DECODER_ERRORS as error:
            raise _as_image_error(error, form) from error


def decode_drawing(drawing: Drawing, limits: Limits, min_side: int | None, budget: Budget | None) -> DecodedImage:
    """Draw a picture that has no pixels of its own, as `decode_rgb` decodes one."""
    size = drawing.width, drawing.height
    _check_size(*size, limits)
    factor = 1 if min_side is None else _factor(size, max(min_side, 1))
    needed = drawing.width * drawing.height * _DRAWING_BYTES // factor**2
    with _room(needed, size, limits, budget):
        rgb = np.array(drawing.draw(factor))
    return DecodedImage(rgb, *size)


def decode_picture(
    image: ImageFile, contents: Contents, limits: Limits, min_side: int | None, budget: Budget | None
) -> DecodedImage:
    """Decode a picture whose header was read, as `decode_rgb` does; raises the errors of the decoder."""
    width, height = image.size
    if width < 1 or height < 1:
        raise ValueError("no pixels")
    _check_size(width, height, limits)
    if min_side is not None:
        _shrink_while_loading(image, contents, max(min_side, 1))
    _check_work(image)
    with _room(memory_needed(image, contents), image.size, limits, budget):
        if image.format == "JPEG XL":  # its profile comes with its pixels
            image.load()
        flattening = Flattening.of(image, contents)  # before loading, which drops the metadata
        facts = exif_facts(contents.exif or _exif(image))
        image.load()
        factor = 1 if min_side is None else _factor(image.size, max(min_side, 1))
        rgb = _shrink(image, factor, flattening)
    if flattening.orientation in _TRANSPOSITIONS:
        rgb = rgb.transpose(_TRANSPOSITIONS[flattening.orientation])
    if flattening.orientation >= 5:
        width, height = height, width
    return DecodedImage(rgb=np.array(rgb), width=width, height=height, facts=facts)


def _exif(image: ImageFile) -> bytes:
    exif = image.info.get("exif", b"")
    return exif if isinstance(exif, bytes) else b""


def _room(needed: int, size: tuple[int, int], limits: Limits, budget: Budget | None) -> AbstractContextManager[None]:
    """Refuse a picture that needs more memory than allowed, and return the block that holds the memory."""
    if needed > limits.max_memory:
        message = (
            f"The picture of {size[0]:,} x {size[1]:,} pixels takes {needed // 1_000_000:,} MB of memory to decode, "
            f"more than the {limits.max_memory // 1_000_000:,} allowed; use a smaller version of it."
        )
        raise ImageError(message, reason="too_large")
    return nullcontext() if budget is None else budget.take(needed)


def _shrink_while_loading(image: ImageFile, contents: Contents, side: int) -> None:
    if image.format == "JPEG":  # a HEIC would take a stored thumbnail, which may show something else
        image.draft(None, (side, side))
    if image.format == "JPEG2000":
        halvings = int(math.log2(max(1, min(image.size) // side)))
        setattr(image, "reduce", min(halvings, contents.halvings))  # noqa: B010 -- a method of all other formats


def _factor(size: tuple[int, int], side: int) -> int:
    """Return the factor to shrink by: to the side needed, and a long and narrow picture to the maximum size."""
    bearable = math.ceil(math.sqrt(size[0] * size[1] / _MOST_RESULT_PIXELS))
    return max(1, min(size) // side, bearable)


def _shrink(image: Image.Image, factor: int, flattening: Flattening) -> Image.Image:
    """Return sRGB on white at 1 / ``factor`` of the size, in bands: only the decoded picture is held in full."""
    width, height = image.size
    pixels = _DEEP_BAND_PIXELS if flattening.is_deep else _BAND_PIXELS
    rows = max(1, pixels // (width * factor)) * factor

    def bands() -> list[tuple[int, int, int, int]]:
        return [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]

    flattening.measure(image.crop(box) for box in bands())
    if factor == 1 and len(bands()) == 1:
        return flattening.to_srgb(flattening.flat(image))
    result = Image.new(flattening.mode, (-(-width // factor), -(-height // factor)))
    for box in bands():
        band = flattening.flat(image.crop(box))
        result.paste(band.reduce(factor) if factor > 1 else band, (0, box[1] // factor))
    return flattening.to_srgb(result)


def _check_size(width: int, height: int, limits: Limits) -> None:
    if max(width, height) > _LONGEST_SIDE:  # each row costs time: a file of 400 kB can claim 200 million rows
        message = f"The picture has {width:,} x {height:,} pixels; no side may have more than {_LONGEST_SIDE:,}."
        raise ImageError(message, reason="too_large")
    if width * height > limits.max_pixels:
        message = (
            f"The picture has {width:,} x {height:,} pixels, more than the {limits.max_pixels:,} allowed; "
            "use a smaller version of it."
        )
        raise ImageError(message, reason="too_large")


def _check_work(image: ImageFile) -> None:
    """Refuse large pictures that Pillow decodes in Python, at a microsecond for each value."""
    slow = {tile[0] for tile in image.tile} & {"ppm", "ppm_plain", "bmp_rle"}
    width, height = image.size
    if slow and width * height > _SLOW_PIXELS:
        raise too_costly(f"{width:,} x {height:,} pixels in a slow encoding")


def _as_image_error(error: Exception, form: str) -> ImageError:
    kind = reason_unsupported(error, form)
    if kind:
        message = f"The file is a sound {form} of a kind that is not read ({kind}); save it as a plain picture."
        return ImageError(message, reason="unsupported")
    text = " ".join(str(error).split())
    if "truncated" in text.lower() or "unexpected end" in text.lower() or isinstance(error, EOFError):
        message = "The file ends before the picture does; copy it again from its source."
        return ImageError(message, reason="truncated")
    message = f"The picture's data are damaged ({text or type(error).__name__}); copy it again from its source."
    return ImageError(message, reason="damaged")
