"""One frame of the map: who is shown, the density under them, their pictures, and the bytes that are sent."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pipeline import density as density_layer
from pipeline.collage import Color, PictureStyle, blit_pictures
from pipeline.errors import ParameterError
from pipeline.filters import score_histogram
from pipeline.level_of_detail import Bounds, LayoutIndex, Representatives, points_in_view, representatives
from pipeline.tile_cache import TileCache

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "DARK",
    "LIGHT",
    "TILE_SIZES",
    "Frame",
    "FrameView",
    "Palette",
    "compose_frame",
    "encode_frame",
    "warm_up",
]

TILE_SIZES = (32, 64, 128, 256)
"""Sides of the thumbnails that a frame may ask for, in pixels."""

TARGET_CELL = 44.0  # css pixels: a picture is still recognised, and some 500 of them fit a window
GAP_SHARE = 0.06  # of a cell
RADIUS_SHARE = 0.09  # of a picture
MAX_ENLARGEMENT = 2  # of the largest thumbnail; beyond it pictures stay as they are and the gaps grow
DENSITY_BINS = 4  # along a cell's side
DENSITY_POINTS = 2**17  # an even sample of so many shows the same tint as millions, ten times sooner
DENSITY_MARGIN = 5  # bins around the view, so that the blur finds the points just outside


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
    border_opacity
        0 to 1: how much of a picture's own edge the line covers.
    dim
        0 to 1: how far excluded pictures fade into the ground.
    """

    ground: Color
    border: Color
    density: Color
    border_opacity: float = 1.0
    dim: float = 0.82


