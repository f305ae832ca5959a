"""A frame shows each representative in its place, whatever the view, and can be sent as a small file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ParameterError
from pipeline.map import density
from pipeline.map.coloring import color_by_category, color_by_side, color_by_value
from pipeline.map.filters import PassingSet
from pipeline.map.frame import MAX_PICTURES, TILE_SIZES, compose_frame
from pipeline.map.frame_view import DARK, LIGHT, PICTURE_SIZES, FrameStyle, FrameView
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.level_of_detail import row_at
from pipeline.map.regions import codes_of
from pipeline.map.tile_cache import TileCache
from pipeline.statistics.random_numbers import chance
from tests.helpers.map_cells import rows_in_cell

N = 600


def color_of(rows):
    """A colour for each row that no other row has."""
    return np.stack([rows % 16 * 16, rows // 16 % 16 * 16, 128 + rows // 256 * 32], axis=-1).astype(np.uint8)


def flat_tiles(rows, size):
    return np.broadcast_to(color_of(rows)[:, None, None], (rows.size, size, size, 3))


@pytest.fixture(scope="module")
def index():
    rng = np.random.default_rng(0)
    return LayoutIndex.build(rng.uniform(-1, 1, (N, 2)).astype(np.float32), chance(np.arange(N), 0))


@pytest.fixture(scope="module")
def cache_for():
    return {size: TileCache(flat_tiles, size, 64) for size in TILE_SIZES}.__getitem__


@pytest.fixture(scope="module")
def half():
    return PassingSet.of(np.random.default_rng(1).random(N) < 0.5)


VIEW = FrameView(-0.6, -0.4, 0.6, 0.4, 600, 400)
EVERYONE = PassingSet.everything(N)
PLAIN = FrameStyle(density=False, counts=False)
PLAIN_LIGHT = FrameStyle(palette=LIGHT, density=False, counts=False)
TINTED = FrameStyle(counts=False)


@pytest.mark.parametrize(
    "view", [VIEW, FrameView(-0.37, -0.21, 0.13, 0.29, 300, 300), FrameView(-9, -9, 9, 9, 200, 200)]
)
def test_every_picture_lies_in_its_cell_and_picking_finds_it(index, cache_for, half, view):
    frame = compose_frame(index, half, cache_for, view, PLAIN)
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
    nobody = PassingSet.of(np.zeros(N, dtype=bool))
    shown = [compose_frame(index, passing, cache_for, VIEW, PLAIN) for passing in (EVERYONE, nobody)]
    assert np.array_equal(shown[0].representatives.rows, shown[1].representatives.rows)
    away = [np.abs(frame.rgb.astype(int) - DARK.ground).sum() for frame in shown]
    assert 0 < away[1] < 0.3 * away[0]


def test_panning_by_whole_pixels_moves_the_pictures_and_changes_nothing_else(index, cache_for, half):
    step = VIEW.scale[0]
    moved = FrameView(VIEW.x0 + 37 / step, VIEW.y0 - 12 / step, VIEW.x1 + 37 / step, VIEW.y1 - 12 / step, 600, 400)
    before, after = (compose_frame(index, half, cache_for, view, PLAIN_LIGHT).rgb for view in (VIEW, moved))
    assert np.array_equal(before[12:, 37:], after[:-12, :-37])


def test_panning_by_a_fraction_of_a_pixel_changes_no_gap(index, cache_for, half):
    places = []
    for pixels in np.linspace(0, 1, 7):
        shift = pixels / VIEW.scale[0]
        view = FrameView(VIEW.x0 + shift, VIEW.y0 + shift, VIEW.x1 + shift, VIEW.y1 + shift, 600, 400)
        frame = compose_frame(index, half, cache_for, view, PLAIN)
        shown = dict(zip(frame.representatives.rows.tolist(), zip(frame.left, frame.top, strict=True), strict=True))
        places.append({row: np.subtract(place, next(iter(shown.values()))).tolist() for row, place in shown.items()})
    assert all(other == places[0] for other in places)


def test_gaps_differ_by_one_pixel_at_most(index, cache_for):
    for zoom in np.linspace(1, 2, 9):
        view = FrameView(-0.6 / zoom, -0.4 / zoom, 0.6 / zoom, 0.4 / zoom, 601, 401)
        frame = compose_frame(index, EVERYONE, cache_for, view, PLAIN)
        for places in (frame.left, frame.top):
            steps = np.diff(np.unique(places)) / round(frame.cell_px)
            gaps = np.diff(np.unique(places)) - frame.picture_px
            assert set(gaps[steps < 1.5]) <= {min(gaps), min(gaps) + 1}
            assert min(gaps) >= 1


def test_pictures_keep_their_size_for_the_eye_on_fine_screens(index, cache_for):
    fine = FrameView(VIEW.x0, VIEW.y0, VIEW.x1, VIEW.y1, 1200, 800, pixel_ratio=2.0)
    one, two = (compose_frame(index, EVERYONE, cache_for, view, PLAIN) for view in (VIEW, fine))
    assert np.array_equal(one.representatives.rows, two.representatives.rows)
    assert two.cell_px == pytest.approx(2 * one.cell_px)


@pytest.mark.parametrize("zoom", [1, 3, 10, 1000])
def test_thumbnails_are_the_smallest_that_need_no_enlarging(index, cache_for, zoom):
    place = index.x[0], index.y[0]
    view = FrameView(
        place[0] - 0.6 / zoom, place[1] - 0.4 / zoom, place[0] + 0.6 / zoom, place[1] + 0.4 / zoom, 600, 400
    )
    frame = compose_frame(index, EVERYONE, cache_for, view, PLAIN)
    assert frame.level <= index.max_level
    assert frame.picture_px <= 2 * TILE_SIZES[-1]
    assert frame.tile_px >= min(frame.picture_px, TILE_SIZES[-1])
    assert frame.tile_px == TILE_SIZES[0] or frame.picture_px > frame.tile_px // 2


def test_a_view_without_images_is_paper(index, cache_for):
    frame = compose_frame(index, EVERYONE, cache_for, FrameView(5, 5, 6, 6, 30, 20), PLAIN_LIGHT)
    assert (frame.rgb == LIGHT.ground).all()


def test_the_same_frame_comes_out_every_time(index, cache_for, half):
    density.warm_up()
    first, second = (compose_frame(index, half, cache_for, VIEW, FrameStyle()).rgb for _ in range(2))
    assert np.array_equal(first, second)


def test_density_tints_the_ground_near_passing_images_alone(index, cache_for):
    density.warm_up()
    passing = PassingSet.of(np.arange(N) == index.order[0])
    x, y = float(index.x[0]), float(index.y[0])
    view = FrameView(x - 0.6, y - 0.2, x + 0.6, y + 0.6, 600, 400)
    plain, tinted = (
        compose_frame(index, passing, cache_for, view, FrameStyle(density=wanted, counts=False, excluded=False))
        for wanted in (False, True)
    )
    assert (plain.has_density, tinted.has_density) == (False, True)
    changed = np.argwhere((plain.rgb != tinted.rgb).any(axis=2))
    assert len(changed)
    assert np.abs(changed - [300, 300]).max() < 2 * tinted.cell_px
    assert np.abs(plain.rgb.astype(int) - tinted.rgb).max() < 0.35 * 170


def test_a_frame_does_without_density_until_it_is_warm(index, cache_for, monkeypatch):
    monkeypatch.setattr(density, "_warm", type(density._warm)())
    assert not compose_frame(index, EVERYONE, cache_for, VIEW, TINTED).has_density


def test_a_thinned_density_looks_like_the_whole(monkeypatch):
    density.warm_up()
    rng = np.random.default_rng(2)
    layout = rng.normal(0, 0.3, (40_000, 2)).clip(-1.2, 1.2).astype(np.float32)
    many = LayoutIndex.build(layout, chance(np.arange(40_000), 0))
    everyone, cache = PassingSet.everything(40_000), {s: TileCache(flat_tiles, s, 64) for s in TILE_SIZES}.__getitem__
    plain = compose_frame(many, everyone, cache, VIEW, PLAIN).rgb
    whole = compose_frame(many, everyone, cache, VIEW, TINTED).rgb.astype(int)
    monkeypatch.setattr("pipeline.map.frame.DENSITY_POINTS", 5000)
    thinned = compose_frame(many, everyone, cache, VIEW, TINTED).rgb.astype(int)
    tinted = (whole != plain).any(axis=2)
    assert np.abs(whole - thinned).max() > 0
    assert abs((whole - thinned)[tinted].mean()) < 0.3


def test_images_that_do_not_pass_can_be_left_out(index, cache_for, half):
    frame = compose_frame(index, half, cache_for, VIEW, FrameStyle(excluded=False, density=False))
    assert frame.representatives.rows.size
    assert half.holds(frame.representatives.rows).all()
    nobody = PassingSet.of(np.zeros(N, dtype=bool))
    empty = compose_frame(index, nobody, cache_for, VIEW, FrameStyle(excluded=False))
    assert (empty.rgb == DARK.ground).all()


@pytest.mark.parametrize("side", [200, 2000, 7680])
@pytest.mark.parametrize("cell_px", PICTURE_SIZES.values())
def test_no_window_is_so_large_that_pictures_are_too_many(side, cell_px):
    rng = np.random.default_rng(3)
    many = LayoutIndex.build(rng.uniform(-1, 1, (200_000, 2)).astype(np.float32), chance(np.arange(200_000), 0))
    view, cache = FrameView(-1, -1, 1, 1, side, side), TileCache(flat_tiles, 32, 64)
    style = FrameStyle(cell_px=cell_px, density=False, counts=False)
    frame = compose_frame(many, PassingSet.everything(200_000), lambda _: cache, view, style)
    assert 1 <= frame.representatives.rows.size <= MAX_PICTURES + 4 * int(MAX_PICTURES**0.5)  # cells across the edge


def edge_of(frame, picture):
    return frame.rgb[frame.top[picture] + 1, frame.left[picture] + frame.picture_px // 2].tolist()


def inner_pictures(frame):
    height, width = frame.rgb.shape[:2]
    low, right, bottom = 0, width - frame.picture_px, height - frame.picture_px
    return [
        place
        for place, (x, y) in enumerate(zip(frame.left, frame.top, strict=True))
        if low <= x < right and low <= y < bottom
    ]


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_frames_of_pictures_have_the_colour_of_their_class(index, cache_for, palette):
    codes = np.arange(N) % 3 - 1
    coloring = color_by_category(codes, ["one", "two"], "parity")
    style = FrameStyle(palette=palette, density=False, counts=False)
    frame = compose_frame(index, EVERYONE, cache_for, VIEW, style, coloring=coloring)
    table = coloring.colors(dark=palette.dark)
    seen = set()
    for picture in inner_pictures(frame):
        row = frame.representatives.rows[picture]
        assert edge_of(frame, picture) == table[coloring.classes[row]].tolist()
        seen.add(int(codes[row]))
    assert seen == {-1, 0, 1}


def test_the_tint_takes_the_colours_of_the_images_under_it(index, cache_for):
    density.warm_up()
    values = np.where(index.x[np.argsort(index.order)] < 0, 0.0, 1.0).astype(np.float32)
    coloring = color_by_side(values, 0.5, "half")
    frame = compose_frame(index, EVERYONE, cache_for, VIEW, TINTED, coloring=coloring)
    plain = compose_frame(index, EVERYONE, cache_for, VIEW, PLAIN, coloring=coloring)
    below, above = coloring.colors(dark=True)[:2].astype(int)
    changed = frame.rgb.astype(int) - plain.rgb
    for half_of_frame, color in ((changed[:, :250], below), (changed[:, 350:], above)):
        tint = half_of_frame.reshape(-1, 3).sum(axis=0)
        assert np.argmax(tint) == np.argmax(color - np.array(DARK.ground))


def test_a_picture_tells_how_many_images_stand_behind_it(index, cache_for, half):
    style = FrameStyle(density=False, counts=True)
    bare, counted = (compose_frame(index, half, cache_for, VIEW, look) for look in (PLAIN, style))
    changed = (bare.rgb != counted.rgb).any(axis=2)
    for picture in inner_pictures(bare):
        x, y, side = bare.left[picture], bare.top[picture], bare.picture_px
        area = changed[y : y + side, x : x + side]
        assert area.any() == (bare.representatives.count_passing[picture] > 1)
        assert not area[: side // 2, : side // 4].any(), "the number stands in the lower right corner"


def test_a_scale_colours_by_value_in_every_frame_alike(index, cache_for):
    coloring = color_by_value(np.linspace(0, 1, N), "score", low=0, high=1)
    wide, near = (
        compose_frame(index, EVERYONE, cache_for, view, PLAIN, coloring=coloring)
        for view in (VIEW, FrameView(-0.3, -0.2, 0.3, 0.2, 600, 400))
    )
    colors = [
        {int(frame.representatives.rows[picture]): edge_of(frame, picture) for picture in inner_pictures(frame)}
        for frame in (wide, near)
    ]
    common = colors[0].keys() & colors[1].keys()
    assert common
    assert all(colors[0][row] == colors[1][row] for row in common)


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_the_ground_is_neither_black_nor_white(palette):
    assert 8 < min(palette.ground) <= max(palette.ground) < 250


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


@pytest.mark.slow
def test_warming_up_leaves_nothing_to_compile():
    program = """
