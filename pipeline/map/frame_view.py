"""Parameters of a frame: the view, the colours and the style that a person chose."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pipeline.errors import ParameterError
from pipeline.map.collage import Color
from pipeline.map.level_of_detail import Bounds

__all__ = ["DARK", "LIGHT", "PICTURE_SIZES", "FrameStyle", "FrameView", "Palette"]

PICTURE_SIZES = {"small": 26.0, "medium": 44.0, "large": 88.0}
"""Target sides of a cell in css pixels. A medium picture is still recognisable, and about 500 of them fit a window."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of a frame.

    Parameters
    ----------
    ground
        The background.
    border
        The line around a picture. It separates a white picture from a light ground and a black one from a dark ground.
    density
        The tint where many images lie.
    dark
        Whether the ground is dark.
    selected
        The line around the picture of a cell that holds selected images.
    border_opacity
        Opacity of the line around a picture, 0 to 1.
    dim
        Share by which excluded pictures fade into the ground, 0 to 1.
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
    """The look of the map that a person chose.

    Parameters
    ----------
    palette
        Colours.
    cell_px
        Target side of a cell in css pixels, see `PICTURE_SIZES`.
    excluded
        Whether a cell without a passing image shows an excluded one, dimmed. If False, excluded images are left out.
    counts
        Whether pictures show the number of images behind them.
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
            raise ParameterError(f"cell_px={self.cell_px} is not allowed. Use 8 to 1024 pixels.")


@dataclass(frozen=True, slots=True)
class FrameView:
    """The part of the layout that a frame shows, and the size of the frame.

    Parameters
    ----------
    x0, y0, x1, y1
        Left, bottom, right and top in layout units, y up.
    width, height
        Size of the frame in device pixels.
    pixel_ratio
        Device pixels for each css pixel. Pictures have the same visible size at every ratio.
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
                f"A frame of {self.width} x {self.height} pixels is not allowed. Each side must be 1 to 16384."
            )

    @property
    def bounds(self) -> Bounds:
        """The view as one tuple."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels for each layout unit, across and up."""
        return self.width / (self.x1 - self.x0), self.height / (self.y1 - self.y0)