DARK = Palette(ground=(20, 22, 26), border=(58, 63, 73), density=(96, 130, 190))
LIGHT = Palette(ground=(246, 246, 244), border=(214, 214, 209), density=(96, 130, 190), dim=0.77)


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


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A composed frame and what is needed to point at its pictures.

    Parameters
    ----------
    rgb
        uint8 (height, width, 3), y down.
    representatives
        The images shown.
    left, top
        int32 (m,). Corner of each one's picture in the frame, pixels, y down; may be negative.
    level
        Level of the grid.
    cell_px
        Side of a cell in pixels.
    picture_px
        Side of every picture in pixels.
    tile_px
        Side of the thumbnails that the pictures were made from.
    has_density
        Whether the tint was drawn; False while it is not wanted or not warm yet.
    """

    rgb: NDArray[np.uint8]
    representatives: Representatives
    left: NDArray[np.int32]
    top: NDArray[np.int32]
    level: int
    cell_px: float
    picture_px: int
    tile_px: int
    has_density: bool


def compose_frame(
    index: LayoutIndex,
    mask: NDArray[np.bool_],
    cache_for: Callable[[int], TileCache],
    view: FrameView,
    palette: Palette,
    *,
    density: bool = True,
) -> Frame:
    """Draw the map.

    Parameters
    ----------
    index
        The layout.
    mask
        bool (images,). Images that pass the filters, in the collection's order; the others are dimmed.
    cache_for
        Gives the cache of thumbnails of one of `TILE_SIZES`.
    view
        What to show.
    palette
        Colours.
    density
        Whether to tint the ground, if `pipeline.density` is warm.
    """
    scale_x, scale_y = view.scale
    level = index.level_for(scale_x, target=TARGET_CELL * view.pixel_ratio)
    shown = representatives(index, mask, view.bounds, level)
    pitch_x, pitch_y = index.cell_side(level) * scale_x, index.cell_side(level) * scale_y
    picture = _picture_side(min(pitch_x, pitch_y))
    rgb = _paper(view, palette.ground)
    has_density = density and density_layer.is_warm()
    if has_density:
        passing = int(shown.count_passing.sum())
        keep_one_of = -(-passing // DENSITY_POINTS)
        _draw_density(rgb, index, mask, view, level=level, tint=palette.density, keep_one_of=keep_one_of)
    left = _places(shown.cell_x.astype(np.int64), pitch_x, (index.origin_x - view.x0) * scale_x, picture)
    # Rows of cells count upwards, rows of pixels downwards.
    top = _places(-1 - shown.cell_y.astype(np.int64), pitch_y, (view.y1 - index.origin_y) * scale_y, picture)
    cache = cache_for(next((size for size in TILE_SIZES if size >= picture), TILE_SIZES[-1]))
    with cache.borrow(shown.rows) as tiles:
        blit_pictures(
            rgb,
            tiles.slab,
            tiles.slots,
            left=left,
            top=top,
            size=picture,
            dimmed=shown.count_passing == 0,
            style=_style(palette, picture, view.pixel_ratio),
        )
    return Frame(rgb, shown, left, top, level, pitch_x, picture, cache.size, has_density)


def encode_frame(rgb: NDArray[np.uint8], quality: int = 84) -> bytes:
    """Encode a frame as JPEG with full colour resolution.

    Of the usual formats it is the one that keeps up with a hand: for 1200 x 800 pixels full of clip art on two cores
    4 ms and 270 kB, against 37 ms and 120 kB as the fastest WebP and 48 ms and 510 kB as PNG. Halving the colour
    resolution would save an eighth of the bytes and smear the coloured lines of drawings.

    Parameters
    ----------
    rgb
        uint8 (height, width, 3).
    quality
        JPEG quality, 1 to 95.

    Returns
    -------
    bytes
        A whole JPEG file.
    """
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling="4:4:4")
    return buffer.getvalue()


def warm_up() -> None:
    """Compile, or load from the cache, every kernel that a frame without density needs.

    `pipeline.density.warm_up` does the same for the density.
    """
    layout = np.array([[-0.5, -0.5], [0.5, 0.5]], dtype=np.float32)
    index = LayoutIndex.build(layout, np.arange(2, dtype=np.uint32))
    cache = TileCache(lambda rows, size: np.zeros((rows.size, size, size, 3), dtype=np.uint8), TILE_SIZES[0], 4)
    view = FrameView(-1.0, -1.0, 1.0, 1.0, 64, 64)
    compose_frame(index, np.array([True, False]), lambda _: cache, view, DARK, density=False)
    points_in_view(index, np.array([True, False]), view.bounds)
    score_histogram(np.zeros(2, dtype=np.float32))


def _picture_side(pitch: float) -> int:
    # Steps between pictures are the pitch rounded down or up, so gaps differ by one pixel at most.
    step = math.floor(pitch)
    return min(max(step - max(round(GAP_SHARE * step), 1), 1), MAX_ENLARGEMENT * TILE_SIZES[-1])


def _places(cells: NDArray[np.int64], pitch: float, origin: float, picture: int) -> NDArray[np.int32]:
    # The grid is rounded first and shifted by whole pixels then: panning moves all pictures alike, no gap changes.
    grid = np.rint(cells * pitch + (pitch - picture) / 2)
    return np.asarray(grid + round(origin)).astype(np.int32)


def _style(palette: Palette, picture: int, pixel_ratio: float) -> PictureStyle:
    return PictureStyle(
        ground=palette.ground,
        border=palette.border,
        border_opacity=palette.border_opacity,
        border_width=max(1.0, round(pixel_ratio)),
        radius=RADIUS_SHARE * picture,
        dim=palette.dim,
    )


def _paper(view: FrameView, ground: Color) -> NDArray[np.uint8]:
    line = np.tile(np.array(ground, dtype=np.uint8), view.width)
    # Whole lines are copied six times faster than pixels.
    return np.tile(line, (view.height, 1)).reshape(view.height, view.width, 3)


def _draw_density(
    rgb: NDArray[np.uint8],
    index: LayoutIndex,
    mask: NDArray[np.bool_],
    view: FrameView,
    *,
    level: int,
    tint: Color,
    keep_one_of: int,
) -> None:
    step = index.cell_side(level) / DENSITY_BINS
    left = math.floor((view.x0 - index.origin_x) / step) - DENSITY_MARGIN
    bottom = math.floor((view.y0 - index.origin_y) / step) - DENSITY_MARGIN
    across = math.ceil((view.x1 - index.origin_x) / step) + DENSITY_MARGIN - left
    up = math.ceil((view.y1 - index.origin_y) / step) + DENSITY_MARGIN - bottom
    x0, y0 = index.origin_x + left * step, index.origin_y + bottom * step
    bounds = (x0, y0, x0 + across * step, y0 + up * step)
    x, y = points_in_view(index, mask, bounds, keep_one_of=keep_one_of)
    counts = density_layer.count_points(x, y, bounds, (across, up)) * np.float32(keep_one_of)
    opacity = density_layer.density_opacity(counts, DENSITY_BINS)
    scale_x, scale_y = view.scale
    density_layer.paint_density(
        rgb,
        np.ascontiguousarray(opacity[::-1]),
        left=(x0 - view.x0) * scale_x,
        top=(view.y1 - bounds[3]) * scale_y,
        bin_width=step * scale_x,
        bin_height=step * scale_y,
        tint=tint,
    )
