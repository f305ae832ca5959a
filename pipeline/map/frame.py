"""Compose one frame of the map from the representative images, the density under them and their pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.map import density as density_layer
from pipeline.map.collage import Color, PictureStyle, blit_pictures
from pipeline.map.coloring import Coloring, color_by_side
from pipeline.map.count_badges import draw_counts
from pipeline.map.filters import PassingSet, score_histogram
from pipeline.map.frame_view import FrameStyle, FrameView, Palette
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.level_of_detail import Representatives, points_in_view, representatives
from pipeline.map.regions import codes_of, count_in_cells
from pipeline.map.regions import warm_up as warm_up_regions
from pipeline.map.tile_cache import TileCache

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_PICTURES", "TILE_SIZES", "Frame", "compose_frame", "level_of", "warm_up"]

TILE_SIZES = (32, 64, 128, 256, 512)
"""Sides of the thumbnails that a frame can use, in pixels."""

MAX_PICTURES = 2000
"""Greatest number of pictures in a frame of any size. More would be too small to recognise and too slow to send."""

GAP_SHARE = 0.06  # of a cell
RADIUS_SHARE = 0.09  # of a picture
MAX_ENLARGEMENT = 2  # of the largest thumbnail; beyond it pictures keep their size and the gaps grow
COLORED_BORDER = 2.5  # css pixels, wide enough to distinguish colours
SELECTED_BORDER = 3.0
COUNT_FROM = 34  # css pixels, the smallest picture with room for a number
COUNT_SHARE = 0.2  # height of the digits as a share of a picture's side
COUNT_HEIGHTS = (9.0, 13.0)  # css pixels
DENSITY_BINS = 4  # along a cell's side
DENSITY_POINTS = 2**17  # a sample of this size gives the same tint as millions, ten times faster
DENSITY_MARGIN = 5  # bins around the view, so that the blur finds the points just outside


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A composed frame and the places of its pictures.

    Parameters
    ----------
    rgb
        uint8 (height, width, 3), y down.
    representatives
        The images shown.
    left, top
        int32 (m,). Upper left corner of each picture in the frame, in pixels, y down. May be negative.
    level
        Level of the grid.
    cell_px
        Side of a cell in pixels.
    picture_px
        Side of every picture in pixels.
    tile_px
        Side of the thumbnails used, in pixels.
    has_density
        Whether the tint was drawn. False if the style has no tint or `pipeline.map.density` is not warm yet.
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


def level_of(index: LayoutIndex, view: FrameView, cell_px: float) -> int:
    """Return the level of a frame's grid, with cells close to ``cell_px`` and at most `MAX_PICTURES` cells."""
    scale = view.scale[0]
    level = index.level_for(scale, target=cell_px * view.pixel_ratio)
    while level > 0 and view.width * view.height > MAX_PICTURES * (index.cell_side(level) * scale) ** 2:
        level -= 1
    return level


def compose_frame(
    index: LayoutIndex,
    passing: PassingSet,
    cache_for: Callable[[int], TileCache],
    view: FrameView,
    style: FrameStyle,
    *,
    coloring: Coloring | None = None,
    selected: NDArray[np.uint64] | None = None,
) -> Frame:
    """Draw the map.

    Parameters
    ----------
    index
        The layout.
    passing
        Images that pass the filters. The style decides whether the others are dimmed or left out.
    cache_for
        Returns the cache of thumbnails of one of `TILE_SIZES`.
    view
        Part of the layout to show.
    style
        Look of the frame. The tint is drawn once `pipeline.map.density` is warm.
    coloring
        Colours for the frames of pictures and the tint. None takes one colour each.
    selected
        Codes of the selected images that pass, from `pipeline.map.regions.codes_of`. A cell with a selected image is
        framed in the palette's colour ``selected``.
    """
    scale_x, scale_y = view.scale
    level = level_of(index, view, style.cell_px)
    shown = representatives(index, passing, view.bounds, level, with_excluded=style.excluded)
    pitch_x, pitch_y = index.cell_side(level) * scale_x, index.cell_side(level) * scale_y
    picture = _picture_side(min(pitch_x, pitch_y))
    rgb = _paper(view, style.palette.ground)
    has_density = style.density and density_layer.is_warm()
    if has_density:
        _draw_density(rgb, index, passing, view, style, shown, coloring)
    left = _places(shown.cell_x.astype(np.int64), pitch_x, (index.origin_x - view.x0) * scale_x, picture)
    # Rows of cells count upwards and rows of pixels downwards.
    top = _places(-1 - shown.cell_y.astype(np.int64), pitch_y, (view.y1 - index.origin_y) * scale_y, picture)
    frame = Frame(rgb, shown, left, top, level, pitch_x, picture, _tile_side(picture), has_density)
    marked = np.zeros(shown.rows.size, np.bool_)
    if selected is not None and selected.size:
        marked = count_in_cells(selected, shown.cell_x, shown.cell_y, level) > 0
    _draw_pictures(frame, cache_for(frame.tile_px), view, style.palette, coloring, marked)
    if style.counts and picture >= max(COUNT_FROM * view.pixel_ratio, COUNT_FROM / 2):
        low, high = COUNT_HEIGHTS
        height = max(round(min(max(COUNT_SHARE * picture / view.pixel_ratio, low), high) * view.pixel_ratio), 6)
        draw_counts(rgb, shown.count_passing, left=left, top=top, size=picture, height=height)
    return frame


