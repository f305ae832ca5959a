"""HEIC, JPEG XL, SVG, PDF and camera raw become pictures like all others: upright, in sRGB, on white, within limits."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import ImageError
from pipeline.images.decoding import decode_rgb
from pipeline.images.formats.extras import EXTRA_FORMATS, is_installed
from pipeline.limits import Limits
from tests.helpers.color_profiles import SWAPPED, in_space, rgb_profile
from tests.helpers.format_files import MAKERS, camera_raw, heic, jpeg_xl, pdf, svg
from tests.helpers.image_files import BLUE, GREEN, RED, WHITE, corner_colours, encode, photo, quadrants, turned

UPRIGHT = [RED, GREEN, BLUE, WHITE]
SIZES = {"SVG": (2048, 1536), "PDF": (134, 100)}
"""Drawings have sizes by rule: 2,048 pixels on the longer side, 150 dots per inch."""


def off(found: list[tuple[int, ...]], meant: list[tuple[int, ...]] = UPRIGHT) -> int:
    return int(np.abs(np.array(found) - np.array(meant)).max())


@pytest.mark.parametrize("form", EXTRA_FORMATS)
def test_every_format_becomes_rgb_on_white(form: str) -> None:
    decoded = decode_rgb(MAKERS[form]())
    width, height = SIZES.get(form, (64, 48))
    assert (decoded.width, decoded.height) == (width, height)
    assert decoded.rgb.shape == (height, width, 3)
    assert decoded.rgb.dtype == np.uint8
    assert decoded.rgb.flags.writeable
    assert off(corner_colours(decoded.rgb)) <= 8


@pytest.mark.parametrize("form", EXTRA_FORMATS)
def test_only_the_pixels_that_are_needed_are_made(form: str) -> None:
    large = quadrants(1300, 900)
    makers = {"HEIC": heic, "JPEG XL": jpeg_xl, "PDF": pdf}
    data = makers[form](large) if form in makers else MAKERS[form]() if form == "SVG" else camera_raw(size=(1300, 900))
    decoded = decode_rgb(data, min_side=100)
    assert 100 <= min(decoded.rgb.shape[:2]) < 201
    assert max(decoded.width, decoded.height) >= 1300
    assert off(corner_colours(decoded.rgb)) <= 8


@pytest.mark.parametrize("form", EXTRA_FORMATS)
@pytest.mark.parametrize("limits", [Limits(max_pixels=3000), Limits(max_memory=10_000), Limits(max_bytes=20)])
def test_limits_are_checked_before_anything_is_decoded(form: str, limits: Limits) -> None:
    with pytest.raises(ImageError) as caught:
        decode_rgb(MAKERS[form](), limits=limits)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("mode", ["RGBA", "L"])
def test_transparent_and_grey_pictures_in_jpeg_xl(mode: str) -> None:
    image = quadrants().convert("RGBA")
    image.paste((0, 0, 0, 0), (32, 24, 64, 48))
    found = corner_colours(decode_rgb(jpeg_xl(image.convert(mode) if mode != "L" else quadrants().convert("L"))).rgb)
    assert found[3] == WHITE
    assert off(found, UPRIGHT if mode == "RGBA" else [(grey,) * 3 for grey in (87, 119, 62, 255)]) <= 2


def test_transparent_heic_lies_on_white() -> None:
    image = quadrants().convert("RGBA")
    image.paste((0, 0, 0, 0), (32, 24, 64, 48))
    assert off(corner_colours(decode_rgb(heic(image)).rgb)) <= 8


@pytest.mark.parametrize("form", ["HEIC", "JPEG XL", "camera raw"])
@pytest.mark.parametrize("min_side", [None, 24])
def test_a_profile_is_applied(form: str, min_side: int | None) -> None:
    icc = rgb_profile(SWAPPED)
    stored = in_space(quadrants(), icc)
    preview = encode(stored, "JPEG", quality=97, subsampling=0, icc_profile=icc)
    data = {
        "HEIC": lambda: heic(stored, icc_profile=icc, chroma=444),
        "JPEG XL": lambda: jpeg_xl(stored, icc=icc),
        "camera raw": lambda: camera_raw(preview),
    }[form]()
    assert off(corner_colours(decode_rgb(data, min_side=min_side).rgb)) <= 8
    assert off(corner_colours(np.asarray(stored))) > 12, "the same numbers without the profile look wrong"


def test_a_lossy_jpeg_xl_with_a_profile_shows_its_colours() -> None:
    icc = rgb_profile(SWAPPED)
    found = decode_rgb(jpeg_xl(in_space(quadrants(640, 480), icc), lossless=False, icc=icc)).rgb
    assert off(corner_colours(found)) <= 8


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("whose", ["the preview's", "the camera's"])
def test_a_preview_is_turned_upright_once(orientation: int, whose: str) -> None:
    """By its own EXIF, or by the camera's where the preview has none."""
    jpeg = turned(orientation)
    if whose == "the camera's":  # the same pixels without EXIF
        with Image.open(io.BytesIO(jpeg)) as stored:
            jpeg = encode(Image.fromarray(np.asarray(stored)), "JPEG", quality=95)
    decoded = decode_rgb(camera_raw(jpeg, orientation=orientation))
    assert (decoded.width, decoded.height) == (64, 48)
    assert off(corner_colours(decoded.rgb)) <= 14