import numpy as np
from pipeline.map import collage, coloring, count_badges, density, filters, frame, frame_view, quadtree
from pipeline.map.layout_index import LayoutIndex
from pipeline.map.priorities import chance
from pipeline.map.regions import codes_of
from pipeline.map.tile_cache import TileCache

def compiled():
    walks = [quadtree.morton_codes, quadtree.choose, quadtree.spans, quadtree.gather]
    drawing = [collage._blit, count_badges._draw, density._paint]
    return [len(kernel.signatures) for kernel in [*walks, *drawing, filters._histogram]]

frame.warm_up()
density.warm_up()
before = compiled()
points = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float32)
index = LayoutIndex.build(points, chance(np.arange(50), 0))
black = lambda rows, size: np.zeros((rows.size, size, size, 3), np.uint8)
caches = {size: TileCache(black, size, 9) for size in frame.TILE_SIZES}
for mask in (np.arange(50) % 2 > 0, np.ones(50, bool)):
    frame.compose_frame(
        index,
        filters.PassingSet.of(mask),
        caches.__getitem__,
        frame_view.FrameView(-1, -1, 0, 1, 100, 200),
        frame_view.FrameStyle(),
        coloring=coloring.color_by_side(np.zeros(50, np.float32), 0.5, ""),
    )
