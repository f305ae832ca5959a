"""Draw pictures with round corners into a frame of the map.

Every picture of a frame has the same size and starts at a whole pixel. So all share one resampling table and one
stencil, and no position blurs a picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.compilation import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Color", "PictureStyle", "blit_pictures", "resampling_table", "rounded_stencil"]

Color = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True, slots=True)
class PictureStyle:
    """How pictures look.

    Parameters
    ----------
    ground
        Background colour. Excluded pictures fade into it.
    border
        Colour of the line around each picture.
    border_opacity
        Opacity of that line, 0 to 1.
    border_width, radius
        Width of the line and radius of the corners in pixels of the frame.
    dim
        Share by which an excluded picture fades into the ground, 0 to 1. Its line fades by half of it.
    saturation
        Share of the colour that an excluded picture keeps, 0 to 1.
    """

    ground: Color
    border: Color
    border_opacity: float = 1.0
    border_width: float = 1.0
    radius: float = 5.0
    dim: float = 0.82
    saturation: float = 0.3


def resampling_table(source: int, target: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Compute the weights that resample a line of pixels.

    The filter is bilinear, as in Pillow and in OpenGL's mipmaps. It interpolates linearly when it enlarges. It averages
    with a tent as wide as the step when it reduces, so thin lines neither vanish nor shimmer.

    Parameters
    ----------
    source, target
        Number of pixels before and after.

    Returns
    -------
    first : ndarray
        int32 (target,). First source pixel that each target pixel reads.
    weights : ndarray
        int32 (target, taps). Weights of the first source pixel and the next ones, all inside the line. Each row sums
        to 256.
    """
    step = source / target
    reach = max(step, 1.0)
    centre = (np.arange(target) + 0.5) * step - 0.5
    taps = min(int(np.ceil(2 * reach)), source)
    first = np.clip(np.ceil(centre - reach + 1e-9), 0, source - taps).astype(np.int32)
    distance = np.abs(first[:, None] + np.arange(taps) - centre[:, None])
    tent = np.maximum(1.0 - distance / reach, 0.0)
    share = np.cumsum(tent, axis=1) / tent.sum(axis=1, keepdims=True)
    # The rounded running sum gives whole numbers that add up to 256 exactly, so flat colours do not change.
    weights = np.diff(np.rint(share * 256).astype(np.int32), axis=1, prepend=0)
    return first, weights.astype(np.int32)


