"""Bytes of one picture file to RGB pixels, within limits; the only place that opens picture files.

Pillow decodes. JPEG shrinks while it loads (libjpeg computes 1/2, 1/4 or 1/8 of the size straight from the
coefficients); other formats shrink in bands after loading, so that a picture of 200 megapixels never exists twice.
Whatever is wrong with a file ends in one :class:`pipeline.errors.ImageError`.
"""

from __future__ import annotations

import io
import stat
import struct
import threading
import warnings
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import ExifTags, Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.errors import ImageError
from pipeline.schema import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt
    from PIL.ImageFile import ImageFile

__all__ = ["FORMATS", "DecodedImage", "decode_rgb", "read_bytes"]

FORMATS: Final = ("JPEG", "PNG", "WebP", "GIF", "TIFF", "BMP")
"""The formats that are read; each is known by its first bytes, never by the file's name."""

_BAND_PIXELS = 4_000_000
"""Pixels flattened at a time when a large picture is shrunk."""

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
"""What Pillow's decoders raise for damaged data: nearly anything."""

_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, tag 0x0112: what undoes each stored orientation."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """A picture as pixels.

    Parameters
    ----------
    rgb
        uint8 (h, w, 3), C-contiguous and writable, oriented upright, transparency flattened onto white. Smaller than
        the original if it was decoded with ``min_side``.
    width, height
        Size of the original in pixels, upright.
    """

    rgb: npt.NDArray[np.uint8]
    width: int
    height: int


def read_bytes(path: Path, limits: Limits) -> bytes:
    """Read one file whose size is checked before a byte is read.

    Parameters
    ----------
    path
        A regular file; links are followed.
    limits
        ``max_bytes`` counts here.

    Returns
    -------
    bytes
        The whole file.

    Raises
    ------
    ImageError
        Reasons ``missing``, ``permission``, ``not_a_file``, ``too_large``, ``unreadable``.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            message = f"{path.name} is a folder or a device, not a picture file; name a regular file."
            raise ImageError(message, reason="not_a_file")
        _check_bytes(status.st_size, limits)
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        message = f"{path.name} is not there any more; put it back or take it out of the source."
        raise ImageError(message, reason="missing") from error
    except PermissionError as error:
        message = f"{path.name} may not be read by this user; change its permissions."
        raise ImageError(message, reason="permission") from error
    except (OSError, ValueError) as error:
        message = f"{path.name} cannot be read ({error}); copy it to a healthy disk."
        raise ImageError(message, reason="unreadable") from error
    _check_bytes(len(data), limits)  # it may have grown since its size was asked for
    return data


def decode_rgb(data: bytes, *, limits: Limits | None = None, min_side: int | None = None) -> DecodedImage:
    """Decode the first frame of a picture file to upright RGB on white.

    Parameters
    ----------
    data
        The encoded file.
    limits
        Largest sizes allowed, checked against the header before any pixel is decoded; ``Limits()`` unless given.
    min_side
        The caller needs no more than this many pixels on the shorter side. The picture is then decoded at the smallest
        whole fraction of its size whose shorter side is still at least ``min_side``; smaller pictures keep their size.

    Returns
    -------
    DecodedImage
        Pixels, and the size of the original.

    Raises
    ------
    ImageError
        Reasons ``empty``, ``too_large``, ``not_an_image``, ``truncated``, ``damaged``.
    """
    limits = limits or Limits()
    if not data:
        raise ImageError("The file is empty (0 bytes); copy it again from where it came.", reason="empty")
    _check_bytes(len(data), limits)
    with _pillow_warnings_off():
        try:
            with _open(data) as image:
                return _decode(image, limits, min_side)
        except Image.DecompressionBombError as error:  # Pillow's own limit, kept by its decoder of animated pictures
            message = f"The picture has more pixels than can be decoded safely ({error}); use a smaller version of it."
            raise ImageError(message, reason="too_large") from error
        except MemoryError as error:
            message = "The picture does not fit into memory; use a smaller version of it."
            raise ImageError(message, reason="too_large") from error
        except _DECODER_ERRORS as error:
            raise _as_image_error(error) from error


def _open(data: bytes) -> ImageFile:
    # Not Image.open: it refuses what this project's own limit allows (its bomb limit is global to the process),
    # and would try formats outside the list.
    head, file = data[:16], io.BytesIO(data)
    if head.startswith(b"\xff\xd8\xff"):
        return JpegImageFile(file)
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile(file)
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GifImageFile(file)
    if head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return TiffImageFile(file)
    if head.startswith(b"BM"):
        return BmpImageFile(file)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WebPImageFile(file)
    message = f"The content is not a picture in a format read here ({', '.join(FORMATS)}); convert it or leave it out."
    raise ImageError(message, reason="not_an_image")


