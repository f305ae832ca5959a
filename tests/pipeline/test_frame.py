"""A frame shows each representative in its place, whatever the view, and can be sent as a small file."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline import density
from pipeline.errors import ParameterError
from pipeline.frame import DARK, LIGHT, TILE_SIZES, FrameView, compose_frame, encode_frame
from pipeline.level_of_detail import LayoutIndex, default_priority, row_at
from pipeline.tile_cache import TileCache

N = 600


def color_of(rows):
    """A colour for each row that no other row has."""
    return np.stack([rows % 16 * 16, rows // 16 % 16 * 16, 128 + rows // 256 * 32], axis=-1).astype(np.uint8)


def flat_tiles(rows, size):
    return np.broadcast_to(color_of(rows)[:, None, None], (rows.size, size, size, 3))


@pytest.fixture(scope="module")
def index():
    rng = np.random.default_rng(0)
    return LayoutIndex.build(rng.uniform(-1, 1, (N, 2)).astype(np.float32), default_priority(np.arange(N), 0))


@pytest.fixture(scope="module")
def cache_for():
    return {size: TileCache(flat_tiles, size, 64) for size in TILE_SIZES}.__getitem__


@pytest.fixture(scope="module")
def half():
    return np.random.default_rng(1).random(N) < 0.5


VIEW = FrameView(-0.6, -0.4, 0.6, 0.4, 600, 400)
EVERYONE = np.ones(N, dtype=bool)


@pytest.mark.parametrize(
    "view", [VIEW, FrameView(-0.37, -0.21, 0.13, 0.29, 300, 300), FrameView(-9, -9, 9, 9, 200, 200)]
)
def test_every_picture_lies_in_its_cell_and_picking_finds_it(index, cache_for, half, view):
    frame = compose_frame(index, half, cache_for, view, DARK, density=False)
    assert frame.representatives.rows.size
    scale_x, scale_y = view.scale
    for row, left, top, passing in zip(
        frame.representatives.rows, frame.left, frame.top, frame.representatives.count_passing, strict=True
    ):
        middle = np.array([left, top]) + frame.picture_px / 2
        x, y = view.x0 + middle[0] / scale_x, view.y1 - middle[1] / scale_y
        assert row_at(index, half, x, y, frame.level) == row
        cell = index.cell_side(frame.level)
        centre = (np.floor((x + 1.25) / cell) + 0.5) * cell - 1.25, (np.floor((y + 1.25) / cell) + 0.5) * cell - 1.25
        assert abs(x - centre[0]) * scale_x <= 1.01  # whole pixels cost half a pixel for the grid, half for the view
        assert abs(y - centre[1]) * scale_y <= 1.01
        inside = 0 <= middle[0] < view.width and 0 <= middle[1] < view.height
        if inside and passing and frame.picture_px > 4:
            assert frame.rgb[int(middle[1]), int(middle[0])].tolist() == color_of(row).tolist()


def test_excluded_pictures_are_dimmed_not_gone(index, cache_for):
    nobody = np.zeros(N, dtype=bool)
    shown = [compose_frame(index, mask, cache_for, VIEW, DARK, density=False) for mask in (EVERYONE, nobody)]
    assert np.array_equal(shown[0].representatives.rows, shown[1].representatives.rows)
    away = [np.abs(frame.rgb.astype(int) - DARK.ground).sum() for frame in shown]
    assert 0 < away[1] < 0.3 * away[0]


def test_panning_by_whole_pixels_moves_the_pictures_and_changes_nothing_else(index, cache_for, half):
    step = VIEW.scale[0]
    moved = FrameView(VIEW.x0 + 37 / step, VIEW.y0 - 12 / step, VIEW.x1 + 37 / step, VIEW.y1 - 12 / step, 600, 400)
    before, after = (compose_frame(index, half, cache_for, view, LIGHT, density=False).rgb for view in (VIEW, moved))
    assert np.array_equal(before[12:, 37:], after[:-12, :-37])


def test_panning_by_a_fraction_of_a_pixel_changes_no_gap(index, cache_for, half):
    places = []
    for pixels in np.linspace(0, 1, 7):
        shift = pixels / VIEW.scale[0]
        view = FrameView(VIEW.x0 + shift, VIEW.y0 + shift, VIEW.x1 + shift, VIEW.y1 + shift, 600, 400)
        frame = compose_frame(index, half, cache_for, view, DARK, density=False)
        shown = dict(zip(frame.representatives.rows.tolist(), zip(frame.left, frame.top, strict=True), strict=True))
        places.append({row: np.subtract(place, next(iter(shown.values()))).tolist() for row, place in shown.items()})
    assert all(other == places[0] for other in places)


def test_gaps_differ_by_one_pixel_at_most(index, cache_for):
    for zoom in np.linspace(1, 2, 9):
        view = FrameView(-0.6 / zoom, -0.4 / zoom, 0.6 / zoom, 0.4 / zoom, 601, 401)
        frame = compose_frame(index, EVERYONE, cache_for, view, DARK, density=False)
        for places in (frame.left, frame.top):
            steps = np.diff(np.unique(places)) / round(frame.cell_px)
            gaps = np.diff(np.unique(places)) - frame.picture_px
            assert set(gaps[steps < 1.5]) <= {min(gaps), min(gaps) + 1}
            assert min(gaps) >= 1


def test_pictures_keep_their_size_for_the_eye_on_fine_screens(index, cache_for):
    fine = FrameView(VIEW.x0, VIEW.y0, VIEW.x1, VIEW.y1, 1200, 800, pixel_ratio=2.0)
    one, two = (compose_frame(index, EVERYONE, cache_for, view, DARK, density=False) for view in (VIEW, fine))
    assert np.array_equal(one.representatives.rows, two.representatives.rows)
    assert two.cell_px == pytest.approx(2 * one.cell_px)


@pytest.mark.parametrize("zoom", [1, 3, 10, 1000])
def test_thumbnails_are_the_smallest_that_need_no_enlarging(index, cache_for, zoom):
    place = index.x[0], index.y[0]
    view = FrameView(
        place[0] - 0.6 / zoom, place[1] - 0.4 / zoom, place[0] + 0.6 / zoom, place[1] + 0.4 / zoom, 600, 400
    )
    frame = compose_frame(index, EVERYONE, cache_for, view, DARK, density=False)
    assert frame.level <= index.max_level
    assert frame.picture_px <= 2 * TILE_SIZES[-1]
    assert frame.tile_px >= min(frame.picture_px, TILE_SIZES[-1])
    assert frame.tile_px == TILE_SIZES[0] or frame.picture_px > frame.tile_px // 2


def test_a_view_without_images_is_paper(index, cache_for):
    frame = compose_frame(index, EVERYONE, cache_for, FrameView(5, 5, 6, 6, 30, 20), LIGHT, density=False)
    assert (frame.rgb == LIGHT.ground).all()


def test_the_same_frame_comes_out_every_time(index, cache_for, half):
    density.warm_up()
    first, second = (compose_frame(index, half, cache_for, VIEW, DARK).rgb for _ in range(2))
    assert np.array_equal(first, second)


def test_density_tints_the_ground_near_passing_images_alone(index, cache_for):
    density.warm_up()
    mask = EVERYONE & (np.arange(N) == index.order[0])
    x, y = float(index.x[0]), float(index.y[0])
    view = FrameView(x - 0.6, y - 0.2, x + 0.6, y + 0.6, 600, 400)
    plain, tinted = (compose_frame(index, mask, cache_for, view, DARK, density=wanted) for wanted in (False, True))
    assert (plain.has_density, tinted.has_density) == (False, True)
    changed = np.argwhere((plain.rgb != tinted.rgb).any(axis=2))
    assert len(changed)
    assert np.abs(changed - [300, 300]).max() < 2 * tinted.cell_px
    assert np.abs(plain.rgb.astype(int) - tinted.rgb).max() < 0.35 * 170


def test_a_frame_does_without_density_until_it_is_warm(index, cache_for, monkeypatch):
    monkeypatch.setattr(density, "_warm", type(density._warm)())
    assert not compose_frame(index, EVERYONE, cache_for, VIEW, DARK).has_density


def test_a_thinned_density_looks_like_the_whole(monkeypatch):
    density.warm_up()
    rng = np.random.default_rng(2)
    layout = rng.normal(0, 0.3, (40_000, 2)).clip(-1.2, 1.2).astype(np.float32)
    many = LayoutIndex.build(layout, default_priority(np.arange(40_000), 0))
    everyone, cache = np.ones(40_000, dtype=bool), {s: TileCache(flat_tiles, s, 64) for s in TILE_SIZES}.__getitem__
    plain = compose_frame(many, everyone, cache, VIEW, DARK, density=False).rgb
    whole = compose_frame(many, everyone, cache, VIEW, DARK).rgb.astype(int)
    monkeypatch.setattr("pipeline.frame.DENSITY_POINTS", 5000)
    thinned = compose_frame(many, everyone, cache, VIEW, DARK).rgb.astype(int)
    tinted = (whole != plain).any(axis=2)
    assert np.abs(whole - thinned).max() > 0
    assert abs((whole - thinned)[tinted].mean()) < 0.3


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_the_ground_is_neither_black_nor_white(palette):
    assert 8 < min(palette.ground) <= max(palette.ground) < 250


def test_an_encoded_frame_is_a_jpeg_of_the_same_picture(index, cache_for):
    rgb = compose_frame(index, EVERYONE, cache_for, VIEW, DARK, density=False).rgb
    with Image.open(io.BytesIO(encode_frame(rgb))) as image:
        assert (image.format, image.size) == ("JPEG", (600, 400))
        assert np.abs(np.asarray(image).astype(int) - rgb).mean() < 4
    assert len(encode_frame(rgb, 40)) < len(encode_frame(rgb, 90))


@pytest.mark.parametrize(
    "arguments",
    [
        (0, 0, 0, 1, 10, 10),
        (1, 0, 0, 1, 10, 10),
        (0, 0, np.nan, 1, 10, 10),
        (0, 0, 1, 1, 10, 0),
        (0, 0, 1, 1, 10**5, 10),
    ],
)
def test_a_view_of_nothing_is_refused(arguments):
    with pytest.raises(ParameterError):
        FrameView(*arguments)


def test_warming_up_leaves_nothing_to_compile():
    program = """
import numpy as np
from pipeline import collage, density, filters, frame, quadtree
from pipeline.level_of_detail import LayoutIndex, default_priority
from pipeline.tile_cache import TileCache

def compiled():
    kernels = [quadtree.morton_codes, quadtree.choose, quadtree.spans, quadtree.gather, collage._blit]
    return [len(kernel.signatures) for kernel in [*kernels, density._paint, filters._histogram]]

frame.warm_up()
density.warm_up()
before = compiled()
points = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float32)
index = LayoutIndex.build(points, default_priority(np.arange(50), 0))
black = lambda rows, size: np.zeros((rows.size, size, size, 3), np.uint8)
caches = {size: TileCache(black, size, 9) for size in frame.TILE_SIZES}
for mask in (np.arange(50) % 2 > 0, np.ones(50, bool)):
    frame.compose_frame(index, mask, caches.__getitem__, frame.FrameView(-1, -1, 0, 1, 100, 200), frame.LIGHT)
filters.score_histogram(points[:, 0].copy())
print(min(before), compiled() == before)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=Path(density.__file__).parents[1], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True"]
