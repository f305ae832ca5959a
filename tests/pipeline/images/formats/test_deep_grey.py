"""Greys of more than 8 bits are scaled to the range in use: shades to be seen, never inverted."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, TiffImagePlugin

from pipeline.images.decoding import decode_rgb
from pipeline.images.formats.deep_grey import choose_scale
from tests.helpers.image_files import encode

RAMP = np.linspace(0, 1, 96 * 72).reshape(72, 96)


def shades(values: npt.NDArray[np.generic], form: str = "TIFF", **options: object) -> npt.NDArray[np.int64]:
    return decode_rgb(encode(Image.fromarray(values), form, **options)).rgb[..., 0].astype(np.int64)


def with_tag(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF with another value of one short tag of its first directory."""
    content = bytearray(data)
    (at,) = struct.unpack_from("<I", content, 4)
    for place in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", content, at)[0], 12):
        if struct.unpack_from("<H", content, place)[0] == tag:
            struct.pack_into("<H", content, place + 8, value)
    return bytes(content)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_measurements_of_fewer_bits_fill_the_scale(bits: int, form: str) -> None:
    wanted = np.rint(RAMP * 255)
    assert np.abs(shades((RAMP * (2**bits - 1)).astype(np.uint16), form) - wanted).max() <= 1


def test_a_dark_picture_of_twelve_bits_stays_darker_than_a_light_one() -> None:
    dark, light = (shades((RAMP * top).astype(np.uint16)) for top in (1500, 4000))
    assert 60 < dark.max() < 110
    assert light.max() > 240


def test_a_narrow_range_far_from_black_shows_its_shades() -> None:
    assert shades((30_000 + RAMP * 1000).astype(np.uint16)).std() > 60


def test_a_few_saturated_points_do_not_hide_twelve_bits() -> None:
    values = (RAMP * 4000).astype(np.uint16)
    values[3, 3:6] = 65_535
    assert shades(values).std() > 60


@pytest.mark.parametrize(("value", "shade"), [(0, 0), (1000, 4), (4095, 16), (32_768, 128), (65_535, 255)])
def test_a_picture_of_one_value_keeps_its_place(value: int, shade: int) -> None:
    assert np.unique(shades(np.full((20, 20), value, np.uint16))).tolist() == [shade]


@pytest.mark.parametrize("nothing", [-3.4e38, 3.4e38, np.nan, np.inf, -np.inf, -9999.0, -32_768.0, 1e20])
def test_what_means_no_data_does_not_decide_the_scale(nothing: float) -> None:
    heights = (100 + RAMP * 2900).astype(np.float32)
    heights[0, :9] = nothing
    found = shades(heights)
    assert found[1:].std() > 60
    if nothing != 1e20:
        assert found[0, 0] == 0


def test_the_value_that_the_file_names_means_no_data() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[42_113] = "-50"
    values = (RAMP * 200).astype(np.float32) + 300
    values[:5] = -50
    assert shades(values, tiffinfo=tags)[5:].std() > 60
    assert shades(values)[5:].std() < 35


def test_a_picture_without_any_value_is_black() -> None:
    assert shades(np.full((9, 9), np.nan, np.float32)).max() == 0


@pytest.mark.parametrize("top", [1, 255])
def test_usual_floats_keep_their_black_and_white(top: int) -> None:
    found = shades((0.3 + RAMP * 0.4).astype(np.float32) * top)
    assert abs(found.min() - 76) <= 1
    assert abs(found.max() - 178) <= 1


def test_signed_and_unsigned_whole_numbers_of_32_bits_are_told_apart() -> None:
    assert shades((RAMP * 4e9 - 2e9).astype(np.int32)).std() > 60
    unsigned = encode(Image.fromarray((RAMP * 4e9).astype(np.uint32).view(np.int32)), "TIFF")
    found = decode_rgb(with_tag(unsigned, 339, 1)).rgb[..., 0].astype(int)
    assert np.all(np.diff(found.reshape(-1)) >= 0)
    assert found.std() > 60


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_file_in_which_zero_is_white_is_read_so(kind: type[np.generic]) -> None:
    image = Image.fromarray((RAMP * np.iinfo(kind).max).astype(kind))
    found = decode_rgb(with_tag(encode(image, "TIFF"), 262, 0)).rgb[..., 0].astype(int)
    assert found[0, 0] == 255
    assert found[-1, -1] == 0


def test_the_scale_does_not_depend_on_how_the_picture_is_cut() -> None:
    values = (RAMP * 3000 - 400).astype(np.float32)
    values[40, 7] = -9999
    whole = choose_scale([values], floating=True)
    assert choose_scale(np.array_split(values, 9), floating=True) == whole


@given(arrays.arrays(np.float32, 40, elements=st.floats(width=32)))
@example(np.full(40, 2.0**53, np.float32))
@example(np.array([0.0, 1e-45] * 20, np.float32))
def test_a_larger_value_is_never_darker(values: npt.NDArray[np.float32]) -> None:
    found = choose_scale([values], floating=True).to_bytes(values)
    counts = np.isfinite(values) & (np.abs(values) < 1e30)
    order = np.argsort(values[counts], kind="stable")
    assert np.all(np.diff(found[counts][order].astype(int)) >= 0)


@given(arrays.arrays(np.uint16, 40))
def test_a_larger_whole_number_is_never_darker(values: npt.NDArray[np.uint16]) -> None:
    found = choose_scale([values], floating=False).to_bytes(values)
    assert np.all(np.diff(found[np.argsort(values, kind="stable")].astype(int)) >= 0)
