"""Take the preview out of a camera raw with LibRaw. The data of the sensor are not developed."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PIL import Image

from pipeline.errors import ImageError
from pipeline.images.formats.contents import Contents
from pipeline.images.formats.exif import NO_FACTS, exif_facts
from pipeline.images.formats.opening import contents_of, open_picture

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["open_camera_raw"]

_ORIENTATIONS: Final = {3: 3, 5: 8, 6: 6}
"""LibRaw's number for a turn, and that of EXIF."""


def open_camera_raw(data: bytes) -> tuple[ImageFile, Contents]:
    """Read the header of the largest preview that a camera put into its file.

    Raises
    ------
    ImageError
        Reason ``unsupported`` if there is no preview, or the camera is not known; ``damaged`` if the file is.
    """
    import rawpy

    try:
        with rawpy.imread(io.BytesIO(data)) as raw:
            turn = _ORIENTATIONS.get(raw.sizes.flip, 1)
            found = raw.extract_thumb()
            is_file = isinstance(found.data, bytes)
            preview = found.data if isinstance(found.data, bytes) else _as_png(found.data)
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError) as error:
        message = "The camera raw holds no preview that can be read; develop it and save it as JPEG."
        raise ImageError(message, reason="unsupported") from error
    except rawpy.LibRawFileUnsupportedError as error:
        message = "The camera raw is of a camera that is not known; develop it and save it as JPEG."
        raise ImageError(message, reason="unsupported") from error
    except rawpy.LibRawError as error:
        words = error.args[0] if error.args else error
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        message = f"The camera raw is damaged ({text}); copy it again from its source."
        raise ImageError(message, reason="damaged") from error
    form, contents = contents_of(preview)
    if form not in {"JPEG", "PNG"}:
        raise ImageError(f"The preview of the camera raw is {form}, which is not read.", reason="unsupported")
    if not is_file:  # LibRaw writes the turn into a JPEG that does not state its own
        contents = replace(contents, orientation=turn)
    contents = replace(contents, coefficients=contents.coefficients + 2 * len(data))  # the file itself, twice
    if exif_facts(data) != NO_FACTS:  # most kinds of camera raw are built as a TIFF
        contents = replace(contents, exif=data)
    return open_picture(form, contents), contents


def _as_png(pixels: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=0)  # type: ignore[arg-type]
    return buffer.getvalue()
