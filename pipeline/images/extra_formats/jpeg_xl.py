"""Open a JPEG XL (ISO 18181) with pylibjxl, which reads its size before it decodes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from PIL import Image
from PIL.ImageFile import ImageFile

from pipeline.images.formats.contents import MOST_PROFILE_BYTES, Contents

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["open_jpeg_xl"]

_MODES: Final = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def open_jpeg_xl(data: bytes) -> tuple[ImageFile, Contents]:
    """Read the header. The decoder itself turns the picture upright."""
    return JpegXlImage(io.BytesIO(data)), Contents(data, orientation=1)


class JpegXlImage(ImageFile):
    """A JPEG XL as Pillow shows files: its size is known at once, its pixels come with `load`."""

    format = "JPEG XL"
    format_description = "JPEG XL"

    def _open(self) -> None:
        import pylibjxl

        self._data = self.fp.read()  # type: ignore[union-attr]
        header = pylibjxl.probe(self._data)
        self._size = int(header["width"]), int(header["height"])
        self._mode = _MODES[int(header["channels"])]
        self.tile = []

    def load(self) -> Any:
        """Decode the picture once, with its profile."""
        if self._data:
            import pylibjxl

            pixels, found = pylibjxl.decode(self._data, metadata=True)
            self._data = b""
            picture = _picture(pixels)
            if picture.size != self._size or picture.mode != self._mode:
                raise ValueError("the header states another size")
            profile = found.get("icc", b"")
            self.info["icc_profile"] = profile if len(profile) <= MOST_PROFILE_BYTES else b""
            self.info["exif"] = found.get("exif", b"").removeprefix(bytes(4))  # an offset, which is 0 almost always
            self.im = picture.im
        return super().load()


def _picture(pixels: npt.NDArray[Any]) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