@pytest.mark.parametrize(("orientation", "turn"), [(1, 0), (3, 2), (6, 1), (8, 3)])
def test_a_preview_of_plain_pixels_is_turned_as_the_camera_says(orientation: int, turn: int) -> None:
    stored = np.ascontiguousarray(np.rot90(np.asarray(quadrants()), turn))
    size = stored.shape[1], stored.shape[0]
    decoded = decode_rgb(camera_raw(stored.tobytes(), orientation=orientation, size=size, packed=False))
    assert (decoded.width, decoded.height) == (64, 48)
    assert corner_colours(decoded.rgb) == UPRIGHT


def test_a_heic_is_turned_once_although_its_exif_says_so_too() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode_rgb(heic(quadrants(64, 48), exif=exif.tobytes()))
    shape = decoded.rgb.shape[:2]
    assert shape == (decoded.height, decoded.width)
    assert off(corner_colours(np.rot90(decoded.rgb) if shape == (64, 48) else decoded.rgb)) <= 8


def test_a_camera_raw_without_a_preview_says_what_to_do() -> None:
    with pytest.raises(ImageError, match="holds no preview that can be read; develop it") as caught:
        decode_rgb(camera_raw(b""))
    assert caught.value.reason == "unsupported"


@pytest.mark.parametrize("size", ['viewBox="0 0 64 48"', 'width="64mm" height="48mm" viewBox="0 0 64 48"'])
def test_a_drawing_has_one_size_whatever_its_unit_of_length(size: str) -> None:
    decoded = decode_rgb(svg(size=size))
    assert (decoded.width, decoded.height) == (2048, 1536)


def test_a_drawing_is_found_behind_comments_and_declarations_and_packed() -> None:
    import gzip

    head = '<?xml version="1.0"?><!-- a > b --><!DOCTYPE svg [<!ENTITY ns "x">]>' + "<!--" + " " * 500 + "-->"
    for data in (svg(head=head), gzip.compress(svg(head=head))):
        assert off(corner_colours(decode_rgb(data, min_side=64).rgb)) <= 2


def test_a_page_of_any_length_has_a_bounded_size() -> None:
    decoded = decode_rgb(pdf(quadrants(9000, 6000)), min_side=64)
    assert max(decoded.width, decoded.height) == 4096


def test_what_is_on_a_locked_document_is_not_shown() -> None:
    locked = (
        b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<</Root 1 0 R/Encrypt<</Filter/Standard/V 1/R 2"
        b"/O(" + b"a" * 32 + b")/U(" + b"b" * 32 + b")/P -1>>/ID[(a)(a)]>>"
    )
    with pytest.raises(ImageError, match="locked by a password") as caught:
        decode_rgb(locked)
    assert caught.value.reason == "unsupported"


def test_all_decoders_are_installed_for_the_tests() -> None:
    assert all(is_installed(form) for form in EXTRA_FORMATS)
    assert not is_installed("JPEG")


def test_no_decoder_of_the_extra_is_ever_loaded_into_this_process() -> None:
    program = """
import sys
from pipeline.images.decoding import decode_rgb
from tests.helpers.image_files import encode, quadrants
from pipeline.images.formats.opening import can_decode
before = set(sys.modules)
assert all(map(can_decode, ("HEIC", "JPEG XL", "SVG", "PDF", "camera raw")))
decode_rgb(encode(quadrants(), "PNG"))
decode_rgb(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>")
names = {name.partition(".")[0] for name in sys.modules}
print(sorted(names & {"pillow_heif", "pylibjxl", "pypdfium2", "pyvips", "rawpy"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("form", EXTRA_FORMATS)
def test_a_format_whose_decoder_is_missing_is_named(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = MAKERS[form]()
    for name in ("pillow_heif", "pylibjxl", "pypdfium2", "pyvips", "rawpy"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImageError, match=f"content is {form}, whose decoder is not installed; install the extra") as it:
        decode_rgb(data)
    assert it.value.reason == "unsupported"


def test_mpo_is_read_as_its_first_picture() -> None:
    data = encode(quadrants(), "MPO", save_all=True, append_images=[photo(64, 48)], quality=95)
    assert off(corner_colours(decode_rgb(data).rgb)) <= 14