def _decode(image: ImageFile, limits: Limits, min_side: int | None) -> DecodedImage:
    width, height = image.size
    if width < 1 or height < 1:
        raise ValueError("no pixels")
    if width * height > limits.max_pixels:
        message = (
            f"The picture has {width:,} x {height:,} pixels, more than the {limits.max_pixels:,} allowed; "
            "use a smaller version of it."
        )
        raise ImageError(message, reason="too_large")
    if min_side is not None:
        side = max(min_side, 1)
        image.draft(None, (side, side))  # JPEG only, a no-op elsewhere
    image.load()
    orientation = _orientation(image)
    factor = 1 if min_side is None else max(1, min(image.size) // max(min_side, 1))
    rgb = _shrink(image, factor)
    if orientation in _TRANSPOSITIONS:
        rgb = rgb.transpose(_TRANSPOSITIONS[orientation])
    if orientation >= 5:
        width, height = height, width
    return DecodedImage(rgb=np.array(rgb), width=width, height=height)


def _orientation(image: ImageFile) -> int:
    """1 to 8; 1 (upright) where the tag is absent, damaged or already undone, as Pillow does for TIFF."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DECODER_ERRORS:
        return 1
    return value if isinstance(value, int) and value in _TRANSPOSITIONS else 1


def _shrink(image: Image.Image, factor: int) -> Image.Image:
    """RGB on white at 1 / ``factor`` of the size; band by band, so that only the decoded picture is held in full."""
    if factor == 1:
        return _flatten(image)
    scale = _grey_range(image) if image.mode in {"I", "F"} else None
    width, height = image.size
    result = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    rows = max(1, _BAND_PIXELS // (width * factor)) * factor
    for top in range(0, height, rows):
        band = image.crop((0, top, width, min(top + rows, height)))
        result.paste(_flatten(band, scale).reduce(factor), (0, top // factor))
    return result


def _flatten(image: Image.Image, scale: tuple[float, float] | None = None) -> Image.Image:
    """Any of Pillow's modes to RGB, transparency onto white."""
    if image.mode.startswith("I;16"):
        return _grey_to_rgb(image, (0.0, 65535.0))
    if image.mode in {"I", "F"}:
        return _grey_to_rgb(image, scale or _grey_range(image))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, "white")
        white.paste(rgba, mask=rgba.getchannel("A"))
        return white
    return image.convert("RGB")


def _grey_to_rgb(image: Image.Image, scale: tuple[float, float]) -> Image.Image:
    """Deep grey to 8 bits: ``scale`` holds the values that become black and white."""
    black, white = scale
    grey = np.nan_to_num(np.asarray(image, np.float32), nan=black, posinf=white, neginf=black)
    grey = np.clip((grey - black) * (255.0 / (white - black)), 0, 255)
    return Image.fromarray(np.rint(grey).astype(np.uint8)).convert("RGB")


def _grey_range(image: Image.Image) -> tuple[float, float]:
    """Values that become black and white: the usual range that holds all values, else their own."""
    values = np.asarray(image)
    finite = values[np.isfinite(values)] if image.mode == "F" else values
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    if low >= 0:
        for top in usual:
            if high <= top:
                return 0.0, top
    return low, max(high, low + 1.0)


def _check_bytes(size: int, limits: Limits) -> None:
    if size > limits.max_bytes:
        message = f"The file has {size:,} bytes, more than the {limits.max_bytes:,} allowed; use a smaller version."
        raise ImageError(message, reason="too_large")


def _as_image_error(error: Exception) -> ImageError:
    text = str(error).lower()
    if "truncated" in text or "unexpected end" in text or isinstance(error, EOFError):
        message = "The file ends before the picture does; copy it again from where it came."
        return ImageError(message, reason="truncated")
    message = f"The picture's data are damaged ({error or type(error).__name__}); copy it again from where it came."
    return ImageError(message, reason="damaged")


# Pillow warns about odd metadata and about sizes that the limits here have already judged. `warnings.catch_warnings` is
# not safe between threads before Python 3.14, so one narrow filter is put in while any thread decodes, and taken out.
_filter_lock = threading.Lock()
_filter_users = 0


@contextmanager
def _pillow_warnings_off() -> Iterator[None]:
    global _filter_users  # noqa: PLW0603 - the filters of the process are global, and so is the count of their users
    with _filter_lock:
        _filter_users += 1
        # again for every user: a test or notebook may have put its own list of filters in place meanwhile
        warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        yield
    finally:
        with _filter_lock:
            _filter_users -= 1
            if not _filter_users:
                _remove_filter()


def _remove_filter() -> None:
    kept = [entry for entry in warnings.filters if not _is_ours(entry)]
    if len(kept) != len(warnings.filters):
        warnings.filters[:] = kept  # type: ignore[index]


def _is_ours(entry: object) -> bool:
    if not isinstance(entry, tuple) or len(entry) != 5:
        return False
    action, message, _, module, _ = entry
    return bool(action == "ignore" and message is None and getattr(module, "pattern", None) == r"PIL\.")
