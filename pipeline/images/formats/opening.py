"""Open a picture file with the Pillow class of its format, without decoding it. Pure.

`PIL.Image.open` is not used. Its bomb limit is global to the process and refuses sizes that our limits allow. It also
tries formats outside our list, and some of these run other programs.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PIL import features
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.PpmImagePlugin import PpmImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from pipeline.errors import ImageError
from pipeline.images.formats.contents import Contents
from pipeline.images.formats.detection import HEAD_BYTES, READ_FORMATS, format_of
from pipeline.images.formats.extras import EXTRA, EXTRA_FORMATS, is_installed
from pipeline.images.formats.gif import gif_contents
from pipeline.images.formats.jpeg import jpeg_contents
from pipeline.images.formats.jpeg2000 import jpeg2000_contents
from pipeline.images.formats.png import png_contents
from pipeline.images.formats.ppm import ppm_contents
from pipeline.images.formats.svg import is_svg, svg_contents
from pipeline.images.formats.tiff import is_camera_raw, tiff_contents
from pipeline.images.formats.webp import webp_contents

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["can_decode", "contents_of", "open_picture", "reason_unsupported"]

_CODECS: Final = {"AVIF": "avif", "JPEG 2000": "jpg_2000", "WebP": "webp"}
"""Formats that some installations of Pillow lack, with Pillow's name of the feature they need."""

_CONTENTS: Final[dict[str, Callable[[bytes], Contents]]] = {
    "GIF": gif_contents,
    "JPEG": jpeg_contents,
    "JPEG 2000": jpeg2000_contents,
    "PNG": png_contents,
    "PPM": ppm_contents,
    "SVG": svg_contents,
    "WebP": webp_contents,
}
_OPENERS: Final[dict[str, Callable[[io.BytesIO], ImageFile]]] = {
    "AVIF": AvifImageFile,
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "JPEG": JpegImageFile,
    "JPEG 2000": Jpeg2KImageFile,
    "PNG": PngImageFile,
    "PPM": PpmImageFile,
    "TIFF": TiffImageFile,
    "WebP": WebPImageFile,
}
_UNSUPPORTED: Final = (
    "unknown pixel mode",
    "unknown data organization",
    "samples per pixel",
    "unsupported bmp",
    "not yet supported",
    "cannot handle",
    "no avif support",
    "support not installed",
)
"""Parts of Pillow's messages about variants of a format that it cannot read."""


def can_decode(form: str) -> bool:
    """Return whether this program and this installation can read a format."""
    if form in EXTRA_FORMATS:
        return is_installed(form)
    return form in READ_FORMATS and (form not in _CODECS or bool(features.check(_CODECS[form])))


def contents_of(data: bytes, page: int = 0) -> tuple[str, Contents]:
    """Return the format and the contents of a file.

    Parameters
    ----------
    data
        The file.
    page
        The page to decode, from 1; 0 for the file as one picture.

    Raises
    ------
    ImageError
        Reasons ``not_an_image``, ``unsupported``, ``too_costly``, ``damaged``.
    """
    form = _format_of(data)
    if not form:
        message = (
            f"The content is not a picture in a supported format ({', '.join((*READ_FORMATS, *EXTRA_FORMATS))}); "
            "convert it or leave it out."
        )
        raise ImageError(message, reason="not_an_image")
    if not can_decode(form):
        if form in EXTRA_FORMATS:
            message = f"The content is {form}, whose decoder is not installed; install the extra `{EXTRA}`."
            raise ImageError(message, reason="unsupported")
        where = "this version" if form not in READ_FORMATS else "this installation"
        message = f"The content is {form}, which {where} cannot read; convert it to JPEG or PNG."
        raise ImageError(message, reason="unsupported")
    if form == "TIFF":
        return form, tiff_contents(data, max(page, 1))
    return form, _CONTENTS.get(form, Contents)(data)


def _format_of(data: bytes) -> str:
    """Return the format of a whole file: of a camera raw that begins as a TIFF does, or a drawing behind comments."""
    form = format_of(data[:HEAD_BYTES])
    if form == "TIFF" and is_camera_raw(data):
        return "camera raw"
    return form or ("SVG" if is_svg(data) else "")


def open_picture(form: str, contents: Contents) -> ImageFile:
    """Read the header with Pillow; raises the errors of Pillow's decoders."""
    return _OPENERS[form](io.BytesIO(contents.data))


def reason_unsupported(error: Exception, form: str) -> str:
    """Return the variant of a format that Pillow cannot read; "" if the file is damaged instead."""
    text = str(error)
    if any(words in text.lower() for words in _UNSUPPORTED):
        return text
    if form == "TIFF" and isinstance(error, KeyError):
        return f"compression {text}"
    return ""
