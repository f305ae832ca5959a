"""Bytes of picture files to RGB: every mode, every kind of damage, within limits."""

from __future__ import annotations

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline.errors import ImageError
from pipeline.images.decoding import decode_rgb
from pipeline.limits import Limits
from tests.helpers.image_files import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    broken_pictures,
    corner_colours,
    encode,
    odd_pictures,
    photo,
    png_header,
    quadrants,
    turned,
)
from tests.helpers.sizes import sizes

ODD, BROKEN = odd_pictures(), broken_pictures()
REASONS = {"too_large", "too_costly", "not_an_image", "unsupported", "truncated", "damaged"}
UPRIGHT = [RED, GREEN, BLUE, WHITE]
GREY = [tuple([value] * 3) for value in (87, 119, 62, 255)]  # ITU-R 601 luma of the four colours


def nearly(found: list[tuple[int, ...]], wanted: list[tuple[int, ...]], tolerance: int) -> bool:
    return bool(np.abs(np.array(found) - np.array(wanted)).max() <= tolerance)


@pytest.mark.parametrize("name", ODD)
def test_every_format_and_mode_becomes_rgb_on_white(name: str) -> None:
    decoded = decode_rgb(ODD[name])
    assert (decoded.width, decoded.height) == (64, 48)
    assert decoded.rgb.shape == (48, 64, 3)
    assert decoded.rgb.dtype == np.uint8
    assert decoded.rgb.flags.c_contiguous
    assert decoded.rgb.flags.writeable
    if "one bit" in name:
        assert corner_colours(decoded.rgb)[3] == WHITE
    else:
        wanted = GREY if {"grey", "float"} & set(name.replace(".", " ").split()) else UPRIGHT
        assert nearly(corner_colours(decoded.rgb), wanted, tolerance=14 if name.endswith((".jpg", ".gif")) else 8)


@pytest.mark.parametrize("name", BROKEN)
def test_every_broken_file_is_refused_with_its_reason_and_a_sentence(name: str) -> None:
    data, reason = BROKEN[name]
    with pytest.raises(ImageError) as caught:
        decode_rgb(data)
    assert caught.value.reason == reason
    assert len(str(caught.value)) > 30
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone_and_the_size_is_the_upright_one(orientation: int, form: str) -> None:
    decoded = decode_rgb(turned(orientation, form))
    assert (decoded.width, decoded.height) == (64, 48)
    assert decoded.rgb.shape == (48, 64, 3)
    assert nearly(corner_colours(decoded.rgb), UPRIGHT, tolerance=14)


@pytest.mark.parametrize("orientation", [0, 9, 700])
def test_an_orientation_that_does_not_exist_means_upright(orientation: int) -> None:
    assert nearly(corner_colours(decode_rgb(turned(orientation)).rgb), UPRIGHT, tolerance=14)


def test_damaged_exif_neither_warns_nor_stops_the_picture() -> None:
    data = encode(quadrants(), "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\x00broken")
    assert nearly(corner_colours(decode_rgb(data).rgb), UPRIGHT, tolerance=14)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("size", "min_side"), [((1300, 900), 224), ((900, 1300), 100), ((640, 480), 512)])
def test_min_side_gives_the_smallest_whole_fraction_that_still_has_it(
    form: str, size: tuple[int, int], min_side: int
) -> None:
    original = photo(*size)
    decoded = decode_rgb(encode(original, form), min_side=min_side)
    height, width = decoded.rgb.shape[:2]
    assert (decoded.width, decoded.height) == size
    assert min(*size, min_side) <= min(height, width) < 2 * min_side + 1
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)
    shown = np.asarray(original.resize((width, height), Image.Resampling.BOX), np.int16)
    assert np.abs(shown - decoded.rgb).mean() < 4


