"""Pictures keep their colours, have clean round corners, and stay inside the frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.map.collage import PictureStyle, blit_pictures, resampling_table, rounded_stencil
from pipeline.map.frame import warm_up

GROUND = (20, 22, 26)
STYLE = PictureStyle(ground=GROUND, border=(58, 63, 73), radius=3.0)
PLAIN = PictureStyle(ground=GROUND, border=(0, 0, 0), border_width=0.0, radius=0.0)


@pytest.fixture(scope="module", autouse=True)
def compiled_kernels():
    """Compile beforehand, so that no example of hypothesis is taken for a slow one."""
    warm_up()


def paper(height=40, width=60):
    return np.full((height, width, 3), GROUND, dtype=np.uint8)


def draw(tile, size, *, at=(5, 5), dimmed=False, style=PLAIN, frame=None):
    frame = paper() if frame is None else frame
    blit_pictures(
        frame,
        tile[None],
        np.zeros(1, dtype=np.int32),
        left=np.array([at[0]], dtype=np.int32),
        top=np.array([at[1]], dtype=np.int32),
        size=size,
        dimmed=np.array([dimmed]),
        style=style,
    )
    return frame


def soft_tile(side, seed=0):
    small = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return np.asarray(small.resize((side, side), Image.Resampling.BICUBIC))


@given(st.integers(1, 300), st.integers(1, 300))
def test_every_line_of_the_table_is_an_average_of_pixels_that_exist(source, target):
    first, weights = resampling_table(source, target)
    assert (weights.sum(axis=1) == 256).all()
    assert (weights >= 0).all()
    assert first.min() >= 0
    assert (first + weights.shape[1]).max() <= source


def test_at_its_own_size_a_picture_is_drawn_pixel_for_pixel():
    tile = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    assert np.array_equal(draw(tile, 32)[5:37, 5:37], tile)


@pytest.mark.parametrize("size", [17, 24, 31, 32])
def test_reducing_agrees_with_pillow(size):
    tile = soft_tile(32)
    ours = draw(tile, size)[5 : 5 + size, 5 : 5 + size].astype(int)
    pillow = np.asarray(Image.fromarray(tile).resize((size, size), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(ours - pillow).max() <= 3


def test_enlarging_agrees_with_pillow():
    tile = soft_tile(16)
    pillow = np.asarray(Image.fromarray(tile).resize((29, 29), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(draw(tile, 29)[5:34, 5:34].astype(int) - pillow).max() <= 3


@given(st.integers(1, 40), st.tuples(*[st.integers(0, 255)] * 3))
def test_a_flat_colour_stays_as_it_is(size, color):
    frame = draw(np.full((16, 16, 3), color, dtype=np.uint8), size, at=(0, 0))
    assert (frame[: min(size, 40), : min(size, 60)] == color).all()


@given(st.integers(-30, 70), st.integers(-30, 50))
def test_a_picture_cut_by_the_frame_is_the_part_of_the_whole_one(left, top):
    tile = soft_tile(32)
    big = draw(tile, 20, at=(left + 40, top + 40), style=STYLE, frame=paper(140, 160))
    assert np.array_equal(draw(tile, 20, at=(left, top), style=STYLE), big[40:80, 40:100])


def test_nothing_outside_the_picture_is_touched():
    frame = draw(np.full((32, 32, 3), 255, dtype=np.uint8), 20, style=STYLE)
    frame[5:25, 5:25] = GROUND
    assert np.array_equal(frame, paper())


@given(st.integers(4, 80), st.floats(0, 20), st.floats(0, 2))
def test_the_stencil_is_symmetric_and_its_line_part_of_the_shape(size, radius, border):
    shape, line = rounded_stencil(size, radius, border)
    for plane in (shape, line):
        assert np.array_equal(plane, plane.T)
        assert np.array_equal(plane, plane[::-1])
        assert plane.min() >= 0
    assert (line <= shape).all()
    assert shape.max() == 256


def test_the_stencil_covers_the_area_of_a_rounded_square():
    shape, line = rounded_stencil(60, 8.0, 1.0)
    assert shape.sum() / 256 == pytest.approx(60**2 - (4 - np.pi) * 8**2, abs=1.0)
    assert line.sum() / 256 == pytest.approx(4 * 60 - 4 - (8 - 2 * np.pi) * 7.5, abs=2.0)


def test_the_line_tells_a_white_picture_from_white_paper():
    white = np.full((32, 32, 3), 255, dtype=np.uint8)
    style = PictureStyle(ground=(255, 255, 255), border=(200, 201, 202), radius=3.0)
    frame = draw(white, 20, style=style, frame=np.full((40, 60, 3), 255, dtype=np.uint8))
    assert frame[15, 5].tolist() == [200, 201, 202]
    assert frame[15, 6].tolist() == frame[15, 4].tolist() == [255, 255, 255]


def test_excluded_pictures_fade_towards_the_ground_and_lose_colour():
    red = np.full((32, 32, 3), (230, 20, 20), dtype=np.uint8)
    bright, faded = (draw(red, 20, dimmed=dimmed)[15, 15].astype(int) for dimmed in (False, True))
    assert np.abs(faded - GROUND).sum() < 0.3 * np.abs(bright - GROUND).sum()
    assert 0 < faded[0] - faded[1] < 0.1 * (bright[0] - bright[1])


def test_the_fade_is_the_stated_mixture():
    color, grey = np.array([230, 20, 20]), 0.299 * 230 + 0.587 * 20 + 0.114 * 20
    style = PictureStyle(ground=GROUND, border=(0, 0, 0), border_width=0.0, radius=0.0, dim=0.5, saturation=0.5)
    drawn = draw(np.full((8, 8, 3), color, dtype=np.uint8), 8, dimmed=True, style=style)[8, 8]
    assert drawn == pytest.approx(0.5 * (grey + 0.5 * (color - grey)) + 0.5 * np.array(GROUND), abs=1.5)