def rounded_stencil(size: int, radius: float, border: float) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw the shape of a picture, a square with round corners and a line along its inside, with smooth edges.

    Parameters
    ----------
    size
        Side in pixels.
    radius
        Radius of the corners in pixels, at most half of ``size``.
    border
        Width of the line in pixels.

    Returns
    -------
    shape : ndarray
        int32 (size, size). Share of each pixel that the square covers, line included, 0 to 256.
    line : ndarray
        int32 (size, size). Share of each pixel that the line covers, 0 to 256.
    """
    radius = min(radius, size / 2)
    offset = np.abs(np.arange(size) + 0.5 - size / 2)
    corner = np.maximum(offset - (size / 2 - radius), 0.0)
    # Signed distance to a rounded square, negative inside.
    outside = np.hypot(corner[:, None], corner[None, :])
    straight = np.maximum(offset[:, None], offset[None, :]) - size / 2
    distance = np.where((corner[:, None] > 0) & (corner[None, :] > 0), outside - radius, straight)
    shape = np.clip(0.5 - distance, 0.0, 1.0)
    inner = np.clip(0.5 - (distance + border), 0.0, 1.0)
    return np.rint(shape * 256).astype(np.int32), np.rint((shape - inner) * 256).astype(np.int32)


# wide: arrays of one row a picture, which a record would hide from the compiler
def blit_pictures(
    frame: NDArray[np.uint8],
    slab: NDArray[np.uint8],
    slots: NDArray[np.int32],
    *,
    left: NDArray[np.int32],
    top: NDArray[np.int32],
    size: int,
    dimmed: NDArray[np.bool_],
    style: PictureStyle,
    borders: NDArray[np.uint8] | None = None,
) -> None:
    """Draw pictures into a frame, in place, and cut them off at its edges.

    Parameters
    ----------
    frame
        uint8 (height, width, 3), C-contiguous.
    slab
        uint8 (tiles, side, side, 3). The quality is best with ``side`` between one and two times ``size``.
    slots
        int32 (m,). Tile of each picture.
    left, top
        int32 (m,). Upper left corner of each picture in the frame, in pixels. May be negative.
    size
        Side of every picture in pixels, at least 1.
    dimmed
        bool (m,). Pictures that the filters exclude.
    style
        Look of the pictures.
    borders
        uint8 (m, 3). Colour of the line around each picture. None takes the style's colour for all.
    """
    first, weights = resampling_table(slab.shape[1], size)
    shape, line = rounded_stencil(size, style.radius, style.border_width)
    line = np.rint(line * style.border_opacity).astype(np.int32)
    ground = np.array(style.ground, dtype=np.int32)
    edges = (
        np.tile(np.array(style.border, dtype=np.int32), (slots.size, 1))
        if borders is None
        else borders.astype(np.int32)
    )
    edges[dimmed] = np.rint(edges[dimmed] + (ground - edges[dimmed]) * (style.dim / 2)).astype(np.int32)
    fade = np.array([round(style.dim * 256), round(style.saturation * 256)], dtype=np.int32)
    _blit(
        frame.reshape(frame.shape[0], -1),
        slab.reshape(*slab.shape[:2], -1),
        slots,
        left,
        top,
        dimmed,
        # Lines of pixels are flat, three numbers a pixel, with unsigned positions, because Numba then turns the inner
        # loops into vector instructions. The weights are 256ths and the pixels bytes, so float32 is always exact.
        first,
        (3 * first).astype(np.uint64),
        (weights / 256).astype(np.float32),
        shape,
        line,
        ground,
        edges,
        fade,
    )


# wide: compiled code takes plain arrays
@compiled
def _blit(
    frame: NDArray[np.uint8],
    slab: NDArray[np.uint8],
    slots: NDArray[np.int32],
    left: NDArray[np.int32],
    top: NDArray[np.int32],
    dimmed: NDArray[np.bool_],
    first: NDArray[np.int32],
    start: NDArray[np.uint64],
    weights: NDArray[np.float32],
    shape: NDArray[np.int32],
    line: NDArray[np.int32],
    ground: NDArray[np.int32],
    borders: NDArray[np.int32],
    fade: NDArray[np.int32],
) -> None:
    height, width = frame.shape[0], frame.shape[1] // 3
    size = shape.shape[0]
    squeezed = np.empty(slab.shape[2], dtype=np.float32)  # one line of the picture, resampled in height only
    pixels = np.empty(3 * size, dtype=np.uint8)
    for picture in range(slots.size):
        x, y = left[picture], top[picture]
        begin, end = max(0, -x), min(size, width - x)
        if begin >= end:
            continue
        tile, border = slab[slots[picture]], borders[picture]
        for row in range(max(0, -y), min(size, height - y)):
            _squeeze(tile, first[row], weights[row], squeezed)
            _resample(squeezed, start, weights, pixels)
            if dimmed[picture]:
                _dim(pixels, ground, fade)
            _compose(frame[y + row], x, begin, end, pixels, shape[row], line[row], border)


@compiled
def _squeeze(tile: NDArray[np.uint8], first: int, weights: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for at in range(out.size):
        out[at] = weights[0] * tile[first, at]
    for tap in range(1, weights.size):
        weight = weights[tap]
        if weight != 0.0:
            for at in range(out.size):
                out[at] += weight * tile[first + tap, at]


@compiled
def _resample(
    line: NDArray[np.float32], start: NDArray[np.uint64], weights: NDArray[np.float32], out: NDArray[np.uint8]
) -> None:
    for column in range(start.size):
        at = start[column]
        red = green = blue = np.float32(0.5)  # the half makes the conversion to integers round
        for tap in range(weights.shape[1]):
            weight = weights[column, tap]
            red += weight * line[at]
            green += weight * line[at + np.uint64(1)]
            blue += weight * line[at + np.uint64(2)]
            at += np.uint64(3)
        out[3 * column] = np.uint8(red)
        out[3 * column + 1] = np.uint8(green)
        out[3 * column + 2] = np.uint8(blue)


@compiled
def _dim(pixels: NDArray[np.uint8], ground: NDArray[np.int32], fade: NDArray[np.int32]) -> None:
    for at in range(0, pixels.size, 3):
        # Luma of BT.601 in 256ths.
        grey = (77 * pixels[at] + 150 * pixels[at + 1] + 29 * pixels[at + 2]) >> 8
        for channel in range(3):
            kept = (grey << 8) + (pixels[at + channel] - grey) * fade[1]
            pixels[at + channel] = np.uint8(((kept << 8) + ((ground[channel] << 8) - kept) * fade[0] + (1 << 15)) >> 16)


@compiled
def _compose(
    frame: NDArray[np.uint8],
    x: int,
    begin: int,
    end: int,
    pixels: NDArray[np.uint8],
    shape: NDArray[np.int32],
    line: NDArray[np.int32],
    border: NDArray[np.int32],
) -> None:
    for column in range(begin, end):
        cover, edge = shape[column], line[column]
        if cover == 256 and edge == 0:  # nearly all pixels of a picture
            for channel in range(3):
                frame[3 * (x + column) + channel] = pixels[3 * column + channel]
            continue
        for channel in range(3):
            below = frame[3 * (x + column) + channel]
            color = pixels[3 * column + channel] * (cover - edge) + border[channel] * edge + below * (256 - cover)
            frame[3 * (x + column) + channel] = np.uint8((color + 128) >> 8)
