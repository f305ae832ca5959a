"""Damaged files of the formats of the extra: one sentence each, no crash of this process, nothing that hangs."""

from __future__ import annotations

import random

import pytest

from pipeline.errors import ImageError
from pipeline.images.decoding import decode_rgb
from pipeline.images.formats.extras import EXTRA_FORMATS
from pipeline.limits import Limits
from tests.helpers.format_files import MAKERS, camera_raw, heic, jpeg_xl, pdf, svg
from tests.helpers.image_files import encode, photo
from tests.helpers.sizes import sizes

REASONS = {"too_large", "too_costly", "not_an_image", "unsupported", "truncated", "damaged"}
SOME = photo(160, 120)
SOUND = {
    "HEIC": [heic(SOME), heic(SOME.convert("RGBA"))],
    "JPEG XL": [jpeg_xl(SOME), jpeg_xl(SOME, lossless=False)],
    "SVG": [
        svg(),
        svg('<filter id="a"><feGaussianBlur stdDeviation="3"/></filter><path filter="url(#a)" d="M0 0h9z"/>'),
    ],
    "PDF": [pdf(SOME), pdf()],
    "camera raw": [camera_raw(encode(SOME, "JPEG"), size=(160, 120)), camera_raw()],
}
LIMITS = Limits(max_pixels=10_000_000, max_memory=500_000_000)


def damaged(sound: list[bytes], chance: random.Random) -> bytes:
    data = bytearray(chance.choice(sound))
    match chance.randrange(4):
        case 0:
            return bytes(data[: chance.randrange(1, len(data))])
        case 1:  # its header
            places = [chance.randrange(min(len(data), 400)) for _ in range(chance.randint(1, 6))]
        case 2:
            places = [chance.randrange(len(data)) for _ in range(chance.randint(1, 40))]
        case _:  # a number that is far too large
            at = chance.randrange(len(data) - 4)
            data[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0"])
            places = []
    for place in places:
        data[place] = chance.randrange(256)
    return bytes(data)


@pytest.mark.parametrize("form", EXTRA_FORMATS)
def test_no_damage_raises_anything_but_one_line(form: str) -> None:
    chance = random.Random(form)  # noqa: S311 -- damage is no secret
    for _ in range(sizes(30, 200)):
        try:
            decoded = decode_rgb(damaged(SOUND[form], chance), limits=LIMITS, min_side=64)
        except ImageError as error:
            assert error.reason in REASONS  # noqa: PT017 -- both ends are good
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert decoded.rgb.ndim == 3
    assert decode_rgb(MAKERS[form]()).rgb.any(), "a sound file is still read"