def warm_up() -> None:
    """Compile every kernel that a frame without density needs, or load it from the cache.

    `pipeline.map.density.warm_up` does the same for the density.
    """
    layout = np.array([[-0.5, -0.5], [0.5, 0.5]], dtype=np.float32)
    index = LayoutIndex.build(layout, np.arange(2, dtype=np.uint32))
    cache = TileCache(lambda rows, size: np.zeros((rows.size, size, size, 3), dtype=np.uint8), TILE_SIZES[0], 4)
    view = FrameView(-1.0, -1.0, 1.0, 1.0, 64, 64)
    passing = PassingSet.of(np.array([True, False]))
    coloring = color_by_side(np.zeros(2, dtype=np.float32), 0.5, "")
    codes = codes_of(index, passing, passing)
    compose_frame(index, passing, lambda _: cache, view, FrameStyle(density=False), coloring=coloring, selected=codes)
    draw_counts(np.zeros((16, 16, 3), np.uint8), np.array([12], np.int32), left=_ZERO, top=_ZERO, size=16, height=9)
    points_in_view(index, passing, view.bounds)
    warm_up_regions()
    score_histogram(np.zeros(2, dtype=np.float32))


_ZERO = np.zeros(1, dtype=np.int32)


def _draw_pictures(
    frame: Frame,
    cache: TileCache,
    view: FrameView,
    palette: Palette,
    coloring: Coloring | None,
    marked: NDArray[np.bool_],
) -> None:
    """Draw the pictures. Those of marked cells have a line of another colour and width."""
    shown = frame.representatives
    width = max(1.0, round(view.pixel_ratio))
    borders = np.tile(np.array(palette.border, np.uint8), (shown.rows.size, 1))
    if coloring is not None:
        borders = coloring.colors(dark=palette.dark)[coloring.classes[shown.rows]]
        width = _wide(COLORED_BORDER, width, frame, view)
    borders[marked] = palette.selected
    with cache.borrow(shown.rows) as tiles:
        # Draw in two passes with one stencil each, because the line of a marked picture is wider.
        for some, line in ((~marked, width), (marked, _wide(SELECTED_BORDER, width, frame, view))):
            if not some.any():
                continue
            blit_pictures(
                frame.rgb,
                tiles.slab,
                tiles.slots[some],
                left=frame.left[some],
                top=frame.top[some],
                size=frame.picture_px,
                dimmed=shown.count_passing[some] == 0,
                style=PictureStyle(
                    ground=palette.ground,
                    border=palette.border,
                    border_opacity=palette.border_opacity,
                    border_width=line,
                    radius=RADIUS_SHARE * frame.picture_px,
                    dim=palette.dim,
                ),
                borders=borders[some],
            )


def _wide(css_px: float, least: float, frame: Frame, view: FrameView) -> float:
    """Return the width of a line in pixels, at most a sixth of a picture."""
    return min(max(css_px * view.pixel_ratio, least), frame.picture_px / 6)


def _tile_side(picture: int) -> int:
    return next((size for size in TILE_SIZES if size >= picture), TILE_SIZES[-1])


def _picture_side(pitch: float) -> int:
    # The step between pictures is the pitch rounded down or up, so gaps differ by at most one pixel.
    step = math.floor(pitch)
    return min(max(step - max(round(GAP_SHARE * step), 1), 1), MAX_ENLARGEMENT * TILE_SIZES[-1])


def _places(cells: NDArray[np.int64], pitch: float, origin: float, picture: int) -> NDArray[np.int32]:
    # Round the grid first, then shift it by whole pixels. So panning moves all pictures alike and changes no gap.
    grid = np.rint(cells * pitch + (pitch - picture) / 2)
    return np.asarray(grid + round(origin)).astype(np.int32)


def _paper(view: FrameView, ground: Color) -> NDArray[np.uint8]:
    line = np.tile(np.array(ground, dtype=np.uint8), view.width)
    # Copying whole lines is six times faster than copying pixels.
    return np.tile(line, (view.height, 1)).reshape(view.height, view.width, 3)


def _draw_density(
    rgb: NDArray[np.uint8],
    index: LayoutIndex,
    passing: PassingSet,
    view: FrameView,
    style: FrameStyle,
    shown: Representatives,
    coloring: Coloring | None,
) -> None:
    """Tint the ground by all images that the style shows, not only by the representatives of their cells."""
    step = index.cell_side(shown.level) / DENSITY_BINS
    left = math.floor((view.x0 - index.origin_x) / step) - DENSITY_MARGIN
    bottom = math.floor((view.y0 - index.origin_y) / step) - DENSITY_MARGIN
    across = math.ceil((view.x1 - index.origin_x) / step) + DENSITY_MARGIN - left
    up = math.ceil((view.y1 - index.origin_y) / step) + DENSITY_MARGIN - bottom
    x0, y0 = index.origin_x + left * step, index.origin_y + bottom * step
    bounds = (x0, y0, x0 + across * step, y0 + up * step)
    counted = PassingSet.everything(index.n_images) if style.excluded else passing
    keep_one_of = max(1, -(-int((shown.count_all if style.excluded else shown.count_passing).sum()) // DENSITY_POINTS))
    x, y, rows = points_in_view(index, counted, bounds, keep_one_of=keep_one_of)
    counts = density_layer.count_points(x, y, bounds, (across, up)) * np.float32(keep_one_of)
    opacity = density_layer.density_opacity(counts, DENSITY_BINS)
    colors = np.array(style.palette.density, dtype=np.float32)
    if coloring is not None:
        table = coloring.colors(dark=style.palette.dark)
        seen = table[coloring.classes[rows]]
        colors = density_layer.mean_colors(x, y, seen, bounds, (across, up), ground=style.palette.ground)[::-1]
    scale_x, scale_y = view.scale
    density_layer.paint_density(
        rgb,
        np.ascontiguousarray(opacity[::-1]),
        colors,
        left=(x0 - view.x0) * scale_x,
        top=(view.y1 - bounds[3]) * scale_y,
        bin_width=step * scale_x,
        bin_height=step * scale_y,
    )
