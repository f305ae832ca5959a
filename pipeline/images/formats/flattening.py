"""Convert any Pillow mode to sRGB on white in two steps: flat values in the picture's colours, then sRGB. Pure.

Between the steps the picture is shrunk, so that colours are converted only for the pixels in use.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from pipeline.images.formats.contents import MOST_PROFILE_BYTES
from pipeline.images.formats.deep_grey import GreyScale, choose_scale
from pipeline.images.formats.exif import orientation_of
from pipeline.images.formats.profiles import ProfileTransform, profile_transform

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.ImageFile import ImageFile

    from pipeline.images.formats.contents import Contents

__all__ = ["Flattening"]

_PHOTOMETRIC, _SAMPLE_FORMAT, _GDAL_NO_DATA = 262, 339, 42_113
_SCREEN_GAMMA: Final = 2.2
_USUAL = 0.05
"""Largest difference from the screen's gamma that is not visible."""


@dataclass(slots=True)
class Flattening:
    """The conversions that one picture needs; created by `of` before the picture is loaded.

    Parameters
    ----------
    mode
        Pillow's mode between the steps: "RGB", "L", "CMYK" or "LAB".
    orientation
        1 to 8, the orientation that is still to be undone.
    is_deep
        Whether it is a grey of more than 8 bits.
    """

    mode: str
    orientation: int
    _transform: ProfileTransform | None
    _gamma: float
    is_deep: bool
    _inverted: bool
    _unsigned: bool
    _no_data: float | None
    _scale: GreyScale | None = None

    @classmethod
    def of(cls, image: ImageFile, contents: Contents) -> Flattening:
        """Return the conversions that a picture needs."""
        transform = profile_transform(_profile(image, contents), image.mode)
        tags = image.tag_v2 if image.format == "TIFF" else {}  # type: ignore[attr-defined]
        deep = image.mode in {"I", "F"} or image.mode.startswith("I;16")
        return cls(
            mode=transform.mode if transform is not None else "RGB",
            orientation=1 if image.format == "TIFF" else contents.orientation or _orientation(image),
            _transform=transform,
            _gamma=contents.gamma,
            is_deep=deep,
            _inverted=deep and tags.get(_PHOTOMETRIC, 1) == 0,
            _unsigned=image.mode == "I" and _first(tags.get(_SAMPLE_FORMAT, 1)) == 1 and image.format == "TIFF",
            _no_data=_number(tags.get(_GDAL_NO_DATA)),
        )

    def measure(self, bands: Iterable[Image.Image]) -> None:
        """Read all values of a deep grey to choose its scale; does nothing for other pictures."""
        if self.is_deep:
            values = (self._values(band) for band in bands)
            first = next(values)
            floating = first.dtype.kind == "f"
            self._scale = choose_scale(_chained(first, values), floating=floating, no_data=self._no_data)

    def flat(self, image: Image.Image) -> Image.Image:
        """Return the picture, or a band of it, in `mode`."""
        if self._scale is not None:
            grey = self._scale.to_bytes(self._values(image))
            flat = Image.fromarray(255 - grey if self._inverted else grey)
        elif image.mode in {"CMYK", "LAB"} and image.mode == self.mode:
            flat = image
        elif image.has_transparency_data:
            rgba = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
            flat = Image.new("RGB", rgba.size, "white")
            flat.paste(rgba, mask=rgba.getchannel("A"))
        else:
            flat = image
        return flat if flat.mode == self.mode else flat.convert(self.mode)

    def to_srgb(self, flat: Image.Image) -> Image.Image:
        """Return the result of `flat`, shrunken or not, in sRGB."""
        if self._transform is not None:
            return self._transform.apply(flat)
        if self._gamma and abs(self._gamma * _SCREEN_GAMMA - 1) > _USUAL:
            exponent = 1 / (self._gamma * _SCREEN_GAMMA)
            flat = flat.point([round(255 * (value / 255) ** exponent) for value in range(256)] * len(flat.getbands()))
        return flat

    def _values(self, image: Image.Image) -> npt.NDArray[np.generic]:
        values: npt.NDArray[np.generic] = np.asarray(image)
        return values.view(np.uint32) if self._unsigned and values.dtype == np.int32 else values


def _chained(
    first: npt.NDArray[np.generic], rest: Iterable[npt.NDArray[np.generic]]
) -> Iterable[npt.NDArray[np.generic]]:
    yield first
    yield from rest


def _profile(image: ImageFile, contents: Contents) -> bytes:
    profile = contents.profile or image.info.get("icc_profile", b"")
    return profile if isinstance(profile, bytes) and len(profile) <= MOST_PROFILE_BYTES else b""


def _orientation(image: ImageFile) -> int:
    exif = image.info.get("exif", b"")
    return orientation_of(exif) if isinstance(exif, bytes) else 1


def _first(value: object) -> object:
    return value[0] if isinstance(value, tuple) and value else value


def _number(text: object) -> float | None:
    try:
        return float(str(text).strip("\0 ")) if text is not None else None
    except ValueError:
        return None
