"""Pages of TIFF and PDF: counted, decoded one by one, each with a key and a hash of its own."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageColor

from pipeline.errors import ImageError
from pipeline.images.decoding import decode_rgb
from pipeline.images.pages import count_pages, page_key, picture_sha256
from pipeline.limits import Limits
from tests.helpers.format_files import camera_raw, many_page_tiff, pdf
from tests.helpers.image_files import encode, quadrants

COLOURS = ["red", "lime", "blue", "yellow"]
PLAIN = [Image.new("RGB", (40 + number, 30), colour) for number, colour in enumerate(COLOURS)]
LIMITS = Limits()
DOCUMENTS = {
    "TIFF": many_page_tiff(*PLAIN),
    "TIFF by LZW": many_page_tiff(*PLAIN, compression="tiff_lzw"),
    "TIFF by JPEG": many_page_tiff(*PLAIN, compression="jpeg", quality=95),
    "BigTIFF": many_page_tiff(*PLAIN, big_tiff=True),
    "PDF": pdf(*PLAIN),
}


def colour_of(data: bytes, page: int) -> str:
    middle = decode_rgb(data, page=page).rgb[15, 20].astype(int)
    return min(COLOURS, key=lambda name: int(np.abs(np.array(ImageColor.getrgb(name)) - middle).sum()))


@pytest.mark.parametrize("form", DOCUMENTS)
def test_every_page_is_counted_and_shows_its_own_picture(form: str) -> None:
    data = DOCUMENTS[form]
    assert count_pages(data, LIMITS) == 4
    assert [colour_of(data, page) for page in (1, 2, 3, 4)] == COLOURS
    assert colour_of(data, 0) == "red"
    widths = [decode_rgb(data, page=page).width for page in (1, 2, 3, 4)]
    assert widths == sorted(set(widths))


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_page_that_is_not_there_is_refused(form: str) -> None:
    with pytest.raises(ImageError, match=r"The file has 4 pages.* there is no page 5"):
        decode_rgb(DOCUMENTS[form], page=5)


def test_smaller_versions_and_masks_are_no_pages() -> None:
    data = bytearray(many_page_tiff(*PLAIN))
    marked = 0
    at = struct.unpack_from("<I", data, 4)[0]
    while at:
        count = struct.unpack_from("<H", data, at)[0]
        for place in range(at + 2, at + 2 + 12 * count, 12):
            if struct.unpack_from("<H", data, place)[0] == 256 and marked in {1, 3}:  # its width becomes its kind
                data[place : place + 12] = struct.pack("<HHII", 254, 4, 1, 1 if marked == 1 else 4)
        marked += 1
        at = struct.unpack_from("<I", data, at + 2 + 12 * count)[0]
    assert count_pages(bytes(data), LIMITS) == 2
    assert colour_of(bytes(data), 2) == "blue"


def test_pages_that_follow_each_other_in_a_circle_are_counted_once() -> None:
    data = bytearray(many_page_tiff(*PLAIN))
    first = at = struct.unpack_from("<I", data, 4)[0]
    while at:
        end = at + 2 + 12 * struct.unpack_from("<H", data, at)[0]
        at = struct.unpack_from("<I", data, end)[0]
    struct.pack_into("<I", data, end, first)
    assert count_pages(bytes(data), LIMITS) == 4


@pytest.mark.parametrize("cut", [9, 40, 500])
@pytest.mark.parametrize("form", ["TIFF", "PDF"])
def test_a_damaged_document_has_one_page_which_then_fails(form: str, cut: int) -> None:
    data = DOCUMENTS[form][:cut]
    assert count_pages(data, LIMITS) == 1
    with pytest.raises(ImageError):
        decode_rgb(data, page=1)


def test_what_has_no_pages_is_one_picture() -> None:
    for data in (encode(quadrants(), "PNG"), encode(quadrants(), "TIFF"), camera_raw(), b"words"):
        assert count_pages(data, LIMITS) == 1


def test_keys_and_hashes_of_pages_are_all_different_and_stay() -> None:
    assert [page_key("a/x.pdf", page) for page in (0, 1, 12)] == ["a/x.pdf", "a/x.pdf#page=1", "a/x.pdf#page=12"]
    data = DOCUMENTS["PDF"]
    assert len({picture_sha256(data, page) for page in range(5)}) == 5
    assert picture_sha256(b"", 0) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert picture_sha256(b"", 2) == "f4c4100096194e2d3376abb4efca7c04b79488b648f438a1c8ba346333591c94"
