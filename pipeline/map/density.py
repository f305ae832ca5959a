"""Paint the density of images as a soft tint under the pictures, because the grid shows one image of each cell.

Datashader counts the points in bins that are anchored in the layout, like the pictures' cells. The tint depends on the
points in a bin, not on the greatest count in the view, so panning changes no colour.

Importing datashader and compiling its counting takes over a second, so `warm_up` is meant for a background thread.
Frames have no tint until it has finished.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import numpy as np

from pipeline.compilation import compiled, let_import
from pipeline.map.collage import Color
from pipeline.map.level_of_detail import Bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_OPACITY", "count_points", "density_opacity", "is_warm", "mean_colors", "paint_density", "warm_up"]

MAX_OPACITY = 0.35
"""Greatest opacity of the tint. It is low because the pictures matter more."""

HALF_WEIGHT = 1.5  # log(1 + images) at half strength, reached by three or four images behind one picture

_warm = threading.Event()


def is_warm() -> bool:
    """Return whether `warm_up` has finished, so that `count_points` is fast."""
    return _warm.is_set()


def warm_up() -> None:
    """Import datashader and compile the functions of this module. Takes about a second in a new process, once."""
    let_import("datashader")
    nowhere = np.zeros(2, dtype=np.float32)
    bounds, bins = (-1.0, -1.0, 1.0, 1.0), (4, 4)
    opacity = density_opacity(count_points(nowhere, nowhere, bounds, bins), 1)
    colors = mean_colors(nowhere, nowhere, np.zeros((2, 3), dtype=np.uint8), bounds, bins, ground=(0, 0, 0))
    frame = np.zeros((4, 4, 3), dtype=np.uint8)
    paint_density(frame, opacity, colors, left=0.0, top=0.0, bin_width=1.0, bin_height=1.0)
    _warm.set()


def count_points(
    x: NDArray[np.float32], y: NDArray[np.float32], bounds: Bounds, bins: tuple[int, int]
) -> NDArray[np.float32]:
    """Count points in equal bins.

    Parameters
    ----------
    x, y
        float32 (m,), layout units.
    bounds
        Rectangle that the bins fill. Points outside are not counted.
    bins
        Number of bins across and up.

    Returns
    -------
    ndarray
        float32 (up, across), first line at the bottom.
    """
    import datashader
    import pandas as pd

    x0, y0, x1, y1 = (float(edge) for edge in bounds)  # integers would cause a second compilation
    canvas = datashader.Canvas(bins[0], bins[1], x_range=(x0, x1), y_range=(y0, y1))
    counted = canvas.points(pd.DataFrame({"x": x, "y": y}, copy=False), "x", "y", datashader.count())
    return np.asarray(counted.values, dtype=np.float32)


def mean_colors(
    x: NDArray[np.float32],
    y: NDArray[np.float32],
    rgb: NDArray[np.uint8],
    bounds: Bounds,
    bins: tuple[int, int],
    *,
    ground: Color,
) -> NDArray[np.float32]:
    """Average the colours of the points in and around each bin.

    Parameters
    ----------
    x, y
        float32 (m,), layout units.
    rgb
        uint8 (m, 3). Colour of each point.
    bounds, bins
        As for `count_points`.
    ground
        Colour of bins that are far from any point.

    Returns
    -------
    ndarray
        float32 (up, across, 3), first line at the bottom.
    """
    import datashader
    import pandas as pd

    x0, y0, x1, y1 = (float(edge) for edge in bounds)
    canvas = datashader.Canvas(bins[0], bins[1], x_range=(x0, x1), y_range=(y0, y1))
    wide = np.ascontiguousarray(rgb.T, dtype=np.float32)
    points = pd.DataFrame({"x": x, "y": y, "red": wide[0], "green": wide[1], "blue": wide[2]}, copy=False)
    wanted = {"points": datashader.count()} | {name: datashader.sum(name) for name in ("red", "green", "blue")}
    found = canvas.points(points, "x", "y", datashader.summary(**wanted))
    # The colours are blurred like the counts, else a bin without points, reached by the blur, would have no colour.
    count, *sums = (
        _soft(np.nan_to_num(np.asarray(found[name].values, dtype=np.float32)))
        for name in ("points", "red", "green", "blue")
    )
    colors = np.empty((*count.shape, 3), dtype=np.float32)
    for channel, total in enumerate(sums):
        colors[..., channel] = np.where(count > 0, total / np.maximum(count, np.float32(1e-9)), ground[channel])
    return colors


def density_opacity(counts: NDArray[np.float32], bins_per_cell: int) -> NDArray[np.float32]:
    """Turn counts into a soft opacity.

    Parameters
    ----------
    counts
        float32 (up, across), points in each bin.
    bins_per_cell
        Bins along the side of one picture's cell, because the tint measures the images behind one picture.

    Returns
    -------
    ndarray
        float32 (up, across), 0 to `MAX_OPACITY`. Grows with the logarithm of the number of images behind one picture.
    """
    counts = _soft(counts)
    weight = np.log1p(counts * np.float32(bins_per_cell**2))
    return np.ascontiguousarray(MAX_OPACITY * weight / (weight + HALF_WEIGHT), dtype=np.float32)


def paint_density(
    frame: NDArray[np.uint8],
    opacity: NDArray[np.float32],
    colors: NDArray[np.float32],
    *,
    left: float,
    top: float,
    bin_width: float,
    bin_height: float,
) -> None:
    """Tint a frame in place. The tint is interpolated between the centres of the bins.

    Parameters
    ----------
    frame
        uint8 (height, width, 3), C-contiguous, y down.
    opacity
        float32 (down, across), first line at the top.
    colors
        float32 (down, across, 3), or (3,) for one colour everywhere.
    left, top
        Corner of the first bin in the frame, pixels.
    bin_width, bin_height
        Size of a bin in pixels.
    """
    column, right_share = _between(frame.shape[1], left, bin_width, opacity.shape[1])
    line, lower_share = _between(frame.shape[0], top, bin_height, opacity.shape[0])
    following = np.minimum(column + 1, opacity.shape[1] - 1)
    # Interpolate colour times opacity, so that a transparent bin does not change the colour of its neighbours.
    layers = np.concatenate([opacity[..., None], opacity[..., None] * colors], axis=2, dtype=np.float32)
    start = layers[:, column]
    across = start + (layers[:, following] - start) * right_share[:, None]
    cover = across[..., 0].repeat(3, axis=1)
    tint = np.ascontiguousarray(across[..., 1:]).reshape(len(across), -1)
    _paint(frame.reshape(frame.shape[0], -1), cover, tint, line, lower_share)


def _soft(values: NDArray[np.float32]) -> NDArray[np.float32]:
    for _ in range(2):
        values = _blur(_blur(values).T).T
    return values


def _blur(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average neighbouring columns with the binomial weights 1 4 6 4 1. Values outside count as 0."""
    padded = np.pad(values, ((0, 0), (2, 2)))
    width = values.shape[1]
    total = np.zeros_like(values)
    for shift, weight in enumerate((1, 4, 6, 4, 1)):
        total += np.float32(weight / 16) * padded[:, shift : shift + width]
    return total


def _between(pixels: int, start: float, step: float, bins: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return for each pixel the last bin centred before it and the share of the next bin. End bins extend outwards."""
    place = np.clip((np.arange(pixels) + 0.5 - start) / step - 0.5, 0.0, math.nextafter(bins - 1.0, 0.0))
    before = np.floor(place).astype(np.int64)
    return before, (place - before).astype(np.float32)


@compiled
def _paint(
    frame: NDArray[np.uint8],
    opacity: NDArray[np.float32],
    tint: NDArray[np.float32],
    line: NDArray[np.int64],
    lower_share: NDArray[np.float32],
) -> None:
    half, one = np.float32(0.5), np.float32(1)
    for y in range(frame.shape[0]):
        first, second = line[y], min(line[y] + 1, opacity.shape[0] - 1)
        lower, upper = lower_share[y], one - lower_share[y]
        row = frame[y]
        for at in range(row.size):
            cover = opacity[first, at] * upper + opacity[second, at] * lower
            color = tint[first, at] * upper + tint[second, at] * lower
            row[at] = np.uint8(np.float32(row[at]) * (one - cover) + color + half)
