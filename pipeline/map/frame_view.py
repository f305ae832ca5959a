"""What a frame shows and how it looks: the view, the colours, the wishes of the person. No work is done here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pipeline.errors import ParameterError
from pipeline.map.collage import Color
from pipeline.map.level_of_detail import Bounds

__all__ = ["DARK", "LIGHT", "PICTURE_SIZES", "FrameStyle", "FrameView", "Palette"]

PICTURE_SIZES = {"small": 26.0, "medium": 44.0, "large": 88.0}
"""Wished sides of a cell in css pixels. At medium a picture is still recognised, and some 500 of them fit a window."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a frame.

    Parameters
    ----------
    ground
        The paper.
    border
        The line around a picture: tells a white picture from a light ground, a black one from a dark ground.
    density
        Tint where many images lie.
    dark
        Whether the ground is dark.
    selected
        The line around the picture of a cell that holds selected images.
    border_opacity
        0 to 1: how much of a picture's own edge the line covers.
    dim
        0 to 1: how far excluded pictures fade into the ground.
    """

    ground: Color
    border: Color
    density: Color
    dark: bool
    selected: Color
    border_opacity: float = 1.0
    dim: float = 0.82


DARK = Palette(ground=(20, 22, 26), border=(58, 63, 73), density=(96, 130, 190), dark=True, selected=(120, 169, 255))
LIGHT = Palette(
    ground=(246, 246, 244), border=(214, 214, 209), density=(96, 130, 190), dark=False, selected=(37, 99, 235), dim=0.77
)


@dataclass(frozen=True, slots=True)
class FrameStyle:
    """How a person wants the map to look.

    Parameters
    ----------
    palette
        Colours.
    cell_px
        Wished side of a cell in css pixels, see `PICTURE_SIZES`.
    excluded
        Whether images that do not pass are shown, dimmed, where no other is; else they are left out altogether.
    counts
        Whether pictures tell how many images stand behind them.
    density
        Whether the ground is tinted where many images lie.
    """

    palette: Palette = field(default=DARK)
    cell_px: float = PICTURE_SIZES["medium"]
    excluded: bool = True
    counts: bool = True
    density: bool = True

    def __post_init__(self) -> None:
        if not 8 <= self.cell_px <= 1024:
            raise ParameterError(f"Cells of {self.cell_px} pixels were asked for. Allowed are 8 to 1024.")


@dataclass(frozen=True, slots=True)
class FrameView:
    """What part of the layout a frame shows, and how large.

    Parameters
    ----------
    x0, y0, x1, y1
        Left, bottom, right and top in layout units, y up.
    width, height
        Size of the frame in device pixels.
    pixel_ratio
        Device pixels for each css pixel; pictures keep their size for the eye.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    width: int
    height: int
    pixel_ratio: float = 1.0

    def __post_init__(self) -> None:
        finite = all(map(math.isfinite, (*self.bounds, self.pixel_ratio)))
        if not (finite and self.x0 < self.x1 and self.y0 < self.y1 and self.pixel_ratio > 0):
            raise ParameterError(
                f"A view from ({self.x0}, {self.y0}) to ({self.x1}, {self.y1}) at pixel ratio {self.pixel_ratio} "
                "shows nothing. Left must be less than right, bottom less than top, and the ratio positive."
            )
        if not (1 <= self.width <= 16384 and 1 <= self.height <= 16384):
            raise ParameterError(
                f"A frame of {self.width} x {self.height} pixels was asked for. Each side may be 1 to 16384."
            )

    @property
    def bounds(self) -> Bounds:
        """The view as one tuple."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels for each layout unit, across and up."""
        return self.width / (self.x1 - self.x0), self.height / (self.y1 - self.y0)