filters.score_histogram(points[:, 0].copy())
print(min(before), compiled() == before)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=Path(density.__file__).parents[2], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True"]


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=["dark", "light"])
def test_cells_that_hold_selected_images_that_pass_are_framed_and_no_others(index, cache_for, half, palette):
    chosen = np.zeros(N, dtype=bool)
    chosen[::7] = True
    codes = codes_of(index, half, PassingSet.of(chosen))
    style = FrameStyle(palette=palette, density=False, counts=False)
    frame = compose_frame(index, half, cache_for, VIEW, style, selected=codes)
    shown, middle = frame.representatives, frame.picture_px // 2
    marked = 0
    for cell_x, cell_y, left, top in zip(shown.cell_x, shown.cell_y, frame.left, frame.top, strict=True):
        if not (0 <= left < VIEW.width and 0 <= top + middle < VIEW.height):
            continue
        members = rows_in_cell(index, int(cell_x), int(cell_y), frame.level)
        expected = bool((chosen[members] & half.holds(members)).any())
        assert (frame.rgb[top + middle, left].tolist() == list(palette.selected)) is expected
        marked += expected
    assert marked > 5


def test_a_selection_changes_the_frames_of_its_pictures_alone(index, cache_for):
    plain = compose_frame(index, EVERYONE, cache_for, VIEW, PLAIN)
    one = PassingSet.of(np.arange(N) == plain.representatives.rows[len(plain.left) // 2])
    marked = compose_frame(index, EVERYONE, cache_for, VIEW, PLAIN, selected=codes_of(index, EVERYONE, one))
    changed = np.argwhere((plain.rgb != marked.rgb).any(axis=2))
    assert changed.size
    assert np.ptp(changed, axis=0).max() < plain.picture_px
    nothing = compose_frame(index, EVERYONE, cache_for, VIEW, PLAIN, selected=np.empty(0, np.uint64))
    assert np.array_equal(nothing.rgb, plain.rgb)
