"""ICC colour profiles: from the colours of a picture's own space to sRGB. Pure.

A profile that means sRGB, as most do, is found out once, by what it does to a lattice of colours, and costs nothing
after that; a profile that is broken, or of other colours than the picture, is ignored.
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
"""ICC.1:2022, field 16 to 19 of the header: the space of the numbers; and the kind of picture that has such numbers."""

_SAME: Final = 2
"""Largest difference, in steps of 255, by which a profile may miss sRGB and still be called that."""

_MOST_KEPT = 64
_HEADER = 128
_BROKEN = (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True, eq=False)
class ProfileTransform:
    """How a picture's numbers become sRGB.

    Parameters
    ----------
    mode
        What the picture must be: "RGB", "L", "CMYK" or "LAB".
    """

    mode: str
    _transform: ImageCms.ImageCmsTransform

    def apply(self, image: Image.Image) -> Image.Image:
        """Give the picture in sRGB; safe in several threads at once."""
        return self._transform.apply(image)


_kept: OrderedDict[tuple[bytes, str], ProfileTransform | None] = OrderedDict()
_lock = threading.Lock()


def profile_transform(profile: bytes, mode: str) -> ProfileTransform | None:
    """Find what to do about a profile.

    Parameters
    ----------
    profile
        The profile as embedded; ``b""`` for none.
    mode
        Pillow's mode of the picture.

    Returns
    -------
    ProfileTransform or None
        None where there is nothing to do: no profile, sRGB, broken, or not of this picture's colours.
    """
    if mode == "LAB":
        return _remembered(b"", "LAB")
    wanted = _MODES.get(profile[16:20], "") if len(profile) > _HEADER else ""
    if not wanted or wanted != _space_of(mode):
        return None
    return _remembered(profile, wanted)


def _space_of(mode: str) -> str:
    """Which kind of profile a picture of one of Pillow's modes can have."""
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
    """Colours of all kinds: every grey, and a lattice of 9 x 9 x 9."""
    greys = np.arange(256, dtype=np.uint8)[None]
    if mode == "L":
        return greys
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return np.concatenate([np.repeat(greys[..., None], 3, axis=2), lattice], axis=1)
