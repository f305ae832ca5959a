"""Open a HEIC (ISO 23008-12) with pillow-heif, which reads its size before it decodes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pipeline.images.formats.contents import Contents

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["open_heic"]


def open_heic(data: bytes) -> tuple[ImageFile, Contents]:
    """Read the header of the main picture. The decoder itself turns it upright, so EXIF is not asked."""
    from pillow_heif import HeifImageFile, options

    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    return HeifImageFile(io.BytesIO(data)), Contents(data, orientation=1)