@pytest.mark.parametrize("mode", ["RGBA", "P", "I;16", "L", "CMYK", "declared"])
def test_shrinking_in_bands_equals_shrinking_at_once(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    original = photo(700, 530)
    options = {"transparency": original.getpixel((99, 99))} if mode == "declared" else {}
    image = (
        Image.fromarray(np.asarray(original.convert("L")).astype(np.uint16) * 257)
        if mode == "I;16"
        else original.convert("RGB" if mode == "declared" else mode)
    )
    data = encode(image, "TIFF" if mode == "CMYK" else "PNG", **options)
    at_once = decode_rgb(data, min_side=100).rgb
    monkeypatch.setattr("pipeline.images.decoding._BAND_PIXELS", 700 * 17)
    np.testing.assert_array_equal(decode_rgb(data, min_side=100).rgb, at_once)


def test_cmyk_as_photo_programs_write_it_shows_its_colours() -> None:
    red = Image.new("CMYK", (32, 32), (0, 255, 255, 0))
    data = encode(red, "JPEG", quality=95)
    assert b"Adobe" in data  # the marker that says the inks are stored inverted
    assert nearly([tuple(map(int, decode_rgb(data).rgb[16, 16]))], [(255, 0, 0)], tolerance=8)


def test_sixteen_bits_keep_their_shades() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (8, 1))
    grey = decode_rgb(encode(Image.fromarray(ramp), "PNG")).rgb[0, :, 0].astype(int)
    assert np.abs(grey - np.arange(256)).max() <= 1


def test_half_transparent_colour_is_blended_with_white() -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 128))
    assert decode_rgb(encode(image, "PNG")).rgb[4, 4].tolist() == [127, 127, 127]


def test_the_header_alone_refuses_a_bomb() -> None:
    with pytest.raises(ImageError, match=r"20,000 x 20,000 pixels") as caught:
        decode_rgb(png_header(20_000, 20_000))
    assert caught.value.reason == "too_large"  # had pixels been read, it would be "truncated" or "damaged"


def test_a_size_between_pillows_own_bomb_limit_and_ours_is_judged_by_ours() -> None:
    with pytest.raises(ImageError) as caught:  # 190 megapixels: Pillow alone would call it a bomb
        decode_rgb(png_header(19_000, 10_000), limits=Limits(max_pixels=200_000_000), min_side=512)
    assert caught.value.reason in {"truncated", "damaged"}


def test_limits_are_exact() -> None:
    data = encode(quadrants(10, 10), "PNG")
    assert decode_rgb(data, limits=Limits(max_pixels=100, max_bytes=len(data))).width == 10
    for limits in (Limits(max_pixels=99), Limits(max_bytes=len(data) - 1)):
        with pytest.raises(ImageError) as caught:
            decode_rgb(data, limits=limits)
        assert caught.value.reason == "too_large"


def test_an_animation_that_claims_a_huge_canvas_is_refused_not_decoded() -> None:
    content = bytearray(ODD["animated.webp"])
    content[24:27], content[27:30] = (
        (16_383).to_bytes(3, "little"),
        (16_383).to_bytes(3, "little"),
    )  # width - 1, height - 1
    with pytest.raises(ImageError) as caught:
        decode_rgb(bytes(content), limits=Limits(max_pixels=10**9))
    assert caught.value.reason == "too_large"


@given(st.data())
@settings(max_examples=sizes(40, 150), deadline=None)
def test_no_damage_whatever_raises_anything_but_an_image_error(data: st.DataObject) -> None:
    content = bytearray(ODD[data.draw(st.sampled_from(sorted(ODD)))])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    try:
        decoded = decode_rgb(bytes(content[:cut]), limits=Limits(max_pixels=1_000_000), min_side=32)
    except ImageError as error:
        assert error.reason in REASONS  # noqa: PT017 - both ends are good
    else:
        assert decoded.rgb.ndim == 3


def test_filters_of_warnings_are_left_as_they_were_even_after_many_threads() -> None:
    before = list(warnings.filters)
    start = threading.Barrier(4)

    def decode(data: bytes) -> tuple[int, ...]:
        start.wait()
        return decode_rgb(data).rgb.shape

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(decode, [ODD["colour.png"]] * 40))) == 40
    assert list(warnings.filters) == before
