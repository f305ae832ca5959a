"""Convert a picture to sRGB with its ICC colour profile. Pure.

Most profiles are equal to sRGB. This is checked once, on a lattice of colours, and equal profiles are then skipped. A
profile that is broken, or of another colour space than the picture, is ignored.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageCms

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["ProfileTransform", "profile_transform"]

_MODES: Final = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
"""Colour space in bytes 16 to 19 of the header (ICC.1:2022), and Pillow's mode of its values."""

_SAME: Final = 2
"""Largest difference, in steps of 255, at which a profile still counts as sRGB."""

_MOST_KEPT = 64
_HEADER = 128
_BROKEN = (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True, eq=False)
class ProfileTransform:
    """The conversion of a picture's values to sRGB.

    Parameters
    ----------
    mode
        Required mode of the picture: "RGB", "L", "CMYK" or "LAB".
    """

    mode: str
    _transform: ImageCms.ImageCmsTransform

    def apply(self, image: Image.Image) -> Image.Image:
        """Return the picture in sRGB; safe in several threads at once."""
        return self._transform.apply(image)


_kept: OrderedDict[tuple[bytes, str], ProfileTransform | None] = OrderedDict()
_lock = threading.Lock()


def profile_transform(profile: bytes, mode: str) -> ProfileTransform | None:
    """Return the conversion that a profile needs.

    Parameters
    ----------
    profile
        The profile as embedded; ``b""`` for none.
    mode
        Pillow's mode of the picture.

    Returns
    -------
    ProfileTransform or None
        None if no conversion is needed: no profile, sRGB, broken, or not of this picture's colour space.
    """
    if mode == "LAB":
        return _remembered(b"", "LAB")
    wanted = _MODES.get(profile[16:20], "") if len(profile) > _HEADER else ""
    if not wanted or wanted != _space_of(mode):
        return None
    return _remembered(profile, wanted)


def _space_of(mode: str) -> str:
    """Return the kind of profile that a picture of one of Pillow's modes can have."""
    if mode in {"1", "L", "LA", "La", "I", "F"} or mode.startswith("I;16"):
        return "L"
    return "CMYK" if mode == "CMYK" else "RGB"


def _remembered(profile: bytes, mode: str) -> ProfileTransform | None:
    key = hashlib.sha256(profile).digest(), mode
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = _made(profile, mode)
    with _lock:
        _kept[key] = made
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _made(profile: bytes, mode: str) -> ProfileTransform | None:
    try:
        source = ImageCms.createProfile("LAB") if mode == "LAB" else ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        made = ProfileTransform(mode, transform)
        if mode in {"RGB", "L"}:
            colors = Image.fromarray(_lattice(mode))
            missed = np.asarray(made.apply(colors), np.int16) - np.asarray(colors.convert("RGB"), np.int16)
            if np.abs(missed).max() <= _SAME:
                return None
    except _BROKEN:
        return None
    return made


def _lattice(mode: str) -> npt.NDArray[np.uint8]:
    """Return test colours: every grey, and a lattice of 9 x 9 x 9."""
    greys = np.arange(256, dtype=np.uint8)[None]
    if mode == "L":
        return greys
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return np.concatenate([np.repeat(greys[..., None], 3, axis=2), lattice], axis=1)
