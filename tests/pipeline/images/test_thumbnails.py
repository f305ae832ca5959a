"""Framing and thumbnails: a tidy square of every picture, decoded fast at three sizes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import ImageError, ParameterError
from pipeline.images.square_fit import fit_square, uniform_border
from pipeline.images.thumbnails import TILE_SIZES, decode_tile, make_thumbnails
from tests.helpers.image_files import RED, drawing, encode, photo

GREY_GROUND = (200, 210, 190)


def pixels(image: Image.Image) -> np.ndarray:
    return np.array(image.convert("RGB"))


class TestUniformBorder:
    def test_a_drawing_has_the_colour_of_its_ground(self) -> None:
        found = uniform_border(pixels(drawing(ground=GREY_GROUND)))
        assert found is not None
        assert tuple(found.tolist()) == GREY_GROUND

    def test_a_photograph_has_none(self) -> None:
        assert uniform_border(pixels(photo())) is None

    def test_a_few_pixels_that_touch_the_edge_do_not_matter_and_many_do(self) -> None:
        image = drawing(200, 200)
        image.paste(RED, (0, 0, 200, 1))  # one edge of four
        assert uniform_border(pixels(image)) is None
        image = drawing(200, 200)
        image.paste(RED, (100, 0, 103, 60))  # a line up to the edge
        assert uniform_border(pixels(image)) is not None

    def test_noise_as_of_jpeg_still_counts_as_uniform(self) -> None:
        noise = np.random.default_rng(0).integers(-6, 7, (100, 200, 3))
        noisy = np.clip(pixels(drawing()).astype(int) + noise, 0, 255).astype(np.uint8)
        assert uniform_border(noisy) is not None


class TestFrameSquare:
    def test_a_drawing_is_contained_whole_on_its_own_ground(self) -> None:
        square = fit_square(pixels(drawing(200, 100, GREY_GROUND)), 100)
        assert tuple(square[2, 50]) == GREY_GROUND
        assert tuple(square[97, 50]) == GREY_GROUND
        red = np.abs(square.astype(int) - RED).max(axis=2) < 20
        assert red.any(axis=0).sum() == pytest.approx(90, abs=2)  # the bar's 90% of the width are all there

    def test_a_photograph_covers_the_square_by_its_middle(self) -> None:
        image = photo(300, 200)
        middle = image.crop((50, 0, 250, 200)).resize((100, 100), Image.Resampling.BICUBIC)
        difference = fit_square(pixels(image), 100).astype(int) - pixels(middle)
        assert np.abs(difference).mean() < 2

    @pytest.mark.parametrize("turn", [False, True])
    def test_a_long_photograph_is_cropped_no_further_than_allowed_and_padded(self, *, turn: bool) -> None:
        image = pixels(photo(800, 100))
        image = image.transpose(1, 0, 2) if turn else image
        square = fit_square(image, 96, max_crop=2.0)
        square = square.transpose(1, 0, 2) if turn else square
        padding = np.concatenate([square[:24], square[72:]])
        assert (padding == padding[0, 0]).all()
        assert square[24:72].std() > 10
        cropped = fit_square(image, 96)
        assert not (cropped[:24] == cropped[0, 0]).all()

    @given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([None, 2.0]), st.booleans())
    @settings(max_examples=60, deadline=None)
    def test_every_shape_fills_the_square(self, width: int, height: int, crop: float | None, plain: bool) -> None:
        image = drawing(width, height) if plain and min(width, height) > 3 else photo(width, height)
        square = fit_square(pixels(image), 32, max_crop=crop)
        assert square.shape == (32, 32, 3)
        assert square.dtype == np.uint8


class TestThumbnails:
    def test_the_tile_is_square_jpeg_and_the_preview_webp_of_the_same_shape(self) -> None:
        thumbnails = make_thumbnails(pixels(photo(1024, 300)))
        with Image.open(io.BytesIO(thumbnails.tile)) as tile:
            assert (tile.format, tile.size) == ("JPEG", (256, 256))
        with Image.open(io.BytesIO(thumbnails.small)) as small:
            assert (small.format, small.size) == ("JPEG", (64, 64))
        with Image.open(io.BytesIO(thumbnails.preview)) as preview:
            assert (preview.format, preview.size) == ("WEBP", (512, 150))

    def test_a_preview_is_never_larger_than_the_picture(self) -> None:
        with Image.open(io.BytesIO(make_thumbnails(pixels(photo(40, 30))).preview)) as preview:
            assert preview.size == (40, 30)

    def test_all_look_like_the_picture(self) -> None:
        image = photo(600, 600)
        thumbnails = make_thumbnails(pixels(image))
        for data in (thumbnails.small, thumbnails.tile, thumbnails.preview):
            with Image.open(io.BytesIO(data)) as small:
                wanted = image.resize(small.size, Image.Resampling.BICUBIC)
                assert np.abs(pixels(small).astype(int) - pixels(wanted)).mean() < 4

    def test_the_same_pixels_give_the_same_bytes_and_are_not_changed(self) -> None:
        rgb = pixels(photo())
        before = rgb.copy()
        assert make_thumbnails(rgb) == make_thumbnails(rgb)
        np.testing.assert_array_equal(rgb, before)

    def test_a_picture_of_one_pixel_has_thumbnails(self) -> None:
        thumbnails = make_thumbnails(np.array([[RED]], np.uint8))
        assert np.abs(decode_tile(thumbnails.tile, 256).astype(int) - RED).max() < 6


def stored_for(size: int, rgb: np.ndarray) -> bytes:
    """Return the tile that is decoded for a size."""
    thumbnails = make_thumbnails(rgb)
    return thumbnails.small if size <= 64 else thumbnails.tile


class TestDecodeTile:
    @pytest.mark.parametrize("size", TILE_SIZES)
    def test_every_size_shows_the_tile(self, size: int) -> None:
        image = photo(256, 256)
        tile = decode_tile(stored_for(size, pixels(image)), size)
        assert tile.shape == (size, size, 3)
        assert tile.dtype == np.uint8
        wanted = pixels(image.resize((size, size), Image.Resampling.BOX))
        assert np.abs(tile.astype(int) - wanted).mean() < 5

    @pytest.mark.parametrize("size", TILE_SIZES)
    @pytest.mark.parametrize("damage", ["empty", "text", "half", "webp", "other size"])
    def test_damaged_bytes_are_an_image_error(self, damage: str, size: int) -> None:
        tile = stored_for(size, pixels(photo()))
        side = 64 if size <= 64 else 256
        data = {
            "empty": b"",
            "text": b"no tile",
            "half": tile[: len(tile) // 2],
            "webp": encode(photo(side, side), "WEBP"),
            "other size": encode(photo(side * 2, side), "JPEG"),
        }[damage]
        with pytest.raises(ImageError) as caught:
            decode_tile(data, size)
        assert caught.value.reason == "damaged"

    def test_another_size_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="32, 64, 128, 256"):
            decode_tile(make_thumbnails(pixels(photo())).tile, 100)  # type: ignore[arg-type]
