"""Pictures of every colour space have the intended colours in every format; an invalid profile changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from pipeline.images.decoding import decode_rgb
from pipeline.images.formats import profiles
from pipeline.images.formats.profiles import profile_transform
from tests.helpers.color_profiles import ADOBE_LIKE, SWAPPED, grey_profile, in_space, ink_profile, rgb_profile
from tests.helpers.image_files import BLUE, GREEN, RED, WHITE, corner_colours, encode, quadrants

MEANT = np.array([RED, GREEN, BLUE, WHITE])
LOSSLESS = {
    "JPEG": {"quality": 97, "subsampling": 0},
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
    "AVIF": {"quality": 98, "subsampling": "4:4:4"},
}


def off(data: bytes, **options: int) -> int:
    """Return the largest difference from the intended colours, in any channel of any corner."""
    found = np.array(corner_colours(decode_rgb(data, **options).rgb))
    return int(np.abs(found - MEANT).max())


@pytest.mark.parametrize("form", LOSSLESS)
@pytest.mark.parametrize("primaries", [SWAPPED, ADOBE_LIKE], ids=["swapped", "wide"])
def test_a_profile_is_applied_in_every_format(form: str, primaries: tuple[tuple[float, float, float], ...]) -> None:
    icc = rgb_profile(primaries)
    stored = in_space(quadrants(), icc)
    assert off(encode(stored, form, **LOSSLESS[form], icc_profile=icc)) <= 8
    assert off(encode(stored, form, **LOSSLESS[form])) > 12  # the same numbers without the profile


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_palettes_and_transparency_keep_their_profile(mode: str) -> None:
    icc = rgb_profile(SWAPPED)
    stored = in_space(quadrants(), icc)
    image = stored.quantize(8) if mode == "P" else stored.convert(mode)
    assert off(encode(image, "PNG", icc_profile=icc)) <= 3


def test_a_picture_that_shrinks_while_it_loads_keeps_its_profile() -> None:
    icc = rgb_profile(SWAPPED)
    data = encode(in_space(quadrants(1600, 1200), icc), "JPEG", quality=95, icc_profile=icc)
    assert off(data, min_side=100) <= 4


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_greys_have_profiles_of_their_own(form: str) -> None:
    linear = encode(Image.new("L", (40, 30), 128), form, icc_profile=grey_profile(1.0))
    assert abs(int(decode_rgb(linear).rgb[9, 9, 0]) - 188) <= 2  # half of the light is 188 on a screen


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_inks_are_those_of_the_profile(form: str) -> None:
    cyan = encode(Image.new("CMYK", (40, 30), (255, 0, 0, 0)), form, icc_profile=ink_profile())
    red, green, blue = decode_rgb(cyan).rgb[9, 9].tolist()
    assert red > 180
    assert max(green, blue) < 80


@pytest.mark.parametrize(
    "icc",
    [
        b"x",
        b"no profile at all " * 40,
        rgb_profile(SWAPPED)[:250],
        rgb_profile(SWAPPED)[:128] + b"\xff" * 400,
        grey_profile(1.0),
        ink_profile(),
        rgb_profile(SWAPPED) + bytes(5_000_000),
    ],
    ids=["short", "words", "cut off", "broken", "of greys", "of inks", "huge"],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_what_is_no_profile_of_this_picture_changes_nothing(icc: bytes, form: str) -> None:
    assert off(encode(quadrants(), form, **LOSSLESS[form], icc_profile=icc)) <= 8


def test_a_profile_that_means_srgb_costs_nothing() -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert profile_transform(own, "RGB") is None
    assert profile_transform(rgb_profile(), "RGB") is not None
    assert profile_transform(grey_profile(), "RGB") is None


def test_a_profile_is_understood_once_and_few_are_kept() -> None:
    first = profile_transform(rgb_profile(), "RGB")
    assert profile_transform(rgb_profile(), "RGB") is first
    for step in range(100):
        profile_transform(rgb_profile(gamma=1.5 + step / 100), "RGB")
    assert len(profiles._kept) <= 64


def test_one_transform_serves_many_threads_at_once() -> None:
    icc = rgb_profile(SWAPPED)
    data = encode(in_space(quadrants(200, 150), icc), "PNG", icc_profile=icc)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(off, [data] * 40)) == {off(data)}


def test_lab_pictures_have_colours() -> None:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    stored = ImageCms.profileToProfile(quadrants(), srgb, lab, outputMode="LAB")
    assert stored is not None
    assert off(encode(stored, "TIFF")) <= 5


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_profile_never_costs_the_picture(data: st.DataObject) -> None:
    icc = bytearray(data.draw(st.sampled_from([rgb_profile(SWAPPED), grey_profile(), ink_profile()])))
    for _ in range(data.draw(st.integers(1, 6))):
        icc[data.draw(st.integers(0, len(icc) - 1))] = data.draw(st.integers(0, 255))
    form = data.draw(st.sampled_from(["PNG", "JPEG"]))
    mode = data.draw(st.sampled_from(["RGB", "L", *(["CMYK"] if form == "JPEG" else [])]))
    assert decode_rgb(encode(quadrants().convert(mode), form, icc_profile=bytes(icc))).width == 64
