"""Pictures without pixels, which are drawn and not decoded. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Drawing", "size_in_pixels"]


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A picture that can be drawn at any size.

    Parameters
    ----------
    width, height
        Its size in pixels, by a fixed rule of its format.
    draw
        Draws it in sRGB on white; takes the factor by which it is smaller than that size, at least 1.
    """

    width: int
    height: int
    draw: Callable[[int], Image.Image]


def size_in_pixels(width: float, height: float, longest_side: float) -> tuple[int, int]:
    """Return the size of a drawing whose longer side has so many pixels, rounded up to whole ones.

    Raises
    ------
    ValueError
        If a side is not a number above 0.
    """
    if not 0 < width < float("inf") or not 0 < height < float("inf"):
        raise ValueError(f"a drawing of {width:g} x {height:g}")
    scale = longest_side / max(width, height)
    return math.ceil(width * scale), math.ceil(height * scale)
